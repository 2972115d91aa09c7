//! What is personal in the log, sealed: AES-256-GCM under one random data key per subject.
//!
//! The data key stands in the table `subject_key`, itself sealed by the key ring for the
//! purpose `subject/<id>`. Erasing a subject deletes the row, and with it every sealed part that
//! was ever written for them. A key that is made later for the same subject has another number
//! (`minted`), which each sealed part names: what was erased stays erased, and is told apart
//! from what was damaged.
//!
//! Sealed: `minted` (8 bytes, big endian), nonce (12 bytes), ciphertext and tag.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ports::clock::draw;
use ports::{Entropy, KeyRing, KeyRingError};

use crate::committer::KeyRow;

/// At most this many opened data keys are kept in memory.
const MAX_OPEN: usize = 4096;
/// The bytes before the nonce.
const MINTED_LEN: usize = 8;

/// Seals and opens the personal parts of records.
pub struct Sealer {
    ring: Arc<dyn KeyRing>,
    entropy: Arc<dyn Entropy>,
    open: Mutex<HashMap<(String, u64), OpenKey>>,
}

/// A data key, and the row that it was opened from. The number alone does not tell keys apart: what a
/// batch minted before it was rolled back has the number of what is minted in its place.
struct OpenKey {
    sealed: Vec<u8>,
    key: Arc<LessSafeKey>,
}

/// Which key sealed this part; `None` when it is too short to be one.
pub(crate) fn minted(sealed: &[u8]) -> Option<u64> {
    sealed
        .split_first_chunk::<MINTED_LEN>()
        .map(|(minted, _)| u64::from_be_bytes(*minted))
}

/// What became of a sealed part.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opened {
    /// Its text.
    Known(Vec<u8>),
    /// Its key was destroyed.
    Erased,
}

impl Sealer {
    pub(crate) fn new(ring: Arc<dyn KeyRing>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            ring,
            entropy,
            open: Mutex::new(HashMap::new()),
        }
    }

    /// The key ring that seals the data keys.
    pub(crate) fn ring(&self) -> &Arc<dyn KeyRing> {
        &self.ring
    }

    /// A new data key for a subject, made with the record `seq`, and that record's personal part sealed under it.
    /// It is not kept open: of a company that comes in one file, each key is used once.
    ///
    /// # Errors
    /// When the cipher refuses.
    pub(crate) fn mint(
        &self,
        subject: &str,
        seq: u64,
        kind: &str,
        plain: &[u8],
    ) -> Result<(KeyRow, Vec<u8>), KeyRingError> {
        let key: [u8; 32] = draw(&*self.entropy);
        let row = KeyRow {
            minted: seq,
            sealed: self.ring.seal(&purpose(subject), &key),
        };
        let opened = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| KeyRingError::Forged)?;
        let opened = LessSafeKey::new(opened);
        let sealed = self.seal_under(&opened, &context(subject, seq, kind), seq, plain)?;
        Ok((row, sealed))
    }

    /// Seals a personal part under the subject's data key.
    ///
    /// # Errors
    /// When the key ring does not open the data key.
    pub(crate) fn seal(
        &self,
        subject: &str,
        row: &KeyRow,
        kind: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, KeyRingError> {
        let key = self.data_key(subject, row)?;
        self.seal_under(&key, &context(subject, row.minted, kind), row.minted, plain)
    }

    fn seal_under(
        &self,
        key: &LessSafeKey,
        context: &[u8],
        minted: u64,
        plain: &[u8],
    ) -> Result<Vec<u8>, KeyRingError> {
        let nonce: [u8; NONCE_LEN] = draw(&*self.entropy);
        let whole = MINTED_LEN + NONCE_LEN + plain.len() + AES_256_GCM.tag_len();
        let mut sealed = Vec::with_capacity(whole);
        sealed.extend(minted.to_be_bytes());
        sealed.extend(nonce);
        sealed.extend(plain);
        let text = &mut sealed[MINTED_LEN + NONCE_LEN..];
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context),
                text,
            )
            .map_err(|_| KeyRingError::Forged)?;
        sealed.extend(tag.as_ref());
        Ok(sealed)
    }

    /// Opens a personal part; `row` is the subject's key now, if there is one.
    ///
    /// # Errors
    /// When the key exists and the part does not open: one of both was changed.
    pub(crate) fn open(
        &self,
        subject: &str,
        row: Option<&KeyRow>,
        kind: &str,
        sealed: &[u8],
    ) -> Result<Opened, KeyRingError> {
        let (minted, rest) = sealed
            .split_first_chunk::<MINTED_LEN>()
            .ok_or(KeyRingError::Forged)?;
        let minted = u64::from_be_bytes(*minted);
        let Some(row) = row.filter(|row| row.minted == minted) else {
            self.forget(subject, minted);
            return Ok(Opened::Erased);
        };
        let (nonce, text) = rest
            .split_first_chunk::<NONCE_LEN>()
            .ok_or(KeyRingError::Forged)?;
        let key = self.data_key(subject, row)?;
        let mut text = text.to_vec();
        let plain = key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(context(subject, minted, kind)),
                &mut text,
            )
            .map_err(|_| KeyRingError::Forged)?
            .len();
        text.truncate(plain);
        Ok(Opened::Known(text))
    }

    /// Drops an opened data key. Another node drops its own when it next meets a record of that
    /// key and finds the row gone; it never uses a key whose row it did not just read.
    pub(crate) fn forget(&self, subject: &str, minted: u64) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&(subject.to_owned(), minted));
    }

    /// Drops all opened data keys of a subject.
    pub(crate) fn forget_all_of(&self, subject: &str) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(name, _), _| name != subject);
    }

    fn data_key(&self, subject: &str, row: &KeyRow) -> Result<Arc<LessSafeKey>, KeyRingError> {
        let name = (subject.to_owned(), row.minted);
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = open.get(&name)
            && known.sealed == row.sealed.bytes
        {
            return Ok(Arc::clone(&known.key));
        }
        drop(open);
        let bytes = self.ring.open(&purpose(subject), &row.sealed)?;
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| KeyRingError::Forged)?;
        Ok(self.keep(subject, row, LessSafeKey::new(key)))
    }

    fn keep(&self, subject: &str, row: &KeyRow, key: LessSafeKey) -> Arc<LessSafeKey> {
        let key = Arc::new(key);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MAX_OPEN {
            open.clear();
        }
        let known = OpenKey {
            sealed: row.sealed.bytes.clone(),
            key: Arc::clone(&key),
        };
        open.insert((subject.to_owned(), row.minted), known);
        key
    }
}

fn purpose(subject: &str) -> String {
    format!("subject/{subject}")
}

/// What a sealed part is bound to besides its key: it opens nowhere else.
fn context(subject: &str, minted: u64, kind: &str) -> Vec<u8> {
    format!("tenure personal/1\n{subject}\n{minted}\n{kind}").into_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::keyring::LocalKeyRing;
    use ports::conformance::doubles::SeededEntropy;

    #[test]
    fn a_key_that_was_rolled_back_seals_nothing_for_the_one_in_its_place() {
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
        let ring = || Arc::new(LocalKeyRing::new(&[7; 32], &[], Arc::clone(&entropy)).unwrap());
        let sealer = Sealer::new(ring(), Arc::clone(&entropy));
        let (rolled_back, _) = sealer.mint("ana", 5, "kind", b"first").unwrap();
        sealer.seal("ana", &rolled_back, "kind", b"before").unwrap();
        let (committed, _) = sealer.mint("ana", 5, "kind", b"first").unwrap();
        let sealed = sealer.seal("ana", &committed, "kind", b"after").unwrap();
        let another = sealer.seal("ana", &rolled_back, "kind", b"late").unwrap();
        let elsewhere = Sealer::new(ring(), Arc::clone(&entropy));
        let opened = elsewhere.open("ana", Some(&committed), "kind", &sealed);
        assert_eq!(opened.unwrap(), Opened::Known(b"after".to_vec()));
        assert!(
            sealer
                .open("ana", Some(&committed), "kind", &another)
                .is_err()
        );
        let opened = sealer.open("ana", Some(&committed), "kind", &sealed);
        assert_eq!(opened.unwrap(), Opened::Known(b"after".to_vec()));
    }
}
