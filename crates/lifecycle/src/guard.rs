//! Judges a wave: may it be carried out, must a person release it, or is its input broken?
//!
//! Monotone by construction: every limit is judged alone, and the answer is the strictest of
//! theirs, so that a wave that takes more away is never judged more kindly.

use model::{Change, Input, Timestamp, Verdict};

use crate::mutants::{self, Mutant};

/// What a person allows without being asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardPolicy {
    /// Removals (disable, delete, revoke) by count that need no question, whatever their share.
    pub removals_max: u64,
    /// Removals by share of the people with managed accounts, in percent, that need no question.
    pub removals_percent: u64,
    /// Creations by count that need no question, whatever their share.
    pub creations_max: u64,
    /// Creations by share of the people with managed accounts, in percent, that need no question.
    pub creations_percent: u64,
    /// Accounts that are deleted for good and need no question; `None`: each is asked.
    pub deletions: Option<Unasked>,
    /// The window over which removals of earlier waves count along, in hours; 0: none.
    pub window_hours: u64,
    /// Times in which nothing but leavers goes through unasked.
    pub freezes: Vec<Freeze>,
}

/// So many need no question, and so large a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unasked {
    /// By count, whatever their share.
    pub max: u64,
    /// By share of the people with managed accounts, in percent, whatever their count.
    pub percent: u64,
}

/// A change freeze.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freeze {
    /// From this instant.
    pub from: Timestamp,
    /// Until this one, exclusive.
    pub to: Timestamp,
    /// Why, for people.
    pub reason: String,
}

impl Default for GuardPolicy {
    /// More than 5 removals are asked when they are also more than 2 % of the people with managed accounts;
    /// removals of the last 24 hours count along.
    fn default() -> Self {
        Self {
            removals_max: 5,
            removals_percent: 2,
            creations_max: 50,
            creations_percent: 10,
            deletions: None,
            window_hours: 24,
            freezes: Vec::new(),
        }
    }
}

/// How the reason begins that names protected people; their keys follow it.
pub const PROTECTED: &str = "protected people lose access";

/// What of a wave the guard looks at. People are counted once, however many steps they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveFacts {
    /// The kind of change.
    pub change: Change,
    /// The input.
    pub input: Input,
    /// Subjects who lose something.
    pub losing: u64,
    /// People for whom an account is created.
    pub creating: u64,
    /// People of whom an account is deleted for good.
    pub deleting: u64,
    /// Protected subjects who lose something, by worker key or name, for people.
    pub protected: Vec<String>,
    /// Groups under `last_admin` that are left without a member, as `app/group`.
    pub emptied: Vec<String>,
    /// Removals in targets under `confirm`.
    pub confirm_removals: u64,
    /// People who have a managed account now, counted in that target of the wave where they are
    /// most: accounts summed over targets would make each limit weaker with every app.
    pub managed: u64,
    /// Subjects who lost something within the window, by waves of the same kind of change.
    pub lost_before: u64,
    /// The delivery was empty although people of its source are known.
    pub empty_feed: bool,
}

/// How strict an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Allow,
    Ask,
    Halt,
}

/// Judges a wave under a policy at `now`.
#[must_use]
pub fn guard(wave: &WaveFacts, policy: &GuardPolicy, now: Timestamp) -> Verdict {
    let findings = [
        removals(wave, policy),
        empty_feed(wave),
        protected(wave),
        creations(wave, policy),
        deletions(wave, policy),
        emptied(wave),
        confirm(wave),
        freeze(wave, policy, now),
    ];
    let strictest = findings
        .iter()
        .map(|(answer, _)| *answer)
        .max()
        .unwrap_or(Answer::Allow);
    let because: Vec<String> = findings
        .into_iter()
        .filter(|(answer, text)| *answer == strictest && !text.is_empty())
        .map(|(_, text)| text)
        .collect();
    match strictest {
        Answer::Allow => Verdict::Allow { because },
        Answer::Ask => Verdict::Ask { because },
        Answer::Halt => Verdict::Halt { because },
    }
}

/// An explicit leaver carries HR's own date: the leavers of one input never stop each other
/// below the limit. Everything that takes away is under the same limit, whatever its cause.
fn removals(wave: &WaveFacts, policy: &GuardPolicy) -> (Answer, String) {
    let lost = (wave.losing, wave.lost_before);
    let (allowed, text) = removals_allowed(wave.change, lost, wave.managed, policy);
    if allowed {
        (Answer::Allow, text)
    } else {
        (Answer::Ask, text)
    }
}

/// Whether so many people may lose access unasked, and the sentence that says how many. Asked
/// when a wave is proposed, and again when it begins: others may have begun in between.
///
/// `losing`: by the wave, and within the window by others of its kind of change.
#[must_use]
pub fn removals_allowed(
    change: Change,
    (losing, lost_before): (u64, u64),
    managed: u64,
    policy: &GuardPolicy,
) -> (bool, String) {
    let lost = losing + lost_before;
    let percent = percent(lost, managed);
    let text = format!(
        "{losing} people lose access, with {lost_before} in the last {} h that is {lost} of \
         {managed} people with managed accounts ({percent} %); unasked are {} people or {} %",
        policy.window_hours, policy.removals_max, policy.removals_percent,
    );
    let asked = losing > 0 && lost > policy.removals_max && percent > policy.removals_percent;
    let unguarded = mutants::on(Mutant::UnguardedMissing) && change == Change::MissingRow;
    (!asked || unguarded, text)
}

/// What is deleted does not come back, so it has a limit of its own beside that of everything that
/// takes away, and without one each is asked.
fn deletions(wave: &WaveFacts, policy: &GuardPolicy) -> (Answer, String) {
    let lost = (wave.deleting, wave.lost_before);
    match deletions_allowed(lost, wave.managed, policy) {
        (true, text) => (Answer::Allow, text),
        (false, text) => (Answer::Ask, text),
    }
}

/// Whether accounts of so many people may be deleted unasked, and the sentence that says how many.
/// Asked when a wave is proposed, and again when it begins.
///
/// `deleting`: by the wave, and within the window by others of its kind of change.
#[must_use]
pub fn deletions_allowed(
    (deleting, before): (u64, u64),
    managed: u64,
    policy: &GuardPolicy,
) -> (bool, String) {
    if deleting == 0 {
        return (true, String::new());
    }
    let Some(unasked) = policy.deletions else {
        let text = format!(
            "accounts of {deleting} people are deleted for good, and the guard document lets none \
             go unasked"
        );
        return (false, text);
    };
    let lost = deleting + before;
    let percent = percent(lost, managed);
    let text = format!(
        "accounts of {deleting} people are deleted for good, with {before} in the last {} h that \
         is {lost} of {managed} people with managed accounts ({percent} %); unasked are {} people \
         or {} %",
        policy.window_hours, unasked.max, unasked.percent,
    );
    (lost <= unasked.max || percent <= unasked.percent, text)
}

/// Rounded up in the wave's disfavour: 3 of 100 is 3 %, and 3 of 101 counts as 3 % too.
fn percent(part: u64, whole: u64) -> u64 {
    match (part, whole) {
        (0, _) => 0,
        (_, 0) => 100,
        (part, whole) => part.saturating_mul(100).div_ceil(whole),
    }
}

fn empty_feed(wave: &WaveFacts) -> (Answer, String) {
    if wave.empty_feed {
        let text = "the delivery has no rows although people of its source are known: \
                    an empty file is not a company without people";
        return (Answer::Halt, text.to_owned());
    }
    (Answer::Allow, String::new())
}

fn protected(wave: &WaveFacts) -> (Answer, String) {
    if wave.protected.is_empty() {
        return (Answer::Allow, String::new());
    }
    (
        Answer::Ask,
        format!("{PROTECTED}: {}", wave.protected.join(", ")),
    )
}

fn creations(wave: &WaveFacts, policy: &GuardPolicy) -> (Answer, String) {
    let percent = percent(wave.creating, wave.managed);
    if wave.creating > policy.creations_max && percent > policy.creations_percent {
        let text = format!(
            "{} people get new accounts beside {} who have managed ones; unasked are {} or {} %",
            wave.creating, wave.managed, policy.creations_max, policy.creations_percent
        );
        return (Answer::Ask, text);
    }
    (Answer::Allow, String::new())
}

fn emptied(wave: &WaveFacts) -> (Answer, String) {
    if wave.emptied.is_empty() {
        return (Answer::Allow, String::new());
    }
    (
        Answer::Ask,
        format!(
            "these groups lose their last member: {}",
            wave.emptied.join(", ")
        ),
    )
}

fn confirm(wave: &WaveFacts) -> (Answer, String) {
    // A termination for cause is asked for one person by one person, to happen now.
    if wave.confirm_removals == 0 || wave.change == Change::Termination {
        return (Answer::Allow, String::new());
    }
    let text = format!(
        "{} removals are in apps under `mode: confirm`, where each removal is asked",
        wave.confirm_removals
    );
    (Answer::Ask, text)
}

fn freeze(wave: &WaveFacts, policy: &GuardPolicy, now: Timestamp) -> (Answer, String) {
    if matches!(wave.change, Change::Leaver | Change::Termination) {
        return (Answer::Allow, String::new());
    }
    match policy.freezes.iter().find(|f| f.from <= now && now < f.to) {
        Some(f) => (
            Answer::Ask,
            format!("change freeze until {}: {}", f.to, f.reason),
        ),
        None => (Answer::Allow, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quiet() -> WaveFacts {
        WaveFacts {
            change: Change::Mover,
            input: Input::Clock,
            losing: 0,
            creating: 3,
            deleting: 0,
            protected: Vec::new(),
            emptied: Vec::new(),
            confirm_removals: 0,
            managed: 100,
            lost_before: 0,
            empty_feed: false,
        }
    }

    fn verdict(wave: &WaveFacts) -> &'static str {
        guard(wave, &GuardPolicy::default(), Timestamp::EPOCH).as_str()
    }

    #[test]
    fn both_limits_must_be_exceeded_and_small_companies_can_still_let_people_go() {
        assert_eq!(verdict(&quiet()), "allow");
        assert_eq!(
            verdict(&WaveFacts {
                losing: 5,
                ..quiet()
            }),
            "allow",
            "five people, 5 %"
        );
        assert_eq!(
            verdict(&WaveFacts {
                losing: 6,
                ..quiet()
            }),
            "ask",
            "six people, 6 %"
        );
        assert_eq!(
            verdict(&WaveFacts {
                losing: 20,
                managed: 1000,
                ..quiet()
            }),
            "allow",
            "2 %"
        );
        assert_eq!(
            verdict(&WaveFacts {
                losing: 21,
                managed: 1000,
                ..quiet()
            }),
            "ask",
            "2.1 %"
        );
        let bleeding = WaveFacts {
            losing: 2,
            lost_before: 4,
            ..quiet()
        };
        assert_eq!(verdict(&bleeding), "ask", "a slow bleed counts along");
    }

    #[test]
    fn an_empty_feed_halts_and_a_freeze_lets_leavers_pass() {
        assert_eq!(
            verdict(&WaveFacts {
                empty_feed: true,
                ..quiet()
            }),
            "halt"
        );
        let policy = GuardPolicy {
            freezes: vec![Freeze {
                from: Timestamp::EPOCH,
                to: Timestamp::from_micros(10),
                reason: "year end".to_owned(),
            }],
            ..GuardPolicy::default()
        };
        let at = |change, now| {
            let wave = WaveFacts { change, ..quiet() };
            guard(&wave, &policy, Timestamp::from_micros(now)).as_str()
        };
        assert_eq!(at(Change::Mover, 9), "ask");
        assert_eq!(at(Change::Leaver, 9), "allow");
        assert_eq!(at(Change::Mover, 10), "allow");
    }

    #[test]
    fn deletions_are_asked_unless_the_document_lets_some_go_and_a_freeze_asks_again() {
        let wave = |deleting, lost_before| WaveFacts {
            change: Change::Deletion,
            losing: deleting,
            deleting,
            lost_before,
            ..quiet()
        };
        assert_eq!(verdict(&wave(1, 0)), "ask", "no document speaks of them");
        let policy = GuardPolicy {
            deletions: Some(Unasked { max: 2, percent: 0 }),
            ..GuardPolicy::default()
        };
        let judge =
            |wave: &WaveFacts, policy: &GuardPolicy| guard(wave, policy, Timestamp::EPOCH).as_str();
        assert_eq!(judge(&wave(2, 0), &policy), "allow");
        assert_eq!(judge(&wave(3, 0), &policy), "ask");
        assert_eq!(
            judge(&wave(1, 2), &policy),
            "ask",
            "a slow bleed counts along"
        );
        let none = GuardPolicy {
            deletions: Some(Unasked { max: 0, percent: 0 }),
            ..GuardPolicy::default()
        };
        assert_eq!(judge(&wave(1, 0), &none), "ask");
        let frozen = GuardPolicy {
            freezes: vec![Freeze {
                from: Timestamp::EPOCH,
                to: Timestamp::from_micros(10),
                reason: "year end".to_owned(),
            }],
            ..policy.clone()
        };
        assert_eq!(judge(&wave(1, 0), &frozen), "ask");
        let removals = GuardPolicy {
            deletions: Some(Unasked {
                max: 99,
                percent: 100,
            }),
            ..GuardPolicy::default()
        };
        assert_eq!(
            judge(&wave(6, 0), &removals),
            "ask",
            "they take away as well"
        );
    }

    fn strictness(verdict: &Verdict) -> u8 {
        match verdict {
            Verdict::Allow { .. } => 0,
            Verdict::Ask { .. } => 1,
            Verdict::Halt { .. } => 2,
        }
    }

    proptest! {
        #[test]
        fn monotone_in_what_is_taken_away(
            losing in 0u64..500, more in 0u64..500, managed in 0u64..1000, before in 0u64..50,
            max in 0u64..20, percent in 0u64..20, deleting in 0u64..50,
            deletions in proptest::option::of((0u64..50, 0u64..20)),
        ) {
            let policy = GuardPolicy {
                removals_max: max, removals_percent: percent,
                deletions: deletions.map(|(max, percent)| Unasked { max, percent }),
                ..GuardPolicy::default()
            };
            let less = WaveFacts { losing, deleting, managed, lost_before: before, ..quiet() };
            let greater = WaveFacts {
                losing: losing + more, deleting: deleting + more, ..less.clone()
            };
            let judge = |w| strictness(&guard(w, &policy, Timestamp::EPOCH));
            prop_assert!(judge(&less) <= judge(&greater));
            let tighter = GuardPolicy {
                removals_max: max / 2, removals_percent: percent / 2,
                deletions: policy.deletions.map(|u| Unasked { max: u.max / 2, percent: u.percent / 2 }),
                ..policy.clone()
            };
            prop_assert!(judge(&less) <= strictness(&guard(&less, &tighter, Timestamp::EPOCH)));
        }
    }
}
