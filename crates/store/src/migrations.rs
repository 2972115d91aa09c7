//! Schema versions. A store that is newer than this program is refused, never guessed at.

use crate::OpenError;
use crate::dialect::{self, Dialect};
use crate::ground;
use crate::rows;
use crate::schema;
use crate::table::{Cell, Row, Table};

/// The schema that this program writes.
///
/// 2: engagements and terminations. 3: decisions about apps that were there before. 4: names that
/// accounts have lost, what people are told of, and tasks. 5: when secrets end, how many accounts
/// may be used, of whom something was told when, and every decision about a wave. 6: people signing
/// in. 7: relying parties being told of the end of a session. 8: proofs of clients that came before, and devices
/// that wait.
pub(crate) const SCHEMA: u64 = 8;

/// What brings a database to [`SCHEMA`].
pub(crate) struct Migration {
    /// The statements, in order.
    pub(crate) steps: Vec<Step>,
    /// Whether the projections are empty now and must be computed again from the log, in the
    /// same transaction.
    pub(crate) rebuild: bool,
}

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

/// What to do, in one transaction, to come from this version (`None`: an empty database) to
/// [`SCHEMA`].
///
/// `there`: the tables that the database has. Whatever is derived from the log is dropped and
/// computed again: a change of projections needs no statements of its own, and cannot come out
/// differently from a rebuild.
pub(crate) fn migration(
    dialect: Dialect,
    version: Option<u64>,
    there: &[String],
) -> Result<Migration, OpenError> {
    let (steps, rebuild) = match version {
        None => (first(dialect), false),
        Some(SCHEMA) => (Vec::new(), false),
        Some(1..SCHEMA) => (again(dialect, there), true),
        Some(found) if found > SCHEMA => {
            return Err(OpenError::Newer {
                found,
                known: SCHEMA,
            });
        }
        Some(found) => {
            return Err(OpenError::Damaged(format!(
                "there never was a schema version {found}"
            )));
        }
    };
    Ok(Migration { steps, rebuild })
}

fn plain(sql: String) -> Step {
    Step {
        sql,
        args: Vec::new(),
    }
}

/// Drops what is derived from the log, and makes every table that is not there.
fn again(dialect: Dialect, there: &[String]) -> Vec<Step> {
    let kept = || ground::GROUND.iter().chain(schema::OPERATIONAL);
    let is_kept = |name: &String| kept().any(|table| table.name == name.as_str());
    let old = there.iter().filter(|name| !is_kept(name));
    let mut steps: Vec<Step> = old.map(|name| plain(dialect::drop(name))).collect();
    let missing = all_tables()
        .filter(|table| !is_kept(&table.name.to_owned()) || !there.iter().any(|t| t == table.name));
    steps.extend(
        missing
            .flat_map(|table| dialect::create(dialect, table))
            .map(plain),
    );
    steps.push(Step {
        sql: dialect::put(&ground::META),
        args: vec![
            Cell::Text("schema".to_owned()),
            Cell::Text(SCHEMA.to_string()),
        ],
    });
    steps
}

fn first(dialect: Dialect) -> Vec<Step> {
    let mut steps: Vec<Step> = all_tables()
        .flat_map(|table| dialect::create(dialect, table))
        .map(plain)
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
