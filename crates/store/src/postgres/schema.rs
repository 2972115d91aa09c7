//! The schema of a PostgreSQL database: made on first opening, by one node at a time, refused
//! when it is newer than we are.

use tokio_postgres::types::ToSql;

use super::connect::Connection;
use super::{cells, describe};
use crate::OpenError;
use crate::dialect::Dialect;
use crate::migrations::{self, Step};
use crate::table::Row;

/// The advisory lock under which schemas are changed; any number that is ours alone.
const LOCK: i64 = 0x7465_6e75_7265;

/// Brings the database to the schema that this program knows.
pub(super) async fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let failed = |e: tokio_postgres::Error| OpenError::Unavailable(describe(&e));
    let tx = connection.client.transaction().await.map_err(failed)?;
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .await
        .map_err(failed)?;
    let there = "SELECT to_regclass('meta') IS NOT NULL";
    let there: bool = tx
        .query_one(there, &[])
        .await
        .map_err(failed)?
        .try_get(0)
        .map_err(failed)?;
    let version = if there {
        let rows = tx
            .query(migrations::READ_VERSION, &[])
            .await
            .map_err(failed)?;
        let rows: Vec<Row> = rows.iter().map(cells::row).collect::<Result<_, _>>()?;
        Some(migrations::version(&rows)?)
    } else {
        None
    };
    for Step { sql, args } in migrations::steps(Dialect::Postgres, version)? {
        let params: Vec<&(dyn ToSql + Sync)> = args.iter().map(|a| a as _).collect();
        tx.execute(&sql, &params).await.map_err(failed)?;
    }
    tx.commit().await.map_err(failed)
}
