//! JOSE: signed tokens, the keys that sign them, and what is demanded of a token before it is believed.
//!
//! This is the one place that reads or writes a JWS, a JWK or a JWT. It is for the identity provider: ID
//! and access tokens out, client assertions, request objects and DPoP proofs in, and the key sets of both
//! sides.
//!
//! ```text
//! JWKS ──► Jwks ──┐
//!                 ├─► jws::verify ─► Verified ─► jwt::verify ─► Claims
//! token ──────────┘
//! PKCS#8 ─► SigningKey ─► jws::sign ─► token
//! ```
//!
//! What it holds to (RFC 7515, 7517, 7518, 7519, 7638, 8037, 8725, 9068, 9449):
//!
//! - **A key has one algorithm, fixed when it is registered.** What a token says of its algorithm is
//!   compared with that and chooses nothing, so that neither `none` nor a public key's bytes as an HMAC
//!   secret can be asked for. `none` has no name here; shared secrets ([`MacKey`]) and public keys
//!   ([`PublicKey`]) are different types.
//! - **A token has one reading.** Base64url without padding or loose bits, JSON without members that are
//!   there twice, three parts exactly. What is wrong is refused; nothing is mended.
//! - **A token brings nothing along.** Keys by URL (`jku`, `x5u`) or in the header (`jwk`) are refused,
//!   except where a proof of possession is asked for by name ([`jws::verify_embedded`]); `x5c` is never
//!   looked at. Encrypted tokens are refused.
//! - **Bounds first.** Everything has a limit in bytes, depth and number, and is held to it before it
//!   costs anything.
//!
//! Everything is pure: the time is an argument, and chance is used by signing and making keys alone.
//!
//! It does not look whether an Ed25519 key is a point of its curve; one that is not verifies nothing.

mod algorithm;
pub(crate) mod base64url;
mod header;
mod jwk;
mod jwks;
mod mac;
mod public;
mod refused;
pub(crate) mod rsa;
pub(crate) mod shape;
mod signing;

pub mod jws;
pub mod jwt;

pub use algorithm::Algorithm;
pub use header::{Header, MAX_TOKEN, Typ};
pub use jwk::KeyError;
pub use jwks::{Jwks, JwksError, MAX_JWKS, MAX_KEYS, Skipped};
pub use mac::{MacKey, MacKeys};
pub use public::PublicKey;
pub use refused::JwsError;
pub use signing::{Holder, Pkcs8, SignError, SigningKey};

/// A key that can verify, whichever kind it is. Sealed: there are [`PublicKey`] and [`MacKey`].
pub trait Key: sealed::Sealed {
    /// Its name (`kid`, RFC 7517 §4.5).
    fn kid(&self) -> Option<&str>;
    /// The name of the one algorithm that it is for (`alg`, RFC 7517 §4.4).
    fn alg(&self) -> &'static str;
    /// Whether this is its signature over that message.
    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// Keys of one kind, with names that differ. Sealed: there are [`Jwks`] and [`MacKeys`].
pub trait KeySet: sealed::Sealed {
    /// The kind.
    type Key: Key;
    /// The keys.
    fn keys(&self) -> &[Self::Key];
}

mod sealed {
    pub trait Sealed {}
}
