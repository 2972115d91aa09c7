//! Connections to an SQLite file, and the promises that are read back from them.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::OpenError;

/// How long a connection waits for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// The connection that writes. Creates the file, readable by its owner only, if there is none.
pub(super) fn writer(path: &Path) -> Result<Connection, OpenError> {
    create_private(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|e| failed(&e))?;
    settings(&conn)?;
    assert_text(&conn, "journal_mode", "wal")?;
    assert_durable(&conn)?;
    Ok(conn)
}

/// A database in memory, for simulations: nothing of it survives its last handle.
pub(super) fn in_memory() -> Result<Connection, OpenError> {
    let conn = Connection::open_in_memory().map_err(|e| failed(&e))?;
    settings(&conn)?;
    Ok(conn)
}

/// A connection that only reads.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    // Opened read-write: a read-only handle cannot recover a WAL that a crash left behind.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY)?;
    keep_plans(&conn)?;
    conn.set_prepared_statement_cache_capacity(128);
    conn.execute_batch(
        "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -2000;",
    )?;
    Ok(conn)
}

/// The WAL grows to 16 MB before it is written back: the pages at the end of the log and of its indexes are
/// written again by every append of a large one.
///
/// What is deleted is overwritten (`secure_delete`), so that erasing a person leaves nothing of
/// them in free pages; see also [`super::batch`], which then empties the WAL.
fn settings(conn: &Connection) -> Result<(), OpenError> {
    conn.busy_timeout(BUSY).map_err(|e| failed(&e))?;
    keep_plans(conn).map_err(|e| failed(&e))?;
    conn.set_prepared_statement_cache_capacity(256);
    conn.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA secure_delete = ON;
         PRAGMA cell_size_check = ON;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA cache_size = -8000;",
    )
    .map_err(|e| failed(&e))
}

/// A statement keeps its query plan whatever is bound to it (the query planner stability
/// guarantee). Without it, a cached statement is compiled again whenever a bound value could
/// change the plan: a seventh of the time of a run of the simulation.
fn keep_plans(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(drop)
}

/// A setting that was not taken would lose acknowledged writes: better not to start.
fn assert_durable(conn: &Connection) -> Result<(), OpenError> {
    assert_int(conn, "synchronous", 2)?;
    assert_int(conn, "foreign_keys", 1)?;
    // Only macOS has a flush that is weaker than the one asked for here.
    if cfg!(target_os = "macos") {
        assert_int(conn, "fullfsync", 1)?;
        assert_int(conn, "checkpoint_fullfsync", 1)?;
    }
    Ok(())
}

fn assert_int(conn: &Connection, setting: &'static str, want: i64) -> Result<(), OpenError> {
    let found: i64 = conn
        .pragma_query_value(None, setting, |row| row.get(0))
        .map_err(|e| failed(&e))?;
    refuse_unless(
        found == want,
        setting,
        &found.to_string(),
        &want.to_string(),
    )
}

fn assert_text(conn: &Connection, setting: &'static str, want: &str) -> Result<(), OpenError> {
    let found: String = conn
        .pragma_query_value(None, setting, |row| row.get(0))
        .map_err(|e| failed(&e))?;
    refuse_unless(found == want, setting, &found, want)
}

fn refuse_unless(
    holds: bool,
    setting: &'static str,
    found: &str,
    want: &str,
) -> Result<(), OpenError> {
    if holds {
        return Ok(());
    }
    Err(OpenError::Unsafe {
        setting: format!("SQLite's {setting}"),
        found: found.to_owned(),
        want: want.to_owned(),
    })
}

#[cfg(unix)]
fn create_private(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::OpenOptionsExt as _;
    // SQLite gives its WAL the permissions of the database file.
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path);
    file.map(drop)
        .map_err(|e| OpenError::Unavailable(format!("{}: {e}", path.display())))
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> Result<(), OpenError> {
    let file = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path);
    file.map(drop)
        .map_err(|e| OpenError::Unavailable(format!("{}: {e}", path.display())))
}

pub(super) fn failed(error: &rusqlite::Error) -> OpenError {
    OpenError::Unavailable(format!("SQLite: {error}"))
}
