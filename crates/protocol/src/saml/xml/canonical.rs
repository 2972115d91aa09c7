//! Exclusive canonical XML without comments (W3C, 2002): the bytes that are signed.

use bergshamra_c14n::{C14nMode, canonicalize_doc};
use bergshamra_xml::NodeSet;

use super::{Element, XmlError};

/// The most prefixes in a list of those that count although no name uses them.
const MOST_PREFIXES: usize = 32;

/// Prefixes whose namespaces are written although no name uses them (`InclusiveNamespaces`, §4).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::saml) struct Prefixes(Vec<String>);

impl Prefixes {
    /// Reads a list of them.
    ///
    /// # Errors
    /// When it is longer than any.
    pub(in crate::saml) fn read(list: &str) -> Result<Self, XmlError> {
        let prefixes: Vec<String> = list
            .split_ascii_whitespace()
            .take(MOST_PREFIXES + 1)
            .map(str::to_owned)
            .collect();
        if prefixes.len() > MOST_PREFIXES {
            return Err(XmlError::TooMany("prefixes"));
        }
        Ok(Self(prefixes))
    }
}

/// The canonical form of an element and everything in it, without its signature where that is named.
///
/// # Errors
/// [`XmlError::NotCanonical`]: it fails, or nothing is left. An empty form would have a digest as well.
pub(in crate::saml) fn canonical(
    element: Element<'_>,
    without: Option<Element<'_>>,
    prefixes: &Prefixes,
) -> Result<Vec<u8>, XmlError> {
    let document = element.document();
    let mut nodes = NodeSet::tree_without_comments(element.id(), document);
    if let Some(signature) = without {
        nodes = nodes.subtract(&NodeSet::tree_with_comments(signature.id(), document));
    }
    let bytes = canonicalize_doc(document, C14nMode::Exclusive, Some(&nodes), &prefixes.0)
        .map_err(|_| XmlError::NotCanonical)?;
    if bytes.is_empty() {
        return Err(XmlError::NotCanonical);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use proptest::prelude::*;

    use super::super::{Limits, Tree};
    use super::*;

    /// Of the first element in the outermost one.
    fn inner(text: &str, prefixes: &str) -> String {
        let tree = Tree::read(text, &Limits::MESSAGE).unwrap();
        let element = tree.root().children().next().unwrap();
        let without = element.children().find(|child| child.local() == "sig");
        let prefixes = Prefixes::read(prefixes).unwrap();
        String::from_utf8(canonical(element, without, &prefixes).unwrap()).unwrap()
    }

    /// Worked out by hand from the recommendation: order of attributes, namespaces where they are used,
    /// empty elements, escapes, comments.
    #[test]
    fn the_form_is_that_of_the_recommendation() {
        let text = "<r xmlns='d' xmlns:p='u' xmlns:q='v'><p:e b='2' a=\"1&#9;&lt;'\" q:c='3' ><!-- x -->\
                    <f/>t&gt;&amp;&#13;<sig><f/></sig> </p:e></r>";
        let want = "<p:e xmlns:p=\"u\" xmlns:q=\"v\" a=\"1&#x9;&lt;'\" b=\"2\" q:c=\"3\">\
                    <f xmlns=\"d\"></f>t&gt;&amp;&#xD; </p:e>";
        assert_eq!(inner(text, ""), want);
        assert_eq!(
            inner("<r xmlns='d'><e><f xmlns=''/></e></r>", ""),
            "<e xmlns=\"d\"><f xmlns=\"\"></f></e>"
        );
    }

    #[test]
    fn prefixes_that_are_listed_count() {
        let text = "<r xmlns='d' xmlns:x='s'><p:e xmlns:p='u' t='x:string'/></r>";
        assert_eq!(inner(text, ""), "<p:e xmlns:p=\"u\" t=\"x:string\"></p:e>");
        let listed = inner(text, "x #default");
        assert_eq!(
            listed,
            "<p:e xmlns=\"d\" xmlns:p=\"u\" xmlns:x=\"s\" t=\"x:string\"></p:e>"
        );
        assert!(Prefixes::read(&"a ".repeat(33)).is_err());
    }

    /// An element, with namespaces, attributes and text that may stand anywhere.
    fn element() -> impl Strategy<Value = String> {
        let text = "[ a<&>\"'\t\n\rü\u{1f600}]{0,6}".prop_map(|text| {
            text.chars()
                .map(|one| format!("&#{};", u32::from(one)))
                .collect::<String>()
        });
        let leaf = prop_oneof![
            text.clone(),
            Just("<!-- x -->".to_owned()),
            Just("\r\n\r \t]]&gt;\"\u{85}\u{2028}&quot;&apos;>".to_owned()),
            Just("<q:e xmlns:q='v'/>".to_owned()),
        ];
        leaf.prop_recursive(5, 40, 4, move |inner| {
            let spaces = proptest::sample::subsequence(
                vec![
                    "xmlns='d'",
                    "xmlns='e'",
                    "xmlns:p='u'",
                    "xmlns:q='w'",
                    "xmlns:r='u'",
                ],
                0..3,
            );
            let attributes = proptest::sample::subsequence(
                vec![
                    "b='1'",
                    "a='\r\n\t \n&#10;&#13;&#34;\"2&gt;>\u{85}\u{2028}'",
                    "p:b='3'",
                    "q:a='4'",
                    "xml:lang='en'",
                ],
                0..4,
            );
            let name = proptest::sample::select(vec!["e", "p:e", "q:f"]);
            let inner = proptest::collection::vec(inner, 0..4);
            (name, spaces, attributes, inner).prop_map(|(name, spaces, attributes, inner)| {
                let head = format!("{name} {} {}", spaces.join(" "), attributes.join(" "));
                format!("<{head}>{}</{name}>", inner.concat())
            })
        })
    }

    proptest! {
        /// The canonical form is one document that has itself as its form, whatever stood around it.
        #[test]
        fn a_form_is_its_own_form(inner in element(), prefixes in "(p|q|x|#default| ){0,4}") {
            let text = format!("<r xmlns:p='u' xmlns:q='v'><p:e>{inner}</p:e></r>");
            if let Ok(tree) = Tree::read(&text, &Limits::MESSAGE) {
                let element = tree.root().children().next().unwrap();
                let listed = Prefixes::read(&prefixes).unwrap();
                for prefixes in [&listed, &Prefixes::default()] {
                    let form = canonical(element, None, prefixes).unwrap();
                    let form = String::from_utf8(form).unwrap();
                    let again = Tree::read(&form, &Limits::MESSAGE).unwrap();
                    let twice = canonical(again.root(), None, prefixes).unwrap();
                    prop_assert_eq!(String::from_utf8(twice).unwrap(), form);
                }
            }
        }
    }
}
