//! rsyslog as Debian has it, with a configuration that loses nothing that it has acknowledged.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::super::cluster::REQUIRE;
use super::rig::{Mark, free_port, signal};

const CONFIG: &str = r#"
global(workDirectory="@HOME@" maxMessageSize="16k"
  defaultNetstreamDriverCAFile="@HOME@/ca.pem"
  defaultNetstreamDriverCertFile="@HOME@/cert.pem"
  defaultNetstreamDriverKeyFile="@HOME@/key.pem")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
module(load="imrelp" tls.tlsLib="openssl")
template(name="line" type="string"
  string="%app-name%|%pri%|%msgid%|%structured-data%|%msg%\n")
# Direct: a message is in the file before it is acknowledged.
ruleset(name="tenure" queue.type="Direct") {
  action(type="omfile" file="@HOME@/events.log" template="line"
    asyncWriting="off" flushOnTXEnd="on")
}
input(type="imtcp" address="127.0.0.1" port="@SYSLOG@" ruleset="tenure")
input(type="imrelp" address="127.0.0.1" port="@RELP@" ruleset="tenure"
  tls="on" tls.authMode="certvalid" tls.caCert="@HOME@/ca.pem"
  tls.myCert="@HOME@/cert.pem" tls.myPrivKey="@HOME@/key.pem")
"#;

pub struct Rsyslog {
    program: PathBuf,
    home: tempfile::TempDir,
    pub syslog: u16,
    pub relp: u16,
    child: Option<Child>,
}

impl Rsyslog {
    /// rsyslog where it is installed; nothing where it is not, unless it must be there.
    pub fn find() -> Option<Self> {
        let Ok(program) = std::env::var("TENURE_PEER_RSYSLOG") else {
            let why =
                "TENURE_PEER_RSYSLOG is not set: start the peers with `cargo xtask peers start`";
            assert!(std::env::var(REQUIRE).as_deref() != Ok("1"), "{why}");
            eprintln!("skipped: {why}");
            return None;
        };
        let home = tempfile::tempdir().unwrap();
        certificates(home.path());
        let (syslog, relp) = (free_port(), free_port());
        let config = CONFIG
            .replace("@HOME@", home.path().to_str().unwrap())
            .replace("@SYSLOG@", &syslog.to_string())
            .replace("@RELP@", &relp.to_string());
        std::fs::write(home.path().join("rsyslog.conf"), config).unwrap();
        let mut found = Self {
            program: program.into(),
            home,
            syslog,
            relp,
            child: None,
        };
        found.start();
        Some(found)
    }

    pub fn ca(&self) -> String {
        self.home.path().join("ca.pem").display().to_string()
    }

    /// The certificate and the key of a sender that it knows.
    pub fn identity(&self) -> (String, String) {
        let path = |name: &str| self.home.path().join(name).display().to_string();
        (path("cert.pem"), path("key.pem"))
    }

    pub fn start(&mut self) {
        let log = self.home.path().join("rsyslogd.log");
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log);
        let log = log.unwrap();
        let child = Command::new(&self.program)
            .arg("-n")
            .arg("-f")
            .arg(self.home.path().join("rsyslog.conf"))
            .arg("-i")
            .arg(self.home.path().join("pid"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
        let begun = Instant::now();
        for port in [self.syslog, self.relp] {
            while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
                let most = Duration::from_secs(30);
                assert!(
                    begun.elapsed() < most,
                    "it does not listen: {}",
                    self.said()
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }

    pub fn said(&self) -> String {
        std::fs::read_to_string(self.home.path().join("rsyslogd.log")).unwrap_or_default()
    }

    /// SIGTERM, as `systemctl restart` does.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            signal(&child, "-TERM");
            child.wait().unwrap();
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let _ = std::fs::remove_file(self.home.path().join("pid"));
    }

    /// What it wrote, line by line.
    pub fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.home.path().join("events.log"));
        let text = text.unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
        whole.lines().map(str::to_owned).collect()
    }

    /// Numbers and hashes of the records, as it took them apart; each line is checked.
    pub fn marks(&self) -> Vec<Mark> {
        self.lines().iter().map(|line| mark(line)).collect()
    }
}

fn mark(line: &str) -> Mark {
    let parts: Vec<&str> = line.splitn(5, '|').collect();
    let [app, pri, kind, data, body] = parts[..] else {
        panic!("not a line of ours: {line}");
    };
    assert_eq!(app, "tenure", "{line}");
    let pri: u8 = pri.parse().unwrap();
    assert!(
        (107..=110).contains(&pri),
        "facility 13, error to informational: {line}"
    );
    let data = data.strip_prefix("[tenure@32473 seq=\"").unwrap();
    let (seq, rest) = data.split_once('"').unwrap();
    let hash = rest
        .split_once("hash=\"")
        .unwrap()
        .1
        .trim_end_matches("\"]");
    let event: Value = serde_json::from_str(body.trim()).unwrap();
    assert_eq!(event["kind"], kind, "{line}");
    assert_eq!(event["hash"], hash, "{line}");
    assert_eq!(event["seq"].to_string(), seq, "{line}");
    (seq.parse().unwrap(), hash.to_owned())
}

impl Drop for Rsyslog {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A certificate authority, and a certificate for this host that it signed.
fn certificates(home: &Path) {
    std::fs::write(
        home.join("names"),
        "subjectAltName=DNS:localhost,IP:127.0.0.1\n",
    )
    .unwrap();
    let openssl = |words: &str| {
        let out = Command::new("openssl")
            .args(words.split(' '))
            .current_dir(home)
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!(
        "req -x509 {key} -days 30 -subj /CN=test-ca -keyout ca.key -out ca.pem"
    ));
    openssl(&format!(
        "req {key} -subj /CN=localhost -keyout key.pem -out cert.csr"
    ));
    openssl(
        "x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names -out cert.pem",
    );
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(home.join("key.pem"), private).unwrap();
}
