//! Apps that nobody but their own people can reach: what is known of them, what they are asked and
//! what they answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use model::handoff::{Evidence, Said};
use model::source::CsvMapping;
use model::{Attributes, Completeness, Diagnostic, Record, RemoteId, Timestamp};

use crate::{Target, TargetError};

/// What is known of the accounts of an app: from the last list that its people sent, and from what
/// they answered since.
#[async_trait]
pub trait Register: Send + Sync {
    /// Every account that is known.
    async fn accounts(&self) -> Result<Known, TargetError>;
    /// One account. `None` only where it is known that there is none.
    async fn account(&self, remote: &RemoteId) -> Result<Option<Record>, TargetError>;
    /// The accounts of this name.
    async fn named(&self, name: &str) -> Result<Vec<Record>, TargetError>;
}

/// A list of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The accounts.
    pub records: Vec<Record>,
    /// How far it may be believed that there are no others.
    pub completeness: Completeness,
    /// Why it is not `Full`, for people.
    pub detail: String,
}

/// One line of the file for an app's people: one thing that they are asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its id; the same however often it is written.
    pub id: String,
    /// From this instant it is overdue.
    pub due: Timestamp,
    /// What is to be done: `create`, `create disabled`, `change`, `enable`, `disable`, `delete`.
    pub task: &'static str,
    /// What the app calls the account; empty where it is to be made.
    pub account: String,
    /// The name that people know the account by; empty where it is not known.
    pub name: String,
    /// What happened, in one word: `leaver`.
    pub why: String,
    /// The values that the account is to have.
    pub set: Attributes,
    /// The attributes that are to be emptied.
    pub clear: Vec<String>,
}

/// What an app's people answered to one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Where it stands in the file, from 1.
    pub at: u64,
    /// The line.
    pub line: String,
    /// What they answered.
    pub said: Said,
    /// What they call the account that they made.
    pub remote: Option<RemoteId>,
    /// What they wrote beside it.
    pub evidence: Evidence,
}

/// What a file of answers says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replies {
    /// The answers that can be read, in the order of the file.
    pub replies: Vec<Reply>,
    /// Lines of the file to which nothing was answered yet.
    pub unanswered: u64,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// The file is damaged as a whole, and no answer of it counts.
    pub refused: bool,
}

/// How an app's own list of its accounts is read.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// The columns: `key` is what the app calls an account, `attributes` are attribute paths and
    /// `active`.
    pub csv: &'a CsvMapping,
    /// The words of `active` for an account that may be used.
    pub usable: &'a BTreeSet<String>,
    /// The words for one that may not.
    pub closed: &'a BTreeSet<String>,
}

/// An app's own list of its accounts, read.
pub struct Accounts {
    /// What it says.
    pub register: Arc<dyn Register>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// The file is damaged as a whole, and nothing of it counts.
    pub refused: bool,
    /// How many rows there were, readable or not.
    pub read: u64,
}

/// Writes and reads the files that go to an app's people and come from them.
pub trait Paperwork: Send + Sync {
    /// The target whose hands they are.
    fn target(&self, extract: &CsvMapping, register: Arc<dyn Register>) -> Arc<dyn Target>;
    /// The file with what they are asked to do.
    fn sheet(&self, extract: &CsvMapping, lines: &[Line]) -> Vec<u8>;
    /// What they answered. `place` is what people call the file.
    fn replies(&self, delimiter: char, place: &str, bytes: &[u8]) -> Replies;
    /// Their list of accounts.
    fn accounts(&self, columns: Columns<'_>, place: &str, bytes: &[u8]) -> Accounts;
}
