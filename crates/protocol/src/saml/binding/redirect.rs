//! HTTP Redirect (SAML Bindings §3.4): deflated, in a query, with the signature beside it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded::byte_serialize;

use super::deflate::{deflate, inflate};
use super::query::Parameters;
use super::{BindingError, Detached, Kind, Received, RelayState};
use crate::saml::signature::{Credential, MAX_SIGNATURE, SignError};
use crate::saml::xml::Limits;
use crate::saml::{Binding, Location};

/// The longest query, in bytes.
const MAX_QUERY: usize = 64 << 10;
/// The one encoding (§3.4.4.1).
const DEFLATE: &str = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
const NAMES: [&str; 6] = [
    "SAMLRequest",
    "SAMLResponse",
    "RelayState",
    "SigAlg",
    "Signature",
    "SAMLEncoding",
];

/// A URL that a browser is to be sent to with 302 or 303. It holds what somebody is called: it is not logged.
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUrl(String);

impl RedirectUrl {
    /// The URL (`Location`).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A message of ours, signed.
    pub(in crate::saml) fn write(
        to: &Location,
        kind: Kind,
        xml: &str,
        relay_state: Option<&RelayState>,
        credential: &Credential,
    ) -> Result<Self, SignError> {
        let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let message = encode(&STANDARD.encode(deflate(xml.as_bytes())));
        let mut query = format!("{}={message}", kind.parameter());
        if let Some(state) = relay_state {
            query.push_str(&format!("&RelayState={}", encode(state.as_str())));
        }
        query.push_str(&format!("&SigAlg={}", encode(credential.algorithm().uri())));
        let signature = credential.signature(query.as_bytes())?;
        query.push_str(&format!(
            "&Signature={}",
            encode(&STANDARD.encode(signature))
        ));
        let to = to.as_str();
        let between = match to.split_once('?') {
            None => "?",
            Some((_, had)) if had.is_empty() || had.ends_with('&') => "",
            Some(_) => "&",
        };
        Ok(Self(format!("{to}{between}{query}")))
    }
}

impl fmt::Debug for RedirectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedirectUrl(..)")
    }
}

pub(super) fn read(query: &[u8]) -> Result<Received, BindingError> {
    if query.len() > MAX_QUERY {
        return Err(BindingError::TooLong);
    }
    let found = Parameters::read(query, &NAMES)?;
    let (kind, message) = match (found.get("SAMLRequest"), found.get("SAMLResponse")) {
        (Some(request), None) => (Kind::Request, request),
        (None, Some(response)) => (Kind::Response, response),
        _ => return Err(BindingError::Message),
    };
    if found
        .get("SAMLEncoding")
        .is_some_and(|said| said.value != DEFLATE)
    {
        return Err(BindingError::OtherEncoding);
    }
    let state = found.get("RelayState");
    let detached = match (found.get("SigAlg"), found.get("Signature")) {
        (None, None) => None,
        (Some(algorithm), Some(signature)) => {
            // In this order, whatever order they came in, and as they came (§3.4.4.1).
            let mut covered = pair(kind.parameter(), message.raw);
            if let Some(state) = state {
                covered.push(b'&');
                covered.extend(pair("RelayState", state.raw));
            }
            covered.push(b'&');
            covered.extend(pair("SigAlg", algorithm.raw));
            let value = base64(&signature.value)?;
            if value.len() > MAX_SIGNATURE {
                return Err(BindingError::TooLong);
            }
            Some(Detached {
                algorithm: algorithm.value.clone(),
                value,
                covered,
            })
        }
        _ => return Err(BindingError::HalfSigned),
    };
    let inflated = inflate(&base64(&message.value)?, Limits::MESSAGE.bytes)?;
    Ok(Received {
        xml: String::from_utf8(inflated).map_err(|_| BindingError::Encoding)?,
        kind,
        binding: Binding::Redirect,
        relay_state: RelayState::new(state.map_or("", |state| &state.value))?,
        detached,
    })
}

fn pair(name: &str, raw: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"=", raw].concat()
}

/// Line breaks are taken: some encoders write them, and they are under the signature as they came.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, BindingError> {
    let bare: String = text.split(['\r', '\n']).collect();
    STANDARD.decode(bare).map_err(|_| BindingError::Base64)
}
