//! Something that a person has to look at.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::id::SubjectId;

/// A finding stays open until its condition is gone or a person closes it. It is found again
/// under the same `fingerprint`, so that one condition is one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// A stable code.
    pub code: String,
    /// What groups findings of one cause: code, target and class of error, never a person.
    pub fingerprint: String,
    /// Whom it concerns, if a person.
    pub subject: Option<SubjectId>,
    /// Where, if it is about an address.
    pub address: Option<Address>,
    /// One sentence: what happened. Names no personal values.
    pub problem: String,
    /// What to do.
    pub fix: String,
}
