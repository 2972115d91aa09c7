//! Cells in and out of SQLite statements.

use ports::store::StoreError;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};

use crate::table::{Cell, Row};

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(n) => ValueRef::Integer(*n),
            Self::Text(t) => ValueRef::Text(t.as_bytes()),
            Self::Blob(b) => ValueRef::Blob(b),
        }))
    }
}

/// The statement as SQLite numbers parameters: `?7` is the seventh, wherever it first appears,
/// while `$7` is a name that would have to be looked for among all the others. No statement here
/// holds a `$` that is not a parameter.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

/// Binds `$1..$n` by their number.
fn bind(statement: &mut CachedStatement<'_>, args: &[Cell]) -> Result<(), StoreError> {
    let count = statement.parameter_count();
    if count > args.len() {
        return Err(StoreError::Unavailable(format!(
            "a statement has {count} parameters and {} values",
            args.len()
        )));
    }
    for (index, arg) in args.iter().take(count).enumerate() {
        statement
            .raw_bind_parameter(index + 1, arg)
            .map_err(|e| unavailable(&e))?;
    }
    Ok(())
}

/// Runs one statement to its end: the rows it answers, and how many it changed.
pub(super) fn run(
    conn: &Connection,
    sql: &str,
    args: &[Cell],
) -> Result<(u64, Vec<Row>), StoreError> {
    let mut statement = Statement::of(conn, sql)?;
    let found = statement.run(args)?;
    let changed = if statement.0.readonly() {
        0
    } else {
        conn.changes()
    };
    Ok((changed, found))
}

/// A statement that is looked up once and run for many rows of values.
pub(super) struct Statement<'c>(CachedStatement<'c>);

impl<'c> Statement<'c> {
    pub(super) fn of(conn: &'c Connection, sql: &str) -> Result<Self, StoreError> {
        let found = conn.prepare_cached(&numbered(sql));
        found.map(Self).map_err(|e| unavailable(&e))
    }

    /// Runs it to its end, with these values; the rows it answers.
    pub(super) fn run(&mut self, args: &[Cell]) -> Result<Vec<Row>, StoreError> {
        bind(&mut self.0, args)?;
        let columns = self.0.column_count();
        let mut found = Vec::new();
        let mut rows = self.0.raw_query();
        while let Some(row) = rows.next().map_err(|e| unavailable(&e))? {
            let mut cells = Vec::with_capacity(columns);
            for i in 0..columns {
                cells.push(cell(row.get_ref(i).map_err(|e| unavailable(&e))?)?);
            }
            found.push(cells);
        }
        Ok(found)
    }

    /// Runs it once for each of these.
    pub(super) fn run_for_each<A: AsRef<[Cell]>>(
        &mut self,
        all: impl IntoIterator<Item = A>,
    ) -> Result<(), StoreError> {
        for args in all {
            bind(&mut self.0, args.as_ref())?;
            self.0.raw_execute().map_err(|e| unavailable(&e))?;
        }
        Ok(())
    }
}

/// Hands each row of a query to `take`, as it is read.
pub(super) fn each<E: From<StoreError>>(
    conn: &Connection,
    sql: &str,
    mut take: impl FnMut(Row) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = conn.prepare_cached(sql).map_err(|e| unavailable(&e))?;
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|e| unavailable(&e))? {
        let cells: Result<Row, StoreError> = (0..columns)
            .map(|i| cell(row.get_ref(i).map_err(|e| unavailable(&e))?))
            .collect();
        take(cells?)?;
    }
    Ok(())
}

fn cell(value: ValueRef<'_>) -> Result<Cell, StoreError> {
    match value {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(n) => Ok(Cell::Int(n)),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cell::Text(text.to_owned())),
            Err(_) => Err(StoreError::Damaged("a text column is not UTF-8".to_owned())),
        },
        ValueRef::Blob(bytes) => Ok(Cell::Blob(bytes.to_vec())),
        ValueRef::Real(_) => Err(StoreError::Damaged(
            "a column holds a float, which nothing here writes".to_owned(),
        )),
    }
}

pub(super) fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(format!("SQLite: {error}"))
}
