//! Groups of people, for `in_group("name")` in expressions.
//!
//! A group by rule is a condition of its own; where an expression asks for it, it is evaluated as
//! if its condition stood there in brackets. A group by hand is a list that somebody keeps; whoever
//! puts a person's facts together says in which of them the person is ([`BY_HAND`]).

use std::sync::Arc;

use model::{Facts, Value};

use crate::error::ExprError;
use crate::parse::{self, Compiled, Wanted, compile};
use crate::schema::Schema;
use crate::tree::Tree;

/// The name of the function.
pub(crate) const IN_GROUP: &str = "in_group";

/// Where a person's facts carry the names of the groups by hand that they are in: a list of text.
/// No attribute can be called so, and no expression can name it.
pub const BY_HAND: &str = "in_group()";

/// A group of people, as expressions ask for it.
#[derive(Debug, Clone)]
pub struct PeopleGroup {
    pub(crate) name: Arc<str>,
    pub(crate) by: By,
}

#[derive(Debug, Clone)]
pub(crate) enum By {
    /// Whoever the condition holds for.
    Rule(Arc<Compiled>),
    /// Whoever somebody has listed.
    Hand,
}

/// Compiles a group by rule. The groups that its own condition asks for are in `schema`.
///
/// # Errors
/// Everything that is wrong with the condition, each with its place in the source, sorted by place.
pub fn compile_group(
    name: &str,
    source: &str,
    schema: &Schema,
) -> Result<PeopleGroup, Vec<ExprError>> {
    Ok(PeopleGroup {
        name: name.into(),
        by: By::Rule(Arc::new(compile(source, schema, Wanted::Bool)?)),
    })
}

/// The names of the groups that an expression asks for, sorted, each once, whether there are such
/// groups or not; none for a text that is no expression.
#[must_use]
pub fn groups_in(source: &str) -> Vec<String> {
    parse::groups_in(source)
}

impl PeopleGroup {
    /// A group by hand.
    #[must_use]
    pub fn by_hand(name: &str) -> Self {
        Self {
            name: name.into(),
            by: By::Hand,
        }
    }

    /// The names of the attributes that membership depends on, sorted.
    #[must_use]
    pub fn attributes(&self) -> Vec<&str> {
        self.tree().map_or_else(Vec::new, Tree::attributes)
    }

    pub(crate) fn tree(&self) -> Option<&Tree> {
        match &self.by {
            By::Rule(compiled) => Some(&compiled.tree),
            By::Hand => None,
        }
    }
}

/// Whether these facts say that the person is in a group by hand.
pub(crate) fn is_listed(facts: &Facts, group: &str) -> bool {
    match facts.attributes.get(BY_HAND) {
        Some(Value::List(groups)) => groups.iter().any(|name| name == group),
        _ => false,
    }
}

impl PartialEq for PeopleGroup {
    /// Two groups are the same when they are called the same and written the same.
    fn eq(&self, other: &Self) -> bool {
        let source = |group: &Self| group.tree().map(|tree| Arc::clone(&tree.source));
        self.name == other.name && source(self) == source(other)
    }
}

impl Eq for PeopleGroup {}
