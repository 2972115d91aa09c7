//! Backup of an SQLite store from one read transaction, and restore in one write transaction.

use std::io::{BufRead, Write};
use std::path::Path;

use ports::store::StoreError;
use rusqlite::{Connection, TransactionBehavior};

use super::batch;
use super::cells::{each, run, unavailable};
use super::{connection, schema};
use crate::committer::head_row;
use crate::dialect;
use crate::dump::{Backup, BackupError, Reader, Writer, tables};
use crate::rows;

/// Writes a dump from one snapshot of this connection.
pub(super) fn dump<W: Write>(conn: &Connection, out: W) -> Result<(W, Backup), BackupError> {
    let tx = conn.unchecked_transaction().map_err(|e| unavailable(&e))?;
    // The first read fixes the snapshot; a reader never keeps the writer waiting.
    let head = rows::head(&run(&tx, rows::HEAD_SQL, &[])?.1)?;
    let mut writer = Writer::begin(out, head)?;
    for table in tables() {
        writer.table(table)?;
        each(&tx, &dialect::select_all(table), |row| writer.row(row))?;
    }
    writer.finish()
}

/// Restores a dump into a file without records.
pub(crate) fn restore<R: BufRead>(
    path: &Path,
    mut dump: Reader<'_, R>,
) -> Result<Backup, BackupError> {
    let mut conn = connection::writer(path)?;
    schema::migrate(&mut conn, dump.sealer())?;
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|e| unavailable(&e))?;
    let there = rows::head(&run(&tx, rows::HEAD_SQL, &[])?.1)?.seq;
    if there > 0 {
        return Err(BackupError::NotEmpty(there));
    }
    while let Some(chunk) = dump.next()? {
        let sql = dialect::insert(chunk.table);
        for row in chunk.rows {
            run(&tx, &sql, &row)?;
        }
        batch::apply(&tx, chunk.ops)?;
    }
    let (head, backup) = dump.finish()?;
    batch::apply(&tx, vec![head_row(&head)])?;
    tx.commit()
        .map_err(|e| StoreError::Unavailable(format!("SQLite: {e}")))?;
    Ok(backup)
}
