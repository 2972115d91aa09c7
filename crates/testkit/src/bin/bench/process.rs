//! The real binary: how soon it answers, and what it holds when nothing happens.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Failure, Figure};

/// A server that is killed when this is dropped.
pub struct Server(Child);

impl Server {
    /// Starts what serves a data directory that [`init`] made, and waits for its first answer; how many
    /// seconds that took.
    ///
    /// # Errors
    /// When it does not answer within ten seconds.
    pub fn start(data: &Path, port: u16) -> Result<(Self, f64), Failure> {
        let begun = Instant::now();
        let child = quiet(&binary()?)
            .arg("serve")
            .arg("--config")
            .arg(data.join("tenure.toml"))
            .spawn()?;
        let server = Self(child);
        while begun.elapsed() < Duration::from_secs(10) {
            if answers(port) {
                return Ok((server, begun.elapsed().as_secs_f64()));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err("the server did not answer within ten seconds".into())
    }

    /// MiB of memory that it holds now.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn resident(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find(|l| l.starts_with("VmRSS:"));
        let kib: f64 = line
            .and_then(|l| l.split_whitespace().nth(1))
            .ok_or("the kernel does not say how much memory the process holds")?
            .parse()?;
        Ok(kib / 1024.0)
    }

    /// The processor time that it has used, all threads, in user mode and for it in the kernel.
    ///
    /// # Errors
    /// Where there is no `/proc`.
    pub fn processor_time(&self) -> Result<Duration, Failure> {
        // Fields 14 and 15 of `proc_pid_stat(5)`, in hundredths of a second.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let mut fields = after.split_whitespace().skip(11);
        let mut ticks = || -> Result<u64, Failure> { Ok(fields.next().unwrap_or("0").parse()?) };
        Ok(Duration::from_millis((ticks()? + ticks()?) * 10))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `start`: seconds from the start of the process to its first answer, on an empty store; the
/// best of five.
///
/// # Errors
/// When the binary is not built, or does not answer within ten seconds.
pub fn start() -> Result<Vec<Figure>, Failure> {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let (_folder, _server, seconds) = serve()?;
        best = best.min(seconds);
    }
    Ok(vec![Figure {
        name: "start".to_owned(),
        value: best,
        unit: "s",
        bound: "required to the first answer".to_owned(),
        bound_value: Some(0.1),
    }])
}

/// `idle_rss`: resident memory five seconds after the first answer.
///
/// # Errors
/// As [`start`], and where there is no `/proc`.
pub fn idle_rss() -> Result<Vec<Figure>, Failure> {
    let (_folder, server, _) = serve()?;
    std::thread::sleep(Duration::from_secs(5));
    Ok(vec![Figure {
        name: "idle_rss".to_owned(),
        value: server.resident()?,
        unit: "MiB",
        bound: "required when idle".to_owned(),
        bound_value: Some(40.0),
    }])
}

fn serve() -> Result<(tempfile::TempDir, Server, f64), Failure> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let port = init(&data)?;
    let (server, seconds) = Server::start(&data, port)?;
    Ok((folder, server, seconds))
}

/// Makes a data directory with an empty store; the port on which it will be served.
///
/// # Errors
/// When the binary is not built, or does not.
pub fn init(data: &Path) -> Result<u16, Failure> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let made = quiet(&binary()?)
        .arg("init")
        .arg(data)
        .arg("--listen")
        .arg(format!("127.0.0.1:{port}"))
        .status()?;
    if !made.success() {
        return Err("`tenure init` failed".into());
    }
    Ok(port)
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let request = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut answer).is_ok()
        && answer.starts_with("HTTP/1.1 200")
}

fn quiet(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// The binary beside this one, of the same build.
fn binary() -> Result<PathBuf, Failure> {
    let here = std::env::current_exe()?;
    let binary = here.with_file_name("tenure");
    if binary.exists() {
        return Ok(binary);
    }
    Err("the binary is not built: `cargo build --release -p tenure`".into())
}
