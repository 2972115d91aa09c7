//! The walk from one instant at which somebody is due to the next.
//!
//! What is done at an instant is what the timers of a worker do at it
//! ([`crate::apply::timers`]), but that plans are carried out in the store as it will be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::claims::making;
use model::plan::{About, PlanStatus, StepStatus};
use model::{Actor, Event, KnownTask, Personal, Plan, PlanId, SubjectId, Timestamp, Verdict};
use ports::Clock;
use ports::store::{PlanRow, StepRow, WaveRow};

use super::carried::Hands;
use super::foreseen::Foreseen;
use super::managers::Managers;
use super::played::Played;
use super::tally::Tally;
use crate::apply::timers::{MOST, came};
use crate::planner::{Planning, Scope, Seen};
use crate::tenant::Loaded;
use crate::{App, AppError, PlanPreview, WavePreview};

/// How often people are looked at again at one instant: what is done by hand, and what is deleted,
/// follows once an account is closed.
pub(super) const TURNS: usize = 3;
/// People who are planned for in one rehearsal, each as often as they are due.
const MOST_LOOKS: u64 = 200_000;

/// A rehearsal under way.
pub(super) struct Course {
    /// Over the store as it will be, at the time that is played.
    pub app: App,
    pub world: Arc<Foreseen>,
    pub clock: Arc<Played>,
    pub loaded: Arc<Loaded>,
    pub due: Due,
    pub managers: Managers,
    pub tally: Tally,
    pub looks: u64,
}

/// When people are due next, each once.
#[derive(Default)]
pub(super) struct Due {
    at: BTreeSet<(Timestamp, SubjectId)>,
    of: BTreeMap<SubjectId, Timestamp>,
}

impl Due {
    pub fn set(&mut self, subject: SubjectId, next: Option<Timestamp>) {
        if let Some(before) = self.of.remove(&subject) {
            self.at.remove(&(before, subject));
        }
        if let Some(next) = next {
            self.at.insert((next, subject));
            self.of.insert(subject, next);
        }
    }

    /// Those who are due by an instant, the first first; `most` of them.
    fn by(&self, now: Timestamp, most: usize) -> Vec<SubjectId> {
        let due = self.at.iter().take_while(|(at, _)| *at <= now);
        due.take(most).map(|(_, subject)| *subject).collect()
    }

    fn first(&self) -> Option<Timestamp> {
        self.at.first().map(|(at, _)| *at)
    }
}

impl Course {
    /// Plays everything that is due up to and with an instant.
    pub async fn run(&mut self, to: Timestamp) -> Result<(), AppError> {
        while let Some(at) = self.due.first().filter(|at| *at <= to) {
            self.clock.forward(at);
            let people = self.due.by(self.clock.now(), MOST as usize);
            self.turn(people).await?;
        }
        Ok(())
    }

    /// What the timers do when these people are due.
    async fn turn(&mut self, people: Vec<SubjectId>) -> Result<(), AppError> {
        let now = self.clock.now();
        let known = self.app.known_all(self.app.store.people(&people).await?);
        for known in known.await? {
            let came = came(&known, now);
            let subject = known.person.subject;
            {
                let mut moved = self.world.moved();
                if came.confirms {
                    moved.confirm(subject);
                }
                if came.last_day {
                    moved.unpin(subject);
                }
            }
            if came.last_day {
                self.managers
                    .left(&self.app, &self.loaded, &known, now)
                    .await?;
            }
        }
        let mut touched: BTreeSet<SubjectId> = people.iter().copied().collect();
        let mut again = people;
        for _ in 0..TURNS {
            if again.is_empty() {
                break;
            }
            again = self.plan(again, &mut touched).await?;
        }
        self.seat_who_waits(&mut touched).await?;
        self.settle(touched.into_iter().collect()).await
    }

    /// Plans for people and carries the plans out; gives those whose plans were.
    pub(super) async fn plan(
        &mut self,
        people: Vec<SubjectId>,
        touched: &mut BTreeSet<SubjectId>,
    ) -> Result<Vec<SubjectId>, AppError> {
        let mut waves = self.propose(people, touched).await?;
        let plans = waves.iter().flat_map(|wave| &wave.plans);
        let made = plans.flat_map(|plan| making(&plan.plan));
        let made: BTreeSet<SubjectId> = made.filter_map(|at| at.key.subject()).collect();
        let below = self.managers.below(&*self.app.store, &made).await?;
        if !below.is_empty() {
            waves.extend(self.propose(below, touched).await?);
        }
        let mut begun = Vec::new();
        for wave in &waves {
            if self.begin(wave).await? {
                begun.extend(&wave.plans);
            }
        }
        let hands = Hands {
            app: &self.app,
            world: &self.world,
            loaded: &self.loaded,
        };
        let plans: Vec<&Plan> = begun.iter().map(|preview| &preview.plan).collect();
        hands.carry_out(&plans).await?;
        let mut people = BTreeSet::new();
        for PlanPreview { id, plan, .. } in begun {
            self.world.moved().set_status(*id, PlanStatus::Applied);
            if let About::Subject(subject) = plan.about {
                people.insert(subject);
            }
        }
        Ok(people.into_iter().collect())
    }

    /// A planning as the worker makes one: its waves are open when it ends.
    async fn propose(
        &mut self,
        people: Vec<SubjectId>,
        touched: &mut BTreeSet<SubjectId>,
    ) -> Result<Vec<WavePreview>, AppError> {
        self.looks += people.len() as u64;
        if self.looks > MOST_LOOKS {
            return Err(super::too_much(format!(
                "more than {MOST_LOOKS} people are due in this time"
            )));
        }
        let looked_at: BTreeSet<SubjectId> = people.iter().copied().collect();
        let planning = Planning::of(Scope::Subjects(people), true);
        let loaded = Arc::clone(&self.loaded);
        let (waves, seen) = self
            .app
            .plan_over(&Actor::system(), loaded, planning, BTreeMap::new(), None)
            .await?;
        let now = self.clock.now();
        self.line_up(&looked_at, &seen.findings).await?;
        self.note(now, seen, touched).await?;
        let mut moved = self.world.moved();
        for wave in &waves {
            let seq = moved.next_seq();
            moved.set_wave(proposed(wave, seq, now));
            for plan in &wave.plans {
                let drafted = moved.next_seq();
                moved.set_plan(waiting(wave, plan, drafted));
            }
        }
        Ok(waves)
    }

    /// Keeps what a planning found and asks for by hand.
    async fn note(
        &mut self,
        now: Timestamp,
        seen: Seen,
        touched: &mut BTreeSet<SubjectId>,
    ) -> Result<(), AppError> {
        for finding in seen.findings {
            if !self.tally.is_news(&finding) {
                continue;
            }
            let (subject, at) = (finding.subject, finding.address.as_ref());
            let open = self
                .app
                .store
                .open_finding(&finding.fingerprint, subject, at);
            if open.await?.is_none() {
                self.tally.found(now, finding)?;
            }
        }
        for event in seen.tasks {
            match event {
                Event::TaskOpened(opened) => {
                    touched.insert(opened.task.subject);
                    self.tally.task(now)?;
                    let known = KnownTask {
                        task: opened.task,
                        done: None,
                    };
                    self.world.moved().open_task(known);
                }
                Event::TaskDropped(dropped) => {
                    touched.insert(dropped.subject);
                    let mut moved = self.world.moved();
                    moved.drop_task(dropped.subject, dropped.task);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Begins a wave, as if whoever has to release it did so at once; answers whether it begins. One
    /// that is halted never does.
    async fn begin(&mut self, wave: &WavePreview) -> Result<bool, AppError> {
        let now = self.clock.now();
        let ids: Vec<PlanId> = wave.plans.iter().map(|plan| plan.id).collect();
        let plan = |id: &PlanId| self.world.moved().plan(*id);
        let plans: Vec<PlanRow> = ids.iter().filter_map(plan).collect();
        let mut verdict = wave.verdict.clone();
        if matches!(verdict, Verdict::Allow { .. })
            && let Some(text) = self.app.too_many(wave.cause.change, &plans).await?
        {
            verdict = Verdict::Ask {
                because: vec![text],
            };
        }
        self.tally.wave(now, wave, &verdict)?;
        let halted = matches!(verdict, Verdict::Halt { .. });
        let seq = self.world.moved().next_seq();
        let mut row = proposed(wave, seq, now);
        row.verdict = Some(verdict);
        if !halted {
            row.decided = Some(("system".to_owned(), "rehearsal".to_owned()));
            row.decided_at = Some(now);
            row.plans = vec![(PlanStatus::Applied, wave.plans.len() as u64)];
        }
        self.world.moved().set_wave(row);
        Ok(!halted)
    }

    /// Works out when these people are due next.
    async fn settle(&mut self, people: Vec<SubjectId>) -> Result<(), AppError> {
        let now = self.clock.now();
        for chunk in people.chunks(MOST as usize) {
            let found = self.app.next_of(chunk, &self.loaded, now).await?;
            for (person, next) in found {
                self.due.set(person.subject, next);
                self.world.moved().set_next(person.subject, next);
            }
        }
        Ok(())
    }
}

fn proposed(wave: &WavePreview, seq: u64, now: Timestamp) -> WaveRow {
    let removes = |p: &&PlanPreview| p.plan.removes() && matches!(p.plan.about, About::Subject(_));
    WaveRow {
        wave: wave.wave,
        cause: wave.cause.clone(),
        author: wave.author.clone(),
        seq,
        at: now,
        verdict: Some(wave.verdict.clone()),
        decided: None,
        decided_at: None,
        steps: wave.plans.iter().map(|p| p.plan.steps.len() as u64).sum(),
        removals: wave.plans.iter().filter(removes).count() as u64,
        plans: vec![(PlanStatus::Waiting, wave.plans.len() as u64)],
    }
}

fn waiting(wave: &WavePreview, preview: &PlanPreview, drafted: u64) -> PlanRow {
    let plan = &preview.plan;
    let steps = plan.steps.iter().map(|step| StepRow {
        no: step.no,
        address: step.address.clone(),
        verb: step.act.verb().to_owned(),
        after: step.after.clone(),
        status: StepStatus::Pending,
        last: None,
        at: None,
    });
    PlanRow {
        id: preview.id,
        drafted,
        wave: wave.wave,
        about: plan.about.clone(),
        change: plan.cause.change,
        status: PlanStatus::Waiting,
        detail: String::new(),
        head: None,
        steps: steps.collect(),
        plan: Personal::Known(plan.clone()),
    }
}
