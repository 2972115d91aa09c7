//! One batch on SQLite: load, decide, write, commit.

use model::Timestamp;
use ports::store::{AppendError, StoreError};
use rusqlite::{Connection, TransactionBehavior};

use super::cells::{Statement, run, unavailable};
use crate::committer::{
    Answer, Changes, Core, LeaseRow, Needs, Prepared, Snapshot, coalesce, decide, fail_all,
};
use crate::rows;
use crate::table::{Cell, Row, RowOp};
use crate::{dialect, ground};

/// The kind of event that erases a person.
const ERASED: &str = "subject.erased/1";

/// Commits a batch. If the database refuses it as a whole, each append is tried alone, so that
/// the one at fault fails and the others do not.
pub(super) fn commit(conn: &mut Connection, core: &Core, batch: &[&Prepared]) -> Vec<Answer> {
    match attempt(conn, core, batch) {
        Ok(answers) => answers,
        Err(_) if batch.len() > 1 => batch
            .iter()
            .flat_map(|one| commit(conn, core, &[*one]))
            .collect(),
        Err(error) => vec![Err(AppendError::Busy(error.to_string()))],
    }
}

/// One transaction. An error means that it was rolled back: nothing of it happened.
fn attempt(
    conn: &mut Connection,
    core: &Core,
    batch: &[&Prepared],
) -> Result<Vec<Answer>, StoreError> {
    let tx = conn
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|e| unavailable(&e))?;
    let now = core.now();
    let snapshot = load(&tx, &Needs::of(batch.iter().copied()), now)?;
    let decision = decide(batch, snapshot, &core.sealer, now);
    let mut answers = decision.answers;
    if decision.changes.records.is_empty() {
        return Ok(answers);
    }
    let erases = decision
        .changes
        .records
        .iter()
        .any(|record| record.kind == ERASED);
    write(&tx, decision.changes)?;
    if let Err(error) = tx.commit() {
        // A commit that failed half way may still be found in the file by the next one who
        // opens it.
        fail_all(
            &mut answers,
            &AppendError::Broken(format!("SQLite: {error}")),
        );
    } else if erases {
        empty_wal(conn);
    }
    Ok(answers)
}

/// Takes erased rows, and the destroyed key, out of the WAL as well. A reader in the middle of a
/// query may hold it up; then the next checkpoint does it.
fn empty_wal(conn: &Connection) {
    match run(conn, "PRAGMA wal_checkpoint(TRUNCATE)", &[]) {
        Ok((_, answer)) if answer.first().is_some_and(|row| row[0] == Cell::Int(0)) => {}
        Ok(_) => tracing::info!("the WAL still holds erased rows until readers are done"),
        Err(error) => tracing::warn!(%error, "the WAL could not be emptied after an erasure"),
    }
}

/// The first row of each of many look-ups by one statement.
struct Lookup<'c>(Statement<'c>);

impl<'c> Lookup<'c> {
    fn by(conn: &'c Connection, sql: &str) -> Result<Self, StoreError> {
        Statement::of(conn, sql).map(Self)
    }

    fn one(&mut self, args: &[Cell]) -> Result<Option<Row>, StoreError> {
        Ok(self.0.run(args)?.into_iter().next())
    }
}

fn load(conn: &Connection, needs: &Needs, now: Timestamp) -> Result<Snapshot, StoreError> {
    let head = rows::head(&run(conn, rows::HEAD_SQL, &[])?.1)?;
    let mut snapshot = Snapshot::at_head(head, now);
    let mut streams = Lookup::by(conn, "SELECT head FROM stream WHERE name = $1")?;
    for name in &needs.streams {
        if let Some(row) = streams.one(&[Cell::Text(name.clone())])? {
            snapshot
                .streams
                .insert(name.clone(), rows::count(&row, 0, "stream.head")?);
        }
    }
    let sql = "SELECT 1 FROM one_time WHERE space = $1 AND value = $2";
    let mut used = Lookup::by(conn, sql)?;
    for (space, value) in &needs.one_time {
        let args = [Cell::Text(space.clone()), Cell::Blob(value.clone())];
        if used.one(&args)?.is_some() {
            snapshot.used.insert((space.clone(), value.clone()));
        }
    }
    let mut leases = Lookup::by(conn, "SELECT fence, until FROM lease WHERE name = $1")?;
    for name in &needs.leases {
        if let Some(row) = leases.one(&[Cell::Text(name.clone())])? {
            let fence = rows::count(&row, 0, "lease.fence")?;
            let until = Timestamp::from_micros(rows::int(&row, 1, "lease.until")?);
            snapshot
                .leases
                .insert(name.clone(), LeaseRow { fence, until });
        }
    }
    if needs.stops {
        for row in run(conn, "SELECT target FROM stop", &[])?.1 {
            snapshot
                .stops
                .insert(rows::text(&row, 0, "stop.target")?.to_owned());
        }
    }
    let sql = "SELECT minted, ring_key, sealed FROM subject_key WHERE subject = $1";
    let mut keys = Lookup::by(conn, sql)?;
    for subject in &needs.keys {
        if let Some(row) = keys.one(&[Cell::Text(subject.clone())])? {
            snapshot.keys.insert(subject.clone(), rows::key(&row, 0)?);
        }
    }
    Ok(snapshot)
}

fn write(conn: &Connection, changes: Changes) -> Result<(), StoreError> {
    let sql = dialect::insert(&ground::RECORD);
    let records = changes.records.into_iter().map(rows::record);
    Statement::of(conn, &sql)?.run_for_each(records)?;
    // Plain inserts: the primary key is the second, independent reason why nothing is used twice.
    let sql = dialect::insert(&ground::ONE_TIME);
    let used = changes.used.into_iter();
    let used = used.map(|(space, value, seq)| {
        [
            Cell::Text(space),
            Cell::Blob(value),
            Cell::Int(seq.cast_signed()),
        ]
    });
    if used.len() != 0 {
        Statement::of(conn, &sql)?.run_for_each(used)?;
    }
    apply(conn, changes.ops)
}

/// Executes row operations, one execution per row.
pub(super) fn apply(conn: &Connection, ops: Vec<RowOp>) -> Result<(), StoreError> {
    for table in coalesce(ops) {
        for (column, value) in table.delete_where {
            run(conn, &dialect::delete_where(table.table, column), &[value])?;
        }
        if !table.delete.is_empty() {
            let sql = dialect::delete(table.table);
            Statement::of(conn, &sql)?.run_for_each(table.delete)?;
        }
        if !table.put.is_empty() {
            let sql = dialect::put(table.table);
            Statement::of(conn, &sql)?.run_for_each(table.put)?;
        }
    }
    Ok(())
}
