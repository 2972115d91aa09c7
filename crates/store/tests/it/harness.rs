//! Stores for the suites: SQLite in a file, SQLite inline, PostgreSQL.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use model::Timestamp;
use ports::conformance::cluster::{self, Cluster};
use ports::conformance::doubles::{ManualClock, SeededEntropy};
use ports::conformance::samples;
use ports::conformance::store::Harness;
use ports::{Clock as _, Entropy};
use store::{LocalKeyRing, PostgresOptions, StorePorts, TenureStore};

/// The tenant of all test stores.
pub const TENANT: &str = "acme";

/// Ports with a clock that is moved by hand.
pub fn ports(clock: Arc<ManualClock>, seed: u64) -> StorePorts {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(seed));
    let keyring = Arc::new(LocalKeyRing::new(&[7; 32], &[], Arc::clone(&entropy)).unwrap());
    StorePorts {
        clock,
        entropy,
        keyring,
    }
}

/// Which database, and how it is opened.
pub enum Kind {
    File,
    Inline,
    Memory,
    Postgres(&'static Cluster),
}

/// A harness for one kind of database.
pub struct Stores {
    kind: Kind,
    clock: Arc<ManualClock>,
    dir: tempfile::TempDir,
    made: AtomicU64,
    /// Where the last fresh store is.
    last: std::sync::Mutex<String>,
}

impl Stores {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            clock: Arc::new(ManualClock::at(samples::at(0))),
            dir: tempfile::tempdir().unwrap(),
            made: AtomicU64::new(0),
            last: std::sync::Mutex::new(String::new()),
        }
    }

    /// On the PostgreSQL of this process, if there is one.
    pub fn postgres() -> Option<Self> {
        cluster::shared().map(|cluster| Self::new(Kind::Postgres(cluster)))
    }

    /// The path or URL of the last fresh store.
    pub fn place(&self) -> String {
        self.last.lock().unwrap().clone()
    }

    /// Another store on the same path or URL.
    pub async fn another(&self, place: &str) -> TenureStore {
        self.open(place).await
    }

    async fn open(&self, place: &str) -> TenureStore {
        let seed = self.made.fetch_add(1, Ordering::Relaxed);
        let ports = ports(Arc::clone(&self.clock), seed);
        let path = PathBuf::from(place);
        match self.kind {
            Kind::File => TenureStore::open_sqlite(&path, ports).unwrap(),
            Kind::Inline => TenureStore::open_inline(Some(&path), ports).unwrap(),
            Kind::Memory => TenureStore::open_inline(None, ports).unwrap(),
            Kind::Postgres(_) => {
                let options = PostgresOptions::default();
                TenureStore::open_postgres(place, options, ports)
                    .await
                    .unwrap()
            }
        }
    }
}

#[async_trait]
impl Harness for Stores {
    type Store = TenureStore;

    async fn fresh(&self) -> TenureStore {
        self.clock.set(samples::at(0));
        let place = match self.kind {
            Kind::Postgres(cluster) => cluster.database(),
            _ => {
                let number = self.made.fetch_add(1, Ordering::Relaxed);
                self.dir
                    .path()
                    .join(format!("{number}.db"))
                    .display()
                    .to_string()
            }
        };
        let store = self.open(&place).await;
        *self.last.lock().unwrap() = place;
        store
    }

    async fn reopened(&self, store: TenureStore) -> TenureStore {
        if matches!(self.kind, Kind::Memory) {
            return store;
        }
        store.close().await;
        drop(store);
        self.open(&self.place()).await
    }

    async fn another_node(&self, _: &TenureStore) -> Option<TenureStore> {
        match self.kind {
            Kind::Postgres(_) => Some(self.open(&self.place()).await),
            _ => None,
        }
    }

    fn set_clock(&self, now: Timestamp) {
        self.clock.set(now);
    }

    async fn pass(&self, time: Duration) {
        match self.kind {
            // Its leases live by the server's clock: they are aged instead.
            Kind::Postgres(cluster) => {
                let place = self.place();
                let database = place.rsplit('/').next().unwrap().split('?').next().unwrap();
                let sql = format!("UPDATE lease SET until = until - {}", time.as_micros());
                cluster.sql(database, &sql);
            }
            _ => self.clock.set(self.clock.now().plus(time)),
        }
    }

    async fn chain_problems(&self, store: &TenureStore) -> Vec<String> {
        let report = store.verify(TENANT, Vec::new()).await.unwrap();
        report.problems.iter().map(ToString::to_string).collect()
    }

    async fn rebuild_differences(&self, store: &TenureStore) -> Vec<String> {
        store.rebuild_differences().await.unwrap()
    }
}
