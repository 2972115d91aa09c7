//! Typed expressions over what HR says of a person.
//!
//! The syntax is that of CEL (the Common Expression Language), of which we read a
//! small part; types, cost, evaluation and trace are our own. There is one variable, `person`: its fields are
//! the attributes of the directory [`Schema`]; `person.worker_key` is the worker's key,
//! `person.zone` their IANA zone and `person.manager_chain` the keys of the managers above them.
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
//! | `in_group("name")` | whether the person is in a group of people; see [`PeopleGroup`] |
//!
//! # Missing values
//! An attribute that was not stated is *missing*, a third state beside a value and an error.
//! `has()` tests it, `orValue()` replaces it. Joining or transforming something missing gives
//! something missing; comparing or testing it is an error, because neither answer would be true.
//! A mapping whose result is missing says so ([`Mapped::Missing`]) and owns no value.
//!
//! # Limits
//! [`MAX_SOURCE`] bytes, [`MAX_NODES`] nodes, [`MAX_DEPTH`] levels, those of the groups that are asked
//! for counted in at each place; no loops, macros or maps; at
//! run time no text longer than [`MAX_TEXT`]. Evaluation always ends and never panics.

mod check;
mod decided;
mod error;
mod eval;
mod expression;
mod functions;
mod group;
mod parse;
mod schema;
pub mod sign_on;
mod suggest;
mod syntax;
pub mod text;
mod tree;

pub use decided::{Compared, Decided, Mapped, TraceLine};
pub use error::{EvalError, ExprError, Problem, Span};
pub use expression::{Condition, Mapping, compile_condition, compile_mapping};
pub use group::{BY_HAND, PeopleGroup, compile_group, groups_in};
pub use model::Facts;
pub use schema::{MANAGER, MANAGER_CHAIN, Schema, Type, WORKER_KEY, ZONE};
pub use suggest::closest;

/// The longest source text of an expression, in bytes.
pub const MAX_SOURCE: usize = 4 * 1024;
/// The most nodes of an expression's tree.
pub const MAX_NODES: usize = 500;
/// The deepest an expression's tree may be.
pub const MAX_DEPTH: usize = 32;
/// The longest text or list that an expression may build, in bytes.
pub const MAX_TEXT: usize = 64 * 1024;
