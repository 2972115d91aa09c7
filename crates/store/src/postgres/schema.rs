//! The schema of a PostgreSQL database: made on first opening, brought up to date, by one node at
//! a time, refused when it is newer than we are.

use tokio_postgres::Transaction;
use tokio_postgres::types::ToSql;

use super::cells::Column;
use super::connect::Connection;
use super::{batch, cells, describe};
use crate::OpenError;
use crate::dialect::Dialect;
use crate::migrations::{self, Step};
use crate::rebuild;
use crate::sealer::Sealer;
use crate::table::Row;

/// The advisory lock under which schemas are changed; any number that is ours alone.
const LOCK: i64 = 0x7465_6e75_7265;

fn failed(error: tokio_postgres::Error) -> OpenError {
    OpenError::Unavailable(describe(&error))
}

/// Brings the database to the schema that this program knows, in one transaction.
pub(super) async fn migrate(connection: &mut Connection, sealer: &Sealer) -> Result<(), OpenError> {
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
    let names = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()";
    let names = tx.query(names, &[]).await.map_err(failed)?;
    let names: Vec<String> = names
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    let migration = migrations::migration(Dialect::Postgres, version, &names)?;
    for Step { sql, args } in migration.steps {
        let params: Vec<&(dyn ToSql + Sync)> = args.iter().map(|a| a as _).collect();
        tx.execute(&sql, &params).await.map_err(failed)?;
    }
    if migration.rebuild {
        compute_again(&tx, sealer).await?;
    }
    tx.commit().await.map_err(failed)
}

async fn compute_again(tx: &Transaction<'_>, sealer: &Sealer) -> Result<(), OpenError> {
    let keys = rebuild::keys(&read(tx, rebuild::KEYS_SQL, &[]).await?)?;
    let mut after = 0_i64;
    loop {
        let page = read(tx, &rebuild::page_sql(), &[&after, &rebuild::PAGE]).await?;
        let Some((ops, last)) = rebuild::ops(sealer, &keys, &page)? else {
            return Ok(());
        };
        for (sql, columns) in batch::bulk(ops)? {
            let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(Column::as_param).collect();
            tx.execute(&sql, &params).await.map_err(failed)?;
        }
        after = last;
    }
}

async fn read(
    tx: &Transaction<'_>,
    sql: &str,
    args: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, OpenError> {
    let found = tx.query(sql, args).await.map_err(failed)?;
    Ok(found.iter().map(cells::row).collect::<Result<_, _>>()?)
}
