//! From text to a checked tree, within bounds.

use std::collections::BTreeSet;

use crate::MAX_SOURCE;
use crate::check::Checker;
use crate::error::{ExprError, Span};
use crate::group::IN_GROUP;
use crate::schema::{Schema, Type};
use crate::syntax::{Part, PartKind, read};
use crate::tree::Tree;

/// A compiled expression and its size, with the groups that it asks for.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub tree: Tree,
    /// Parts.
    pub nodes: usize,
    /// Levels.
    pub depth: usize,
}

/// What an expression must give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Bool,
    Any,
}

/// Compiles a source text.
pub(crate) fn compile(
    source: &str,
    schema: &Schema,
    wanted: Wanted,
) -> Result<Compiled, Vec<ExprError>> {
    let whole = Span {
        start: 0,
        end: source.len(),
    };
    if source.len() > MAX_SOURCE {
        return Err(vec![ExprError {
            span: whole,
            problem: format!(
                "the expression has {} bytes; {MAX_SOURCE} are allowed",
                source.len()
            ),
            fix: "split it into several rules".to_owned(),
        }]);
    }
    let part = read(source).map_err(|error| vec![error])?;
    check(&part, source, schema, wanted)
}

/// The names of the groups that an expression asks for; see [`crate::groups_in`].
pub(crate) fn groups_in(source: &str) -> Vec<String> {
    if source.len() > MAX_SOURCE {
        return Vec::new();
    }
    let mut found = BTreeSet::new();
    // Compiling it will say what is wrong with one that cannot be read.
    let whole = read(source).ok();
    let mut left: Vec<&Part> = whole.iter().collect();
    while let Some(part) = left.pop() {
        if let PartKind::Call(call) = &part.kind
            && call.name == IN_GROUP
        {
            let names = call
                .operands
                .iter()
                .filter_map(|operand| match &operand.kind {
                    PartKind::Text(name) => Some(name.clone()),
                    _ => None,
                });
            found.extend(names);
        }
        left.extend(part.inside());
    }
    found.into_iter().collect()
}

fn check(
    part: &Part,
    source: &str,
    schema: &Schema,
    wanted: Wanted,
) -> Result<Compiled, Vec<ExprError>> {
    let mut checker = Checker::new(source, schema);
    let root = checker.root(part);
    if let Some(root) = &root
        && wanted == Wanted::Bool
        && root.of != Type::Bool
    {
        checker.complain(
            root.span,
            format!("a condition is true or false, but this is {}", root.of),
            "compare it with something, for example `== \"…\"`",
        );
    }
    match (root, checker.errors) {
        (Some(root), errors) if errors.is_empty() => Ok(Compiled {
            tree: Tree {
                source: source.into(),
                slots: checker.slots,
                root,
            },
            nodes: checker.nodes,
            depth: checker.deepest,
        }),
        (_, mut errors) => {
            errors.sort_by_key(|e| (e.span, e.problem.clone()));
            Err(errors)
        }
    }
}
