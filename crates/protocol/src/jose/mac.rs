//! Shared secrets, for clients that authenticate with `client_secret_jwt` (OpenID Connect Core 1.0 §9).

use std::fmt;

use aws_lc_rs::hmac;

use super::jwk::{self, KeyError, Members};
use super::jwks::{JwksError, differ};
use super::{Key, KeySet, sealed};

/// The shortest secret, in bytes: that of the hash (RFC 7518 §3.2).
pub(super) const LEAST: usize = 32;
/// The longest.
pub(super) const MOST: usize = 1_024;
/// The name of the one algorithm of shared secrets.
pub(super) const HS256: &str = "HS256";

/// A secret that two sides share: HMAC with SHA-256 (HS256).
///
/// No public key becomes one: it is made from a secret's bytes, or from a JWK of the type `oct` alone.
#[derive(Clone)]
pub struct MacKey {
    kid: Option<String>,
    key: hmac::Key,
}

impl MacKey {
    /// From the bytes of a secret: for a client, those of its `client_secret` in UTF-8 (OpenID Connect
    /// Core 1.0 §10.1).
    ///
    /// # Errors
    /// [`KeyError::SecretSize`]: when it has less than 32 bytes or more than 1,024.
    pub fn new(secret: &[u8], kid: Option<String>) -> Result<Self, KeyError> {
        if !(LEAST..=MOST).contains(&secret.len()) {
            return Err(KeyError::SecretSize(secret.len()));
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        Ok(Self { kid, key })
    }

    /// From a JWK of the type `oct` (RFC 7518 §6.4), whose `alg` is HS256 or is not there.
    ///
    /// # Errors
    /// [`KeyError`]: when it is none, is for something else, or its secret is too short.
    pub fn from_jwk(bytes: &[u8]) -> Result<Self, KeyError> {
        let members = jwk::read(bytes)?;
        let members = Members(&members);
        members.is_for_verifying()?;
        if members.text("kty")? != "oct" {
            return Err(KeyError::UnknownType);
        }
        if members.optional("alg")?.is_some_and(|alg| alg != HS256) {
            return Err(KeyError::UnknownAlgorithm);
        }
        let kid = members.kid()?.map(str::to_owned);
        Self::new(&members.bytes("k")?, kid)
    }

    /// The tag of a message, 32 bytes.
    pub(super) fn tag(&self, message: &[u8]) -> hmac::Tag {
        hmac::sign(&self.key, message)
    }
}

impl sealed::Sealed for MacKey {}

impl Key for MacKey {
    fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    fn alg(&self) -> &'static str {
        HS256
    }

    /// In constant time; a tag that was cut short is none.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.key, message, signature).is_ok()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(..)")
    }
}

/// The secrets of one client, whose names differ: the new one and, while it is replaced, the old one.
#[derive(Debug, Clone, Default)]
pub struct MacKeys {
    keys: Vec<MacKey>,
}

impl MacKeys {
    /// Puts secrets together.
    ///
    /// # Errors
    /// When two of them have the same name.
    pub fn new(keys: Vec<MacKey>) -> Result<Self, JwksError> {
        differ(&keys)?;
        Ok(Self { keys })
    }
}

impl sealed::Sealed for MacKeys {}

impl KeySet for MacKeys {
    type Key = MacKey;

    fn keys(&self) -> &[MacKey] {
        &self.keys
    }
}
