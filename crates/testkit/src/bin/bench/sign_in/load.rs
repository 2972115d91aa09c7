//! The load: clients that each keep one connection and send the next request when they have the answer.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::Failure;

/// The longest answer that is read.
const LONGEST: usize = 1 << 20;

/// How it went.
#[derive(Debug, Default)]
pub struct Load {
    /// Whole rounds, each of one request or of one sign-in.
    pub rounds: usize,
    pub per_second: f64,
    took: Vec<Duration>,
}

impl Load {
    /// The longest time of so large a share of rounds, in milliseconds.
    pub fn quantile_ms(&self, share: f64) -> f64 {
        let last = self.took.len().saturating_sub(1);
        let at = (last as f64 * share).round() as usize;
        self.took
            .get(at)
            .map_or(0.0, |took| took.as_secs_f64() * 1e3)
    }
}

/// An answer.
pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Answer {
    /// The values of the headers of this name, in lower case.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head.lines().filter_map(move |line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// One connection.
pub struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    pub async fn to(address: SocketAddr) -> Result<Self, Failure> {
        Self::over(TcpStream::connect(address).await?)
    }

    /// From an address that no connection came from before: what a server allows an address is one browser's.
    pub async fn from_another(address: SocketAddr) -> Result<Self, Failure> {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let [_, a, b, c] = LAST.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let source = Ipv4Addr::new(127, a.saturating_add(1), b, c.max(1));
        let socket = TcpSocket::new_v4()?;
        socket.bind((source, 0).into())?;
        Self::over(socket.connect(address).await?)
    }

    fn over(stream: TcpStream) -> Result<Self, Failure> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::with_capacity(16 << 10),
        })
    }

    /// Sends a request and reads the answer.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer, Failure> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let head = loop {
            self.more().await?;
            if let Some(at) = self.read.windows(4).position(|w| w == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = String::from_utf8_lossy(&self.read[..head]).into_owned();
        let mut answer = Answer {
            status: text.get(9..12).unwrap_or_default().parse()?,
            head: text,
            body: String::new(),
        };
        let length = answer.headers("content-length").next();
        let length: usize = length.unwrap_or("0").parse()?;
        while self.read.len() < head + length {
            self.more().await?;
        }
        answer.body = String::from_utf8_lossy(&self.read[head..head + length]).into_owned();
        Ok(answer)
    }

    async fn more(&mut self) -> Result<(), Failure> {
        let got = self.stream.read_buf(&mut self.read).await?;
        if got == 0 || self.read.len() > LONGEST {
            return Err("the server closed the connection, or said too much".into());
        }
        Ok(())
    }
}

/// A GET request.
pub fn get(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").into_bytes()
}

/// A form, posted.
pub fn post(path: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

/// What one client does, again and again.
#[async_trait]
pub trait Client: Send {
    async fn round(&mut self) -> Result<(), Failure>;
}

/// The same request each time.
struct Again {
    wire: Wire,
    request: Vec<u8>,
}

#[async_trait]
impl Client for Again {
    async fn round(&mut self) -> Result<(), Failure> {
        let answer = self.wire.ask(&self.request).await?;
        match answer.status {
            200 => Ok(()),
            status => Err(format!("status {status}: {}", answer.body).into()),
        }
    }
}

/// So many clients send one request for so long.
pub async fn press(
    address: SocketAddr,
    clients: usize,
    time: Duration,
    request: &[u8],
) -> Result<Load, Failure> {
    let mut all: Vec<Box<dyn Client>> = Vec::new();
    for _ in 0..clients {
        let wire = Wire::to(address).await?;
        let request = request.to_vec();
        all.push(Box::new(Again { wire, request }));
    }
    rounds(all, time).await
}

/// Rounds of these clients for so long.
pub async fn rounds(clients: Vec<Box<dyn Client>>, time: Duration) -> Result<Load, Failure> {
    let begun = Instant::now();
    let tasks: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            tokio::spawn(async move {
                let mut took = Vec::new();
                while begun.elapsed() < time {
                    let round = Instant::now();
                    client.round().await?;
                    took.push(round.elapsed());
                }
                Ok::<_, Failure>(took)
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await??);
    }
    took.sort_unstable();
    Ok(Load {
        rounds: took.len(),
        per_second: took.len() as f64 / begun.elapsed().as_secs_f64(),
        took,
    })
}
