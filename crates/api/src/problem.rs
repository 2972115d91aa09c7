//! Errors on the wire (RFC 9457).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::documents::WireDiagnostic;

/// Why a call was not done, as `application/problem+json` (RFC 9457 §3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Where the page about this code is.
    #[serde(rename = "type")]
    pub kind: String,
    /// What kind of error it is, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, this time.
    pub detail: String,
    /// A stable code, for example `TNR-API-0002`.
    pub code: String,
    /// What to do.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub fix: String,
    /// The request, as the server's log names it.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub request: String,
    /// Wait this many seconds before the next attempt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after: Option<u64>,
    /// What is wrong, place by place, for refused documents and files.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub diagnostics: Vec<WireDiagnostic>,
}

impl Problem {
    /// A problem with its code and text; the rest is filled in where it is sent.
    #[must_use]
    pub fn new(status: u16, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: String::new(),
            title: title.to_owned(),
            status,
            detail: detail.into(),
            code: code.to_owned(),
            fix: String::new(),
            request: String::new(),
            retry_after: None,
            diagnostics: Vec::new(),
        }
    }

    /// With what to do.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    /// With how long to wait, in seconds.
    #[must_use]
    pub const fn after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}
