//! Canonical bytes: one value, one byte string, one hash.
//!
//! JSON with object keys sorted by their UTF-8 bytes, no white space, and integers only: floats
//! are refused, because two programs may print one float differently. Everything that is hashed
//! (plans, waves, log records, documents) goes through here.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256 hash. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The hash of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The first 128 bits, for ids that are derived from a hash.
    #[must_use]
    pub fn to_bits(self) -> u128 {
        let mut first = [0u8; 16];
        first.copy_from_slice(&self.0[..16]);
        u128::from_be_bytes(first)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        f.write_str(&text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Digest {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("a digest is 64 lower-case hexadecimal digits, not `{text:.80}`");
        // One spelling only: a digest that can be written in two ways is not canonical.
        let digit = |byte: &u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return Err(wrong());
        }
        let mut bytes = [0u8; 32];
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(high).ok_or_else(wrong)? << 4 | digit(low).ok_or_else(wrong)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Why a value has no canonical bytes.
#[derive(Debug, thiserror::Error)]
pub enum NotCanonical {
    /// The value does not serialise as JSON.
    #[error("the value has no JSON form")]
    Json(#[from] serde_json::Error),
    /// The value holds a float, whose printed form is not unique.
    #[error("the number {0} is not an integer, so it has no canonical form")]
    Float(String),
}

/// The canonical bytes of any serialisable value.
///
/// # Errors
/// When the value has no JSON form, or holds a float.
pub fn bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, NotCanonical> {
    bytes_of(&serde_json::to_value(value)?)
}

/// The canonical bytes of what is JSON already.
///
/// # Errors
/// When the value holds a float.
pub fn bytes_of(value: &serde_json::Value) -> Result<Vec<u8>, NotCanonical> {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out)?;
    Ok(out)
}

/// The hash of the canonical bytes of any serialisable value.
///
/// # Errors
/// As [`bytes`].
pub fn digest<T: Serialize + ?Sized>(value: &T) -> Result<Digest, NotCanonical> {
    Ok(Digest::of(&bytes(value)?))
}

fn write(value: &serde_json::Value, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    use serde_json::Value;
    match value {
        Value::Number(n) if n.is_f64() => return Err(NotCanonical::Float(n.to_string())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            serde_json::to_writer(&mut *out, value)?;
        }
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            out.push(b'{');
            for (i, (name, value)) in fields.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                serde_json::to_writer(&mut *out, name)?;
                out.push(b':');
                write(value, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_does_not_matter_and_floats_are_refused() -> Result<(), NotCanonical> {
        let a: serde_json::Value = serde_json::from_str(r#"{"b":1,"a":{"d":[1,2],"c":null}}"#)?;
        let b: serde_json::Value = serde_json::from_str(r#"{"a":{"c":null,"d":[1,2]},"b":1}"#)?;
        assert_eq!(bytes(&a)?, br#"{"a":{"c":null,"d":[1,2]},"b":1}"#);
        assert_eq!(digest(&a)?, digest(&b)?);
        assert!(matches!(
            bytes(&json!({"x": 0.5})),
            Err(NotCanonical::Float(_))
        ));
        Ok(())
    }

    #[test]
    fn a_digest_survives_printing_and_parsing() {
        let digest = Digest::of(b"tenure");
        assert_eq!(digest.to_string().parse::<Digest>(), Ok(digest));
        assert!("abc".parse::<Digest>().is_err());
        assert!("+f".repeat(32).parse::<Digest>().is_err());
        assert!("AB".repeat(32).parse::<Digest>().is_err());
        assert!("é".repeat(32).parse::<Digest>().is_err());
    }
}
