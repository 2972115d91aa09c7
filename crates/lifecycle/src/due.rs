//! When what is wanted of a person changes by itself.
//!
//! Whatever depends on time has its instant here: a person whose instant was forgotten is planned
//! for only when somebody plans for everyone.

use std::collections::BTreeSet;
use std::time::Duration;

use model::{Engagement, KnownTask, Timestamp, WorkerRef};

use crate::beside::Beside;
use crate::rulebook::Spans;

/// The next instant after `now` at which one of these engagements means something else: a first or
/// last day, or one of the `leads` before a first day (see [`Spans::leads`]). Too early an
/// instant costs a look; too late a one is never made good.
///
/// # Errors
/// When a zone is unknown.
pub fn next_day(
    engagements: &[Engagement],
    leads: &BTreeSet<u16>,
    now: Timestamp,
) -> Result<Option<Timestamp>, String> {
    let mut next: Option<Timestamp> = None;
    for engagement in engagements {
        let facts = &engagement.facts;
        let own = facts.next_change(now)?;
        next = next.into_iter().chain(own).min();
        // Before a first day that has come, nothing is due any more.
        if facts.starts.is_none() || own.is_none() {
            continue;
        }
        for days in leads {
            let at = facts.days_before_start(*days)?;
            next = next.into_iter().chain(at.filter(|at| *at > now)).min();
        }
    }
    Ok(next)
}

/// What the next instant of a person is worked out from.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// What sources tell.
    pub engagements: &'a [Engagement],
    /// Since when they are terminated for cause.
    pub terminated: Option<Timestamp>,
    /// What is done by hand because they left.
    pub tasks: &'a [KnownTask],
}

/// As [`next_day`], or at which an account of whoever has left is kept no longer, something that is
/// done by hand becomes overdue, or something ends that documents say of a person.
///
/// # Errors
/// As [`next_day`].
pub fn next_due(
    told: Told<'_>,
    spans: &Spans,
    beside: &Beside,
    now: Timestamp,
) -> Result<Option<Timestamp>, String> {
    let day = next_day(told.engagements, &spans.leads, now)?;
    let deletion = next_deletion(told, &spans.retentions, now)?;
    let end = next_end(told.engagements, beside, now);
    let overdue = next_overdue(told.tasks, now);
    let all = day.into_iter().chain(deletion).chain(overdue).chain(end);
    Ok(all.min())
}

/// The next instant after `now` that is so many days after one of the last days, or after a
/// termination for cause.
fn next_deletion(
    told: Told<'_>,
    retentions: &BTreeSet<u32>,
    now: Timestamp,
) -> Result<Option<Timestamp>, String> {
    let mut next: Option<Timestamp> = None;
    for days in retentions {
        let terminated = told.terminated.map(|at| days_after(at, *days));
        let mut found: Vec<Timestamp> = terminated.into_iter().collect();
        for engagement in told.engagements {
            found.extend(engagement.facts.days_after_end(*days)?);
        }
        let ahead = found.into_iter().filter(|at| *at > now);
        next = next.into_iter().chain(ahead).min();
    }
    Ok(next)
}

/// The next instant after `now` at which an open task becomes overdue.
#[must_use]
pub fn next_overdue(tasks: &[KnownTask], now: Timestamp) -> Option<Timestamp> {
    let open = tasks.iter().filter(|known| known.done.is_none());
    open.map(|known| known.task.due)
        .filter(|due| *due > now)
        .min()
}

/// So many days of 24 hours after an instant: a termination stands in nobody's time zone.
#[must_use]
pub fn days_after(at: Timestamp, days: u32) -> Timestamp {
    at.plus(Duration::from_secs(u64::from(days) * 24 * 60 * 60))
}

/// When something that documents say of a person ends next.
#[must_use]
pub fn next_end(engagements: &[Engagement], beside: &Beside, now: Timestamp) -> Option<Timestamp> {
    if beside.is_empty() {
        return None;
    }
    let name = |e: &Engagement| WorkerRef {
        source: e.source.clone(),
        key: e.key.clone(),
    };
    let names: Vec<WorkerRef> = engagements.iter().map(name).collect();
    beside.next_end(&names, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{facts, instant};
    use model::time::Date;
    use model::{Change, DeliveryId, Digest, EngagementId};

    fn engagement() -> Engagement {
        Engagement {
            id: EngagementId::from_bits(1),
            source: "hr".to_owned(),
            key: "w1".to_owned(),
            facts: std::sync::Arc::new(facts(&[])),
            digest: Digest::default(),
            withdrawn: false,
            delivery: DeliveryId::from_bits(1),
            change: Change::Joiner,
        }
    }

    #[test]
    fn the_end_of_each_retention_comes_after_a_last_day_and_after_a_termination()
    -> Result<(), String> {
        let mut left = engagement();
        std::sync::Arc::make_mut(&mut left.facts).ends =
            Some(Date::constant(2026, 3, 20).at(17, 0, 0, 0));
        let engagements = [left];
        let spans = Spans {
            retentions: BTreeSet::from([10, 30]),
            ..Spans::default()
        };
        let all = |terminated: Option<&str>| {
            let told = Told {
                engagements: &engagements,
                terminated: terminated.map(instant),
                tasks: &[],
            };
            let mut now = instant("2026-03-20T16:00:00Z");
            let mut found = Vec::new();
            while let Some(next) = next_due(told, &spans, &Beside::default(), now)? {
                found.push(next.to_string());
                now = next;
            }
            Ok::<_, String>(found)
        };
        // The clocks of Berlin go forward in between; a termination is counted in hours.
        let days = ["2026-03-30T15:00:00Z", "2026-04-19T15:00:00Z"];
        assert_eq!(all(None)?, days);
        let both = all(Some("2026-03-19T16:00:00Z"))?;
        let earlier = ["2026-03-29T16:00:00Z", "2026-04-18T16:00:00Z"];
        assert_eq!(both, [earlier[0], days[0], earlier[1], days[1]]);
        Ok(())
    }

    #[test]
    fn an_open_task_is_looked_at_when_it_becomes_overdue() -> Result<(), String> {
        let task = |due: &str| model::Task {
            id: model::TaskId::from_bits(1),
            subject: crate::fixtures::subject(),
            target: crate::fixtures::target(),
            step: "laptop".to_owned(),
            owner: "it".to_owned(),
            text: "Do it.".to_owned(),
            before_delete: false,
            leaving: None,
            opened: instant("2026-03-20T16:00:00Z"),
            due: instant(due),
        };
        let done = model::task::Done {
            by: "it".to_owned(),
            at: instant("2026-03-21T10:00:00Z"),
            reason: String::new(),
            personal: model::Personal::Erased,
        };
        let known = |due: &str, done| KnownTask {
            task: task(due),
            done,
        };
        let tasks = [
            known("2026-03-23T23:00:00Z", None),
            known("2026-03-22T23:00:00Z", Some(done)),
            known("2026-03-25T23:00:00Z", None),
        ];
        let told = Told {
            engagements: &[],
            terminated: None,
            tasks: &tasks,
        };
        let next = |now: &str| {
            let next = next_due(told, &Spans::default(), &Beside::default(), instant(now))?;
            Ok::<_, String>(next.map(|at| at.to_string()))
        };
        let (first, last) = ("2026-03-23T23:00:00Z", "2026-03-25T23:00:00Z");
        assert_eq!(next("2026-03-20T16:00:00Z")?.as_deref(), Some(first));
        assert_eq!(next(first)?.as_deref(), Some(last));
        assert_eq!(next(last)?, None);
        Ok(())
    }

    #[test]
    fn each_lead_and_the_first_day_come_in_turn() -> Result<(), String> {
        let mut hire = engagement();
        std::sync::Arc::make_mut(&mut hire.facts).starts =
            Some(Date::constant(2026, 4, 1).at(0, 0, 0, 0));
        let leads = BTreeSet::from([1, 14]);
        let mut now = instant("2026-01-01T00:00:00Z");
        let mut found = Vec::new();
        while let Some(next) = next_day(std::slice::from_ref(&hire), &leads, now)? {
            found.push(next.to_string());
            now = next;
        }
        // The clocks of Berlin go forward between the first of them and the second.
        let expected = [
            "2026-03-17T23:00:00Z",
            "2026-03-30T22:00:00Z",
            "2026-03-31T22:00:00Z",
        ];
        assert_eq!(found, expected);
        Ok(())
    }
}
