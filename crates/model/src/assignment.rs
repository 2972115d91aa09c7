//! "S should or must not have X, because R, until T."

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::attributes::{Attributes, Value};
use crate::id::SubjectId;
use crate::time::Timestamp;

/// What an assignment wants at its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// It exists with these attributes. A grant has none.
    Present {
        /// For accounts: whether it may be used.
        active: bool,
        /// The attributes that this assignment owns; others are left alone.
        attributes: Attributes,
    },
    /// If it exists, these attributes have these values; says nothing else about it.
    Values {
        /// Path → value.
        set: Attributes,
        /// Paths without a value.
        unset: Vec<String>,
    },
    /// If it exists, it may be used. For accounts only.
    Enabled,
    /// If it exists, it must not be usable; attributes are left alone. For accounts only.
    Disabled,
    /// As `Disabled`, and where something weaker asks that it exist, it is made all the same, not
    /// usable. For accounts only.
    Ahead,
    /// It does not exist.
    Absent,
    /// Do not touch it unless another assignment of this rank or above knows what it wants.
    Untouched,
}

/// How strong an assignment is. Higher wins; equals must agree.
///
/// Undo outranks an ordinary leaver because a person decided that the leaver was wrong; it is
/// lifted as soon as HR says anything new of that kind, so it never outlives the next leaver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// A birthright rule or document.
    Birthright,
    /// Where the person stands: they have left, or have not begun.
    Leaver,
    /// An undo keeps what was there before a wave, until it expires.
    Undo,
    /// Termination for cause, now.
    EmergencyStop,
}

/// Why: the rule that spoke, and the facts it looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// What spoke: `rule/all-staff`, `lifecycle/leaver`, `undo/wav_…`.
    pub by: String,
    /// One sentence for people.
    pub text: String,
    /// The facts it depended on, by name, with the values they had.
    pub facts: Vec<(String, Option<Value>)>,
}

/// One wish about one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Whom it is about; `None` for a group that documents declare.
    pub subject: Option<SubjectId>,
    /// Where.
    pub about: Address,
    /// What is wanted there.
    pub want: Want,
    /// Why.
    pub because: Reason,
    /// How strongly.
    pub rank: Rank,
    /// Until when; `None` is for as long as the reason holds.
    pub until: Option<Timestamp>,
}
