//! How a command fails: a stable code, what happened, what to do, and an exit code.

use std::process::ExitCode;

use api::Problem;
use app::{AppError, ErrorKind};
use model::Diagnostic;

/// The exit codes of the command line; the same for every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, or nothing to do.
    Fine = 0,
    /// Not done.
    Error = 1,
    /// Done; there is something to look at (changes, findings, bad rows).
    Present = 2,
    /// Carried out in part.
    Partly = 3,
    /// Refused by the guard or by the rule that two people decide.
    Guarded = 4,
    /// A target cannot be reached or read.
    Unreachable = 5,
    /// The command line is wrong.
    Usage = 64,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why a command was not done.
#[derive(Debug)]
pub struct Failure {
    /// A stable code.
    pub code: String,
    /// What happened.
    pub problem: String,
    /// What to do.
    pub fix: String,
    /// How the process ends.
    pub exit: Exit,
    /// What is wrong, place by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The request's id in the server's log; empty where there is none.
    pub request: String,
    /// Whether it may pass by itself: the server is away or busy.
    pub passing: bool,
}

impl Failure {
    /// An error with its code and fix.
    pub fn new(code: &str, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            problem: problem.into(),
            fix: fix.into(),
            exit: Exit::Error,
            diagnostics: Vec::new(),
            request: String::new(),
            passing: false,
        }
    }

    /// A wrong command line.
    pub fn usage(problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            ..Self::new("TNR-CLI-0001", problem, fix)
        }
    }

    /// A file that cannot be read or written.
    pub fn file(what: &str, path: &std::path::Path, error: &std::io::Error) -> Self {
        let problem = format!("{what} {} cannot be used: {error}", path.display());
        Self::new(
            "TNR-CLI-0002",
            problem,
            "check that it exists and who may use it",
        )
    }

    /// Writes it to stderr, the way people read it.
    pub fn tell(&self) {
        for diagnostic in &self.diagnostics {
            eprintln!("{}", crate::output::printable(&diagnostic.to_string()));
        }
        eprintln!(
            "error[{}]: {}",
            self.code,
            crate::output::printable(&self.problem)
        );
        if !self.fix.is_empty() {
            eprintln!("  fix: {}", crate::output::printable(&self.fix));
        }
        if !self.request.is_empty() {
            eprintln!("  request: {}", self.request);
        }
    }
}

/// Which codes mean more than "not done".
fn exit_of(code: &str) -> Exit {
    match code {
        "TNR-WAVE-0001" | "TNR-WAVE-0002" | "TNR-WAVE-0003" | "TNR-TERM-0003" => Exit::Guarded,
        "TNR-APP-0010" | "TNR-APP-0011" | "TNR-APP-0012" | "TNR-APP-0013" => Exit::Unreachable,
        _ => Exit::Error,
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self {
            passing: problem.status == 429 || problem.status >= 500,
            exit: exit_of(&problem.code),
            code: problem.code,
            problem: problem.detail,
            fix: problem.fix,
            diagnostics: problem.diagnostics.into_iter().map(Into::into).collect(),
            request: problem.request,
        }
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let mut failure = Self::new(error.code(), error.to_string(), error.fix());
        failure.exit = exit_of(error.code());
        failure.diagnostics = error.diagnostics().to_vec();
        if matches!(error.kind(), ErrorKind::Broken) && failure.fix.is_empty() {
            failure.fix = "report it".to_owned();
        }
        failure
    }
}

impl From<server::ServerError> for Failure {
    fn from(error: server::ServerError) -> Self {
        Self::new(
            error.code(),
            error.to_string(),
            "mend the server's configuration",
        )
    }
}

impl From<store::OpenError> for Failure {
    fn from(error: store::OpenError) -> Self {
        Self::new(
            "TNR-STORE-0010",
            error.to_string(),
            "check `store.postgres`, or the file tenure.db in the data directory",
        )
    }
}

impl From<ports::store::StoreError> for Failure {
    fn from(error: ports::store::StoreError) -> Self {
        AppError::from(error).into()
    }
}
