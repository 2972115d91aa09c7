//! Checked tests: what is expected to follow from a person's facts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::{Facts, TargetName, Timestamp, Value};

/// What an account of one app looks like for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingTest {
    /// `metadata.name`.
    pub name: String,
    /// The app.
    pub app: TargetName,
    /// The worker's key.
    pub key: String,
    /// What HR says of the worker.
    pub facts: Facts,
    /// Attribute path → what its mapping is to give. Each path is in the app's mappings, or
    /// [`MANAGER`] for its manager.
    pub expect: BTreeMap<String, ExpectedValue>,
    /// The worker key that the app's expression for the manager is to give.
    pub manager: Option<String>,
}

/// What a mapping is to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExpectedValue {
    /// This value.
    Value(Value),
    /// No value.
    Missing,
    /// No value, and what the app has is emptied.
    Cleared,
    /// No answer, and this is part of what is said about it.
    Error(String),
}

/// How a test calls the app's expression for the manager. No attribute can be mapped under it.
pub const MANAGER: &str = "manager";

/// What one person has, from moment to moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleTest {
    /// `metadata.name`.
    pub name: String,
    /// The worker's key.
    pub key: String,
    /// What happens, in the order of time; at least one.
    pub moments: Vec<Moment>,
}

/// A moment of a [`LifecycleTest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// When, as it was written.
    pub written: String,
    /// What HR says from now on.
    pub facts: Facts,
    /// Whether the last full delivery no longer had them.
    pub withdrawn: bool,
    /// What the person is to have, by app.
    pub expect: BTreeMap<TargetName, ExpectedAccess>,
}

/// What a person is to have in one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedAccess {
    /// The account.
    pub account: AccountState,
    /// Our names of all groups that it is in; `None`: not looked at.
    pub groups: Option<BTreeSet<String>>,
    /// What speaks for it (`rule/NAME`, `lifecycle/leaver`), all of it; `None`: not looked at.
    pub because: Option<BTreeSet<String>>,
}

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// There, and usable.
    Present,
    /// There, and not usable.
    Disabled,
    /// Not there.
    Absent,
    /// Left as it is, because rules have no answer.
    Untouched,
}

impl fmt::Display for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Present => "present",
            Self::Disabled => "disabled",
            Self::Absent => "absent",
            Self::Untouched => "untouched",
        })
    }
}
