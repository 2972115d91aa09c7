//! Whether what is released for an app can be sent in time, at the rate that it takes. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use model::plan::{About, PlanStatus, StepStatus};
use model::{Change, SubjectId, TargetName, Timestamp};

use super::expected::{Attempt, Expectation};

/// Requests for one step: it is sent, and it is read back.
const PER_STEP: u64 = 2;

/// An app whose budget of requests does not suffice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shortage {
    pub(super) app: TargetName,
    pub(super) per_second: u32,
    /// When all of it would be sent.
    pub(super) until: Timestamp,
    /// Those for whom that is too late and whose clock runs still, by name.
    pub(super) people: Vec<String>,
}

/// The apps in which somebody's clock would run out before it is their turn, though nothing fails.
///
/// `rates`: requests a second of those apps that have a budget. What waits is sent in the order in which
/// the worker takes it: by kind of change, then as it was drafted.
pub(super) fn shortages<'a>(
    attempts: impl Iterator<Item = (&'a About, &'a [Attempt])>,
    expected: &[(SubjectId, Expectation)],
    rates: &BTreeMap<TargetName, u32>,
    now: Timestamp,
    name: impl Fn(SubjectId) -> String,
) -> Vec<Shortage> {
    type Place<'a> = (Change, u64, &'a About);
    let due: BTreeMap<SubjectId, Timestamp> = expected.iter().map(|(s, e)| (*s, e.due())).collect();
    let mut queues: BTreeMap<&TargetName, BTreeMap<Place<'a>, u64>> = BTreeMap::new();
    if rates.is_empty() {
        return Vec::new();
    }
    for (about, attempts) in attempts {
        let released = attempts
            .iter()
            .map(|attempt| &attempt.row)
            .filter(|row| row.status == PlanStatus::Released);
        for row in released {
            let waits = |status| matches!(status, StepStatus::Pending | StepStatus::Answered);
            for step in row.steps.iter().filter(|step| waits(step.status)) {
                let queue = queues.entry(&step.address.target).or_default();
                *queue.entry((row.change, row.drafted, about)).or_default() += PER_STEP;
            }
        }
    }
    let mut found = Vec::new();
    for (app, queue) in queues {
        let Some(per_second) = rates.get(app).copied().filter(|rate| *rate > 0) else {
            continue;
        };
        let after = |requests: u64| {
            now.plus(Duration::from_secs(
                requests.div_ceil(u64::from(per_second)),
            ))
        };
        let mut requests = 0;
        let mut people = Vec::new();
        for ((_, _, about), more) in queue {
            requests += more;
            if let About::Subject(subject) = about
                && let Some(due) = due.get(subject)
                && now <= *due
                && *due < after(requests)
            {
                people.push(name(*subject));
            }
        }
        if !people.is_empty() {
            people.sort();
            found.push(Shortage {
                app: app.clone(),
                per_second,
                until: after(requests),
                people,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use model::{Address, Personal, PlanId, WaveId};
    use ports::store::{PlanRow, StepRow, WaveStatus};

    use super::*;
    use crate::digest::report::Awaited;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(1_000_000 + seconds))
    }

    /// A released plan of so many steps, none of which was sent.
    fn released(subject: SubjectId, change: Change, steps: u16) -> Attempt {
        let step = |no| StepRow {
            no,
            address: Address::account(&TargetName::from("chat"), subject),
            verb: "update".to_owned(),
            after: Vec::new(),
            status: StepStatus::Pending,
            last: None,
            at: None,
        };
        let row = PlanRow {
            id: PlanId::from_bits(1),
            drafted: 1,
            wave: WaveId::from_bits(1),
            about: About::Subject(subject),
            change,
            status: PlanStatus::Released,
            detail: String::new(),
            head: None,
            plan: Personal::Erased,
            steps: (0..steps).map(step).collect(),
        };
        Attempt {
            row,
            at: at(0),
            begun: at(0),
            wave: WaveStatus::Running,
            by: None,
        }
    }

    /// Two leavers and many movers wait for an app that takes one request a second: each leaver's turn
    /// comes before any mover's, and only whose clock runs out before their turn is told.
    #[test]
    fn who_comes_too_late_is_named_and_nobody_else() {
        let chat = TargetName::from("chat");
        let soon = |n| (SubjectId::from_bits(n), Change::Leaver, 2_000);
        let movers = (10..70).map(|n| (SubjectId::from_bits(n), Change::Mover, 100_000));
        let all: Vec<_> = [soon(1), soon(2)].into_iter().chain(movers).collect();
        let attempts: Vec<_> = all
            .iter()
            .map(|(subject, change, _)| {
                (About::Subject(*subject), [released(*subject, *change, 30)])
            })
            .collect();
        let expected: Vec<_> = all
            .iter()
            .map(|(subject, _, due)| {
                let start = at(*due).minus(Awaited::Leaver.clock());
                let awaited = Awaited::Leaver;
                (
                    *subject,
                    Expectation {
                        awaited,
                        at: start,
                        start,
                    },
                )
            })
            .collect();
        let told = |now: u64, rate| {
            let attempts = attempts.iter().map(|(about, of)| (about, of.as_slice()));
            let rates = BTreeMap::from([(chat.clone(), rate)]);
            let found = shortages(attempts, &expected, &rates, at(now), |s| s.to_string());
            found
                .into_iter()
                .map(|s| (s.people, s.until))
                .collect::<Vec<_>>()
        };
        // 30 steps are 60 requests: the second leaver is done after 120 s, all after 3,720.
        assert_eq!(told(1_880, 1), []);
        assert_eq!(
            told(1_881, 1),
            [(vec![SubjectId::from_bits(2).to_string()], at(1_881 + 3_720))]
        );
        assert_eq!(told(1_881, 2), []);
        // Whose clock has run out is told of elsewhere.
        assert_eq!(told(2_001, 1), []);
    }
}
