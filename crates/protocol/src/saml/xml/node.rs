//! XML that is written. Whatever is put into it is escaped; there is no way to put markup into it as text.

use std::collections::BTreeSet;

use super::Space;

/// An element to be written. Names are ours, values are anybody's.
#[derive(Clone)]
pub(in crate::saml) struct Node {
    space: Space,
    local: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Child>,
}

#[derive(Clone)]
enum Child {
    Node(Node),
    Text(String),
}

/// A value holds a character that XML cannot have, escaped or not (XML 1.0 §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a value holds a control character, which XML cannot hold: take it out where the value comes from"
)]
pub(in crate::saml) struct Unwritable;

impl Node {
    /// An element with nothing in it.
    pub(in crate::saml) const fn new(space: Space, local: &'static str) -> Self {
        Self {
            space,
            local,
            attributes: Vec::new(),
            children: Vec::new(),
        }
    }

    /// With an attribute.
    pub(in crate::saml) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// With an attribute, if it has a value.
    pub(in crate::saml) fn with_some(
        self,
        name: &'static str,
        value: Option<impl Into<String>>,
    ) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With a text.
    pub(in crate::saml) fn text(mut self, text: impl Into<String>) -> Self {
        self.children.push(Child::Text(text.into()));
        self
    }

    /// With more elements in it.
    pub(in crate::saml) fn holding(mut self, nodes: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(nodes.into_iter().map(Child::Node));
        self
    }

    /// With an element at that place among what is in it.
    pub(in crate::saml) fn holding_at(mut self, place: usize, node: Self) -> Self {
        let place = place.min(self.children.len());
        self.children.insert(place, Child::Node(node));
        self
    }

    /// The value of an attribute.
    pub(in crate::saml) fn attribute(&self, name: &str) -> Option<&str> {
        let mut all = self.attributes.iter();
        let found = all.find(|(other, _)| *other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// How many elements and texts are in it.
    #[cfg(test)]
    fn len(&self) -> usize {
        self.children.len()
    }

    /// The text, by itself: with every namespace that it uses.
    ///
    /// # Errors
    /// [`Unwritable`].
    pub(in crate::saml) fn write(&self) -> Result<String, Unwritable> {
        let mut spaces = BTreeSet::new();
        self.spaces(&mut spaces);
        let mut out = String::new();
        self.put(&mut out, &spaces)?;
        Ok(out)
    }

    fn spaces(&self, into: &mut BTreeSet<Space>) {
        into.insert(self.space);
        for child in &self.children {
            if let Child::Node(node) = child {
                node.spaces(into);
            }
        }
    }

    fn put(&self, out: &mut String, spaces: &BTreeSet<Space>) -> Result<(), Unwritable> {
        let prefix = self.space.prefix();
        out.push('<');
        for part in [prefix, ":", self.local] {
            out.push_str(part);
        }
        for space in spaces {
            for part in [" xmlns:", space.prefix(), "=\"", space.uri(), "\""] {
                out.push_str(part);
            }
        }
        for (name, value) in &self.attributes {
            for part in [" ", name, "=\""] {
                out.push_str(part);
            }
            escape(out, value)?;
            out.push('"');
        }
        if self.children.is_empty() {
            out.push_str("/>");
            return Ok(());
        }
        out.push('>');
        for child in &self.children {
            match child {
                Child::Text(text) => escape(out, text)?,
                Child::Node(node) => node.put(out, &BTreeSet::new())?,
            }
        }
        for part in ["</", prefix, ":", self.local, ">"] {
            out.push_str(part);
        }
        Ok(())
    }
}

/// A value as text or within `"`. White space that a reader would fold or normalise is written by number.
fn escape(out: &mut String, value: &str) -> Result<(), Unwritable> {
    for one in value.chars() {
        match one {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => return Err(Unwritable),
            other => out.push(other),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use proptest::prelude::*;

    use super::super::{Limits, Tree};
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let value = "<\"'&>]]> \t\r\n<!-- x --> ü\u{1f600} &amp;";
        let node = Node::new(Space::Protocol, "Response")
            .with("ID", value)
            .with_some("No", None::<String>)
            .holding([Node::new(Space::Assertion, "Issuer").text(value)])
            .holding_at(1, Node::new(Space::Signature, "Signature"));
        assert_eq!((node.len(), node.attribute("ID")), (2, Some(value)));
        let text = node.write().unwrap();
        let tree = Tree::read(&text, &Limits::MESSAGE).unwrap();
        assert!(tree.root().is(Space::Protocol, "Response"));
        assert_eq!(tree.root().attribute("ID"), Some(value));
        let issuer = tree
            .root()
            .one(Space::Assertion, "Issuer")
            .unwrap()
            .unwrap();
        assert_eq!(issuer.text().unwrap(), value);
        assert!(
            tree.root()
                .children()
                .nth(1)
                .unwrap()
                .is(Space::Signature, "Signature")
        );
    }

    #[test]
    fn what_xml_cannot_hold_is_refused() {
        for bad in ["\0", "a\u{b}", "\u{1b}[0m", "\u{fffe}"] {
            let node = Node::new(Space::Assertion, "NameID");
            assert_eq!(node.clone().text(bad).write(), Err(Unwritable));
            assert_eq!(node.with("Format", bad).write(), Err(Unwritable));
        }
    }

    proptest! {
        /// Whatever a value is, it is read again as it was, or not written.
        #[test]
        fn every_value_is_read_again(text in any::<String>(), value in any::<String>()) {
            let node = Node::new(Space::Assertion, "NameID");
            let node = node.with("Format", value.as_str()).text(text.as_str());
            match node.write() {
                Ok(written) => {
                    let tree = Tree::read(&written, &Limits::MESSAGE).unwrap();
                    prop_assert_eq!(tree.root().text().unwrap(), text);
                    prop_assert_eq!(tree.root().attribute("Format"), Some(value.as_str()));
                    prop_assert_eq!(tree.root().children().count(), 0);
                }
                Err(Unwritable) => {
                    let odd = |one: char| matches!(one, '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
                    prop_assert!((text + &value).contains(odd));
                }
            }
        }
    }
}
