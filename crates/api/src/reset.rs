//! Resets of what people sign in with, which take two people, and links to other identity providers by hand.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a reset of what somebody signs in with; another person has to agree within a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskReset {
    /// The credentials that they sign in with no more; those that are not named stay.
    #[serde(default)]
    pub credentials: Vec<String>,
    /// How long the pass counts that they get: 1 to 4320 (72 hours).
    pub minutes: u32,
    /// Check, and ask for none.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// A reset that waits for another person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AskedReset {
    /// Its id. Empty on a dry run.
    pub reset: String,
    /// Whose it is.
    pub subject: String,
    /// Under which name they sign in.
    pub login: String,
    /// The first half of the pass, shown this once; it counts with the second, which whoever agrees is shown. Empty on
    /// a dry run.
    pub half: String,
    /// Another person can agree before this.
    pub ends: String,
}

/// Agrees to a reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreeReset {
    /// Say what would be; change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// A reset that was done, or would be.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgreedReset {
    /// Its id.
    pub reset: String,
    /// Whose it is.
    pub subject: String,
    /// Under which name they sign in.
    pub login: String,
    /// The second half of the pass, shown this once. Empty on a dry run.
    pub half: String,
    /// Until when the pass counts.
    pub expires: String,
    /// So many credentials were ended.
    pub credentials: u64,
    /// So many sessions were ended.
    pub sessions: u64,
    /// Whether that is only what would be.
    pub dry_run: bool,
}

// Written by hand: half of a secret must not reach a log through debug output either.
impl std::fmt::Debug for AskedReset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AskedReset")
            .field("reset", &self.reset)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for AgreedReset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AgreedReset")
            .field("reset", &self.reset)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// A reset, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireReset {
    /// Its id.
    pub reset: String,
    /// Who asked for it: a subject id.
    pub asked_by: String,
    /// The credentials that it ends.
    pub credentials: Vec<String>,
    /// Another person can agree before this.
    pub ends: String,
    /// Who agreed: a subject id; empty while nobody has.
    pub agreed_by: String,
    /// When; empty while nobody has.
    pub agreed: String,
    /// Why, as whoever acted last said it.
    pub reason: String,
}

/// Links somebody to what another identity provider calls them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkPerson {
    /// The name of its `IdentityProvider` document.
    pub identity_provider: String,
    /// What it calls them (`sub`), to the letter.
    pub sub: String,
    /// Check, and make none.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// A link that was made, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkedPerson {
    /// The credential that it is. Empty on a dry run.
    pub credential: String,
    /// Whose.
    pub subject: String,
    /// Whether that is only what would be.
    pub dry_run: bool,
}

/// Undoes the link of somebody to an identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnlinkPerson {
    /// The name of its `IdentityProvider` document.
    pub identity_provider: String,
    /// End their sessions too, all of them.
    #[serde(default)]
    pub sessions: bool,
    /// Say what would be; change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}
