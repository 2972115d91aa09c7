//! What a browser takes to a provider (OpenID Connect Core 1.0 §3.1.2.1, RFC 7636 §4.3).

use aws_lc_rs::digest::{SHA256, digest};

use super::Provider;
use crate::jose::base64url;

/// How the answer comes back: in the query, with which browsers bring our cookies along; a form of another site
/// brings none.
pub const RETURN_MODE: &str = "query";

/// An authentication request.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// What the provider calls us.
    pub client_id: &'a str,
    /// Where the browser comes back to.
    pub redirect_uri: &'a str,
    /// What is asked for.
    pub scope: &'a str,
    /// By what the browser is known again.
    pub state: &'a str,
    /// What the ID token says again.
    pub nonce: &'a str,
    /// The challenge of what the code is exchanged with.
    pub challenge: &'a str,
    /// Whether the person is to prove who they are now, whoever is signed in there.
    pub anew: bool,
    /// So many seconds ago at most they proved it.
    pub max_age_s: u32,
}

impl Ask<'_> {
    /// The address that the browser goes to.
    #[must_use]
    pub fn location(&self, provider: &Provider) -> String {
        let max_age = self.max_age_s.to_string();
        let mut url = provider.authorization.clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("response_mode", RETURN_MODE)
                .append_pair("client_id", self.client_id)
                .append_pair("redirect_uri", self.redirect_uri)
                .append_pair("scope", self.scope)
                .append_pair("state", self.state)
                .append_pair("nonce", self.nonce)
                .append_pair("code_challenge", self.challenge)
                .append_pair("code_challenge_method", "S256")
                .append_pair("max_age", &max_age);
            if self.anew {
                query.append_pair("prompt", "login");
            }
        }
        url.into()
    }
}

/// The challenge of a verifier (`S256`, RFC 7636 §4.2).
#[must_use]
pub fn challenge_of(verifier: &str) -> String {
    base64url::encode(digest(&SHA256, verifier.as_bytes()))
}
