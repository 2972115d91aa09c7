//! What was expected for one person, and how it stands. Pure.

use model::facts::Standing;
use model::plan::{PlanStatus, StepStatus};
use model::{Change, Kind, TargetName, Timestamp, WaveId};
use ports::store::{PlanRow, StepRow, WaveRow, WaveStatus};

use super::report::Awaited;
use crate::Known;
use crate::drill::is_persona;

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

    /// Whether it takes the account in one of these apps away.
    fn shuts(&self, apps: &[TargetName]) -> bool {
        let shuts = |step: &StepRow| {
            let verb = matches!(step.verb.as_str(), "disable" | "delete");
            verb && step.address.kind == Kind::Account && apps.contains(&step.address.target)
        };
        self.row.steps.iter().any(shuts)
    }

    /// When the last of its steps was read back as wanted, or done by somebody's word.
    fn done_at(&self) -> Option<Timestamp> {
        let steps = self.row.steps.iter().filter(|s| s.status.is_done());
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
/// passed. What was announced counts from its day. Of whoever is made up for a drill nothing is.
pub(crate) fn expectation(
    known: &Known,
    told: Option<Timestamp>,
    now: Timestamp,
) -> Option<Expectation> {
    if is_persona(&known.person) {
        return None;
    }
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
/// about something else, and so is one that leaves the accounts as they are in which somebody who has
/// left is `exposed`.
pub(super) fn newest_since<'a>(
    expected: &Expectation,
    attempts: &'a [Attempt],
    exposed: &[TargetName],
) -> Option<&'a Attempt> {
    let mut attempts = attempts.iter();
    attempts.find(|a| {
        let about = exposed.is_empty() || a.shuts(exposed);
        about && (a.is_open() || a.at >= expected.start)
    })
}

/// How an expectation stands. Where somebody who has left is exposed in several apps, each of them can
/// have its own reason.
pub(crate) fn judge(expected: &Expectation, case: Case<'_>) -> Stand {
    let apps = case.exposed.chunks(1).map(|exposed| {
        let stand = judge_one(expected, Case { exposed, ..case });
        (exposed, stand)
    });
    let mut whys: Vec<(&[TargetName], String)> = Vec::new();
    let mut waits = None;
    for (app, stand) in apps {
        if let Stand::Open { why, wave } = stand {
            whys.push((app, why));
            waits = waits.or(wave);
        }
    }
    let Some((_, first)) = whys.first() else {
        return judge_one(expected, case);
    };
    let why = match whys.iter().all(|(_, why)| why == first) {
        true => first.clone(),
        false => {
            let told = |(app, why): &(&[TargetName], String)| {
                let app = app.first().map_or("", TargetName::as_str);
                format!("{app}: {why}")
            };
            let told: Vec<String> = whys.iter().map(told).collect();
            told.join("; ")
        }
    };
    Stand::Open { why, wave: waits }
}

fn judge_one(expected: &Expectation, case: Case<'_>) -> Stand {
    let newest = newest_since(expected, case.attempts, case.exposed);
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
        PlanStatus::Released => open(&under_way(&newest.row, case.exposed), None),
        PlanStatus::Failed if case.undone.is_some() || leaves => {
            open(&failed(&newest.row, case.exposed), None)
        }
        PlanStatus::Applied | PlanStatus::Failed if !leaves => Stand::Done {
            at: newest.done_at().unwrap_or(newest.at),
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

/// The steps of a plan that may explain why somebody is exposed in these apps: those in them, or all
/// where there are none.
fn steps_in<'p>(plan: &'p PlanRow, exposed: &[TargetName]) -> Vec<&'p StepRow> {
    let here = |step: &&StepRow| exposed.contains(&step.address.target) && !step.status.is_done();
    let steps: Vec<&StepRow> = plan.steps.iter().filter(here).collect();
    match steps.is_empty() {
        true => plan.steps.iter().collect(),
        false => steps,
    }
}

fn under_way(plan: &PlanRow, exposed: &[TargetName]) -> String {
    let steps = steps_in(plan, exposed);
    let handed = steps.iter().find(|s| s.status == StepStatus::Handed);
    if let Some(step) = handed {
        let app = &step.address.target;
        return format!(
            "{} in {app} waits for its people, who were asked",
            step.verb
        );
    }
    let waits = steps.into_iter().filter(|s| !s.status.is_final());
    let said = waits.filter_map(|s| Some((s, s.last.as_ref()?)));
    match said.rev().find(|(_, last)| !last.detail.is_empty()) {
        Some((step, last)) => format!(
            "{} in {} is tried again: {}",
            step.verb, step.address.target, last.detail
        ),
        None => "it is being carried out".to_owned(),
    }
}

fn failed(plan: &PlanRow, exposed: &[TargetName]) -> String {
    let failed = |step: &&StepRow| step.status == StepStatus::Failed;
    let here = steps_in(plan, exposed).into_iter().find(failed);
    let step = here.or_else(|| plan.steps.iter().find(failed));
    step.map_or_else(
        || "a step of its plan was not done".to_owned(),
        |s| format!("{} in {} failed", s.verb, s.address.target),
    )
}
