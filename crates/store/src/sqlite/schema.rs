//! The schema of an SQLite file: made on first opening, refused when it is newer than we are.

use rusqlite::{Connection, TransactionBehavior};

use super::cells::run;
use super::connection::failed;
use crate::OpenError;
use crate::dialect::Dialect;
use crate::migrations::{self, Step};

/// Brings the file to the schema that this program knows.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), OpenError> {
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|e| failed(&e))?;
    let found = run(
        &tx,
        "SELECT name FROM sqlite_schema WHERE type = 'table'",
        &[],
    )?
    .1;
    let meta = vec![crate::table::Cell::Text("meta".to_owned())];
    let version = if found.contains(&meta) {
        let rows = run(&tx, migrations::READ_VERSION, &[])?.1;
        Some(migrations::version(&rows)?)
    } else if found.is_empty() {
        None
    } else {
        return Err(OpenError::Damaged(
            "the file is an SQLite database, but not one of Tenure's".to_owned(),
        ));
    };
    for Step { sql, args } in migrations::steps(Dialect::Sqlite, version)? {
        run(&tx, &sql, &args)?;
    }
    tx.commit().map_err(|e| failed(&e))
}
