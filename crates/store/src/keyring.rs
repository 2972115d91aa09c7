//! A key ring made of master secrets that the host holds.
//!
//! Every key is derived from a 32-byte master secret (HKDF-SHA-256, RFC 5869) for one use, so
//! that no key serves two. Values are sealed with AES-256-GCM (NIST SP 800-38D) under the
//! current master's sealing key and name it; older masters still open theirs.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use model::canonical::Digest;
use ports::clock::draw;
use ports::{Entropy, KeyRing, KeyRingError, Sealed};

/// The master secrets cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("no keys can be derived from the master secret; it must be 32 random bytes")]
pub struct UnusableSecret;

/// Keys derived from master secrets: the current one, and older ones.
///
/// The *oldest* secret is the root: keyed digests and checkpoints must stay the same when the
/// current one changes, so their keys come from it, and it must be kept for as long as the
/// store is.
pub struct LocalKeyRing {
    current: String,
    sealing: BTreeMap<String, LessSafeKey>,
    digest: hmac::Key,
    checkpoint: Ed25519KeyPair,
    entropy: Arc<dyn Entropy>,
}

impl LocalKeyRing {
    /// From the current master secret and the older ones, newest first.
    ///
    /// # Errors
    /// When a secret yields no keys, which 32 random bytes always do.
    pub fn new(
        current: &[u8; 32],
        older: &[[u8; 32]],
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, UnusableSecret> {
        let mut sealing = BTreeMap::new();
        for master in older.iter().chain([current]) {
            let key = UnboundKey::new(&AES_256_GCM, &derive(master, "seal/1")?)
                .map_err(|_| UnusableSecret)?;
            sealing.insert(key_id(master)?, LessSafeKey::new(key));
        }
        let root = older.last().unwrap_or(current);
        let checkpoint = Ed25519KeyPair::from_seed_unchecked(&derive(root, "checkpoint/1")?)
            .map_err(|_| UnusableSecret)?;
        Ok(Self {
            current: key_id(current)?,
            sealing,
            digest: hmac::Key::new(hmac::HMAC_SHA256, &derive(root, "digest/1")?),
            checkpoint,
            entropy,
        })
    }

    /// The id of the key that seals now.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.current
    }

    /// Nonce and ciphertext.
    fn sealed_by(&self, key: &LessSafeKey, context: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = draw(&*self.entropy);
        let mut text = plain.to_vec();
        let sealed = key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(context),
            &mut text,
        );
        if sealed.is_err() {
            unreachable!("AES-GCM refuses only values above 64 GiB")
        }
        let mut bytes = nonce.to_vec();
        bytes.extend(text);
        bytes
    }
}

fn opened_by(key: &LessSafeKey, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut text = text.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plain = key
        .open_in_place(nonce, Aad::from(context), &mut text)
        .ok()?
        .len();
    text.truncate(plain);
    Some(text)
}

/// In place of the name of a sealing key, which `k` begins.
const UNDER: &str = "under";

impl std::fmt::Debug for LocalKeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalKeyRing")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

impl KeyRing for LocalKeyRing {
    fn seal(&self, purpose: &str, plain: &[u8]) -> Sealed {
        let Some(key) = self.sealing.get(&self.current) else {
            unreachable!("the constructor put the current key in")
        };
        Sealed {
            key: self.current.clone(),
            bytes: self.sealed_by(key, &context(&self.current, purpose), plain),
        }
    }

    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>, KeyRingError> {
        let key = self
            .sealing
            .get(&sealed.key)
            .ok_or_else(|| KeyRingError::UnknownKey(sealed.key.clone()))?;
        let opened = opened_by(key, &context(&sealed.key, purpose), &sealed.bytes);
        opened.ok_or(KeyRingError::Forged)
    }

    fn seal_under(&self, key: &[u8; 32], purpose: &str, plain: &[u8]) -> Vec<u8> {
        let Ok(key) = UnboundKey::new(&AES_256_GCM, key) else {
            unreachable!("a key of AES-256 has 32 bytes")
        };
        self.sealed_by(&LessSafeKey::new(key), &context(UNDER, purpose), plain)
    }

    fn open_under(&self, key: &[u8; 32], purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let key = UnboundKey::new(&AES_256_GCM, key).ok()?;
        opened_by(&LessSafeKey::new(key), &context(UNDER, purpose), sealed)
    }

    fn keyed_digest(&self, purpose: &str, bytes: &[u8]) -> Digest {
        let mut context = hmac::Context::with_key(&self.digest);
        // The length keeps (purpose, bytes) apart from every other split of the same text.
        context.update(&(purpose.len() as u64).to_be_bytes());
        context.update(purpose.as_bytes());
        context.update(bytes);
        let mut digest = Digest::default();
        digest.0.copy_from_slice(context.sign().as_ref());
        digest
    }

    fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.checkpoint.sign(bytes).as_ref().to_vec()
    }

    fn verifying_key(&self) -> Vec<u8> {
        self.checkpoint.public_key().as_ref().to_vec()
    }
}

fn context(key: &str, purpose: &str) -> Vec<u8> {
    format!("tenure sealed/1\n{key}\n{purpose}").into_bytes()
}

fn key_id(master: &[u8; 32]) -> Result<String, UnusableSecret> {
    let id = derive(master, "key-id/1")?;
    Ok(id
        .iter()
        .take(8)
        .fold("k".to_owned(), |text, byte| format!("{text}{byte:02x}")))
}

struct Len32;

impl KeyType for Len32 {
    fn len(&self) -> usize {
        32
    }
}

fn derive(master: &[u8; 32], label: &str) -> Result<[u8; 32], UnusableSecret> {
    let label = format!("tenure {label}");
    let mut out = [0u8; 32];
    Salt::new(HKDF_SHA256, b"tenure master/1")
        .extract(master)
        .expand(&[label.as_bytes()], Len32)
        .and_then(|okm| okm.fill(&mut out))
        .map_err(|_| UnusableSecret)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    fn ring(current: u8, older: &[u8]) -> LocalKeyRing {
        let older: Vec<[u8; 32]> = older.iter().map(|b| [*b; 32]).collect();
        LocalKeyRing::new(&[current; 32], &older, Arc::new(Counting(0.into()))).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_for_its_purpose_only() {
        let ring = ring(1, &[]);
        let sealed = ring.seal("secret/a", b"hunter2");
        assert_eq!(ring.open("secret/a", &sealed).unwrap(), b"hunter2");
        assert_eq!(ring.open("secret/b", &sealed), Err(KeyRingError::Forged));
        for at in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[at] ^= 1;
            assert_eq!(
                ring.open("secret/a", &changed),
                Err(KeyRingError::Forged),
                "byte {at}"
            );
        }
    }

    #[test]
    fn what_is_sealed_under_a_key_opens_with_it_and_for_its_purpose_only() {
        let ring = ring(1, &[]);
        let sealed = ring.seal_under(&[9; 32], "address", b"192.0.2.7");
        let opened = |key: u8, purpose| ring.open_under(&[key; 32], purpose, &sealed);
        assert_eq!(opened(9, "address").unwrap(), b"192.0.2.7");
        assert_eq!(opened(8, "address"), None);
        assert_eq!(opened(9, "addresses"), None);
        assert_eq!(ring.open_under(&[9; 32], "address", &sealed[..11]), None);
    }

    #[test]
    fn older_secrets_open_and_the_root_keeps_digests_and_checkpoints() {
        let (old, new) = (ring(1, &[]), ring(2, &[1]));
        let sealed = old.seal("p", b"x");
        assert_eq!(new.open("p", &sealed).unwrap(), b"x");
        let resealed = new.seal("p", b"x");
        assert_ne!(resealed.key, sealed.key);
        assert_eq!(
            old.open("p", &resealed),
            Err(KeyRingError::UnknownKey(resealed.key))
        );
        assert_eq!(old.keyed_digest("p", b"x"), new.keyed_digest("p", b"x"));
        assert_eq!(old.verifying_key(), new.verifying_key());
        assert_ne!(old.keyed_digest("px", b""), old.keyed_digest("p", b"x"));
    }
}
