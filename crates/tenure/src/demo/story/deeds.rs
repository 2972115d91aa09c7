//! What people do on a day of the story, through the use-cases that everybody has.

use model::plan::About;
use model::{Actor, Change, Kind, SubjectId, TargetName};
use ports::store::{WaveFilter, WaveRow, WaveStatus};

use super::super::apps::is_active;
use super::super::broken;
use super::super::company::cast;
use super::super::company::hr::{Feed, Kind as Happens, Meant};
use super::super::outcomes::Outcomes;
use super::super::stage::{BEA, FEED, KIM, Stage, ZONE, on};
use crate::failure::Failure;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub enum Deed {
    /// A file comes.
    Delivers(Feed),
    /// The apps are read, and people decide whose the wiki's old accounts are.
    TakesOver,
    /// From now on Tenure writes to the apps.
    GoesLive,
    /// The second person releases what is held.
    Approves,
    /// Unexplained access becomes less, until there is none.
    Explains,
    /// A document names somebody who is not in HR.
    Sponsors,
    /// Somebody is terminated for cause.
    Terminates(&'static str),
    /// The second person asks HR about the rows that are missing.
    AsksHr,
    /// The last move of somebody is undone.
    Undoes(&'static str),
    /// Somebody joins the wiki's administrators by hand.
    Meddles(&'static str),
    /// The kill switch of an app.
    Stops(&'static str),
    /// It is lifted.
    Resumes(&'static str),
    /// An app has no licence left.
    SellsOut(&'static str),
    /// The IT desk takes laptops back, but for one.
    CollectsLaptops,
    /// Somebody asks what is silent.
    Listens,
}

/// What deeds leave behind for the night's row.
#[derive(Debug, Default)]
pub struct Seen {
    /// What has to be seen.
    pub facts: Vec<String>,
    /// What is told in the line.
    pub note: String,
}

impl Stage {
    /// Does one.
    pub async fn does(
        &mut self,
        deed: Deed,
        seen: &mut Seen,
        outcomes: &mut Outcomes,
    ) -> Result<(), Failure> {
        match deed {
            Deed::Delivers(feed) => self.delivers(feed, seen).await?,
            Deed::TakesOver => self.takes_over(outcomes).await?,
            Deed::GoesLive => self.goes_live().await?,
            Deed::Approves => self.approves().await?,
            Deed::Explains => self.explains(seen, outcomes).await?,
            Deed::Sponsors => self.sponsors().await?,
            Deed::Terminates(key) => {
                let legal = Actor::named("legal");
                self.app()
                    .terminate(&legal, key, "a case of its own", false)
                    .await?;
                self.hr.gone.insert(key.to_owned());
                self.means(Happens::Out, key);
            }
            Deed::AsksHr => self.asks_hr(outcomes).await?,
            Deed::Undoes(key) => self.undoes(key, seen).await?,
            Deed::Meddles(key) => {
                let email = self.hr.worker(key).map(|w| w.email.clone());
                self.apps
                    .get("wiki")?
                    .join_by_hand("Wiki Admins", &email.unwrap_or_default())?;
            }
            Deed::Stops(app) => {
                let app = Some(TargetName::from(app));
                let why = "an incident at the vendor";
                self.app()
                    .stop_writing(&Actor::named(KIM), app, why)
                    .await?;
            }
            Deed::Resumes(app) => {
                let app = Some(TargetName::from(app));
                self.app()
                    .resume_writing(&Actor::named(KIM), app, "it is over")
                    .await?;
            }
            Deed::SellsOut(app) => {
                let users = self.apps.get(app)?.objects(Kind::Account);
                let active = users.iter().filter(|user| is_active(user)).count();
                self.apps.seats(app, active)?;
            }
            Deed::CollectsLaptops => self.collects_laptops().await?,
            Deed::Listens => self.listens(seen).await?,
        }
        self.settle().await
    }

    /// A file comes, and everyone is planned for.
    pub async fn delivers(&mut self, feed: Feed, seen: &mut Seen) -> Result<(), Failure> {
        if feed == Feed::None {
            return Ok(());
        }
        let bytes = self.hr.sends(feed, self.app().now())?;
        let actor = Actor::named(FEED);
        let report = self
            .app()
            .deliver(&actor, "hr", "hr.csv", &bytes, false)
            .await?;
        if report.refused {
            seen.facts.push("refused hr.csv".to_owned());
        } else if !report.diagnostics.is_empty() {
            seen.facts
                .push(format!("unreadable {}", report.diagnostics.len()));
        }
        self.app().plan(&actor, false).await?;
        Ok(())
    }

    async fn sponsors(&mut self) -> Result<(), Failure> {
        let text = include_str!("../documents/auditor.yaml").to_owned();
        self.documents.insert("auditor.yaml".to_owned(), text);
        self.push().await?;
        self.app().plan(&Actor::named(KIM), false).await?;
        let (key, from) = (cast::CONTRACTOR.to_owned(), on("2026-03-21", 0, 0)?);
        let (kind, at) = (Happens::In, from);
        self.hr.meant.push(Meant { kind, key, at });
        let (key, until) = (cast::CONTRACTOR.to_owned(), on("2026-04-10", 17, 0)?);
        let (kind, at) = (Happens::Out, until);
        self.hr.meant.push(Meant { kind, key, at });
        Ok(())
    }

    /// What is held, and what is proposed again of it: whose manager's account was not made at the first
    /// try is planned for once more, and that is another wave.
    async fn approves(&self) -> Result<(), Failure> {
        const TIMES: usize = 5;
        let bea = Actor::named(BEA);
        for _ in 0..TIMES {
            let held = self.held().await?;
            if held.is_empty() {
                break;
            }
            for wave in held {
                self.app()
                    .release(&bea, wave.wave, &[], "it is what we decided")
                    .await?;
            }
            self.settle().await?;
        }
        self.apps.calm_down()
    }

    async fn listens(&self, seen: &mut Seen) -> Result<(), Failure> {
        let now = self.app().now();
        let window = app::Window::read("yesterday", None, ZONE, now)?;
        let digest = self.app().digest(window).await?;
        let silent = digest.silent.iter();
        let silent = silent.map(|row| format!("silent {} {}", row.kind, row.what));
        seen.facts.extend(silent);
        Ok(())
    }

    /// Something happens that HR has no word of.
    fn means(&mut self, kind: Happens, key: &str) {
        let (key, at) = (key.to_owned(), self.house.app.now());
        self.hr.meant.push(Meant { kind, key, at });
    }

    /// Of those whose rows are missing, HR knows two who have left; the others are a mistake.
    async fn asks_hr(&mut self, outcomes: &mut Outcomes) -> Result<(), Failure> {
        let bea = Actor::named(BEA);
        let page = self.hr.page(Feed::WithoutPage).iter();
        let left: Vec<String> = page.map(|worker| worker.key.clone()).take(2).collect();
        let held = self.held().await?;
        let missing = |wave: &WaveRow| wave.cause.change == Change::MissingRow;
        for wave in held.into_iter().filter(missing) {
            let feed = Actor::named(FEED);
            let own = self.app().release(&feed, wave.wave, &[], "it was me").await;
            let own = own.err().map_or("released", |error| error.code());
            outcomes.same("the author's own word", "TNR-WAVE-0001", own);
            let plans = self.app().all_plans_of(wave.wave).await?;
            let mut only = Vec::new();
            for key in &left {
                let subject = self.subject(key).await?;
                let plan = plans
                    .iter()
                    .find(|plan| plan.about == About::Subject(subject));
                only.extend(plan.map(|plan| plan.id));
            }
            self.app()
                .release(&bea, wave.wave, &only, "HR knows that they left")
                .await?;
            let refused = self
                .app()
                .refuse(&bea, wave.wave, &[], "a page was lost")
                .await?;
            outcomes.same("false leavers refused", 38, refused);
        }
        for key in left {
            self.hr.gone.insert(key.clone());
            self.hr.removed.insert(key.clone());
            self.means(Happens::Out, &key);
        }
        Ok(())
    }

    async fn undoes(&self, key: &str, seen: &mut Seen) -> Result<(), Failure> {
        let about = About::Subject(self.subject(key).await?);
        let plans = self.app().store().plans_about(&about, 10).await?;
        for plan in plans {
            let wave = self.app().wave(plan.wave).await?;
            if wave.cause.change == Change::Mover {
                let kim = Actor::named(KIM);
                let undone = self
                    .app()
                    .undo(&kim, wave.wave, "the wrong person", false)
                    .await?;
                seen.note = match undone.cannot.as_slice() {
                    [] => "their group is back".to_owned(),
                    some => some.join(", "),
                };
                return Ok(());
            }
        }
        Err(broken(format!("{key} never moved")))
    }

    async fn collects_laptops(&self) -> Result<(), Failure> {
        let keeps = self.subject(cast::MELBOURNE).await?;
        let desk = Actor::named("it-desk");
        for known in self.app().open_tasks(false, None, 1_000).await? {
            if known.task.subject != keeps {
                let (task, how) = (known.task.id, "it is on the shelf");
                self.app()
                    .finish_task(&desk, task, how, "IT-4711", false)
                    .await?;
            }
        }
        Ok(())
    }

    /// The waves that wait for somebody's word.
    pub async fn held(&self) -> Result<Vec<WaveRow>, Failure> {
        let filter = WaveFilter {
            open: true,
            ..WaveFilter::default()
        };
        let mut waves = self.app().store().waves(filter).await?;
        waves.retain(|wave| matches!(wave.status(), WaveStatus::Held | WaveStatus::Halted));
        Ok(waves)
    }

    /// The subject of a worker of HR's.
    pub async fn subject(&self, key: &str) -> Result<SubjectId, Failure> {
        let person = self.app().store().person_by_key("hr", key).await?;
        let person = person.ok_or_else(|| broken(format!("nobody knows {key}")))?;
        Ok(person.subject)
    }

    /// The waves that were proposed after a record, oldest first.
    pub async fn proposed_after(&self, record: u64) -> Result<Vec<WaveRow>, Failure> {
        let filter = WaveFilter {
            proposed_after: Some(record),
            limit: 1_000,
            ..WaveFilter::default()
        };
        let mut waves = self.app().store().waves(filter).await?;
        waves.reverse();
        Ok(waves)
    }

    /// How the guard judged a wave, if somebody had to be asked.
    pub fn asked(&self, wave: &WaveRow) -> Option<String> {
        let verdict = wave
            .verdict
            .as_ref()
            .filter(|verdict| verdict.as_str() != "allow")?;
        let word = match verdict.as_str() {
            "halt" => "halted",
            _ => "held",
        };
        let plans: u64 = wave.plans.iter().map(|(_, count)| count).sum();
        let many = match usize::try_from(plans) {
            Ok(plans) if plans == self.hr.workers.len() => "everyone".to_owned(),
            _ => plans.to_string(),
        };
        Some(format!("{word} {} {many}", wave.cause.change.as_str()))
    }
}
