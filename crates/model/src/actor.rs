//! Who did it, and what they may do.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::TokenId;

/// Whoever caused an append: a principal, and the token through which it spoke.
///
/// "Released by someone other than the author" compares principals, so that two tokens of one
/// person are still one person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// The person or workload, for example `ana@acme.example`; `system` for Tenure itself.
    pub principal: String,
    /// The token used, if one was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub token: Option<TokenId>,
}

impl Actor {
    /// Tenure itself: timers, the apply worker, recovery.
    #[must_use]
    pub fn system() -> Self {
        Self {
            principal: "system".to_owned(),
            token: None,
        }
    }

    /// A person or workload who spoke without a token (host-only commands).
    #[must_use]
    pub fn named(principal: &str) -> Self {
        Self {
            principal: principal.to_owned(),
            token: None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.principal)
    }
}

/// What a token may do. Scopes do not include one another: a token that may apply and read
/// carries both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See people, plans, waves, findings and the log.
    Read,
    /// Deliver HR data and documents, and have waves proposed.
    Plan,
    /// Release or refuse held waves and rows that someone else caused.
    Approve,
    /// Have released waves carried out, and undo them.
    Apply,
    /// Tokens, erasure, kill switch, backup.
    Administer,
}

impl Scope {
    /// Every scope, in the order in which people read them.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Plan,
        Self::Approve,
        Self::Apply,
        Self::Administer,
    ];

    /// The word used on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Plan => "plan",
            Self::Approve => "approve",
            Self::Apply => "apply",
            Self::Administer => "administer",
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|s| s.as_str() == text)
            .ok_or_else(|| {
                format!("`{text:.40}` is not a scope: read, plan, approve, apply or administer")
            })
    }
}
