//! A client for HTTP/1.1 over plain TCP, one connection for each request: small, and not the
//! one that is under test.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// The longest silence of a server.
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// The lines before the body, as they came.
    head: String,
}

impl Answer {
    /// Every header of this name, which is in lower case.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let pairs = self.head.lines().filter_map(|line| line.split_once(':'));
        let named = pairs.filter(move |(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.trim())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{}: {e}: {}", self.status, self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Sends `method` to `url` (`http://host:port/path`) with these headers, each `Name: value`.
pub fn send(method: &str, url: &str, headers: &[&str], body: &[u8]) -> io::Result<Answer> {
    let rest = url.strip_prefix("http://").expect("plain HTTP on loopback");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut head = format!("{method} /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut message = head.into_bytes();
    message.extend_from_slice(body);
    stream.write_all(&message)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&answer).ok_or_else(|| io::Error::other("the answer broke off"))
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
    let whole = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let head = whole.to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let rest = &bytes[end + 4..];
    let value = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
    };
    let body = if value("transfer-encoding") == Some("chunked") {
        chunks(rest)?
    } else {
        let length = match value("content-length") {
            Some(length) => length.parse().ok()?,
            None => rest.len(),
        };
        rest.get(..length)?.to_vec()
    };
    Some(Answer {
        status,
        body,
        head: whole,
    })
}

fn chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|w| w == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[line + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}
