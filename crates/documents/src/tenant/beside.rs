//! What documents say of one person or account beside the rules.

use model::{Timestamp, WorkerRef};

use super::Grant;

/// One person's account or group, beside the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalGrant {
    /// `metadata.name`.
    pub name: String,
    /// Who gets it.
    pub person: WorkerRef,
    /// What.
    pub gives: Grant,
    /// Who answers for it: somebody else.
    pub owner: WorkerRef,
    /// Why, in at most 500 characters.
    pub reason: String,
    /// From this instant on it gives nothing.
    pub until: Timestamp,
}
