//! The socket, and who may ask through it.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ports::{Signer as _, SignerError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::Vault;
use super::frame::{Reply, Request, length};

/// Connections at the same time: a server holds sixteen.
const CONNECTIONS: usize = 64;
/// How long the rest of a frame may take, once it has begun, and an answer until it is taken.
const FRAME: Duration = Duration::from_secs(5);

/// Why nobody can ask.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// Others could put their own socket there, or reach this one.
    #[error("others may enter or change the directory {0} (mode {1:o})")]
    Open(PathBuf, u32),
    /// The directory is somebody else's.
    #[error("the directory {0} is not owned by whoever runs the signer")]
    NotOurs(PathBuf),
    /// Another process listens there.
    #[error("a process listens at {0} already")]
    Taken(PathBuf),
    /// There is something else.
    #[error("{0} is there and is no socket")]
    NoSocket(PathBuf),
    /// The system refuses.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
}

/// A socket that listens.
pub struct Door {
    listener: UnixListener,
    path: PathBuf,
    /// The users whose processes may ask.
    allowed: Vec<u32>,
}

impl Door {
    /// Listens at a path for processes of the user that runs this one, and of these others. The directory has to be
    /// there: owned by this user, changed by nobody else, and entered by its group at most. A socket of a process
    /// that has ended is replaced.
    ///
    /// # Errors
    /// [`DoorError`].
    pub fn bind(path: &Path, others: &[u32]) -> Result<Self, DoorError> {
        let io = |why| DoorError::Io(path.to_owned(), why);
        let directory = path.parent().filter(|one| !one.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        let found = std::fs::metadata(directory).map_err(io)?;
        let mode = found.mode() & 0o777;
        if mode & 0o027 != 0 {
            return Err(DoorError::Open(directory.to_owned(), mode));
        }
        clear(path)?;
        let listener = UnixListener::bind(path).map_err(io)?;
        // Of a file that was just made, the owner is whoever runs this.
        let own = std::fs::symlink_metadata(path).map_err(io)?.uid();
        if found.uid() != own {
            return Err(DoorError::NotOurs(directory.to_owned()));
        }
        let mode = match others.iter().all(|one| *one == own) {
            true => 0o600,
            false => 0o660,
        };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(io)?;
        let mut allowed = others.to_vec();
        allowed.push(own);
        Ok(Self {
            listener,
            path: path.to_owned(),
            allowed,
        })
    }

    /// Answers until `stopped`, and takes the socket away.
    pub async fn serve(self, vault: Arc<Vault>, stopped: impl Future<Output = ()>) {
        let seats = Arc::new(Semaphore::new(CONNECTIONS));
        tokio::pin!(stopped);
        // Whoever is being answered when this ends is answered by nobody any more.
        let mut talks = JoinSet::new();
        loop {
            while talks.try_join_next().is_some() {}
            let accepted = tokio::select! {
                () = &mut stopped => break,
                accepted = self.listener.accept() => accepted,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // No file is left, or the like: others may give one back.
                    tracing::warn!(%error, "signer.accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            if !self.may_ask(&stream) {
                continue;
            }
            let Ok(seat) = Arc::clone(&seats).try_acquire_owned() else {
                tracing::warn!("signer.full");
                continue;
            };
            let vault = Arc::clone(&vault);
            talks.spawn(async move {
                talk(stream, &vault).await;
                drop(seat);
            });
        }
        talks.shutdown().await;
        let _ = std::fs::remove_file(&self.path);
    }

    /// Whether the process at the other end is one of a user who may (`SO_PEERCRED`, unix(7)).
    fn may_ask(&self, stream: &UnixStream) -> bool {
        match stream.peer_cred() {
            Ok(peer) if self.allowed.contains(&peer.uid()) => true,
            Ok(peer) => {
                let (uid, pid) = (peer.uid(), peer.pid());
                tracing::warn!(uid, pid, "signer.refused");
                false
            }
            Err(error) => {
                tracing::warn!(%error, "signer.refused");
                false
            }
        }
    }
}

/// Takes the socket of a process that has ended away.
fn clear(path: &Path) -> Result<(), DoorError> {
    let Ok(found) = std::fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !found.file_type().is_socket() {
        return Err(DoorError::NoSocket(path.to_owned()));
    }
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(DoorError::Taken(path.to_owned()));
    }
    std::fs::remove_file(path).map_err(|why| DoorError::Io(path.to_owned(), why))
}

/// Answers one request after the other, until the other end is gone or says what is none.
async fn talk(mut stream: UnixStream, vault: &Vault) {
    loop {
        let mut head = [0; 4];
        // Nobody has to ask anything.
        if stream.read_exact(&mut head[..1]).await.is_err() {
            return;
        }
        let read = timeout(FRAME, async {
            stream.read_exact(&mut head[1..]).await.ok()?;
            let mut body = vec![0; length(head)?];
            stream.read_exact(&mut body).await.ok()?;
            Some(body)
        });
        let Ok(Some(body)) = read.await else {
            return;
        };
        let Some(request) = Request::read(&body) else {
            tracing::warn!("signer.malformed");
            return;
        };
        let reply = answer(vault, &request).write();
        let written = timeout(FRAME, stream.write_all(&reply));
        if !matches!(written.await, Ok(Ok(()))) {
            return;
        }
    }
}

fn answer(vault: &Vault, request: &Request<'_>) -> Reply {
    let done = |result: Result<(), SignerError>| result.map(|()| Reply::Done);
    let answered = match request {
        Request::Held => vault.held().map(Reply::Held),
        // Looking for primes takes a second.
        Request::Generate(purpose, algorithm) => {
            tokio::task::block_in_place(|| vault.generate(*purpose, algorithm)).map(Reply::Made)
        }
        Request::Show(key, sealed) => done(vault.show(*key, sealed)),
        Request::Sign(key, message) => vault.sign(*key, message).map(Reply::Signed),
        Request::Forget(kid) => done(vault.forget(kid)),
    };
    if let Err(SignerError::Refused(why)) = &answered {
        tracing::warn!(why, "signer.refused_request");
    }
    answered.unwrap_or_else(Reply::Not)
}
