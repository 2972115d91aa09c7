//! Seats: an app is paid for so many accounts that may be used, and no more are made or enabled.
//!
//! Who has one keeps it, whatever becomes of the number. Who gets the next one follows from who they
//! are and never from who was looked at first.

use std::collections::BTreeSet;

use model::time::DateTime;
use model::{Act, Kind, Plan, Step, SubjectId};

use crate::mutants::{self, Mutant};

/// Somebody who needs a seat in an app. The order is that in which seats are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Applicant {
    /// Nothing that was shown to anyone gives them one yet: a plan that waits keeps its seat.
    pub newcomer: bool,
    /// Their first day of work, on their own clock. Whose work began before anyone wrote it down
    /// comes first.
    pub starts: Option<DateTime>,
    /// Who. Tells apart those who begin together.
    pub subject: SubjectId,
}

/// Who of those who need a seat gets one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seated {
    /// These.
    pub seated: BTreeSet<SubjectId>,
    /// These wait, and get the next ones in this order.
    pub waiting: Vec<SubjectId>,
}

/// Gives the seats that are free. `taken`: accounts that may be used, whoever owns them, and those
/// that are being made or enabled; it may be more than there are seats. `None`: nobody can tell, so
/// nobody gets one.
///
/// The order in which they come does not matter (law `order_free`), and nobody waits behind whoever
/// comes after them.
#[must_use]
pub fn seat(seats: u32, taken: Option<u64>, applicants: &[Applicant]) -> Seated {
    let mut line: Vec<&Applicant> = applicants.iter().collect();
    line.sort();
    let mut seen = BTreeSet::new();
    line.retain(|applicant| seen.insert(applicant.subject));
    let free = taken.map_or(0, |taken| u64::from(seats).saturating_sub(taken));
    let free = usize::try_from(free).unwrap_or(usize::MAX);
    let free = match mutants::on(Mutant::IgnoredSeats) {
        true => line.len(),
        false => free.min(line.len()),
    };
    let (seated, waiting) = line.split_at(free);
    Seated {
        seated: seated.iter().map(|applicant| applicant.subject).collect(),
        waiting: waiting.iter().map(|applicant| applicant.subject).collect(),
    }
}

/// Whether a step makes an account usable: only that takes a seat. One that is made ahead of the
/// first day takes it when it is enabled, and one that is taken over has it already.
#[must_use]
pub fn takes_seat(step: &Step) -> bool {
    let opens = matches!(step.act, Act::Create { active: true, .. } | Act::Enable);
    step.address.kind == Kind::Account && opens
}

/// The steps of a plan that take a seat: at most one in each app.
pub fn taking(plan: &Plan) -> impl Iterator<Item = &Step> {
    plan.steps.iter().filter(|step| takes_seat(step))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fixtures::{address, reason, target};
    use model::plan::Before;
    use model::{Address, Attributes, RemoteId};
    use proptest::prelude::*;

    fn applicant(newcomer: bool, starts: Option<&str>, subject: u128) -> Applicant {
        Applicant {
            newcomer,
            starts: starts.map(|day| format!("{day}T00:00:00").parse().unwrap()),
            subject: SubjectId::from_bits(subject),
        }
    }

    fn people(all: &[u128]) -> Vec<SubjectId> {
        all.iter().map(|n| SubjectId::from_bits(*n)).collect()
    }

    /// What is waited for, first day and subject.
    fn five() -> Vec<Applicant> {
        vec![
            applicant(true, Some("2026-02-01"), 5),
            applicant(true, Some("2026-01-12"), 4),
            applicant(true, Some("2026-01-12"), 3),
            applicant(true, None, 9),
            applicant(false, Some("2026-03-01"), 8),
        ]
    }

    #[test]
    fn seats_go_to_who_was_promised_one_then_by_first_day_then_by_subject() {
        for (seats, taken, seated, waiting) in [
            (10, Some(0), &[3, 4, 5, 8, 9][..], &[][..]),
            (10, Some(5), &[3, 4, 5, 8, 9], &[]),
            (10, Some(7), &[3, 8, 9], &[4, 5]),
            (10, Some(9), &[8], &[9, 3, 4, 5]),
            // Full, over-full, and for sale to nobody.
            (10, Some(10), &[], &[8, 9, 3, 4, 5]),
            (10, Some(12), &[], &[8, 9, 3, 4, 5]),
            (0, Some(0), &[], &[8, 9, 3, 4, 5]),
            // Nobody knows how many are taken.
            (10, None, &[], &[8, 9, 3, 4, 5]),
        ] {
            let found = seat(seats, taken, &five());
            let wanted = Seated {
                seated: people(seated).into_iter().collect(),
                waiting: people(waiting),
            };
            assert_eq!(found, wanted, "{seats} seats, {taken:?} taken");
        }
        assert_eq!(seat(3, Some(0), &[]), Seated::default());
    }

    #[test]
    fn whoever_is_named_twice_needs_one_seat() {
        let mut twice = five();
        twice.extend(five());
        assert_eq!(seat(7, Some(4), &twice), seat(7, Some(4), &five()));
    }

    #[test]
    fn a_seat_is_taken_by_what_makes_an_account_usable_alone() {
        let create = |active| Act::Create {
            attributes: Attributes::new(),
            active,
        };
        let member = Address::grant(&target(), SubjectId::from_bits(7), "all");
        let group = Address::group(&target(), "all");
        let adopt = Act::Adopt {
            remote: RemoteId::from("r1"),
        };
        for (at, act, takes) in [
            (address(), create(true), true),
            (address(), Act::Enable, true),
            (address(), create(false), false),
            (address(), adopt, false),
            (address(), Act::Disable, false),
            (address(), Act::Delete, false),
            (group, create(true), false),
            (member, Act::Grant, false),
        ] {
            let step = Step {
                no: 0,
                address: at,
                act,
                before: Before::Absent,
                after: Vec::new(),
                because: vec![reason("rule/a")],
            };
            assert_eq!(takes_seat(&step), takes, "{step:?}");
        }
    }

    fn line() -> impl Strategy<Value = Vec<Applicant>> {
        let one = (any::<bool>(), proptest::option::of(1_u8..4), 0_u128..12);
        let of = |(newcomer, month, subject): (bool, Option<u8>, u128)| {
            let day = month.map(|month| format!("2026-0{month}-01"));
            applicant(newcomer, day.as_deref(), subject)
        };
        proptest::collection::vec(one.prop_map(of), 0..12)
    }

    proptest! {
        #[test]
        fn never_more_than_there_are_and_nobody_waits_without_need(
            seats in 0_u32..15, taken in 0_u64..15, line in line(),
        ) {
            let found = seat(seats, Some(taken), &line);
            let all: BTreeSet<SubjectId> = line.iter().map(|a| a.subject).collect();
            let free = u64::from(seats).saturating_sub(taken);
            prop_assert!(found.seated.len() as u64 <= free);
            prop_assert!(found.waiting.is_empty() || found.seated.len() as u64 == free);
            let mut both: BTreeSet<SubjectId> = found.seated.clone();
            both.extend(&found.waiting);
            prop_assert_eq!(both.len(), found.seated.len() + found.waiting.len());
            prop_assert_eq!(both, all);
        }

        #[test]
        fn order_free(
            seats in 0_u32..15, taken in 0_u64..15, (line, shuffled) in line().prop_flat_map(|l| {
                (Just(l.clone()), Just(l).prop_shuffle())
            }),
        ) {
            prop_assert_eq!(
                seat(seats, Some(taken), &line),
                seat(seats, Some(taken), &shuffled)
            );
        }

        #[test]
        fn one_more_seat_goes_to_the_first_who_waits_and_unseats_nobody(
            seats in 0_u32..15, taken in 0_u64..15, line in line(),
        ) {
            let before = seat(seats, Some(taken), &line);
            let after = seat(seats + 1, Some(taken), &line);
            let mut wanted = before.seated.clone();
            if u64::from(seats) >= taken {
                wanted.extend(before.waiting.first());
            }
            prop_assert_eq!(after.seated, wanted);
        }
    }
}
