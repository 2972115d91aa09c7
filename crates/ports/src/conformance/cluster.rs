//! A private PostgreSQL for tests and benches: made in a temporary directory, gone with the
//! process that started it.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When this is set to `1`, tests fail where software they need is missing, instead of skipping.
pub const REQUIRE: &str = "TENURE_REQUIRE_PEERS";

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    dir: PathBuf,
    port: u16,
    made: AtomicU64,
    /// A shell that waits for the end of its input, which comes when this process ends however
    /// it ends, then stops the server and removes its directory.
    keeper: Child,
}

/// The server of this process, started when first asked for. `None`: there is no PostgreSQL on
/// this machine; says so, and panics instead if [`REQUIRE`] is `1`.
pub fn shared() -> Option<&'static Cluster> {
    static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
    match SHARED.get_or_init(|| Cluster::start(&std::env::temp_dir())) {
        Ok(cluster) => Some(cluster),
        Err(why) if std::env::var(REQUIRE).is_ok_and(|v| v == "1") => {
            panic!("{REQUIRE} is 1, and PostgreSQL cannot be started: {why}")
        }
        Err(why) => {
            eprintln!("skipped: PostgreSQL cannot be started: {why}");
            None
        }
    }
}

impl Cluster {
    /// Makes and starts a server beneath this directory, with `fsync` on, as PostgreSQL is
    /// shipped. It speaks on a Unix socket and on the loopback address.
    ///
    /// # Errors
    /// A text for people: programs are missing, or what they said.
    pub fn start(beneath: &Path) -> Result<Self, String> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = beneath.join(format!("tenure-pg-{}-{number}", std::process::id()));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").map_err(|e| e.to_string())?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        drop(listener);
        std::fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
        // The server does not run as the user who made the directory above.
        traversable(beneath)?;
        // PostgreSQL refuses to run as root.
        let as_nobody = is_root();
        let who = if as_nobody {
            run("chown", &["nobody", &dir.to_string_lossy()])?;
            "setpriv --reuid=nobody --regid=nogroup --clear-groups"
        } else {
            ""
        };
        let script = format!(
            "cd '{dir}' || exit 1
             {who} initdb -D data -U postgres -A trust -E UTF8 --locale=C -N >init.log 2>&1 || exit 1
             {who} pg_ctl -D data -w -t 60 -l pg.log -o '-p {port} -c listen_addresses=127.0.0.1 \
               -c unix_socket_directories={dir} -c max_connections=200' start >start.log 2>&1 || exit 1
             echo ready
             cat >/dev/null
             {who} pg_ctl -D data -m immediate stop >/dev/null 2>&1
             cd /; rm -rf '{dir}'",
            dir = dir.display(),
        );
        let mut keeper = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        let mut said = [0u8; 5];
        let ready = keeper.stdout.as_mut().map(|out| out.read_exact(&mut said));
        if !matches!(ready, Some(Ok(()))) {
            let logs: String = ["init.log", "start.log", "pg.log"]
                .iter()
                .filter_map(|log| std::fs::read_to_string(dir.join(log)).ok())
                .collect();
            let _ = std::fs::remove_dir_all(&dir);
            return Err(format!("initdb or pg_ctl failed: {}", logs.trim()));
        }
        Ok(Self {
            dir,
            port,
            made: AtomicU64::new(0),
            keeper,
        })
    }

    /// A new empty database: its URL.
    ///
    /// # Panics
    /// When the server does not make it.
    pub fn database(&self) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let name = format!("t{}_{number}", std::process::id());
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        format!(
            "postgres://postgres@127.0.0.1:{}/{name}?sslmode=disable",
            self.port
        )
    }

    /// Runs SQL in a database with `psql` and returns what it says, unaligned.
    ///
    /// # Panics
    /// When it fails.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        let out = Command::new("psql")
            .args([
                "-h",
                &self.dir.to_string_lossy(),
                "-p",
                &self.port.to_string(),
            ])
            .args([
                "-U",
                "postgres",
                "-XAtq",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                sql,
                database,
            ])
            .output()
            .unwrap_or_else(|e| panic!("psql does not run: {e}"));
        assert!(
            out.status.success(),
            "{sql}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8_lossy(&out.stdout).trim().to_owned()
    }

    /// Stops the server at once, as a crash would, and starts it again.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn crash_and_restart(&self) {
        for command in [
            &["-m", "immediate", "-w", "stop"][..],
            &["-w", "-l", "pg.log", "start"],
        ] {
            let mut pg_ctl = if is_root() {
                let mut setpriv = Command::new("setpriv");
                setpriv.args([
                    "--reuid=nobody",
                    "--regid=nogroup",
                    "--clear-groups",
                    "pg_ctl",
                ]);
                setpriv
            } else {
                Command::new("pg_ctl")
            };
            let options = format!(
                "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} \
                 -c max_connections=200",
                self.port,
                self.dir.display()
            );
            pg_ctl
                .current_dir(&self.dir)
                .args(["-D", "data"])
                .args(command);
            if command.contains(&"start") {
                pg_ctl.args(["-o", &options]);
            }
            let status = pg_ctl.stdout(Stdio::null()).stdin(Stdio::null()).status();
            assert!(
                status.is_ok_and(|s| s.success()),
                "pg_ctl {command:?} failed"
            );
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end && matches!(self.keeper.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[cfg(unix)]
fn traversable(dir: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(dir)
        .map_err(|e| e.to_string())?
        .permissions()
        .mode();
    let open = std::fs::Permissions::from_mode(mode | 0o111);
    if mode & 0o111 == 0o111 {
        Ok(())
    } else {
        std::fs::set_permissions(dir, open).map_err(|e| e.to_string())
    }
}

#[cfg(not(unix))]
fn traversable(_: &Path) -> Result<(), String> {
    Ok(())
}

fn is_root() -> bool {
    run("id", &["-u"]).is_ok_and(|id| id.trim() == "0")
}

fn run(program: &str, args: &[&str]) -> Result<String, String> {
    let out = Command::new(program)
        .args(args)
        .output()
        .map_err(|e| format!("{program}: {e}"))?;
    if out.status.success() {
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    } else {
        Err(format!(
            "{program}: {}",
            String::from_utf8_lossy(&out.stderr)
        ))
    }
}
