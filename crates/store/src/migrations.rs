//! Schema versions. A store that is newer than this program is refused, never guessed at.

use crate::OpenError;
use crate::dialect::{self, Dialect};
use crate::ground;
use crate::rows;
use crate::schema;
use crate::table::{Cell, Row, Table};

/// The schema that this program writes.
pub(crate) const SCHEMA: u64 = 1;

/// Reads the version from a store that has the table `meta`.
pub(crate) const READ_VERSION: &str = "SELECT value FROM meta WHERE name = 'schema'";

/// A statement of a migration.
pub(crate) struct Step {
    pub(crate) sql: String,
    pub(crate) args: Vec<Cell>,
}

/// All tables: ground, projections, operational.
pub(crate) fn all_tables() -> impl Iterator<Item = &'static Table> {
    [ground::GROUND, schema::TABLES, schema::OPERATIONAL]
        .into_iter()
        .flatten()
        .copied()
}

/// The version in the answer to [`READ_VERSION`].
pub(crate) fn version(rows: &[Row]) -> Result<u64, OpenError> {
    let row = rows.first().ok_or_else(|| {
        OpenError::Damaged("the table `meta` does not name its schema version".to_owned())
    })?;
    let text = rows::text(row, 0, "meta.value")?;
    text.parse()
        .map_err(|_| OpenError::Damaged(format!("the schema version is `{text:.40}`")))
}

/// What to execute, in one transaction, to come from this version (`None`: an empty database)
/// to [`SCHEMA`].
pub(crate) fn steps(dialect: Dialect, version: Option<u64>) -> Result<Vec<Step>, OpenError> {
    match version {
        None => Ok(first(dialect)),
        Some(SCHEMA) => Ok(Vec::new()),
        Some(found) if found > SCHEMA => Err(OpenError::Newer {
            found,
            known: SCHEMA,
        }),
        Some(found) => Err(OpenError::Damaged(format!(
            "there never was a schema version {found}"
        ))),
    }
}

fn first(dialect: Dialect) -> Vec<Step> {
    let mut steps: Vec<Step> = all_tables()
        .flat_map(|table| dialect::create(dialect, table))
        .map(|sql| Step {
            sql,
            args: Vec::new(),
        })
        .collect();
    steps.push(Step {
        sql: dialect::insert(&ground::HEAD),
        args: vec![
            Cell::Int(1),
            Cell::Int(0),
            Cell::Blob(vec![0; 32]),
            Cell::Int(0),
        ],
    });
    steps.push(Step {
        sql: dialect::insert(&ground::META),
        args: vec![
            Cell::Text("schema".to_owned()),
            Cell::Text(SCHEMA.to_string()),
        ],
    });
    steps
}
