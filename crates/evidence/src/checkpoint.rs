//! Checkpoints: the head of the chain, signed (Ed25519, RFC 8032), kept off the host.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use model::canonical::{self, Digest};
use serde::{Deserialize, Serialize};

/// What a checkpoint says: at this instant the log of this tenant ended here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The tenant.
    pub tenant: String,
    /// The last record.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
    /// When the checkpoint was made.
    pub at: Timestamp,
}

impl Checkpoint {
    /// The bytes that are signed: a domain line, so that no other signed text can be taken for
    /// a checkpoint, and the canonical JSON of the checkpoint.
    ///
    /// # Errors
    /// Never in practice: every checkpoint has a canonical form.
    pub fn signed_bytes(&self) -> Result<Vec<u8>, canonical::NotCanonical> {
        let mut bytes = b"tenure checkpoint/1\n".to_vec();
        bytes.extend(canonical::bytes(self)?);
        Ok(bytes)
    }
}

/// A checkpoint with its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The Ed25519 signature of [`Checkpoint::signed_bytes`], base64.
    pub signature: String,
}

impl SignedCheckpoint {
    /// From a raw signature.
    #[must_use]
    pub fn new(checkpoint: Checkpoint, signature: &[u8]) -> Self {
        Self {
            checkpoint,
            signature: STANDARD.encode(signature),
        }
    }

    /// Whether the holder of this Ed25519 public key (32 bytes) signed it.
    #[must_use]
    pub fn is_signed_by(&self, public_key: &[u8]) -> bool {
        let (Ok(bytes), Ok(signature)) = (
            self.checkpoint.signed_bytes(),
            STANDARD.decode(&self.signature),
        ) else {
            return false;
        };
        UnparsedPublicKey::new(&ED25519, public_key)
            .verify(&bytes, &signature)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

    #[test]
    fn only_the_signed_words_of_the_signer_count() {
        let key = Ed25519KeyPair::from_seed_unchecked(&[3; 32]).unwrap();
        let other = Ed25519KeyPair::from_seed_unchecked(&[4; 32]).unwrap();
        let said = Checkpoint {
            tenant: "acme".to_owned(),
            seq: 9,
            hash: Digest::of(b"head"),
            at: Timestamp::from_micros(1),
        };
        let signature = key.sign(&said.signed_bytes().unwrap());
        let signed = SignedCheckpoint::new(said.clone(), signature.as_ref());
        assert!(signed.is_signed_by(key.public_key().as_ref()));
        assert!(!signed.is_signed_by(other.public_key().as_ref()));
        let moved = Checkpoint { seq: 8, ..said };
        assert!(
            !SignedCheckpoint::new(moved, signature.as_ref())
                .is_signed_by(key.public_key().as_ref())
        );
    }
}
