//! Error messages (RFC 7644 §3.12).

use serde_json::{Value, json};

use super::evaluate::field;
use super::{ERROR, Object};
use crate::json::{Limits, parse_object};

/// What a provider says when it refuses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScimError {
    /// The HTTP status that the message itself names.
    pub status: Option<u16>,
    /// The detail error keyword of table 9, for example `uniqueness` or `noTarget`.
    pub scim_type: Option<String>,
    /// A sentence for people. May hold personal values.
    pub detail: Option<String>,
}

impl ScimError {
    /// Reads the body of a failed answer; `None` when it is no SCIM error at all (a proxy's
    /// page, for example), which is a reason not to believe the status either.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let limits = Limits {
            bytes: 1 << 20,
            ..Limits::ANSWER
        };
        let body = parse_object(bytes, &limits).ok()?;
        let is_error = match field(&body, "schemas") {
            Some(Value::Array(items)) => items.iter().any(|item| item == ERROR),
            _ => false,
        };
        let status = match field(&body, "status") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(Value::Number(number)) => number.as_u64().and_then(|n| u16::try_from(n).ok()),
            _ => None,
        };
        if !is_error && status.is_none() {
            return None;
        }
        Some(Self {
            status,
            scim_type: text(&body, "scimType"),
            detail: text(&body, "detail"),
        })
    }

    /// The message.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut body = json!({ "schemas": [ERROR] });
        if let Some(status) = self.status {
            body["status"] = status.to_string().into();
        }
        if let Some(scim_type) = &self.scim_type {
            body["scimType"] = scim_type.as_str().into();
        }
        if let Some(detail) = &self.detail {
            body["detail"] = detail.as_str().into();
        }
        body
    }
}

fn text(body: &Object, name: &str) -> Option<String> {
    field(body, name).and_then(Value::as_str).map(str::to_owned)
}
