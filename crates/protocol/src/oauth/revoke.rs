//! Revoking a token (RFC 7009).
//!
//! A token that is not known, has ended, or was revoked before is answered like one that is revoked now:
//! 200 without a body (§2.2). One of another client is refused, and stays (§2.1).

use model::Secret;

use super::{OAuthError, Params, introspect};

/// The status of an answer that is not a refusal. It has no body.
pub const REVOKED: u16 = 200;

/// A wish that a token be good no longer.
#[derive(Debug, Clone)]
pub struct RevocationRequest {
    /// The token: an access token or a refresh token.
    pub token: Secret,
}

impl RevocationRequest {
    /// Reads a wish, from the body of a POST.
    ///
    /// # Errors
    /// `invalid_request`: when there is no token, it is longer than any, or a parameter is there twice.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        let token = introspect::token(params)?;
        Ok(Self { token })
    }
}
