//! Whether documents say how often a source delivers, also those of an earlier revision that this
//! version may not accept any more.

use crate::schema::Kind;
use crate::yaml::{self, Node};

/// Whether one of these texts has a `Source` of this name that says `expect_every_hours`.
#[must_use]
pub fn expects_deliveries<'t>(texts: impl IntoIterator<Item = &'t str>, source: &str) -> bool {
    let named = |node: &Node| {
        let name = node.get("metadata").and_then(|it| it.get("name"));
        let kind = node.get("kind").and_then(Node::text);
        kind == Some(Kind::Source.as_str()) && name.and_then(Node::text) == Some(source)
    };
    let expects = |node: &Node| {
        let hours = node.get("spec").and_then(|it| it.get(HOURS));
        hours.is_some()
    };
    texts
        .into_iter()
        .filter(|text| text.contains(HOURS))
        .filter_map(|text| yaml::parse(text).ok())
        .any(|nodes| nodes.iter().any(|node| named(node) && expects(node)))
}

const HOURS: &str = "expect_every_hours";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_source_of_this_name_that_says_so() {
        let text = |name: &str, hours: &str| {
            format!("kind: Source\nmetadata: {{name: {name}}}\nspec:\n  csv: {{}}\n{hours}")
        };
        let says = text("hr", "  expect_every_hours: 24\n");
        let both = format!("{}---\n{says}", text("crm", ""));
        assert!(expects_deliveries([both.as_str()], "hr"));
        assert!(!expects_deliveries([both.as_str()], "crm"));
        let comment = text("hr", "  # expect_every_hours: 24\n");
        assert!(!expects_deliveries([comment.as_str()], "hr"));
        assert!(!expects_deliveries(["expect_every_hours: ["], "hr"));
        assert!(!expects_deliveries([], "hr"));
    }
}
