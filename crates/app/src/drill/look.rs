//! What is seen of a phase in one app. Pure.

use lifecycle::drill::Look;
use model::plan::{PlanStatus, StepStatus};
use model::{Phase, TargetName};
use ports::store::{PlanRow, StepRow};

use crate::digest::class_of;

/// What is known of one app.
#[derive(Debug, Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) phase: Phase,
    pub(super) app: &'a TargetName,
    /// Whether documents still declare it.
    pub(super) declared: bool,
    /// Plans about the person since the word of the phase, the newest first.
    pub(super) plans: &'a [PlanRow],
    /// Whether the rules give it to them as they are in this phase.
    pub(super) given: bool,
    /// Whether an account of theirs was last seen usable.
    pub(super) usable: bool,
    /// A planning after the word found nothing to do, and nothing is under way.
    pub(super) quiet: bool,
    /// What a person has not decided, of this app.
    pub(super) held: Option<&'a str>,
}

/// What is seen of the phase there.
pub(super) fn look(case: Case<'_>) -> Look {
    if !case.declared {
        return Look::Failed("no document declares it any more".to_owned());
    }
    // What a move takes may be kept for a while.
    let stands = match case.phase {
        Phase::Joiner | Phase::Mover => case.usable || !case.given,
        Phase::Leaver => !case.usable,
    };
    // A plan that a newer look took the place of says nothing of what became of the word.
    let counts = |plan: &&PlanRow| {
        let overtaken = matches!(plan.status, PlanStatus::Stale | PlanStatus::Superseded);
        !overtaken && steps(plan, case.app).next().is_some()
    };
    let newest = case.plans.iter().find(counts);
    let waiting = |why: String| match case.held {
        Some(held) => Look::Waiting {
            held: true,
            why: held.to_owned(),
        },
        None => Look::Waiting { held: false, why },
    };
    let Some(plan) = newest else {
        return match (case.quiet, stands) {
            (true, true) => Look::Unchanged,
            (true, false) => waiting("no plan does anything there".to_owned()),
            (false, _) => waiting(String::new()),
        };
    };
    let mut read_back = None;
    let mut tried = String::new();
    for step in steps(plan, case.app) {
        match step.status {
            StepStatus::Verified => read_back = read_back.max(step.at),
            StepStatus::Failed => return Look::Failed(said(step, "failed")),
            StepStatus::Skipped => return Look::Failed(said(step, "was left out")),
            _ if plan.status == PlanStatus::Refused => {
                return Look::Failed("a person refused its wave".to_owned());
            }
            _ if tried.is_empty() => tried = said(step, "is not done"),
            _ => {}
        }
    }
    match (read_back, tried.as_str()) {
        (Some(at), "") if stands => Look::Seen(at),
        (_, "") => waiting("the account does not stand as it was read back".to_owned()),
        _ => waiting(tried),
    }
}

fn steps<'p>(plan: &'p PlanRow, app: &TargetName) -> impl Iterator<Item = &'p StepRow> {
    let app = app.clone();
    plan.steps.iter().filter(move |s| s.address.target == app)
}

/// What became of a step: its verb and the class of what the app said. Not what it said: it may name
/// somebody.
fn said(step: &StepRow, how: &str) -> String {
    let verb = &step.verb;
    let answered = step.last.as_ref().filter(|last| last.outcome.is_some());
    match answered {
        Some(last) => format!("{verb} {how}: {}", class_of(last).0),
        None => format!("{verb} {how}"),
    }
}
