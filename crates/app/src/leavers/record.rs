//! One leaver's record, from the log's records about them. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::event::StepHead;
use model::plan::StepStatus;
use model::{Event, Kind, PlanId, TargetName, Timestamp, WaveId};
use ports::store::LogRecord;

use super::report::{EndState, Ending, LeaverRecord, Times};

/// What records tell of how somebody's accounts were taken away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Traced {
    pub(super) endings: Vec<Ending>,
    /// The last plan that takes an account away, and its wave.
    pub(super) plan: Option<(PlanId, WaveId)>,
}

/// Steps that take accounts away, of plans that the records tell of.
struct Steps<'r> {
    found: BTreeMap<(PlanId, u16), (&'r StepHead, WaveId)>,
}

impl<'r> Steps<'r> {
    fn of(records: &'r [LogRecord]) -> Self {
        let mut found = BTreeMap::new();
        for record in records {
            if let Event::PlanDrafted(drafted) = &record.event {
                for step in &drafted.steps {
                    let account = step.address.kind == Kind::Account;
                    if account && matches!(step.verb.as_str(), "disable" | "delete") {
                        found.insert((drafted.plan, step.no), (step, drafted.wave));
                    }
                }
            }
        }
        Self { found }
    }

    /// Apps in which an account was read back, or confirmed, as disabled since `start`. That ended the access: what
    /// is deleted there later, after its retention, ends nothing more.
    fn shut_since(&self, records: &'r [LogRecord], start: Timestamp) -> BTreeSet<&'r TargetName> {
        let shut = |record: &LogRecord| match &record.event {
            Event::StepChanged(changed) if changed.status.is_done() => {
                let key = (changed.step.plan, changed.step.no);
                let (step, _) = self.found.get(&key)?;
                (step.verb == "disable").then_some(&step.address.target)
            }
            _ => None,
        };
        let since = records.iter().filter(|record| record.at >= start);
        since.filter_map(shut).collect()
    }
}

/// What became of each account since `start`. `records` are about one person, the newest first;
/// `accounts` the apps in which one is linked to them, `exposed` those in which it may be used.
pub(super) fn trace(
    records: &[LogRecord],
    start: Timestamp,
    accounts: &BTreeSet<TargetName>,
    exposed: &[TargetName],
) -> Traced {
    let steps = Steps::of(records);
    let mut traced = Traced::default();
    let mut endings: BTreeMap<&TargetName, Ending> = BTreeMap::new();
    let ending = |app: &TargetName| Ending {
        app: app.clone(),
        state: match exposed.contains(app) {
            true => EndState::Exposed,
            false => EndState::Already,
        },
        sent: None,
        confirmed: None,
        verified: None,
    };
    let mut shut: BTreeSet<&TargetName> = BTreeSet::new();
    for app in accounts {
        endings.insert(app, ending(app));
    }
    // Oldest first: what came last counts.
    for record in records.iter().rev().filter(|record| record.at >= start) {
        let Event::StepChanged(changed) = &record.event else {
            continue;
        };
        let Some((step, _)) = steps.found.get(&(changed.step.plan, changed.step.no)) else {
            continue;
        };
        let app = &step.address.target;
        let ending = endings.entry(app).or_insert_with(|| ending(app));
        let deletes = step.verb == "delete";
        // The access had ended when the account was disabled, so these times stay.
        let ended = deletes && shut.contains(app);
        match changed.status {
            StepStatus::Sent if !ended => ending.sent = Some(record.at),
            done if done.is_done() && ending.state != EndState::Exposed => {
                if !ended {
                    match done {
                        StepStatus::Confirmed => ending.confirmed = Some(record.at),
                        _ => ending.verified = Some(record.at),
                    }
                }
                ending.state = match deletes {
                    true => EndState::Deleted,
                    false => EndState::Disabled,
                };
                if !deletes {
                    shut.insert(app);
                }
            }
            _ => {}
        }
    }
    traced.endings = endings.into_values().collect();
    traced.plan = last_plan(records, &steps, start);
    traced
}

/// The last plan that took an account away, or would, since `start`: the one that did something, if
/// there is one, else the one that was drafted last.
fn last_plan(
    records: &[LogRecord],
    steps: &Steps<'_>,
    start: Timestamp,
) -> Option<(PlanId, WaveId)> {
    let plan_of = |plan: PlanId| {
        let mut found = steps.found.iter().filter(|((of, _), _)| *of == plan);
        found.next().map(|(_, (_, wave))| (plan, *wave))
    };
    let mut since = records.iter().filter(|record| record.at >= start);
    let shut = steps.shut_since(records, start);
    let done = since.clone().find_map(|record| match &record.event {
        Event::StepChanged(changed) => {
            let key = (changed.step.plan, changed.step.no);
            let (step, _) = steps.found.get(&key)?;
            let ends = step.verb != "delete" || !shut.contains(&step.address.target);
            ends.then_some(changed.step.plan)
        }
        _ => None,
    });
    let drafted = since.find_map(|record| match &record.event {
        Event::PlanDrafted(drafted) => plan_of(drafted.plan).map(|(plan, _)| plan),
        _ => None,
    });
    done.or(drafted).and_then(plan_of)
}

/// Whether everything that [`trace`] needs has been read: all steps that changed since `start` belong
/// to plans that are among the records.
pub(super) fn is_whole(records: &[LogRecord], start: Timestamp) -> bool {
    let drafted: BTreeSet<PlanId> = records
        .iter()
        .filter_map(|record| match &record.event {
            Event::PlanDrafted(drafted) => Some(drafted.plan),
            _ => None,
        })
        .collect();
    let past = records.last().is_some_and(|record| record.at < start);
    past && records
        .iter()
        .filter(|r| r.at >= start)
        .all(|r| match &r.event {
            Event::StepChanged(changed) => drafted.contains(&changed.step.plan),
            _ => true,
        })
}

/// How long it took those who are done: nearest rank, so that each figure is somebody's.
pub(super) fn times(leavers: &[LeaverRecord]) -> Option<Times> {
    let took = |l: &LeaverRecord| Some(l.done_at?.since(l.start));
    let mut took: Vec<Duration> = leavers.iter().filter_map(took).collect();
    took.sort_unstable();
    let rank = |percent: usize| {
        took.get((took.len() * percent).div_ceil(100).max(1) - 1)
            .copied()
    };
    Some(Times {
        done: took.len() as u64,
        p50: rank(50)?,
        p95: rank(95)?,
        p99: rank(99)?,
        longest: rank(100)?,
    })
}

#[cfg(test)]
mod tests;
