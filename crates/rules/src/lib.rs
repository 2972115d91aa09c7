//! Typed expressions over what HR says of a person.
//!
//! The syntax is that of CEL (the Common Expression Language), read by the `cel` crate's parser;
//! types, cost, evaluation and trace are our own. There is one variable, `person`: its fields are
//! the attributes of the directory [`Schema`], and `person.worker_key` is the worker's key.
//! Facts are looked up while an expression runs; they never become expression text.
//!
//! Two uses: a [`Condition`] is true or false (who gets what), a [`Mapping`] gives a value (what
//! an account looks like).
//!
//! | Written | Meaning |
//! |---|---|
//! | `"text"`, `1`, `true`, `["a", "b"]` | literals: text, int, bool, list of text |
//! | `person.department` | an attribute |
//! | `has(person.department)` | whether it was stated |
//! | `person.department.orValue("none")` | it, or this where it was not stated |
//! | `== != < <= > >=` | comparisons of equal types; order for text (by code point) and int |
//! | `&& \|\| !`, `c ? a : b` | logic; `false && error` is false and `true \|\| error` is true, on either side |
//! | `x in list` | whether a list of text has it |
//! | `a + b` | texts or lists joined, ints added (overflow is an error) |
//! | `t.startsWith(u)`, `t.endsWith(u)`, `t.contains(u)` | tests on text |
//! | `lower(t)`, `upper(t)` | case, by Unicode |
//! | `transliterate(t)` | ASCII: `Müller` → `Mueller`; see [`text::transliterate`] |
//! | `slug(t)` | lower-case ASCII words joined by `-`; see [`text::slug`] |
//!
//! # Missing values
//! An attribute that was not stated is *missing*, a third state beside a value and an error.
//! `has()` tests it, `orValue()` replaces it. Joining or transforming something missing gives
//! something missing; comparing or testing it is an error, because neither answer would be true.
//! A mapping whose result is missing says so ([`Mapped::Missing`]) and owns no value.
//!
//! # Limits
//! [`MAX_SOURCE`] bytes, [`MAX_NODES`] nodes, [`MAX_DEPTH`] levels; no loops, macros or maps; at
//! run time no text longer than [`MAX_TEXT`]. Evaluation always ends and never panics.

mod decided;
mod error;
mod schema;
pub mod text;

pub use decided::{Decided, Mapped, TraceLine};
pub use error::{EvalError, ExprError, Problem, Span};
pub use model::Facts;
pub use schema::{Schema, Type};

/// The longest source text of an expression, in bytes.
pub const MAX_SOURCE: usize = 4 * 1024;
/// The most nodes of an expression's tree.
pub const MAX_NODES: usize = 500;
/// The deepest an expression's tree may be.
pub const MAX_DEPTH: usize = 32;
/// The longest text (in bytes) or list (in items) that an expression may build.
pub const MAX_TEXT: usize = 64 * 1024;

/// A compiled expression that is true or false.
#[derive(Debug, Clone)]
pub struct Condition {
    source: String,
}

/// A compiled expression that gives a value.
#[derive(Debug, Clone)]
pub struct Mapping {
    source: String,
    required: bool,
}

/// Compiles a condition.
///
/// # Errors
/// Everything that is wrong with it, each with its place in the source.
pub fn compile_condition(source: &str, schema: &Schema) -> Result<Condition, Vec<ExprError>> {
    let _ = schema;
    Ok(Condition {
        source: source.to_owned(),
    })
}

/// Compiles a mapping.
///
/// # Errors
/// Everything that is wrong with it, each with its place in the source.
pub fn compile_mapping(source: &str, schema: &Schema) -> Result<Mapping, Vec<ExprError>> {
    let _ = schema;
    Ok(Mapping {
        source: source.to_owned(),
        required: false,
    })
}

impl Condition {
    /// The text it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it holds for the worker with this key and these facts, with the way to the
    /// answer. An error (a comparison with something missing) is no answer: neither grant nor
    /// take away because of it.
    #[must_use]
    pub fn holds(&self, facts: &Facts, key: &str) -> Decided<bool> {
        let _ = (facts, key);
        Decided {
            answer: Err(EvalError::not_ready()),
            trace: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// As [`Condition::holds`], without the trace: for many people at once.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn test(&self, facts: &Facts, key: &str) -> Result<bool, EvalError> {
        self.holds(facts, key).answer
    }

    /// The names of the attributes it can look at, sorted; `worker_key` among them.
    #[must_use]
    pub fn attributes(&self) -> Vec<&str> {
        Vec::new()
    }
}

impl Mapping {
    /// The text it was compiled from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Makes a missing result an error.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The value for the worker with this key and these facts, with the way to it.
    #[must_use]
    pub fn value(&self, facts: &Facts, key: &str) -> Decided<Mapped> {
        let _ = (facts, key);
        Decided {
            answer: Err(EvalError::not_ready()),
            trace: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// As [`Mapping::value`], without the trace.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn apply(&self, facts: &Facts, key: &str) -> Result<Mapped, EvalError> {
        self.value(facts, key).answer
    }

    /// The names of the attributes it can look at, sorted; `worker_key` among them.
    #[must_use]
    pub fn attributes(&self) -> Vec<&str> {
        Vec::new()
    }
}
