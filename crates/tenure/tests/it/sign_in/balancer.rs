//! A plain TCP balancer: each connection goes to the next node, or to another one where that does not
//! answer. It understands nothing of what it passes on.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Lives as long as the test process.
pub struct Balancer {
    /// Where it listens (`http://host:port`).
    pub url: String,
    nodes: Arc<Mutex<Vec<String>>>,
}

impl Balancer {
    pub fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let nodes = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&nodes);
        std::thread::spawn(move || {
            let next = AtomicUsize::new(0);
            for near in listener.incoming().map_while(Result::ok) {
                let nodes = shared.lock().unwrap().clone();
                let first = next.fetch_add(1, Ordering::Relaxed);
                if let Some(far) = reached(&nodes, first) {
                    between(near, far);
                }
            }
        });
        Self { url, nodes }
    }

    /// From now on it passes on to these (`http://host:port`).
    pub fn to(&self, urls: &[&str]) {
        let hosts = urls
            .iter()
            .map(|url| url.trim_start_matches("http://").to_owned());
        *self.nodes.lock().unwrap() = hosts.collect();
    }
}

/// A connection to the first node that answers, in turns.
fn reached(nodes: &[String], first: usize) -> Option<TcpStream> {
    let in_turns = (0..nodes.len()).map(|n| &nodes[(first + n) % nodes.len()]);
    in_turns
        .filter_map(|host| TcpStream::connect(host).ok())
        .next()
}

fn between(near: TcpStream, far: TcpStream) {
    let (Ok(back), Ok(forth)) = (far.try_clone(), near.try_clone()) else {
        return;
    };
    std::thread::spawn(move || pass(near, far));
    std::thread::spawn(move || pass(back, forth));
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = [0; 1 << 14];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
