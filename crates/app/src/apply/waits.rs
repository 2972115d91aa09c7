//! What a step refers to and is not there yet: groups, accounts of managers.
//!
//! Looked at before the reducer is asked, because an intent for a request that cannot be made
//! would be written again at every look, for as long as someone does not decide about the plan
//! that makes the other object.

use std::collections::BTreeMap;

use lifecycle::advance::Progress;
use lifecycle::mutants::{self, Mutant};
use lifecycle::seats::takes_seat;
use model::plan::{About, PlanStatus, StepStatus};
use model::{Act, Address, Kind, Step, SubjectId, TargetName, Value, WaveId};
use ports::store::{PlanRow, StepRow};

use super::Worker;
use super::carry::Run;
use super::send::REFERENCE;
use crate::{App, AppError};

/// Whether what a step needs is there.
enum Needs {
    /// All of it.
    Nothing,
    /// Another plan makes it.
    Time,
    /// Nobody makes it: why. Planning again would find the same.
    Help(String),
    /// Nobody makes it any more: why. Planning again leaves it out, or finds who makes it now.
    Another(String),
}

/// Why a plan cannot go on as it was made.
pub(super) struct Halt {
    pub(super) detail: String,
    /// Planning again would find the same: that is left to the next planning of everyone.
    pub(super) helpless: bool,
}

impl Halt {
    fn helpless(detail: impl Into<String>) -> Self {
        Self {
            detail: detail.into(),
            helpless: true,
        }
    }
}

impl Worker {
    /// Passes over the steps that wait for another plan. A halt: some step waits for something
    /// that nobody makes, so the plan was made for a world that is no more.
    pub(super) async fn hold_back(&self, run: &mut Run) -> Result<Option<Halt>, AppError> {
        let now = self.app.clock.now();
        run.waits = false;
        if run.progress.stale {
            return Ok(None);
        }
        if self.is_terminated_since(&run.progress).await? {
            return Ok(Some(Halt::helpless("they were terminated for cause")));
        }
        for no in 0..run.progress.steps.len() {
            if !run.progress.may_begin(no, now) {
                continue;
            }
            let step = &run.progress.plan.steps[no];
            let again = run.progress.steps[no].attempt > 0;
            if step.act == Act::Delete && !self.app.is_still_to_go(&step.address, again).await? {
                let detail = "the account is not to be deleted any more";
                return Ok(Some(Halt::helpless(detail)));
            }
            if !again && self.is_full(step).await? {
                let detail = "every seat of the app is taken by now".to_owned();
                let helpless = false;
                return Ok(Some(Halt { detail, helpless }));
            }
            match self.needs(step).await? {
                Needs::Nothing => {}
                Needs::Time => {
                    run.waits = true;
                    run.progress.steps[no].not_before = Some(now.plus(REFERENCE));
                }
                Needs::Help(detail) => return Ok(Some(Halt::helpless(detail))),
                Needs::Another(detail) => {
                    let helpless = false;
                    return Ok(Some(Halt { detail, helpless }));
                }
            }
        }
        Ok(None)
    }

    /// Whether a plan would still give something to someone who has been terminated for cause
    /// since it was made: asked before each step, because nothing must be given back to them.
    async fn is_terminated_since(&self, progress: &Progress) -> Result<bool, AppError> {
        let About::Subject(subject) = progress.plan.about else {
            return Ok(false);
        };
        let steps = progress.plan.steps.iter().zip(&progress.steps);
        let mut open = steps.filter(|(_, state)| state.status == StepStatus::Pending);
        if !open.any(|(step, _)| !step.act.removes()) {
            return Ok(false);
        }
        Ok(self.app.store.termination(subject).await?.is_some())
    }

    /// Whether a step would take a seat in an app in which as many accounts may be used as it has
    /// seats: somebody made one there since the plan was made, or there are fewer seats by now.
    async fn is_full(&self, step: &Step) -> Result<bool, AppError> {
        let target = &step.address.target;
        let seats = self.lane(target).and_then(|lane| lane.seats);
        let Some(seats) = seats.filter(|_| takes_seat(step)) else {
            return Ok(false);
        };
        let full = self.app.store.usable(target).await? >= u64::from(seats);
        Ok(full && !mutants::on(Mutant::IgnoredSeats))
    }

    async fn needs(&self, step: &Step) -> Result<Needs, AppError> {
        let at = &step.address;
        match &step.act {
            Act::Update { set, .. } => {
                for value in set.values() {
                    if let Value::Subject { subject } = value {
                        let needs = self.needs_account(&at.target, *subject).await?;
                        if !matches!(needs, Needs::Nothing) {
                            return Ok(needs);
                        }
                    }
                }
                Ok(Needs::Nothing)
            }
            Act::Grant | Act::Adopt { .. } if at.kind == Kind::Grant => {
                let name = at.key.granted_group().unwrap_or_default();
                let group = Address::group(&at.target, name);
                if self.app.store.link(&group).await?.is_none() {
                    let about = About::Target(at.target.clone());
                    return self.needs_plan(about, &group, true).await;
                }
                let account = match at.key.subject() {
                    Some(subject) => {
                        let account = Address::account(&at.target, subject);
                        self.app.store.link(&account).await?
                    }
                    None => None,
                };
                Ok(match account {
                    Some(_) => Needs::Nothing,
                    None => Needs::Help("the account is gone".to_owned()),
                })
            }
            _ => Ok(Needs::Nothing),
        }
    }

    async fn needs_account(
        &self,
        target: &TargetName,
        subject: SubjectId,
    ) -> Result<Needs, AppError> {
        let account = Address::account(target, subject);
        if self.app.store.link(&account).await?.is_some() {
            return Ok(Needs::Nothing);
        }
        let about = About::Subject(subject);
        Ok(match self.needs_plan(about, &account, false).await? {
            Needs::Help(detail) => Needs::Another(detail),
            needs => needs,
        })
    }

    /// Whether an open plan makes the object at `address`. One that waits for a person counts
    /// only where `held` says so: a group is the business of the whole app, but nobody's account
    /// is held up by what a person thinks of their manager's.
    async fn needs_plan(
        &self,
        about: About,
        address: &Address,
        held: bool,
    ) -> Result<Needs, AppError> {
        let making = self.app.making(about, address).await?;
        let coming = making
            .iter()
            .any(|plan| held || plan.status == PlanStatus::Released);
        let what = match address.kind {
            Kind::Group => "the group",
            Kind::Account | Kind::Grant => "the account",
        };
        if coming {
            return Ok(Needs::Time);
        }
        // Its plan may have ended since the link was looked for: an object is linked in the very
        // append that ends the step, so one look at the link after the plans settles it.
        if self.app.store.link(address).await?.is_some() {
            return Ok(Needs::Nothing);
        }
        Ok(Needs::Help(format!(
            "{what} {} does not exist",
            address.key
        )))
    }
}

impl App {
    /// Whether a plan under way makes somebody's account, or it is there by now.
    pub(crate) async fn is_being_made(
        &self,
        subject: SubjectId,
        account: &Address,
    ) -> Result<bool, AppError> {
        let making = self.making(About::Subject(subject), account).await?;
        // An account is linked in the append that ends its step: what the plans no longer say, the
        // link says.
        let under_way = making.iter().any(|p| p.status == PlanStatus::Released);
        Ok(under_way || self.store.link(account).await?.is_some())
    }

    /// The open plans that make the object at `address`.
    async fn making(&self, about: About, address: &Address) -> Result<Vec<PlanRow>, AppError> {
        let makes = |step: &StepRow| {
            step.address == *address
                && matches!(step.verb.as_str(), "create" | "adopt")
                && !step.status.is_final()
        };
        let about = std::slice::from_ref(&about);
        let mut open = self.store.open_plans_about(about).await?;
        open.retain(|plan| plan.steps.iter().any(makes));
        Ok(open)
    }

    /// For each of these plans the wave that somebody must release before it can go on: it makes
    /// a group whose members are all that the plan still has to see to. `None` where the plan can
    /// go on, has ended, or was not released itself.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn waits_for(&self, plans: &[PlanRow]) -> Result<Vec<Option<WaveId>>, AppError> {
        let mut groups = BTreeMap::new();
        let mut found = Vec::with_capacity(plans.len());
        for plan in plans {
            let mut wave = None;
            for step in next_steps(plan) {
                wave = match step.address.key.granted_group() {
                    Some(name)
                        if matches!(step.verb.as_str(), "grant" | "adopt")
                            && step.status == StepStatus::Pending =>
                    {
                        let group = Address::group(&step.address.target, name);
                        match groups.get(&group) {
                            Some(known) => *known,
                            None => {
                                let holder = self.holder_of(&group).await?;
                                groups.insert(group, holder);
                                holder
                            }
                        }
                    }
                    _ => None,
                };
                if wave.is_none() {
                    break;
                }
            }
            found.push(wave);
        }
        Ok(found)
    }

    /// The wave that would make this group if somebody released it.
    async fn holder_of(&self, group: &Address) -> Result<Option<WaveId>, AppError> {
        if self.store.link(group).await?.is_some() {
            return Ok(None);
        }
        let about = About::Target(group.target.clone());
        let making = self.making(about, group).await?;
        if making.iter().any(|p| p.status == PlanStatus::Released) {
            return Ok(None);
        }
        Ok(making.first().map(|plan| plan.wave))
    }
}

/// The steps of a released plan that are its turn: under way, or pending with all before them
/// verified.
fn next_steps(plan: &PlanRow) -> impl Iterator<Item = &StepRow> {
    let verified = |no: &u16| {
        let mut before = plan.steps.iter().filter(|s| s.no == *no);
        before.all(|s| s.status == StepStatus::Verified)
    };
    plan.steps.iter().filter(move |step| {
        plan.status == PlanStatus::Released
            && !step.status.is_final()
            && (step.status != StepStatus::Pending || step.after.iter().all(verified))
    })
}
