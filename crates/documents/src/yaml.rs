//! YAML text to a tree of nodes that know their place. Strict: no anchors, aliases, merge keys,
//! includes or tags; no key twice; bounded in size, depth and number.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Error, Location, MergeKeyPolicy, Spanned};

/// The largest document file, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// The deepest nesting.
pub const MAX_DEPTH: usize = 32;
/// The most documents of a tenant.
pub const MAX_DOCUMENTS: usize = 1_000;
/// The most nodes of one file; each may cost some hundred bytes.
const MAX_NODES: usize = 100_000;

/// A place in a file: line and column, from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Place {
    pub line: u64,
    pub column: u64,
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self {
            line: location.line(),
            column: location.column(),
        }
    }
}

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub place: Place,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    /// A number that is no 64-bit integer. Always refused, with a message of its own.
    Odd,
    Text(String),
    List(Vec<Node>),
    /// Keys with their places, in the order of the file.
    Map(Vec<(String, Place, Node)>),
}

impl Node {
    /// The value under `key`, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Map(entries) => entries
                .iter()
                .find(|(name, ..)| name == key)
                .map(|(.., n)| n),
            _ => None,
        }
    }

    /// The node at a path such as `spec.grants[0].app`, given by its parts.
    pub fn at(&self, path: &[Part<'_>]) -> Option<&Self> {
        let mut node = self;
        for part in path {
            node = match (part, &node.value) {
                (Part::Key(key), Value::Map(_)) => node.get(key)?,
                (Part::Index(index), Value::List(items)) => items.get(*index)?,
                _ => return None,
            };
        }
        Some(node)
    }

    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// As JSON, for typed decoding after the shape was checked.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null | Value::Odd => serde_json::Value::Null,
            Value::Bool(flag) => (*flag).into(),
            Value::Int(number) => (*number).into(),
            Value::Text(text) => text.as_str().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(entries) => entries
                .iter()
                .map(|(key, _, node)| (key.clone(), node.to_json()))
                .collect(),
        }
    }
}

/// One part of a path into a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// A field of a map.
    Key(&'a str),
    /// An item of a list, from 0.
    Index(usize),
}

/// Prints a path: `spec.grants[0].app`; keys that are no plain words are quoted.
pub(crate) fn path_text(path: &[Part<'_>]) -> String {
    let mut out = String::new();
    for part in path {
        match part {
            Part::Index(index) => out.push_str(&format!("[{index}]")),
            Part::Key(key) => {
                if !out.is_empty() {
                    out.push('.');
                }
                let plain = key
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
                out.push_str(&if plain {
                    (*key).to_owned()
                } else {
                    format!("{key:?}")
                });
            }
        }
    }
    out
}

/// Why a text is no sound YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unsound {
    pub place: Place,
    pub problem: String,
    pub fix: &'static str,
}

/// Reads all documents of one file.
pub(crate) fn parse(text: &str) -> Result<Vec<Node>, Unsound> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH + 1,
            max_nodes: MAX_NODES,
            max_events: 4 * MAX_NODES,
            max_documents: MAX_DOCUMENTS,
            max_total_scalar_bytes: MAX_BYTES,
            max_aliases: 0,
            max_anchors: 0,
            max_merge_keys: 0,
        },
        duplicate_keys: DuplicateKeyPolicy::Error,
        merge_keys: MergeKeyPolicy::Error,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        reject_unsupported_tags: true,
        with_snippet: false,
    };
    let found: Result<Vec<Spanned<Bare>>, Error> =
        serde_saphyr::from_multiple_with_options(text, options);
    match found {
        Ok(nodes) => Ok(nodes.into_iter().map(Node::from).collect()),
        Err(error) => Err(unsound(&error)),
    }
}

fn unsound(error: &Error) -> Unsound {
    let place = error.location().map(Place::from).unwrap_or_default();
    let (problem, fix) = match error.without_snippet() {
        Error::DuplicateMappingKey { key: Some(key), .. } => {
            (format!("`{key:.80}` is written twice"), "keep one of them")
        }
        Error::Budget { breach, .. } => (
            format!("the file is beyond a limit: {breach:?}"),
            "split it into several files; anchors and aliases are not allowed",
        ),
        Error::MergeKeyNotAllowed { .. } => (
            "merge keys (`<<`) are not allowed".to_owned(),
            "write the fields out",
        ),
        other => {
            let text = other.to_string();
            let first: String = text
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect();
            (
                format!("this is not sound YAML: {first}"),
                "mend the syntax at this place",
            )
        }
    };
    Unsound {
        place,
        problem,
        fix,
    }
}

/// A node before its place is known.
struct Bare(Value);

impl From<Spanned<Bare>> for Node {
    fn from(spanned: Spanned<Bare>) -> Self {
        Self {
            place: spanned.referenced.into(),
            value: spanned.value.0,
        }
    }
}

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Odd, Value::Int))
    }

    fn visit_i128<E>(self, _: i128) -> Result<Value, E> {
        Ok(Value::Odd)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Value, E> {
        Ok(Value::Odd)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Odd)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Spanned<Bare>>()? {
            items.push(item.into());
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let value: Spanned<Bare> = map.next_value()?;
            entries.push((key.value, key.referenced.into(), value.into()));
        }
        Ok(Value::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn every_node_and_key_knows_its_place() {
        let text = "kind: App\nspec:\n  list:\n    - a\n    - {b: \"c\"}\n---\nsecond: |\n  x\n";
        let nodes = parse(text).unwrap();
        assert_eq!(nodes.len(), 2);
        let spec = &nodes[0];
        let c = spec.at(&[
            Part::Key("spec"),
            Part::Key("list"),
            Part::Index(1),
            Part::Key("b"),
        ]);
        assert_eq!(
            c.unwrap().place,
            Place {
                line: 5,
                column: 11
            }
        );
        let Value::Map(entries) = &spec.value else {
            panic!("{spec:?}")
        };
        assert_eq!(entries[1].1, Place { line: 2, column: 1 });
        assert_eq!(
            nodes[1].get("second").unwrap().place,
            Place { line: 8, column: 3 }
        );
    }

    #[test]
    fn only_true_and_false_are_truth_values_and_odd_numbers_stay_out() {
        for (text, value) in [
            ("true", Value::Bool(true)),
            ("no", Value::Text("no".to_owned())),
            ("NO", Value::Text("NO".to_owned())),
            ("0755", Value::Text("0755".to_owned())),
            ("17:00", Value::Text("17:00".to_owned())),
            ("2026-01-31", Value::Text("2026-01-31".to_owned())),
            ("-5", Value::Int(-5)),
            ("1.5", Value::Odd),
            ("99999999999999999999", Value::Odd),
            ("~", Value::Null),
            ("\"1\"", Value::Text("1".to_owned())),
        ] {
            assert_eq!(
                parse(&format!("a: {text}")).unwrap()[0]
                    .get("a")
                    .unwrap()
                    .value,
                value,
                "{text}"
            );
        }
    }

    #[test]
    fn what_hides_or_multiplies_is_refused() {
        for text in [
            "a: 1\na: 2\n",
            "a: &x 1\nb: 2\n",
            "a: &x [1]\nb: *x\n",
            "base: {a: 1}\nb:\n  <<: {a: 1}\n",
            "a: !!python/object x\n",
            "a: !include other.yaml\n",
            "a: [1\n",
            "a: b: c\n",
            "a:\n\tb: 1\n",
            "a: \"\\ud800\"\n",
            "a: \u{0}\n",
            "a: .nan\n",
        ] {
            match parse(text) {
                Ok(nodes) => panic!("{text:?} was read as {nodes:?}"),
                Err(unsound) => assert!(unsound.place.line > 0, "{text:?}: {unsound:?}"),
            }
        }
        let deep = format!("a: {}{}", "[".repeat(40), "]".repeat(40));
        assert!(parse(&deep).is_err());
        let deep = format!("a: {}{}", "[".repeat(30), "]".repeat(30));
        assert!(parse(&deep).is_ok());
    }
}
