//! Tests as documents: a person's facts, and what is expected to follow from them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an account of one app looks like for one person.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingTestSpec {
    /// The app's name.
    pub app: String,
    /// The person.
    pub person: WorkerSpec,
    /// What the app's mappings are expected to give.
    pub expect: MappingExpectSpec,
}

/// What mappings are expected to give. Attributes that are not named are not looked at.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MappingExpectSpec {
    /// Attribute path → value.
    #[serde(default)]
    pub attributes: BTreeMap<String, ValueSpec>,
    /// Attribute paths that get no value, whatever becomes of what the app has; `manager` for the
    /// app's `manager` expression.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Those of them that are emptied in the app.
    #[serde(default)]
    pub cleared: Vec<String>,
    /// Attribute path → a part of what is said when it has no answer.
    #[serde(default)]
    pub errors: BTreeMap<String, String>,
    /// The worker key that the app's `manager` expression gives.
    #[serde(default)]
    pub manager: Option<String>,
}

/// What one person has, from moment to moment.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LifecycleTestSpec {
    /// The person, before the first moment. They have nothing yet.
    pub person: WorkerSpec,
    /// What happens, in the order of time.
    pub moments: Vec<MomentSpec>,
}

/// A person's facts, as a source would give them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkerSpec {
    /// The worker's key; `person.worker_key` in expressions.
    pub worker_key: String,
    /// The worker's time zone, an IANA name.
    pub zone: String,
    /// The first day of work, `2026-03-01`, or its first minute, `2026-03-01T09:00`; in the past
    /// if not given.
    #[serde(default)]
    pub starts: Option<String>,
    /// The last day of work, or its last minute; no end is known if not given.
    #[serde(default)]
    pub ends: Option<String>,
    /// A leave of absence.
    #[serde(default)]
    pub leave: Option<LeaveDatesSpec>,
    /// Attribute → value. What is not here was not stated.
    #[serde(default)]
    pub attributes: BTreeMap<String, ValueSpec>,
    /// The groups by hand that the worker is in; whoever `Group` documents list are other people.
    #[serde(default)]
    pub in_groups: Vec<String>,
}

/// A leave of absence.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeaveDatesSpec {
    /// The first day, or its first minute.
    pub from: String,
    /// The last day, or its last minute; not known yet if not given.
    #[serde(default)]
    pub to: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum LeaveChangeSpec {
    /// `never`.
    Word(String),
    /// A leave of absence.
    Dates(LeaveDatesSpec),
}

/// A text, a number, true or false, or a list of texts.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ValueSpec {
    Text(String),
    Bool(bool),
    Int(i64),
    List(Vec<String>),
}

/// A moment: first what changes, then what the person is expected to have.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MomentSpec {
    /// When, on the person's own wall clock: a day, which is its first minute, or a minute.
    pub at: String,
    /// What HR says anew.
    #[serde(default)]
    pub change: Option<ChangeSpec>,
    /// App → what the person has there. Apps that are not named are not looked at.
    #[serde(default)]
    pub expect: BTreeMap<String, AccessSpec>,
}

/// What HR says anew. What is not named stays.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeSpec {
    /// Attribute → new value.
    #[serde(default)]
    pub attributes: BTreeMap<String, ValueSpec>,
    /// Attributes that are no longer stated.
    #[serde(default)]
    pub unset: Vec<String>,
    /// The first day of work, or its first minute.
    #[serde(default)]
    pub starts: Option<String>,
    /// The last day of work, or its last minute; `never` takes an end back.
    #[serde(default)]
    pub ends: Option<String>,
    /// A leave of absence; `never` takes it back.
    #[serde(default)]
    pub leave: Option<LeaveChangeSpec>,
    /// The time zone.
    #[serde(default)]
    pub zone: Option<String>,
    /// Whether the last full delivery no longer had them.
    #[serde(default)]
    pub withdrawn: Option<bool>,
}

/// What a person is expected to have in one app.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessSpec {
    /// The account: there and usable, there and disabled, not there, or left as it is because
    /// rules have no answer.
    pub account: AccountSpec,
    /// Our names of the groups it is in, all of them; not looked at if not given.
    #[serde(default)]
    pub groups: Option<Vec<String>>,
    /// Why, all of it: `rule/NAME`, or `lifecycle/leaver` and the like; not looked at if not
    /// given.
    #[serde(default)]
    pub because: Option<Vec<String>>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AccountSpec {
    Present,
    Disabled,
    Absent,
    Untouched,
}
