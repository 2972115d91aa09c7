//! A record as it was written down, read where it lies. A planning of everyone looks at every account
//! of everybody, and nearly all of them are as they should be: to see that, nothing has to be copied.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::attributes::Value;

/// What of a written [`super::Record`] decides whether an account is as it should be.
#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Glimpse<'a> {
    /// Whether it may be used.
    pub active: bool,
    /// Path and value, in the order of the paths, each once.
    #[serde(borrow, deserialize_with = "in_order")]
    pub attributes: Vec<(Text<'a>, Glanced<'a>)>,
}

/// A text, borrowed where it is written without escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text<'a>(pub Cow<'a, str>);

/// A [`Value`] where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Glanced<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Several texts.
    List(Vec<Text<'a>>),
    /// A reference, which no target shows: what it gives is a text.
    Reference,
}

impl<'a> Glimpse<'a> {
    /// Reads what was written of a record; `None` where it has to be read as a whole, be it to learn
    /// what is wrong with it.
    #[must_use]
    pub fn of(written: &'a str) -> Option<Self> {
        serde_json::from_str(written).ok()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ReadText)
    }
}

struct ReadText;

impl<'de> Visitor<'de> for ReadText {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Glanced<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadValue)
    }
}

/// As [`Value`] is read, without copies.
struct ReadValue;

impl<'de> Visitor<'de> for ReadValue {
    type Value = Glanced<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a truth value, a whole number, a list of texts or a reference")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Glanced<'de>, E> {
        Ok(Glanced::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Glanced<'de>, E> {
        Ok(Glanced::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Glanced<'de>, E> {
        Ok(Glanced::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Glanced<'de>, E> {
        Ok(Glanced::Int(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Glanced<'de>, E> {
        i64::try_from(number).map(Glanced::Int).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Glanced<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Glanced::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, parts: A) -> Result<Glanced<'de>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(parts)).map(|_| Glanced::Reference)
    }
}

type Pairs<'a> = Vec<(Text<'a>, Glanced<'a>)>;

fn in_order<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Pairs<'a>, D::Error> {
    deserializer.deserialize_map(ReadAll)
}

struct ReadAll;

impl<'de> Visitor<'de> for ReadAll {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("paths with their values, in order")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Pairs<'de>, A::Error> {
        let mut all: Pairs<'de> = Vec::with_capacity(32);
        while let Some((path, value)) = entries.next_entry::<Text<'de>, Glanced<'de>>()? {
            if all.last().is_some_and(|(last, _)| last.0 >= path.0) {
                return Err(A::Error::custom("a path comes after a later one"));
            }
            all.push((path, value));
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SubjectId;
    use crate::address::{Kind, RemoteId};
    use crate::attributes::Attributes;
    use crate::observation::Record;

    fn record(attributes: &[(&str, Value)]) -> Record {
        let own = |(path, value): &(&str, Value)| ((*path).to_owned(), value.clone());
        Record {
            kind: Kind::Account,
            remote: RemoteId::from("r1"),
            external: Some("a\"b".to_owned()),
            name: "Zoë".to_owned(),
            active: true,
            attributes: attributes.iter().map(own).collect::<Attributes>(),
            members: None,
            version: None,
        }
    }

    #[test]
    fn every_value_is_seen_as_it_was_written() -> Result<(), serde_json::Error> {
        let subject = SubjectId::from_bits(7);
        let list = |items: &[&str]| items.iter().map(|item| (*item).to_owned()).collect();
        let written = serde_json::to_string(&record(&[
            ("a", Value::from("plain")),
            ("b", Value::from("a \"quoted\"\nline")),
            ("c", Value::Bool(false)),
            ("d", Value::Int(i64::MIN)),
            ("e", Value::Int(i64::MAX)),
            ("f", Value::List(list(&["x", "y\\"]))),
            ("g", Value::Subject { subject }),
        ]))?;
        let seen = Glimpse::of(&written).map(|glimpse| (glimpse.active, glimpse.attributes));
        let text = |text: &'static str| Text(Cow::Borrowed(text));
        let attributes = vec![
            (text("a"), Glanced::Text("plain".into())),
            (text("b"), Glanced::Text("a \"quoted\"\nline".into())),
            (text("c"), Glanced::Bool(false)),
            (text("d"), Glanced::Int(i64::MIN)),
            (text("e"), Glanced::Int(i64::MAX)),
            (text("f"), Glanced::List(vec![text("x"), text("y\\")])),
            (text("g"), Glanced::Reference),
        ];
        assert_eq!(seen, Some((true, attributes)));
        Ok(())
    }

    #[test]
    fn what_is_not_plain_is_not_seen_at_a_glance() {
        let of = |attributes: &str| format!(r#"{{"active":true,"attributes":{attributes}}}"#);
        assert!(Glimpse::of(&of(r#"{"a":"1","b":"2"}"#)).is_some());
        for attributes in [
            r#"{"b":"1","a":"2"}"#,
            r#"{"a":"1","a":"1"}"#,
            r#"{"a":null}"#,
            r#"{"a":1.5}"#,
            r#"{"a":9223372036854775808}"#,
            r#"{"a":{"subject":1}}"#,
            "[]",
        ] {
            assert_eq!(Glimpse::of(&of(attributes)), None, "{attributes}");
        }
        assert_eq!(Glimpse::of(r#"{"attributes":{}}"#), None);
        assert_eq!(
            Glimpse::of(r#"{"active":true,"attributes":{}"#),
            None,
            "cut off"
        );
    }
}
