//! How one operation on a target ended, as far as we know.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::{RemoteId, Version};

/// How one operation went: what it came to, and the requests that were made for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What it came to.
    pub outcome: Outcome,
    /// The requests, in order; none where the target is not reached by requests.
    pub exchanges: Vec<Exchange>,
}

impl From<Outcome> for Answer {
    fn from(outcome: Outcome) -> Self {
        Self {
            outcome,
            exchanges: Vec::new(),
        }
    }
}

/// One request to a target, as the log keeps it: neither bodies nor headers, nor the values of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The path, and the names of the query's parameters (`/scim/v2/Users?filter`).
    pub path: String,
    /// The HTTP status of the answer; `None`: there was none.
    pub status: Option<u16>,
}

/// The answer to one operation. Success is not an outcome: it is what is read back later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Outcome {
    /// The target says that it did it.
    Done {
        /// The object's id, where the answer told it.
        remote: Option<RemoteId>,
        /// The object's version, where the answer told it.
        version: Option<Version>,
    },
    /// The target says that it already was so.
    AlreadyDone {
        /// The object's id, where it is known.
        remote: Option<RemoteId>,
    },
    /// The object is no longer what the plan was computed from: the plan must be made again.
    Stale {
        /// What differed, for people.
        detail: String,
    },
    /// The target refuses and will refuse again: quarantine this object, not the target.
    Refused {
        /// A stable code, for example `SCIM-409`.
        code: String,
        /// What the target said, shortened, free of secrets.
        detail: String,
    },
    /// Not now: try again after this long.
    Later {
        /// How long the target, or our own back-off, asks to wait.
        wait_ms: u64,
        /// Why, for people.
        detail: String,
        /// True where the whole target is meant (429, 503), false where only this object is.
        whole_target: bool,
    },
    /// Somebody was asked to do it by hand; they answer in their own time.
    Handed,
    /// Whoever was asked says that they did it. That is their word: nothing was read back.
    Confirmed {
        /// The object's id, where they told it.
        remote: Option<RemoteId>,
    },
    /// It was sent and no answer is known: read back, then decide.
    Unknown {
        /// What happened to the answer.
        detail: String,
    },
}

impl Outcome {
    /// Wait at least this long before the next attempt, if the outcome says so.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Later { wait_ms, .. } => Some(Duration::from_millis(*wait_ms)),
            _ => None,
        }
    }
}
