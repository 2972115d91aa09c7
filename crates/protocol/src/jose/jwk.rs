//! What every JWK has, whatever it is a key for (RFC 7517 §4), and why a key is refused.

use serde_json::{Map, Value};

use super::base64url;
use crate::json::{Limits, parse_object};

/// How much one key may hold. Chains of certificates (`x5c`) take most of it.
const ONE_KEY: Limits = Limits {
    bytes: 32 << 10,
    depth: 4,
    text: 16 << 10,
    array: 32,
    fields: 64,
    values: 256,
};
/// The longest name of a key, in bytes.
const LONGEST_KID: usize = 256;
/// Members that only those should see who hold the private key (RFC 7518 §6, RFC 8037 §2, and `priv` of
/// the drafts for post-quantum keys).
const SECRET: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// Why a key is not taken. Holds nothing of the key but names of members.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no JSON object, has a member twice, or is larger than any key.
    #[error("the key cannot be read ({problem}): register it as one JSON object (RFC 7517 §4)")]
    Unreadable {
        /// What is wrong, and where.
        problem: String,
    },
    /// A member is not there.
    #[error("the key has no `{0}`: register it with all members of its type (RFC 7518 §6)")]
    Missing(&'static str),
    /// A member is no text, or no list of different texts.
    #[error("`{0}` of the key has the wrong type: see RFC 7517 §4 for what it must be")]
    Mistyped(&'static str),
    /// A member is not the shortest base64url of its value, or is empty.
    #[error(
        "`{0}` of the key is not base64url without padding in its shortest form: encode it again (RFC 7518 §2)"
    )]
    Encoding(&'static str),
    /// A member is longer or shorter than its curve demands.
    #[error(
        "`{0}` of the key has not the length of its curve: pad it with zeros in front (RFC 7518 §6.2.1)"
    )]
    Length(&'static str),
    /// The name of the key is empty or too long.
    #[error("the key's `kid` is empty or longer than {longest} bytes: name it by its thumbprint (RFC 7638)", longest = LONGEST_KID)]
    Kid,
    /// It carries private members, or is a shared secret, where a public key is expected.
    #[error(
        "the key carries its secret: make a new key, and register only the public members of it"
    )]
    Secret,
    /// Its `kty` is none that is spoken.
    #[error("the key's `kty` is not spoken: use EC, OKP or RSA")]
    UnknownType,
    /// Its `crv` is none that is spoken.
    #[error("the key's `crv` is not spoken: use P-256, P-384 or Ed25519")]
    UnknownCurve,
    /// Its `alg` is none that is spoken.
    #[error("the key's `alg` is not spoken: use ES256, ES384, EdDSA, RS256 or PS256")]
    UnknownAlgorithm,
    /// Its `alg` is one that a key of this type cannot have.
    #[error("the key's `alg` does not go with its type or curve: correct one of them")]
    WrongAlgorithm,
    /// It is for another algorithm than the one that is registered.
    #[error(
        "the key is for another algorithm than the registered one: register that, or another key"
    )]
    OtherAlgorithm,
    /// An RSA key of which nobody says whether it is for RS256 or PS256.
    #[error(
        "nobody says which algorithm the RSA key is for: add `alg` to it, or register the algorithm"
    )]
    AlgorithmMissing,
    /// Its `use` or `key_ops` say that it is not for verifying.
    #[error("the key is not for verifying signatures: register one with `use` \"sig\"")]
    NotForSignatures,
    /// Its `use` and its `key_ops` say different things (RFC 7517 §4.3).
    #[error("`use` and `key_ops` of the key contradict each other: leave one of them out")]
    Contradiction,
    /// The point does not lie on its curve.
    #[error("the key is no point of its curve: export it again from where it was made")]
    NotOnCurve,
    /// An Ed25519 key for which signatures are made without a private key.
    #[error("the key is a point of small order, for which anybody can sign: make a new key")]
    SmallOrder,
    /// An RSA modulus that is too small, or too large.
    #[error("the RSA key has {0} bits: make one with at least {least} and at most {most}", least = super::rsa::LEAST, most = super::rsa::MOST)]
    RsaSize(usize),
    /// An RSA modulus that is even, or an exponent that is even, 1, or larger than 32 bits.
    #[error("the RSA key is no RSA key: make a new one, with the exponent 65537")]
    RsaBroken,
    /// An RSA key whose primes can be guessed (CVE-2017-15361, "ROCA").
    #[error(
        "the RSA key is of the kind that can be broken (CVE-2017-15361): make a new one elsewhere"
    )]
    Predictable,
    /// A shared secret that is too short, or far too long.
    #[error("the secret has {0} bytes: make one with at least {least} and at most {most} (RFC 7518 §3.2)", least = super::mac::LEAST, most = super::mac::MOST)]
    SecretSize(usize),
}

impl KeyError {
    /// Whether the key is only none of ours, so that a set with it may be used without it (RFC 7517 §5):
    /// a type, curve, algorithm, use or size that is not spoken. Everything else is a fault, and whoever
    /// published the set should hear of it.
    #[must_use]
    pub const fn is_foreign(&self) -> bool {
        matches!(
            self,
            Self::UnknownType
                | Self::UnknownCurve
                | Self::UnknownAlgorithm
                | Self::OtherAlgorithm
                | Self::AlgorithmMissing
                | Self::NotForSignatures
                | Self::RsaSize(_)
        )
    }
}

/// The members of one key.
#[derive(Clone, Copy)]
pub(super) struct Members<'a>(pub(super) &'a Map<String, Value>);

/// The members of the key in these bytes.
pub(super) fn read(bytes: &[u8]) -> Result<Map<String, Value>, KeyError> {
    parse_object(bytes, &ONE_KEY).map_err(|unreadable| KeyError::Unreadable {
        problem: unreadable.problem,
    })
}

impl<'a> Members<'a> {
    /// A text that must be there.
    pub(super) fn text(self, name: &'static str) -> Result<&'a str, KeyError> {
        self.optional(name)?.ok_or(KeyError::Missing(name))
    }

    /// A text that may be there.
    pub(super) fn optional(self, name: &'static str) -> Result<Option<&'a str>, KeyError> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(KeyError::Mistyped(name)),
        }
    }

    /// The bytes of a member that must be there.
    pub(super) fn bytes(self, name: &'static str) -> Result<Vec<u8>, KeyError> {
        let bytes = base64url::decode(self.text(name)?).filter(|bytes| !bytes.is_empty());
        bytes.ok_or(KeyError::Encoding(name))
    }

    /// The name of the key.
    pub(super) fn kid(self) -> Result<Option<&'a str>, KeyError> {
        let kid = self.optional("kid")?;
        match kid {
            Some(kid) if kid.is_empty() || kid.len() > LONGEST_KID => Err(KeyError::Kid),
            kid => Ok(kid),
        }
    }

    /// Nothing of it is secret.
    pub(super) fn is_public(self) -> Result<(), KeyError> {
        let secret = SECRET.iter().any(|name| self.0.contains_key(*name));
        if secret {
            return Err(KeyError::Secret);
        }
        Ok(())
    }

    /// It is for verifying (RFC 7517 §4.2, §4.3).
    pub(super) fn is_for_verifying(self) -> Result<(), KeyError> {
        let usage = self.optional("use")?;
        if usage.is_some_and(|usage| usage != "sig") {
            return Err(KeyError::NotForSignatures);
        }
        let Some(operations) = self.0.get("key_ops") else {
            return Ok(());
        };
        let operations = different_texts(operations).ok_or(KeyError::Mistyped("key_ops"))?;
        if !operations.contains(&"verify") {
            return Err(KeyError::NotForSignatures);
        }
        let of_signing = |operation: &&str| ["sign", "verify"].contains(operation);
        if usage.is_some() && !operations.iter().all(of_signing) {
            return Err(KeyError::Contradiction);
        }
        Ok(())
    }
}

/// The texts of a list in which none is twice.
fn different_texts(value: &Value) -> Option<Vec<&str>> {
    let texts: Option<Vec<&str>> = value.as_array()?.iter().map(Value::as_str).collect();
    let texts = texts?;
    let twice = (1..texts.len()).any(|at| texts[..at].contains(&texts[at]));
    (!twice).then_some(texts)
}
