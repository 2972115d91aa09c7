//! A whole node over an inline store and targets in memory, and the documents of a small company.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use app::{App, Connect, Parts, ReadSource, Worker, WorkerSettings};
use async_trait::async_trait;
use connectors::handoff::Paper;
use connectors::upstream::HttpUpstream;
use model::source::{CsvMapping, Delivery};
use model::{Actor, Secret, TargetName, Timestamp};
use ports::handoff::Paperwork;
use ports::{BackChannel, Entropy, Passwords, Store, Target, Upstream};
use store::{LocalKeyRing, StorePorts, TenureStore};

use crate::directory::Directory;
use crate::elsewhere::Elsewhere;
use crate::memory::Memory;
use crate::relying::Relying;
use crate::time::{SeededEntropy, SimClock};

/// The targets of a company, by name.
#[derive(Clone, Default)]
pub struct Company {
    /// The targets.
    pub targets: BTreeMap<TargetName, Arc<Memory>>,
    /// Who is told of the end of sessions.
    pub relying: Arc<Relying>,
    /// Who knows passwords that have not been moved here yet.
    pub directory: Arc<Directory>,
    /// Who vouches for people.
    pub elsewhere: Arc<Elsewhere>,
}

impl Company {
    /// A company with these targets, all empty.
    #[must_use]
    pub fn with(names: &[&str]) -> Self {
        let targets = names
            .iter()
            .map(|n| (TargetName::from(*n), Arc::new(Memory::new())))
            .collect();
        Self {
            targets,
            relying: Arc::default(),
            directory: Arc::default(),
            elsewhere: Arc::default(),
        }
    }

    /// One target.
    ///
    /// # Panics
    /// When there is none of this name: the test is wrong.
    #[must_use]
    pub fn target(&self, name: &str) -> Arc<Memory> {
        Arc::clone(&self.targets[&TargetName::from(name)])
    }
}

#[async_trait]
impl Connect for Company {
    async fn connect(
        &self,
        app: &documents::App,
        _secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        let target = self.targets.get(&app.name).cloned();
        target
            .map(|t| t as Arc<dyn Target>)
            .ok_or_else(|| format!("no target `{}`", app.name))
    }

    fn back_channel(&self, allow_private: bool) -> Result<Arc<dyn BackChannel>, String> {
        Ok(self.relying.way(allow_private))
    }

    fn upstream(&self, _allow_private: bool) -> Result<Arc<dyn Upstream>, String> {
        Ok(self.elsewhere.way())
    }

    /// As a node does: over the network of this host.
    fn metadata(&self, allow_private: bool) -> Result<Arc<dyn Upstream>, String> {
        Ok(Arc::new(HttpUpstream::metadata(allow_private)?))
    }

    fn passwords(
        &self,
        _directory: &documents::PasswordDirectory,
        _secret: Secret,
    ) -> Result<Arc<dyn Passwords>, String> {
        Ok(self.directory.way())
    }

    fn paperwork(&self) -> Option<Arc<dyn Paperwork>> {
        Some(Arc::new(Paper))
    }
}

/// Reads CSV as production does.
pub struct Csv;

impl ReadSource for Csv {
    fn read(&self, mapping: &CsvMapping, place: &str, bytes: &[u8]) -> Delivery {
        connectors::csv_source::read(place, bytes, mapping)
    }
}

/// One node.
pub struct Node {
    /// Its use-cases.
    pub app: Arc<App>,
    /// Its hands.
    pub worker: Worker,
    /// Its clock.
    pub clock: Arc<SimClock>,
}

impl Node {
    /// A node over the store at `path`, or one in memory.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub fn open(
        path: Option<&Path>,
        clock: Arc<SimClock>,
        entropy: Arc<SeededEntropy>,
        connect: Arc<dyn Connect>,
        holder: &str,
    ) -> Result<Self, String> {
        let keyring = Arc::new(keyring()?);
        let ports = StorePorts {
            clock: Arc::clone(&clock) as _,
            entropy: Arc::clone(&entropy) as _,
            keyring: Arc::clone(&keyring) as _,
        };
        let store = TenureStore::open_inline(path, ports).map_err(|e| e.to_string())?;
        Ok(Self::over(
            Arc::new(store),
            clock,
            entropy,
            keyring,
            connect,
            holder,
        ))
    }

    /// A node over any store.
    #[must_use]
    pub fn over(
        store: Arc<dyn Store>,
        clock: Arc<SimClock>,
        entropy: Arc<SeededEntropy>,
        keyring: Arc<LocalKeyRing>,
        connect: Arc<dyn Connect>,
        holder: &str,
    ) -> Self {
        let app = Arc::new(App::new(Parts {
            store,
            clock: Arc::clone(&clock) as _,
            entropy,
            keyring,
            connect,
            source: Arc::new(Csv),
        }));
        let worker = Worker::new(Arc::clone(&app), WorkerSettings::new(holder));
        Self { app, worker, clock }
    }

    /// Works and lets time pass until nothing is left to do, at most `rounds` times.
    ///
    /// # Errors
    /// When the store fails, or work is left after that many rounds.
    pub async fn settle(&self, rounds: u32) -> Result<u64, String> {
        let mut sent = 0;
        for _ in 0..rounds {
            let pass = self.worker.pass().await.map_err(|e| e.to_string())?;
            sent += pass.sent;
            match pass.next {
                None => return Ok(sent),
                Some(next) => self.clock.advance_to(next),
            }
        }
        Err(format!("still busy after {rounds} rounds"))
    }
}

/// A key ring of a fixed secret, the same for every node of a test.
///
/// # Errors
/// Never for the fixed secret used here.
pub fn keyring() -> Result<LocalKeyRing, String> {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(7));
    LocalKeyRing::new(&[7; 32], &[], entropy).map_err(|e| e.to_string())
}

/// A fixed morning.
#[must_use]
pub fn morning() -> Timestamp {
    Timestamp::from_micros(1_795_422_600_000_000)
}

/// Someone who may do anything, by name.
#[must_use]
pub fn actor(name: &str) -> Actor {
    Actor::named(name)
}
