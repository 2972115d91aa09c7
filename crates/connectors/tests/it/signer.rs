//! The process that holds signing keys, and the way to it.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use connectors::signer::{Door, DoorError, SignerSocket, Vault};
use ports::conformance::signer::conforms;
use ports::{KeyName, KeyRing, KeyRingError, Sealed, Signer, SignerError, SigningUse};
use protocol::jose::{Algorithm, Key as _, PublicKey};
use tokio::sync::oneshot;

/// A ring that seals nothing and knows its own: what the store's ring does is tested there.
struct Ring(&'static str, Mutex<()>);

impl KeyRing for Ring {
    fn seal(&self, purpose: &str, plain: &[u8]) -> Sealed {
        let _one = self.1.lock().unwrap();
        let tag = model::Digest::of(&[purpose.as_bytes(), b"\0", plain].concat());
        Sealed {
            key: self.0.to_owned(),
            bytes: [&tag.0, plain].concat(),
        }
    }

    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>, KeyRingError> {
        if sealed.key != self.0 {
            return Err(KeyRingError::UnknownKey(sealed.key.clone()));
        }
        let (tag, plain) = sealed.bytes.split_at(32);
        let good = model::Digest::of(&[purpose.as_bytes(), b"\0", plain].concat());
        match good.0 == tag {
            true => Ok(plain.to_vec()),
            false => Err(KeyRingError::Forged),
        }
    }

    fn seal_under(&self, _: &[u8; 32], _: &str, _: &[u8]) -> Vec<u8> {
        unreachable!("a vault seals nothing under the keys of others")
    }
    fn open_under(&self, _: &[u8; 32], _: &str, _: &[u8]) -> Option<Vec<u8>> {
        unreachable!("a vault seals nothing under the keys of others")
    }
    fn keyed_digest(&self, _: &str, bytes: &[u8]) -> model::Digest {
        model::Digest::of(bytes)
    }

    fn sign(&self, _: &[u8]) -> Vec<u8> {
        Vec::new()
    }

    fn verifying_key(&self) -> Vec<u8> {
        Vec::new()
    }
}

fn vault() -> Vault {
    Vault::new(Arc::new(Ring("k1", Mutex::default())))
}

fn verifies(
    algorithm: &str,
    public: &serde_json::Map<String, serde_json::Value>,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let jwk = serde_json::to_vec(public).unwrap();
    let key = PublicKey::from_jwk(&jwk, Algorithm::named(algorithm)).unwrap();
    key.verifies(message, signature)
}

/// A directory that nobody else enters, and a place for a socket in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let owner_only = std::fs::Permissions::from_mode(0o700);
    std::fs::set_permissions(directory.path(), owner_only).unwrap();
    let path = directory.path().join("socket");
    (directory, path)
}

/// A door that is open until the sender is dropped.
struct Open {
    _stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
}

fn open(path: &Path) -> Open {
    let door = Door::bind(path, &[]).unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(door.serve(Arc::new(vault()), async move {
        let _ = stopped.await;
    }));
    Open {
        _stop: stop,
        served,
    }
}

#[test]
fn a_vault_does_what_a_signer_must() {
    conforms(&vault(), &verifies);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signer_behind_a_socket_does_what_a_signer_must() {
    let (_directory, path) = place();
    let _open = open(&path);
    conforms(&SignerSocket::at(&path), &verifies);
}

/// Whoever waits for a signature keeps nobody else from theirs, and every one is of the message that was sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_ask_at_the_same_time_and_each_gets_their_own() {
    let (_directory, path) = place();
    let _open = open(&path);
    let signer = Arc::new(SignerSocket::at(&path));
    let made = signer.generate(SigningUse::Jws, "ES256").unwrap();
    let asked = (0..100).map(|n| {
        let (signer, made) = (Arc::clone(&signer), made.clone());
        tokio::spawn(async move {
            let key = KeyName {
                purpose: SigningUse::Jws,
                algorithm: "ES256",
                kid: &made.kid,
            };
            let message = format!("eyJ{n}.e30");
            let signature = signer.sign(key, message.as_bytes()).unwrap();
            assert!(verifies(
                "ES256",
                &made.public,
                message.as_bytes(),
                &signature
            ));
        })
    });
    for one in asked.collect::<Vec<_>>() {
        one.await.unwrap();
    }
}

/// A server outlives its signer: it says so at once, and goes on when there is one again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signer_that_went_away_and_came_back_is_asked_again() {
    let (_directory, path) = place();
    let signer = SignerSocket::at(&path);
    let silent = |answered| matches!(answered, Err(SignerError::Silent(_)));
    assert!(silent(signer.held().map(drop)), "there is none yet");
    let first = open(&path);
    let made = signer.generate(SigningUse::Saml, "RS256").unwrap();
    drop(first._stop);
    first.served.await.unwrap();
    let key = KeyName {
        purpose: SigningUse::Saml,
        algorithm: "RS256",
        kid: &made.kid,
    };
    let _second = open(&path);
    // The connection that was kept is answered by nobody any more.
    assert_eq!(signer.sign(key, b"<a/>"), Err(SignerError::NotHeld));
    signer.show(key, &made.sealed).unwrap();
    let signature = signer.sign(key, b"<a/>").unwrap();
    assert!(verifies("RS256", &made.public, b"<a/>", &signature));
}

/// Whoever listens and answers nothing costs a bounded time, on every way to say nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signer_that_hangs_is_given_up() {
    let (_directory, path) = place();
    let listener = UnixListener::bind(&path).unwrap();
    let signer = SignerSocket::at(&path);
    let begun = Instant::now();
    // Not even accepted.
    assert!(matches!(signer.held(), Err(SignerError::Silent(_))));
    assert!(begun.elapsed() < Duration::from_secs(10));
    for said in [&[][..], &[0, 0, 0, 9, 0], &[0xff; 64], &[0, 0, 0, 1, 77]] {
        let answering = std::thread::spawn({
            let listener = listener.try_clone().unwrap();
            move || {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.write_all(said);
                // Held open until the other end gives up.
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
        let begun = Instant::now();
        assert!(
            matches!(signer.held(), Err(SignerError::Silent(_))),
            "{said:?}"
        );
        assert!(begun.elapsed() < Duration::from_secs(10), "{said:?}");
        answering.join().unwrap();
    }
}

/// What is no request is not answered, and harms nobody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_request_ends_the_connection() {
    let (_directory, path) = place();
    let _open = open(&path);
    let wrong: [&[u8]; 6] = [
        b"GET / HTTP/1.1\r\n\r\n",
        &[0xff; 128],
        &[0, 0, 0, 0],
        &[0, 0, 0, 2, 9, 1],
        &[0, 0, 0, 2, 1, 99],
        &[0, 0, 0, 3, 1, 1, 0],
    ];
    for bytes in wrong {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.write_all(bytes).unwrap();
        let mut answer = Vec::new();
        // It may be closed with bytes unread, which is told as an error.
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty(), "{bytes:?}: {answer:?}");
    }
    let signer = SignerSocket::at(&path);
    assert_eq!(signer.held().unwrap(), Vec::new());
}

#[tokio::test]
async fn a_socket_in_a_directory_that_others_enter_or_change_is_refused() {
    for mode in [0o777, 0o770, 0o701, 0o720, 0o705] {
        let (directory, path) = place();
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(directory.path(), permissions).unwrap();
        let refused = Door::bind(&path, &[]);
        assert!(matches!(refused, Err(DoorError::Open(..))), "{mode:o}");
        assert!(!path.exists());
    }
    let (_directory, path) = place();
    let _door = Door::bind(&path, &[]).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

#[tokio::test]
async fn a_second_signer_at_the_same_place_is_refused_and_what_is_left_behind_is_not_in_the_way() {
    let (_directory, path) = place();
    let door = Door::bind(&path, &[]).unwrap();
    assert!(matches!(Door::bind(&path, &[]), Err(DoorError::Taken(_))));
    // Killed: nobody took the socket away.
    drop(door);
    assert!(path.exists());
    drop(Door::bind(&path, &[]).unwrap());
    let (_directory, path) = place();
    std::fs::write(&path, "not a socket").unwrap();
    assert!(matches!(
        Door::bind(&path, &[]),
        Err(DoorError::NoSocket(_))
    ));
    assert_eq!(std::fs::read(&path).unwrap(), b"not a socket");
}
