//! The dialogue with a mail server: commands, and replies within bounds (RFC 5321 §4.2, §4.5.3).

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The longest line of a reply. RFC 5321 says 512; some servers say more.
const MAX_LINE: usize = 2_000;
/// The most lines of a reply.
const MAX_LINES: usize = 100;

/// What the server said: a code, and a text for each line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    pub lines: Vec<String>,
}

impl Reply {
    /// What may be stored of it: the code, and the enhanced one (RFC 3463) where there is one. The
    /// text may name an address.
    pub fn told(&self) -> String {
        let first = self.lines.first().map_or("", String::as_str);
        let word = first.split(' ').next().unwrap_or_default();
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let parts: Vec<&str> = word.split('.').collect();
        if parts.len() == 3 && word.len() <= 9 && parts.iter().all(|part| digits(part)) {
            format!("{} {word}", self.code)
        } else {
            self.code.to_string()
        }
    }

    /// Whether a line of the answer to `EHLO` names this extension; what follows its name.
    pub fn extension(&self, name: &str) -> Option<&str> {
        self.lines.iter().skip(1).find_map(|line| {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            word.eq_ignore_ascii_case(name).then_some(rest)
        })
    }
}

/// A dialogue over any stream.
pub(super) struct Talk<S> {
    stream: S,
    /// What was read and not yet looked at.
    rest: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    pub fn new(stream: S) -> Self {
        let rest = Vec::new();
        Self { stream, rest }
    }

    /// The stream, to be encrypted. What came before the encryption and was not asked for is no
    /// part of the encrypted dialogue: whoever sent it wants it to be.
    pub fn into_stream(self) -> Result<S, String> {
        if self.rest.is_empty() {
            Ok(self.stream)
        } else {
            Err("the server spoke before the encryption".to_owned())
        }
    }

    /// Sends one line and reads the reply. The line is never told: it may hold a password.
    pub async fn say(&mut self, line: &str) -> Result<Reply, String> {
        if line.contains(['\r', '\n']) {
            return Err("a command would be two".to_owned());
        }
        self.send(format!("{line}\r\n").as_bytes()).await?;
        self.hear().await
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), String> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|e| format!("the connection broke: {e}"))
    }

    /// Reads one reply.
    pub async fn hear(&mut self) -> Result<Reply, String> {
        let mut code = None;
        let mut lines = Vec::new();
        loop {
            let line = self.line().await?;
            let wrong = || "the reply is none of SMTP".to_owned();
            let digits = line.get(..3).ok_or_else(wrong)?;
            let number: u16 = digits.parse().map_err(|_| wrong())?;
            let mark = line.as_bytes().get(3).copied().unwrap_or(b' ');
            let same = code.is_none_or(|code| code == number);
            if !(200..600).contains(&number) || !same || !matches!(mark, b' ' | b'-') {
                return Err(wrong());
            }
            code = Some(number);
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if mark == b' ' {
                return Ok(Reply {
                    code: number,
                    lines,
                });
            }
            if lines.len() >= MAX_LINES {
                return Err(format!("a reply of more than {MAX_LINES} lines"));
            }
        }
    }

    async fn line(&mut self) -> Result<String, String> {
        loop {
            if let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
                let mut line: Vec<u8> = self.rest.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            if self.rest.len() > MAX_LINE {
                return Err(format!("a line of more than {MAX_LINE} bytes"));
            }
            let mut part = [0; 1_024];
            let read = self.stream.read(&mut part).await;
            match read.map_err(|e| format!("the connection broke: {e}"))? {
                0 => return Err("the server hung up".to_owned()),
                n => self.rest.extend_from_slice(&part[..n]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    async fn heard(bytes: &[u8]) -> Result<Reply, String> {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        theirs.write_all(bytes).await.unwrap();
        drop(theirs);
        Talk::new(ours).hear().await
    }

    #[tokio::test]
    async fn replies_are_read_whole_and_within_bounds() {
        let reply =
            heard(b"250-mail.example at your service\r\n250-SIZE 1000\r\n250 AUTH PLAIN LOGIN\r\n");
        let reply = reply.await.unwrap();
        assert_eq!((reply.code, reply.lines.len()), (250, 3));
        assert_eq!(reply.extension("auth"), Some("PLAIN LOGIN"));
        assert_eq!(reply.extension("STARTTLS"), None);
        assert_eq!(heard(b"220\r\n").await.unwrap().code, 220);
        for wrong in [
            &b"250-a\r\n251 b\r\n"[..],
            b"hello\r\n",
            b"099 x\r\n",
            b"25\r\n",
            b"250-cut",
            b"250?x\r\n",
            "2€0 x\r\n".as_bytes(),
        ] {
            assert!(heard(wrong).await.is_err(), "{wrong:?}");
        }
        let long = [b"250 ".to_vec(), vec![b'x'; 5_000]].concat();
        assert!(heard(&long).await.unwrap_err().contains("a line of more"));
        let many = "250-x\r\n".repeat(200);
        assert!(heard(many.as_bytes()).await.unwrap_err().contains("lines"));
    }

    #[tokio::test]
    async fn what_is_told_of_a_reply_names_no_address() {
        let reply = heard(b"550 5.1.1 <ann@acme.example> is not here\r\n").await;
        assert_eq!(reply.unwrap().told(), "550 5.1.1");
        let reply = heard(b"550 ann@acme.example?\r\n").await;
        assert_eq!(reply.unwrap().told(), "550");
    }

    #[tokio::test]
    async fn what_comes_before_the_encryption_does_not_count_in_it() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 10);
        theirs
            .write_all(b"220 go\r\n235 welcome\r\n")
            .await
            .unwrap();
        let mut talk = Talk::new(ours);
        assert_eq!(talk.hear().await.unwrap().code, 220);
        assert!(talk.into_stream().is_err());
        let (ours, _theirs) = tokio::io::duplex(1 << 10);
        let two = Talk::new(ours).say("MAIL FROM:<a>\r\nRCPT TO:<b>").await;
        assert!(two.is_err());
    }
}
