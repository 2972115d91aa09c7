//! Finding PostgreSQL's programs. Tests and benches start servers of their own with them.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::debian;

/// Debian keeps the server's programs here, one folder per version, outside `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// `PATH` with the folder of `initdb` in it, if there is a PostgreSQL.
pub fn path() -> Option<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("initdb").is_file()) {
        return Some(path);
    }
    let folder = newest()?;
    let folders = std::env::split_paths(&path).chain([folder]);
    std::env::join_paths(folders).ok()
}

/// The same, after installing PostgreSQL where it is missing and may be installed.
///
/// # Errors
/// Says what is missing.
pub fn find_or_install() -> Result<OsString, String> {
    if let Some(path) = path() {
        return Ok(path);
    }
    debian::install(&["postgresql"])?;
    path().ok_or_else(|| format!("postgresql is installed, but {DEBIAN}/*/bin has no initdb"))
}

fn newest() -> Option<PathBuf> {
    std::fs::read_dir(DEBIAN)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").is_file().then_some((version, bin))
        })
        .max()
        .map(|(_, bin)| bin)
}
