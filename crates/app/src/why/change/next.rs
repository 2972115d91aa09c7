//! What to do about a step. Pure.

use model::plan::{PlanStatus, StepStatus};
use model::{StepRef, Verdict, WaveId};
use ports::store::{PlanRow, StepRow, WaveRow};

use super::report::NextPlan;
use crate::digest::{group, of_plan};

/// What to do now; empty where nothing is.
pub(super) fn next(
    plan: &PlanRow,
    stands: &StepRow,
    wave: &WaveRow,
    later: Option<&NextPlan>,
    waits_for: Option<WaveId>,
) -> String {
    if stands.status.is_done() {
        return String::new();
    }
    if let Some(later) = later {
        let step = later.step;
        return format!("it was planned again: `tenure why change {step}`");
    }
    if let Some(fix) = failure(plan, stands) {
        return fix;
    }
    if let Some(other) = waits_for {
        return format!(
            "it waits for a group that {other} makes, which nobody has released: `tenure waves show \
             {other}`"
        );
    }
    match (stands.status, plan.status) {
        (_, PlanStatus::Waiting) => decide(plan, wave),
        (_, PlanStatus::Stale) => "`tenure plan` makes it again from what is so now".to_owned(),
        (StepStatus::Handed, _) => {
            let app = &stands.address.target;
            format!("its people are asked: `tenure handoff list {app}`")
        }
        (StepStatus::Skipped, PlanStatus::Failed) => {
            let failed = plan.steps.iter().find(|s| s.status == StepStatus::Failed);
            failed.map_or_else(String::new, |step| {
                let at = StepRef {
                    plan: plan.id,
                    no: step.no,
                };
                format!("a step before it failed: `tenure why change {at}`")
            })
        }
        _ => String::new(),
    }
}

/// As the digest says it of the group in which this failure is.
fn failure(plan: &PlanRow, stands: &StepRow) -> Option<String> {
    let mut row = plan.clone();
    row.steps.retain(|step| step.no == stands.no);
    let found = group(of_plan(&row, None, |_| None));
    found.into_iter().next().map(|group| group.fix)
}

fn decide(plan: &PlanRow, wave: &WaveRow) -> String {
    let (id, plan) = (wave.wave, plan.id);
    match &wave.verdict {
        Some(Verdict::Allow { .. }) => format!("`tenure apply {id} --reason WHY` begins its wave"),
        Some(Verdict::Halt { .. }) => {
            format!("nobody can release it: mend the input, and `tenure refuse {id} --reason WHY`")
        }
        Some(Verdict::Ask { .. }) | None => format!(
            "someone other than {} decides: `tenure approve {id} --plan {plan} --reason WHY`, or \
             `tenure refuse`",
            wave.author
        ),
    }
}
