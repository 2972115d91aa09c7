//! What a digest says.

use std::time::Duration;

use model::{Change, StepRef, SubjectId, TargetName, Timestamp, WaveId};
use ports::store::WaveStatus;

/// What HR's word, or a person's, makes us expect for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Awaited {
    /// Out now, whatever HR says.
    Termination,
    /// A last day has come.
    Leaver,
    /// A full delivery no longer has them.
    MissingRow,
    /// A first day has come, or somebody is back after having left.
    Joiner,
    /// Facts have changed, or a leave began or ended.
    Mover,
}

impl Awaited {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 5] = [
        Self::Termination,
        Self::Leaver,
        Self::MissingRow,
        Self::Joiner,
        Self::Mover,
    ];

    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Termination => "termination",
            Self::Leaver => "leaver",
            Self::MissingRow => "missing_row",
            Self::Joiner => "joiner",
            Self::Mover => "mover",
        }
    }

    /// How long it may take from the instant, or from when we were told where that is later. One
    /// hour is FedRAMP High's AC-2(13) and PS-4, four hours its PS-4 at Moderate, a day what most
    /// auditors of SOC 2 ask for.
    #[must_use]
    pub const fn clock(self) -> Duration {
        Duration::from_secs(match self {
            Self::Termination => 3_600,
            Self::Leaver => 4 * 3_600,
            Self::MissingRow | Self::Joiner | Self::Mover => 24 * 3_600,
        })
    }

    /// Whether nothing may be left to them.
    #[must_use]
    pub const fn leaves(self) -> bool {
        matches!(self, Self::Termination | Self::Leaver | Self::MissingRow)
    }

    /// What a plan of this kind of change was awaited as. `None`: not the person has changed, but
    /// rules or an app.
    pub(super) const fn of(change: Change) -> Option<Self> {
        Some(match change {
            Change::Termination => Self::Termination,
            Change::Leaver => Self::Leaver,
            Change::MissingRow => Self::MissingRow,
            Change::Joiner | Change::Rehire => Self::Joiner,
            Change::Mover | Change::Leave | Change::Return => Self::Mover,
            Change::Rule | Change::Drift | Change::Undo | Change::Deletion => return None,
        })
    }
}

/// What happened since an instant, and what should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// From this instant.
    pub from: Timestamp,
    /// Up to, not including, this one. What fell into the time between is judged as it stands now.
    pub to: Timestamp,
    /// When it was looked.
    pub at: Timestamp,
    /// Expected, done and late, by kind; kinds without anybody are left out.
    pub counts: Vec<Count>,
    /// People who are late, and those who were done late.
    pub people: Vec<LatePerson>,
    /// What failed, by cause.
    pub failures: Vec<FailureGroup>,
    /// Waves that wait for a person, oldest first.
    pub waves: Vec<WaitingWave>,
    /// Other open findings, by cause.
    pub findings: Vec<FindingGroup>,
    /// What did not happen, and nobody told of.
    pub silent: Vec<Silence>,
}

impl Digest {
    /// Whether a person has something to do.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        let late = self.people.iter().any(|row| row.done_at.is_none());
        let quiet = self.failures.is_empty()
            && self.waves.is_empty()
            && self.findings.is_empty()
            && self.silent.is_empty();
        late || !quiet
    }
}

/// How many of one kind were expected, and how they stand. `expected` is the sum of all but
/// `done_late`, which are among the done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The kind.
    pub awaited: Awaited,
    /// People.
    pub expected: u64,
    /// Every step was read back as wanted, or there was nothing to do.
    pub done: u64,
    /// Of those, after their clock had run out.
    pub done_late: u64,
    /// Not done, and still in time.
    pub open: u64,
    /// Not done, and their clock has run out.
    pub late: u64,
    /// A person refused what was proposed.
    pub refused: u64,
}

/// Somebody whose clock ran out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatePerson {
    /// What was expected.
    pub awaited: Awaited,
    /// Who.
    pub subject: SubjectId,
    /// The name to show.
    pub name: String,
    /// The worker's key.
    pub key: String,
    /// The instant that HR named, or at which somebody was told.
    pub at: Timestamp,
    /// The worker's own zone.
    pub zone: String,
    /// When the clock began: `at`, or when we were told where that is later.
    pub start: Timestamp,
    /// When it ran out.
    pub due: Timestamp,
    /// When it was done, late; `None`: it is not.
    pub done_at: Option<Timestamp>,
    /// Why it is not done, for people.
    pub why: String,
    /// Apps in which an account of somebody who has left may still be used.
    pub exposed: Vec<TargetName>,
    /// The wave that holds it, where it waits for a person.
    pub wave: Option<WaveId>,
}

/// Failures of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureGroup {
    /// Its name: app, class of error and attribute (`chat/SCIM-400/department`).
    pub group: String,
    /// The app.
    pub app: TargetName,
    /// The class of error.
    pub class: String,
    /// The attribute, where what was said names one that was sent.
    pub attribute: Option<String>,
    /// What was tried, sorted.
    pub verbs: Vec<String>,
    /// Whom it concerns, by name, sorted; the groups of an app have none.
    pub people: Vec<(SubjectId, String)>,
    /// Steps that failed.
    pub steps: u64,
    /// The first of them.
    pub step: StepRef,
    /// When the first of them failed.
    pub first_seen: Timestamp,
    /// When the last of them failed.
    pub last_seen: Timestamp,
    /// What was said of the first.
    pub problem: String,
    /// What to do.
    pub fix: String,
    /// The worker tries them again by itself.
    pub again: bool,
}

/// A wave that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingWave {
    /// The wave.
    pub wave: WaveId,
    /// Held, halted, or ready.
    pub status: WaveStatus,
    /// Its cause, for people.
    pub cause: String,
    /// When it was proposed.
    pub at: Timestamp,
    /// Plans that wait.
    pub plans: u64,
    /// Why the guard says so.
    pub because: Vec<String>,
    /// What to do.
    pub fix: String,
}

/// Open findings of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingGroup {
    /// What they have in common: code, and app, source or rule.
    pub group: String,
    /// The code.
    pub code: String,
    /// How many.
    pub count: u64,
    /// Whom they concern, by name, sorted.
    pub people: Vec<String>,
    /// When the oldest was opened.
    pub oldest: Timestamp,
    /// What the oldest says.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

/// Something that did not happen, or that nobody was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// `unplanned`, `timer`, `source`, `target`, `clock`, `writing`, `token`, `secret`, `certificate`, `metadata`,
    /// `budget`, `drill` or `break-glass`.
    pub kind: &'static str,
    /// What is silent: an app, a source, a principal, a drill; empty where people are.
    pub what: String,
    /// Since when; `None`: it never spoke.
    pub since: Option<Timestamp>,
    /// People concerned.
    pub count: u64,
    /// Some of them, by name, sorted.
    pub people: Vec<String>,
    /// One sentence.
    pub problem: String,
    /// What to do.
    pub fix: String,
}
