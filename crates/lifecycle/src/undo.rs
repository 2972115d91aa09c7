//! Taking a wave back: assignments that hold what was there before, for a while.
//!
//! Undo does not run steps backwards. It says what is to be the case again, above the rank of
//! rules and leavers, and lets the ordinary pipeline find the way there, so that undo is
//! planned, guarded, read back and explained like everything else.

use std::collections::BTreeMap;

use model::plan::{Before, StepStatus};
use model::{
    Act, Address, Assignment, Attributes, Plan, Rank, Reason, Step, SubjectId, Timestamp, Want,
    WaveId,
};

/// What an undo of one plan holds, and what it cannot take back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Undo {
    /// The assignments that hold the earlier state.
    pub pins: Vec<Assignment>,
    /// One sentence for each thing that stays as it is.
    pub cannot: Vec<String>,
}

/// The undo of one plan. Only steps that were, or may have been, carried out count.
#[must_use]
pub fn undo(
    plan: &Plan,
    statuses: &[StepStatus],
    wave: WaveId,
    subject: SubjectId,
    until: Timestamp,
) -> Undo {
    let mut undo = Undo::default();
    let mut values: BTreeMap<&Address, (Attributes, Vec<String>)> = BTreeMap::new();
    for (step, status) in plan.steps.iter().zip(statuses) {
        // A step that failed may have been done all the same; only what was never sent is out.
        if matches!(status, StepStatus::Pending | StepStatus::Skipped) {
            continue;
        }
        match hold(step) {
            Hold::Want(want) => undo.pins.push(pin(step, want, wave, subject, until)),
            Hold::Values(before, set, unset) => {
                let (keep, clear) = values.entry(&step.address).or_default();
                for path in set.keys().chain(unset) {
                    match before.get(path) {
                        Some(value) => {
                            keep.insert(path.clone(), value.clone());
                        }
                        None => clear.push(path.clone()),
                    }
                }
            }
            Hold::Nothing => {}
            Hold::Cannot(why) => undo.cannot.push(format!("{}: {why}", step.address)),
        }
        if matches!(step.act, Act::Create { .. }) {
            undo.cannot.push(format!(
                "{}: the account stays and is disabled; deleting it would lose what its owner put there",
                step.address
            ));
        }
    }
    for (address, (set, unset)) in values {
        if let Some(step) = plan.steps.iter().find(|s| &s.address == address) {
            undo.pins
                .push(pin(step, Want::Values { set, unset }, wave, subject, until));
        }
    }
    undo
}

enum Hold<'a> {
    Want(Want),
    Values(&'a Attributes, &'a Attributes, &'a [String]),
    Nothing,
    Cannot(&'static str),
}

fn hold(step: &Step) -> Hold<'_> {
    static NONE: Attributes = Attributes::new();
    match (&step.act, &step.before) {
        // Adopting sent nothing; the link stays, because it is true.
        (Act::Adopt { .. }, _) => Hold::Nothing,
        (Act::Create { .. }, _) => Hold::Want(Want::Disabled),
        (Act::Update { set, unset }, Before::Present { attributes, .. }) => {
            Hold::Values(attributes, set, unset)
        }
        (Act::Update { set, unset }, Before::Absent) => Hold::Values(&NONE, set, unset),
        (Act::Enable, _) => Hold::Want(Want::Disabled),
        (Act::Disable, _) => Hold::Want(Want::Enabled),
        (Act::Delete, _) => Hold::Cannot("what was deleted cannot be brought back"),
        (Act::Grant, _) => Hold::Want(Want::Absent),
        (Act::Revoke, _) => Hold::Want(Want::Present {
            active: true,
            attributes: Attributes::new(),
        }),
    }
}

fn pin(step: &Step, want: Want, wave: WaveId, subject: SubjectId, until: Timestamp) -> Assignment {
    Assignment {
        subject: Some(subject),
        about: step.address.clone(),
        want,
        because: Reason {
            by: format!("undo/{wave}"),
            text: format!("holds what was there before {wave}, until {until}"),
            facts: Vec::new(),
        },
        rank: Rank::Undo,
        until: Some(until),
    }
}
