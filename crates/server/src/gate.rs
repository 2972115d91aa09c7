//! What the pipeline needs from whatever is behind it: who calls, and where calls are recorded.

use std::net::IpAddr;

use api::Problem;
use model::event::CallMade;
use model::{Actor, Scope};

/// A caller who was authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The principal, and its token.
    pub actor: Actor,
    /// What the token may do.
    pub scopes: Vec<Scope>,
}

/// Why a caller was not authenticated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAuthenticated {
    /// The token is unknown, expired, revoked or not valid from this address. The answer does
    /// not tell which: a thief would learn what the token is worth.
    Refused {
        /// Whose token it is, where it is a known one. For the log only.
        whose: Option<Actor>,
    },
    /// It could not be checked.
    Unavailable(Problem),
}

/// Tells who calls, and records calls.
#[async_trait::async_trait]
pub trait Gate: Send + Sync + 'static {
    /// Checks the token of a call from `remote`.
    async fn authenticate(&self, token: &str, remote: IpAddr) -> Result<Caller, NotAuthenticated>;

    /// Writes the call into the log, durably.
    async fn record(&self, actor: &Actor, call: CallMade) -> Result<(), Problem>;

    /// What is not ready to work, as words of a fixed set; empty when everything is.
    async fn unready(&self) -> Vec<&'static str>;

    /// More lines for `/metrics`. Label values must come from fixed sets.
    fn metrics(&self) -> String;
}
