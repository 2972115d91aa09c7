//! Where a relying party is told that a session has ended: the one address of it that is really there.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::page::decoded;

/// What came in one request.
#[derive(Debug, Clone)]
pub struct Told {
    pub method: String,
    pub path: String,
    pub media: String,
    pub fields: Vec<(String, String)>,
}

type Shared = Arc<(Mutex<Vec<Told>>, Condvar)>;

/// A listener on loopback, which answers everything with 200.
pub struct BackChannel {
    pub port: u16,
    told: Shared,
}

impl BackChannel {
    /// Begins to listen, until the process ends.
    pub fn listen() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let told = Shared::default();
        let shared = Arc::clone(&told);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if let Some(one) = answered(stream) {
                    let mut all = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push(one);
                    shared.1.notify_all();
                }
            }
        });
        Ok(Self { port, told })
    }

    /// Waits for what fits, and takes it.
    pub fn wait(&self, fits: impl Fn(&Told) -> bool, most: Duration) -> Option<Told> {
        let end = Instant::now() + most;
        let mut all = self.told.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(at) = all.iter().position(&fits) {
                return Some(all.remove(at));
            }
            let left = end.checked_duration_since(Instant::now())?;
            let waited = self.told.1.wait_timeout(all, left);
            all = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Reads one request, and answers it.
fn answered(mut stream: TcpStream) -> Option<Told> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let told = loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        if bytes.len() > 64 << 10 {
            return None;
        }
        if let Some(told) = whole(&String::from_utf8_lossy(&bytes)) {
            break told;
        }
    };
    let answer = "HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.write_all(answer.as_bytes()).ok()?;
    Some(told)
}

fn whole(text: &str) -> Option<Told> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let header = |wanted: &str| {
        let mut pairs = lines.clone().filter_map(|line| line.split_once(':'));
        let found = pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.trim().to_owned())
    };
    let length: usize = header("content-length")?.parse().ok()?;
    (body.len() >= length).then_some(())?;
    Some(Told {
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        media: header("content-type").unwrap_or_default(),
        fields: decoded(body)?,
    })
}
