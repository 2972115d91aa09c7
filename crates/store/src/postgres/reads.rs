//! Reads from PostgreSQL: a few connections, each carrying many queries at a time.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ports::store::StoreError;
use tokio::sync::Mutex;
use tokio_postgres::types::ToSql;

use super::connect::{Address, Connection, away};
use super::describe;
use super::{backup, cells};
use crate::dump::{Backup, BackupError};
use crate::table::{Cell, Row};

/// How many connections.
const CONNECTIONS: usize = 3;

/// Queries to one PostgreSQL database.
#[derive(Clone)]
pub struct PostgresReads(Arc<Pool>);

struct Pool {
    address: Address,
    slots: [Mutex<Option<Arc<Connection>>>; CONNECTIONS],
    next: AtomicUsize,
}

impl PostgresReads {
    pub(super) fn new(address: Address) -> Self {
        Self(Arc::new(Pool {
            address,
            slots: std::array::from_fn(|_| Mutex::new(None)),
            next: AtomicUsize::new(0),
        }))
    }

    pub(crate) async fn query(&self, sql: &str, args: &[Cell]) -> Result<Vec<Row>, StoreError> {
        // A read changes nothing: when the server was restarted, it is simply asked again.
        match self.ask(sql, args).await {
            Err(Failure::Lost(_)) => Ok(self.ask(sql, args).await?.1),
            answer => Ok(answer?.1),
        }
    }

    pub(crate) async fn execute(
        &self,
        sql: &str,
        args: &[Cell],
    ) -> Result<(u64, Vec<Row>), StoreError> {
        Ok(self.ask(sql, args).await?)
    }

    /// Writes a dump over a connection of its own.
    pub(crate) async fn dump<W: Write>(&self, out: W) -> Result<(W, Backup), BackupError> {
        backup::dump(&self.0.address.connect().await?, out).await
    }

    async fn ask(&self, sql: &str, args: &[Cell]) -> Result<(u64, Vec<Row>), Failure> {
        let connection = self.connection().await?;
        let failed = |e: tokio_postgres::Error| {
            if connection.client.is_closed() || e.as_db_error().is_none() {
                Failure::Lost(describe(&e))
            } else {
                Failure::Refused(StoreError::Unavailable(describe(&e)))
            }
        };
        let statement = connection.prepare(sql).await.map_err(failed)?;
        let params: Vec<&(dyn ToSql + Sync)> = args.iter().map(|a| a as _).collect();
        if statement.columns().is_empty() {
            let count = connection
                .client
                .execute(&statement, &params)
                .await
                .map_err(failed)?;
            return Ok((count, Vec::new()));
        }
        let found = connection
            .client
            .query(&statement, &params)
            .await
            .map_err(failed)?;
        let rows: Result<Vec<Row>, StoreError> = found.iter().map(cells::row).collect();
        let rows = rows.map_err(Failure::Refused)?;
        Ok((rows.len() as u64, rows))
    }

    async fn connection(&self) -> Result<Arc<Connection>, Failure> {
        let at = self.0.next.fetch_add(1, Ordering::Relaxed) % CONNECTIONS;
        let mut slot = self.0.slots[at].lock().await;
        if let Some(open) = slot.as_ref().filter(|open| !open.client.is_closed()) {
            return Ok(Arc::clone(open));
        }
        let open = self
            .0
            .address
            .connect()
            .await
            .map_err(|e| Failure::Refused(away(e)))?;
        let open = Arc::new(open);
        *slot = Some(Arc::clone(&open));
        Ok(open)
    }
}

enum Failure {
    /// The connection is gone.
    Lost(String),
    /// The database said no, or answered what cannot be read.
    Refused(StoreError),
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Lost(why) => Self::Unavailable(why),
            Failure::Refused(error) => error,
        }
    }
}
