//! The back channel: how relying parties are told that a session has ended.
//!
//! It brings one logout token, or one call of SAML, to one address, once, and classifies the answer. It decides
//! nothing, retries nothing and never sleeps.

use std::time::Duration;

use async_trait::async_trait;
use model::Secret;

/// How a relying party answered (Back-Channel Logout 1.0 §2.8). The details name no address and hold
/// nothing of what was sent or answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogoutAnswer {
    /// 200 or 204: the person is signed out there.
    Taken,
    /// 400: the token is not good to it, or it could not sign the person out.
    Refused,
    /// It certainly did nothing with the token.
    Failed {
        /// What went wrong.
        detail: String,
        /// How long the answer asks to wait, where it does.
        wait: Option<Duration>,
    },
    /// The request was begun, and how it ended is not known.
    Lost {
        /// What went wrong.
        detail: String,
    },
}

/// A way to relying parties.
#[async_trait]
pub trait BackChannel: Send + Sync {
    /// Posts a token to an address once (§2.5). `deadline` bounds all of it. No redirect is followed, and
    /// no body of an answer is read.
    async fn tell(&self, uri: &str, token: &Secret, deadline: Duration) -> LogoutAnswer;

    /// Posts a message of SOAP to an address once, and gives the body of the answer where it is 200 (SAML Bindings
    /// §3.2.3). `deadline` bounds all of it; no redirect is followed, and the body has an end.
    ///
    /// # Errors
    /// [`LogoutAnswer::Failed`] or [`LogoutAnswer::Lost`].
    async fn call(
        &self,
        uri: &str,
        envelope: &Secret,
        deadline: Duration,
    ) -> Result<Vec<u8>, LogoutAnswer>;
}
