//! The coming days, played ahead.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::PreviewProblem;

/// What the coming days bring, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RehearsalAnswer {
    /// From this instant.
    pub from: String,
    /// Up to and with this one.
    pub to: String,
    /// Whether anything in this time needs a person.
    pub needs_a_person: bool,
    /// People who were planned for; one on several days counts once for each.
    pub looks: u64,
    /// Plans that are open now, and are taken to be carried out at once.
    pub open_plans: u64,
    /// Days on which something happens, in order.
    pub days: Vec<RehearsalDay>,
    /// Managers who leave while people still report to them.
    pub managers: Vec<RehearsalManager>,
    /// What ends because a document or a token says so.
    pub ending: Vec<RehearsalEnding>,
    /// What may come otherwise than it was played.
    pub not_played: Vec<String>,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RehearsalDay {
    /// The day, on the wall in the zone that was asked for.
    pub day: String,
    /// Plans for people who come: joiners and rehires.
    pub joiners: u64,
    /// Plans for people who move, go on leave or return from one.
    pub movers: u64,
    /// Plans for people who leave, or are missing.
    pub leavers: u64,
    /// Plans that delete accounts.
    pub deletions: u64,
    /// Plans of all kinds, each kind by itself.
    pub changes: Vec<RehearsalChange>,
    /// Waves that begin only once a person releases them, or never.
    pub held: Vec<RehearsalWave>,
    /// What is asked of each app.
    pub apps: Vec<RehearsalApp>,
    /// What has to be done by hand from this day on.
    pub tasks: u64,
    /// What keeps something from being planned: names that several people would have, say.
    pub problems: Vec<PreviewProblem>,
}

/// Plans of one kind on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RehearsalChange {
    /// The kind, as in waves: `joiner`, `leaver`, `deletion` …
    pub change: String,
    /// How many plans.
    pub plans: u64,
    /// How many of them take something away.
    pub removals: u64,
    /// The first 20 of them.
    pub people: Vec<RehearsalPerson>,
}

/// What is planned for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RehearsalPerson {
    /// The subject.
    pub subject: String,
    /// The name to show.
    pub name: String,
    /// What, for people.
    pub what: Vec<String>,
}

/// A wave that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RehearsalWave {
    /// When it is proposed.
    pub at: String,
    /// Its cause, for people.
    pub cause: String,
    /// `ask`: it is played as released; `halt`: it can only be refused, and is not played.
    pub verdict: String,
    /// Why.
    pub because: Vec<String>,
    /// Its plans.
    pub plans: u64,
    /// Those that take something away.
    pub removals: u64,
}

/// What one day asks of one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RehearsalApp {
    /// The app.
    pub app: String,
    /// Requests that change something.
    pub requests: u64,
    /// The same by verb: `create 3, disable 1`.
    pub verbs: String,
    /// Requests a second that its document or the provider's profile allows.
    pub per_second: Option<u32>,
    /// How long it takes at that rate at the most, in seconds.
    pub seconds: Option<u64>,
    /// True where that is longer than a leaver may take.
    pub slow: bool,
}

/// A manager who leaves while people still report to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RehearsalManager {
    /// When they leave.
    pub at: String,
    /// The subject.
    pub subject: String,
    /// The name to show.
    pub name: String,
    /// The worker's key.
    pub key: String,
    /// How many still report to them then.
    pub reports: u64,
    /// The first 20 of those, by name.
    pub people: Vec<String>,
}

/// Something that ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RehearsalEnding {
    /// When.
    pub at: String,
    /// What: `grant/NAME`, `hold/NAME`, `person/NAME`, `service/NAME`, `token/PRINCIPAL`.
    pub what: String,
    /// Whether somebody has to do something before it ends.
    pub asks: bool,
}
