//! A process of its own that holds the private keys of the identity provider: the server asks, and never has them.
//!
//! The server keeps what the process made, sealed with a key that the process alone has, and shows it again when
//! the process has forgotten it. So the process needs no store, and every node of a tenant may have its own.

use serde_json::{Map, Value};

use crate::{KeyRing, Sealed};

/// What a key signs. It is part of what is sealed: no key ever signs for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SigningUse {
    /// Tokens (JWS, RFC 7515).
    Jws,
    /// Messages, assertions, metadata and the certificate of SAML.
    Saml,
}

impl SigningUse {
    /// Its name: in a frame, and in what is sealed.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jws => "jws",
            Self::Saml => "saml",
        }
    }

    /// The one with exactly this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Jws, Self::Saml]
            .into_iter()
            .find(|one| one.name() == name)
    }
}

/// Which key is meant: all three have to be those with which it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyName<'a> {
    /// What it signs.
    pub purpose: SigningUse,
    /// Its algorithm (`alg`, RFC 7518 §3.1).
    pub algorithm: &'a str,
    /// Its name (`kid`): the thumbprint of its public half (RFC 7638).
    pub kid: &'a str,
}

impl KeyName<'_> {
    /// For what its private half is sealed ([`KeyRing::seal`]).
    #[must_use]
    pub fn sealed_for(&self) -> String {
        let purpose = self.purpose.name();
        format!("signer/{purpose}/{}/{}", self.algorithm, self.kid)
    }
}

/// A key that was made: its public half, and its private half as nobody but its maker opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeKey {
    /// Its name (`kid`).
    pub kid: String,
    /// Its public half as a JWK (RFC 7517).
    pub public: Map<String, Value>,
    /// Its private half.
    pub sealed: Sealed,
}

/// A key that is held, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldKey {
    /// What it signs.
    pub purpose: SigningUse,
    /// Its algorithm.
    pub algorithm: String,
    /// Its public half as a JWK.
    pub public: Map<String, Value>,
}

/// Why nothing was signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// It does not hold the key now: show it again.
    #[error("it does not hold that key")]
    NotHeld,
    /// It does not do that: the key is for something else, or was sealed by somebody else, or there is no such
    /// algorithm.
    #[error("it refuses: {0}")]
    Refused(String),
    /// It does not answer, or not in time.
    #[error("it does not answer: {0}")]
    Silent(String),
}

/// The process, or who speaks with it. Every call blocks for a bounded time.
pub trait Signer: Send + Sync {
    /// Makes a key for a purpose and an algorithm (`alg`), and holds it.
    ///
    /// # Errors
    /// [`SignerError`]: where it does not answer, or nothing is signed by that algorithm.
    fn generate(&self, purpose: SigningUse, algorithm: &str) -> Result<MadeKey, SignerError>;

    /// Shows it a key that it made, to be held again.
    ///
    /// # Errors
    /// `Refused` where it was not made by it, or for something else.
    fn show(&self, key: KeyName<'_>, sealed: &Sealed) -> Result<(), SignerError>;

    /// The signature over a message, at most 64 KiB long, in the form of the algorithm (RFC 7518 §3).
    ///
    /// # Errors
    /// `NotHeld` where the key has to be shown first; `Refused` where it is for something else, or the message is
    /// none that is signed for this purpose.
    fn sign(&self, key: KeyName<'_>, message: &[u8]) -> Result<Vec<u8>, SignerError>;

    /// Has it forget a key that is signed with no more; one that it does not hold is forgotten already.
    ///
    /// # Errors
    /// Where it does not answer.
    fn forget(&self, kid: &str) -> Result<(), SignerError>;

    /// What it holds, by `kid`.
    ///
    /// # Errors
    /// Where it does not answer.
    fn held(&self) -> Result<Vec<HeldKey>, SignerError>;
}

/// Opens what was sealed for a key, with the ring of whoever made it.
///
/// # Errors
/// `Refused`: it was sealed by somebody else, or for something else.
pub fn opened(
    ring: &dyn KeyRing,
    key: KeyName<'_>,
    sealed: &Sealed,
) -> Result<Vec<u8>, SignerError> {
    let opened = ring.open(&key.sealed_for(), sealed);
    opened.map_err(|why| SignerError::Refused(why.to_string()))
}
