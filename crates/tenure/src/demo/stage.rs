//! Where the story plays: a tenant in a temporary folder, its apps, and time that passes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app::{App, Worker, WorkerSettings};
use model::time::Date;
use model::{Actor, Scope, Timestamp};
use ports::Clock as _;
use ports::Entropy as _;
use store::LocalKeyRing;

use super::apps::Apps;
use super::broken;
use super::clock::StoryClock;
use super::company::hr::Hr;
use super::company::names::SITES;
use super::estate::{self, Estate};
use crate::config::Config;
use crate::failure::Failure;
use crate::host::compose::{self, House};
use crate::host::directory::{self, Lock};
use crate::host::init;
use crate::host::system::SystemEntropy;

/// The tenant's name.
pub const TENANT: &str = "northwind";
/// Where its engineers sit.
pub const ZONE: &str = "Europe/Berlin";
/// Delivers HR's files.
pub const FEED: &str = "hr-export";
/// Writes the documents.
pub const KIM: &str = "kim";
/// Gives the second word.
pub const BEA: &str = "bea";
/// How long the node works on after a deed before the story goes on: enough for a retry.
const WORK: Duration = Duration::from_secs(600);
/// The longest step in which time passes; apps are looked at again in between.
const STEP: Duration = Duration::from_secs(3_600);
/// The shortest step in which time passes while something waits and nobody is due.
const PAUSE: Duration = Duration::from_secs(60);
/// Turns of the worker at the most, in one go.
const TURNS: usize = 20_000;
/// People that are due at the same time, at the most.
const DUE: u32 = 10_000;

/// Everything the story needs.
pub struct Stage {
    /// The tenant.
    pub house: House,
    /// Its configuration.
    pub config: Config,
    /// The story's clock.
    pub clock: Arc<StoryClock>,
    /// The hands, while the story moves the clock.
    worker: Worker,
    /// The apps.
    pub apps: Apps,
    /// The HR system.
    pub hr: Hr,
    /// What the wiki held before.
    pub estate: Estate,
    /// The tenant's documents, by file.
    pub documents: BTreeMap<String, String>,
    /// The folder of it all.
    pub folder: PathBuf,
    _lock: Lock,
}

impl Stage {
    /// Builds it, on the evening before the first night.
    pub async fn set(seed: u64, people: usize) -> Result<Self, Failure> {
        let mut random = [0u8; 32 + 24];
        SystemEntropy.fill(&mut random);
        let (key, name) = random.split_at(32);
        let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let folder = std::env::temp_dir().join(format!("tenure-demo-{}", &name[..8]));
        directory::make(&folder)?;
        let key: [u8; 32] = key.try_into().map_err(broken)?;
        directory::write_private(
            &folder.join("master.key"),
            &format!("{}\n", model::Digest(key)),
        )?;
        let text = format!("tenant = \"{TENANT}\"\nlisten = [\"127.0.0.1:0\"]\n");
        directory::write_private(&folder.join("tenure.toml"), &text)?;
        let config = Config::written(&folder, &text)?;
        let lock = directory::lock(&folder)?;
        let clock = Arc::new(StoryClock::at(on("2026-03-15", 18, 0)?));
        let keyring = LocalKeyRing::new(&key, &[], Arc::new(SystemEntropy)).map_err(broken)?;
        let house = compose::open_with(&config, clock.clone(), Arc::new(keyring)).await?;
        init::begin(&house, TENANT).await?;
        // It ends nine days after the story.
        let (host, life) = (Actor::named("host"), Duration::from_secs(39 * 24 * 3_600));
        let scopes = [Scope::Plan];
        house
            .app
            .issue_token(None, &host, FEED, &scopes, life, &[])
            .await?;
        let apps = Apps::open(&name[8..], &clock).await?;
        let hr = Hr::found(seed, people)?;
        let estate = estate::plant(apps.get("wiki")?, &hr)?;
        let worker = Worker::new(Arc::clone(&house.app), WorkerSettings::new("demo"));
        let mut stage = Self {
            house,
            config,
            clock,
            worker,
            apps,
            hr,
            estate,
            documents: BTreeMap::new(),
            folder,
            _lock: lock,
        };
        stage.first_documents(people).await?;
        Ok(stage)
    }

    /// Takes it down.
    pub async fn strike(self) {
        self.house.store.close().await;
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    /// The use-cases.
    pub fn app(&self) -> &App {
        &self.house.app
    }

    async fn first_documents(&mut self, people: usize) -> Result<(), Failure> {
        let zone = |site: &super::company::Site| format!("        {}: {}\n", site.name, site.zone);
        let zones: String = SITES.iter().map(zone).collect();
        let fewest = (people - 60).to_string();
        let mut apps = include_str!("documents/apps.yaml").replace("@MODE@", "observe");
        for app in self.apps.iter() {
            let place = format!("@{}@", app.name.to_uppercase());
            apps = apps.replace(&place, &app.url());
        }
        let hr = include_str!("documents/hr.yaml").replace("@ZONES@", zones.trim_end());
        self.documents.insert("apps.yaml".to_owned(), apps);
        self.documents
            .insert("hr.yaml".to_owned(), hr.replace("@FEWEST@", &fewest));
        let rules = include_str!("documents/rules.yaml");
        self.documents
            .insert("rules.yaml".to_owned(), rules.to_owned());
        self.push().await?;
        let kim = Actor::named(KIM);
        for app in self.apps.iter() {
            let (name, host, secret) = (format!("{}-token", app.name), app.host(), app.secret());
            let set = self.app().set_secret(&kim, &name, app.name, &host, &secret);
            set.await?;
        }
        Ok(())
    }

    /// Puts the documents in force, as Kim.
    pub async fn push(&self) -> Result<(), Failure> {
        let files = self.documents.clone().into_iter().collect();
        self.app()
            .accept_documents(&Actor::named(KIM), files, false)
            .await?;
        Ok(())
    }

    /// Works until nothing is left to do.
    pub async fn settle(&self) -> Result<(), Failure> {
        let until = self.clock.now().plus(WORK);
        for _ in 0..TURNS {
            match self.worker.pass().await?.next {
                Some(next) if next <= until => self.clock.advance_to(next),
                _ => return Ok(()),
            }
        }
        Err(broken(format!("it is still busy after {TURNS} turns")))
    }

    /// Time passes on a node that works: last days come, apps are looked at again, waits end.
    pub async fn pass_until(&self, until: Timestamp) -> Result<(), Failure> {
        for _ in 0..TURNS {
            self.worker.round().await?;
            self.worker.tick().await?;
            let next = self.worker.pass().await?.next;
            let now = self.clock.now();
            if now >= until {
                return Ok(());
            }
            let due = self.next_due(until).await?;
            // What waits for long is asked again each second where time does not fly.
            let next = next.map(|next| next.max(now.plus(PAUSE)));
            let next = [next, due].into_iter().flatten().min();
            let next = next.map_or(until, |next| next.min(until));
            self.clock.advance_to(next.min(now.plus(STEP)));
        }
        Err(broken(format!("it is still busy after {TURNS} turns")))
    }

    /// The next second at which somebody is due, up to one.
    async fn next_due(&self, until: Timestamp) -> Result<Option<Timestamp>, Failure> {
        const SECOND: i64 = 1_000_000;
        let at = |second: i64| Timestamp::from_micros(second * SECOND);
        let store = self.app().store();
        let now = self.clock.now();
        let waiting = store.people_due(now, DUE).await?.len();
        let (mut before, mut there) = (
            now.as_micros().div_euclid(SECOND),
            until.as_micros().div_euclid(SECOND),
        );
        if store.people_due(at(there), DUE).await?.len() == waiting {
            return Ok(None);
        }
        while before + 1 < there {
            let middle = before + (there - before) / 2;
            match store.people_due(at(middle), DUE).await?.len() > waiting {
                true => there = middle,
                false => before = middle,
            }
        }
        Ok(Some(at(there)))
    }

    /// Lets go of what the story's own hands hold, so that others can take it up.
    pub async fn give_up(&self) {
        self.worker.give_up().await;
    }
}

/// The instant at which clocks in the story's zone show this.
pub fn on(day: &str, hour: i8, minute: i8) -> Result<Timestamp, Failure> {
    at(super::company::hr::day(day)?, hour, minute)
}

/// The same for a day.
pub fn at(day: Date, hour: i8, minute: i8) -> Result<Timestamp, Failure> {
    Timestamp::in_zone(day.at(hour, minute, 0, 0), ZONE).map_err(broken)
}
