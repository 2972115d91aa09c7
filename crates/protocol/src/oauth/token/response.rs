//! What a client gets (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3).

use model::Secret;
use serde_json::json;

use crate::oauth::{Bound, Object, Scopes};

/// Tokens for a client. They are printed never, and sent with [`NO_STORE`](super::NO_STORE).
#[derive(Debug, Clone)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: Secret,
    /// What it is bound to, which decides its type: `DPoP` (RFC 9449 §5) or `Bearer` (RFC 6750).
    pub bound: Option<Bound>,
    /// For how many seconds it is good.
    pub expires_in_s: u32,
    /// What gets the next one.
    pub refresh_token: Option<Secret>,
    /// Who has logged in: exactly when `openid` was granted.
    pub id_token: Option<Secret>,
    /// What was granted. It must be told when it is not what was asked for; telling it always is right.
    pub scopes: Scopes,
}

impl TokenResponse {
    /// The body.
    #[must_use]
    pub fn to_json(&self) -> Object {
        let mut body = Object::new();
        body.insert("access_token".to_owned(), self.access_token.expose().into());
        body.insert(
            "token_type".to_owned(),
            json!(Bound::token_type(self.bound.as_ref())),
        );
        body.insert("expires_in".to_owned(), self.expires_in_s.into());
        let more = [
            ("refresh_token", &self.refresh_token),
            ("id_token", &self.id_token),
        ];
        for (name, token) in more {
            if let Some(token) = token {
                body.insert(name.to_owned(), token.expose().into());
            }
        }
        // Empty, it would not be a scope (RFC 6749 §3.3).
        if !self.scopes.is_empty() {
            body.insert("scope".to_owned(), self.scopes.to_string().into());
        }
        body
    }
}
