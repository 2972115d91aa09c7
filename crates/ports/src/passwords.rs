//! A directory that knows passwords which have not been moved here yet.

use async_trait::async_trait;
use model::Secret;

use crate::Unreachable;

/// A directory. It is asked about one password at a time, within bounds of its own; it decides nothing, keeps nothing
/// and retries nothing.
#[async_trait]
pub trait Passwords: Send + Sync {
    /// Whether this is the password of the one entry with this name. No entry and several are nobody's, and so is an
    /// empty password.
    ///
    /// # Errors
    /// When nobody can tell: in words that hold no name and nothing of what was asked.
    async fn is(&self, name: &str, password: &Secret) -> Result<bool, Unreachable>;
}
