//! Tokens by which clients prove who they are (`private_key_jwt`: RFC 7523 §2.2 and §3, OpenID Connect Core 1.0
//! §9).
//!
//! The audience is the issuer, and nothing else: not the URL of an endpoint, which another server could tell a
//! client is its own (draft-ietf-oauth-rfc7523bis, FAPI 2.0 Security Profile §5.3.2.1).

use std::time::Duration;

use model::Timestamp;

use crate::jose::jwt::{self, Audience, Expect, JwtError, Life};
use crate::jose::{Jwks, Typ};
use crate::oauth::{ErrorCode, Issuer, OAuthError};

/// The media type of such tokens, for those that say one (draft-ietf-oauth-rfc7523bis).
pub const TYP: &str = "client-authentication+jwt";
/// How far ahead the end of one may be: as long as it is good it must be remembered that it came.
pub const LONGEST_ASSERTION: Duration = Duration::from_secs(5 * 60);
/// By how many seconds clocks may differ.
const LEEWAY_S: u8 = 10;

/// An assertion that was signed with a key of the client, for us, and is good now. Whether it came before is
/// the caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// What it is called; the client gives no other this name.
    pub jti: String,
    /// From when on it is good no longer, clocks that differ included.
    pub ends: Timestamp,
}

impl Assertion {
    /// The client that a token says it is about, before anybody has vouched for it: to look up its keys.
    #[must_use]
    pub fn claimed_client(token: &str) -> Option<String> {
        jwt::unverified_subject(token)
    }

    /// Holds a token to the client of this name, its keys, and us.
    ///
    /// # Errors
    /// `invalid_client`. `None` when no key of the client has signed it: then nothing more is told. Whoever
    /// holds a key is told what else is wrong.
    pub fn verify(
        token: &str,
        keys: &Jwks,
        client_id: &str,
        issuer: &Issuer,
        now: Timestamp,
    ) -> Result<Self, Option<OAuthError>> {
        let refused = |problem| {
            let (code, name) = (ErrorCode::InvalidClient, "client_assertion");
            Some(OAuthError::of(code, name, problem))
        };
        let expect = Expect {
            typ: Typ::PlainOr(TYP),
            issuer: Some(client_id),
            audience: Audience::Only(issuer.as_str()),
            life: Life::Ends,
            required: &["iss", "sub", "aud", "exp", "jti"],
            now,
            leeway_s: LEEWAY_S,
        };
        let claims = jwt::verify(token, keys, &expect).map_err(|why| match why {
            JwtError::Jws(_) => None,
            JwtError::OtherAudience => {
                refused("is not for this server alone: its `aud` has to be the issuer, as one text")
            }
            JwtError::Ended | JwtError::NotYet | JwtError::FromTheFuture => refused(
                "is not good at this time: make a new one for each request, by the right time",
            ),
            _ => refused("lacks a claim or has a wrong one: see RFC 7523 3, and add `jti`"),
        })?;
        let (Some(jti), Some(exp)) = (claims.jti, claims.exp) else {
            return Err(refused("has no `jti` or no `exp`: add it"));
        };
        if claims.sub.as_deref() != Some(client_id) {
            return Err(refused(
                "is about somebody else: its `sub` has to be the client_id",
            ));
        }
        let leeway = Duration::from_secs(LEEWAY_S.into());
        if exp > now.plus(LONGEST_ASSERTION).plus(leeway) {
            return Err(refused("ends too late: let it end within 5 minutes"));
        }
        let ends = exp.plus(leeway);
        Ok(Self { jti, ends })
    }
}
