//! Starting and stopping peers: one process group, one log, one pid file each.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a peer may take to answer.
const PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// A port that nobody listens on right now.
pub(super) fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
    listener
        .local_addr()
        .map(|address| address.port())
        .map_err(|e| e.to_string())
}

/// Runs a program to its end.
pub(super) fn output(mut command: Command, name: &str) -> Result<String, String> {
    let out = command
        .output()
        .map_err(|e| format!("{name} cannot be run: {e}"))?;
    if out.status.success() {
        return Ok(String::from_utf8_lossy(&out.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&out.stderr);
    Err(format!("{name} failed ({}): {}", out.status, tail(&said)))
}

fn file(home: &Path, name: &str, ending: &str) -> PathBuf {
    home.join("run").join(format!("{name}.{ending}"))
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

/// The pid and port of a peer that we started, if that process still is it.
fn alive(home: &Path, name: &str) -> Option<(u32, u16)> {
    let text = fs::read_to_string(file(home, name, "pid")).ok()?;
    let (pid, port) = text.trim().split_once(' ')?;
    let (pid, port): (u32, u16) = (pid.parse().ok()?, port.parse().ok()?);
    // Pids are used again: only a process in whose command or folder our own folder shows.
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let folder = fs::read_link(format!("/proc/{pid}/cwd")).ok();
    let home_text = home.display().to_string();
    let ours = String::from_utf8_lossy(&command).contains(&home_text)
        || folder.is_some_and(|folder| folder.starts_with(home));
    ours.then_some((pid, port))
}

/// The port of a peer that runs and answers.
pub(super) fn running(home: &Path, name: &str) -> Option<u16> {
    let (_, port) = alive(home, name)?;
    answers(port).then_some(port)
}

/// Starts a peer, unless it runs and answers on this port.
pub(super) fn ensure(
    home: &Path,
    name: &str,
    port: u16,
    command: impl FnOnce() -> Result<Command, String>,
) -> Result<(), String> {
    if running(home, name) == Some(port) {
        return Ok(());
    }
    stop(home, name)?;
    let mut command = command()?;
    let log = File::create(file(home, name, "log")).map_err(|e| format!("log of {name}: {e}"))?;
    let errors = log.try_clone().map_err(|e| format!("log of {name}: {e}"))?;
    let child = command
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|e| format!("{name} cannot be started: {e}"))?;
    super::write(
        &file(home, name, "pid"),
        &format!("{} {port}\n", child.id()),
    )
}

/// Waits until the peer answers HTTP.
pub(super) fn wait(home: &Path, name: &str, port: u16) -> Result<(), String> {
    let began = Instant::now();
    while !answers(port) {
        let gone = alive(home, name).is_none() && began.elapsed() > Duration::from_secs(1);
        if gone || began.elapsed() > PATIENCE {
            let log = fs::read_to_string(file(home, name, "log")).unwrap_or_default();
            let why = if gone { "ended" } else { "does not answer" };
            return Err(format!("{name} {why}; the end of its log:\n{}", tail(&log)));
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// Whether something speaks HTTP there: any status will do.
fn answers(port: u16) -> bool {
    let attempt = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let request =
            format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut start = [0u8; 9];
        stream.read_exact(&mut start)?;
        Ok(start.starts_with(b"HTTP/1."))
    };
    attempt().unwrap_or(false)
}

/// Ends a peer that we started; whether there was one.
pub(super) fn stop(home: &Path, name: &str) -> Result<bool, String> {
    let found = alive(home, name);
    if let Some((pid, _)) = found {
        for signal in ["-TERM", "-KILL"] {
            let mut kill = Command::new("kill");
            kill.args([signal, "--", &format!("-{pid}")]);
            // Whoever has ended meanwhile needs no signal.
            let _ = kill.output();
            let began = Instant::now();
            while alive(home, name).is_some() && began.elapsed() < Duration::from_secs(5) {
                std::thread::sleep(LOOK);
            }
        }
        if alive(home, name).is_some() {
            return Err(format!("{name} (process {pid}) does not end"));
        }
    }
    match fs::remove_file(file(home, name, "pid")) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.to_string()),
        _ => Ok(found.is_some()),
    }
}
