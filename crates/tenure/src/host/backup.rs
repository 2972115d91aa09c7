//! `tenure backup` and `tenure restore`.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use model::{Actor, Scope};
use store::{BackupError, PostgresOptions, TenureStore};

use super::{compose, directory};
use crate::config::Config;
use crate::failure::Failure;
use crate::output;

/// How long the token lives that a restore gives, because it revokes all others.
const LIFE: Duration = Duration::from_secs(24 * 3600);

/// Writes a backup of one instant, while the server goes on.
pub async fn backup(config: &Path, file: &Path) -> Result<(), Failure> {
    let config = Config::load(config)?;
    let house = compose::open(&config).await?;
    let fail = |e: &std::io::Error| Failure::file("the backup", file, e);
    let out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(|e| fail(&e))?;
    let written = write(&house.store, out).await;
    if written.is_err() {
        // Half a backup must not be taken for one.
        let _ = std::fs::remove_file(file);
    }
    let made = written?;
    eprintln!(
        "{} holds {} rows, up to record {} of {}.",
        file.display(),
        made.rows,
        made.seq,
        made.at
    );
    eprintln!("It can only be restored with the master key, which is not in it.");
    Ok(())
}

async fn write(store: &TenureStore, out: File) -> Result<store::Backup, Failure> {
    let (mut out, made) = store.backup(BufWriter::new(out)).await.map_err(failed)?;
    out.flush()
        .and_then(|()| out.get_ref().sync_all())
        .map_err(|e| failed(e.into()))?;
    Ok(made)
}

/// Restores a backup into an empty store, and makes it safe: writing is off, every token is
/// revoked, open plans are void, and every app is observed before it is written to again.
pub async fn restore(config: &Path, file: &Path, principal: &str) -> Result<(), Failure> {
    let config = Config::load(config)?;
    let _lock = directory::lock(&config.directory)?;
    let ports = compose::ports(&config)?;
    let input = File::open(file).map_err(|e| Failure::file("the backup", file, &e))?;
    let input = BufReader::new(input);
    let read = match &config.postgres {
        Some(url) => {
            let options = PostgresOptions::default();
            TenureStore::restore_postgres(url, options, &ports, input).await
        }
        None => {
            let path = config.directory.join(compose::SQLITE);
            TenureStore::restore_sqlite(&path, &ports, input)
        }
    };
    let read = read.map_err(failed)?;
    let house = compose::open(&config).await?;
    let host = Actor::named("host");
    house.app.restored(&host, read.seq, read.at).await?;
    let issued = house
        .app
        .issue_token(None, &host, principal, &Scope::ALL, LIFE, &[])
        .await;
    house.store.close().await;
    let (_, secret) = issued?;
    eprintln!(
        "{} rows are back, up to record {} of {}.",
        read.rows, read.seq, read.at
    );
    eprintln!("Writing is off and every token is revoked. After `tenure serve`, look at");
    eprintln!(
        "`tenure targets`, then `tenure resume-writing --reason …` observes every app first."
    );
    eprintln!("A token of `{principal}` for 24 hours, shown this once:");
    output::print(&format!("{}\n", secret.expose()))
}

fn failed(error: BackupError) -> Failure {
    use std::error::Error as _;
    let why = error
        .source()
        .map_or(String::new(), |source| format!(": {source}"));
    let problem = match &error {
        BackupError::Io(_) => format!("{error}{why}"),
        _ => error.to_string(),
    };
    Failure::new(
        "TNR-CLI-0017",
        problem,
        "nothing was kept. A restore needs a whole backup, its master key, and an empty store: \
         move tenure.db out of the data directory, or make an empty database",
    )
}
