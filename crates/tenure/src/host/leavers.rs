//! `tenure ledger leavers`: a signed file that proves when leavers' access ended, and its verification.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::time::Duration;

use app::Window;
use evidence::SignedCheckpoint;
use evidence::bundle::BundleError;
use evidence::leaver::{FORMAT, Head, Report};
use model::Timestamp;
use ports::KeyRing as _;

use super::compose::House;
use crate::failure::{Exit, Failure};
use crate::output;

/// What is put into a bundle of leavers.
pub struct Asked<'a> {
    /// The file to make.
    pub file: &'a Path,
    /// Whose clock began from this instant,
    pub since: &'a str,
    /// up to this one.
    pub until: Option<&'a str>,
    /// The zone of days and minutes.
    pub zone: &'a str,
    /// With names and worker keys.
    pub names: bool,
    /// The checkpoint that the records are proven against; one that is made now where it is not given.
    pub checkpoint: Option<SignedCheckpoint>,
}

/// Writes a bundle of leavers, and believes it only once it verifies.
pub async fn export(house: &House, tenant: &str, asked: Asked<'_>) -> Result<Exit, Failure> {
    let now = house.app.now();
    let window = Window::read(asked.since, asked.until, asked.zone, now)?;
    let proof = house.app.prove_leavers(window, asked.names).await?;
    let checkpoint = match asked.checkpoint {
        Some(kept) => kept,
        None => house.store.checkpoint(tenant).await?,
    };
    let head = Head {
        format: FORMAT.to_owned(),
        tenant: tenant.to_owned(),
        from: window.from,
        to: window.to,
        at: proof.at,
        records: proof.records.len() as u64,
        leavers: proof.leavers.len() as u64,
        checkpoint,
    };
    let file = asked.file;
    let out = File::create_new(file).map_err(|e| Failure::file("the bundle", file, &e))?;
    let written = house
        .store
        .export_leavers(&head, proof.records, proof.leavers, BufWriter::new(out))
        .await;
    let key = house.keyring.verifying_key();
    let checked = match written {
        Ok(_) => read(file, tenant, &key, &[]),
        Err(e) => Err(Failure::new(
            "TNR-CLI-0009",
            e.to_string(),
            "nothing was exported; without `--checkpoint` one of now is made",
        )),
    };
    let report = match checked {
        Ok(report) if report.is_sound() => report,
        unsound => {
            let _ = std::fs::remove_file(file);
            return Err(match unsound {
                Err(failure) => failure,
                Ok(report) => Failure::new(
                    "TNR-CLI-0009",
                    format!(
                        "what was written does not verify: {}",
                        report.problems.first().map_or("", String::as_str)
                    ),
                    "nothing was exported; try again, the log may have moved on meanwhile",
                ),
            });
        }
    };
    eprintln!(
        "{} leavers and {} records that prove it are in {}.",
        report.leavers,
        report.records,
        file.display()
    );
    Ok(Exit::Fine)
}

/// Whether a file is a bundle of leavers, by its first bytes.
pub fn is_one(file: &Path) -> Result<bool, Failure> {
    use std::io::Read as _;
    let opened = File::open(file).map_err(|e| Failure::file("the bundle", file, &e))?;
    let mut first = Vec::new();
    let begins = format!("{{\"format\":\"{FORMAT}\"");
    opened
        .take(begins.len() as u64)
        .read_to_end(&mut first)
        .map_err(|e| Failure::file("the bundle", file, &e))?;
    Ok(first == begins.as_bytes())
}

fn read(
    file: &Path,
    tenant: &str,
    key: &[u8],
    kept: &[SignedCheckpoint],
) -> Result<Report, Failure> {
    let input = File::open(file).map_err(|e| Failure::file("the bundle", file, &e))?;
    evidence::leaver::verify(BufReader::new(input), tenant, key, kept).map_err(|e: BundleError| {
        let fix = match e {
            BundleError::TooLarge(_) => "make one of a shorter time, with `--since` and `--until`",
            _ => "is it the right file?",
        };
        Failure::new("TNR-CLI-0009", e.to_string(), fix)
    })
}

/// Verifies a bundle of leavers and tells what it shows, and what it cannot.
pub fn verify(
    file: &Path,
    tenant: &str,
    key: &[u8],
    kept: &[SignedCheckpoint],
) -> Result<Exit, Failure> {
    let report = read(file, tenant, key, kept)?;
    for problem in &report.problems {
        output::print(&format!("{}\n", output::printable(problem)))?;
    }
    if report.more_problems > 0 {
        output::print(&format!("and {} more\n", report.more_problems))?;
    }
    if !report.is_sound() {
        let wrong = report.problems.len() as u64 + report.more_problems;
        return Err(Failure::new(
            "TNR-CLI-0018",
            format!("{wrong} things are wrong with the bundle of leavers: do not believe it"),
            "keep the file as it is, and ask for a new one where the log is kept",
        ));
    }
    eprintln!("{}", told(&report));
    for open in report.not_shown() {
        eprintln!("Not shown: {open}.");
    }
    Ok(Exit::Fine)
}

fn told(report: &Report) -> String {
    let log = match report.kept {
        true => "which a checkpoint that was kept elsewhere fixes",
        false => "as it was signed",
    };
    let span = |at: Timestamp| at.to_string();
    let mut text = format!(
        "{} people left from {} to {}, looked at {}. {} records show it; each is in the log up to record \
         {}, {log}.",
        report.leavers,
        span(report.from),
        span(report.to),
        span(report.at),
        report.records,
        report.log_end,
    );
    if let Some(longest) = report.took.last() {
        let rank = |percent: usize| {
            let at = (report.took.len() * percent).div_ceil(100).max(1) - 1;
            report.took.get(at).map_or(0, Duration::as_secs)
        };
        text = format!(
            "{text}\nOf {} who are done: half within {} s, 95 % within {} s, 99 % within {} s, all within \
             {} s.",
            report.took.len(),
            rank(50),
            rank(95),
            rank(99),
            longest.as_secs()
        );
    }
    if report.exposed > 0 {
        text = format!("{text}\nEXPOSED: {} of them.", report.exposed);
    }
    format!("{text}\nNothing is wrong with it.")
}
