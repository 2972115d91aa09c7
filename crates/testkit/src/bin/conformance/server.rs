//! The real binary, made and served, and its command line.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

const WAIT: Duration = Duration::from_secs(60);

/// A server that is killed when this is dropped, with its directory.
pub struct Server {
    pub address: SocketAddr,
    token: String,
    home: tempfile::TempDir,
    child: Child,
}

impl Server {
    /// Makes a tenant that browsers find at `public_url`, and serves it.
    ///
    /// # Errors
    /// A text for people: the binary is not built, or does not serve.
    pub fn start(public_url: &str) -> Result<Self, String> {
        let home = tempfile::tempdir().map_err(|e| e.to_string())?;
        let data = home.path().join("data");
        let mut init = command(home.path())?;
        init.args(["init", "--tenant", "acme", "--listen", "127.0.0.1:0"]);
        let token = output(init.arg(&data))?.trim().to_owned();
        let config = data.join("tenure.toml");
        let mut text = std::fs::read_to_string(&config).map_err(|e| e.to_string())?;
        text.push_str(&format!("public_url = \"{public_url}\"\n"));
        std::fs::write(&config, text).map_err(|e| e.to_string())?;
        let mut serve = command(home.path())?;
        serve.args(["serve", "--config"]).arg(&config);
        // One machine asks as often as it can, which no address does out there.
        serve.env("TENURE_LIMITS_CALLS_PER_SECOND_OF_ADDRESS", "100000");
        let mut child = serve
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| e.to_string())?;
        let address = listens(&mut child);
        let mut server = Self {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            token,
            home,
            child,
        };
        // Where it does not listen, it is killed here.
        server.address = address?;
        Ok(server)
    }

    /// Writes a file into a folder of its own in the server's home; the paths of both.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(&self, folder: &str, name: &str, text: &str) -> Result<[PathBuf; 2], String> {
        let folder = self.home.path().join(folder);
        let path = folder.join(name);
        std::fs::create_dir(&folder)
            .and_then(|()| std::fs::write(&path, text))
            .map_err(|e| format!("{name}: {e}"))?;
        Ok([folder, path])
    }

    /// Runs a command as the tenant's administrator; the rows that it prints.
    ///
    /// # Errors
    /// What it said, if it failed.
    pub fn run(&self, words: &[&str]) -> Result<Vec<Value>, String> {
        let mut command = command(self.home.path())?;
        command
            .env("TENURE_URL", format!("http://{}", self.address))
            .env("TENURE_TOKEN", &self.token);
        let said = output(command.args(words))?;
        let row = |line: &str| serde_json::from_str(line).map_err(|e| format!("{words:?}: {e}"));
        said.lines().map(row).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where a server says that it listens.
fn listens(child: &mut Child) -> Result<SocketAddr, String> {
    let stderr = child.stderr.take().ok_or("the server says nothing")?;
    let (told, tell) = mpsc::channel();
    std::thread::spawn(move || {
        let mut said = String::new();
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if let Some((_, url)) = line.split_once("listening on http://") {
                let _ = told.send(Ok(url
                    .split_whitespace()
                    .next()
                    .unwrap_or_default()
                    .to_owned()));
            }
            said.push_str(&line);
            said.push('\n');
        }
        let _ = told.send(Err(said));
    });
    let told = tell.recv_timeout(WAIT);
    let address = told.map_err(|_| "the server does not listen".to_owned())??;
    address
        .parse()
        .map_err(|_| format!("{address} is no address"))
}

/// The binary of the same build, free of the environment that it is tested in.
fn command(home: &Path) -> Result<Command, String> {
    let here = std::env::current_exe().map_err(|e| e.to_string())?;
    let binary = here.with_file_name("tenure");
    if !binary.exists() {
        return Err("the binary is not built: `cargo build -p tenure`".to_owned());
    }
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("XDG_CONFIG_HOME", home)
        .env("PATH", "/usr/bin:/bin")
        .stdin(Stdio::null());
    Ok(command)
}

fn output(command: &mut Command) -> Result<String, String> {
    let out = command.output().map_err(|e| e.to_string())?;
    if out.status.success() {
        return String::from_utf8(out.stdout).map_err(|e| e.to_string());
    }
    let said = String::from_utf8_lossy(&out.stderr);
    Err(format!(
        "`tenure` ended with {}: {}",
        out.status,
        said.trim()
    ))
}
