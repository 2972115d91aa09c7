//! Tables as data. Projections are computed as row operations from events alone, and each
//! dialect executes row operations in bulk: that is all the difference between two databases
//! that a projection ever sees.

/// The type of a column. Instants are `Int` (microseconds), hashes `Blob`, ids and JSON `Text`,
/// truth values `Int` 0 or 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// 64-bit integer.
    Int,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Blob,
}

/// The value of one column of one row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cell {
    /// No value.
    Null,
    /// An integer.
    Int(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A table: its columns, of which the first `key` are the primary key.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, key columns first.
    pub columns: &'static [(&'static str, Type)],
    /// How many of them are the primary key.
    pub key: usize,
    /// Secondary indexes: each a list of columns.
    pub indexes: &'static [&'static [&'static str]],
}

/// One change of one table. Operations of an append are executed in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOp {
    /// Insert the row, or replace the one with the same key. One cell per column.
    Put(&'static Table, Vec<Cell>),
    /// Delete the row with this key, if there is one.
    Delete(&'static Table, Vec<Cell>),
    /// Delete all rows whose column has this value.
    DeleteWhere(&'static Table, &'static str, Cell),
}

/// A row of a query's answer.
pub type Row = Vec<Cell>;
