//! How a client is refused at an endpoint for clients (RFC 6749 §5.2).

use crate::oauth::{ErrorCode, OAuthError, Object};

/// Headers of every answer of the token endpoint, good or bad (RFC 6749 §5.1).
pub const NO_STORE: [(&str, &str); 2] = [("Cache-Control", "no-store"), ("Pragma", "no-cache")];

/// What a client that used `Authorization` is told to do (RFC 7617 §2).
const CHALLENGE: &str = "Basic realm=\"token\", charset=\"UTF-8\"";

/// A refusal, as the answer to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub error: OAuthError,
    /// Whether the client tried to prove itself by the `Authorization` header.
    pub by_header: bool,
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.error.code().status()
    }

    /// The header `WWW-Authenticate`. It must be there when the header was tried and was not good.
    #[must_use]
    pub fn www_authenticate(&self) -> Option<&'static str> {
        let failed = self.by_header && self.error.code() == ErrorCode::InvalidClient;
        failed.then_some(CHALLENGE)
    }

    /// The body. Send it with [`NO_STORE`].
    #[must_use]
    pub fn to_json(&self) -> Object {
        self.error.to_json()
    }
}

impl From<OAuthError> for Refusal {
    /// Of a client that did not use the header, or is known.
    fn from(error: OAuthError) -> Self {
        let by_header = false;
        Self { error, by_header }
    }
}
