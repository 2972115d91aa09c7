//! Bounded JSON: what comes from outside is refused, with the name of the field, before it can
//! cost more memory than the limits allow. For SCIM, for signed tokens and for OAuth alike.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// How much one message may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the whole message.
    pub bytes: usize,
    /// Objects and arrays inside each other.
    pub depth: usize,
    /// Bytes of one text or field name.
    pub text: usize,
    /// Entries of one array.
    pub array: usize,
    /// Fields of one object.
    pub fields: usize,
    /// Values in the whole message: many small arrays must not add up to a bomb.
    pub values: usize,
}

impl Limits {
    /// For answers of providers: 16 MiB, 32 levels, 64 KiB per text, 100,000 entries.
    pub const ANSWER: Self = Self {
        bytes: 16 << 20,
        depth: 32,
        text: 64 << 10,
        array: 100_000,
        fields: 2_000,
        values: 1_000_000,
    };
}

/// Why a message cannot be read. Never holds a value of the message: it may be personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {problem}")]
pub struct Unreadable {
    /// The field, as a path from the top, for example `Resources[3].userName`.
    pub field: String,
    /// What is wrong with it, and what was expected.
    pub problem: String,
}

impl Unreadable {
    /// Names a field and what is wrong with it.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            problem: problem.into(),
        }
    }

    /// The same problem, seen from one level up.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self {
            field: format!("{outer}.{}", self.field),
            problem: self.problem,
        }
    }
}

/// Reads one JSON value.
///
/// # Errors
/// When it is no JSON, holds a field twice, an unpaired surrogate, or exceeds a limit.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Value, Unreadable> {
    if bytes.len() > limits.bytes {
        let problem = format!(
            "{} bytes, more than the {} allowed",
            bytes.len(),
            limits.bytes
        );
        return Err(Unreadable::new("(message)", problem));
    }
    let place = RefCell::new(Place {
        path: Vec::new(),
        values: 0,
    });
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Bounded {
        limits,
        place: &place,
        depth: 0,
    }
    .deserialize(&mut reader)
    .and_then(|value| reader.end().map(|()| value));
    read.map_err(|error| {
        let path = place.borrow().path.concat();
        let path = path.trim_start_matches('.');
        let field = if path.is_empty() { "(message)" } else { path };
        Unreadable::new(field, error.to_string())
    })
}

/// Reads one JSON object.
///
/// # Errors
/// As [`parse`], and when the value is no object.
pub fn parse_object(bytes: &[u8], limits: &Limits) -> Result<Map<String, Value>, Unreadable> {
    match parse(bytes, limits)? {
        Value::Object(fields) => Ok(fields),
        other => Err(Unreadable::new(
            "(message)",
            format!("must be an object, not {}", type_name(&other)),
        )),
    }
}

/// What people call the type of a JSON value.
#[must_use]
pub const fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

struct Place {
    path: Vec<String>,
    values: usize,
}

#[derive(Clone, Copy)]
struct Bounded<'a> {
    limits: &'a Limits,
    place: &'a RefCell<Place>,
    depth: usize,
}

impl Bounded<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth >= self.limits.depth {
            return Err(E::custom(format_args!(
                "more than {} levels of objects and arrays",
                self.limits.depth
            )));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    fn text<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if text.len() > self.limits.text {
            return Err(E::custom(format_args!(
                "a text of {} bytes, more than the {} allowed",
                text.len(),
                self.limits.text
            )));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let mut place = self.place.borrow_mut();
        place.values += 1;
        if place.values > self.limits.values {
            let most = self.limits.values;
            return Err(D::Error::custom(format_args!(
                "more than {most} values in all"
            )));
        }
        drop(place);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(number)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.text(text)?;
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Value, E> {
        self.text(&text)?;
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        loop {
            // On failure the path stays as it is: it then names the place of the error.
            self.place
                .borrow_mut()
                .path
                .push(format!("[{}]", items.len()));
            let Some(item) = seq.next_element_seed(inner)? else {
                break;
            };
            if items.len() >= self.limits.array {
                let most = self.limits.array;
                return Err(A::Error::custom(format_args!(
                    "an array of more than {most}"
                )));
            }
            items.push(item);
            self.place.borrow_mut().path.pop();
        }
        self.place.borrow_mut().path.pop();
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            self.text(&name)?;
            self.place.borrow_mut().path.push(format!(".{:.80}", name));
            if fields.len() >= self.limits.fields {
                let most = self.limits.fields;
                return Err(A::Error::custom(format_args!(
                    "an object of more than {most} fields"
                )));
            }
            // RFC 8259 §4 leaves duplicates open; two readers that pick different ones disagree.
            if fields.contains_key(&name) {
                return Err(A::Error::custom("the field is there twice"));
            }
            let value = map.next_value_seed(inner)?;
            fields.insert(name, value);
            self.place.borrow_mut().path.pop();
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn small() -> Limits {
        Limits {
            bytes: 400,
            depth: 3,
            text: 10,
            array: 4,
            fields: 3,
            values: 12,
        }
    }

    fn refused(text: &str) -> String {
        parse(text.as_bytes(), &small())
            .expect_err("refused")
            .to_string()
    }

    #[test]
    fn a_value_within_the_limits_is_itself() {
        let text = r#"{"a":[1,-2,true,null],"b":"x","c":{"d":0.5}}"#;
        let read = parse(text.as_bytes(), &small()).expect("reads");
        assert_eq!(read, serde_json::from_str::<Value>(text).expect("reads"));
    }

    #[test]
    fn each_limit_names_the_field() {
        assert!(refused(r#"{"a":{"b":{"c":{}}}}"#).starts_with("`a.b.c`: more than 3 levels"));
        assert!(refused(r#"{"a":["x","12345678901"]}"#).starts_with("`a[1]`: a text of 11"));
        assert!(refused(r#"{"a":[1,2,3,4,5]}"#).starts_with("`a[4]`: an array of more than 4"));
        assert!(refused(r#"{"a":1,"b":2,"c":3,"d":4}"#).starts_with("`d`: an object of more"));
        assert!(refused("[[1,1,1],[1,1,1],[1,1,1,1]]").contains("more than 12 values"));
        assert!(refused(&" ".repeat(401)).contains("401 bytes"));
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        assert!(refused(r#"{"id":"1","id":"2"}"#).starts_with("`id`: the field is there twice"));
        assert!(
            refused(r#"{"n":"\ud800"}"#).starts_with("`n`: "),
            "lone surrogate"
        );
        assert!(parse(b"{\"n\":\"\xff\"}", &small()).is_err(), "not UTF-8");
        assert!(parse(b"{} {}", &small()).is_err(), "trailing value");
        assert!(parse(b"", &small()).is_err());
        assert!(parse(b"{\"n\":1e999}", &small()).is_err());
    }
}
