//! Relying parties being told that a session has ended (OpenID Connect Back-Channel Logout 1.0).

use serde::{Deserialize, Serialize};

use crate::id::SubjectId;
use crate::time::Timestamp;

/// How telling one relying party stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FarewellStatus {
    /// It is to be told.
    Waiting,
    /// A request to it is under way, or was when a node died.
    Sending,
    /// It took the word (200 or 204).
    Told,
    /// It says that it cannot sign the person out (400).
    Refused,
    /// It did not take the word in all attempts.
    GivenUp,
    /// Its document no longer says where it is to be told.
    Dropped,
}

impl FarewellStatus {
    /// The word on the wire and in extracts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Told => "told",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
            Self::Dropped => "dropped",
        }
    }

    /// Whether nothing more comes of it.
    #[must_use]
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Sending)
    }
}

/// Telling one relying party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Farewell {
    /// The name of its document.
    pub relying_party: String,
    /// As whom it authenticates (`client_id`).
    pub client: String,
    /// How that stands.
    pub status: FarewellStatus,
    /// Requests that were begun.
    pub attempts: u32,
    /// An earlier request may have arrived: it was begun, and no answer is known.
    pub unsure: bool,
    /// Since when it stands so.
    pub at: Timestamp,
    /// When it is looked at next; `None` once it is over.
    pub next: Option<Timestamp>,
    /// How the last request ended, in words that name nobody; empty where there is nothing to say.
    pub detail: String,
}

/// The relying parties that are told of the end of one session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logout {
    /// Whose session it was.
    pub subject: SubjectId,
    /// When it ended.
    pub ended: Timestamp,
    /// Each of them, by name; none where nobody who was given anything in it wants to be told.
    pub parties: Vec<Farewell>,
}

impl Logout {
    /// When one of them is to be looked at next; `None` once all is over.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        self.parties.iter().filter_map(|party| party.next).min()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_is_over_is_never_due() {
        let at = |second: u64| Timestamp::EPOCH.plus(Duration::from_secs(second));
        let party = |status, next| Farewell {
            relying_party: "wiki".to_owned(),
            client: "wiki".to_owned(),
            status,
            attempts: 1,
            unsure: false,
            at: at(3),
            next,
            detail: String::new(),
        };
        let mut logout = Logout {
            subject: SubjectId::from_bits(1),
            ended: at(1),
            parties: vec![
                party(FarewellStatus::Told, None),
                party(FarewellStatus::Waiting, Some(at(9))),
                party(FarewellStatus::Sending, Some(at(7))),
            ],
        };
        assert_eq!(logout.due(), Some(at(7)));
        logout.parties.truncate(1);
        assert_eq!(logout.due(), None);
    }
}
