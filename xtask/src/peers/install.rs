//! Installing peers, once: a folder is done when its marker names the wanted versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::output;
use crate::debian;

/// A virtual environment with these packages; gives its folder of programs.
pub(super) fn python(home: &Path, name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let folder = home.join(name);
    let bin = folder.join("bin");
    if is_done(&folder, packages) {
        return Ok(bin);
    }
    println!("installing {}", packages.join(" "));
    need("python3", &["python3", "python3-venv"])?;
    clear(&folder)?;
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(&folder);
    if output(venv, "python3 -m venv").is_err() {
        // Debian ships the module `venv` without what it needs.
        debian::install(&["python3-venv"])?;
        clear(&folder)?;
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv"]).arg(&folder);
        output(venv, "python3 -m venv")?;
    }
    let mut pip = Command::new(bin.join("pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"])
        .args(packages);
    output(pip, "pip install")?;
    done(&folder, packages)?;
    Ok(bin)
}

/// A folder with these packages of npm.
pub(super) fn node(home: &Path, name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let folder = home.join(name);
    if is_done(&folder, packages) {
        return Ok(folder);
    }
    println!("installing {}", packages.join(" "));
    need("npm", &["nodejs", "npm"])?;
    clear(&folder)?;
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.current_dir(&folder)
        .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]);
    npm.arg(&folder).args(packages);
    output(npm, "npm install")?;
    done(&folder, packages)?;
    Ok(folder)
}

fn marker(folder: &Path) -> PathBuf {
    folder.join(".installed")
}

fn is_done(folder: &Path, packages: &[&str]) -> bool {
    fs::read_to_string(marker(folder)).is_ok_and(|text| text == packages.join(" "))
}

fn done(folder: &Path, packages: &[&str]) -> Result<(), String> {
    fs::write(marker(folder), packages.join(" ")).map_err(|e| e.to_string())
}

/// An installation that was broken off is begun anew.
fn clear(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {e}", folder.display()))
        }
        _ => Ok(()),
    }
}

pub(super) fn need(program: &str, packages: &[&str]) -> Result<(), String> {
    // OpenSSL 3.0 knows `version`, and refuses `--version`.
    let says = |word: &str| {
        let found = Command::new(program).arg(word).output();
        found.is_ok_and(|out| out.status.success())
    };
    if says("--version") || says("version") {
        return Ok(());
    }
    debian::install(packages)
}

/// rsyslog with what tests speak: TLS as OpenSSL ends it, and RELP. Gives its program.
pub(super) fn rsyslog() -> Result<PathBuf, String> {
    if let Some(program) = rsyslog_here() {
        return Ok(program);
    }
    debian::install(&["rsyslog", "rsyslog-openssl", "rsyslog-relp"])?;
    rsyslog_here().ok_or_else(|| "rsyslog is installed, but lacks lmnsd_ossl or imrelp".to_owned())
}

fn rsyslog_here() -> Option<PathBuf> {
    let program = PathBuf::from("/usr/sbin/rsyslogd");
    // One folder for each architecture.
    let folders = fs::read_dir("/usr/lib").ok()?;
    let mut modules = folders.filter_map(|entry| Some(entry.ok()?.path().join("rsyslog")));
    let has = |folder: &PathBuf| {
        let needed = ["lmnsd_ossl.so", "imrelp.so", "imtcp.so"];
        needed.iter().all(|name| folder.join(name).is_file())
    };
    (program.is_file() && modules.any(|folder| has(&folder))).then_some(program)
}
