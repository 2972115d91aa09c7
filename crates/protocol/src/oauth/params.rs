//! Parameters, as a query or a body carries them (`application/x-www-form-urlencoded`, RFC 6749 §3.1,
//! §3.2 and appendix B).
//!
//! ```text
//! text  = [ pair *( "&" pair ) ]      pair = name [ "=" value ]
//! name, value: printable ASCII; "+" is a space, "%" two hex digits are a byte; together UTF-8
//! ```

use std::fmt;

use url::form_urlencoded;

use super::field::Field;
use super::{ErrorCode, OAuthError};
use crate::jose::MAX_TOKEN;

/// The longest query or body, in bytes.
pub const MAX_BYTES: usize = 64 << 10;
/// The most parameters.
pub const MAX_PARAMS: usize = 64;
/// The longest name of a parameter, in bytes.
pub const MAX_NAME: usize = 128;
/// The longest value of any parameter, in bytes: that of a token. What is known has a shorter one.
pub const MAX_VALUE: usize = MAX_TOKEN;

/// The one parameter that may be there several times (RFC 8707 §2).
const SEVERAL: &str = "resource";

/// Parameters, decoded and within the bounds. They are printed by names alone: they hold secrets.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Params {
    pairs: Vec<(String, String)>,
}

impl Params {
    /// Reads the query of a URL, without its `?`.
    ///
    /// # Errors
    /// `invalid_request`: when it is longer than any, has too many parameters, or is not encoded as it must
    /// be. A parameter that is there twice is refused by whoever reads it, and by [`Params::once`].
    pub fn query(raw: &[u8]) -> Result<Self, OAuthError> {
        Self::read(raw)
    }

    /// Reads the body of a POST, and its `Content-Type`.
    ///
    /// # Errors
    /// As [`Params::query`], and when the type is another one.
    pub fn body(content_type: Option<&[u8]>, raw: &[u8]) -> Result<Self, OAuthError> {
        if !is_form(content_type) {
            let problem = "the body is no form: send application/x-www-form-urlencoded";
            return Err(OAuthError::new(ErrorCode::InvalidRequest, problem));
        }
        Self::read(raw)
    }

    fn read(raw: &[u8]) -> Result<Self, OAuthError> {
        let refused = |problem| Err(OAuthError::new(ErrorCode::InvalidRequest, problem));
        if raw.len() > MAX_BYTES {
            return refused("the request is longer than any that is taken: send less");
        }
        let mut pairs = Vec::new();
        let pieces = raw.split(|byte| *byte == b'&');
        for piece in pieces.filter(|piece| !piece.is_empty()) {
            if pairs.len() >= MAX_PARAMS {
                return refused("the request has more parameters than are taken: send fewer");
            }
            let mut halves = piece.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default());
            let value = decode(halves.next().unwrap_or_default());
            let (Some(name), Some(value)) = (name, value) else {
                return refused("a parameter is not form-encoded UTF-8: encode it again");
            };
            if name.len() > MAX_NAME || value.len() > MAX_VALUE {
                return refused("a parameter is longer than any that is taken: send less");
            }
            pairs.push((name, value));
        }
        Ok(Self { pairs })
    }

    /// Parameters that came in another form than encoded, within the same bounds.
    ///
    /// # Errors
    /// `invalid_request`: when there are too many, or one is longer than any.
    pub(super) fn of(pairs: Vec<(String, String)>) -> Result<Self, OAuthError> {
        let long =
            |(name, value): &(String, String)| name.len() > MAX_NAME || value.len() > MAX_VALUE;
        let whole: usize = pairs
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if pairs.len() > MAX_PARAMS || whole > MAX_BYTES || pairs.iter().any(long) {
            let problem = "the request is longer than any that is taken: send less";
            return Err(OAuthError::new(ErrorCode::InvalidRequest, problem));
        }
        Ok(Self { pairs })
    }

    /// That no parameter is there twice, known or not, but for `resource` (RFC 6749 §3.1).
    ///
    /// # Errors
    /// `invalid_request`.
    pub fn once(&self) -> Result<(), OAuthError> {
        for (at, (name, _)) in self.pairs.iter().enumerate() {
            let mut before = self.pairs.iter().take(at);
            if name != SEVERAL && before.any(|(other, _)| other == name) {
                let problem = "a parameter is there more than once: send each once";
                return Err(OAuthError::new(ErrorCode::InvalidRequest, problem));
            }
        }
        Ok(())
    }

    /// The value of a parameter. One without a value is not there (RFC 6749 §3.1).
    ///
    /// # Errors
    /// `invalid_request`: when it is there more than once, with a value or without.
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, OAuthError> {
        let mut found = self.pairs.iter().filter(|(other, _)| other == name);
        let first = found.next();
        if found.next().is_some() {
            let problem = "is there more than once: send it once";
            return Err(OAuthError::invalid(name, problem));
        }
        let value = first.map(|(_, value)| value.as_str());
        Ok(value.filter(|value| !value.is_empty()))
    }

    /// All of them but these, encoded.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> String {
        let kept = self.pairs.iter();
        encode(
            kept.filter(|(name, _)| !names.contains(&name.as_str()))
                .map(|(name, value)| (name, value)),
        )
    }

    /// Every value of a parameter that may be there several times.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &str> {
        let found = self.pairs.iter().filter(move |(other, _)| other == name);
        let values = found.map(|(_, value)| value.as_str());
        values.filter(|value| !value.is_empty())
    }

    /// The value of a parameter, within its bound and of its characters.
    pub(super) fn text(&self, field: &Field) -> Result<Option<&str>, OAuthError> {
        let value = self.get(field.name)?;
        value.map(|value| field.holds(value)).transpose()
    }

    /// The value of a parameter that must be there.
    pub(super) fn required(&self, field: &Field) -> Result<&str, OAuthError> {
        let missing = || OAuthError::invalid(field.name, "is not there: send it");
        self.text(field)?.ok_or_else(missing)
    }
}

/// Whether a `Content-Type` is that of a form.
pub(super) fn is_form(content_type: Option<&[u8]>) -> bool {
    let essence = content_type.unwrap_or_default().split(|byte| *byte == b';');
    let essence = essence.take(1).next().unwrap_or_default().trim_ascii();
    essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Params")?;
        let names = self.pairs.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

/// Parameters, encoded.
#[must_use]
pub fn encode<N: AsRef<str>, V: AsRef<str>>(pairs: impl IntoIterator<Item = (N, V)>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs);
    form.finish()
}

/// One name or value, decoded. `None` when it has characters that must be encoded, a `%` without its two
/// digits, or is no UTF-8: readers that mend these read different things.
pub(super) fn decode(piece: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(piece.len());
    let mut rest = piece.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            0x21..=0x7e => byte,
            _ => return None,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn read(text: &str) -> Params {
        Params::query(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_value_is_decoded_once() {
        let params = read("a=1&b=x+y%2Bz%25%32%35&%63=%C3%A9=&&d&e=&");
        assert_eq!(params.get("a"), Ok(Some("1")));
        assert_eq!(params.get("b"), Ok(Some("x y+z%25")));
        assert_eq!(params.get("c"), Ok(Some("é=")));
        for empty in ["d", "e", "f"] {
            assert_eq!(params.get(empty), Ok(None), "{empty}");
        }
    }

    #[test]
    fn what_readers_would_mend_is_refused() {
        for wrong in [
            "a=%", "a=%4", "a=%zz", "a=%+1", "a=%ff", "a= b", "a=é", "a=\n", "a=%C3", "a\0=1",
        ] {
            assert!(Params::query(wrong.as_bytes()).is_err(), "{wrong:?}");
        }
        assert!(Params::query(b"a=\xff").is_err());
    }

    #[test]
    fn a_body_says_that_it_is_a_form() {
        let form = |kind: &'static str| Params::body(Some(kind.as_bytes()), b"a=1").is_ok();
        assert!(form("application/x-www-form-urlencoded"));
        assert!(form("Application/X-WWW-Form-Urlencoded ; charset=UTF-8"));
        assert!(!form("application/json"));
        assert!(!form(
            "multipart/form-data; application/x-www-form-urlencoded"
        ));
        assert!(Params::body(None, b"a=1").is_err());
    }

    #[test]
    fn nothing_of_a_value_is_printed() {
        assert_eq!(format!("{:?}", read("code=hunter2")), r#"Params["code"]"#);
    }
}
