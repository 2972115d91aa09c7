//! Backup while the store works, and restore into an empty one.

use std::io::{BufRead, Write};
use std::path::Path;

use crate::db::Db;
use crate::dump::{Backup, BackupError, Reader};
use crate::{PostgresOptions, StorePorts, TenureStore, parts, postgres, sqlite};

impl TenureStore {
    /// Writes a backup of one instant, while others go on writing, and hands the output back.
    /// The caller syncs it.
    ///
    /// # Errors
    /// When the database does not answer or the output cannot be written.
    pub async fn backup<W: Write + Send + 'static>(
        &self,
        out: W,
    ) -> Result<(W, Backup), BackupError> {
        match self.db() {
            Db::Sqlite(reads) => reads.dump(out).await,
            Db::Postgres(reads) => reads.dump(out).await,
        }
    }

    /// Restores a backup into an SQLite file that is not there yet or holds no record. Nothing
    /// of it is kept unless all of it is sound. The store may be opened afterwards.
    ///
    /// The caller then decides what a restored store may do (writing stopped, intents void).
    ///
    /// # Errors
    /// See [`BackupError`].
    pub fn restore_sqlite(
        path: &Path,
        ports: &StorePorts,
        input: impl BufRead,
    ) -> Result<Backup, BackupError> {
        let (sealer, _) = parts(ports);
        sqlite::restore(path, Reader::begin(input, &sealer)?)
    }

    /// Restores a backup into an empty PostgreSQL database; see [`TenureStore::restore_sqlite`].
    ///
    /// # Errors
    /// See [`BackupError`].
    pub async fn restore_postgres(
        url: &str,
        options: PostgresOptions,
        ports: &StorePorts,
        input: impl BufRead + Send,
    ) -> Result<Backup, BackupError> {
        let (sealer, _) = parts(ports);
        postgres::restore(url, options, Reader::begin(input, &sealer)?).await
    }
}
