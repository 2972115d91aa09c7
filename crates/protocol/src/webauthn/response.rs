//! The JSON that `PublicKeyCredential.toJSON()` gives (WebAuthn L3 §5.1), read with bounds.

use serde_json::{Map, Value};

use super::{MAX_CREDENTIAL_ID, Refused};
use crate::jose::base64url;
use crate::scim::json::{Limits, parse_object};

/// The longest answer, in bytes.
pub const MAX_RESPONSE: usize = 64 << 10;

/// How much an answer may hold. The attestation object takes most of it; extensions may add some.
const RESPONSE: Limits = Limits {
    bytes: MAX_RESPONSE,
    depth: 8,
    text: 44 << 10,
    array: 64,
    fields: 64,
    values: 512,
};

/// An answer. Members that are not known are passed over.
pub(super) struct Response {
    members: Map<String, Value>,
    /// The id of the credential. Nobody has vouched for it.
    pub(super) id: Vec<u8>,
}

impl Response {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let mut credential = parse_object(bytes, &RESPONSE).map_err(|_| Refused::Response)?;
        if credential.get("type").and_then(Value::as_str) != Some("public-key") {
            return Err(Refused::Member("type"));
        }
        let id = decoded(&credential, "id")?;
        if decoded(&credential, "rawId")? != id {
            return Err(Refused::CredentialIds);
        }
        if id.is_empty() || id.len() > MAX_CREDENTIAL_ID {
            return Err(Refused::CredentialIdLength);
        }
        match credential.remove("response") {
            Some(Value::Object(members)) => Ok(Self { members, id }),
            _ => Err(Refused::Member("response")),
        }
    }

    /// The bytes of a member that must be there.
    pub(super) fn bytes(&self, name: &'static str) -> Result<Vec<u8>, Refused> {
        decoded(&self.members, name)
    }

    /// The bytes of a member that may be missing or null.
    pub(super) fn optional_bytes(&self, name: &'static str) -> Result<Option<Vec<u8>>, Refused> {
        match self.members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.bytes(name).map(Some),
        }
    }

    /// The texts of a list that may be missing.
    pub(super) fn texts(&self, name: &'static str) -> Result<Vec<&str>, Refused> {
        let list = match self.members.get(name) {
            None => return Ok(Vec::new()),
            Some(list) => list.as_array().ok_or(Refused::Member(name))?,
        };
        let texts = list.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
        texts.ok_or(Refused::Member(name))
    }
}

fn decoded(members: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, Refused> {
    let text = members.get(name).and_then(Value::as_str);
    text.and_then(base64url::decode)
        .ok_or(Refused::Member(name))
}
