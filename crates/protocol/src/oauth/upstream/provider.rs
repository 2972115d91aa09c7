//! What a provider says of itself (OpenID Connect Discovery 1.0 §3, RFC 8414 §2).

use serde_json::Value;
use url::Url;

use super::Refused;
use crate::json::{Limits, parse_object};
use crate::oauth::Object;

/// How much metadata may hold.
const METADATA: Limits = Limits {
    bytes: 256 << 10,
    depth: 8,
    text: 8 << 10,
    array: 1_000,
    fields: 500,
    values: 8_192,
};
/// The longest address, in bytes.
const LONGEST: usize = 2_000;

/// A provider, as far as signing in by it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Where a person's browser is sent.
    pub authorization: Url,
    /// Where codes become tokens.
    pub token: Url,
    /// Its public keys.
    pub jwks: Url,
    /// Where more is told of a person (Core §5.3).
    pub userinfo: Option<Url>,
    /// Whether it says who it is in what a browser brings back (RFC 9207 §3).
    pub names_itself: bool,
}

/// Where an issuer's metadata are (Discovery 1.0 §4.1): a slash at its end is left out there, and nowhere else.
#[must_use]
pub fn configuration_url(issuer: &str) -> String {
    let bare = issuer.strip_suffix('/').unwrap_or(issuer);
    format!("{bare}/.well-known/openid-configuration")
}

impl Provider {
    /// Reads metadata of this issuer.
    ///
    /// # Errors
    /// When they are no JSON object, exceed a limit, are another issuer's, lack an endpoint, have one that is less
    /// protected than the issuer, or do not have what is needed: the code flow, and PKCE by S256 where they tell
    /// which they have.
    pub fn read(bytes: &[u8], issuer: &str) -> Result<Self, Refused> {
        let metadata = parse_object(bytes, &METADATA)
            .map_err(|unreadable| Refused(format!("its metadata cannot be read: {unreadable}")))?;
        if metadata.get("issuer").and_then(Value::as_str) != Some(issuer) {
            return Err(Refused::new(
                "its metadata are of another issuer: `issuer` has to be spelt as they spell it",
            ));
        }
        lists(&metadata, "response_types_supported", "code", true)?;
        lists(&metadata, "code_challenge_methods_supported", "S256", false)?;
        let endpoint = |name| endpoint(&metadata, name, issuer);
        let userinfo = match metadata.get("userinfo_endpoint") {
            None | Some(Value::Null) => None,
            Some(_) => Some(endpoint("userinfo_endpoint")?),
        };
        Ok(Self {
            userinfo,
            authorization: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
            jwks: endpoint("jwks_uri")?,
            names_itself: flag(&metadata, "authorization_response_iss_parameter_supported")?,
        })
    }
}

/// An address that is protected as well as the issuer is.
fn endpoint(metadata: &Object, name: &'static str, issuer: &str) -> Result<Url, Refused> {
    let wrong = || Refused(format!("`{name}` of its metadata is no address to go to"));
    let text = metadata.get(name).and_then(Value::as_str);
    let text = text.filter(|text| text.len() <= LONGEST && text.is_ascii());
    let url = Url::parse(text.ok_or_else(wrong)?).map_err(|_| wrong())?;
    let safe = url.scheme() == "https" || (url.scheme() == "http" && issuer.starts_with("http:"));
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    match safe && plain && url.host().is_some() {
        true => Ok(url),
        false => Err(wrong()),
    }
}

/// That a list has this word; one that is not there says nothing, which is refused only where it has to.
fn lists(metadata: &Object, name: &'static str, word: &str, must: bool) -> Result<(), Refused> {
    let has = match metadata.get(name) {
        None | Some(Value::Null) => !must,
        Some(Value::Array(words)) => words.iter().any(|one| one == word),
        Some(_) => false,
    };
    match has {
        true => Ok(()),
        false => Err(Refused(format!(
            "`{name}` of its metadata is without `{word}`"
        ))),
    }
}

fn flag(metadata: &Object, name: &'static str) -> Result<bool, Refused> {
    match metadata.get(name) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Refused(format!(
            "`{name}` of its metadata is neither true nor false"
        ))),
    }
}
