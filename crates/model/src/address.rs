//! Where something is: in which target, what kind of thing, under which key of ours.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::SubjectId;

macro_rules! text_newtype {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_newtype!(
    /// The name of a target system: the `metadata.name` of its `App` document.
    TargetName
);
text_newtype!(
    /// The identifier that the target gave to its object (SCIM `id`). Opaque to us.
    RemoteId
);
text_newtype!(
    /// The version that the target gave to its object (SCIM `meta.version`, an ETag). Opaque.
    Version
);

/// Our key for an object: a subject's account, a group of a document, or a grant of one to the
/// other. Never changes, whatever the target calls the object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub String);

impl Key {
    /// The account of this subject.
    #[must_use]
    pub fn account(subject: SubjectId) -> Self {
        Self(subject.to_string())
    }

    /// The group that documents call `name`.
    #[must_use]
    pub fn group(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// That this subject is a member of the group `name`. Written `sub_…/name`.
    #[must_use]
    pub fn grant(subject: SubjectId, name: &str) -> Self {
        Self(format!("{subject}/{name}"))
    }

    /// The subject of an account or grant key.
    #[must_use]
    pub fn subject(&self) -> Option<SubjectId> {
        self.0.split('/').next()?.parse().ok()
    }

    /// The group name of a grant key.
    #[must_use]
    pub fn granted_group(&self) -> Option<&str> {
        self.0.split_once('/').map(|(_, group)| group)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of thing an address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A subject's account.
    Account,
    /// A group or role that can be granted: an entitlement.
    Group,
    /// That an account holds an entitlement.
    Grant,
}

impl Kind {
    /// The word used in stores and addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Group => "group",
            Self::Grant => "grant",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "account" => Ok(Self::Account),
            "group" => Ok(Self::Group),
            "grant" => Ok(Self::Grant),
            other => Err(format!("`{other:.40}` is not account, group or grant")),
        }
    }
}

/// One place in one target system: `target/kind/key`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// The target system.
    pub target: TargetName,
    /// What is there.
    pub kind: Kind,
    /// Our key for it.
    pub key: Key,
}

impl Address {
    /// The account of `subject` in `target`.
    #[must_use]
    pub fn account(target: &TargetName, subject: SubjectId) -> Self {
        Self {
            target: target.clone(),
            kind: Kind::Account,
            key: Key::account(subject),
        }
    }

    /// The group `name` in `target`.
    #[must_use]
    pub fn group(target: &TargetName, name: &str) -> Self {
        Self {
            target: target.clone(),
            kind: Kind::Group,
            key: Key::group(name),
        }
    }

    /// The membership of `subject` in the group `name` of `target`.
    #[must_use]
    pub fn grant(target: &TargetName, subject: SubjectId, name: &str) -> Self {
        Self {
            target: target.clone(),
            kind: Kind::Grant,
            key: Key::grant(subject, name),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.target, self.kind.as_str(), self.key)
    }
}
