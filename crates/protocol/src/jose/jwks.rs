//! Sets of public keys (RFC 7517 §5).

use serde_json::{Map, Value, json};

use super::{Algorithm, Key, KeyError, KeySet, PublicKey, sealed};
use crate::json::{Limits, parse_object};

/// The largest set, in bytes.
pub const MAX_JWKS: usize = 256 << 10;
/// The most keys in a set, those that are passed over included.
pub const MAX_KEYS: usize = 64;

/// How much a set may hold. Chains of certificates (`x5c`) take most of it.
const ONE_SET: Limits = Limits {
    bytes: MAX_JWKS,
    depth: 6,
    text: 16 << 10,
    array: MAX_KEYS,
    fields: 64,
    values: 8_192,
};

/// Public keys whose names differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Jwks {
    keys: Vec<PublicKey>,
    skipped: Vec<Skipped>,
}

/// A key of a set that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Which one, counted from 0.
    pub at: usize,
    /// Why.
    pub why: KeyError,
}

/// Why a set is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwksError {
    /// It is no JSON object, has a member twice, or is larger than any set.
    #[error(
        "the key set cannot be read ({problem}): publish one JSON object with `keys` (RFC 7517 §5)"
    )]
    Unreadable {
        /// What is wrong, and where.
        problem: String,
    },
    /// It has no list of objects called `keys`.
    #[error("the key set has no `keys`, or they are no list of objects: see RFC 7517 §5")]
    NoKeys,
    /// One of its keys is faulty.
    #[error("key {at} of the set, counted from 0, is refused: {why}")]
    Key {
        /// Which one, counted from 0.
        at: usize,
        /// Why.
        why: KeyError,
    },
    /// Two of its keys have one name.
    #[error("two keys of the set have the same `kid`: name each by its thumbprint (RFC 7638)")]
    SameKid,
}

impl Jwks {
    /// Puts keys together.
    ///
    /// # Errors
    /// When two of them have the same name.
    pub fn new(keys: Vec<PublicKey>) -> Result<Self, JwksError> {
        let skipped = Vec::new();
        differ(&keys)?;
        Ok(Self { keys, skipped })
    }

    /// Reads a set of keys. With a `registered` algorithm, only keys for that one are of use.
    ///
    /// Keys of types, algorithms, uses and sizes that are not spoken are passed over and told
    /// ([`Jwks::skipped`]; RFC 7517 §5). A key that is faulty, or carries a secret, spoils the set:
    /// somebody has to hear of it.
    ///
    /// # Errors
    /// [`JwksError`]: when it is no set, exceeds a limit, has a faulty key, or two keys of one name.
    pub fn parse(bytes: &[u8], registered: Option<Algorithm>) -> Result<Self, JwksError> {
        let set = parse_object(bytes, &ONE_SET).map_err(|unreadable| JwksError::Unreadable {
            problem: unreadable.problem,
        })?;
        let listed = set.get("keys").and_then(Value::as_array);
        let mut read = Self::default();
        for (at, key) in listed.ok_or(JwksError::NoKeys)?.iter().enumerate() {
            let members = key.as_object().ok_or(JwksError::NoKeys)?;
            match PublicKey::from_members(members, registered) {
                Ok(key) => read.keys.push(key),
                Err(why) if why.is_foreign() => read.skipped.push(Skipped { at, why }),
                Err(why) => return Err(JwksError::Key { at, why }),
            }
        }
        differ(&read.keys)?;
        Ok(read)
    }

    /// The keys that were passed over, and why.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The set, to be published: `{"keys":[…]}`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let keys: Vec<Map<String, Value>> = self.keys.iter().map(PublicKey::to_jwk).collect();
        json!({ "keys": keys })
    }
}

impl sealed::Sealed for Jwks {}

impl KeySet for Jwks {
    type Key = PublicKey;

    fn keys(&self) -> &[PublicKey] {
        &self.keys
    }
}

/// No two of them have the same name. Any number may have none.
pub(super) fn differ<K: Key>(keys: &[K]) -> Result<(), JwksError> {
    for (at, key) in keys.iter().enumerate() {
        let named = |other: &K| key.kid().is_some() && key.kid() == other.kid();
        if keys[..at].iter().any(named) {
            return Err(JwksError::SameKid);
        }
    }
    Ok(())
}
