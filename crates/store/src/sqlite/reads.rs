//! Reads from SQLite: a few read-only connections on blocking threads, or, inline, the one
//! connection that also writes.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ports::store::StoreError;
use rusqlite::Connection;
use tokio::sync::{Semaphore, mpsc, oneshot};

use super::cells::{run, unavailable};
use super::{backup, connection};
use crate::committer::Job;
use crate::dump::{Backup, BackupError};
use crate::table::{Cell, Row};

/// How many queries run at the same time; more wait.
const READERS: usize = 4;

/// Queries to one SQLite database.
#[derive(Clone)]
pub struct SqliteReads(Arc<Mode>);

enum Mode {
    Pool(Pool),
    Inline(Arc<Mutex<Connection>>),
}

struct Pool {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
    writer: mpsc::Sender<Job>,
}

impl SqliteReads {
    /// Read-only connections to the file; operational writes go through the writer's queue.
    pub(super) fn pooled(path: PathBuf, writer: mpsc::Sender<Job>) -> Self {
        Self(Arc::new(Mode::Pool(Pool {
            path,
            idle: Mutex::new(Vec::new()),
            permits: Semaphore::new(READERS),
            writer,
        })))
    }

    /// Everything on the calling thread, over the one connection.
    pub(super) fn inline(conn: Arc<Mutex<Connection>>) -> Self {
        Self(Arc::new(Mode::Inline(conn)))
    }

    pub(crate) async fn query(&self, sql: String, args: Vec<Cell>) -> Result<Vec<Row>, StoreError> {
        self.query_and(sql, args, Ok).await
    }

    /// A query, and what is made of its rows on the thread that read them.
    pub(crate) async fn query_and<T: Send + 'static>(
        &self,
        sql: String,
        args: Vec<Cell>,
        make: impl FnOnce(Vec<Row>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match &*self.0 {
            Mode::Inline(conn) => {
                let conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
                let rows = run(&conn, &sql, &args)?.1;
                drop(conn);
                make(rows)
            }
            Mode::Pool(pool) => {
                let permit = pool.permits.acquire().await.map_err(|_| closed())?;
                let mode = Arc::clone(&self.0);
                let read = move || match &*mode {
                    Mode::Pool(pool) => make(pool.query(&sql, &args)?),
                    Mode::Inline(_) => Err(closed()),
                };
                let made = tokio::task::spawn_blocking(read).await;
                drop(permit);
                made.map_err(|_| StoreError::Unavailable("a read was interrupted".to_owned()))?
            }
        }
    }

    /// A query by key, on the calling thread.
    pub(crate) fn look_up(&self, sql: &str, args: &[Cell]) -> Result<Vec<Row>, StoreError> {
        match &*self.0 {
            Mode::Inline(conn) => {
                let conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(run(&conn, sql, args)?.1)
            }
            // Of these there are never more at once than threads that poll.
            Mode::Pool(pool) => pool.query(sql, args),
        }
    }

    /// Writes a dump: over a connection of its own, on a blocking thread, or inline.
    pub(crate) async fn dump<W: Write + Send + 'static>(
        &self,
        out: W,
    ) -> Result<(W, Backup), BackupError> {
        match &*self.0 {
            Mode::Inline(conn) => {
                let conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
                backup::dump(&conn, out)
            }
            Mode::Pool(pool) => {
                let path = pool.path.clone();
                let dump = move || {
                    let conn = connection::reader(&path).map_err(|e| unavailable(&e))?;
                    backup::dump(&conn, out)
                };
                let interrupted =
                    |_| StoreError::Unavailable("a backup was interrupted".to_owned());
                tokio::task::spawn_blocking(dump)
                    .await
                    .map_err(interrupted)?
            }
        }
    }

    pub(crate) async fn execute(
        &self,
        sql: &str,
        args: &[Cell],
    ) -> Result<(u64, Vec<Row>), StoreError> {
        match &*self.0 {
            Mode::Inline(conn) => {
                let conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
                run(&conn, sql, args)
            }
            Mode::Pool(pool) => {
                let (reply, answer) = oneshot::channel();
                let job = Job::Statement {
                    sql: sql.to_owned(),
                    args: args.to_vec(),
                    reply,
                };
                pool.writer.send(job).await.map_err(|_| closed())?;
                answer.await.map_err(|_| closed())?
            }
        }
    }
}

impl Pool {
    fn query(&self, sql: &str, args: &[Cell]) -> Result<Vec<Row>, StoreError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let conn = match idle {
            Some(conn) => conn,
            None => connection::reader(&self.path).map_err(|e| unavailable(&e))?,
        };
        let answer = run(&conn, sql, args);
        // A connection that failed is not trusted again.
        if answer.is_ok() {
            self.idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(conn);
        }
        Ok(answer?.1)
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}
