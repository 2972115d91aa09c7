//! What is demanded of the claims of a token.

use std::time::Duration;

use model::Timestamp;

use super::Claims;
use crate::jose::{JwsError, Typ};

/// The claims that an access token must have (RFC 9068 §2.2).
pub const ACCESS_TOKEN: &[&str] = &["iss", "exp", "aud", "sub", "client_id", "iat", "jti"];

/// What a token must be. There are no defaults: whoever asks has thought of each.
#[derive(Debug, Clone, Copy)]
pub struct Expect<'a> {
    /// Its type.
    pub typ: Typ<'a>,
    /// Who made it, to the letter (RFC 8725 §3.8). `None` only for proofs of possession, which have none.
    pub issuer: Option<&'a str>,
    /// Whom it is for (RFC 8725 §3.9).
    pub audience: Audience<'a>,
    /// How it ends. Every token does.
    pub life: Life,
    /// Claims that it must have, whatever they say.
    pub required: &'a [&'static str],
    /// Now.
    pub now: Timestamp,
    /// By how many seconds clocks may differ. Four minutes are more than enough.
    pub leeway_s: u8,
}

/// Whom a token must be for.
#[derive(Debug, Clone, Copy)]
pub enum Audience<'a> {
    /// For this one and nobody beside, as one text and no list. Client assertions (FAPI 2.0 Security
    /// Profile §5.3.2.1, draft-ietf-oauth-rfc7523bis).
    Only(&'a str),
    /// For one of these, and maybe others.
    AnyOf(&'a [&'a str]),
    /// For whom it likes: proofs of possession, which are bound to a request in place of it.
    Unbound,
}

/// How a token ends.
#[derive(Debug, Clone, Copy)]
pub enum Life {
    /// By its own `exp`.
    Ends,
    /// So many seconds after its `iat`; earlier, if it has an `exp`.
    Ages(u32),
    /// By its own `exp`, and at most so many seconds after its `iat`.
    EndsAndAges(u32),
    /// Not at all: an ID token that only hints at whom it was about (OpenID Connect Core 1.0 §3.1.2.1,
    /// RP-Initiated Logout 1.0 §2). Never for a token that lets anybody do anything.
    Hints,
}

/// Why a token is refused. Holds nothing of the token but names of claims that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// It is no token that was signed with a registered key.
    #[error(transparent)]
    Jws(#[from] JwsError),
    /// What was signed is no JSON object, has a member twice, or is larger than any.
    #[error("the token's claims cannot be read ({problem}): send one JSON object (RFC 7519 §7.1)")]
    Unreadable {
        /// What is wrong, and where.
        problem: String,
    },
    /// A claim has the wrong type, or is empty.
    #[error(
        "the claim `{0}` has the wrong type or is empty: see RFC 7519 §4.1 for what it must be"
    )]
    Mistyped(&'static str),
    /// A claim is no date.
    #[error("the claim `{0}` is no date: write seconds since 1970, as a number (RFC 7519 §2)")]
    NoDate(&'static str),
    /// A claim is not there.
    #[error("the token has no `{0}`: add the claim")]
    Missing(&'static str),
    /// It was made by somebody else.
    #[error("the token's `iss` is not the issuer that is expected: send one that this issuer made")]
    OtherIssuer,
    /// It is for somebody else, or for somebody else as well.
    #[error("the token's `aud` is not what is expected: ask for one that is for this server alone")]
    OtherAudience,
    /// It has ended.
    #[error("the token has ended (`exp`): get a new one")]
    Ended,
    /// It does not begin yet.
    #[error("the token does not begin yet (`nbf`): wait, or set the clock of who made it")]
    NotYet,
    /// It was made later than now.
    #[error("the token was made later than now (`iat`): set the clock of who made it")]
    FromTheFuture,
    /// It was made too long ago.
    #[error("the token was made too long ago (`iat`): make a new one for each request")]
    TooOld,
}

impl Expect<'_> {
    /// The claims, if they are what is expected.
    ///
    /// # Errors
    /// [`JwtError`], one variant for each reason.
    pub fn check(&self, claims: Claims) -> Result<Claims, JwtError> {
        for name in self.required.iter().copied() {
            if !claims.has(name) {
                return Err(JwtError::Missing(name));
            }
        }
        self.is_from(&claims)?;
        self.is_for(&claims)?;
        self.is_good_now(&claims)?;
        Ok(claims)
    }

    fn is_from(&self, claims: &Claims) -> Result<(), JwtError> {
        match (self.issuer, claims.iss.as_deref()) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(JwtError::Missing("iss")),
            (Some(expected), Some(issuer)) if expected == issuer => Ok(()),
            (Some(_), Some(_)) => Err(JwtError::OtherIssuer),
        }
    }

    fn is_for(&self, claims: &Claims) -> Result<(), JwtError> {
        let is_for = match self.audience {
            Audience::Unbound => return Ok(()),
            _ if claims.aud.is_empty() => return Err(JwtError::Missing("aud")),
            Audience::Only(us) => !claims.aud_is_list && claims.aud.iter().all(|one| one == us),
            Audience::AnyOf(us) => claims.aud.iter().any(|one| us.contains(&one.as_str())),
        };
        if is_for {
            Ok(())
        } else {
            Err(JwtError::OtherAudience)
        }
    }

    /// RFC 7519 §4.1.4 to §4.1.6. The leeway is always to the token's advantage.
    fn is_good_now(&self, claims: &Claims) -> Result<(), JwtError> {
        let leeway = Duration::from_secs(self.leeway_s.into());
        let hints = matches!(self.life, Life::Hints);
        let (must_end, age_s) = match self.life {
            Life::Ends => (true, None),
            Life::Ages(age_s) => (false, Some(age_s)),
            Life::EndsAndAges(age_s) => (true, Some(age_s)),
            Life::Hints => (false, None),
        };
        match claims.exp {
            None if must_end => return Err(JwtError::Missing("exp")),
            Some(exp) if !hints && self.now >= exp.plus(leeway) => return Err(JwtError::Ended),
            _ => {}
        }
        let latest = self.now.plus(leeway);
        if claims.nbf.is_some_and(|nbf| nbf > latest) {
            return Err(JwtError::NotYet);
        }
        if claims.iat.is_some_and(|iat| iat > latest) {
            return Err(JwtError::FromTheFuture);
        }
        if let Some(age_s) = age_s {
            let iat = claims.iat.ok_or(JwtError::Missing("iat"))?;
            let oldest = Duration::from_secs(age_s.into()).saturating_add(leeway);
            if self.now.since(iat) > oldest {
                return Err(JwtError::TooOld);
            }
        }
        Ok(())
    }
}
