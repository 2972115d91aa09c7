//! A RELP session: messages go out ahead of their acknowledgements, a window at a time.

use std::time::Duration;

use protocol::relp::{Command, Reply, frame, next, reply};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{PATIENCE, Wire};

/// Messages that are under way at the same time. As many may come twice when a side dies.
pub(super) const WINDOW: usize = 32;
/// Longest wait for the receiver to agree that the session has ended.
const GOODBYE: Duration = Duration::from_secs(2);

pub(super) struct Session {
    wire: Box<dyn Wire>,
    /// The number of the last command.
    number: u32,
    /// What was read and not yet looked at.
    rest: Vec<u8>,
}

impl Session {
    /// Begins a session.
    pub async fn open(wire: Box<dyn Wire>) -> Result<Self, String> {
        let mut session = Self {
            wire,
            number: 1,
            rest: Vec::new(),
        };
        session.write(&frame(1, Command::Open)).await?;
        match session.hear().await? {
            Reply::Taken(1) => Ok(session),
            Reply::Refused(1, code) => Err(format!("the receiver wants no session: {code}")),
            _ => Err("the receiver answers what was not asked".to_owned()),
        }
    }

    /// Sends messages, at most [`WINDOW`], and waits for their acknowledgements: how many it took, from
    /// the first one on, and why not all.
    pub async fn send(&mut self, messages: &[Vec<u8>]) -> (usize, Option<String>) {
        let oldest = next(self.number);
        let mut frames = Vec::new();
        for message in messages {
            self.number = next(self.number);
            frames.extend(frame(self.number, Command::Syslog(message)));
        }
        let written = self.write(&frames).await;
        // What it acknowledged before it went away still counts.
        let (taken, unheard) = self.acknowledged(oldest, messages.len()).await;
        (taken, written.err().or(unheard))
    }

    /// Reads acknowledgements, in order, until nothing is under way: how many, and why not all.
    async fn acknowledged(&mut self, mut oldest: u32, under_way: usize) -> (usize, Option<String>) {
        for taken in 0..under_way {
            let trouble = match self.hear().await {
                Ok(Reply::Taken(number)) if number == oldest => {
                    oldest = next(oldest);
                    continue;
                }
                Ok(Reply::Refused(number, code)) if number == oldest => {
                    format!("the receiver refuses a message: {code}")
                }
                Ok(Reply::Closing) => "the receiver ends the session".to_owned(),
                Ok(_) => "the receiver answers what was not asked".to_owned(),
                Err(trouble) => trouble,
            };
            return (taken, Some(trouble));
        }
        (under_way, None)
    }

    /// Ends the session. Everything is acknowledged: whatever the receiver says, nothing is lost.
    pub async fn close(mut self) {
        let bye = async {
            let number = next(self.number);
            self.write(&frame(number, Command::Close)).await?;
            self.hear().await?;
            self.wire.shutdown().await.map_err(|e| e.to_string())
        };
        let _ = tokio::time::timeout(GOODBYE, bye).await;
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        let write = async {
            self.wire.write_all(bytes).await?;
            self.wire.flush().await
        };
        match tokio::time::timeout(PATIENCE, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(format!("the connection broke: {error}")),
            Err(_) => Err(format!(
                "the receiver took nothing for {} s",
                PATIENCE.as_secs()
            )),
        }
    }

    async fn hear(&mut self) -> Result<Reply, String> {
        loop {
            let found = reply(&self.rest).map_err(|e| e.to_string())?;
            if let Some((reply, used)) = found {
                self.rest.drain(..used);
                return Ok(reply);
            }
            let mut part = [0; 4_096];
            let read = tokio::time::timeout(PATIENCE, self.wire.read(&mut part)).await;
            match read {
                Ok(Ok(0)) => return Err("the receiver hung up".to_owned()),
                Ok(Ok(n)) => self.rest.extend_from_slice(&part[..n]),
                Ok(Err(error)) => return Err(format!("the connection broke: {error}")),
                Err(_) => {
                    let waited = PATIENCE.as_secs();
                    return Err(format!("the receiver acknowledged nothing for {waited} s"));
                }
            }
        }
    }
}
