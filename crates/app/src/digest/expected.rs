//! What was expected for one person, and how it stands. Pure.

use model::facts::Standing;
use model::plan::{PlanStatus, StepStatus};
use model::{Change, TargetName, Timestamp, WaveId};
use ports::store::{PlanRow, StepRow, WaveRow, WaveStatus};

use super::report::Awaited;
use crate::Known;

/// What was expected for one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expectation {
    pub(crate) awaited: Awaited,
    /// The instant that HR named, or at which somebody was told.
    pub(crate) at: Timestamp,
    /// When its clock began.
    pub(crate) start: Timestamp,
}

impl Expectation {
    /// When its clock runs out.
    pub(crate) fn due(&self) -> Timestamp {
        self.start.plus(self.awaited.clock())
    }
}

/// A plan about the person, and how its wave stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) row: PlanRow,
    /// When its wave was proposed.
    pub(crate) at: Timestamp,
    /// When somebody decided about it, or as [`Attempt::at`].
    pub(crate) begun: Timestamp,
    pub(crate) wave: WaveStatus,
    /// Who decided about the wave last.
    pub(crate) by: Option<String>,
}

impl Attempt {
    /// A plan of this wave.
    pub(crate) fn of(row: PlanRow, wave: &WaveRow) -> Self {
        Self {
            row,
            at: wave.at,
            begun: wave.decided_at.unwrap_or(wave.at),
            wave: wave.status(),
            by: wave.decided.as_ref().map(|(by, _)| by.clone()),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        !self.row.status.is_closed()
    }

    /// When the last of its steps was read back as wanted.
    fn verified_at(&self) -> Option<Timestamp> {
        let verified = |s: &&StepRow| s.status == StepStatus::Verified;
        let steps = self.row.steps.iter().filter(verified);
        steps.filter_map(|s| s.at).max()
    }
}

/// What is known of one person's case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case<'a> {
    /// Plans about them, the newest first.
    pub(crate) attempts: &'a [Attempt],
    /// Apps in which an account of theirs may be used.
    pub(crate) exposed: &'a [TargetName],
    /// When the last account of somebody who has left was shut, and whether that is only an upper
    /// bound; `None`: none was since the clock began.
    pub(crate) ended: Option<(Timestamp, bool)>,
    /// What a planning would do now, and what is in its way; `None`: nobody looked.
    pub(crate) undone: Option<&'a str>,
}

/// How an expectation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stand {
    Done {
        at: Timestamp,
        /// At the latest: somebody else shut an account, and it was seen shut then.
        at_most: bool,
    },
    /// A person decided that it is not done.
    Refused,
    /// Not done: why, and the wave that waits for a person.
    Open { why: String, wave: Option<WaveId> },
}

/// The last thing that was expected for a person up to `now`. `told`: when their source last said
/// something new of them, where that is known.
///
/// Whoever has left is expected out from that instant on, or from when we were told of one that had
/// passed. What was announced counts from its day.
pub(crate) fn expectation(
    known: &Known,
    told: Option<Timestamp>,
    now: Timestamp,
) -> Option<Expectation> {
    let facts = &known.identity.facts;
    if let Some(termination) = &known.person.termination {
        return Some(plain(Awaited::Termination, termination.at));
    }
    let news = known.person.engagements.iter();
    let news = news.clone().find(|e| e.id == known.person.news)?.change;
    let standing = facts.standing(now).ok()?;
    if standing == Standing::Ended {
        let at = facts.days_after_end(0).ok().flatten()?;
        let told = told.filter(|_| news == Change::Leaver);
        return Some(Expectation {
            awaited: Awaited::Leaver,
            at,
            start: told.map_or(at, |told| told.max(at)),
        });
    }
    if known.identity.withdrawn {
        return Some(plain(Awaited::MissingRow, told?));
    }
    if standing == Standing::Upcoming {
        return None;
    }
    let begins = facts.days_before_start(0).ok().flatten();
    let joined = match Awaited::of(news) {
        Some(Awaited::Joiner) => begins.into_iter().chain(told).max(),
        _ => begins,
    };
    let joined = joined.map(|start| Expectation {
        awaited: Awaited::Joiner,
        at: begins.unwrap_or(start),
        start,
    });
    let moved = told.filter(|_| Awaited::of(news) == Some(Awaited::Mover));
    let leave = facts.leave.into_iter().flat_map(|l| [Some(l.from), l.to]);
    let leave = leave.flatten().filter_map(|civil| {
        let at = Timestamp::in_zone(civil, &facts.zone).ok()?;
        (at <= now).then_some(at)
    });
    let moved = moved
        .into_iter()
        .chain(leave)
        .map(|at| plain(Awaited::Mover, at));
    joined.into_iter().chain(moved).max_by_key(|e| e.start)
}

fn plain(awaited: Awaited, at: Timestamp) -> Expectation {
    let start = at;
    Expectation { awaited, at, start }
}

/// The newest plan that can be about an expectation. One that was closed before the clock began was
/// about something else.
pub(super) fn newest_since<'a>(
    expected: &Expectation,
    attempts: &'a [Attempt],
) -> Option<&'a Attempt> {
    let mut attempts = attempts.iter();
    attempts.find(|a| a.is_open() || a.at >= expected.start)
}

/// How an expectation stands.
pub(crate) fn judge(expected: &Expectation, case: Case<'_>) -> Stand {
    let newest = newest_since(expected, case.attempts);
    let leaves = expected.awaited.leaves();
    if leaves && case.exposed.is_empty() {
        let (at, at_most) = case.ended.unwrap_or((expected.start, false));
        return Stand::Done {
            at: at.max(expected.start),
            at_most,
        };
    }
    let open = |why: &str, wave| Stand::Open {
        why: why.to_owned(),
        wave,
    };
    let unplanned = || match case.undone {
        Some(undone) => open(undone, None),
        None if leaves => open("no plan would take it away", None),
        None => Stand::Done {
            at: expected.start,
            at_most: false,
        },
    };
    let Some(newest) = newest else {
        return unplanned();
    };
    match newest.row.status {
        PlanStatus::Waiting => {
            let word = match newest.wave {
                WaveStatus::Ready => "its wave is ready, and nobody applied it",
                WaveStatus::Halted => "its wave is halted: it can only be refused",
                WaveStatus::Held | WaveStatus::Running | WaveStatus::Closed => {
                    "its wave waits for a person's word"
                }
            };
            open(word, Some(newest.row.wave))
        }
        PlanStatus::Released => open(&under_way(&newest.row), None),
        PlanStatus::Failed if case.undone.is_some() || leaves => open(&failed(&newest.row), None),
        PlanStatus::Applied | PlanStatus::Failed if !leaves => Stand::Done {
            at: newest.verified_at().unwrap_or(newest.at),
            at_most: false,
        },
        PlanStatus::Refused if leaves => open(
            &match &newest.by {
                Some(by) => format!("{by} refused its wave"),
                None => "its wave was refused".to_owned(),
            },
            None,
        ),
        PlanStatus::Refused => Stand::Refused,
        PlanStatus::Applied | PlanStatus::Failed | PlanStatus::Stale | PlanStatus::Superseded => {
            unplanned()
        }
    }
}

fn under_way(plan: &PlanRow) -> String {
    let waits = plan.steps.iter().filter(|s| !s.status.is_final());
    let said = waits.filter_map(|s| Some((s, s.last.as_ref()?)));
    match said.rev().find(|(_, last)| !last.detail.is_empty()) {
        Some((step, last)) => format!(
            "{} in {} is tried again: {}",
            step.verb, step.address.target, last.detail
        ),
        None => "it is being carried out".to_owned(),
    }
}

fn failed(plan: &PlanRow) -> String {
    let mut steps = plan.steps.iter();
    let step = steps.find(|s| s.status == StepStatus::Failed);
    step.map_or_else(
        || "a step of its plan was not done".to_owned(),
        |s| format!("{} in {} failed", s.verb, s.address.target),
    )
}
