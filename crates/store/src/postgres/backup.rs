//! Backup of a PostgreSQL store from one REPEATABLE READ snapshot, and restore in one
//! transaction.

use std::io::{BufRead, Write};
use std::pin::pin;

use futures_util::TryStreamExt as _;
use ports::store::StoreError;
use tokio_postgres::types::ToSql;

use super::cells::{self, Column};
use super::connect::{Address, Connection};
use super::{PostgresOptions, batch, describe, schema};
use crate::committer::head_row;
use crate::dialect;
use crate::dump::{Backup, BackupError, Reader, Writer, tables};
use crate::rows;
use crate::table::Row;

fn failed(error: tokio_postgres::Error) -> BackupError {
    BackupError::Store(StoreError::Unavailable(describe(&error)))
}

/// Writes a dump from one snapshot.
pub(super) async fn dump<W: Write>(
    connection: &Connection,
    out: W,
) -> Result<(W, Backup), BackupError> {
    let client = &connection.client;
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    client.batch_execute(begin).await.map_err(failed)?;
    let found = client.query(rows::HEAD_SQL, &[]).await.map_err(failed)?;
    let found: Vec<Row> = found.iter().map(cells::row).collect::<Result<_, _>>()?;
    let mut writer = Writer::begin(out, rows::head(&found)?)?;
    for table in tables() {
        writer.table(table)?;
        let none: [&(dyn ToSql + Sync); 0] = [];
        let sql = dialect::select_all(table);
        let mut rows = pin!(client.query_raw(&sql, none).await.map_err(failed)?);
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            writer.row(cells::row(&row)?)?;
        }
    }
    client.batch_execute("COMMIT").await.map_err(failed)?;
    writer.finish()
}

/// Restores a dump into a database without records.
pub(crate) async fn restore<R: BufRead>(
    url: &str,
    options: PostgresOptions,
    mut dump: Reader<'_, R>,
) -> Result<Backup, BackupError> {
    let mut connection = Address::parse(url, options)?.connect().await?;
    schema::migrate(&mut connection, dump.sealer()).await?;
    let client = &connection.client;
    client.batch_execute("BEGIN").await.map_err(failed)?;
    let locked = format!("{} FOR UPDATE", rows::HEAD_SQL);
    let found = client.query(&locked, &[]).await.map_err(failed)?;
    let found: Vec<Row> = found.iter().map(cells::row).collect::<Result<_, _>>()?;
    let there = rows::head(&found)?.seq;
    if there > 0 {
        return Err(BackupError::NotEmpty(there));
    }
    // Whatever fails from here on, the connection is dropped and the server rolls back.
    while let Some(chunk) = dump.next()? {
        let columns = cells::columns(chunk.table.columns, chunk.rows)?;
        let mut all = vec![(dialect::insert_many(chunk.table), columns)];
        all.extend(batch::bulk(chunk.ops)?);
        execute(&connection, all).await?;
    }
    let (head, backup) = dump.finish()?;
    execute(&connection, batch::bulk(vec![head_row(&head)])?).await?;
    client.batch_execute("COMMIT").await.map_err(failed)?;
    Ok(backup)
}

async fn execute(
    connection: &Connection,
    all: Vec<(String, Vec<Column>)>,
) -> Result<(), BackupError> {
    for (sql, columns) in all {
        let statement = connection.prepare(&sql).await.map_err(failed)?;
        let params: Vec<&(dyn ToSql + Sync)> = columns.iter().map(Column::as_param).collect();
        connection
            .client
            .execute(&statement, &params)
            .await
            .map_err(failed)?;
    }
    Ok(())
}
