//! What documents would do to a whole workforce, before they are accepted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::documents::DocumentFile;

/// Asks what documents would do. Nothing is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// Every file of the tenant directory.
    pub files: Vec<DocumentFile>,
}

/// What documents would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviewAnswer {
    /// The revision that they would be.
    pub revision: u64,
    /// Everyone who was looked at.
    pub people: u64,
    /// Waves that are open already; what they do is not in this preview.
    pub open_waves: u64,
    /// The waves that would be proposed.
    pub waves: Vec<ForeseenWave>,
    /// What would happen in each app.
    pub apps: Vec<AppPreview>,
    /// What keeps something from being planned.
    pub problems: Vec<PreviewProblem>,
    /// Apps in force that the documents no longer declare: what is there stays.
    pub undeclared: Vec<String>,
}

/// A wave that would be proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ForeseenWave {
    /// Its cause, for people.
    pub cause: String,
    /// `leaver`, `missing_row`, `leave`, `joiner`, `rehire`, `return`, `mover`, `rule`, `drift`
    /// or `deletion`.
    pub change: String,
    /// What the guard would say: `allow`, `ask` or `halt`.
    pub verdict: String,
    /// Why.
    pub because: Vec<String>,
    /// People and apps it concerns.
    pub plans: u64,
    /// Steps in all.
    pub steps: u64,
    /// Steps that take something away.
    pub removals: u64,
}

/// What would happen in one app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AppPreview {
    /// The app.
    pub app: String,
    /// How far its document lets Tenure go: `observe`, `confirm` or `enforce`. Nothing is planned
    /// for an app that is only observed.
    pub mode: String,
    /// Whether it was listed completely. Where it was not, much may follow once it is observed.
    pub listed: bool,
    /// People whom rules give an account.
    pub accounts: u64,
    /// People who get something.
    pub gain: PeopleList,
    /// People who lose something.
    pub lose: PeopleList,
    /// People whose account is taken over or gets other values.
    pub change: PeopleList,
    /// Requests that change something, at the most, by verb.
    pub requests: BTreeMap<String, u64>,
    /// Requests that change something, at the most.
    pub requests_total: u64,
    /// Requests a second that hold for the app; absent where none are stated.
    pub per_second: Option<u32>,
    /// How long it takes at that rate at the most, with each change read back, in seconds.
    pub seconds: Option<u64>,
    /// The values of each mapped attribute.
    pub attributes: Vec<AttributePreview>,
    /// People who would have the same value of an attribute by which accounts are matched.
    pub collisions: Vec<CollisionPreview>,
    /// How many collisions there are.
    pub collisions_total: u64,
}

/// People, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PeopleList {
    /// How many there are.
    pub total: u64,
    /// The first of them.
    pub people: Vec<PersonPreview>,
}

/// A person and what would happen to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonPreview {
    /// The subject.
    pub subject: String,
    /// The name to show.
    pub name: String,
    /// What, for people.
    pub what: Vec<String>,
    /// What kind of change it is for them.
    pub change: String,
}

/// The values of one attribute over all accounts that rules give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttributePreview {
    /// The attribute's path.
    pub path: String,
    /// Accounts without a value.
    pub empty: u64,
    /// Different values that were counted.
    pub different: u64,
    /// True when there are more different values than were counted.
    pub more: bool,
    /// The most frequent values.
    pub top: Vec<ValueCount>,
}

/// A value and how often it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ValueCount {
    /// The value.
    pub value: String,
    /// How often.
    pub count: u64,
}

/// People who would have the same value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CollisionPreview {
    /// The attribute's path.
    pub path: String,
    /// The value.
    pub value: String,
    /// How many people.
    pub total: u64,
    /// The first of them, by name.
    pub people: Vec<String>,
}

/// One thing that keeps something from being planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PreviewProblem {
    /// A stable code.
    pub code: String,
    /// What is in the way.
    pub problem: String,
    /// What to do.
    pub fix: String,
    /// For how many.
    pub total: u64,
    /// Some of the people, by name.
    pub people: Vec<String>,
}
