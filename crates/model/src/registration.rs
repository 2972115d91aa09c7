//! Clients that register themselves (RFC 7591, RFC 7592), and the tokens with which they may.
//!
//! Each change carries the whole register beside the one client that it is about, so that what is true now
//! stands in the last record alone.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::RegistrationId;
use crate::sign_in::Ended;
use crate::time::Timestamp;

/// A client that has registered itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredClient {
    /// Its `client_id`.
    pub id: RegistrationId,
    /// The name of the document that allows it.
    pub by: String,
    /// The initial access token with which it came.
    pub access: RegistrationId,
    /// What it is, by the names of RFC 7591 §2: as it was accepted, nothing that is not kept.
    pub metadata: Map<String, Value>,
    /// Since when.
    pub made: Timestamp,
    /// It counts until then, unless it is changed before.
    pub ends: Timestamp,
    /// How often it was changed. Secrets and tokens of an earlier number count no longer.
    pub turn: u32,
    /// Since when and why it counts no longer.
    pub ended: Option<Ended>,
}

/// A token with which clients may register themselves, as far as it is not used up. The token itself is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialAccess {
    /// Its name.
    pub id: RegistrationId,
    /// The name of the document under which they register.
    pub by: String,
    /// How many still may; never 0.
    pub uses: u16,
    /// Until when.
    pub ends: Timestamp,
}

/// A client in the register. What it is stands in its own last record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterEntry {
    /// Which.
    pub id: RegistrationId,
    /// The name of the document that allows it.
    pub by: String,
    /// It counts until then.
    pub ends: Timestamp,
}

/// Everything that is registered, and may be used to register. What has run out may still be among it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The clients that have not ended.
    pub clients: Vec<RegisterEntry>,
    /// The tokens that are not used up.
    pub access: Vec<InitialAccess>,
}

/// What was done to the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationAct {
    /// A token was made with which clients may register.
    AccessMade,
    /// Such a token was ended before its time.
    AccessEnded,
    /// A client has registered itself.
    Registered,
    /// A client has changed what it is.
    Changed,
    /// A client has taken itself out.
    Left,
    /// Somebody has ended a client.
    Ended,
}

impl RegistrationAct {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessMade => "access_made",
            Self::AccessEnded => "access_ended",
            Self::Registered => "registered",
            Self::Changed => "changed",
            Self::Left => "left",
            Self::Ended => "ended",
        }
    }
}
