//! The signing keys in a process of their own: two real processes, and what each of them has.

mod apart;
mod memory;

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use crate::e2e::http::{Answer, send};
use crate::node::{Node, WAIT, binary};

/// A server whose keys another process holds.
struct Apart {
    node: Node,
    signer: Option<Child>,
}

impl Apart {
    /// Makes both; neither runs.
    fn new() -> Self {
        let node = Node::init();
        let home = node.home.path();
        let made = binary(home)
            .args(["signer", "init"])
            .arg(home.join("keys"))
            .output();
        assert!(made.unwrap().status.success());
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(home.join("run"))
            .unwrap();
        let mut config = std::fs::read_to_string(node.config()).unwrap();
        config.push_str(&format!(
            "\n[signer]\nsocket = \"{}\"\n",
            home.join("run/socket").display()
        ));
        std::fs::write(node.config(), config).unwrap();
        Self { node, signer: None }
    }

    fn socket(&self) -> PathBuf {
        self.node.home.path().join("run/socket")
    }

    fn command(&self) -> Command {
        let mut command = binary(self.node.home.path());
        command
            .args(["signer", "run"])
            .arg(self.node.home.path().join("keys"))
            .arg("--socket")
            .arg(self.socket());
        command
    }

    /// Begins the signer, and waits until it listens.
    fn sign(&mut self) {
        self.signer = Some(listening(&mut self.command()));
    }

    fn kill_signer(&mut self) {
        if let Some(mut signer) = self.signer.take() {
            signer.kill().unwrap();
            signer.wait().unwrap();
        }
    }

    fn get(&self, path: &str) -> Answer {
        send("GET", &format!("{}{path}", self.node.url), &[], b"").unwrap()
    }

    /// The names of the keys that are published for tokens.
    fn published(&self) -> Vec<String> {
        let keys = self.get("/oauth2/jwks").json();
        let keys = keys["keys"].as_array().unwrap().iter();
        keys.map(|key| key["kid"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The keys that the server names, by algorithm.
    fn listed(&self) -> Vec<(String, String)> {
        let rows = self.node.run(&["signing-keys", "list"]).expect(0).rows();
        let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
        let mut all: Vec<_> = rows
            .iter()
            .map(|row| (text(row, "alg"), text(row, "kid")))
            .collect();
        all.sort();
        all
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        self.kill_signer();
    }
}

/// Begins a signer and waits until it says where it listens.
fn listening(command: &mut Command) -> Child {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = child.stderr.take().unwrap();
    let (told, tell) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if line.contains("signing for whoever asks") {
                let _ = told.send(());
            }
        }
    });
    tell.recv_timeout(WAIT)
        .expect("the signer says that it listens");
    child
}

/// Other users' processes are not answered, whatever the file system lets them reach (`SO_PEERCRED`).
#[test]
fn a_process_of_another_user_is_not_answered() {
    const NOBODY: u32 = 65_534;
    const SERVER: u32 = 64_998;
    let mut apart = Apart::new();
    let (home, run) = (apart.node.home.path().to_owned(), apart.socket());
    let run = run.parent().unwrap();
    let data = home.join("data-of-the-server");
    std::fs::write(&data, "").unwrap();
    let owned = std::os::unix::fs::chown(&data, Some(SERVER), None)
        .and_then(|()| std::os::unix::fs::chown(run, None, Some(NOBODY)));
    if owned.is_err() {
        eprintln!("skipped: only root can be two users");
        return;
    }
    // What is made in it has its group, so that the file system is not what refuses.
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(run, 0o2710);
    mode(&home, 0o711);
    let mut command = apart.command();
    command.arg("--for-owner-of").arg(&data);
    apart.signer = Some(listening(&mut command));
    let program = home.join("tenure");
    std::fs::hard_link(env!("CARGO_BIN_EXE_tenure"), &program)
        .or_else(|_| std::fs::copy(env!("CARGO_BIN_EXE_tenure"), &program).map(drop))
        .unwrap();
    let ask = |user: u32| {
        let mut command = Command::new(&program);
        command.env_clear().current_dir("/").uid(user).gid(NOBODY);
        let asked = command
            .args(["signer", "keys", "--socket"])
            .arg(apart.socket())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&asked.stderr).into_owned();
        (asked.status.code(), said)
    };
    let (code, said) = ask(SERVER);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = ask(NOBODY);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("TNR-SIGNER-0001"), "{said}");
}

/// The door is refused where others could put their own socket, or read the key.
#[test]
fn a_signer_whose_key_or_socket_others_reach_does_not_begin() {
    let apart = Apart::new();
    let key = apart.node.home.path().join("keys/signer.key");
    for (path, loose, tight, code) in [
        (key.as_path(), 0o640, 0o600, "TNR-CLI-0005"),
        (
            apart.socket().parent().unwrap(),
            0o755,
            0o700,
            "TNR-SIGNER-0003",
        ),
    ] {
        let permit = |mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        permit(loose);
        let refused = apart.command().output().unwrap();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains(code), "{said}");
        permit(tight);
    }
    assert!(!apart.socket().exists());
}
