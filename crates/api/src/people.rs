//! People, and why they have what they have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::WavePreviewAnswer;

/// Where a worker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WireStanding {
    /// Work has not begun.
    Upcoming,
    /// At work.
    Active,
    /// Engaged, and not at work for a while.
    OnLeave,
    /// Work has ended.
    Ended,
    /// A full delivery no longer has them.
    Withdrawn,
    /// Terminated for cause, whatever HR says.
    Terminated,
    /// It cannot be told: the worker's zone is not in the zone database.
    Unknown,
}

impl WireStanding {
    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Active => "active",
            Self::OnLeave => "on_leave",
            Self::Ended => "ended",
            Self::Withdrawn => "withdrawn",
            Self::Terminated => "terminated",
            Self::Unknown => "unknown",
        }
    }
}

/// A person in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonSummary {
    /// The subject's id, for life.
    pub subject: String,
    /// The source that knows them.
    pub source: String,
    /// Their key in it.
    pub key: String,
    /// The name to show.
    pub name: String,
    /// The work mail address, where one is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    /// Where they stand.
    pub standing: WireStanding,
}

/// A person with everything that Tenure holds of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PersonAnswer {
    /// Who.
    #[serde(flatten)]
    pub person: PersonSummary,
    /// First day and hour of work, on the wall clock of `zone`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub starts: Option<String>,
    /// Last day and hour of work, on the wall clock of `zone`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends: Option<String>,
    /// A leave of absence, past ones included, as long as the source states it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub leave: Option<WireLeave>,
    /// Their IANA zone.
    pub zone: String,
    /// Attribute → value, put together from all sources.
    #[schema(value_type = Object)]
    pub attributes: serde_json::Value,
    /// Attribute → the source and worker key that its value comes from, as `source/key`.
    #[schema(value_type = Object)]
    pub provenance: serde_json::Value,
    /// Employments and contracts, by source and key.
    pub engagements: Vec<WireEngagement>,
    /// Set while they are terminated for cause.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub terminated: Option<WireTermination>,
    /// Accounts and grants that belong to them.
    pub access: Vec<PersonAccess>,
    /// What they wait for, by app; nothing of another instant.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub waits: BTreeMap<String, String>,
    /// Set where another instant than now was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub when: Option<WireWhen>,
}

/// Which instants an answer is about, and what it cannot say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireWhen {
    /// What holds then.
    pub as_of: String,
    /// What was known then.
    pub known_at: String,
    /// The revision of the documents in force then; absent where there were none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revision: Option<u64>,
    /// What the answer cannot say, for people.
    pub not_known: Vec<String>,
}

/// An account or grant of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonAccess {
    /// The target system.
    pub app: String,
    /// `account`, or the group for a grant.
    pub what: String,
    /// The target's id of the object.
    pub remote: String,
    /// `managed`, `adopted` or `foreign`.
    pub ownership: String,
    /// Why they belong together.
    pub because: String,
}

/// Why something is as it is: what spoke, and the facts it looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WireReason {
    /// What spoke: `rule/all-staff`, `lifecycle/leaver`, `undo/wav_…`.
    pub by: String,
    /// One sentence.
    pub text: String,
    /// Fact → value it had; `null` where it was not stated.
    #[schema(value_type = Object)]
    pub facts: serde_json::Value,
}

/// Why this person has, or lacks, access to this app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccessAnswer {
    /// The subject.
    pub subject: String,
    /// The worker's key.
    pub key: String,
    /// The name to show.
    pub name: String,
    /// The app.
    pub app: String,
    /// Where they stand.
    pub standing: WireStanding,
    /// The account first, then grants.
    pub items: Vec<AccessItem>,
    /// Rules that speak of this app but do not hold for this person.
    pub not_given: Vec<WireReason>,
    /// Set where another instant than now was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub when: Option<WireWhen>,
}

/// The answer for one account or grant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccessItem {
    /// Where: `target/kind/key`.
    pub address: String,
    /// `account`, or the group for a grant.
    pub what: String,
    /// What the rules want: `present`, `disabled`, `absent`, `untouched` or `nothing`.
    pub wanted: String,
    /// Why.
    pub because: Vec<WireReason>,
    /// What was last seen: `active`, `disabled`, `member`, `absent` or `unknown`.
    pub seen: String,
    /// When a look found the account so, and different from before; empty for grants, and where
    /// nothing was seen.
    pub seen_at: String,
    /// `managed`, `adopted` or `foreign`; empty where nothing is linked.
    pub ownership: String,
    /// When a change of it was last read back as wanted; empty if never.
    pub verified_at: String,
    /// The plan and step that did it; empty if none.
    pub verified_by: String,
    /// What is proposed and nobody has decided about, the seat that is waited for, or a step that is
    /// not finished or has failed, and why; empty if none.
    pub pending: String,
}

/// One employment or contract, as a source last told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireEngagement {
    /// The source.
    pub source: String,
    /// The worker's key in it.
    pub key: String,
    /// Where the worker stands in it.
    pub standing: WireStanding,
    /// First day and hour of work, on the wall clock of `zone`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub starts: Option<String>,
    /// Last day and hour of work, on the wall clock of `zone`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ends: Option<String>,
    /// A leave of absence, past ones included, as long as the source states it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub leave: Option<WireLeave>,
    /// The worker's zone.
    pub zone: String,
    /// Whether accounts look like this one.
    pub main: bool,
}

/// A leave of absence, on the worker's own clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireLeave {
    /// When it begins.
    pub from: String,
    /// When they are back; left out where nobody knows yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<String>,
}

/// A termination for cause that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireTermination {
    /// Who did it.
    pub by: String,
    /// Since when.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// Terminates a person for cause, or lifts that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminateRequest {
    /// The person: subject id, worker key, mail address or a name that finds exactly one.
    pub person: String,
    /// Say what would happen; do nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// What a termination for cause, or its end, did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TerminationAnswer {
    /// The subject.
    pub subject: String,
    /// The name to show.
    pub name: String,
    /// What is, or would be, changed; what the guard allows of a termination has begun.
    pub waves: Vec<WavePreviewAnswer>,
    /// True when nothing was done because a dry run was asked for.
    pub dry_run: bool,
}

/// Says whether a worker of a source is a person who is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchRequest {
    /// The source that names the worker.
    pub source: String,
    /// The worker's key in it.
    pub key: String,
    /// The person: subject id, worker key, mail address or a name that finds exactly one.
    pub person: String,
    /// Whether the worker is that person.
    pub same: bool,
    /// Say whether it could be decided; decide nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// Erases a person: their key is destroyed and their rows are deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseRequest {
    /// The person: subject id, or `source/key`, or a text that finds exactly one.
    pub person: String,
    /// Say what would be erased; erase nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// What was erased, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EraseAnswer {
    /// The subject.
    pub subject: String,
    /// False on a dry run.
    pub erased: bool,
}
