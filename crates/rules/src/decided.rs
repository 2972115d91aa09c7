//! Answers with the way to them.

use std::sync::Arc;

use model::Value;

use crate::error::{EvalError, Span};

/// An answer, how each part of the expression came out, and the facts that were looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<A> {
    /// The answer, or why there is none.
    pub answer: Result<A, EvalError>,
    /// One line for each sub-expression that was evaluated, in the order of evaluation.
    pub trace: Vec<TraceLine>,
    /// The facts that were looked at, by attribute name, sorted, each once: `None` is missing.
    /// Goes into [`model::Reason::facts`].
    pub facts: Vec<(String, Option<Value>)>,
}

/// How one sub-expression came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceLine {
    /// The part of the source.
    pub span: Span,
    /// The text that `span` is a part of, where that is the condition of a group that was asked for.
    pub within: Option<Arc<str>>,
    /// Its value: `Ok(None)` is missing.
    pub value: Result<Option<Value>, EvalError>,
}

/// What a mapping gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// A value.
    Value(Value),
    /// Nothing, because an attribute that it needs was not stated.
    Missing,
}

/// What a mapping gives, beside what was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// The same value.
    Same,
    /// Another value, or one where none was seen.
    Differs,
    /// Nothing, because an attribute that it needs was not stated.
    Missing,
}
