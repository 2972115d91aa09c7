//! Whoever asks the process that holds the keys.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ports::{HeldKey, KeyName, MadeKey, Sealed, Signer, SignerError, SigningUse};
use tokio::runtime::{Builder, Handle, RuntimeFlavor};

use super::frame::{Reply, Request, length};

/// Connections at the same time; who comes then waits for one.
const CONNECTIONS: usize = 16;
/// How long a signature may take, the waiting for a connection included.
const SIGN: Duration = Duration::from_secs(2);
/// How long making a key may take.
const GENERATE: Duration = Duration::from_secs(30);

/// The process behind a socket, by connections that are kept.
pub struct SignerSocket {
    path: PathBuf,
    pool: Mutex<Pool>,
    back: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<UnixStream>,
    out: usize,
}

impl SignerSocket {
    /// The process that listens there, now or later.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            pool: Mutex::default(),
            back: Condvar::new(),
        }
    }

    fn call(&self, request: &Request<'_>, wait: Duration) -> Result<Reply, SignerError> {
        let ask = || self.asked(&request.write(), Instant::now() + wait);
        // The threads that serve others are not to wait with this one.
        let threads = Handle::try_current().map(|handle| handle.runtime_flavor());
        let answered = match threads {
            Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(ask),
            _ => ask(),
        };
        match answered {
            Ok(Reply::Not(error)) => Err(error),
            Ok(reply) => Ok(reply),
            Err(why) => Err(SignerError::Silent(why.to_string())),
        }
    }

    fn asked(&self, frame: &[u8], until: Instant) -> io::Result<Reply> {
        let kept = self.take(until)?;
        let _seat = Seat(self);
        let was_kept = kept.is_some();
        let mut answered = self.on(kept, frame, until);
        // One that was kept may be that of a process that has gone. Asking twice harms nothing: a key that is made
        // twice is used once.
        let gone = |error: &io::Error| !matches!(error.kind(), io::ErrorKind::WouldBlock);
        if was_kept && answered.as_ref().is_err_and(gone) {
            self.forget_kept();
            answered = self.on(None, frame, until);
        }
        answered
    }

    fn on(&self, kept: Option<UnixStream>, frame: &[u8], until: Instant) -> io::Result<Reply> {
        let mut stream = match kept {
            Some(stream) => stream,
            None => connect(&self.path, left(until)?)?,
        };
        stream.set_write_timeout(Some(left(until)?))?;
        stream.write_all(frame)?;
        let mut head = [0; 4];
        stream.set_read_timeout(Some(left(until)?))?;
        stream.read_exact(&mut head)?;
        let malformed = || io::Error::new(io::ErrorKind::InvalidData, "what it says is no answer");
        let mut body = vec![0; length(head).ok_or_else(malformed)?];
        stream.set_read_timeout(Some(left(until)?))?;
        stream.read_exact(&mut body)?;
        let reply = Reply::read(&body).ok_or_else(malformed)?;
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.idle.push(stream);
        Ok(reply)
    }

    /// A seat, and a connection that was kept, if there is one.
    fn take(&self, until: Instant) -> io::Result<Option<UnixStream>> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        while pool.out >= CONNECTIONS {
            let waited = self.back.wait_timeout(pool, left(until)?);
            pool = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        pool.out += 1;
        Ok(pool.idle.pop())
    }

    fn forget_kept(&self) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.idle.clear();
    }
}

/// Gives its place back.
struct Seat<'a>(&'a SignerSocket);

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut pool = self.0.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.out -= 1;
        drop(pool);
        self.0.back.notify_one();
    }
}

/// What is left of the time.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    match left.is_zero() {
        true => Err(io::ErrorKind::TimedOut.into()),
        false => Ok(left),
    }
}

/// Connects, or says at once that nobody takes connections: the plain way blocks without an end where a process is
/// there that does not. A runtime of its own, on a thread of its own, because this one may be one of a runtime.
fn connect(path: &Path, wait: Duration) -> io::Result<UnixStream> {
    let connected = std::thread::scope(|scope| {
        let connecting = scope.spawn(|| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let connected = runtime.block_on(async {
                let stream = tokio::net::UnixStream::connect(path);
                tokio::time::timeout(wait, stream).await
            });
            connected
                .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??
                .into_std()
        });
        connecting.join()
    });
    let broken = |_| io::Error::other("the thread that connects has ended");
    let stream = connected.map_err(broken)??;
    stream.set_nonblocking(false)?;
    Ok(stream)
}

impl Signer for SignerSocket {
    fn generate(&self, purpose: SigningUse, algorithm: &str) -> Result<MadeKey, SignerError> {
        match self.call(&Request::Generate(purpose, algorithm), GENERATE)? {
            Reply::Made(made) => Ok(made),
            _ => Err(strange()),
        }
    }

    fn show(&self, key: KeyName<'_>, sealed: &Sealed) -> Result<(), SignerError> {
        match self.call(&Request::Show(key, sealed.clone()), SIGN)? {
            Reply::Done => Ok(()),
            _ => Err(strange()),
        }
    }

    fn sign(&self, key: KeyName<'_>, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        match self.call(&Request::Sign(key, message), SIGN)? {
            Reply::Signed(signature) => Ok(signature),
            _ => Err(strange()),
        }
    }

    fn forget(&self, kid: &str) -> Result<(), SignerError> {
        match self.call(&Request::Forget(kid), SIGN)? {
            Reply::Done => Ok(()),
            _ => Err(strange()),
        }
    }

    fn held(&self) -> Result<Vec<HeldKey>, SignerError> {
        match self.call(&Request::Held, SIGN)? {
            Reply::Held(keys) => Ok(keys),
            _ => Err(strange()),
        }
    }
}

fn strange() -> SignerError {
    SignerError::Silent("what it says is the answer to something else".to_owned())
}
