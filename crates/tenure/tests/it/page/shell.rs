//! One shell for a whole page: what it exports and starts stays until the end.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::node::WAIT;

/// Reads the name of a file, runs what stands in it in this very shell, says how it ended.
const LOOP: &str = r#"while IFS= read -r step <&3; do
  . "$step" </dev/null >"$step.out" 2>&1
  echo "$?"
done"#;

/// What a command said, on stdout and stderr together, and how it ended.
pub struct Said {
    pub code: i32,
    pub out: String,
}

pub struct Shell {
    place: PathBuf,
    steps: tempfile::TempDir,
    child: Child,
    orders: ChildStdin,
    ends: BufReader<ChildStdout>,
    /// Ports of this run; a command that ends with `&` is waited for on the one that it names,
    /// or on the last.
    ports: Vec<u16>,
    done: usize,
}

impl Shell {
    /// In this folder, with `tenure` in its path.
    pub fn start(place: &Path, ports: Vec<u16>, settings: &[(&str, String)]) -> Self {
        let steps = tempfile::tempdir().unwrap();
        let programs = steps.path().join("bin");
        std::fs::create_dir(&programs).unwrap();
        let binary = env!("CARGO_BIN_EXE_tenure");
        std::os::unix::fs::symlink(binary, programs.join("tenure")).unwrap();
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-c"])
            .arg(format!("exec 3<&0; {LOOP}"))
            .env_clear()
            .env("HOME", steps.path())
            .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
            .env("LC_ALL", "C.UTF-8")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .current_dir(place)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn().expect("bash");
        let orders = child.stdin.take().unwrap();
        let ends = BufReader::new(child.stdout.take().unwrap());
        Self {
            place: place.to_owned(),
            steps,
            child,
            orders,
            ends,
            ports,
            done: 0,
        }
    }

    /// Puts a program of this run into its path.
    pub fn program(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.steps.path().join("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, mode).unwrap();
    }

    /// Writes a file of the page.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.place.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Types a command and waits for its end; for a server until it answers.
    pub fn run(&mut self, command: &str) -> Said {
        self.done += 1;
        let step = self.steps.path().join(format!("step-{}", self.done));
        std::fs::write(&step, format!("{command}\n")).unwrap();
        writeln!(self.orders, "{}", step.display()).unwrap();
        self.orders.flush().unwrap();
        let mut code = String::new();
        self.ends.read_line(&mut code).unwrap();
        if command.ends_with('&') {
            let named = |port: &&u16| command.contains(&port.to_string());
            let port = self.ports.iter().find(named).or(self.ports.last());
            wait_for(*port.unwrap(), command);
        }
        let out = step.with_extension("out");
        Said {
            code: code.trim().parse().expect("the shell goes on"),
            out: std::fs::read_to_string(out).unwrap(),
        }
    }
}

fn wait_for(port: u16, command: &str) {
    let began = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(began.elapsed() < WAIT, "`{command}` does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Drop for Shell {
    /// Ends what the page started: all of it is in the shell's own process group.
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}
