//! Documents, deliveries and observations.

use model::Diagnostic;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One file of a tenant directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DocumentFile {
    /// Its path inside the directory; shown in errors.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Replaces the tenant's documents, all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutDocuments {
    /// Every file of the tenant directory.
    pub files: Vec<DocumentFile>,
    /// Check and say what would be; change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// One thing that is wrong with one place of an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireDiagnostic {
    /// A stable code.
    pub code: String,
    /// The file or document.
    pub place: String,
    /// Line, from 1; 0 where there is none.
    pub line: u64,
    /// Column, from 1; 0 where there is none.
    pub column: u64,
    /// The field; empty where there is none.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

impl From<Diagnostic> for WireDiagnostic {
    fn from(d: Diagnostic) -> Self {
        Self {
            code: d.code,
            place: d.place,
            line: d.line,
            column: d.column,
            field: d.field,
            problem: d.problem,
            fix: d.fix,
        }
    }
}

impl From<WireDiagnostic> for Diagnostic {
    fn from(d: WireDiagnostic) -> Self {
        Self {
            code: d.code,
            place: d.place,
            line: d.line,
            column: d.column,
            field: d.field,
            problem: d.problem,
            fix: d.fix,
        }
    }
}

/// What became of documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentsAnswer {
    /// The revision that is in force now, or would be.
    pub revision: u64,
    /// False when they are the same as those that were in force.
    pub changed: bool,
    /// Files that are new, changed or removed.
    pub files: Vec<FileChange>,
    /// People in them of whom something new is said, or who are no longer named.
    pub people: Vec<PersonChange>,
    /// Sources in all.
    pub sources: u64,
    /// Apps in all.
    pub apps: u64,
    /// Rules in all.
    pub rules: u64,
    /// Tests in the documents; all of them passed.
    pub tests: u64,
    /// What is right, and still does not do what whoever wrote it may expect.
    #[serde(default)]
    pub notes: Vec<String>,
    /// True when nothing was changed because a dry run was asked for.
    pub dry_run: bool,
}

/// A file that differs from the revision in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// `new`, `changed` or `removed`.
    pub change: String,
}

/// A person whom documents name. What is said of them is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PersonChange {
    /// The name of their document.
    pub document: String,
    /// `leaver`, `missing_row`, `leave`, `joiner`, `rehire`, `return` or `mover`.
    pub change: String,
}

/// The documents in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DocumentsInForce {
    /// The revision; 0 before the first.
    pub revision: u64,
    /// Who sent it.
    pub author: String,
    /// When.
    pub at: String,
    /// The files, by path.
    pub files: Vec<DocumentFile>,
}

/// What became of an HR delivery. A refused delivery is an answer, not an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryAnswer {
    /// The delivery's id: the same bytes to the same source have the same one.
    pub delivery: String,
    /// Its source.
    pub source: String,
    /// Whether its absences may be believed: `full`, `partial` or `unknown`.
    pub completeness: String,
    /// True when the whole file was refused and no row counted.
    pub refused: bool,
    /// Rows read.
    pub rows: u64,
    /// People of whom it says something new, or who are missing from it.
    pub changes: Vec<FactChange>,
    /// What is wrong with it.
    pub diagnostics: Vec<WireDiagnostic>,
    /// Workers who might be one of several people: nothing of their rows counts until somebody
    /// decides.
    #[serde(default)]
    pub undecided: Vec<WireUndecided>,
    /// True when nothing was changed because a dry run was asked for.
    pub dry_run: bool,
}

/// A worker who might be one of several people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireUndecided {
    /// The worker's key in the source.
    pub key: String,
    /// The subjects whom they might be.
    pub candidates: Vec<String>,
    /// Why that is not decided.
    pub problem: String,
}

/// A person of whom a delivery says something new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FactChange {
    /// The subject.
    pub subject: String,
    /// Their key in the source.
    pub key: String,
    /// The name to show.
    pub name: String,
    /// `leaver`, `missing_row`, `leave`, `joiner`, `rehire`, `return` or `mover`.
    pub change: String,
}

/// A delivery in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliverySummary {
    /// Its id.
    pub delivery: String,
    /// Its source.
    pub source: String,
    /// The principal who delivered it.
    pub author: String,
    /// When it was read.
    pub at: String,
    /// Whether its absences may be believed.
    pub completeness: String,
    /// True when the whole file was refused and no row counted.
    pub refused: bool,
    /// Rows read.
    pub rows: u64,
    /// Rows with new or changed facts.
    pub changed: u64,
    /// Workers of this source who are missing from it.
    pub missing: u64,
    /// How many things are wrong with it.
    pub diagnostics: u64,
}

/// Reads a target system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObserveRequest {
    /// The name of its `App` document.
    pub target: String,
}

/// One observation run that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ObservedRun {
    /// The target.
    pub target: String,
    /// Which objects: `account` or `group`.
    pub kind: String,
    /// When it began.
    pub started: String,
    /// Objects read.
    pub read: u64,
    /// Objects that were new or different.
    pub changed: u64,
    /// Objects that were gone.
    pub vanished: u64,
    /// How far the listing may be believed: `full`, `partial` or `unknown`.
    pub completeness: String,
    /// What is wrong with it; empty if nothing.
    pub detail: String,
}
