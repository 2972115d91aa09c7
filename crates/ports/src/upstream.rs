//! Another identity provider, as far as our own node asks it: documents that it publishes, and codes that become
//! tokens.
//!
//! It fetches one thing, once, and brings back what was answered. It decides nothing, keeps nothing, retries nothing
//! and follows no redirect.

use std::time::Duration;

use async_trait::async_trait;
use model::Secret;

/// Why there is no answer, in words that hold no address and nothing of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreachable(pub String);

/// A way to identity providers.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// What stands at an address, asked for with this `Authorization` header where there is one, if that answers 200;
    /// bounded in bytes. `deadline` bounds all of it.
    ///
    /// # Errors
    /// [`Unreachable`], also for every other status.
    async fn fetch(
        &self,
        url: &str,
        authorization: Option<&Secret>,
        deadline: Duration,
    ) -> Result<Vec<u8>, Unreachable>;

    /// Posts a form, once, with this `Authorization` header where there is one: the status, and the body, bounded in
    /// bytes. `deadline` bounds all of it.
    ///
    /// # Errors
    /// [`Unreachable`], for no answer at all.
    async fn exchange(
        &self,
        url: &str,
        form: &Secret,
        authorization: Option<&Secret>,
        deadline: Duration,
    ) -> Result<(u16, Vec<u8>), Unreachable>;
}
