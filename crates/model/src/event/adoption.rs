//! Events about what was in an app before Tenure: people's decisions about it.

use serde::{Deserialize, Serialize};

use crate::address::{Address, RemoteId, TargetName};
use crate::id::SubjectId;
use crate::time::Timestamp;

/// Whose an account is that was there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// One person's.
    Person {
        /// Whose.
        subject: SubjectId,
    },
    /// Nobody's: whoever had it is not known any more.
    Orphan,
    /// Several people's.
    Shared,
    /// A workload's.
    Service {
        /// The person or team who answers for it.
        owner: String,
    },
    /// It has rights that nobody gets by a match.
    Privileged,
    /// Not looked at any more.
    Ignored,
    /// An earlier decision is taken back.
    Undecided,
}

/// What becomes of access that no rule gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stated {
    /// It stays, because someone says so.
    Keep {
        /// The person or team who answers for it.
        owner: String,
        /// Until when; `None` is until the person leaves.
        until: Option<Timestamp>,
    },
    /// It is withdrawn.
    Reject,
    /// An earlier decision is taken back.
    Undecided,
}

/// Someone decided whose an account is. The last decision about an account counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountDecided {
    /// The app.
    pub target: TargetName,
    /// The app's id of the account.
    pub remote: RemoteId,
    /// Whose it is.
    pub holder: Holder,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl AccountDecided {
    /// The person whose it is.
    #[must_use]
    pub fn subject(&self) -> Option<SubjectId> {
        match self.holder {
            Holder::Person { subject } => Some(subject),
            _ => None,
        }
    }
}

/// An account and a person were found not to belong together. Holds until someone decides that
/// the account is this person's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchRejected {
    /// The app.
    pub target: TargetName,
    /// The app's id of the account.
    pub remote: RemoteId,
    /// Whose it is not.
    pub subject: SubjectId,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Someone decided about access that no rule gives: an account or a membership of a person. The
/// last decision about an address counts, and only while no rule speaks of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessDecided {
    /// The account or grant.
    pub address: Address,
    /// What becomes of it.
    pub stated: Stated,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
}
