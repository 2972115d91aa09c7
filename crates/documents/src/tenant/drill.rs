//! Drills: a made-up person on whom the whole way is tried.

use std::collections::{BTreeMap, BTreeSet};

use model::time::Time;
use model::{TargetName, Value};

/// A made-up person who joins, moves and leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drill {
    /// `metadata.name`; the person's worker key in the source [`DRILLS`].
    pub name: String,
    /// The zone of the person, and of the schedule.
    pub zone: String,
    /// Their attributes as they join.
    pub joins: BTreeMap<String, Value>,
    /// Those of them that are otherwise when they have moved; empty: they do not move.
    pub moves: BTreeMap<String, Value>,
    /// The apps that have to follow; empty: every app that the rules give them.
    pub apps: BTreeSet<TargetName>,
    /// When it begins by itself.
    pub schedule: Option<Schedule>,
    /// So many minutes after the word of a phase it has failed where it is not seen.
    pub within_minutes: u32,
}

/// When a drill begins by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// So many days after the day on which it began last; at least one.
    pub every_days: u16,
    /// At this time on the wall.
    pub at: Time,
}

/// The source as which `Drill` documents tell of their people. No source of a file can be called
/// this.
pub const DRILLS: &str = "Drill";
