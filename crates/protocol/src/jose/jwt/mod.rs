//! What a token claims, and what is demanded of that (RFC 7519 §4, RFC 8725 §3, RFC 9068 §4).

mod claims;
mod expect;

pub use claims::Claims;
pub use expect::{ACCESS_TOKEN, Audience, Expect, JwtError, Life};

use serde_json::{Map, Value};

use super::{Algorithm, KeySet, PublicKey, SignError, SigningKey, jws};

/// Signs claims as a token of that type: "at+jwt", "JWT".
///
/// # Errors
/// [`SignError`]: when the token would be longer than any, or the library fails.
pub fn sign(key: &SigningKey, typ: &str, claims: &Map<String, Value>) -> Result<String, SignError> {
    let payload = serde_json::to_vec(claims).map_err(|_| SignError::Failed)?;
    jws::sign(key, typ, &payload)
}

/// Verifies a token with registered keys ([`jws::verify`]), and holds its claims to what is expected.
///
/// # Errors
/// [`JwtError`], one variant for each reason.
pub fn verify<S: KeySet>(token: &str, keys: &S, expect: &Expect<'_>) -> Result<Claims, JwtError> {
    let verified = jws::verify(token, keys, expect.typ)?;
    expect.check(Claims::read(&verified.payload)?)
}

/// Whom a token says that it is about (`sub`), before anybody has vouched for it: to look up whose keys it is
/// to be verified with, and for nothing else.
#[must_use]
pub fn unverified_subject(token: &str) -> Option<String> {
    Claims::read(&jws::unverified(token).ok()?).ok()?.sub
}

/// Verifies a proof of possession with the key that it brings ([`jws::verify_embedded`]), and holds its
/// claims to what is expected. `htm`, `htu`, `ath`, the nonce and whether `jti` was seen before are the
/// caller's (RFC 9449 §4.3).
///
/// # Errors
/// [`JwtError`], one variant for each reason.
pub fn verify_embedded(
    token: &str,
    allowed: &[Algorithm],
    expect: &Expect<'_>,
) -> Result<(Claims, PublicKey), JwtError> {
    let verified = jws::verify_embedded(token, allowed, expect.typ)?;
    let claims = expect.check(Claims::read(&verified.payload)?)?;
    Ok((claims, verified.key))
}
