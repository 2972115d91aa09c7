//! What the disk itself can do.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// How many times a second an append of 4 KiB reaches the disk (`fdatasync`), on the file system
/// of this directory.
pub fn sync_rate(dir: &Path, time: Duration) -> std::io::Result<f64> {
    let path = dir.join("sync-rate");
    let mut file = std::fs::File::create(&path)?;
    let block = [0x5a; 4096];
    let (start, mut syncs) = (Instant::now(), 0u32);
    while start.elapsed() < time {
        file.write_all(&block)?;
        file.sync_data()?;
        syncs += 1;
    }
    let rate = f64::from(syncs) / start.elapsed().as_secs_f64();
    std::fs::remove_file(&path)?;
    Ok(rate)
}
