//! Who is done, who is late, and how many there are of each. Pure.

use std::collections::BTreeMap;

use model::{SubjectId, TargetName, Timestamp};

use super::assemble::Case;
use super::expected::{self, Expectation, Stand};
use super::report::{Awaited, Count, LatePerson};
use crate::Known;

/// Of whom only an upper bound is known.
const SEEN: &str = "at the latest: it was shut by somebody else, and seen shut then";

/// The counts, and the people whose clock ran out: those who are late first, by when it did.
pub(super) fn people(case: &Case<'_>) -> (Vec<Count>, Vec<LatePerson>) {
    let mut counts: BTreeMap<Awaited, Count> = BTreeMap::new();
    let mut late = Vec::new();
    for (subject, expected) in case.expected {
        let Some(known) = case.rows.known.get(subject) else {
            continue;
        };
        let stand = stand(case, *subject, expected);
        // What was expected before is told only while it is not done.
        let before = !case.window.has(expected.start);
        if before && !matches!(stand, Stand::Open { .. }) {
            continue;
        }
        let count = counts.entry(expected.awaited);
        let count = count.or_insert_with(|| Count::none(expected.awaited));
        if count.takes(&stand, expected.due(), case.rows.now) {
            late.push(row(known, expected, stand, exposed(case, *subject)));
        }
    }
    late.sort_by(|a, b| {
        let of = |p: &LatePerson| (p.done_at.is_some(), p.due, p.awaited);
        (of(a), &a.key).cmp(&(of(b), &b.key))
    });
    (counts.into_values().collect(), late)
}

fn exposed<'a>(case: &Case<'a>, subject: SubjectId) -> &'a [TargetName] {
    case.exposed.get(&subject).map_or(&[], Vec::as_slice)
}

fn stand(case: &Case<'_>, subject: SubjectId, expected: &Expectation) -> Stand {
    let undone = case.undone.of(subject);
    let of = expected::Case {
        attempts: case.rows.about(subject),
        exposed: exposed(case, subject),
        ended: case.ended.get(&subject).copied(),
        undone: undone.as_deref(),
    };
    expected::judge(expected, of)
}

impl Count {
    const fn none(awaited: Awaited) -> Self {
        Self {
            awaited,
            expected: 0,
            done: 0,
            done_late: 0,
            open: 0,
            late: 0,
            refused: 0,
        }
    }

    /// Counts somebody, and says whether their clock ran out before they were done.
    fn takes(&mut self, stand: &Stand, due: Timestamp, now: Timestamp) -> bool {
        self.expected += 1;
        let late = match stand {
            Stand::Done { at, .. } => *at > due,
            Stand::Open { .. } => now > due,
            Stand::Refused => false,
        };
        match stand {
            Stand::Refused => self.refused += 1,
            Stand::Open { .. } if late => self.late += 1,
            Stand::Open { .. } => self.open += 1,
            Stand::Done { .. } => {
                self.done += 1;
                self.done_late += u64::from(late);
            }
        }
        late
    }
}

fn row(known: &Known, expected: &Expectation, stand: Stand, exposed: &[TargetName]) -> LatePerson {
    let facts = &known.identity.facts;
    let (done_at, why, wave) = match stand {
        Stand::Done { at, at_most: false } => (Some(at), String::new(), None),
        Stand::Done { at, at_most: true } => (Some(at), SEEN.to_owned(), None),
        Stand::Open { why, wave } => (None, why, wave),
        Stand::Refused => (None, String::new(), None),
    };
    LatePerson {
        awaited: expected.awaited,
        subject: known.person.subject,
        name: facts.display_name(),
        key: known.identity.key.clone(),
        at: expected.at,
        zone: facts.zone.clone(),
        start: expected.start,
        due: expected.due(),
        done_at,
        why,
        exposed: exposed.to_vec(),
        wave,
    }
}
