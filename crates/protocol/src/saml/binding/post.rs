//! HTTP POST (SAML Bindings §3.5): in a form, with the signature within it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::query::Parameters;
use super::redirect::base64;
use super::{BindingError, Kind, Received, RelayState};
use crate::saml::xml::Limits;
use crate::saml::{Binding, Location};

/// The longest body, in bytes: a message of the longest kind, in base64 of which each character is escaped.
const MAX_BODY: usize = 256 << 10;
const NAMES: [&str; 3] = ["SAMLRequest", "SAMLResponse", "RelayState"];

/// A page whose form a browser posts. Names and values are raw: escape them for HTML. It holds an assertion: it
/// is not logged.
#[derive(Clone, PartialEq, Eq)]
pub struct PostForm {
    /// Where to (`action`).
    pub action: String,
    /// What: names and values.
    pub fields: Vec<(&'static str, String)>,
}

impl PostForm {
    /// A message of ours.
    pub(in crate::saml) fn write(
        to: &Location,
        kind: Kind,
        xml: &str,
        relay_state: Option<&RelayState>,
    ) -> Self {
        let mut fields = vec![(kind.parameter(), STANDARD.encode(xml))];
        if let Some(state) = relay_state {
            fields.push(("RelayState", state.as_str().to_owned()));
        }
        Self {
            action: to.as_str().to_owned(),
            fields,
        }
    }
}

impl fmt::Debug for PostForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostForm(..)")
    }
}

pub(super) fn read(body: &[u8]) -> Result<Received, BindingError> {
    if body.len() > MAX_BODY {
        return Err(BindingError::TooLong);
    }
    let found = Parameters::read(body, &NAMES)?;
    let (kind, message) = match (found.get("SAMLRequest"), found.get("SAMLResponse")) {
        (Some(request), None) => (Kind::Request, request),
        (None, Some(response)) => (Kind::Response, response),
        _ => return Err(BindingError::Message),
    };
    let xml = base64(&message.value)?;
    if xml.len() > Limits::MESSAGE.bytes {
        return Err(BindingError::TooLong);
    }
    let state = found.get("RelayState");
    Ok(Received {
        xml: String::from_utf8(xml).map_err(|_| BindingError::Encoding)?,
        kind,
        binding: Binding::Post,
        relay_state: RelayState::new(state.map_or("", |state| &state.value))?,
        detached: None,
    })
}
