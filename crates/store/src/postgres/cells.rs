//! Cells in and out of PostgreSQL statements.

use std::error::Error;

use bytes::BytesMut;
use ports::store::StoreError;
use tokio_postgres::Row as PgRow;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use crate::table::{self, Cell, Row};

impl ToSql for Cell {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(n), &Type::INT8) => n.to_sql(ty, out),
            (Self::Int(n), &Type::INT4) => i32::try_from(*n)?.to_sql(ty, out),
            (Self::Text(text), &(Type::TEXT | Type::VARCHAR | Type::UNKNOWN)) => {
                text.to_sql(ty, out)
            }
            (Self::Blob(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            (Self::Int(_), _) => Err(format!("an integer was given where {ty} is expected").into()),
            (Self::Text(_), _) => Err(format!("a text was given where {ty} is expected").into()),
            (Self::Blob(_), _) => Err(format!("bytes were given where {ty} is expected").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A row of an answer.
pub(super) fn row(row: &PgRow) -> Result<Row, StoreError> {
    let damaged = |e: tokio_postgres::Error| StoreError::Damaged(e.to_string());
    let mut cells = Vec::with_capacity(row.len());
    for (i, column) in row.columns().iter().enumerate() {
        let cell = match *column.type_() {
            Type::INT8 => row
                .try_get::<_, Option<i64>>(i)
                .map_err(damaged)?
                .map(Cell::Int),
            Type::INT4 => row
                .try_get::<_, Option<i32>>(i)
                .map_err(damaged)?
                .map(|n| Cell::Int(n.into())),
            Type::BOOL => row
                .try_get::<_, Option<bool>>(i)
                .map_err(damaged)?
                .map(|b| Cell::Int(b.into())),
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::UNKNOWN => row
                .try_get::<_, Option<String>>(i)
                .map_err(damaged)?
                .map(Cell::Text),
            Type::BYTEA => row
                .try_get::<_, Option<Vec<u8>>>(i)
                .map_err(damaged)?
                .map(Cell::Blob),
            ref other => {
                return Err(StoreError::Damaged(format!(
                    "the column `{}` of an answer has the type {other}; cast it to bigint, text \
                     or bytea",
                    column.name()
                )));
            }
        };
        cells.push(cell.unwrap_or(Cell::Null));
    }
    Ok(cells)
}

/// One column of many rows, as an array parameter.
pub(super) enum Column {
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Blobs(Vec<Option<Vec<u8>>>),
}

impl Column {
    /// The parameter itself.
    pub(super) fn as_param(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Ints(values) => values,
            Self::Texts(values) => values,
            Self::Blobs(values) => values,
        }
    }
}

/// Rows turned into columns of these types. The committer checked before that they fit; what
/// does not is an error all the same.
pub(super) fn columns(
    types: &[(&'static str, table::Type)],
    rows: Vec<Row>,
) -> Result<Vec<Column>, StoreError> {
    let mut columns: Vec<Column> = types
        .iter()
        .map(|(_, kind)| match kind {
            table::Type::Int => Column::Ints(Vec::with_capacity(rows.len())),
            table::Type::Text => Column::Texts(Vec::with_capacity(rows.len())),
            table::Type::Blob => Column::Blobs(Vec::with_capacity(rows.len())),
        })
        .collect();
    for row in rows {
        for (column, cell) in columns.iter_mut().zip(row) {
            match (column, cell) {
                (Column::Ints(values), Cell::Int(n)) => values.push(Some(n)),
                (Column::Texts(values), Cell::Text(text)) => values.push(Some(text)),
                (Column::Blobs(values), Cell::Blob(bytes)) => values.push(Some(bytes)),
                (Column::Ints(values), Cell::Null) => values.push(None),
                (Column::Texts(values), Cell::Null) => values.push(None),
                (Column::Blobs(values), Cell::Null) => values.push(None),
                _ => {
                    return Err(StoreError::Unavailable(
                        "a row has a cell of another type than its column".to_owned(),
                    ));
                }
            }
        }
    }
    Ok(columns)
}
