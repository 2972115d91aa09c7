//! What can be wrong with an expression, when it is compiled and when it runs.

use std::fmt;

/// A part of a source text, in bytes: from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// The smallest span that has both.
    #[must_use]
    pub(crate) fn cover(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// One thing that is wrong with an expression's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}{}", hint(.fix))]
pub struct ExprError {
    /// Where.
    pub span: Span,
    /// What is wrong: ``no attribute `dept` ``.
    pub problem: String,
    /// What to do: ``did you mean `department`?``. May be empty.
    pub fix: String,
}

fn hint(fix: &str) -> String {
    if fix.is_empty() {
        String::new()
    } else {
        format!("; {fix}")
    }
}

/// Why an expression has no answer for one person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct EvalError {
    /// The part of the source that failed.
    pub span: Span,
    /// What happened.
    pub problem: Problem,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Something was needed (a comparison, a condition) and an attribute in it was not stated; the
    /// part of the expression.
    Missing(String),
    /// The facts hold a value of another type than the schema says.
    WrongType(String),
    /// An integer left its 64 bits.
    Overflow,
    /// A text has a character without an ASCII spelling.
    NoAscii,
    /// A text or list grew beyond [`crate::MAX_TEXT`].
    TooLong,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(name) => write!(
                f,
                "`{name}` is missing for this person; test it with has({name}) or give a value with \
                 {name}.orValue(…)"
            ),
            Self::WrongType(name) => {
                write!(
                    f,
                    "the value of `{name}` is not of the type that its source declares"
                )
            }
            Self::Overflow => f.write_str("the sum does not fit in 64 bits"),
            Self::NoAscii => f.write_str(
                "a character has no ASCII spelling here; let HR deliver a Latin spelling and use that",
            ),
            Self::TooLong => f.write_str("the result is longer than 65,536 bytes"),
        }
    }
}
