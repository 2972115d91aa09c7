//! Tables as SQL. The two databases differ in type names and in how they take many rows.

use crate::table::{Table, Type};

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    fn type_name(self, kind: Type) -> &'static str {
        match (self, kind) {
            (Self::Sqlite, Type::Int) => "INTEGER",
            (Self::Sqlite, Type::Text) => "TEXT",
            (Self::Sqlite, Type::Blob) => "BLOB",
            (Self::Postgres, Type::Int) => "BIGINT",
            // Texts compare by their bytes, as SQLite compares them.
            (Self::Postgres, Type::Text) => "TEXT COLLATE \"C\"",
            (Self::Postgres, Type::Blob) => "BYTEA",
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

fn names(table: &Table) -> impl Iterator<Item = &'static str> {
    table.columns.iter().map(|(name, _)| *name)
}

/// The columns of the primary key.
pub(crate) fn key_columns(table: &Table) -> &'static [(&'static str, Type)] {
    &table.columns[..table.key]
}

/// The statements that make a table and its indexes.
pub(crate) fn create(dialect: Dialect, table: &Table) -> Vec<String> {
    let mut parts: Vec<String> = table
        .columns
        .iter()
        .enumerate()
        .map(|(i, (name, kind))| {
            let null = if i < table.key { " NOT NULL" } else { "" };
            format!("{} {}{null}", quoted(name), dialect.type_name(*kind))
        })
        .collect();
    parts.push(format!(
        "PRIMARY KEY ({})",
        list(names(table).take(table.key))
    ));
    let strict = if dialect == Dialect::Sqlite {
        " STRICT"
    } else {
        ""
    };
    let mut statements = vec![format!(
        "CREATE TABLE {} ({}){strict}",
        quoted(table.name),
        parts.join(", ")
    )];
    for columns in table.indexes {
        statements.push(format!(
            "CREATE INDEX {} ON {} ({})",
            quoted(&format!("{}_by_{}", table.name, columns.join("_"))),
            quoted(table.name),
            list(columns.iter().copied())
        ));
    }
    statements
}

/// Drops a table of an older schema.
pub(crate) fn drop(name: &str) -> String {
    format!("DROP TABLE {}", quoted(name))
}

/// All columns of all rows, by key.
pub(crate) fn select_all(table: &Table) -> String {
    let key = list(names(table).take(table.key));
    format!(
        "SELECT {} FROM {} ORDER BY {key}",
        list(names(table)),
        quoted(table.name)
    )
}

fn on_conflict(table: &Table) -> String {
    let key = list(names(table).take(table.key));
    let rest: Vec<String> = names(table)
        .skip(table.key)
        .map(|n| format!("\"{n}\" = excluded.\"{n}\""))
        .collect();
    if rest.is_empty() {
        format!(" ON CONFLICT ({key}) DO NOTHING")
    } else {
        format!(" ON CONFLICT ({key}) DO UPDATE SET {}", rest.join(", "))
    }
}

/// One row; a row with the same key makes it fail.
pub(crate) fn insert(table: &Table) -> String {
    let marks: Vec<String> = (1..=table.columns.len()).map(|i| format!("${i}")).collect();
    let columns = list(names(table));
    format!(
        "INSERT INTO {} ({columns}) VALUES ({})",
        quoted(table.name),
        marks.join(", ")
    )
}

/// One row; a row with the same key is replaced.
pub(crate) fn put(table: &Table) -> String {
    insert(table) + &on_conflict(table)
}

/// Deletes one row by its key.
pub(crate) fn delete(table: &Table) -> String {
    let matches: Vec<String> = names(table)
        .take(table.key)
        .enumerate()
        .map(|(i, n)| format!("\"{n}\" = ${}", i + 1))
        .collect();
    format!(
        "DELETE FROM {} WHERE {}",
        quoted(table.name),
        matches.join(" AND ")
    )
}

/// Deletes all rows whose column has a value.
pub(crate) fn delete_where(table: &Table, column: &str) -> String {
    format!(
        "DELETE FROM {} WHERE {} = $1",
        quoted(table.name),
        quoted(column)
    )
}

/// PostgreSQL: many rows, each parameter the array of one column.
pub(crate) fn insert_many(table: &Table) -> String {
    let arrays = arrays(table.columns);
    let columns = list(names(table));
    format!(
        "INSERT INTO {} ({columns}) SELECT * FROM UNNEST({arrays})",
        quoted(table.name)
    )
}

/// PostgreSQL: many rows, replacing those with the same keys.
pub(crate) fn put_many(table: &Table) -> String {
    insert_many(table) + &on_conflict(table)
}

/// PostgreSQL: deletes many rows by their keys.
pub(crate) fn delete_many(table: &Table) -> String {
    let key = key_columns(table);
    let columns = list(key.iter().map(|(name, _)| *name));
    let matches: Vec<String> = key
        .iter()
        .map(|(n, _)| format!("t.\"{n}\" = d.\"{n}\""))
        .collect();
    format!(
        "DELETE FROM {} t USING UNNEST({}) AS d ({columns}) WHERE {}",
        quoted(table.name),
        arrays(key),
        matches.join(" AND ")
    )
}

/// PostgreSQL: deletes all rows whose column has one of the values in an array.
pub(crate) fn delete_where_any(table: &Table, column: &str) -> String {
    format!(
        "DELETE FROM {} WHERE {} = ANY($1)",
        quoted(table.name),
        quoted(column)
    )
}

fn arrays(columns: &[(&str, Type)]) -> String {
    let arrays: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(i, (_, kind))| {
            let name = match kind {
                Type::Int => "BIGINT",
                Type::Text => "TEXT",
                Type::Blob => "BYTEA",
            };
            format!("${}::{name}[]", i + 1)
        })
        .collect();
    arrays.join(", ")
}
