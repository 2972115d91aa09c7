//! A wire between Tenure and an app that tells when something was sent.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Passes bytes on, both ways. Lives as long as the test process.
pub struct Wire {
    /// `host:port` to connect to.
    pub address: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    chunks: AtomicU64,
    writes: Mutex<Vec<(Instant, String)>>,
}

impl Wire {
    pub fn to(host: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Seen::default());
        let (host, watch) = (host.to_owned(), Arc::clone(&seen));
        std::thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if let Ok(far) = TcpStream::connect(&host) {
                    let _ = near.set_nodelay(true);
                    let _ = far.set_nodelay(true);
                    let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
                    let watch = Arc::clone(&watch);
                    std::thread::spawn(move || pass(near, far, Some(&watch)));
                    std::thread::spawn(move || pass(back.0, back.1, None));
                }
            }
        });
        Self { address, seen }
    }

    /// How many pieces Tenure has sent.
    pub fn sent(&self) -> u64 {
        self.seen.chunks.load(Ordering::SeqCst)
    }

    /// When each request that changes something began, and its request line.
    pub fn writes(&self) -> Vec<(Instant, String)> {
        self.seen.writes.lock().unwrap().clone()
    }

    /// Waits until something more is sent than `before`.
    pub fn wait(&self, before: u64, most: Duration) -> bool {
        let end = Instant::now() + most;
        while Instant::now() < end {
            if self.sent() > before {
                return true;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        false
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, watch: Option<&Seen>) {
    let mut buffer = [0u8; 1 << 16];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 {
            break;
        }
        if let Some(seen) = watch {
            note(seen, &buffer[..read]);
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// A client begins each request with a write of its own.
fn note(seen: &Seen, bytes: &[u8]) {
    seen.chunks.fetch_add(1, Ordering::SeqCst);
    let line = bytes.split(|b| *b == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line).into_owned();
    if ["POST ", "PUT ", "PATCH ", "DELETE "]
        .iter()
        .any(|verb| line.starts_with(verb))
    {
        seen.writes.lock().unwrap().push((Instant::now(), line));
    }
}
