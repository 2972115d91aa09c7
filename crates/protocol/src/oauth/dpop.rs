//! Proofs that whoever sends a request holds a private key (DPoP, RFC 9449): a token that is bound to the key is
//! worth nothing to whoever only reads it.
//!
//! A proof counts for one request: its method, its URL, its token. Whether it came before is the caller's. There
//! are no nonces (§8): proofs are short-lived by their `iat`, and used up.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use model::Timestamp;
use url::Url;

use super::field::Field;
use super::{ErrorCode, OAuthError, Params};
use crate::jose::jwt::{self, Audience, Claims, Expect, JwtError, Life};
use crate::jose::{Algorithm, Typ, base64url};

/// What a proof may be signed with: whatever is signed with a private key.
pub const ALGORITHMS: [Algorithm; 5] = Algorithm::ALL;
/// How long after it was made a proof is good.
const LIFE_S: u32 = 60;
/// By how many seconds clocks may differ.
const LEEWAY_S: u8 = 10;
/// The longest proof, in bytes: an RSA key and its signature take two thousand.
const LONGEST: usize = 8 << 10;
/// The key to which a code is to be bound (§10).
const JKT: Field = Field::visible("dpop_jkt", 43);

/// What a proof must be for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its method: "POST".
    pub method: &'a str,
    /// Its URL, without query and fragment.
    pub url: &'a str,
    /// The access token that came with it.
    pub token: Option<&'a str>,
    /// What it may be signed with.
    pub algorithms: &'a [Algorithm],
    /// Now.
    pub now: Timestamp,
}

/// A proof that is good for this request, if it came for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of the key (RFC 7638), as base64url.
    pub jkt: String,
    /// What the proof is called; the key gives no other this name.
    pub jti: String,
    /// From when on it is good no longer, clocks that differ included.
    pub ends: Timestamp,
}

impl Proof {
    /// Reads the proof of a request (§4.3). `headers` are all of the name `DPoP`; `None`: there is none.
    ///
    /// # Errors
    /// `invalid_dpop_proof`: when there are several, it is longer than any, or is not for this request.
    pub fn read(headers: &[&[u8]], request: &Request<'_>) -> Result<Option<Self>, OAuthError> {
        let header = match headers {
            [] => return Ok(None),
            [header] if header.len() <= LONGEST => *header,
            [_] => return Err(refused("the DPoP proof is longer than is taken: send less")),
            _ => return Err(refused("there are several DPoP headers: send one")),
        };
        let expect = Expect {
            typ: Typ::Is("dpop+jwt"),
            issuer: None,
            audience: Audience::Unbound,
            life: Life::Ages(LIFE_S),
            required: &["jti", "iat", "htm", "htu"],
            now: request.now,
            leeway_s: LEEWAY_S,
        };
        let text = std::str::from_utf8(header).unwrap_or_default();
        let read = jwt::verify_embedded(text, request.algorithms, &expect);
        let (claims, key) = read.map_err(|why| match why {
            JwtError::TooOld | JwtError::FromTheFuture | JwtError::NotYet | JwtError::Ended => {
                refused("the DPoP proof is not of this time: make a new one, by the right time")
            }
            _ => refused("the DPoP proof is not one: see RFC 9449 4.2"),
        })?;
        is_for(&claims, request)?;
        let (Some(jti), Some(iat)) = (claims.jti, claims.iat) else {
            return Err(refused("the DPoP proof has no `jti` or no `iat`: add it"));
        };
        let good = Duration::from_secs(u64::from(LIFE_S) + 2 * u64::from(LEEWAY_S));
        let (jkt, ends) = (key.thumbprint(), iat.plus(good));
        Ok(Some(Self { jkt, jti, ends }))
    }
}

fn refused(problem: &'static str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidDpopProof, problem)
}

fn is_for(claims: &Claims, request: &Request<'_>) -> Result<(), OAuthError> {
    let text = |name: &str| claims.rest.get(name).and_then(|value| value.as_str());
    if text("htm") != Some(request.method) {
        return Err(refused(
            "the DPoP proof is for another method: see its `htm`",
        ));
    }
    if !text("htu").is_some_and(|htu| same_place(htu, request.url)) {
        return Err(refused("the DPoP proof is for another URL: see its `htu`"));
    }
    let hash = |token: &str| base64url::encode(digest(&SHA256, token.as_bytes()));
    match request.token {
        Some(token) if text("ath") != Some(hash(token).as_str()) => Err(refused(
            "the DPoP proof is for another access token: see its `ath`",
        )),
        _ => Ok(()),
    }
}

/// Whether they are one URL, but for query and fragment, and however it is written (§4.3, RFC 3986 §6.2.2).
fn same_place(htu: &str, url: &str) -> bool {
    let bare = |text: &str| {
        let mut url = Url::parse(text).ok()?;
        url.set_query(None);
        url.set_fragment(None);
        Some(url)
    };
    bare(htu).is_some_and(|htu| bare(url) == Some(htu))
}

/// The key to which a code is to be bound, by its thumbprint (`dpop_jkt`, §10).
pub(super) fn asked(params: &Params) -> Result<Option<String>, OAuthError> {
    let Some(text) = params.text(&JKT)? else {
        return Ok(None);
    };
    if base64url::decode(text).is_none_or(|bytes| bytes.len() != 32) {
        let problem = "is no thumbprint of a key: send 32 bytes as base64url (RFC 7638)";
        return Err(OAuthError::invalid("dpop_jkt", problem));
    }
    Ok(Some(text.to_owned()))
}
