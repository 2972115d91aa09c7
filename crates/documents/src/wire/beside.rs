//! What is written down for one person or account, beside the rules.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::expectation::ValueSpec;

/// One person's account or group, beside the rules.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonalGrantSpec {
    /// Who gets it: a worker key, or `{source: hr, key: w001}`.
    pub person: WorkerRefSpec,
    /// The app's name.
    pub app: String,
    /// Our name of a group in it; the account alone if not given.
    #[serde(default)]
    pub group: Option<String>,
    /// Who answers for it: a worker key, or `{source: hr, key: w002}`.
    pub owner: WorkerRefSpec,
    /// Why.
    pub reason: String,
    /// The instant at which it is withdrawn, RFC 3339.
    pub until: String,
}

/// That nothing of what one person left behind is deleted.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldSpec {
    /// Whose accounts stay, in every app: a worker key, or `{source: hr, key: w001}`.
    pub person: WorkerRefSpec,
    /// Who answers for it: a worker key, or `{source: hr, key: w002}`.
    pub owner: WorkerRefSpec,
    /// Why.
    pub reason: String,
    /// The instant at which it ends, RFC 3339.
    pub until: String,
}

/// An account that a workload uses: no match gives it to a person.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServiceAccountSpec {
    /// The app's name.
    pub app: String,
    /// The account's name there (`userName`).
    pub account: String,
    /// Who answers for it: a worker key, or `{source: hr, key: w002}`.
    pub owner: WorkerRefSpec,
    /// What it is for.
    pub reason: String,
    /// The instant at which somebody has to look whether it is still needed, RFC 3339.
    pub expires: String,
}

/// A group of people, for `in_group("name")` in expressions: by rule, or by hand.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeopleGroupSpec {
    /// Who is in it: a condition over `person`.
    #[serde(default)]
    pub when: Option<String>,
    /// Who is in it, by hand: worker keys, or `{source: hr, key: w001}`.
    #[serde(default)]
    pub members: Option<Vec<WorkerRefSpec>>,
    /// Who answers for a list by hand: a worker key, or `{source: hr, key: w002}`.
    #[serde(default)]
    pub owner: Option<WorkerRefSpec>,
    /// Why there is a list by hand.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Somebody who is not in HR: a contractor, an auditor. Stands in a file with nothing but people.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonSpec {
    /// Who answers for them: a worker key, or `{source: hr, key: w002}`.
    pub sponsor: WorkerRefSpec,
    /// Why they are here.
    pub reason: String,
    /// Their time zone, an IANA name.
    pub zone: String,
    /// Their first day, `2026-03-01`, or its first minute, `2026-03-01T09:00`; in the past if not
    /// given.
    #[serde(default)]
    pub starts: Option<String>,
    /// Their last day, or its last minute.
    pub ends: String,
    /// Attribute → value, of the attributes that sources declare.
    #[serde(default)]
    pub attributes: Option<BTreeMap<String, ValueSpec>>,
    /// Stands for the attributes where documents are shown; not accepted.
    #[serde(default)]
    pub withheld: Option<String>,
}

/// A worker: the key where there is one source, else the source and the key in it.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum WorkerRefSpec {
    Key(String),
    Of(SourceKeySpec),
}

/// A worker as a source calls them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SourceKeySpec {
    /// The source's name.
    pub source: String,
    /// The worker's key in it.
    pub key: String,
}
