//! Rows of events about waves, plans and steps.

use model::Change;
use model::event::{PlanChanged, PlanDrafted, StepChanged, WaveJudged, WaveProposed, WaveReleased};
use model::plan::{About, PlanStatus};

use super::{ProjectError, Rows, int, json, subject_of, subject_or_null, target_name, text};
use crate::schema::{
    PLAN, PLAN_OPEN, PLAN_STATE, STEP, STEP_STATE, WAVE, WAVE_DECISION, WAVE_VERDICT,
};
use crate::table::Cell;

type Projected = Result<(), ProjectError>;

pub(super) fn drafted(rows: &mut Rows, e: &PlanDrafted) -> Projected {
    let subject = match &e.about {
        About::Subject(subject) => Some(*subject),
        About::Target(_) => None,
    };
    let seq = rows.seq.clone();
    rows.put(
        &PLAN,
        vec![
            text(e.plan),
            text(e.wave),
            text(&e.about),
            text(e.change.as_str()),
            seq.clone(),
            subject_or_null(subject),
            e.personal.known().map_or(Ok(Cell::Null), json)?,
        ],
    )?;
    rows.put(
        &PLAN_OPEN,
        vec![
            text(e.plan),
            text(e.wave),
            text(&e.about),
            Cell::Int(place(&e.about, e.change)),
            seq,
            subject_or_null(subject),
        ],
    )?;
    rows.put(
        &PLAN_STATE,
        vec![text(e.plan), text(PlanStatus::Waiting.as_str()), text("")],
    )?;
    for step in &e.steps {
        rows.put(
            &STEP,
            vec![
                text(e.plan),
                Cell::Int(i64::from(step.no)),
                text(target_name(&step.address.target)?),
                text(step.address.kind.as_str()),
                text(&step.address.key),
                text(&step.verb),
                json(&step.after)?,
                subject_or_null(subject.or_else(|| subject_of(&step.address))),
            ],
        )?;
    }
    Ok(())
}

pub(super) fn proposed(rows: &mut Rows, e: &WaveProposed) -> Projected {
    let (seq, at) = (rows.seq.clone(), rows.at.clone());
    rows.put(
        &WAVE,
        vec![
            text(e.wave),
            seq,
            at,
            json(&e.cause)?,
            text(&e.author),
            int(e.steps)?,
            int(e.removals)?,
        ],
    )
}

pub(super) fn judged(rows: &mut Rows, e: &WaveJudged) -> Projected {
    rows.put(&WAVE_VERDICT, vec![text(e.wave), json(&e.verdict)?])
}

/// Only who decided and why. How the plans stand is told by the `plan.changed` of each of them,
/// which the same append carries: which plans were waiting is not known from this event.
pub(super) fn decided(rows: &mut Rows, e: &WaveReleased) -> Projected {
    let released = Cell::Int(i64::from(e.released));
    let (seq, at) = (rows.seq.clone(), rows.at.clone());
    rows.put(
        &WAVE_DECISION,
        vec![
            text(e.wave),
            seq,
            text(&e.by),
            text(&e.reason),
            released,
            at,
            json(&e.plans)?,
        ],
    )
}

pub(super) fn plan_changed(rows: &mut Rows, e: &PlanChanged) -> Projected {
    rows.put(
        &PLAN_STATE,
        vec![text(e.plan), text(e.status.as_str()), text(&e.detail)],
    )?;
    if e.status.is_closed() {
        rows.delete(&PLAN_OPEN, vec![text(e.plan)])?;
    }
    Ok(())
}

pub(super) fn step_changed(rows: &mut Rows, e: &StepChanged) -> Projected {
    target_name(&e.address.target)?;
    let (seq, at) = (rows.seq.clone(), rows.at.clone());
    rows.put(
        &STEP_STATE,
        vec![
            text(e.step.plan),
            Cell::Int(i64::from(e.step.no)),
            text(e.status.as_str()),
            seq,
            at,
            json(e)?,
            subject_or_null(subject_of(&e.address)),
        ],
    )
}

/// The place of a plan in the order of work. The groups that documents declare come right after
/// leavers: everyone else's memberships wait for them.
pub(super) const fn place(about: &About, change: Change) -> i64 {
    match about {
        About::Target(_) => 15,
        About::Subject(_) => rank(change),
    }
}

/// The place of a change in the order of work. Stored, so it is spelt out: a variant that is
/// added to [`Change`] must not renumber rows that exist.
pub(crate) const fn rank(change: Change) -> i64 {
    match change {
        Change::Termination => 5,
        Change::Leaver => 10,
        Change::MissingRow => 20,
        Change::Leave => 25,
        Change::Joiner => 30,
        Change::Rehire => 40,
        Change::Return => 45,
        Change::Mover => 50,
        Change::Rule => 60,
        Change::Drift => 70,
        Change::Undo => 80,
        Change::Deletion => 90,
    }
}
