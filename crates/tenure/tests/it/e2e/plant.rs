//! Installations of the real binary: served, killed, asked by command line and by API.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::company::Company;
use super::http::{Answer, send};
use super::peer::Peer;
use crate::node::{Said, WAIT, binary};

/// A data directory and, while served, its process.
pub struct Plant {
    home: tempfile::TempDir,
    pub token: String,
    pub url: String,
    /// Where clients may present certificates, if anywhere; while served.
    pub mutual: Option<String>,
    /// Set for `serve` on top of the file.
    pub settings: Vec<(&'static str, String)>,
    child: Option<Child>,
}

impl Plant {
    /// On this PostgreSQL database, or on SQLite in the data directory.
    pub fn init(postgres: Option<&str>) -> Self {
        let mut plant = Self::empty(String::new());
        let data = plant.data();
        let mut words = vec!["init", "--tenant", "acme", "--listen", "127.0.0.1:0"];
        if let Some(url) = postgres {
            words.extend(["--postgres", url]);
        }
        words.push(data.to_str().unwrap());
        plant.token = plant.run(&words).expect(0).out.trim().to_owned();
        plant
    }

    fn empty(token: String) -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            token,
            url: String::new(),
            mutual: None,
            settings: Vec::new(),
            child: None,
        }
    }

    /// A second node on the same database, with a data directory of its own.
    pub fn sibling(&self) -> Self {
        let mut other = Self::empty(self.token.clone());
        std::fs::create_dir(other.data()).unwrap();
        for name in ["tenure.toml", "master.key"] {
            std::fs::copy(self.data().join(name), other.data().join(name)).unwrap();
        }
        other.settings.clone_from(&self.settings);
        other
    }

    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Serves until killed, stopped or dropped.
    pub fn serve(&mut self) {
        self.try_serve().expect("the server says where it listens");
    }

    /// As [`Plant::serve`]; `Err` is what it said before it ended.
    pub fn try_serve(&mut self) -> Result<(), String> {
        let mut command = binary(self.home.path());
        command
            .args(["serve", "--config"])
            .arg(self.data().join("tenure.toml"))
            .env("TENURE_LIMITS_CALLS_PER_SECOND", "100000")
            .env("TENURE_LIMITS_CALLS_PER_SECOND_OF_ADDRESS", "100000")
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        // `TENURE_TEST_LOG=app=debug` shows what the nodes say.
        if let Ok(level) = std::env::var("TENURE_TEST_LOG") {
            command.env("TENURE_LOG_LEVEL", level);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = child.stderr.take().unwrap();
        let (told, tell) = mpsc::channel();
        std::thread::spawn(move || {
            let show = std::env::var_os("TENURE_TEST_LOG").is_some();
            let (mut said, mut mutual) = (String::new(), None);
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if show {
                    eprintln!("{line}");
                }
                let at = |words: &str| {
                    let (_, rest) = line.split_once(words)?;
                    rest.split_whitespace().next().map(str::to_owned)
                };
                // It is said before the other.
                mutual = mutual.or_else(|| at("listening for client certificates on "));
                if let Some(url) = at("listening on ") {
                    let _ = told.send(Ok((url, mutual.clone())));
                }
                said.push_str(&line);
                said.push('\n');
            }
            let _ = told.send(Err(said));
        });
        self.child = Some(child);
        (self.url, self.mutual) = tell
            .recv_timeout(WAIT)
            .map_err(|_| "it says nothing".to_owned())??;
        Ok(())
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGKILL to the process, which is not waited for: [`Plant::kill`] does that.
    pub fn kill_only(&self) {
        if let Some(child) = &self.child {
            let id = child.id().to_string();
            Command::new("kill").args(["-KILL", &id]).status().unwrap();
        }
    }

    /// SIGTERM, and waits.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let id = child.id().to_string();
            Command::new("kill").args(["-TERM", &id]).status().unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(0));
        }
    }

    /// The command line, as whoever has this token.
    pub fn command(&self, token: &str, words: &[&str]) -> Command {
        let mut command = binary(self.home.path());
        if !self.url.is_empty() {
            command
                .env("TENURE_URL", &self.url)
                .env("TENURE_TOKEN", token);
        }
        command.args(words).stdin(Stdio::null());
        command
    }

    /// Runs a command as whoever has the first token.
    pub fn run(&self, words: &[&str]) -> Said {
        self.run_as(&self.token, words)
    }

    /// Runs a command as somebody else.
    pub fn run_as(&self, token: &str, words: &[&str]) -> Said {
        let output = self.command(token, words).output().unwrap();
        Said {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs a command on the host.
    pub fn host(&self, words: &[&str]) -> Said {
        let config = self.data().join("tenure.toml");
        let mut words = words.to_vec();
        words.extend(["--config", config.to_str().unwrap()]);
        self.run(&words)
    }

    /// A token made on the host.
    pub fn token_of(&self, principal: &str, scopes: &[&str]) -> String {
        let mut words = vec!["token", "create", "--on-host", "--principal", principal];
        for scope in scopes {
            words.extend(["--scope", scope]);
        }
        self.host(&words).expect(0).out.trim().to_owned()
    }

    /// Where the tenant's documents are written.
    pub fn tenant(&self) -> PathBuf {
        self.home.path().join("tenant")
    }

    /// Pushes the documents of [`Plant::tenant`].
    pub fn push(&self) {
        let directory = self.tenant();
        self.run(&["config", "push", directory.to_str().unwrap()])
            .expect(0);
    }

    /// Pushes the company's documents and sets the app's secret.
    pub fn set_up(&self, company: &Company, peer: &Peer, guard: &str) {
        company.documents(&self.tenant(), peer, guard);
        self.push();
        self.give_secret(peer);
    }

    /// Gives Tenure the secret of the app.
    pub fn give_secret(&self, peer: &Peer) {
        let words = ["--app", "app", "--host", peer.host()];
        self.give("app-secret", &words, peer.secret());
    }

    /// Gives Tenure a secret; `bound` says what for.
    pub fn give(&self, name: &str, bound: &[&str], value: &str) {
        let words = [&["secret", "set", name, "--reason", "T-1"], bound].concat();
        let mut child = self
            .command(&self.token, &words)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(value.as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
    }

    /// Takes in the company's HR file.
    pub fn import(&self, company: &Company) -> Said {
        self.import_of("hr", &company.csv())
    }

    /// Takes in this file of a source.
    pub fn import_of(&self, source: &str, csv: &str) -> Said {
        let path = self.file("workers.csv", csv);
        self.run(&["hr", "import", &path, "--source", source])
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Calls the API; `Err` when no whole answer came.
    pub fn api(&self, method: &str, path: &str, body: &Value) -> std::io::Result<Answer> {
        let bytes = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        let authorization = format!("Authorization: Bearer {}", self.token);
        let headers = [authorization.as_str(), "Content-Type: application/json"];
        send(
            method,
            &format!("{}/api/v1{path}", self.url),
            &headers,
            &bytes,
        )
    }

    /// Delivers an HR file over the API.
    pub fn deliver(&self, csv: &str) -> std::io::Result<Answer> {
        let authorization = format!("Authorization: Bearer {}", self.token);
        let headers = [authorization.as_str(), "Content-Type: text/csv"];
        let url = format!("{}/api/v1/deliveries?source=hr&place=workers.csv", self.url);
        send("POST", &url, &headers, csv.as_bytes())
    }

    /// Waits until no wave is under way; panics after `most`.
    pub fn settle(&self, most: Duration) {
        let end = Instant::now() + most;
        loop {
            let open = self.run(&["waves", "--open"]).expect(0).rows();
            if !open.iter().any(|wave| wave["status"] == "running") {
                return;
            }
            assert!(Instant::now() < end, "still under way: {open:?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Prints the plans that ended otherwise than applied, for whoever has to find out why.
    pub fn tell_unapplied(&self) {
        for wave in self.run(&["waves"]).expect(0).rows() {
            let id = wave["wave"].as_str().unwrap();
            let path = format!("/waves/{id}/plans?limit=1000");
            let plans = self.api("GET", &path, &Value::Null).unwrap().json();
            for plan in plans["items"].as_array().into_iter().flatten() {
                if plan["status"] != "applied" {
                    println!("{plan}");
                }
            }
        }
    }

    /// The log's chain is sound and the projections equal a rebuild; the server must not run.
    pub fn verify(&self) {
        for verb in ["verify", "rebuild"] {
            self.host(&["ledger", verb]).expect(0);
        }
    }
}

impl Drop for Plant {
    fn drop(&mut self) {
        self.kill();
    }
}
