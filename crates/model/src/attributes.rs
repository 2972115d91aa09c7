//! What an object in a target system looks like, attribute by attribute.

mod read;

pub(crate) use self::read::by_path;

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::id::SubjectId;

/// The value of one attribute.
///
/// On the wire: a JSON string, boolean, integer or list of strings; a reference is
/// `{"subject": "sub_…"}` and becomes the remote id of that subject's account when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A text.
    Text(String),
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Several texts; the order is kept.
    List(Vec<String>),
    /// Another subject's account in the same target (a manager, for example).
    Subject {
        /// Whose account.
        subject: SubjectId,
    },
}

impl Value {
    /// The text, if this is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Bool(flag) => write!(f, "{flag}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::List(items) => f.write_str(&items.join(", ")),
            Self::Subject { subject } => write!(f, "{subject}"),
        }
    }
}

/// Attribute path → value. A path is the target's own name for the attribute; for SCIM the
/// PATCH path of RFC 7644 §3.5.2, for example `userName`, `name.givenName`,
/// `emails[type eq "work"].value` or
/// `urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`.
pub type Attributes = BTreeMap<String, Value>;
