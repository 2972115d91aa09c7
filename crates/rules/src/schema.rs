//! The directory schema: which attributes a person may have, and of which type.

use std::collections::BTreeMap;
use std::fmt;

use crate::group::PeopleGroup;

/// The type of an attribute or of a sub-expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// Text.
    Text,
    /// True or false.
    Bool,
    /// A whole number of 64 bits.
    Int,
    /// A list of text.
    List,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::List => "list of text",
        })
    }
}

/// The attributes that expressions may look at. `worker_key` and `zone` (text) are always there, and
/// `manager_chain` (list) where an attribute `manager` is text; no attribute may be called so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    /// Attribute → type.
    pub attributes: BTreeMap<String, Type>,
    /// The groups of people that `in_group` knows, by name; `None` for one that is declared and
    /// could not be compiled: nothing more is said of whoever asks for it.
    pub groups: BTreeMap<String, Option<PeopleGroup>>,
}

/// The name under which expressions see the worker's key.
pub const WORKER_KEY: &str = "worker_key";

/// The name under which expressions see the worker's IANA zone, as their facts have it.
pub const ZONE: &str = "zone";

/// The attribute that names the manager of a worker, by the key that their source uses.
pub const MANAGER: &str = "manager";

/// The name under which expressions see the keys of the managers above a worker: their manager, that
/// one's manager and so on. Whoever puts a person's facts together puts them there.
pub const MANAGER_CHAIN: &str = "manager_chain";

impl Schema {
    /// The type of what is written `person.NAME`.
    #[must_use]
    pub fn type_of(&self, name: &str) -> Option<Type> {
        let manager = self.attributes.get(MANAGER);
        match name {
            WORKER_KEY | ZONE => Some(Type::Text),
            MANAGER_CHAIN if manager == Some(&Type::Text) => Some(Type::List),
            _ => self.attributes.get(name).copied(),
        }
    }
}
