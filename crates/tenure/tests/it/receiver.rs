//! What notices are sent to: a server for webhooks and chats that can refuse, and a real mail server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A request that came.
#[derive(Debug, Clone)]
pub struct Got {
    pub path: String,
    /// `webhook-id`; empty where there is none.
    pub id: String,
    pub timestamp: String,
    pub signature: String,
    pub body: String,
    /// Answered 200.
    pub taken: bool,
}

#[derive(Default)]
struct Inner {
    got: Vec<Got>,
    /// How many of the next requests to a path are refused.
    refuse: Vec<(String, usize)>,
}

/// A server on a port of its own, until the test ends.
pub struct Receiver {
    pub host: String,
    inner: Arc<Mutex<Inner>>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let inner = Arc::new(Mutex::new(Inner::default()));
        let shared = Arc::clone(&inner);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || while serve(&stream, &shared).is_some() {});
            }
        });
        Self { host, inner }
    }

    /// The next `count` requests to this path are answered 503.
    pub fn refuse(&self, path: &str, count: usize) {
        self.inner
            .lock()
            .unwrap()
            .refuse
            .push((path.to_owned(), count));
    }

    /// What came to this path and was taken.
    pub fn taken(&self, path: &str) -> Vec<Got> {
        let inner = self.inner.lock().unwrap();
        let mine = inner.got.iter().filter(|g| g.path == path && g.taken);
        mine.cloned().collect()
    }

    /// What came to this path.
    pub fn got(&self, path: &str) -> usize {
        let inner = self.inner.lock().unwrap();
        inner.got.iter().filter(|g| g.path == path).count()
    }
}

/// One request of a connection; `None` at its end.
fn serve(stream: &TcpStream, shared: &Mutex<Inner>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut got = Got {
        path,
        id: String::new(),
        timestamp: String::new(),
        signature: String::new(),
        body: String::new(),
        taken: true,
    };
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        let value = value.trim().to_owned();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "webhook-id" => got.id = value,
            "webhook-timestamp" => got.timestamp = value,
            "webhook-signature" => got.signature = value,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    got.body = String::from_utf8(body).ok()?;
    {
        let mut inner = shared.lock().unwrap();
        let left = inner
            .refuse
            .iter_mut()
            .find(|(p, n)| *p == got.path && *n > 0);
        if let Some((_, left)) = left {
            *left -= 1;
            got.taken = false;
        }
        inner.got.push(got.clone());
    }
    let status = if got.taken { "200 OK" } else { "503 Busy" };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nok");
    let mut stream = stream;
    stream.write_all(answer.as_bytes()).ok()
}

/// As a receiver checks it (Standard Webhooks 1.0).
pub fn is_signed(got: &Got, secret: &str) -> bool {
    let key = STANDARD
        .decode(secret.strip_prefix("whsec_").unwrap())
        .unwrap();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = format!("{}.{}.{}", got.id, got.timestamp, got.body);
    let tag = STANDARD
        .decode(got.signature.strip_prefix("v1,").unwrap())
        .unwrap();
    hmac::verify(&key, signed.as_bytes(), &tag).is_ok()
}

/// The password that the mail server asks for.
pub const PASSWORD: &str = "mail-s3cret";

/// aiosmtpd with a mailbox: encrypted, and with a password.
pub struct MailServer {
    pub port: u16,
    python: PathBuf,
    folder: PathBuf,
    child: Option<Child>,
}

impl MailServer {
    /// One that does not run yet; `None` where what it needs is not installed.
    pub fn find(folder: &Path) -> Option<Self> {
        let python = std::env::var("TENURE_PEER_SMTP").map(PathBuf::from);
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
            .args(["ec_paramgen_curve:P-256", "-nodes", "-days", "2"])
            .args(["-subj", "/CN=localhost", "-addext"])
            .args(["subjectAltName=IP:127.0.0.1", "-addext"])
            .args(["basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(folder.join("mail.key"))
            .arg("-out")
            .arg(folder.join("mail.crt"))
            .output();
        let (Ok(python), Ok(made)) = (python, made) else {
            let required = std::env::var("TENURE_REQUIRE_PEERS");
            let why = "openssl is not there, or TENURE_PEER_SMTP is not set";
            assert!(required.as_deref() != Ok("1"), "{why}");
            eprintln!("skipped: {why}");
            return None;
        };
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Some(Self {
            port: listener.local_addr().unwrap().port(),
            python,
            folder: folder.to_owned(),
            child: None,
        })
    }

    /// What a node has to trust.
    pub fn certificate(&self) -> String {
        self.folder.join("mail.crt").to_str().unwrap().to_owned()
    }

    pub fn start(&mut self) {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/mail.py");
        let mut command = Command::new(&self.python);
        command.arg(program).arg(self.port.to_string());
        for name in ["mailbox", "mail.crt", "mail.key"] {
            command.arg(self.folder.join(name));
        }
        self.child = Some(command.stdin(Stdio::null()).spawn().unwrap());
        let end = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < end, "the mail server does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The mails that it took.
    pub fn mails(&self) -> Vec<String> {
        let folder = std::fs::read_dir(self.folder.join("mailbox/new"));
        let files = folder.into_iter().flatten().flatten();
        files
            .map(|file| std::fs::read_to_string(file.path()).unwrap())
            .collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
