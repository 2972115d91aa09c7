//! What an app held before Tenure, and what people decide about it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::documents::WireDiagnostic;

/// How many accounts are of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClassCount {
    /// `linked`, `adopted`, `exact`, `ambiguous`, `orphan`, `shared`, `service`, `privileged`,
    /// `ignored`.
    pub class: String,
    /// Accounts.
    pub accounts: u64,
}

/// An account of an app, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EstateRow {
    /// The app's id of the account.
    pub account: String,
    /// Its name in the app.
    pub name: String,
    /// Whether it may be used.
    pub active: bool,
    /// As in [`ClassCount`].
    pub class: String,
    /// Whose it is, or everyone who matches it: worker key and name.
    pub people: Vec<String>,
    /// Other accounts that the same people match.
    pub rivals: Vec<String>,
    /// What is decided, in the words in which it can be decided; empty: nothing.
    pub decision: String,
    /// Who answers for a service account.
    pub owner: String,
    /// Why it was decided.
    pub reason: String,
    /// Who decided.
    pub by: String,
}

/// The accounts of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EstateAnswer {
    /// The app.
    pub target: String,
    /// Every class, the empty ones too.
    pub counts: Vec<ClassCount>,
    /// By the app's id.
    pub accounts: Vec<EstateRow>,
}

/// One row of decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WireDecision {
    /// Where the row stands in its file.
    #[serde(default)]
    pub line: u64,
    /// The app's id of the account.
    pub account: String,
    /// The name of a group in the app, for a membership; empty for the account itself.
    #[serde(default)]
    pub group: String,
    /// About an account: `adopt KEY`, `not-the-same KEY`, `orphan`, `shared`, `service`,
    /// `privileged`, `ignore`, `undecided`. About access: `keep`, `reject`, `undecided`. Empty:
    /// nothing yet.
    #[serde(default)]
    pub decision: String,
    /// Who answers for it: for `service` and `keep`.
    #[serde(default)]
    pub owner: String,
    /// Until when it is kept; empty: without an end.
    #[serde(default)]
    pub until: String,
    /// Why; empty: as the whole request.
    #[serde(default)]
    pub reason: String,
}

/// Decides about what an app holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideEstate {
    /// The rows.
    #[serde(default)]
    pub rows: Vec<WireDecision>,
    /// Why.
    pub reason: String,
    /// Only say what would be.
    #[serde(default)]
    pub dry_run: bool,
}

/// A row that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecidedEstate {
    /// Where it stands.
    pub line: u64,
    /// The account.
    pub account: String,
    /// The group, for a membership.
    pub group: String,
    /// What is decided.
    pub decision: String,
}

/// What became of decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecideEstateAnswer {
    /// Rows that decide something new.
    pub decided: Vec<DecidedEstate>,
    /// Rows that say what was decided already.
    pub unchanged: u64,
    /// Rows without a decision.
    pub open: u64,
    /// Rows that do not count.
    pub diagnostics: Vec<WireDiagnostic>,
    /// True when nothing was written because a dry run was asked for.
    pub dry_run: bool,
}

/// Access that no rule gives and nobody decided about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnexplainedRow {
    /// The app's id of the account.
    pub account: String,
    /// Its name in the app.
    pub name: String,
    /// The group, for a membership; empty for the account itself.
    pub group: String,
    /// What the account is.
    pub class: String,
    /// The worker key of the person; empty where it is not known whose the account is.
    pub person: String,
    /// Their name.
    pub person_name: String,
    /// Why it is unexplained.
    pub why: String,
    /// Always empty: to be filled in and sent back.
    pub decision: String,
    /// As `decision`.
    pub owner: String,
    /// As `decision`.
    pub until: String,
    /// As `decision`.
    pub reason: String,
}

/// Unexplained access of one kind, and the rule that would explain most of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnexplainedGroup {
    /// The group; empty for accounts.
    pub group: String,
    /// Whether a document declares it: rules can give only what is declared.
    pub declared: bool,
    /// How many are unexplained.
    pub unexplained: u64,
    /// The condition that explains most of them; empty where none does.
    pub when: String,
    /// How many it explains.
    pub explains: u64,
    /// How many more it would give it to.
    pub more: u64,
}

/// Unexplained access of an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnexplainedAnswer {
    /// The app.
    pub target: String,
    /// Those with most left first.
    pub groups: Vec<UnexplainedGroup>,
    /// By account and group.
    pub items: Vec<UnexplainedRow>,
}

/// How one address stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftRow {
    /// `in_sync`, `drifted`, `unmanaged` or `unreadable`.
    pub state: String,
    /// `account`, `group` or `grant`.
    pub kind: String,
    /// The address, or the app's id of what has none.
    pub address: String,
    /// Its name in the app, where it was seen.
    pub name: String,
    /// In what it differs, or why it cannot be told.
    pub detail: String,
}

/// How many addresses stand in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftCount {
    /// As in [`DriftRow`].
    pub state: String,
    /// Addresses.
    pub addresses: u64,
}

/// How an app stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftAnswer {
    /// The app.
    pub target: String,
    /// Every state, the empty ones too.
    pub counts: Vec<DriftCount>,
    /// By state, kind and address.
    pub items: Vec<DriftRow>,
}
