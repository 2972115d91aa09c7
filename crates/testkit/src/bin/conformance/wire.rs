//! One request and its answer over HTTP/1.1. It stands for the proxy that ends TLS in front of a server:
//! addresses are those of the outside, and go to the port on which the server listens.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::page::encoded;
use crate::verdict::{Failed, Verdict};

/// The longest answer, in bytes.
const LONGEST: u64 = 4 << 20;
const PATIENCE: Duration = Duration::from_secs(30);

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: &'static str,
    /// Where to: an address of the server, with its query.
    pub url: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Request {
    pub fn get(url: &str) -> Self {
        Self {
            method: "GET",
            url: url.to_owned(),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// A form.
    pub fn post<N: AsRef<str>, V: AsRef<str>>(url: &str, form: &[(N, V)]) -> Self {
        let media = "application/x-www-form-urlencoded".to_owned();
        Self {
            method: "POST",
            url: url.to_owned(),
            headers: vec![("content-type", media)],
            body: encoded(form),
        }
    }

    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// An answer. Names of headers are in lower case.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Every header of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(other, _)| other == name);
        named.map(|(_, value)| value.as_str())
    }

    /// The body, as JSON.
    pub fn json(&self) -> Verdict<Value> {
        serde_json::from_str(&self.body).map_err(|e| Failed {
            clause: "RFC 8259",
            expected: "a body of JSON".to_owned(),
            came: format!("status {}, {e}", self.status),
        })
    }

    /// What kind of body it says that it has, without parameters.
    pub fn media(&self) -> &str {
        let media = self.header("content-type").unwrap_or_default();
        media.split(';').next().unwrap_or_default().trim()
    }
}

/// What somebody between changes, to see whether a module notices.
#[derive(Clone, Copy)]
pub struct Meddler {
    pub request: fn(&mut Request),
    pub answer: fn(&Request, &mut Answer),
}

/// The way to a server.
#[derive(Clone)]
pub struct Wire {
    pub server: SocketAddr,
    /// What the server is called outside (`https://…`), without a slash at its end.
    pub base: String,
    pub meddler: Option<Meddler>,
}

impl Wire {
    /// Whether this is an address of the server.
    pub fn is_own(&self, url: &str) -> bool {
        let rest = url.strip_prefix(&self.base);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }

    /// Asks the server.
    ///
    /// # Errors
    /// When no whole answer comes.
    pub fn ask(&self, mut request: Request) -> Verdict<Answer> {
        if let Some(meddler) = self.meddler {
            (meddler.request)(&mut request);
        }
        let mut answer = self.send(&request).map_err(Failed::silent)?;
        if let Some(meddler) = self.meddler {
            (meddler.answer)(&request, &mut answer);
        }
        Ok(answer)
    }

    fn send(&self, request: &Request) -> Result<Answer, String> {
        if !self.is_own(&request.url) {
            return Err(format!("{} is no address of the server", request.url));
        }
        let path = &request.url[self.base.len()..];
        let path = if path.starts_with('/') { path } else { "/" };
        let host = self.base.trim_start_matches("https://");
        let mut text = format!("{} {path} HTTP/1.1\r\nhost: {host}\r\n", request.method);
        text.push_str("connection: close\r\nuser-agent: conformance\r\n");
        for (name, value) in &request.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("content-length: {}\r\n\r\n", request.body.len()));
        text.push_str(&request.body);
        let spoken = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(self.server)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.write_all(text.as_bytes())?;
            let mut said = String::new();
            stream.take(LONGEST).read_to_string(&mut said)?;
            Ok(said)
        };
        parsed(&spoken().map_err(|e| e.to_string())?)
    }
}

/// An answer of a connection that was closed after it.
fn parsed(text: &str) -> Result<Answer, String> {
    let cut = || "the answer was cut off".to_owned();
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(cut)?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status
        .and_then(|status| status.parse().ok())
        .ok_or_else(cut)?;
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Option<Vec<_>> = lines.map(pair).collect();
    let answer = Answer {
        status,
        headers: headers.ok_or_else(cut)?,
        body: body.to_owned(),
    };
    // The server knows the length of whatever it answers here; anything else would be read wrongly.
    let length = answer.header("content-length").map(str::parse::<usize>);
    match length {
        Some(Ok(length)) if length == body.len() => Ok(answer),
        None if body.is_empty() => Ok(answer),
        _ => Err(cut()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_is_whole_or_none() {
        let whole = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nset-cookie: a\r\n\
                     Set-Cookie: b\r\ncontent-length: 2\r\n\r\nhi";
        let answer = parsed(whole).unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (200, "hi"));
        assert_eq!(answer.media(), "text/html");
        assert_eq!(answer.all("set-cookie").collect::<Vec<_>>(), ["a", "b"]);
        for end in 0..whole.len() {
            assert!(parsed(&whole[..end]).is_err(), "{end}");
        }
        assert!(parsed("HTTP/1.1 303 See Other\r\nlocation: /\r\n\r\n").is_ok());
    }

    #[test]
    fn only_the_server_is_asked() {
        let wire = Wire {
            server: SocketAddr::from(([127, 0, 0, 1], 9)),
            base: "https://id.acme.example".to_owned(),
            meddler: None,
        };
        assert!(wire.is_own("https://id.acme.example/x") && wire.is_own("https://id.acme.example"));
        for other in [
            "https://id.acme.example.evil.example/",
            "https://id.acme.example@evil.example/",
            "http://id.acme.example/",
        ] {
            assert!(!wire.is_own(other), "{other}");
        }
    }
}
