//! The store: both databases behind one write door.
//!
//! An append goes through a queue to the one committer of this node (`committer`), which
//! decides a batch of them upon one snapshot, writes events and projections in one transaction,
//! and answers after that is durable. [`project`] computes the rows of the current-state tables
//! ([`schema`]) from events alone; `reads` answers from those tables, through [`db`], once for
//! both databases.

mod backup;
mod committer;
pub mod db;
mod decode;
mod dialect;
mod door;
mod dump;
mod ground;
mod keyring;
mod lease;
mod log;
mod migrations;
mod postgres;
pub mod project;
mod reads;
mod rebuild;
mod remembered;
mod rows;
pub mod schema;
mod sealer;
mod shelf;
mod sqlite;
pub mod table;
mod verify;

use std::path::Path;
use std::sync::Arc;

use ports::store::StoreError;
use ports::{Clock, Entropy, KeyRing};

pub use db::Db;
pub use dump::{Backup, BackupError};
pub use keyring::{LocalKeyRing, UnusableSecret};
pub use postgres::PostgresOptions;
pub use sealer::Sealer;
pub use verify::ExportError;

use committer::Core;
use door::Way;
use remembered::Remembered;
use shelf::Shelf;

/// Why a store cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The file or the server cannot be reached.
    #[error("the database cannot be opened: {0}")]
    Unavailable(String),
    /// The database would lose acknowledged writes.
    #[error(
        "refusing to start: {setting} is `{found}`, which can lose acknowledged writes; set it to \
         `{want}`"
    )]
    Unsafe {
        /// What is set wrongly.
        setting: String,
        /// What it is.
        found: String,
        /// What it has to be.
        want: String,
    },
    /// A newer program wrote it.
    #[error(
        "the store has schema {found}; this program knows {known}: use the newer program, or \
         restore a backup made before the upgrade"
    )]
    Newer {
        /// The schema found.
        found: u64,
        /// The newest schema this program knows.
        known: u64,
    },
    /// It is not a store of ours, or no longer.
    #[error("the database is not usable: {0}")]
    Damaged(String),
    /// The connection string is wrong.
    #[error("the connection string is not usable: {0}")]
    Address(String),
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(why) => Self::Unavailable(why),
            StoreError::Damaged(why) => Self::Damaged(why),
        }
    }
}

/// What a store needs from outside.
#[derive(Clone)]
pub struct StorePorts {
    /// Says when things happen.
    pub clock: Arc<dyn Clock>,
    /// Data keys and nonces are drawn from it.
    pub entropy: Arc<dyn Entropy>,
    /// Seals data keys.
    pub keyring: Arc<dyn KeyRing>,
}

/// A node's store. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct TenureStore {
    db: Db,
    way: Way,
    sealer: Arc<Sealer>,
    clock: Arc<dyn Clock>,
    /// Where nobody else writes.
    remembered: Option<Arc<Remembered>>,
}

impl TenureStore {
    /// Opens or creates an SQLite file, with a writer thread and pooled readers. Needs a tokio
    /// runtime for its reads. It is the only one to write to the file for as long as it is open.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_sqlite(path: &Path, ports: StorePorts) -> Result<Self, OpenError> {
        let (sealer, core) = parts(&ports);
        let remembered = Arc::new(Remembered::default());
        let (reads, queue) = sqlite::open(path, core, Arc::clone(&remembered))?;
        Ok(Self {
            db: Db::Sqlite(reads),
            way: Way::Queue(queue),
            sealer,
            clock: ports.clock,
            remembered: Some(remembered),
        })
    }

    /// Opens an SQLite file, or a database in memory, without threads, queues or timers: every
    /// call does its work on the calling thread before it returns. For deterministic simulation.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_inline(path: Option<&Path>, ports: StorePorts) -> Result<Self, OpenError> {
        let (sealer, core) = parts(&ports);
        let (reads, inline) = sqlite::open_inline(path, core)?;
        Ok(Self {
            db: Db::Sqlite(reads),
            way: Way::Inline(inline),
            sealer,
            clock: ports.clock,
            remembered: None,
        })
    }

    /// Opens a PostgreSQL database (`postgres://user@host/database?sslmode=verify-full`). Any
    /// number of nodes may open the same one.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open_postgres(
        url: &str,
        options: PostgresOptions,
        ports: StorePorts,
    ) -> Result<Self, OpenError> {
        let (sealer, core) = parts(&ports);
        let (reads, queue) = postgres::open(url, options, core).await?;
        Ok(Self {
            db: Db::Postgres(reads),
            way: Way::Queue(queue),
            sealer,
            clock: ports.clock,
            remembered: None,
        })
    }

    /// A part of what is remembered, where something is.
    pub(crate) fn shelf<'s, K, V>(
        &'s self,
        of: impl FnOnce(&'s Remembered) -> &'s Shelf<K, V>,
    ) -> Option<&'s Shelf<K, V>> {
        self.remembered.as_deref().map(of)
    }

    /// Ends the committer after what waits before this call; later appends are refused. The file
    /// of an SQLite store may then be opened by another process.
    pub async fn close(&self) {
        self.way.close().await;
    }

    /// The query layer.
    pub(crate) fn db(&self) -> &Db {
        &self.db
    }

    /// What seals and opens personal parts.
    pub(crate) fn sealer(&self) -> &Sealer {
        &self.sealer
    }

    /// The node's clock.
    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
}

fn parts(ports: &StorePorts) -> (Arc<Sealer>, Core) {
    let sealer = Arc::new(Sealer::new(
        Arc::clone(&ports.keyring),
        Arc::clone(&ports.entropy),
    ));
    let core = Core {
        sealer: Arc::clone(&sealer),
        clock: Arc::clone(&ports.clock),
    };
    (sealer, core)
}
