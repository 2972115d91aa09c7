//! Drills: a made-up person on whom the whole way is tried.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::expectation::ValueSpec;

/// A made-up person who joins, moves and leaves, to see whether the whole way works and how long it
/// takes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DrillSpec {
    /// The zone of the person and of `at`, an IANA name.
    pub zone: String,
    /// Attribute → value as they join, of the attributes that sources declare.
    pub joins: BTreeMap<String, ValueSpec>,
    /// Attribute → new value as they move; what is not named stays. They do not move if not given.
    #[serde(default)]
    pub moves: BTreeMap<String, ValueSpec>,
    /// The apps that have to follow; every app that the rules give them, if not given.
    #[serde(default)]
    pub apps: Vec<String>,
    /// So many days after it began last, it begins again; only by hand if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 366))]
    pub every_days: Option<u16>,
    /// The time of day at which it begins then, `03:30`, on the clock of `zone`.
    #[serde(default)]
    pub at: Option<String>,
    /// So many minutes after the word of a phase every app has to show it; 60 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 10080))]
    pub within_minutes: Option<u32>,
}
