//! From a sketch to a plan that is proposed, kept or dropped.

use std::collections::BTreeMap;

use lifecycle::check::check;
use lifecycle::claims::{claims, making};
use lifecycle::draft::Observed;
use lifecycle::names::Forms;
use model::plan::{About, PlanStatus};
use model::time::DateTime;
use model::{Act, Plan, TargetName};
use ports::store::PlanRow;

use super::{Drafted, Pass};
use crate::{AppError, ErrorKind};

/// A plan before it is known whether it may have all that it claims.
pub(super) struct Sketch {
    pub(super) plan: Plan,
    /// Waiting plans about the same.
    pub(super) open: Vec<PlanRow>,
    pub(super) name: String,
    pub(super) worker_keys: Vec<String>,
    /// The key of their main engagement.
    pub(super) key: String,
    /// Their first day of work.
    pub(super) starts: Option<DateTime>,
    /// What they may be called, where the plan creates an account without a name.
    pub(super) forms: BTreeMap<TargetName, Forms>,
}

impl Pass {
    /// Takes a plan that claims nothing as it is; any other one waits until all claims are known,
    /// and so does one whose accounts have no names yet, that needs a seat, or that refers to what is
    /// not there. Answers whether the plan is there already, and nothing that others have or get can
    /// make it another one.
    pub(super) async fn sketched(
        &mut self,
        sketch: Sketch,
        observed: &Observed,
    ) -> Result<bool, AppError> {
        let whole = sketch.plan.steps.len();
        let Some(sketch) = self.without_taken(sketch, observed).await? else {
            return Ok(false);
        };
        let claims_nothing = claims(&sketch.plan).is_empty()
            && sketch.forms.is_empty()
            && !self.needs_seat(&sketch.plan);
        if claims_nothing && self.awaited(&sketch.plan).await?.is_empty() {
            // What is made may turn out to be there: that is seen when it is looked for.
            let makes = |step: &model::Step| matches!(step.act, Act::Create { .. });
            let makes = sketch.plan.steps.iter().any(makes);
            let alone = sketch.plan.steps.len() == whole && !makes;
            return Ok(self.settled(sketch).await? && alone);
        }
        self.sketches.push(sketch);
        Ok(false)
    }

    /// Keeps a plan for its wave, unless one that says the same is waiting or was refused: then it
    /// answers that it is there already.
    pub(super) async fn settled(&mut self, sketch: Sketch) -> Result<bool, AppError> {
        let Sketch {
            plan,
            open,
            name,
            worker_keys,
            ..
        } = sketch;
        let about = plan.about.clone();
        if let Some(flaw) = check(&plan).first() {
            return Err(AppError::new(
                ErrorKind::Broken,
                "TNR-PLAN-0099",
                format!("a plan about {about} is not sound: {flaw}"),
                "this is a defect; nothing was proposed",
            ));
        }
        let id = plan.id()?;
        if self.is_there(&plan, &open).await? {
            self.supersede(&open, Some(&plan));
            return Ok(true);
        }
        self.supersede(&open, None);
        self.made.extend(making(&plan).cloned());
        self.drafted.push(Drafted {
            plan,
            id,
            name,
            worker_keys,
        });
        Ok(false)
    }

    /// Closes waiting plans that a new look has overtaken, all but one that still says the same.
    pub(super) fn supersede(&mut self, open: &[PlanRow], keep: Option<&Plan>) {
        let mut keep = keep;
        for plan in open {
            if keep.is_some_and(|k| same(plan, k)) {
                keep = None;
                continue;
            }
            self.superseded.push((plan.id, plan.head));
        }
    }

    /// Whether one of these waiting plans says exactly this, or a person refused exactly this: it
    /// is not proposed again until something moves.
    pub(super) async fn is_there(&self, plan: &Plan, open: &[PlanRow]) -> Result<bool, AppError> {
        Ok(open.iter().any(|p| same(p, plan)) || self.was_refused(&plan.about, plan).await?)
    }

    /// A person refused exactly this.
    pub(super) async fn was_refused(&self, about: &About, plan: &Plan) -> Result<bool, AppError> {
        let last = self.app.store.plans_about(about, 1).await?;
        Ok(last
            .iter()
            .any(|p| p.status == PlanStatus::Refused && same(p, plan)))
    }
}

/// Whether a stored plan would do the same to the same state.
fn same(row: &PlanRow, plan: &Plan) -> bool {
    row.plan
        .known()
        .is_some_and(|p| p.steps == plan.steps && p.base == plan.base)
}
