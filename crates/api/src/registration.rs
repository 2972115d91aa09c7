//! Clients that register themselves, for administrators.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A client that has registered itself, or a token with which one may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireRegistration {
    /// Its name: a client's `client_id`.
    pub id: String,
    /// `client`, or `token`.
    pub kind: String,
    /// The name of the `ClientRegistration` document that allows it.
    pub registration: String,
    /// What a client calls itself. Its own word; empty for a token.
    pub client_name: String,
    /// Where answers to a client go; none for a token.
    pub redirect_uris: Vec<String>,
    /// How many clients may still register with a token; 0 for a client.
    pub uses: u16,
    /// It counts until then.
    pub ends: String,
}

/// Makes a token with which clients may register themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeInitialAccess {
    /// How many clients may register with it: 1 to 100.
    pub uses: u16,
    /// How long it counts, in hours: 1 to 720.
    pub hours: u16,
    /// Check, and make none.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// Such a token. It is shown this once and is not stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadeInitialAccess {
    /// Its name. Empty on a dry run.
    pub id: String,
    /// The token. Empty on a dry run.
    pub token: String,
    /// Until when it counts.
    pub ends: String,
    /// Where clients register with it.
    pub registration_endpoint: String,
}

// Written by hand: the token must not reach a log through debug output.
impl std::fmt::Debug for MadeInitialAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeInitialAccess")
            .field("id", &self.id)
            .field("ends", &self.ends)
            .finish_non_exhaustive()
    }
}

/// Ends a client that has registered itself, or a token with which one may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndRegistration {
    /// Look, and end nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}
