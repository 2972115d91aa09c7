//! The schema of an SQLite file: made on first opening, brought up to date, refused when it is
//! newer than we are.

use rusqlite::{Connection, TransactionBehavior};

use super::batch;
use super::cells::run;
use super::connection::failed;
use crate::OpenError;
use crate::dialect::Dialect;
use crate::migrations::{self, Step};
use crate::rebuild;
use crate::sealer::Sealer;
use crate::table::Cell;

/// Brings the file to the schema that this program knows, in one transaction.
pub(super) fn migrate(conn: &mut Connection, sealer: &Sealer) -> Result<(), OpenError> {
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|e| failed(&e))?;
    let found = run(
        &tx,
        "SELECT name FROM sqlite_schema WHERE type = 'table'",
        &[],
    )?
    .1;
    let found: Vec<String> = found
        .iter()
        .map(|row| crate::rows::text(row, 0, "sqlite_schema.name").map(str::to_owned))
        .collect::<Result<_, _>>()?;
    let version = if found.iter().any(|name| name == "meta") {
        let rows = run(&tx, migrations::READ_VERSION, &[])?.1;
        Some(migrations::version(&rows)?)
    } else if found.is_empty() {
        None
    } else {
        return Err(OpenError::Damaged(
            "the file is an SQLite database, but not one of Tenure's".to_owned(),
        ));
    };
    let migration = migrations::migration(Dialect::Sqlite, version, &found)?;
    for Step { sql, args } in migration.steps {
        run(&tx, &sql, &args)?;
    }
    if migration.rebuild {
        compute_again(&tx, sealer)?;
    }
    tx.commit().map_err(|e| failed(&e))
}

fn compute_again(tx: &Connection, sealer: &Sealer) -> Result<(), OpenError> {
    let keys = rebuild::keys(&run(tx, rebuild::KEYS_SQL, &[])?.1)?;
    let mut after = 0;
    loop {
        let args = [Cell::Int(after), Cell::Int(rebuild::PAGE)];
        let page = run(tx, &rebuild::page_sql(), &args)?.1;
        let Some((ops, last)) = rebuild::ops(sealer, &keys, &page)? else {
            return Ok(());
        };
        batch::apply(tx, ops)?;
        after = last;
    }
}
