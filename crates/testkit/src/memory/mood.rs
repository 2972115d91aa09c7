//! An app that answers everything with one HTTP status, as the SCIM connector tells of it (the tables
//! in `connectors::scim::exchange`).

use model::Outcome;
use ports::TargetError;

/// A status, and what is said with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mood {
    /// The HTTP status.
    pub status: u16,
    /// The detail of the SCIM error (RFC 7644 §3.12).
    pub said: String,
}

/// How long somebody is asked to wait who was not told, in milliseconds.
const WAIT_MS: u64 = 60_000;

impl Mood {
    fn detail(&self) -> String {
        format!("HTTP {}: {}", self.status, self.said)
    }

    pub(super) fn to_write(&self) -> Outcome {
        let detail = self.detail();
        match self.status {
            401 | 429 | 503 => Outcome::Later {
                wait_ms: WAIT_MS,
                detail,
                whole_target: true,
            },
            408 | 500..=599 => Outcome::Unknown { detail },
            status => Outcome::Refused {
                code: format!("SCIM-{status}"),
                detail,
            },
        }
    }

    pub(super) fn to_read(&self) -> TargetError {
        let detail = self.detail();
        match self.status {
            401 | 403 => TargetError::Denied(detail),
            429 => TargetError::Busy {
                wait: std::time::Duration::from_millis(WAIT_MS),
                detail,
            },
            408 | 500..=599 => TargetError::Unreachable(detail),
            _ => TargetError::Refused(detail),
        }
    }
}
