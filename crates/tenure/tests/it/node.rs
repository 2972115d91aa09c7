//! A data directory, a server of it, and a command line that talks to it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

pub const WAIT: Duration = Duration::from_secs(60);

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout.clone()).unwrap(),
            err: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// The rows of NDJSON.
    pub fn rows(&self) -> Vec<serde_json::Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[track_caller]
    pub fn expect_one_of(self, codes: &[i32]) -> Self {
        let code = if codes.contains(&self.code) {
            self.code
        } else {
            codes[0]
        };
        self.expect(code)
    }

    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        self
    }
}

/// The binary, free of the environment it is tested in.
pub fn binary(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenure"));
    command
        .env_clear()
        .env("XDG_CONFIG_HOME", home)
        .env("PATH", "/usr/bin:/bin");
    command
}

pub struct Node {
    pub home: tempfile::TempDir,
    pub token: String,
    pub url: String,
    child: Option<Child>,
}

impl Node {
    /// Makes a tenant; does not serve it yet.
    pub fn init() -> Self {
        Self::init_at("127.0.0.1:0")
    }

    /// Makes a tenant that is to listen there.
    pub fn init_at(listen: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = binary(home.path());
        command.args(["init", "--tenant", "acme", "--listen", listen]);
        let said = Said::of(&command.arg(home.path().join("data")).output().unwrap()).expect(0);
        let token = said.out.trim().to_owned();
        assert!(!said.err.contains(&token), "the token is data, not talk");
        Self {
            home,
            token,
            url: String::new(),
            child: None,
        }
    }

    pub fn config(&self) -> PathBuf {
        self.home.path().join("data/tenure.toml")
    }

    /// Serves until stopped or dropped, and adds the context `here`.
    pub fn serve(&mut self) {
        let mut child = binary(self.home.path())
            .args(["serve", "--config"])
            .arg(self.config())
            .env(
                "TENURE_LOG_LEVEL",
                std::env::var("TENURE_TEST_LOG").unwrap_or("info".to_owned()),
            )
            .env("TENURE_LIMITS_CALLS_PER_SECOND", "100000")
            .env("TENURE_LIMITS_CALLS_PER_SECOND_OF_ADDRESS", "100000")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = child.stderr.take().unwrap();
        let (told, tell) = mpsc::channel();
        let token = self.token.clone();
        std::thread::spawn(move || {
            let show = std::env::var_os("TENURE_TEST_LOG").is_some();
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                assert!(!line.contains(&token), "a token in the log: {line}");
                // Where administrators have a door of their own, that one is told first.
                let place = line.split_once("listening on ");
                let place = place.or_else(|| line.split_once("listening for administrators on "));
                if let Some((_, url)) = place {
                    let _ = told.send(url.split_whitespace().next().unwrap().to_owned());
                }
                if show {
                    eprintln!("{line}");
                }
            }
        });
        self.url = tell
            .recv_timeout(WAIT)
            .expect("the server says where it listens");
        self.child = Some(child);
        let token = self.token.clone();
        self.pipe(
            &["context", "add", "here", "--url", &self.url.clone()],
            &token,
        )
        .expect(0);
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Asks the server to stop (SIGTERM), and waits for it.
    pub fn stop(&mut self) -> i32 {
        let Some(mut child) = self.child.take() else {
            return 0;
        };
        let id = child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Runs a command with the current context.
    pub fn run(&self, arguments: &[&str]) -> Said {
        let output = binary(self.home.path())
            .args(arguments)
            .stdin(Stdio::null())
            .output();
        Said::of(&output.unwrap())
    }

    /// Runs a command that reads stdin.
    pub fn pipe(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = binary(self.home.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        Said::of(&child.wait_with_output().unwrap())
    }

    /// Runs a command as somebody else.
    pub fn run_as(&self, token: &str, arguments: &[&str]) -> Said {
        let mut command = binary(self.home.path());
        command
            .env("TENURE_URL", &self.url)
            .env("TENURE_TOKEN", token);
        Said::of(
            &command
                .args(arguments)
                .stdin(Stdio::null())
                .output()
                .unwrap(),
        )
    }

    /// A token made on the host; the server must not run.
    pub fn token_on_host(&self, principal: &str, scopes: &[&str]) -> String {
        let mut command = binary(self.home.path());
        command.args([
            "token",
            "create",
            "--on-host",
            "--principal",
            principal,
            "--config",
        ]);
        command.arg(self.config());
        for scope in scopes {
            command.args(["--scope", scope]);
        }
        Said::of(&command.output().unwrap())
            .expect(0)
            .out
            .trim()
            .to_owned()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
