//! Typed, lifelong identifiers.
//!
//! Written as a prefix and 26 characters of Crockford's base 32 (lower case), for example
//! `sub_01jd8q0v5w3k7m9n2p4r6t8x0z`. The prefix makes an id readable in a log line and stops one
//! kind from being pasted where another belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Why a text is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an id of the form `{prefix}_` and 26 characters")]
pub struct NotAnId {
    /// The text that was given.
    pub text: String,
    /// The prefix that was expected.
    pub prefix: &'static str,
}

fn encode(bits: u128, prefix: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut text = [0u8; 26];
    for (i, slot) in text.iter_mut().enumerate() {
        let shift = 5 * (25 - i);
        *slot = ALPHABET[((bits >> shift) & 31) as usize];
    }
    let text = std::str::from_utf8(&text).map_err(|_| fmt::Error)?;
    write!(f, "{prefix}_{text}")
}

fn decode(text: &str, prefix: &'static str) -> Result<u128, NotAnId> {
    let wrong = || NotAnId {
        text: text.chars().take(80).collect(),
        prefix,
    };
    let digits = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or_else(wrong)?;
    if digits.len() != 26 {
        return Err(wrong());
    }
    let mut bits: u128 = 0;
    for (i, byte) in digits.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|c| *c == byte).ok_or_else(wrong)? as u128;
        // 26 digits hold 130 bits: the first one may use only its lower three.
        if i == 0 && digit > 7 {
            return Err(wrong());
        }
        bits = (bits << 5) | digit;
    }
    Ok(bits)
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u128);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id: 48 bits of milliseconds, so that ids sort by age, and 80 random bits.
            #[must_use]
            pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
                let millis = u128::from((at.as_micros().max(0) / 1000).cast_unsigned());
                let mut low = [0u8; 16];
                low[6..].copy_from_slice(&random);
                Self((millis << 80) | u128::from_be_bytes(low))
            }

            /// The id that these 128 bits spell, for ids that are derived rather than drawn.
            #[must_use]
            pub fn from_bits(bits: u128) -> Self {
                Self(bits)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                encode(self.0, $prefix, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                decode(text, $prefix).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

typed_id!(
    /// What a relying party was given on behalf of somebody: an authorization code, and the tokens
    /// that came of it.
    AuthorizationId, "atz"
);
typed_id!(
    /// Something that somebody signs in with.
    CredentialId, "crd"
);
typed_id!(
    /// A file or push from an HR source.
    DeliveryId, "del"
);
typed_id!(
    /// One employment or contract of a subject, as one source tells of it.
    EngagementId, "eng"
);
typed_id!(
    /// Something a person has to look at.
    FindingId, "fnd"
);
typed_id!(
    /// Something that people are told of; derived from what it is about.
    NoticeId, "ntc"
);
typed_id!(
    /// A temporary access pass.
    PassId, "pas"
);
typed_id!(
    /// A plan for one subject or one app; derived from the hash of its canonical bytes.
    PlanId, "pln"
);
typed_id!(
    /// A client that has registered itself, or the token with which it may.
    RegistrationId, "reg"
);
typed_id!(
    /// A reset of what somebody signs in with.
    ResetId, "rst"
);
typed_id!(
    /// One observation run over a target.
    RunId, "run"
);
typed_id!(
    /// A browser in which somebody is signed in.
    SessionId, "ses"
);
typed_id!(
    /// A person or workload that we govern, for life: it survives rehire, rename and conversion.
    SubjectId, "sub"
);
typed_id!(
    /// Something that is to be done by hand for one person.
    TaskId, "tsk"
);
typed_id!(
    /// An API token (its name, never its secret).
    TokenId, "tok"
);
typed_id!(
    /// The plans of one cause; derived from the hash of their ids.
    WaveId, "wav"
);

impl EngagementId {
    /// The engagement of a subject from the time when each had one.
    #[must_use]
    pub fn only_of(subject: SubjectId) -> Self {
        Self(subject.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_printing_and_parsing() {
        let id = SubjectId::new(Timestamp::from_micros(1_764_000_000_000_000), [7; 10]);
        let text = id.to_string();
        assert_eq!(text.len(), 30);
        assert_eq!(text.parse::<SubjectId>(), Ok(id));
    }

    #[test]
    fn ids_of_another_kind_or_form_are_refused() {
        let id = SubjectId::from_bits(5).to_string();
        assert!(id.parse::<WaveId>().is_err());
        assert!("sub_".parse::<SubjectId>().is_err());
        assert!(
            "sub_zzzzzzzzzzzzzzzzzzzzzzzzzz"
                .parse::<SubjectId>()
                .is_err(),
            "130 bits"
        );
        assert!(
            "sub_0000000000000000000000000u"
                .parse::<SubjectId>()
                .is_err(),
            "`u` is no digit"
        );
    }

    #[test]
    fn later_ids_sort_later() {
        let early = WaveId::new(Timestamp::from_micros(1_000_000), [255; 10]);
        let late = WaveId::new(Timestamp::from_micros(2_000_000), [0; 10]);
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }
}
