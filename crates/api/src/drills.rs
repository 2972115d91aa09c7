//! Drills: a made-up person joins, moves and leaves.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A drill and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireDrill {
    /// The document's name.
    pub drill: String,
    /// `passed`, `held` or `failed` as its last run that ended, `running` while one is under way, `never`
    /// before the first; `overdue` where one should have begun by now.
    pub status: String,
    /// The number of the last run; 0 before the first.
    pub run: u32,
    /// When the last run began; empty before the first.
    pub begun: String,
    /// When it ended; empty while it goes on.
    pub ended: String,
    /// When it begins by itself next; empty where it begins by hand, or is under way.
    pub due: String,
    /// What a person has to look at; empty if nothing.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

/// A drill with its last runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DrillAnswer {
    /// How it stands.
    pub drill: WireDrill,
    /// How long each phase took in each app, over these runs.
    pub times: Vec<WireDrillTimes>,
    /// The last runs, newest first; at most 50.
    pub runs: Vec<WireDrillRun>,
}

/// How long a phase took in an app, from the word to the read-back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireDrillTimes {
    /// `joiner`, `mover` or `leaver`.
    pub phase: String,
    /// The app.
    pub app: String,
    /// Runs in which it was seen.
    pub seen: u64,
    /// Half of them took at most so many milliseconds.
    pub p50_ms: u64,
    /// The longest.
    pub max_ms: u64,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireDrillRun {
    /// Which run of its drill, from 1.
    pub run: u32,
    /// Who began it; `system` for the schedule.
    pub by: String,
    /// Why.
    pub reason: String,
    /// `running`, `passed`, `held` or `failed`.
    pub status: String,
    /// When it began.
    pub begun: String,
    /// When it ended; empty while it goes on.
    pub ended: String,
    /// The made-up person.
    pub subject: String,
    /// Its phases so far.
    pub phases: Vec<WireDrillPhase>,
}

/// One phase of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireDrillPhase {
    /// `joiner`, `mover` or `leaver`.
    pub phase: String,
    /// `running`, `passed`, `held` or `failed`.
    pub status: String,
    /// When it was told.
    pub word: String,
    /// When it ended; empty while it goes on.
    pub ended: String,
    /// Why it did not pass, where no single app is why.
    pub why: String,
    /// Each app that has to follow.
    pub apps: Vec<WireDrillApp>,
}

/// What became of a phase in one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireDrillApp {
    /// The app.
    pub app: String,
    /// `waiting`, `seen`, `unchanged`, `held`, `failed` or `late`.
    pub how: String,
    /// From the word to the read-back, in milliseconds; null where it was not seen.
    pub ms: Option<u64>,
    /// Why it is neither seen nor unchanged.
    pub why: String,
}

/// Begins a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunDrill {
    /// Say what would be; change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why, for example a ticket. Kept in the log. Names nobody.
    pub reason: String,
}

/// A run that has begun, or would have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunDrillAnswer {
    /// The drill.
    pub drill: String,
    /// Which run of it.
    pub run: u32,
    /// The apps that have to follow.
    pub apps: Vec<String>,
    /// Minutes that each phase may take.
    pub within_minutes: u32,
    /// True when nothing was begun because a dry run was asked for.
    pub dry_run: bool,
}
