//! A drill: which phase follows on which, what each app came to, when it begins again, and how
//! long everything took.

use std::collections::BTreeMap;
use std::time::Duration;

use model::drill::{AppResult, How};
use model::time::Time;
use model::{DrillOutcome, DrillPhase, DrillRun, Phase, TargetName, Timestamp};

/// What is seen of a phase in one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// It was read back as wanted, at this instant.
    Seen(Timestamp),
    /// It stands as wanted, and there was nothing to do.
    Unchanged,
    /// Not yet.
    Waiting {
        /// Whether a person has to decide something first.
        held: bool,
        /// What is in the way, where that is known.
        why: String,
    },
    /// It will not come to be.
    Failed(String),
}

/// What becomes of a run next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Nothing is new. At this instant the time of the phase is over.
    Rest(Timestamp),
    /// Of an app it is known now.
    Change(DrillRun),
    /// The phase has ended, and this one begins.
    Next(DrillRun, Phase),
    /// The run has ended.
    End(DrillRun),
}

/// When the time of a phase is over.
#[must_use]
pub fn deadline(run: &DrillRun, phase: &DrillPhase) -> Timestamp {
    let within = Duration::from_secs(u64::from(run.within_minutes) * 60);
    phase.word.plus(within)
}

/// What becomes of a run that has not ended. An app of which nothing was seen is waited for.
///
/// Whatever became of the phases before, the last one is that the person leaves: nothing that a
/// drill opened stays open because it failed.
#[must_use]
pub fn turn(run: &DrillRun, looks: &BTreeMap<TargetName, Look>, now: Timestamp) -> Turn {
    let mut after = run.clone();
    let Some(phase) = after.phases.last_mut() else {
        return Turn::End(ended(after, now));
    };
    let until = deadline(run, phase);
    let waiting = Look::Waiting {
        held: false,
        why: String::new(),
    };
    for app in &run.apps {
        if phase.apps.contains_key(app) {
            continue;
        }
        let look = looks.get(app).unwrap_or(&waiting);
        if let Some(result) = result(look, until <= now, run.within_minutes, now) {
            phase.apps.insert(app.clone(), result);
        }
    }
    if phase.apps.len() < run.apps.len() {
        return match after == *run {
            true => Turn::Rest(until),
            false => Turn::Change(after),
        };
    }
    let (outcome, why) = judged(phase);
    phase.ended = Some((now, outcome));
    phase.why = why.to_owned();
    match (phase.phase, outcome) {
        (Phase::Joiner, DrillOutcome::Passed) if run.moves => Turn::Next(after, Phase::Mover),
        (Phase::Joiner | Phase::Mover, _) => Turn::Next(after, Phase::Leaver),
        (Phase::Leaver, _) => Turn::End(ended(after, now)),
    }
}

fn ended(mut run: DrillRun, now: Timestamp) -> DrillRun {
    run.ended = Some(now);
    run
}

/// What is to be written down of an app; `None` while it is waited for.
fn result(look: &Look, over: bool, minutes: u32, now: Timestamp) -> Option<AppResult> {
    let result = |how, at, why: &str| AppResult {
        how,
        at,
        why: why.to_owned(),
    };
    Some(match look {
        Look::Seen(at) => result(How::Seen, *at, ""),
        Look::Unchanged => result(How::Unchanged, now, ""),
        Look::Failed(why) => result(How::Failed, now, why),
        Look::Waiting { .. } if !over => return None,
        Look::Waiting { held: true, why } => result(How::Held, now, why),
        Look::Waiting { held: false, why } => {
            let late = format!("it was not read back within {minutes} minutes");
            let late = match why.as_str() {
                "" => late,
                why => format!("{late}: {why}"),
            };
            result(How::Late, now, &late)
        }
    })
}

/// How a phase ended of which everything is known, and why, where no single app is why.
fn judged(phase: &DrillPhase) -> (DrillOutcome, &'static str) {
    let any = |hows: &[How]| phase.apps.values().any(|found| hows.contains(&found.how));
    if any(&[How::Failed, How::Late]) {
        return (DrillOutcome::Failed, "");
    }
    if any(&[How::Held]) {
        return (DrillOutcome::Held, "");
    }
    // That nothing is open is what a leaver wants. Of the others nothing was tried then.
    match phase.phase {
        Phase::Joiner if !any(&[How::Seen]) => (
            DrillOutcome::Failed,
            "every account was there and usable already: nothing was tried",
        ),
        Phase::Mover if !any(&[How::Seen]) => (
            DrillOutcome::Failed,
            "no app had anything to change: nothing was tried",
        ),
        _ => (DrillOutcome::Passed, ""),
    }
}

/// The first instant at which a drill is due that began last at `last`, or never did and stands in
/// documents that are in force since `since`.
///
/// # Errors
/// When the zone is unknown or the day is out of range.
pub fn due(
    last: Option<Timestamp>,
    since: Timestamp,
    (every_days, at): (u16, Time),
    zone: &str,
) -> Result<Timestamp, String> {
    let days = civil_days(if last.is_some() { every_days } else { 0 });
    let from = last.unwrap_or(since).on_the_wall(zone)?;
    let day = from.date().checked_add(days).map_err(|e| e.to_string())?;
    let due = Timestamp::in_zone(day.to_datetime(at), zone)?;
    if last.is_some() || due >= since {
        return Ok(due);
    }
    let day = day.tomorrow().map_err(|e| e.to_string())?;
    Timestamp::in_zone(day.to_datetime(at), zone)
}

/// So many hours of 24, as civil days count them.
fn civil_days(days: u16) -> Duration {
    Duration::from_secs(u64::from(days) * 86_400)
}

/// How long a phase took in one app, over several runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Runs in which it was seen.
    pub seen: u64,
    /// Half of them were at most as long (nearest rank).
    pub p50: Duration,
    /// The longest.
    pub max: Duration,
}

/// How long each phase took in each app where it was seen.
#[must_use]
pub fn times<'r>(
    runs: impl IntoIterator<Item = &'r DrillRun>,
) -> BTreeMap<(Phase, &'r TargetName), Times> {
    let mut took: BTreeMap<(Phase, &TargetName), Vec<Duration>> = BTreeMap::new();
    for phase in runs.into_iter().flat_map(|run| &run.phases) {
        for app in phase.apps.keys() {
            if let Some(time) = phase.took(app) {
                took.entry((phase.phase, app)).or_default().push(time);
            }
        }
    }
    let of = |mut all: Vec<Duration>| {
        all.sort_unstable();
        let rank = all.len().div_ceil(2).saturating_sub(1);
        Times {
            seen: all.len() as u64,
            p50: all.get(rank).copied().unwrap_or_default(),
            max: all.last().copied().unwrap_or_default(),
        }
    };
    took.into_iter().map(|(at, all)| (at, of(all))).collect()
}

#[cfg(test)]
mod tests;
