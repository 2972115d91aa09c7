//! Leases: one row each, changed by one statement.
//!
//! Time is the node's clock on SQLite, which one process owns, and the database's clock on
//! PostgreSQL, which several nodes share: their own clocks need not agree.

use std::time::Duration;

use async_trait::async_trait;
use model::Timestamp;
use ports::store::{Fence, Lease, StoreError};

use crate::TenureStore;
use crate::db::Db;
use crate::rows;
use crate::table::Cell;

/// Microseconds since 1970 by the database's clock, while the statement runs.
pub(crate) const POSTGRES_NOW: &str = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint";

#[async_trait]
impl Lease for TenureStore {
    async fn acquire(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Fence>, StoreError> {
        let ttl = i64::try_from(ttl.as_micros())
            .unwrap_or(i64::MAX / 4)
            .min(i64::MAX / 4);
        let mut args = vec![
            Cell::Text(name.to_owned()),
            Cell::Text(holder.to_owned()),
            Cell::Int(ttl),
        ];
        let now = match self.db() {
            Db::Postgres(_) => POSTGRES_NOW,
            Db::Sqlite(_) => {
                args.push(Cell::Int(self.clock().now().as_micros()));
                "$4"
            }
        };
        // A renewal keeps the fence; every other grant has a higher one, the same holder's after
        // its lease ran out included: in between, someone else might have held it.
        let sql = format!(
            "INSERT INTO lease (name, holder, fence, until) VALUES ($1, $2, 1, {now} + $3)
             ON CONFLICT (name) DO UPDATE SET
               holder = excluded.holder,
               fence = CASE WHEN lease.holder = excluded.holder AND lease.until > {now}
                            THEN lease.fence ELSE lease.fence + 1 END,
               until = excluded.until
             WHERE lease.holder = excluded.holder OR lease.until <= {now}
             RETURNING fence, until"
        );
        let (_, found) = self.db().execute_returning(&sql, &args).await?;
        found
            .first()
            .map(|row| {
                let fence = rows::count(row, 0, "lease.fence")?;
                let until = Timestamp::from_micros(rows::int(row, 1, "lease.until")?);
                Ok(Fence { fence, until })
            })
            .transpose()
    }

    async fn release(&self, name: &str, holder: &str, fence: u64) -> Result<(), StoreError> {
        // The row stays, so that its fence is never given out again.
        let sql = "UPDATE lease SET holder = '', until = 0
                   WHERE name = $1 AND holder = $2 AND fence = $3";
        let fence = Cell::Int(i64::try_from(fence).unwrap_or(i64::MAX));
        let args = [
            Cell::Text(name.to_owned()),
            Cell::Text(holder.to_owned()),
            fence,
        ];
        self.db().execute(sql, &args).await?;
        Ok(())
    }
}
