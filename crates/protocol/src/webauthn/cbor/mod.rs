//! The CBOR that authenticators speak: the canonical form of CTAP 2.1 §8, read with bounds.
//!
//! Our own, because it is small: of RFC 8949 it is integers, byte and text strings, arrays, maps, `true`,
//! `false` and `null`. Indefinite lengths, tags, floating-point numbers and every longer spelling of a number
//! are refused, as that form demands, and so are keys that are there twice. The order of keys is not
//! looked at: authenticators are known that do not sort them, and a map without doubles has one meaning in
//! every order.

mod read;

pub(super) use read::{first, whole};

/// A value, and where its bytes lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value<'a> {
    /// A number between −2^63 and 2^63 − 1. No COSE or WebAuthn name is longer.
    Int(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(Vec<Self>),
    Map(Map<'a>),
    Bool(bool),
    Null,
}

/// Entries with keys that differ: numbers or texts, as in CTAP 2.1 §8.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Map<'a>(Vec<(Value<'a>, Value<'a>)>);

/// Why bytes are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CborFault {
    /// They end inside a value.
    #[error("it ends too early")]
    CutOff,
    /// Something follows behind the value.
    #[error("something follows behind it")]
    Trailing,
    /// A length is not said before its value.
    #[error("it has an indefinite length")]
    Indefinite,
    /// A number or a length has a shorter spelling.
    #[error("a number in it is not written in its shortest form")]
    NotShortest,
    /// A tag, a floating-point number, `undefined`, or a number of more than 63 bits.
    #[error("it has a value of a kind that is not used here")]
    Kind,
    /// A text is not UTF-8.
    #[error("a text in it is not UTF-8")]
    NotUtf8,
    /// A key of a map is neither number nor text.
    #[error("a key in it is neither a number nor a text")]
    KeyKind,
    /// A key of a map is there twice.
    #[error("a key in it is there twice")]
    Twice,
    /// It is nested deeper than any.
    #[error("it has more than {most} arrays and maps inside each other", most = read::DEPTH)]
    TooDeep,
    /// It is larger than any.
    #[error("it has more than {bytes} bytes or {values} values", bytes = read::BYTES, values = read::VALUES)]
    TooLarge,
}

impl<'a> Value<'a> {
    pub(super) const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) const fn as_bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(super) const fn as_text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) const fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(values) => Some(values.as_slice()),
            _ => None,
        }
    }

    pub(super) const fn as_map(&self) -> Option<&Map<'a>> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl<'a> Map<'a> {
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The value of a key that is a text.
    pub(super) fn named(&self, name: &str) -> Option<&Value<'a>> {
        self.value(&Value::Text(name))
    }

    /// The value of a key that is a number.
    pub(super) fn numbered(&self, number: i64) -> Option<&Value<'a>> {
        self.value(&Value::Int(number))
    }

    fn value(&self, key: &Value<'_>) -> Option<&Value<'a>> {
        let found = self.0.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value)
    }
}
