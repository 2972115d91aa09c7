//! `tenure ledger`: verify the log, sign its head, take it away.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use evidence::{Report, SignedCheckpoint};
use model::Event;
use ports::KeyRing as _;
use ports::store::Log as _;

use super::compose::House;
use super::{compose, leavers};
use crate::command::digest::Since;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::output;

/// What is done with the ledger.
#[derive(Debug, clap::Subcommand)]
pub enum Ledger {
    /// Verifies the log, or a bundle of it, and says what it cannot exclude.
    Verify {
        /// A bundle made by `tenure ledger export` or `tenure ledger leavers`, instead of the store.
        #[arg(long, value_name = "FILE", requires_all = ["tenant", "key"])]
        bundle: Option<PathBuf>,
        /// Checkpoints that were kept elsewhere.
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
        /// The tenant that the bundle must be of.
        #[arg(long, requires = "bundle")]
        tenant: Option<String>,
        /// The tenant's public checkpoint key (base64), known from elsewhere.
        #[arg(long, requires = "bundle")]
        key: Option<String>,
    },
    /// Signs the log's head. Keep what it prints away from this host.
    Checkpoint,
    /// Writes the whole log as a bundle that verifies offline.
    Export {
        /// The file to make.
        file: PathBuf,
    },
    /// Writes the ledger of leavers of a time as a signed bundle, with the records that prove it.
    Leavers {
        /// The file to make.
        file: PathBuf,
        /// From when.
        #[command(flatten)]
        since: Since,
        /// Up to when; now if not given.
        #[arg(long, value_name = "INSTANT")]
        until: Option<String>,
        /// With the names and worker keys of people; without, only their ids are in it.
        #[arg(long)]
        names: bool,
        /// A checkpoint that was kept elsewhere, to prove the records against; one is made if not given.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Compares the current-state tables with what the log says.
    Rebuild,
}

/// Does it.
pub async fn run(config: &Path, command: Ledger) -> Result<Exit, Failure> {
    if let Ledger::Verify {
        bundle: Some(bundle),
        checkpoint,
        tenant,
        key,
    } = &command
    {
        let (tenant, key) = (
            tenant.as_deref().unwrap_or(""),
            key.as_deref().unwrap_or(""),
        );
        return verify_bundle(bundle, checkpoint, tenant, key);
    }
    let config = Config::load(config)?;
    let house = compose::open(&config).await?;
    let tenant = tenant_of(&house.store).await?;
    match command {
        Ledger::Verify { checkpoint, .. } => {
            let report = house
                .store
                .verify(&tenant, read_checkpoints(&checkpoint)?)
                .await?;
            tell(&report)
        }
        Ledger::Checkpoint => checkpoint(&house, &tenant).await,
        Ledger::Export { file } => export(&house, &tenant, &file).await,
        Ledger::Leavers {
            file,
            since,
            until,
            names,
            checkpoint,
        } => {
            let kept = read_checkpoints(checkpoint.as_slice())?;
            let asked = leavers::Asked {
                file: &file,
                since: &since.since,
                until: until.as_deref(),
                zone: &since.zone,
                names,
                // Of several the newest.
                checkpoint: kept.into_iter().max_by_key(|kept| kept.checkpoint.seq),
            };
            leavers::export(&house, &tenant, asked).await
        }
        Ledger::Rebuild => {
            let differences = house.store.rebuild_differences().await?;
            for difference in &differences {
                output::print(&format!("{difference}\n"))?;
            }
            if differences.is_empty() {
                eprintln!("Every current-state table is what the log says.");
                return Ok(Exit::Fine);
            }
            Ok(Exit::Error)
        }
    }
}

async fn checkpoint(house: &House, tenant: &str) -> Result<Exit, Failure> {
    let checkpoint = house.store.checkpoint(tenant).await?;
    let key = base64::engine::general_purpose::STANDARD.encode(house.keyring.verifying_key());
    eprintln!("The tenant is `{tenant}`, its checkpoint key {key}.");
    let text = serde_json::to_string(&checkpoint)
        .map_err(|e| Failure::new("TNR-CLI-0003", e.to_string(), "report it"))?;
    output::print(&format!("{text}\n"))?;
    Ok(Exit::Fine)
}

async fn export(house: &House, tenant: &str, file: &Path) -> Result<Exit, Failure> {
    let out = File::create_new(file).map_err(|e| Failure::file("the bundle", file, &e))?;
    let checkpoint = house.store.checkpoint(tenant).await?;
    let written = house
        .store
        .export(tenant, vec![checkpoint], BufWriter::new(out))
        .await;
    written.map_err(|e| {
        let _ = std::fs::remove_file(file);
        Failure::new(
            "TNR-CLI-0009",
            e.to_string(),
            "nothing was exported; try again",
        )
    })?;
    eprintln!("The log is in {}.", file.display());
    Ok(Exit::Fine)
}

async fn tenant_of(store: &store::TenureStore) -> Result<String, Failure> {
    let first = store.records(0, 1).await?;
    match first.first().map(|record| &record.event) {
        Some(Event::TenantStarted(started)) => Ok(started.tenant.clone()),
        _ => Err(Failure::new(
            "TNR-CLI-0010",
            "the log does not begin with its tenant",
            "this is not a store that `tenure init` made",
        )),
    }
}

fn verify_bundle(
    bundle: &Path,
    checkpoints: &[PathBuf],
    tenant: &str,
    key: &str,
) -> Result<Exit, Failure> {
    let key = base64::engine::general_purpose::STANDARD
        .decode(key)
        .ok()
        .filter(|key| key.len() == 32)
        .ok_or_else(|| Failure::usage("--key is not a public key", "it is 32 bytes in base64"))?;
    if leavers::is_one(bundle)? {
        return leavers::verify(bundle, tenant, &key, &read_checkpoints(checkpoints)?);
    }
    let input = File::open(bundle).map_err(|e| Failure::file("the bundle", bundle, &e))?;
    let kept = read_checkpoints(checkpoints)?;
    let report = evidence::bundle::verify(BufReader::new(input), tenant, &key, kept)
        .map_err(|e| Failure::new("TNR-CLI-0009", e.to_string(), "is it the right file?"))?;
    tell(&report)
}

fn read_checkpoints(paths: &[PathBuf]) -> Result<Vec<SignedCheckpoint>, Failure> {
    let mut checkpoints = Vec::new();
    for path in paths {
        let file = File::open(path).map_err(|e| Failure::file("the checkpoint", path, &e))?;
        let mut text = String::new();
        file.take(1 << 20)
            .read_to_string(&mut text)
            .map_err(|e| Failure::file("the checkpoint", path, &e))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            checkpoints.push(serde_json::from_str(line).map_err(|e| {
                let problem = format!("{} holds no checkpoint: {e}", path.display());
                Failure::new(
                    "TNR-CLI-0009",
                    problem,
                    "it is what `tenure ledger checkpoint` prints",
                )
            })?);
        }
    }
    Ok(checkpoints)
}

fn tell(report: &Report) -> Result<Exit, Failure> {
    for problem in &report.problems {
        output::print(&format!("{}\n", output::printable(&problem.to_string())))?;
    }
    if report.more_problems > 0 {
        output::print(&format!("and {} more\n", report.more_problems))?;
    }
    let (seq, hash) = report.head;
    eprintln!(
        "{} records read; the last is {seq} with the hash {hash}.",
        report.records
    );
    if report.fixed > 0 {
        eprintln!("A checkpoint fixes all records up to {}.", report.fixed);
    }
    for open in &report.not_excluded {
        eprintln!("Not excluded: {open}.");
    }
    if report.is_sound() {
        eprintln!("Nothing is wrong with what is there.");
        return Ok(Exit::Fine);
    }
    Err(Failure::new(
        "TNR-CLI-0011",
        format!("{} things are wrong with the log", report.problems.len()),
        "keep this store as it is, and compare it with a backup and its checkpoints",
    ))
}
