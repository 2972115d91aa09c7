//! A document that was read, and its elements.

use std::collections::HashSet;

use uppsala::{Document, NodeId, NodeKind, Parser};

use super::bounds::plain_attributes;
use super::{Limits, Space, XmlError};

/// Attributes that say an ID: of SAML (`ID`), of signatures and encryption (`Id`), and of others.
const IDS: [&str; 4] = ["ID", "Id", "id", "AssertionID"];
/// The namespace of `xml:id`.
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// A document within its bounds, read once.
pub struct Tree<'a> {
    document: Document<'a>,
    root: NodeId,
}

/// An element of a [`Tree`].
#[derive(Clone, Copy)]
pub struct Element<'t> {
    document: &'t Document<'t>,
    id: NodeId,
}

impl<'a> Tree<'a> {
    /// Reads a document.
    ///
    /// # Errors
    /// [`XmlError`]: when it exceeds a limit, has a document type, a processing instruction or a CDATA
    /// section, is not well-formed with its namespaces, or says an ID twice.
    pub fn read(text: &'a str, limits: &Limits) -> Result<Self, XmlError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let breaks = limits.hold(text)?;
        let parser = Parser::new()
            .with_max_depth(limits.depth + 1)
            .with_forbid_dtd(true);
        let document = if breaks.is_empty() {
            parser.parse(text)
        } else {
            let plain = plain_attributes(text, &breaks);
            parser.parse(&plain).map(Document::into_static)
        };
        let document = document.map_err(|_| XmlError::Malformed)?;
        let root = document.document_element().ok_or(XmlError::Malformed)?;
        let tree = Self { document, root };
        tree.hold(limits)?;
        Ok(tree)
    }

    /// Reads a document from its bytes.
    ///
    /// # Errors
    /// As [`Tree::read`], and when they are not UTF-8.
    pub fn read_bytes(bytes: &'a [u8], limits: &Limits) -> Result<Self, XmlError> {
        if bytes.len() > limits.bytes {
            return Err(XmlError::TooLong(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| XmlError::Encoding)?;
        Self::read(text, limits)
    }

    /// The outermost element.
    #[must_use]
    pub fn root(&self) -> Element<'_> {
        Element {
            document: &self.document,
            id: self.root,
        }
    }

    /// What is to be seen only once it is parsed.
    fn hold(&self, limits: &Limits) -> Result<(), XmlError> {
        let (mut namespaces, mut ids) = (0, HashSet::new());
        let mut open = vec![self.root()];
        while let Some(element) = open.pop() {
            let Some(content) = self.document.element(element.id) else {
                return Err(XmlError::Malformed);
            };
            namespaces += content.namespace_declarations.len();
            for attribute in &content.attributes {
                let is_id = match attribute.name.namespace_uri.as_deref() {
                    None => IDS.contains(&&*attribute.name.local_name),
                    Some(space) => space == XML && &*attribute.name.local_name == "id",
                };
                if is_id && !ids.insert(&*attribute.value) {
                    return Err(XmlError::DuplicateId);
                }
            }
            open.extend(element.children());
        }
        if namespaces > limits.namespaces {
            return Err(XmlError::TooMany("namespaces"));
        }
        Ok(())
    }
}

impl<'t> Element<'t> {
    /// Whether it is that element.
    #[must_use]
    pub fn is(self, space: Space, local: &str) -> bool {
        let content = self.document.element(self.id);
        content.is_some_and(|content| content.matches_name_ns(space.uri(), local))
    }

    /// Its name without the prefix.
    #[must_use]
    pub fn local(self) -> &'t str {
        let content = self.document.element(self.id);
        content.map_or("", |content| &*content.name.local_name)
    }

    /// The value of an attribute that is in no namespace, as all of SAML are.
    #[must_use]
    pub fn attribute(self, name: &str) -> Option<&'t str> {
        let content = self.document.element(self.id)?;
        let mut all = content.attributes.iter();
        let found = all.find(|one| one.name.matches(None, name))?;
        Some(&found.value)
    }

    /// The elements in it, in their order.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let document = self.document;
        let children = document.children(self.id).into_iter();
        let elements = children.filter(move |id| document.element(*id).is_some());
        elements.map(move |id| Element { document, id })
    }

    /// The elements of that name in it.
    pub fn all(self, space: Space, local: &'static str) -> impl Iterator<Item = Self> {
        self.children().filter(move |child| child.is(space, local))
    }

    /// The element of that name in it, if there is one.
    ///
    /// # Errors
    /// [`XmlError::Twice`]: when there are several.
    pub fn one(self, space: Space, local: &'static str) -> Result<Option<Self>, XmlError> {
        let mut found = self.all(space, local);
        let first = found.next();
        match found.next() {
            Some(_) => Err(XmlError::Twice(local)),
            None => Ok(first),
        }
    }

    /// All of its text.
    ///
    /// # Errors
    /// When a comment stands in it, before or behind which a reader might stop
    /// ([`XmlError::Comment`]), or an element ([`XmlError::NotText`]).
    pub fn text(self) -> Result<String, XmlError> {
        let mut text = String::new();
        for child in self.document.children(self.id) {
            match self.document.node_kind(child) {
                Some(NodeKind::Text(part) | NodeKind::CData(part)) => text.push_str(part),
                Some(NodeKind::Comment(_)) => return Err(XmlError::Comment(self.name())),
                _ => return Err(XmlError::NotText(self.name())),
            }
        }
        Ok(text)
    }

    /// Its text without the white space around it: of what is a URI, which has none (XML Schema 2 §3.2.17).
    ///
    /// # Errors
    /// As [`Element::text`].
    pub fn uri(self) -> Result<String, XmlError> {
        let text = self.text()?;
        let plain = text.trim_matches([' ', '\t', '\r', '\n']);
        Ok(plain.to_owned())
    }

    /// For a message: no more of a name than people read.
    fn name(self) -> String {
        self.local().chars().take(40).collect()
    }

    pub(super) const fn document(self) -> &'t Document<'t> {
        self.document
    }

    pub(super) const fn id(self) -> NodeId {
        self.id
    }
}

impl PartialEq for Element<'_> {
    /// Whether it is the same one, at the same place of the same document.
    fn eq(&self, other: &Self) -> bool {
        std::ptr::addr_eq(self.document, other.document) && self.id == other.id
    }
}

impl Eq for Element<'_> {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn refused(text: &str) -> XmlError {
        Tree::read(text, &Limits::MESSAGE).err().expect("refused")
    }

    #[test]
    fn names_are_those_of_their_namespaces() {
        let text = "<a xmlns='urn:oasis:names:tc:SAML:2.0:assertion' xmlns:p='urn:x' p:ID='no' ID='yes'>\
                    <p:b/><b xmlns=''/><b/></a>";
        let tree = Tree::read(text, &Limits::MESSAGE).unwrap();
        let root = tree.root();
        assert!(root.is(Space::Assertion, "a") && !root.is(Space::Protocol, "a"));
        assert_eq!(root.attribute("ID"), Some("yes"));
        assert_eq!(root.all(Space::Assertion, "b").count(), 1);
        assert_eq!(root.children().count(), 3);
        assert_eq!(refused("<p:a/>"), XmlError::Malformed);
        let twice = "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>";
        assert_eq!(refused(twice), XmlError::Malformed);
    }

    #[test]
    fn attack_s05_text_is_the_whole_text_or_refused() {
        let name = "<a>admin@acme.example<!-- -->.evil.example</a>";
        let tree = Tree::read(name, &Limits::MESSAGE).unwrap();
        assert_eq!(tree.root().text(), Err(XmlError::Comment("a".into())));
        let tree = Tree::read("<a>b<c/>d</a>", &Limits::MESSAGE).unwrap();
        assert_eq!(tree.root().text(), Err(XmlError::NotText("a".into())));
        let tree = Tree::read("<a> b&amp;&#x43;\r\nd </a>", &Limits::MESSAGE).unwrap();
        assert_eq!(tree.root().text().unwrap(), " b&C\nd ");
        assert_eq!(tree.root().uri().unwrap(), "b&C\nd");
        assert_eq!(refused("<a>&b;</a>"), XmlError::Malformed);
    }

    #[test]
    fn attack_s04_an_id_is_there_once() {
        for text in [
            "<a ID='x'><b ID='x'/></a>",
            "<a ID='x'><b Id='x'/></a>",
            "<a ID='x'><b xml:id='x'/></a>",
            "<a id='x'><b><c AssertionID='x'/></b></a>",
        ] {
            assert_eq!(refused(text), XmlError::DuplicateId, "{text}");
        }
        assert!(Tree::read("<a ID='x'><b ID='y' c='x'/></a>", &Limits::MESSAGE).is_ok());
    }

    #[test]
    fn attack_s02_attributes_are_read_as_every_reader_of_xml_reads_them() {
        let text = "<a b='1\r\n\t2' c='&#13;&#10;'/>";
        let tree = Tree::read(text, &Limits::MESSAGE).unwrap();
        assert_eq!(tree.root().attribute("b"), Some("1  2"));
        assert_eq!(tree.root().attribute("c"), Some("\r\n"));
    }

    #[test]
    fn there_is_one_document_in_a_text() {
        for text in [
            "",
            " ",
            "<a/><b/>",
            "<a/>b",
            "<a></b>",
            "<a b='1' b='2'/>",
            "a",
        ] {
            assert_eq!(refused(text), XmlError::Malformed, "{text:?}");
        }
        let many: String = (0..200).map(|n| format!("<b xmlns:p{n}='u'/>")).collect();
        assert_eq!(
            refused(&format!("<a>{many}</a>")),
            XmlError::TooMany("namespaces")
        );
        let other = Tree::read_bytes(b"<a>\xff</a>", &Limits::MESSAGE).err();
        assert_eq!(other, Some(XmlError::Encoding));
    }
}
