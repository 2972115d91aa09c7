//! References to accounts and groups that are not there yet.
//!
//! Such a reference is planned together with the plan that makes the account, and follows it; it is
//! left out where no plan does, and where that plan waits for a person while this one would not:
//! nobody's plan is begun to wait for what someone may refuse. The planning after the account is
//! there finds the difference. A group is the business of the whole app: a membership waits for it
//! as long as a plan that makes it is not over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::claims::{making, referred, referring, without};
use model::{Act, Actor, Address, Cause, Change, Input, Kind, Plan, Step, SubjectId, Value};
use ports::store::PlanRow;

use super::chunks::PAGE;
use super::propose::Proposal;
use super::settle::Sketch;
use super::{Drafted, Memory, Pass, Planning, Scope, WavePreview};
use crate::tenant::Loaded;
use crate::{App, AppError};

impl Pass {
    /// The accounts and groups that a plan would refer to and that are not there.
    pub(super) async fn awaited(&mut self, plan: &Plan) -> Result<BTreeSet<Address>, AppError> {
        let mut awaited = BTreeSet::new();
        for at in referred(plan) {
            if self.sight.referred(&at).await?.is_none() {
                awaited.insert(at);
            }
        }
        Ok(awaited)
    }

    /// Settles plans, each without references to accounts and groups that nobody makes. What is drafted
    /// stays in their order, whoever waits for whom.
    pub(super) async fn settle_references(
        &mut self,
        sketches: Vec<Sketch>,
    ) -> Result<(), AppError> {
        let mut waiting = Vec::new();
        let (first, mut places) = (self.drafted.len(), Vec::new());
        for (place, sketch) in sketches.into_iter().enumerate() {
            let awaited = self.awaited(&sketch.plan).await?;
            // What waits for somebody as it is waits on, or both would change with every look.
            if awaited.is_empty() || self.is_there(&sketch.plan, &sketch.open).await? {
                self.settled(sketch).await?;
                places.resize(self.drafted.len() - first, place);
            } else {
                self.made.extend(making(&sketch.plan).cloned());
                waiting.push((place, sketch, awaited));
            }
        }
        for (place, mut sketch, awaited) in waiting {
            let mut in_vain = BTreeSet::new();
            for at in awaited {
                if !self.made.contains(&at) && !self.is_under_way(&at).await? {
                    in_vain.insert(at);
                }
            }
            let steps = referring(&sketch.plan, &in_vain);
            match without(sketch.plan, &steps) {
                Some(plan) => {
                    sketch.plan = plan;
                    self.settled(sketch).await?;
                    places.resize(self.drafted.len() - first, place);
                }
                None => self.supersede(&sketch.open, None),
            }
        }
        let drafted = self.drafted.split_off(first);
        let mut placed: Vec<(usize, Drafted)> = places.into_iter().zip(drafted).collect();
        placed.sort_by_key(|(place, _)| *place);
        self.drafted
            .extend(placed.into_iter().map(|(_, drafted)| drafted));
        Ok(())
    }

    /// Takes references out of the plans that begin by themselves, to accounts whose plans do not.
    pub(super) async fn refer_to_what_begins(
        &mut self,
        waves: Vec<Proposal>,
    ) -> Result<Vec<Proposal>, AppError> {
        let begun = waves.iter().filter(|wave| wave.begins.is_some());
        let made = begun.flat_map(|wave| &wave.plans);
        let made: BTreeSet<Address> = made.flat_map(|p| making(&p.plan)).cloned().collect();
        let mut left = Vec::new();
        for mut wave in waves {
            if wave.begins.is_some() {
                let mut plans = Vec::new();
                for drafted in wave.plans {
                    plans.extend(self.referring_to(drafted, &made).await?);
                }
                wave.plans = plans;
            }
            if !wave.plans.is_empty() {
                left.push(wave);
            }
        }
        Ok(left)
    }

    /// A plan that refers to nothing but what is there, under way or among these accounts; `None`
    /// when nothing is left of it.
    async fn referring_to(
        &mut self,
        drafted: Drafted,
        made: &BTreeSet<Address>,
    ) -> Result<Option<Drafted>, AppError> {
        let mut in_vain = BTreeSet::new();
        for at in self.awaited(&drafted.plan).await? {
            let group = at.kind == Kind::Group && self.made.contains(&at);
            if !group && !made.contains(&at) && !self.is_under_way(&at).await? {
                in_vain.insert(at);
            }
        }
        if in_vain.is_empty() {
            return Ok(Some(drafted));
        }
        let steps = referring(&drafted.plan, &in_vain);
        let Some(plan) = without(drafted.plan, &steps) else {
            return Ok(None);
        };
        if self.is_there(&plan, &[]).await? {
            return Ok(None);
        }
        let id = plan.id()?;
        Ok(Some(Drafted {
            plan,
            id,
            ..drafted
        }))
    }

    /// The delivery that told of somebody whose account has come to be since a person's last plan, or
    /// is coming now, where their plan does nothing but refer to others.
    pub(super) async fn came_to_be(
        &self,
        plan: &Plan,
        last: &PlanRow,
    ) -> Result<Option<Cause>, AppError> {
        if !plan.steps.iter().all(only_refers) {
            return Ok(None);
        }
        let mut newest = None;
        for at in referred(plan) {
            let Some(subject) = at.key.subject() else {
                continue;
            };
            let since = match self.app.store.link(&at).await? {
                None => Some(u64::MAX),
                Some(_) => {
                    let linked = self.app.store.last_stir(subject, &["object.linked/1"]);
                    linked.await?.map(|linked| linked.seq)
                }
            };
            let since = since.filter(|seq| *seq > last.drafted);
            newest = newest.max(since.map(|seq| (seq, subject)));
        }
        let Some((_, subject)) = newest else {
            return Ok(None);
        };
        let person = self.app.store.person(subject).await?;
        let told = person.and_then(|p| p.engagements.into_iter().find(|e| e.id == p.news));
        Ok(told.map(|told| Cause {
            input: Input::Delivery(told.delivery),
            change: Change::Mover,
        }))
    }

    /// Whether a plan under way makes an account, an open one makes a group, or it has come to be
    /// since it was looked for; asked once.
    async fn is_under_way(&mut self, at: &Address) -> Result<bool, AppError> {
        if let Some(known) = self.under_way_at.get(at) {
            return Ok(*known);
        }
        let subject: Option<SubjectId> = at.key.subject();
        let found = match subject {
            Some(subject) => self.app.is_being_made(subject, at).await?,
            None => self.app.is_group_coming(at).await?,
        };
        self.under_way_at.insert(at.clone(), found);
        Ok(found)
    }
}

impl App {
    /// Plans for those who refer to somebody whose account these waves make. A planning of single
    /// people looks at nobody else, and nobody else would ask for theirs.
    pub(super) async fn plan_below(
        &self,
        actor: &Actor,
        loaded: &Arc<Loaded>,
        waves: &[WavePreview],
        memory: Option<&Memory>,
    ) -> Result<Vec<WavePreview>, AppError> {
        let plans = waves.iter().flat_map(|wave| &wave.plans);
        let made = plans.flat_map(|plan| making(&plan.plan));
        let made: BTreeSet<SubjectId> = made.filter_map(|at| at.key.subject()).collect();
        let (Some(memory), false) = (memory, made.is_empty()) else {
            return Ok(Vec::new());
        };
        let subjects: Vec<SubjectId> = made.iter().copied().collect();
        let mut below = BTreeSet::new();
        for chunk in subjects.chunks(PAGE as usize) {
            for person in self.store.people(chunk).await? {
                below.extend(memory.reports_of(&person));
            }
        }
        let below: Vec<SubjectId> = below.difference(&made).copied().collect();
        if below.is_empty() {
            return Ok(Vec::new());
        }
        let planning = Planning::of(Scope::Subjects(below), false);
        let loaded = Arc::clone(loaded);
        let planned = self.plan_over(actor, loaded, planning, BTreeMap::new(), None);
        Ok(planned.await?.0)
    }
}

/// Whether a step sets references and nothing else.
fn only_refers(step: &Step) -> bool {
    let is_reference = |value: &Value| matches!(value, Value::Subject { .. });
    match &step.act {
        Act::Update { set, unset } => unset.is_empty() && set.values().all(is_reference),
        _ => false,
    }
}
