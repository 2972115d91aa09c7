//! Planning: from what is known to waves that wait for a decision.
//!
//! Level-triggered: a planning looks at what is wanted and what was seen, never at what changed
//! last, so a planning that was missed or killed loses nothing. The cause is worked out for the
//! reader and the guard; it does not decide what a plan contains.

mod above;
mod ahead;
mod awaited;
mod beside;
mod by_hand;
mod cause;
mod chunks;
mod contested;
mod gather;
mod glance;
mod lanes;
mod memory;
mod mended;
mod naming;
mod pass;
mod propose;
mod seats;
mod settle;
mod stated;
mod stirred;
mod subject;
mod waves;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use lifecycle::draft::Obstacle;
use model::{
    Actor, Assignment, Cause, Completeness, Kind, Plan, PlanId, SubjectId, TargetName, Verdict,
    WaveId,
};
use ports::store::Stream;

pub(crate) use gather::Sight;
pub(crate) use memory::Memory;
pub(crate) use stated::stated;
pub(crate) use weigh::Say;

use chunks::Chunks;
use memory::{Listed, Notes};
use pass::Pass;

use crate::due::Settle;
use crate::preview::survey::Survey;
use crate::tenant::Loaded;
use crate::{App, AppError};

/// The stream under which plannings write: of two at once, one is done again.
pub(crate) const PLANNER: &str = "planner";

/// Whom a planning looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everyone, and every declared group.
    Everyone,
    /// As everyone, for whom nothing can have changed but for these: see [`Memory`].
    Stirred(Vec<SubjectId>),
    /// These people.
    Subjects(Vec<SubjectId>),
}

/// What a planning is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planning {
    /// Whom to look at.
    pub scope: Scope,
    /// The wave that is being undone and who undoes it: the cause of every plan.
    pub undo: Option<(WaveId, String)>,
    /// Wait for no other planning, and look at no target first: what is known must do.
    pub urgent: bool,
    /// Who would terminate these people for cause; for a dry run, before it is written down.
    pub terminating: Option<String>,
    /// Propose nothing; only say what would be proposed.
    pub dry_run: bool,
    /// Apps may be looked at, after it, for accounts of which a listing is wanted.
    pub looks: bool,
    /// It follows one of the same people, of which everything was judged.
    pub judged: bool,
}

impl Planning {
    /// An ordinary planning.
    pub(crate) fn of(scope: Scope, dry_run: bool) -> Self {
        Self {
            scope,
            undo: None,
            urgent: false,
            terminating: None,
            dry_run,
            looks: false,
            judged: false,
        }
    }
}

/// A plan in a preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanPreview {
    /// The plan's id.
    pub id: PlanId,
    /// Who or what it is about, by name.
    pub name: String,
    /// The plan.
    pub plan: Plan,
}

/// A wave that is, or would be, proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WavePreview {
    /// The wave's id.
    pub wave: WaveId,
    /// Its cause.
    pub cause: Cause,
    /// Whose delivery or edit it was.
    pub author: String,
    /// What the guard says.
    pub verdict: Verdict,
    /// Its plans.
    pub plans: Vec<PlanPreview>,
    /// What could not be planned, for any of its people.
    pub obstacles: Vec<Obstacle>,
}

/// A drafted plan with what the waves need to know of it.
pub(crate) struct Drafted {
    pub(crate) plan: Plan,
    pub(crate) id: PlanId,
    pub(crate) name: String,
    /// The keys of the person's engagements.
    pub(crate) worker_keys: Vec<String>,
}

impl App {
    /// Plans for everyone.
    ///
    /// # Errors
    /// When there are no documents, or the store does not answer.
    pub async fn plan(&self, actor: &Actor, dry_run: bool) -> Result<Vec<WavePreview>, AppError> {
        let planning = Planning::of(Scope::Everyone, dry_run);
        self.plan_with(actor, planning, BTreeMap::new()).await
    }

    /// Plans for these people.
    ///
    /// # Errors
    /// As [`App::plan`].
    pub async fn plan_for(
        &self,
        actor: &Actor,
        subjects: Vec<SubjectId>,
        dry_run: bool,
    ) -> Result<Vec<WavePreview>, AppError> {
        let planning = Planning::of(Scope::Subjects(subjects), dry_run);
        self.plan_with(actor, planning, BTreeMap::new()).await
    }

    /// Plans, with assignments that are not in the store yet (a dry run of an undo).
    pub(crate) fn plan_with<'a>(
        &'a self,
        actor: &'a Actor,
        mut planning: Planning,
        extra: BTreeMap<SubjectId, Vec<Assignment>>,
    ) -> Planned<'a, Vec<WavePreview>> {
        Box::pin(async move {
            if planning.urgent {
                let loaded = self.loaded().await?;
                let (waves, _) = self.plan_over(actor, loaded, planning, extra, None).await?;
                return Ok(waves);
            }
            let mut memory = self.planning.lock().await;
            let loaded = self.loaded().await?;
            if !planning.dry_run {
                self.first_look(actor, &loaded).await?;
            }
            planning.looks = !planning.dry_run;
            let below = matches!(planning.scope, Scope::Subjects(_)) && !planning.dry_run;
            let (mut waves, seen) = if planning.scope != Scope::Everyone || !extra.is_empty() {
                self.plan_over(actor, Arc::clone(&loaded), planning, extra, None)
                    .await?
            } else {
                self.plan_the_stirred(actor, Arc::clone(&loaded), planning, &mut memory)
                    .await?
            };
            if below {
                let more = self.plan_below(actor, &loaded, &waves, memory.as_ref());
                waves.extend(more.await?);
            }
            if !seen.undecided.is_empty() {
                let more = self.plan_judged(actor, Arc::clone(&loaded), seen.undecided);
                waves.extend(more.await?);
            }
            waves.extend(self.look_and_plan(actor, loaded, seen.unlisted).await?);
            Ok(waves)
        })
    }

    /// Plans for everyone, passing over those for whom nothing can have changed.
    async fn plan_the_stirred(
        &self,
        actor: &Actor,
        loaded: Arc<Loaded>,
        mut planning: Planning,
        memory: &mut Option<Memory>,
    ) -> Result<(Vec<WavePreview>, Seen), AppError> {
        // Before anything else is read: what comes in between is looked at twice.
        let (head, _) = self.store.head().await?;
        let revision = loaded.row.revision;
        let listed = self.full_listings(&loaded).await?;
        let stirred = match &*memory {
            Some(memory) => self.stirred(memory, &loaded, &listed).await?,
            None => None,
        };
        let everyone = stirred.is_none();
        if let Some(stirred) = stirred {
            planning.scope = Scope::Stirred(stirred);
        }
        let dry_run = planning.dry_run;
        let (waves, mut seen) = self
            .plan_over(actor, loaded, planning, BTreeMap::new(), None)
            .await?;
        if !dry_run {
            let learning = match memory {
                Some(memory) if !everyone => memory,
                anew => anew.insert(Memory::new(head, revision, Listed::new())),
            };
            learning.learn(head, listed, std::mem::take(&mut seen.notes));
        }
        Ok((waves, seen))
    }

    /// Plans by documents that may not be in force yet; those only as a dry run.
    pub(crate) fn plan_over<'a>(
        &'a self,
        actor: &'a Actor,
        loaded: Arc<Loaded>,
        planning: Planning,
        extra: BTreeMap<SubjectId, Vec<Assignment>>,
        survey: Option<Survey>,
    ) -> Planned<'a, (Vec<WavePreview>, Seen)> {
        Box::pin(async move {
            let stream = Stream(PLANNER.to_owned());
            let head = self.store.head_of(&stream).await?;
            let began = self.clock.now();
            let pinned = self.pinned_people().await?;
            let mut pass = Pass::of(self, loaded, &planning, pinned, extra);
            pass.survey = survey;
            if !matches!(planning.scope, Scope::Subjects(_)) {
                pass.groups().await?;
            }
            let chunks = Chunks::of(Arc::clone(&self.store), planning.scope.clone());
            lanes::people(&mut pass, chunks).await?;
            if !matches!(planning.scope, Scope::Subjects(_)) {
                pass.named_but_unknown().await?;
                pass.service_accounts().await?;
                pass.too_many_seated().await?;
            }
            pass.settle_claims().await?;
            let mut seen = Seen {
                survey: pass.survey.take(),
                notes: std::mem::take(&mut pass.notes),
                unlisted: std::mem::take(&mut pass.unlisted),
                undecided: std::mem::take(&mut pass.undecided),
                findings: Vec::new(),
                tasks: Vec::new(),
            };
            if planning.dry_run {
                seen.undecided.clear();
                seen.findings = std::mem::take(&mut pass.findings);
                seen.tasks = std::mem::take(&mut pass.tasks);
            } else {
                let all = !matches!(planning.scope, Scope::Subjects(_));
                pass.mend(&seen.notes, all).await?;
            }
            let late = std::mem::take(&mut pass.late);
            let waves = pass.propose(actor, planning.dry_run, stream, head).await?;
            if !planning.dry_run {
                self.settle_due(&late, began, Settle::Earlier).await?;
            }
            Ok((waves, seen))
        })
    }
}

/// A planning under way: boxed, for what is awaited unboxed is compiled once more in each crate that awaits it.
type Planned<'a, T> = BoxFuture<'a, Result<T, AppError>>;

/// What a planning saw on its way, beside the waves.
pub(crate) struct Seen {
    /// What it was asked to gather.
    pub(crate) survey: Option<Survey>,
    /// What it learned about the people at whom it looked.
    notes: Notes,
    /// Whose accounts a complete listing has to show disabled before they are deleted.
    unlisted: BTreeMap<TargetName, BTreeSet<SubjectId>>,
    /// Of whom something may be asked by hand, now that everything was judged.
    undecided: BTreeSet<SubjectId>,
    /// What a dry run would have opened findings for.
    pub(crate) findings: Vec<model::finding::Finding>,
    /// What a dry run would have asked for by hand, and what would count no longer.
    pub(crate) tasks: Vec<model::Event>,
}

impl App {
    /// Everyone whom an undo holds, if they are few.
    async fn pinned_people(&self) -> Result<Option<BTreeSet<SubjectId>>, AppError> {
        const FEW: u32 = 10_000;
        let pinned = self.store.pinned(None, FEW).await?;
        let few = pinned.len() < FEW as usize;
        Ok(few.then(|| pinned.into_iter().collect()))
    }

    /// Plans once more for people about whom somebody was to decide: this planning may have put an end
    /// to that, or the guard has judged what they belong to.
    async fn plan_judged(
        &self,
        actor: &Actor,
        loaded: Arc<Loaded>,
        people: BTreeSet<SubjectId>,
    ) -> Result<Vec<WavePreview>, AppError> {
        let planning = Planning {
            judged: true,
            ..Planning::of(Scope::Subjects(people.into_iter().collect()), false)
        };
        let planned = self.plan_over(actor, loaded, planning, BTreeMap::new(), None);
        Ok(planned.await?.0)
    }

    /// Observes the apps of accounts that are kept no longer and that no complete listing shows
    /// disabled, and plans again for their people: what is destroyed is looked at once more. What
    /// cannot be listed now becomes an obstacle.
    async fn look_and_plan(
        &self,
        actor: &Actor,
        loaded: Arc<Loaded>,
        unlisted: BTreeMap<TargetName, BTreeSet<SubjectId>>,
    ) -> Result<Vec<WavePreview>, AppError> {
        if unlisted.is_empty() {
            return Ok(Vec::new());
        }
        for target in unlisted.keys().filter(|name| lists_itself(&loaded, name)) {
            if let Err(error) = self.observe(actor, target).await {
                tracing::warn!(target.name = %target, error.code = error.code(), "target.not_observed");
            }
        }
        let people: BTreeSet<SubjectId> = unlisted.into_values().flatten().collect();
        let scope = Scope::Subjects(people.into_iter().collect());
        let planning = Planning::of(scope, false);
        let (waves, _) = self
            .plan_over(actor, loaded, planning, BTreeMap::new(), None)
            .await?;
        Ok(waves)
    }

    /// Observes targets that were never listed completely: nothing is created where nothing was
    /// looked at. A target that cannot be listed now becomes an obstacle of the plans it stops.
    async fn first_look(&self, actor: &Actor, loaded: &Loaded) -> Result<(), AppError> {
        let apps = loaded.book.apps.keys();
        for target in apps.filter(|name| lists_itself(loaded, name)) {
            let mut listed = true;
            for kind in [Kind::Account, Kind::Group] {
                let run = self.store.last_observation(target, kind).await?;
                listed &= run.is_some_and(|r| r.run.completeness == Completeness::Full);
            }
            if !listed && let Err(error) = self.observe(actor, target).await {
                tracing::warn!(target.name = %target, error.code = error.code(), "target.not_observed");
            }
        }
        Ok(())
    }
}

/// Whether an app can be asked for its accounts. Others are listed by their people, when they do.
fn lists_itself(loaded: &Loaded, name: &TargetName) -> bool {
    let app = loaded.tenant.apps.get(name);
    app.is_some_and(|app| app.handoff().is_none())
}
