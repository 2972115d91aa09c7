//! SQLite: one file, one writer, WAL, every commit synced before it is answered.

mod backup;
mod batch;
mod cells;
mod connection;
mod reads;
mod schema;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ports::store::StoreError;
use rusqlite::Connection;
use tokio::sync::mpsc;

pub(crate) use backup::restore;
pub use reads::SqliteReads;

use crate::OpenError;
use crate::committer::{Answer, Core, Job, Prepared, QUEUE};
use crate::remembered::Remembered;
use crate::sealer::Sealer;
use crate::table::{Row, RowOp};

/// The connection of a store without threads: it appends and reads on the calling thread.
#[derive(Clone)]
pub(crate) struct Inline {
    conn: Arc<Mutex<Connection>>,
    core: Arc<Core>,
}

impl Inline {
    pub(crate) fn append(&self, append: &Prepared) -> Answer {
        let mut conn = self.conn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers = batch::commit(&mut conn, &self.core, &[append]);
        answers.pop().unwrap_or_else(|| {
            Err(ports::store::AppendError::Broken(
                "the append has no answer".to_owned(),
            ))
        })
    }
}

/// A database in memory with the projections' tables, to compute them anew.
pub(crate) struct Scratch(Connection);

impl Scratch {
    pub(crate) fn new(sealer: &Sealer) -> Result<Self, OpenError> {
        let mut conn = connection::in_memory()?;
        schema::migrate(&mut conn, sealer)?;
        Ok(Self(conn))
    }

    pub(crate) fn apply(&self, ops: Vec<RowOp>) -> Result<(), StoreError> {
        batch::apply(&self.0, ops)
    }

    pub(crate) fn query(&self, sql: &str) -> Result<Vec<Row>, StoreError> {
        Ok(cells::run(&self.0, sql, &[])?.1)
    }
}

/// Opens or creates the file and starts its writer.
pub(crate) fn open(
    path: &Path,
    core: Core,
    remembered: Arc<Remembered>,
) -> Result<(SqliteReads, mpsc::Sender<Job>), OpenError> {
    let mut conn = connection::writer(path)?;
    schema::migrate(&mut conn, &core.sealer)?;
    let (sender, jobs) = mpsc::channel(QUEUE);
    writer::start(path.to_owned(), conn, (core, remembered), jobs)
        .map_err(|e| OpenError::Unavailable(format!("the writer thread does not start: {e}")))?;
    Ok((SqliteReads::pooled(path.to_owned(), sender.clone()), sender))
}

/// Opens a file, or a database in memory, without threads.
pub(crate) fn open_inline(
    path: Option<&Path>,
    core: Core,
) -> Result<(SqliteReads, Inline), OpenError> {
    let mut conn = match path {
        Some(path) => connection::writer(path)?,
        None => connection::in_memory()?,
    };
    schema::migrate(&mut conn, &core.sealer)?;
    let conn = Arc::new(Mutex::new(conn));
    let inline = Inline {
        conn: Arc::clone(&conn),
        core: Arc::new(core),
    };
    Ok((SqliteReads::inline(conn), inline))
}
