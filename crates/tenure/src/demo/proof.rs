//! The log, verified; a copy of it, verified without the store; and a copy that somebody changed.

use std::fs::File;
use std::io::{BufReader, BufWriter};

use ports::KeyRing as _;

use super::broken;
use super::outcomes::Outcomes;
use super::stage::{Stage, TENANT};
use super::tell::say;
use crate::failure::Failure;

/// Verifies, and tells what came of it.
pub async fn prove(stage: &Stage, outcomes: &mut Outcomes) -> Result<(), Failure> {
    let store = &stage.house.store;
    let checkpoint = store.checkpoint(TENANT).await?;
    let report = store.verify(TENANT, vec![checkpoint.clone()]).await?;
    let word = |sound: bool| if sound { "sound" } else { "NOT sound" };
    say(&format!(
        "  {} records, each covering the one before it, up to a signed checkpoint: {}\n",
        report.records,
        word(report.is_sound()),
    ))?;
    outcomes.same("the log", "sound", word(report.is_sound()));
    let path = stage.folder.join("northwind.bundle");
    let file = File::create_new(&path).map_err(broken)?;
    let written = store
        .export(TENANT, vec![checkpoint], BufWriter::new(file))
        .await;
    written.map_err(broken)?;
    let key = stage.house.keyring.verifying_key();
    let read = BufReader::new(File::open(&path).map_err(broken)?);
    let copy = evidence::bundle::verify(read, TENANT, &key, Vec::new());
    let copy = word(copy.is_ok_and(|report| report.is_sound()));
    outcomes.same("a copy of the log", "sound", copy);
    let mut bytes = std::fs::read(&path).map_err(broken)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let changed = evidence::bundle::verify(bytes.as_slice(), TENANT, &key, Vec::new());
    let changed = word(changed.is_ok_and(|report| report.is_sound()));
    outcomes.same("a copy with one bit changed", "NOT sound", changed);
    say(&format!(
        "  A copy, without the store: {copy}. The same copy with one bit changed: {changed}\n"
    ))?;
    let differences = store.rebuild_differences().await?.len();
    outcomes.same("differences to the log", 0, differences);
    say(&format!(
        "  Every table of what is so now, computed again from the log: {differences} differences\n"
    ))
}
