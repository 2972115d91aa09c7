//! What we last saw in a target system.

mod glimpse;

use serde::{Deserialize, Serialize};

pub use self::glimpse::{Glanced, Glimpse, Text};

use crate::address::{Kind, RemoteId, Version};
use crate::attributes::Attributes;
use crate::time::Timestamp;

/// An object as the target shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Account or group.
    pub kind: Kind,
    /// The target's id.
    pub remote: RemoteId,
    /// Our key as the target stores it (SCIM `externalId`), if it does.
    pub external: Option<String>,
    /// The name people know it by (`userName`, `displayName`).
    pub name: String,
    /// Accounts: whether it may be used. Groups: always true.
    pub active: bool,
    /// The attributes that we understand.
    #[serde(deserialize_with = "crate::attributes::by_path")]
    pub attributes: Attributes,
    /// Groups: the remote ids of the members, sorted; `None` where the target did not say.
    pub members: Option<Vec<RemoteId>>,
    /// The target's version of the object, where it has one.
    pub version: Option<Version>,
}

/// Our stored observation of one account or group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// What was seen.
    pub record: Record,
    /// When.
    pub seen_at: Timestamp,
}

/// How far a listing may be believed. Absence is concluded from `Full` only, and then
/// confirmed by reading the object by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// Every page was read, the totals agree, and no object was seen twice.
    Full,
    /// Something is known to be missing (a page failed, a limit was reached).
    Partial,
    /// The target gives no way to tell.
    Unknown,
}

/// Whose a thing is. Stored for each address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// We made it because of an assignment; without one it is withdrawn.
    Managed,
    /// It was there; someone or an exact match made it ours.
    Adopted,
    /// It is not ours: reported, never removed unexplained.
    Foreign,
}

impl Ownership {
    /// The word used in stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Adopted => "adopted",
            Self::Foreign => "foreign",
        }
    }
}
