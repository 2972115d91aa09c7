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
    /// The root of the tree of hashes over all records ([`crate::merkle`]). Checkpoints of old have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Digest>,
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
        let version = if self.root.is_some() { 2 } else { 1 };
        let mut bytes = format!("tenure checkpoint/{version}\n").into_bytes();
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
            root: None,
            at: Timestamp::from_micros(1),
        };
        let signature = key.sign(&said.signed_bytes().unwrap());
        let signed = SignedCheckpoint::new(said.clone(), signature.as_ref());
        assert!(signed.is_signed_by(key.public_key().as_ref()));
        assert!(!signed.is_signed_by(other.public_key().as_ref()));
        let moved = Checkpoint {
            seq: 8,
            ..said.clone()
        };
        assert!(
            !SignedCheckpoint::new(moved, signature.as_ref())
                .is_signed_by(key.public_key().as_ref())
        );
        let rooted = Checkpoint {
            root: Some(Digest::of(b"root")),
            ..said
        };
        assert!(
            !SignedCheckpoint::new(rooted, signature.as_ref())
                .is_signed_by(key.public_key().as_ref())
        );
    }

    #[test]
    fn a_checkpoint_of_old_reads_and_verifies_as_it_was_signed() {
        let text = r#"{"tenant":"acme","seq":9,"hash":"HASH","at":"1970-01-01T00:00:00.000001Z"}"#;
        let text = text.replace("HASH", &Digest::of(b"head").to_string());
        let old: Checkpoint = serde_json::from_str(&text).unwrap();
        assert_eq!(old.root, None);
        assert_eq!(serde_json::to_string(&old).unwrap(), text);
        let signed = old.signed_bytes().unwrap();
        assert!(signed.starts_with(b"tenure checkpoint/1\n{\"at\":"));
    }
}
