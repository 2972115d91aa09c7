//! Keys at rest. Sealing is authenticated encryption bound to a purpose.

use model::canonical::Digest;

/// A sealed value: which key sealed it, and the bytes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sealed {
    /// The id of the sealing key.
    pub key: String,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

/// Why a sealed value could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// The value was sealed by a key that this ring does not hold.
    #[error("it was sealed with the key `{0}`, which is not in the key ring")]
    UnknownKey(String),
    /// The bytes were changed, or belong to another purpose.
    #[error("the sealed value was changed or belongs to another purpose")]
    Forged,
}

/// Seals secrets and signs checkpoints.
pub trait KeyRing: Send + Sync {
    /// Seals `plain` for `purpose` (for example `secret/slack-token`) with the current key.
    fn seal(&self, purpose: &str, plain: &[u8]) -> Sealed;

    /// Opens what was sealed for the same purpose.
    ///
    /// # Errors
    /// When the key is unknown, or the value or purpose is not the one that was sealed.
    fn open(&self, purpose: &str, sealed: &Sealed) -> Result<Vec<u8>, KeyRingError>;

    /// Seals `plain` for `purpose` with a key that is kept elsewhere, and may be destroyed there.
    fn seal_under(&self, key: &[u8; 32], purpose: &str, plain: &[u8]) -> Vec<u8>;

    /// Opens what was sealed with the same key for the same purpose; `None`: it was not.
    fn open_under(&self, key: &[u8; 32], purpose: &str, sealed: &[u8]) -> Option<Vec<u8>>;

    /// A keyed digest (HMAC-SHA-256) for recognising personal values without storing them.
    fn keyed_digest(&self, purpose: &str, bytes: &[u8]) -> Digest;

    /// The Ed25519 signature of `bytes` by the checkpoint key.
    fn sign(&self, bytes: &[u8]) -> Vec<u8>;

    /// The Ed25519 public key that verifies [`KeyRing::sign`].
    fn verifying_key(&self) -> Vec<u8>;
}
