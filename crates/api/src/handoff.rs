//! Apps that nobody but their own people can reach.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::WireDiagnostic;

/// Something that an app's people are asked to do and have not answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WireLine {
    /// Its id, the same in every file.
    pub line: String,
    /// `open` or `overdue`.
    pub status: String,
    /// When it was handed over.
    pub handed: String,
    /// From this instant it is overdue.
    pub due: String,
    /// `create`, `create disabled`, `change`, `enable`, `disable` or `delete`.
    pub task: String,
    /// What the app calls the account; empty where it is to be made.
    pub account: String,
    /// The name that people know the account by; empty where it is not known.
    pub name: String,
    /// The kind of change that asks for it: `leaver`.
    pub why: String,
    /// Whose account it is about: the subject's id.
    pub subject: String,
    /// The values that the account is to have.
    pub set: serde_json::Value,
    /// The attributes that are to be emptied.
    pub clear: Vec<String>,
}

/// The file for an app's people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SheetAnswer {
    /// How many lines it has.
    pub lines: u64,
    /// The CSV file. It holds values of people.
    pub sheet: String,
}

/// What a file of answers came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AnswersAnswer {
    /// The file is damaged as a whole, and nothing of it was taken in.
    pub refused: bool,
    /// Each answer that counts.
    pub answers: Vec<WireAnswer>,
    /// Lines of the file to which nothing was answered yet.
    pub unanswered: u64,
    /// What is wrong.
    pub diagnostics: Vec<WireDiagnostic>,
    /// Nothing was changed.
    pub dry_run: bool,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireAnswer {
    /// The line.
    pub line: String,
    /// `done`, `refused` or `not possible`.
    pub answer: String,
    /// `new`; `again` where the same was answered before; `late` where the line was recalled
    /// meanwhile: what was done is known now, and planned for.
    pub taken: String,
}

/// What a list of accounts came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExtractAnswer {
    /// The file is damaged as a whole, and nothing of it counts.
    pub refused: bool,
    /// How many rows there were.
    pub read: u64,
    /// How many accounts differ from what was known.
    pub changed: u64,
    /// How many accounts are gone.
    pub vanished: u64,
    /// What people had said to have done, and the list shows.
    pub verified: u64,
    /// `full`, `partial` or `unknown`; empty where nothing was taken in.
    pub completeness: String,
    /// Why it is not full.
    pub detail: String,
    /// What is wrong.
    pub diagnostics: Vec<WireDiagnostic>,
    /// Nothing was changed.
    pub dry_run: bool,
}
