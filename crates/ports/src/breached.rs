//! Passwords that others have lost.

use model::Secret;

/// A list of passwords that nobody is to have, because they stand in lists of those who guess.
pub trait Breached: Send + Sync {
    /// Whether a password is in the list. Blocks while it reads; nothing of the password leaves the node.
    ///
    /// # Errors
    /// Why the list cannot be read, or is none: in words for whoever runs the node.
    fn holds(&self, password: &Secret) -> Result<bool, String>;
}
