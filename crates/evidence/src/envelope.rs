//! One record of the log, and the bytes that its hash covers.

use model::canonical::{self, Digest};
use model::{SubjectId, Timestamp};

/// One record as it is stored. `actor` and `body` are canonical JSON texts; what is personal in
/// the body stands in `sealed`, as ciphertext, so that the hash outlives the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// From 1, without gaps.
    pub seq: u64,
    /// Never earlier than the record before it.
    pub at: Timestamp,
    /// Who caused it, as canonical JSON.
    pub actor: String,
    /// The versioned name of the event, `facts.accepted/1`.
    pub kind: String,
    /// Under whose key `sealed` is encrypted; `None`: the tenant's.
    pub subject: Option<SubjectId>,
    /// The event's body as canonical JSON; its field `personal` is `null`.
    pub body: String,
    /// The field `personal`, encrypted.
    pub sealed: Option<Vec<u8>>,
    /// The hash of the record before; zeroes for the first.
    pub prev: Digest,
    /// The hash of [`Envelope::canonical_bytes`].
    pub hash: Digest,
}

impl Envelope {
    /// The bytes that the hash covers: canonical JSON ([`model::canonical`]) of all fields but
    /// the hash, `at` in microseconds since 1970, `sealed` in hexadecimal.
    ///
    /// `actor` and `body` are copied as they are; [`crate::verify`] checks that each is one
    /// canonical JSON value, without which two records might share these bytes.
    #[must_use]
    pub fn canonical_bytes(&self) -> Vec<u8> {
        use std::fmt::Write as _;
        let sealed = self.sealed.as_ref().map_or(0, Vec::len) * 2;
        let mut out = String::with_capacity(256 + self.actor.len() + self.body.len() + sealed);
        let kind = serde_json::Value::from(self.kind.as_str());
        // Writing to a String cannot fail; the results are dropped on purpose.
        let _ = write!(
            out,
            r#"{{"actor":{},"at":{},"body":{},"kind":{kind},"prev":"{}","sealed":"#,
            self.actor,
            self.at.as_micros(),
            self.body,
            self.prev,
        );
        match &self.sealed {
            None => out.push_str("null"),
            Some(bytes) => {
                out.push('"');
                for byte in bytes {
                    out.push(char::from(HEX[usize::from(byte >> 4)]));
                    out.push(char::from(HEX[usize::from(byte & 15)]));
                }
                out.push('"');
            }
        }
        let _ = write!(out, r#","seq":{},"subject":"#, self.seq);
        let _ = match self.subject {
            None => write!(out, "null}}"),
            Some(subject) => write!(out, r#""{subject}"}}"#),
        };
        out.into_bytes()
    }

    /// The hash that this record should carry.
    #[must_use]
    pub fn computed_hash(&self) -> Digest {
        Digest::of(&self.canonical_bytes())
    }

    /// This record with the hash that it should carry.
    #[must_use]
    pub fn hashed(mut self) -> Self {
        self.hash = self.computed_hash();
        self
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Whether the text is exactly one JSON value in canonical form.
pub(crate) fn is_canonical(text: &str) -> bool {
    serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .and_then(|value| canonical::bytes_of(&value).ok())
        .is_some_and(|bytes| bytes == text.as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_covered_bytes_are_canonical_json() {
        let record = Envelope {
            seq: 7,
            at: Timestamp::from_micros(1_764_000_000_000_001),
            actor: r#"{"principal":"ana"}"#.to_owned(),
            kind: "facts.accepted/1".to_owned(),
            subject: Some(SubjectId::from_bits(9)),
            body: r#"{"personal":null,"x":"\u0000é"}"#.to_owned(),
            sealed: Some(vec![0, 0xab, 0xff]),
            prev: Digest::of(b"before"),
            hash: Digest::default(),
        }
        .hashed();
        let bytes = record.canonical_bytes();
        let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(canonical::bytes(&value).unwrap(), bytes);
        assert_eq!(value["sealed"], "00abff");
        assert_eq!(value["subject"], SubjectId::from_bits(9).to_string());
        assert_eq!(record.hash, Digest::of(&bytes));
    }

    #[test]
    fn two_values_or_other_spellings_are_not_canonical() {
        assert!(is_canonical(r#"{"a":1}"#));
        for text in [
            r#"{"a": 1}"#,
            r#"{"b":1,"a":2}"#,
            "1,2",
            "",
            r#"{"a":1.5}"#,
            r#"{"a":1,"a":2}"#,
        ] {
            assert!(!is_canonical(text), "{text}");
        }
    }
}
