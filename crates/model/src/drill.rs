//! Drills: a made-up person joins, moves and leaves, and each app is looked at.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::TargetName;
use crate::id::{DeliveryId, SubjectId};
use crate::time::Timestamp;

/// What is told of the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// They work here from now on.
    Joiner,
    /// Something of them is otherwise.
    Mover,
    /// Their work has ended.
    Leaver,
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 3] = [Self::Joiner, Self::Mover, Self::Leaver];

    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Joiner => "joiner",
            Self::Mover => "mover",
            Self::Leaver => "leaver",
        }
    }
}

/// How a phase, or a whole run, ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillOutcome {
    /// Every app showed what was wanted in time.
    Passed,
    /// Something that a person decides was in the way when the time was over: a wave that waits, or
    /// writing that is stopped.
    Held,
    /// An app did not show it.
    Failed,
}

impl DrillOutcome {
    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Held => "held",
            Self::Failed => "failed",
        }
    }
}

/// What became of a phase in one app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It was read back as wanted.
    Seen,
    /// Nothing had to be done there.
    Unchanged,
    /// It was not done when the time was over, because a person has not decided something.
    Held,
    /// The app refused it, or does not show what it said it had done.
    Failed,
    /// It was not read back when the time was over.
    Late,
}

impl How {
    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Seen => "seen",
            Self::Unchanged => "unchanged",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Late => "late",
        }
    }
}

/// What became of a phase in one app, once that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppResult {
    /// How it ended.
    pub how: How,
    /// When it was read back, where it was seen; when it was given up or found unchanged otherwise.
    pub at: Timestamp,
    /// Why it is neither seen nor unchanged. Names nobody.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// One phase of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillPhase {
    /// Which.
    pub phase: Phase,
    /// When the facts were told: its clock begins here.
    pub word: Timestamp,
    /// The delivery that told them.
    pub delivery: DeliveryId,
    /// The apps of which it is known.
    pub apps: BTreeMap<TargetName, AppResult>,
    /// When and how it ended.
    pub ended: Option<(Timestamp, DrillOutcome)>,
    /// Why it did not pass, where no single app is why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl DrillPhase {
    /// How long after the word an app was seen to have followed.
    #[must_use]
    pub fn took(&self, app: &TargetName) -> Option<Duration> {
        let seen = self.apps.get(app).filter(|found| found.how == How::Seen)?;
        Some(seen.at.since(self.word))
    }
}

/// One run of a drill, as it stands. Says nothing of a person that there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillRun {
    /// The document's name.
    pub drill: String,
    /// Which run of it, from 1.
    pub number: u32,
    /// The principal who began it; `system` for the schedule.
    pub by: String,
    /// Why.
    pub reason: String,
    /// The made-up person.
    pub subject: SubjectId,
    /// The apps that have to follow, sorted.
    pub apps: Vec<TargetName>,
    /// Whether they move between joining and leaving.
    pub moves: bool,
    /// Minutes that each phase may take.
    pub within_minutes: u32,
    /// When it began.
    pub begun: Timestamp,
    /// The phases so far; never empty.
    pub phases: Vec<DrillPhase>,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

impl DrillRun {
    /// How it ended: as its worst phase. `None` while it goes on.
    #[must_use]
    pub fn outcome(&self) -> Option<DrillOutcome> {
        self.ended?;
        let ends = self.phases.iter().filter_map(|phase| phase.ended);
        ends.map(|(_, outcome)| outcome).max()
    }

    /// The first phase that did not pass, and how it ended.
    #[must_use]
    pub fn trouble(&self) -> Option<(&DrillPhase, DrillOutcome)> {
        let mut ends = self
            .phases
            .iter()
            .filter_map(|phase| Some((phase, phase.ended?.1)));
        ends.find(|(_, outcome)| *outcome != DrillOutcome::Passed)
    }
}
