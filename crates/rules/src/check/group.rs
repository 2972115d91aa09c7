//! `in_group("name")`: a group of people, with what it costs and what it looks at.

use super::Checker;
use crate::error::Span;
use crate::group::By;
use crate::schema::Type;
use crate::suggest::closest;
use crate::tree::{Kind, Literal, Node};

impl Checker<'_> {
    pub(super) fn in_group(&mut self, name: &Node, span: Span, depth: usize) -> Option<Node> {
        let Kind::Literal(Literal::Text(group)) = &name.kind else {
            let problem = "`in_group` needs the name of a group";
            return self.wrong(
                name.span,
                problem,
                "write it in quotes: `in_group(\"name\")`",
            );
        };
        let schema = self.schema;
        let Some(found) = schema.groups.get(group) else {
            let fix = match closest(group, schema.groups.keys().map(String::as_str)) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "groups of people are `Group` documents".to_owned(),
            };
            return self.wrong(name.span, format!("no group `{group:.63}`"), fix);
        };
        // What is wrong with a group is said where it stands.
        let found = found.clone()?;
        if let By::Rule(compiled) = &found.by {
            self.grow(compiled.nodes, depth + compiled.depth)?;
            for slot in &compiled.tree.slots {
                if !self.slots.iter().any(|known| known.name == slot.name) {
                    self.slots.push(slot.clone());
                }
            }
        }
        Some(Node {
            span,
            of: Type::Bool,
            kind: Kind::InGroup(found),
        })
    }
}
