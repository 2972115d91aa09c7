//! Reading a [`Value`] from what was written down. By hand, because every record of every account
//! is read for a planning of everyone, and trying one form after the other costs several times
//! what the value does.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};

use super::Value;

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read)
    }
}

/// Reads paths with their values. They are written in order, so they are put together at once:
/// looking for the place of each would cost more than reading it. Of a path that comes twice the
/// last value counts, as for any map.
pub(crate) fn by_path<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Value>, D::Error> {
    deserializer.deserialize_map(ReadAll)
}

struct ReadAll;

impl<'de> Visitor<'de> for ReadAll {
    type Value = BTreeMap<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("paths with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::with_capacity(entries.size_hint().unwrap_or(0).clamp(32, 64));
        while let Some(entry) = entries.next_entry::<String, Value>()? {
            all.push(entry);
        }
        Ok(all.into_iter().collect())
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a truth value, a whole number, a list of texts or a reference")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        let fits = i64::try_from(number).map(Value::Int);
        fits.map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::with_capacity(items.size_hint().unwrap_or(0).min(64));
        while let Some(item) = items.next_element::<String>()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<Value, A::Error> {
        const FIELDS: &[&str] = &["subject"];
        let mut subject = None;
        while let Some(name) = parts.next_key::<String>()? {
            match name.as_str() {
                "subject" if subject.is_none() => subject = Some(parts.next_value()?),
                "subject" => return Err(A::Error::duplicate_field("subject")),
                other => return Err(A::Error::unknown_field(other, FIELDS)),
            }
        }
        let subject = subject.ok_or_else(|| A::Error::missing_field("subject"))?;
        Ok(Value::Subject { subject })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_in_any_order_and_the_last_of_a_path_counts() -> Result<(), serde_json::Error>
    {
        let mut text = serde_json::Deserializer::from_str(r#"{"b":"1","a":true,"b":"2"}"#);
        let expected = [("a", Value::Bool(true)), ("b", Value::from("2"))];
        let expected = expected.map(|(path, value)| (path.to_owned(), value));
        assert_eq!(by_path(&mut text)?, BTreeMap::from(expected));
        let mut wrong = serde_json::Deserializer::from_str(r#"{"a":1.5}"#);
        assert!(by_path(&mut wrong).is_err());
        Ok(())
    }

    #[test]
    fn every_form_is_read_as_it_is_written() -> Result<(), serde_json::Error> {
        let subject = crate::SubjectId::from_bits(7);
        let values = [
            Value::from(""),
            Value::from("7"),
            Value::Bool(true),
            Value::Int(i64::MIN),
            Value::Int(i64::MAX),
            Value::List(Vec::new()),
            Value::List(vec!["a".to_owned(), String::new()]),
            Value::Subject { subject },
        ];
        for value in values {
            let text = serde_json::to_string(&value)?;
            assert_eq!(serde_json::from_str::<Value>(&text)?, value);
            let tree = serde_json::to_value(&value)?;
            assert_eq!(serde_json::from_value::<Value>(tree)?, value);
        }
        Ok(())
    }

    #[test]
    fn nothing_else_is_a_value() {
        let id = crate::SubjectId::from_bits(7);
        let twice = format!(r#"{{"subject": "{id}", "subject": "{id}"}}"#);
        let more = format!(r#"{{"subject": "{id}", "x": 1}}"#);
        let others = [
            "null",
            "1.5",
            "9223372036854775808",
            "{}",
            "[1]",
            "[[]]",
            r#"{"subject": 1}"#,
            &twice,
            &more,
        ];
        for text in others {
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
    }
}
