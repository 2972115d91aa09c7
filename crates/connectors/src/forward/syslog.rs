//! Syslog over a stream: one connection for each batch.
//!
//! Syslog has no acknowledgement. But whoever receives our end of the connection has read everything
//! before it, and answers it by ending the connection too: over TLS by `close_notify`, which nobody on
//! the way can forge (RFC 5425 §4.4), without TLS by its own FIN. A batch counts as taken when that
//! answer came, after our end, and nothing was refused.

use std::io::{Error, ErrorKind};

use protocol::syslog::counted;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{PATIENCE, Wire};

/// Why a batch does not count as taken.
pub(super) enum NotTaken {
    /// The connection broke, or something else was at its other end.
    Broke(String),
    /// It ended after ours, but not as TLS ends: anybody on the way could have ended it.
    BareEnd,
}

impl From<Error> for NotTaken {
    fn from(error: Error) -> Self {
        Self::Broke(format!("the connection broke: {error}"))
    }
}

fn broke(why: &str) -> NotTaken {
    NotTaken::Broke(why.to_owned())
}

/// Sends all of them, ends, and waits for the receiver's end.
pub(super) async fn send(mut wire: Box<dyn Wire>, messages: &[Vec<u8>]) -> Result<(), NotTaken> {
    for message in messages {
        within(wire.write_all(&counted(message))).await?;
    }
    within(wire.flush()).await?;
    // An end that comes before ours answers nothing: the receiver stops, and may not have read all.
    let mut byte = [0];
    tokio::select! {
        biased;
        early = wire.read(&mut byte) => return Err(match early {
            Ok(0) => broke("the receiver ended the connection by itself"),
            Ok(_) => broke("the receiver says something: it does not take syslog"),
            Err(error) => error.into(),
        }),
        () = std::future::ready(()) => {}
    }
    within(wire.shutdown()).await?;
    match within(wire.read(&mut byte)).await {
        Ok(0) if !wire.is_broken() => Ok(()),
        Ok(0) => Err(broke(
            "the receiver ended the connection before it had read all",
        )),
        Ok(_) => Err(broke(
            "the receiver says something: it does not take syslog",
        )),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(NotTaken::BareEnd),
        Err(error) => Err(error.into()),
    }
}

async fn within<T>(io: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    match tokio::time::timeout(PATIENCE, io).await {
        Ok(done) => done,
        Err(_) => {
            let waited = PATIENCE.as_secs();
            let why = format!("the receiver did nothing for {waited} s");
            Err(Error::new(ErrorKind::TimedOut, why))
        }
    }
}
