//! The coming days, played ahead: whoever comes, moves, leaves or is deleted in them is planned for
//! on their day, by the same engine, over the store as it will be then. Nothing is written and no app
//! is asked.
//!
//! A rehearsal assumes that nothing goes wrong: every plan is carried out at once, and whoever has to
//! release a wave does so. What is in the way of that is what it tells.

mod carried;
mod course;
mod foreseen;
mod managers;
mod moved;
mod played;
mod report;
mod tally;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use lifecycle::Mode;
use model::plan::{About, PlanStatus, StepStatus};
use model::{Plan, Timestamp, Verdict};
use ports::store::{MAX_PAGE, PlanRow};

use self::carried::Hands;
use self::course::{Course, Due};
use self::foreseen::Foreseen;
use self::managers::Managers;
use self::moved::Moved;
use self::played::Played;
use self::tally::Tally;
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

pub use report::{
    EndingThing, HeldWave, LeavingManager, Rehearsal, RehearsedApp, RehearsedChange, RehearsedDay,
    RehearsedPlan,
};

/// The most days that are played.
const MOST_DAYS: u16 = 366;
/// Plans that may be open when a rehearsal begins.
const MOST_OPEN: usize = 20_000;
/// People per page.
const PAGE: u32 = 1_000;
/// Plans per page.
const PLANS: u32 = 500;

impl App {
    /// Plays the coming days. Writes nothing, and asks no app.
    ///
    /// # Errors
    /// `Invalid` for no days or more than 366, for a zone that is unknown, and where more would
    /// happen than can be told; `Missing` before there are documents.
    pub async fn rehearse(&self, days: u16, zone: &str) -> Result<Rehearsal, AppError> {
        let from = self.clock.now();
        if days == 0 || days > MOST_DAYS {
            return Err(wrong(format!("{days} days cannot be played")));
        }
        from.on_the_wall(zone).map_err(wrong)?;
        let to = from.plus(Duration::from_secs(u64::from(days) * 86_400));
        let loaded = self.loaded().await?;
        let (head, _) = self.store.head().await?;
        let clock = Arc::new(Played::at(from));
        let world = Foreseen::over(
            Arc::clone(&self.store),
            Arc::clone(&clock),
            Moved::after(head, from),
        );
        let world = Arc::new(world);
        let mut course = Course {
            app: self.foreseeing(&world, &clock),
            world,
            clock,
            loaded: Arc::clone(&loaded),
            due: Due::default(),
            managers: Managers::default(),
            tally: Tally::new(zone),
            looks: 0,
        };
        self.cast(&mut course, to).await?;
        let open_plans = course.begin_with_what_is_open().await?;
        course.run(to).await?;
        Ok(Rehearsal {
            from,
            to,
            looks: course.looks,
            open_plans,
            managers: course.managers.leaving,
            days: course.tally.told(&course.app, &loaded).await?,
            ending: self.ending(&loaded, from, to).await?,
            not_played: self.not_played(&loaded).await?,
        })
    }

    /// The same use-cases over the store as it will be. They remember nothing of this one.
    fn foreseeing(&self, world: &Arc<Foreseen>, clock: &Arc<Played>) -> Self {
        Self {
            store: Arc::clone(world) as _,
            clock: Arc::clone(clock) as _,
            planning: Arc::default(),
            bell: Arc::default(),
            ..self.clone()
        }
    }

    /// Finds out who is due in this time, and who reports to whom: everyone is read once, and
    /// nobody is planned for.
    async fn cast(&self, course: &mut Course, to: Timestamp) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = self.store.people_page(None, after, PAGE).await?;
            let full = page.len() == PAGE as usize;
            after = page.last().map(|person| person.subject);
            for known in self.known_all(page).await? {
                course.managers.of(&known);
                // What is to be done by hand is played as done, and what waits for it goes on.
                let waits = known.person.tasks.iter().any(|task| task.done.is_none());
                let next = match waits {
                    true => Some(course.clock_now()),
                    false => known.person.next_change.filter(|next| *next <= to),
                };
                course.due.set(known.person.subject, next);
            }
            if !full {
                return Ok(());
            }
        }
    }

    /// What ends because a document or a token says so.
    async fn ending(
        &self,
        loaded: &Loaded,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<EndingThing>, AppError> {
        let tenant = &loaded.tenant;
        let grants = tenant.grants.values();
        let holds = tenant.holds.values();
        let people = tenant.people.values();
        let services = tenant.service_accounts.iter();
        let all = grants
            .map(|grant| (grant.until, format!("grant/{}", grant.name), false))
            .chain(holds.map(|hold| (hold.until, format!("hold/{}", hold.name), false)))
            .chain(people.map(|p| (p.until, format!("person/{}", p.name), false)))
            .chain(services.map(|s| (s.expires, format!("service/{}", s.name), true)));
        let here = all.filter(|(at, ..)| from < *at && *at <= to);
        let mut ending: Vec<EndingThing> = here
            .map(|(at, what, asks)| EndingThing { at, what, asks })
            .collect();
        let tokens = self.store.ending_tokens(from, to, MAX_PAGE).await?;
        ending.extend(tokens.into_iter().map(|token| EndingThing {
            at: token.expires,
            what: format!("token/{}", token.principal),
            asks: true,
        }));
        ending.sort_by(|a, b| (a.at, &a.what).cmp(&(b.at, &b.what)));
        Ok(ending)
    }

    /// What may come otherwise.
    async fn not_played(&self, loaded: &Loaded) -> Result<Vec<String>, AppError> {
        let mut not = vec![
            "what sources have not told yet: joiners, moves and last days that come with a later \
             file"
                .to_owned(),
            "what apps refuse or change by themselves, and requests that fail".to_owned(),
        ];
        for (app, rules) in &loaded.book.apps {
            if rules.mode == Mode::Observe {
                not.push(format!(
                    "`{app}` is only observed: nothing is planned for it"
                ));
            } else if !self.listed(loaded, app).await? {
                not.push(format!(
                    "`{app}` was not listed completely, so what is planned for it may be missing: \
                     see `tenure targets`"
                ));
            }
        }
        let held = self.store.pinned(None, MAX_PAGE).await?.len();
        if held > 0 {
            not.push(format!(
                "the end of undos that hold something for {held} people"
            ));
        }
        for (target, reason) in self.store.stopped().await? {
            let what = target.map_or_else(|| "all apps".to_owned(), |t| format!("`{t}`"));
            not.push(format!(
                "that writing to {what} is stopped ({reason}): it is played as if it were not"
            ));
        }
        Ok(not)
    }
}

impl Course {
    /// Takes every plan that is open as carried out, but for those of waves that are halted: what
    /// waits today has to be decided anyway. Answers how many there are.
    async fn begin_with_what_is_open(&mut self) -> Result<u64, AppError> {
        let open = self.open_now().await?;
        let mut begun = Vec::new();
        for row in &open {
            let wave = match self.app.store.wave(row.wave).await? {
                Some(wave) => wave,
                None => continue,
            };
            let halted = matches!(wave.verdict, Some(Verdict::Halt { .. }));
            let waits = row.status == PlanStatus::Waiting;
            self.world.moved().set_plan(row.clone());
            if waits && halted {
                continue;
            }
            if waits && wave.decided_at.is_none() {
                let mut wave = wave;
                wave.decided_at = Some(self.clock_now());
                wave.plans = vec![(PlanStatus::Applied, wave.count(PlanStatus::Waiting))];
                self.world.moved().set_wave(wave);
            }
            begun.push(row);
        }
        let rest: Vec<Plan> = begun.iter().filter_map(|row| what_is_left(row)).collect();
        let hands = Hands {
            app: &self.app,
            world: &self.world,
            loaded: &self.loaded,
        };
        hands.carry_out(&rest.iter().collect::<Vec<_>>()).await?;
        let now = self.clock_now();
        for row in &begun {
            self.world.moved().set_status(row.id, PlanStatus::Applied);
            // What follows once it is done: a task, a deletion.
            if let About::Subject(subject) = row.about {
                self.due.set(subject, Some(now));
            }
        }
        Ok(begun.len() as u64)
    }

    fn clock_now(&self) -> Timestamp {
        ports::Clock::now(&*self.clock)
    }

    /// Every plan that is open, as the store has it.
    async fn open_now(&self) -> Result<Vec<PlanRow>, AppError> {
        let mut open: Vec<PlanRow> = Vec::new();
        loop {
            let after = open.last().map(|row| row.id);
            let page = self.world.open_plans_now(after, PLANS).await?;
            let full = page.len() == PLANS as usize;
            open.extend(page);
            if open.len() > MOST_OPEN {
                return Err(too_much(format!(
                    "more than {MOST_OPEN} plans are open: decide about them first"
                )));
            }
            if !full {
                return Ok(open);
            }
        }
    }
}

/// The steps of a plan that are not done.
fn what_is_left(row: &PlanRow) -> Option<Plan> {
    let mut plan = row.plan.known()?.clone();
    let done = |no: u16| {
        let step = row.steps.iter().find(|step| step.no == no);
        step.is_some_and(|step| step.status == StepStatus::Verified)
    };
    plan.steps.retain(|step| !done(step.no));
    Some(plan)
}

fn wrong(problem: String) -> AppError {
    AppError::new(
        ErrorKind::Invalid,
        "TNR-REHEARSE-0001",
        problem,
        "ask for 1 to 366 days, and for a zone such as Europe/Berlin",
    )
}

fn too_much(problem: String) -> AppError {
    AppError::new(
        ErrorKind::Invalid,
        "TNR-REHEARSE-0002",
        problem,
        "ask for fewer days",
    )
}
