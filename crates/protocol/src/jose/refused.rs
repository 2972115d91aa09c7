//! Why a token is refused.

use super::{KeyError, MAX_TOKEN};

/// Why a token is refused, before a word of what it says is read. Holds nothing of the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// It is longer than any.
    #[error("the token has {0} bytes: send one with at most {most}", most = MAX_TOKEN)]
    TooLong(usize),
    /// It has not three parts.
    #[error(
        "the token has {0} parts: send a signed one, three parts with a point between (RFC 7515 §7.1)"
    )]
    Parts(usize),
    /// It has five parts: it is encrypted (RFC 7516 §7.1).
    #[error("the token is encrypted: send it signed and not encrypted")]
    Encrypted,
    /// The header is not base64url.
    #[error(
        "the token's header is not base64url without padding in its shortest form (RFC 7515 §2): encode it again"
    )]
    HeaderEncoding,
    /// The header is no JSON object, has a member twice, or is larger than any.
    #[error("the token's header cannot be read ({problem}): send one JSON object (RFC 7515 §4)")]
    HeaderUnreadable {
        /// What is wrong, and where.
        problem: String,
    },
    /// The header does not name an algorithm.
    #[error("the token's header has no `alg`: name the algorithm of the key (RFC 7515 §4.1.1)")]
    NoAlgorithm,
    /// A member of the header has the wrong type.
    #[error("`{0}` of the token's header has the wrong type: see RFC 7515 §4.1")]
    HeaderMistyped(&'static str),
    /// The header demands extensions (`crit`). None is spoken.
    #[error("the token demands an extension (`crit`): leave it out (RFC 7515 §4.1.11)")]
    Critical,
    /// The header says how the payload is encoded (`b64`, RFC 7797).
    #[error(
        "the token says how its payload is encoded (`b64`): leave it out and encode it (RFC 7515 §3)"
    )]
    Unencoded,
    /// The header says where a key is to be fetched.
    #[error(
        "the token says where its key is (`{0}`): leave it out and name a registered key by `kid`"
    )]
    RemoteKey(&'static str),
    /// The header brings its own key.
    #[error(
        "the token brings its own key (`jwk`): leave it out and name a registered key by `kid`"
    )]
    EmbeddedKey,
    /// A proof of possession does not bring its key.
    #[error(
        "the proof does not bring its key: put the public key into the header as `jwk` (RFC 9449 §4.2)"
    )]
    NoEmbeddedKey,
    /// The key that a proof of possession brings is refused.
    #[error("the key in the proof is refused: {0}")]
    EmbeddedKeyRefused(KeyError),
    /// It is not signed (`none`).
    #[error("the token is not signed (`none`): sign it with a registered key")]
    Unsigned,
    /// Its algorithm is none that is spoken.
    #[error("the token's `alg` is not spoken: sign with ES256, ES384, EdDSA, RS256 or PS256")]
    UnknownAlgorithm,
    /// Its algorithm is not that of its key, or not one that is allowed.
    #[error("the token's `alg` is not the one its key is registered for: sign with that one")]
    OtherAlgorithm,
    /// Its type is not the one that is expected here, or it has none.
    #[error(
        "the token's `typ` is not the one expected here: send the kind of token that is asked for"
    )]
    OtherType,
    /// There is no key of the name that it says, or, where it says none, no key for its algorithm.
    #[error("no registered key is the token's: register it, or sign with one that is")]
    UnknownKey,
    /// It says no name, and several keys may be its own.
    #[error("several keys may be the token's: name one by `kid`")]
    Ambiguous,
    /// The signature is not base64url.
    #[error(
        "the token's signature is not base64url without padding in its shortest form (RFC 7515 §2): encode it again"
    )]
    SignatureEncoding,
    /// The signature is not that of the key over these bytes.
    #[error(
        "the token's signature is wrong: it was changed on its way, or signed with another key"
    )]
    Signature,
    /// The payload is not base64url.
    #[error(
        "the token's payload is not base64url without padding in its shortest form (RFC 7515 §2): encode it again"
    )]
    PayloadEncoding,
}
