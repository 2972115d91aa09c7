//! What a module says in the end.

use std::fmt::Display;

/// How a module ended that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was as it has to be.
    Passed,
    /// Everything that is demanded is so; what is only recommended is not.
    Warned(String),
    /// The suite leaves it out too, where a server says that it lacks what is tested, or may lack it.
    Skipped(String),
    /// Not run, because it was not asked for.
    LeftOut(&'static str),
}

/// Why a module failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Where that is demanded.
    pub clause: &'static str,
    /// What is demanded.
    pub expected: String,
    /// What was so instead.
    pub came: String,
}

/// Something that was looked at, or why it is wrong.
pub type Verdict<T = Outcome> = Result<T, Failed>;

impl Failed {
    /// Nothing came that could be judged.
    pub fn silent(came: impl Display) -> Self {
        Self {
            clause: "HTTP",
            expected: "an answer".to_owned(),
            came: came.to_string(),
        }
    }
}

/// Holds something to a clause.
///
/// # Errors
/// Where it is not so.
pub fn expect(
    holds: bool,
    clause: &'static str,
    expected: &str,
    came: impl Display,
) -> Verdict<()> {
    if holds {
        return Ok(());
    }
    Err(Failed {
        clause,
        expected: expected.to_owned(),
        came: came.to_string(),
    })
}

/// What has to be there.
///
/// # Errors
/// Where it is not.
pub fn there<T>(found: Option<T>, clause: &'static str, expected: &str) -> Verdict<T> {
    found.ok_or_else(|| Failed {
        clause,
        expected: expected.to_owned(),
        came: "nothing of the kind".to_owned(),
    })
}
