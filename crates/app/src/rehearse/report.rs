//! What a rehearsal says.

use std::collections::BTreeMap;

use model::time::Date;
use model::{Cause, Change, SubjectId, TargetName, Timestamp, Verdict};

use crate::{AppError, Trouble};

/// The coming days, played by the engine over what is known now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// From this instant.
    pub from: Timestamp,
    /// Up to and with this one.
    pub to: Timestamp,
    /// People who were planned for; one on several days counts once for each.
    pub looks: u64,
    /// Plans that are open now and are taken to be carried out at once.
    pub open_plans: u64,
    /// Days on which something happens, in order.
    pub days: Vec<RehearsedDay>,
    /// Managers who leave while people still report to them, the first first.
    pub managers: Vec<LeavingManager>,
    /// What ends in this time because a document or a token says so, the first first.
    pub ending: Vec<EndingThing>,
    /// What may come otherwise than it was played, for people.
    pub not_played: Vec<String>,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsedDay {
    /// The day on the wall in the zone that was asked for.
    pub day: Date,
    /// For whom plans are made, by kind of change.
    pub changes: Vec<RehearsedChange>,
    /// Waves that begin only once a person releases them, or never.
    pub held: Vec<HeldWave>,
    /// What is asked of each app.
    pub apps: Vec<RehearsedApp>,
    /// What has to be done by hand from this day on.
    pub tasks: u64,
    /// What keeps something from being planned, and is no finding yet.
    pub problems: Vec<Trouble>,
}

/// Those for whom plans of one kind are made on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsedChange {
    /// The kind.
    pub change: Change,
    /// How many plans.
    pub plans: u64,
    /// How many of them take something away.
    pub removals: u64,
    /// The first of the plans.
    pub people: Vec<RehearsedPlan>,
}

/// What is planned for one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsedPlan {
    /// Who.
    pub subject: SubjectId,
    /// The name to show.
    pub name: String,
    /// What, for people: `chat: create the account ann@acme.example`, `chat: grant sales`.
    pub what: Vec<String>,
}

/// A wave that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldWave {
    /// When it is proposed.
    pub at: Timestamp,
    /// Its cause.
    pub cause: Cause,
    /// What the guard says. It is played as released, unless it is halted.
    pub verdict: Verdict,
    /// Its plans.
    pub plans: u64,
    /// Those that take something away.
    pub removals: u64,
}

/// What one day asks of one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RehearsedApp {
    /// The app.
    pub app: TargetName,
    /// Requests that change something, by verb.
    pub requests: BTreeMap<&'static str, u64>,
    /// Requests a second that the document or the provider's profile allows.
    pub per_second: Option<u32>,
    /// How long it takes at that rate at the most, each change with its read-back, in seconds.
    pub seconds: Option<u64>,
    /// Longer than the clock of a leaver.
    pub slow: bool,
}

/// A manager who leaves, and for whom nobody has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeavingManager {
    /// When they leave.
    pub at: Timestamp,
    /// Who.
    pub subject: SubjectId,
    /// The name to show.
    pub name: String,
    /// The worker's key.
    pub key: String,
    /// How many still report to them then.
    pub reports: u64,
    /// The first of those, by name.
    pub people: Vec<String>,
}

/// Something that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndingThing {
    /// When.
    pub at: Timestamp,
    /// What: `grant/NAME`, `hold/NAME`, `person/NAME`, `service/NAME`, `token/PRINCIPAL`.
    pub what: String,
    /// Whether somebody has to do something before it ends.
    pub asks: bool,
}

impl Rehearsal {
    /// Reads how many days somebody asks for.
    ///
    /// # Errors
    /// `Invalid` for what is no number of days.
    pub fn days(text: &str) -> Result<u16, AppError> {
        let days = text.parse();
        days.map_err(|_| super::wrong(format!("`{text:.20}` is no number of days")))
    }

    /// Whether anything in these days needs a person.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        let of_a_day = |day: &RehearsedDay| {
            !day.held.is_empty() || !day.problems.is_empty() || day.apps.iter().any(|app| app.slow)
        };
        !self.managers.is_empty()
            || self.ending.iter().any(|thing| thing.asks)
            || self.days.iter().any(of_a_day)
    }
}
