//! What can go wrong, for callers and for people.

use std::time::Duration;

use model::Diagnostic;
use ports::TargetError;
use ports::store::{AppendError, StoreError};

/// The closed set of ways to fail. Callers decide by this, never by text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request is wrong; it will be wrong again.
    Invalid,
    /// The caller may not do this.
    Denied,
    /// There is no such thing.
    Missing,
    /// Someone else was first, or the thing is in another state: look again.
    Conflict,
    /// Not now.
    Busy(Duration),
    /// It may or may not have happened: look before trying again.
    Unknown,
    /// A defect, or a damaged store.
    Broken,
}

/// A failure: what happened, why, and what to do, with a stable code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct AppError {
    kind: ErrorKind,
    code: &'static str,
    problem: String,
    fix: String,
    diagnostics: Vec<Diagnostic>,
}

impl AppError {
    pub(crate) fn new(
        kind: ErrorKind,
        code: &'static str,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            code,
            problem: problem.into(),
            fix: fix.into(),
            diagnostics: Vec::new(),
        }
    }

    pub(crate) fn with(mut self, diagnostics: Vec<Diagnostic>) -> Self {
        self.diagnostics = diagnostics;
        self
    }

    pub(crate) fn missing(what: &str, name: &str) -> Self {
        let problem = format!("there is no {what} `{name:.100}`");
        Self::new(
            ErrorKind::Missing,
            "TNR-APP-0001",
            problem,
            "check the name; list them first",
        )
    }

    /// How it failed.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The stable code; `tenure explain CODE` has its page.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// What to do.
    #[must_use]
    pub fn fix(&self) -> &str {
        &self.fix
    }

    /// Each thing that is wrong with an input, where that is what failed.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::new(
                ErrorKind::Busy(Duration::from_secs(1)),
                "TNR-STORE-0001",
                error.to_string(),
                "check that the database runs; the request was not carried out",
            ),
            StoreError::Damaged(_) => Self::new(
                ErrorKind::Broken,
                "TNR-STORE-0002",
                error.to_string(),
                "run `tenure ledger verify`; restore from a backup if it fails",
            ),
        }
    }
}

impl From<AppendError> for AppError {
    fn from(error: AppendError) -> Self {
        let text = error.to_string();
        let (kind, code, fix) = match error {
            AppendError::Conflict { .. } | AppendError::FenceLost(_) => (
                ErrorKind::Conflict,
                "TNR-STORE-0003",
                "look again and repeat the request",
            ),
            AppendError::AlreadyUsed(_) => (ErrorKind::Conflict, "TNR-STORE-0004", "get a new one"),
            AppendError::WritingStopped(_) => (
                ErrorKind::Denied,
                "TNR-STORE-0005",
                "`tenure resume-writing` lifts the kill switch",
            ),
            AppendError::Invalid(_) => (
                ErrorKind::Broken,
                "TNR-STORE-0006",
                "this is a defect; please report it",
            ),
            AppendError::Busy(_) => (
                ErrorKind::Busy(Duration::from_secs(1)),
                "TNR-STORE-0001",
                "try again",
            ),
            AppendError::Broken(_) => (
                ErrorKind::Unknown,
                "TNR-STORE-0007",
                "look whether it happened before repeating it",
            ),
        };
        Self::new(kind, code, text, fix)
    }
}

impl From<TargetError> for AppError {
    fn from(error: TargetError) -> Self {
        let text = error.to_string();
        match error {
            TargetError::Busy { wait, .. } => Self::new(
                ErrorKind::Busy(wait),
                "TNR-APP-0010",
                text,
                "try again later",
            ),
            TargetError::Unreachable(_) => Self::new(
                ErrorKind::Busy(Duration::from_secs(30)),
                "TNR-APP-0011",
                text,
                "check the app's URL and that it is up",
            ),
            TargetError::Denied(_) => Self::new(
                ErrorKind::Conflict,
                "TNR-APP-0012",
                text,
                "set the app's secret again with `tenure secret set`",
            ),
            TargetError::Malformed(_) | TargetError::Refused(_) => Self::new(
                ErrorKind::Conflict,
                "TNR-APP-0013",
                text,
                "check the app's profile against what it really answers",
            ),
        }
    }
}

impl From<model::canonical::NotCanonical> for AppError {
    fn from(error: model::canonical::NotCanonical) -> Self {
        Self::new(
            ErrorKind::Broken,
            "TNR-APP-0099",
            error.to_string(),
            "please report this defect",
        )
    }
}
