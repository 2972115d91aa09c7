//! Parameters, each with the bytes that stood there.

use std::borrow::Cow;

use url::form_urlencoded;

use super::BindingError;

/// The most parameters.
const MOST: usize = 32;

/// A parameter that is known.
pub(super) struct Parameter<'a> {
    /// Its value as it came.
    pub(super) raw: &'a [u8],
    /// Its value decoded.
    pub(super) value: String,
}

/// The parameters of that name, those of others passed over.
#[derive(Default)]
pub(super) struct Parameters<'a>(Vec<(&'static str, Parameter<'a>)>);

impl<'a> Parameters<'a> {
    /// Reads those of these names.
    pub(super) fn read(text: &'a [u8], names: &[&'static str]) -> Result<Self, BindingError> {
        let mut found = Self::default();
        let pieces = text.split(|byte| *byte == b'&');
        for (at, piece) in pieces.filter(|piece| !piece.is_empty()).enumerate() {
            if at >= MOST {
                return Err(BindingError::Encoding);
            }
            let mut halves = piece.splitn(2, |byte| *byte == b'=');
            let name = halves.next().unwrap_or_default();
            let raw = halves.next().unwrap_or_default();
            let plain = decode(name)?;
            let Some(known) = names.iter().find(|known| **known == plain) else {
                continue;
            };
            // What is signed begins with the plain name: another spelling of it would be a second parameter.
            if name != known.as_bytes() || found.get(known).is_some() {
                return Err(BindingError::Twice(known));
            }
            let value = decode(raw)?;
            found.0.push((known, Parameter { raw, value }));
        }
        Ok(found)
    }

    /// The one of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Parameter<'a>> {
        let found = self.0.iter().find(|(other, _)| *other == name);
        found.map(|(_, parameter)| parameter)
    }
}

/// One name or value: printable ASCII, `+` a space, `%` and two hex digits a byte, together UTF-8.
fn decode(piece: &[u8]) -> Result<String, BindingError> {
    let graphic = piece.iter().all(u8::is_ascii_graphic);
    let hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let whole = piece
        .iter()
        .enumerate()
        .all(|(at, byte)| *byte != b'%' || (hex(piece.get(at + 1)) && hex(piece.get(at + 2))));
    // There is no `&` in it, and the `=` stays what it is behind one of ours.
    let mut bytes = b"=".to_vec();
    bytes.extend_from_slice(piece);
    let mut pairs = form_urlencoded::parse(&bytes);
    let value = pairs.next().map_or(Cow::Borrowed(""), |(_, value)| value);
    if !graphic || !whole || value.contains('\u{fffd}') {
        return Err(BindingError::Encoding);
    }
    Ok(value.into_owned())
}
