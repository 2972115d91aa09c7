//! What is known of a run's apps: plans, accounts, and what a person has not decided.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use documents::DRILLS;
use lifecycle::drill::Look;
use model::plan::{About, PlanStatus};
use model::{Actor, Address, DrillRun, Kind, Phase, TargetName, Timestamp, Verdict};
use ports::store::PlanRow;

use super::look::{Case, look};
use super::persona;
use crate::tenant::Loaded;
use crate::{App, AppError};

/// Plans about the person that are looked back at: a phase makes one, and another after each look
/// that found the world moved.
const PLANS: u32 = 50;
/// How much later the next planning comes for each plan in a row that found the world moved.
const PAUSE: Duration = Duration::from_secs(60);
/// The kind of the record by which a phase is told.
const TOLD: &str = "facts.accepted/2";

/// Plans since the word of a phase.
struct Since {
    /// The newest first.
    plans: Vec<PlanRow>,
    /// Of all times, those that are not closed.
    open: Vec<PlanRow>,
    /// The record by which the phase was told.
    told: u64,
}

impl Since {
    /// A plan that came to an end without what was wanted. It is not tried again: that it was needed
    /// twice is what a drill is to find out.
    fn is_stuck(&self) -> bool {
        let over = |plan: &PlanRow| matches!(plan.status, PlanStatus::Failed | PlanStatus::Refused);
        self.plans.first().is_some_and(over)
    }

    /// When a planning may follow; `None`: something is under way, or there is to be none. After
    /// plans that found the world moved it comes ever later: one that does so each time must not be made
    /// each second.
    fn may_plan(&self, word: Timestamp) -> Option<Timestamp> {
        if self.is_under_way() || self.is_stuck() {
            return None;
        }
        let moved =
            |plan: &&PlanRow| matches!(plan.status, PlanStatus::Stale | PlanStatus::Superseded);
        let many = self.plans.iter().take_while(moved).count();
        let pause = PAUSE.saturating_mul(u32::try_from(many).unwrap_or(u32::MAX));
        Some(word.plus(pause))
    }

    /// Whether something is under way that a planning would not overtake: what waits since before the
    /// word is.
    fn is_under_way(&self) -> bool {
        let mut open = self.open.iter();
        open.any(|plan| plan.status == PlanStatus::Released || plan.drafted > self.told)
    }
}

impl App {
    /// What is seen of the last phase of a run, app by app. Plans for its person where nothing is
    /// under way: whoever told the phase may have died before it could. Says when to
    /// look again, where that is before the time of the phase is over.
    pub(super) async fn looks(
        &self,
        loaded: &Loaded,
        run: &DrillRun,
    ) -> Result<(BTreeMap<TargetName, Look>, Option<Timestamp>), AppError> {
        let Some(phase) = run.phases.last() else {
            return Ok((BTreeMap::new(), None));
        };
        let person = self.store.person(run.subject).await?;
        let told = person.and_then(|p| p.engagements.into_iter().find(|e| e.source == DRILLS));
        let Some(told) = told else {
            let erased = |app: &TargetName| {
                let why = "the made-up person was erased".to_owned();
                (app.clone(), Look::Failed(why))
            };
            return Ok((run.apps.iter().map(erased).collect(), None));
        };
        let given = match phase.phase {
            Phase::Joiner | Phase::Mover => {
                persona::given(loaded, &told.key, &told.facts, self.clock.now())
            }
            Phase::Leaver => BTreeSet::new(),
        };
        let mut since = self.plans_since(run).await?;
        let now = self.clock.now();
        let mut planned = false;
        let mut again = None;
        let may_plan = since.may_plan(phase.word);
        if may_plan.is_some_and(|at| at > now) {
            again = may_plan;
        } else if may_plan.is_some() {
            let people = vec![run.subject];
            let waves = self.plan_for(&Actor::system(), people, false).await?;
            planned = !waves.is_empty();
            since = self.plans_since(run).await?;
            // What was planned can be carried out at once.
            again = planned.then_some(now);
        }
        let quiet = since.open.is_empty() && !planned && again.is_none();
        let usable = self.usable_accounts(run).await?;
        let mut looks = BTreeMap::new();
        for app in &run.apps {
            let held = self.held_back(app, &since).await?;
            let case = Case {
                phase: phase.phase,
                app,
                declared: loaded.tenant.apps.contains_key(app),
                plans: &since.plans,
                given: given.contains(app),
                usable: usable.contains(app),
                quiet,
                held: held.as_deref(),
            };
            looks.insert(app.clone(), look(case));
        }
        Ok((looks, again))
    }

    async fn plans_since(&self, run: &DrillRun) -> Result<Since, AppError> {
        let about = About::Subject(run.subject);
        let told = self.store.last_stir(run.subject, &[TOLD]).await?;
        let told = told.map_or(0, |told| told.seq);
        let mut plans = self.store.plans_about(&about, PLANS).await?;
        plans.retain(|plan| plan.drafted > told);
        let open = self.store.open_plans_about(&[about]).await?;
        Ok(Since { plans, open, told })
    }

    /// The apps in which the person has an account that was last seen usable.
    async fn usable_accounts(&self, run: &DrillRun) -> Result<BTreeSet<TargetName>, AppError> {
        let addresses: Vec<Address> = run
            .apps
            .iter()
            .map(|app| Address::account(app, run.subject))
            .collect();
        let mut usable = BTreeSet::new();
        for link in self.store.links(&addresses).await? {
            let app = &link.address.target;
            let seen = self.store.shadow(app, Kind::Account, &link.remote).await?;
            if seen.is_some_and(|shadow| shadow.record.active) {
                usable.insert(app.clone());
            }
        }
        Ok(usable)
    }

    /// What a person has to decide before anything goes on in an app.
    async fn held_back(&self, app: &TargetName, since: &Since) -> Result<Option<String>, AppError> {
        let here = std::slice::from_ref(app);
        if let Some(why) = self.writing_stopped(here).await? {
            return Ok(Some(why));
        }
        let concerns = |plan: &&PlanRow| {
            let mut steps = plan.steps.iter();
            plan.status == PlanStatus::Waiting && steps.any(|s| s.address.target == *app)
        };
        let Some(plan) = since.open.iter().find(concerns) else {
            return Ok(None);
        };
        let wave = plan.wave;
        let row = self.store.wave(wave).await?;
        let how = match row.as_ref().and_then(|row| row.verdict.as_ref()) {
            Some(Verdict::Allow { .. }) => "is ready, and nobody applied it",
            Some(Verdict::Halt { .. }) => "is halted: it can only be refused",
            Some(Verdict::Ask { .. }) | None => "is held, and nobody released it",
        };
        Ok(Some(format!("the wave {wave} {how}")))
    }
}
