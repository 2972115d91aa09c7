//! Whether either database takes a row.

use ports::store::AppendError;

use crate::table::{Cell, RowOp, Table, Type};

/// At most this many bytes in the indexed columns of one row: PostgreSQL's B-trees hold no
/// more than 2,704 in one entry, and one such row must not fail a whole batch.
const MAX_INDEXED: usize = 2_600;

/// Refuses a row operation that one of the databases would not take: it must fail its own
/// append only.
pub(super) fn fits(op: &RowOp) -> Result<(), AppendError> {
    let (table, columns, cells): (&Table, &[_], &[Cell]) = match op {
        RowOp::Put(table, row) => (table, table.columns, row),
        RowOp::Delete(table, key) => (table, &table.columns[..table.key], key),
        RowOp::DeleteWhere(table, column, cell) => {
            let at = table.columns.iter().position(|(name, _)| name == column);
            let at = at.ok_or_else(|| {
                AppendError::Invalid(format!("`{}` has no column `{column}`", table.name))
            })?;
            (table, &table.columns[at..=at], std::slice::from_ref(cell))
        }
    };
    if cells.len() != columns.len() {
        return Err(AppendError::Invalid(format!(
            "a row of `{}` has {} cells; it has {} columns",
            table.name,
            cells.len(),
            columns.len()
        )));
    }
    for (index, ((name, kind), cell)) in columns.iter().zip(cells).enumerate() {
        let good = match (kind, cell) {
            (_, Cell::Null) => index >= table.key || matches!(op, RowOp::DeleteWhere(..)),
            (Type::Int, Cell::Int(_)) | (Type::Blob, Cell::Blob(_)) => true,
            (Type::Text, Cell::Text(text)) => !text.contains('\0'),
            _ => false,
        };
        if !good {
            return Err(AppendError::Invalid(format!(
                "`{}.{name}` cannot hold this value (a missing key, a wrong type or a NUL \
                 character)",
                table.name
            )));
        }
    }
    if let RowOp::Put(table, row) = op {
        check_indexed(table, row)?;
    }
    Ok(())
}

fn check_indexed(table: &Table, row: &[Cell]) -> Result<(), AppendError> {
    // Most rows are smaller as a whole.
    if row.iter().map(size).sum::<usize>() <= MAX_INDEXED {
        return Ok(());
    }
    let size = |name: &str| {
        let at = table.columns.iter().position(|(n, _)| *n == name);
        at.and_then(|at| row.get(at)).map_or(0, size)
    };
    let key: Vec<&str> = table
        .columns
        .iter()
        .take(table.key)
        .map(|(name, _)| *name)
        .collect();
    let indexes = table.indexes.iter().map(|columns| columns.to_vec());
    for columns in std::iter::once(key).chain(indexes) {
        let bytes: usize = columns.iter().map(|name| size(name)).sum();
        if bytes > MAX_INDEXED {
            return Err(AppendError::Invalid(format!(
                "`{}` ({}) would hold {bytes} bytes; at most {MAX_INDEXED} are allowed",
                table.name,
                columns.join(", ")
            )));
        }
    }
    Ok(())
}

fn size(cell: &Cell) -> usize {
    match cell {
        Cell::Text(text) => text.len(),
        Cell::Blob(bytes) => bytes.len(),
        Cell::Int(_) => 8,
        Cell::Null => 0,
    }
}
