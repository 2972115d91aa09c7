//! Users and groups as a provider sends them.

use model::{Kind, Record, RemoteId, Version};
use serde_json::Value;

use super::evaluate::field;
use super::{ENTERPRISE, GROUP, Object, USER, attributes};
use crate::json::{Unreadable, type_name};

/// Longest id that is accepted, in bytes. RFC 7643 sets no limit; nobody needs more.
const LONGEST_ID: usize = 1024;

/// A user or group, checked as far as Tenure relies on it. Everything else is kept as it came,
/// so that a PUT sends back what it does not understand.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// Account (a User) or group.
    pub kind: Kind,
    /// The provider's id.
    pub id: String,
    /// `externalId`.
    pub external: Option<String>,
    /// `userName` or `displayName`.
    pub name: String,
    /// `active`; absent means true.
    pub active: bool,
    /// `members[].value`, without nested groups, sorted, each once; `None` where absent.
    pub members: Option<Vec<String>>,
    /// `meta.version`.
    pub version: Option<String>,
    /// The whole object.
    pub body: Object,
}

impl Resource {
    /// Checks and takes over an object.
    ///
    /// # Errors
    /// When a field that Tenure relies on is missing or of a wrong type. Names the field.
    pub fn read(kind: Kind, body: Object) -> Result<Self, Unreadable> {
        let id = text(&body, "id")?.ok_or_else(|| Unreadable::new("id", "is missing"))?;
        check_id(&id)?;
        let naming = match kind {
            Kind::Account => "userName",
            Kind::Group | Kind::Grant => "displayName",
        };
        let name = text(&body, naming)?.ok_or_else(|| Unreadable::new(naming, "is missing"))?;
        let version = match field(&body, "meta") {
            Some(Value::Object(meta)) => text(meta, "version").map_err(|e| e.within("meta"))?,
            None | Some(Value::Null) => None,
            Some(other) => return Err(mistyped("meta", "an object", other)),
        };
        Ok(Self {
            kind,
            id,
            external: text(&body, "externalId")?.filter(|key| !key.is_empty()),
            name,
            active: if kind == Kind::Account {
                active(&body)?
            } else {
                true
            },
            members: if kind == Kind::Account {
                None
            } else {
                members(&body)?
            },
            version,
            body,
        })
    }

    /// What Tenure keeps of it. `untyped` as in [`attributes::flatten`].
    ///
    /// # Errors
    /// When an attribute of RFC 7643 has a wrong type.
    pub fn to_record(&self, untyped: Option<&str>) -> Result<Record, Unreadable> {
        Ok(Record {
            kind: self.kind,
            remote: RemoteId(self.id.clone()),
            external: self.external.clone(),
            name: self.name.clone(),
            active: self.active,
            attributes: attributes::flatten(&self.body, untyped)?,
            members: self
                .members
                .as_ref()
                .map(|m| m.iter().cloned().map(RemoteId).collect()),
            version: self.version.clone().map(Version),
        })
    }
}

/// Writes `schemas` as the content says: the core schema and every extension that is there.
pub fn stamp_schemas(kind: Kind, body: &mut Object) {
    let core = if kind == Kind::Account { USER } else { GROUP };
    let mut schemas = vec![Value::from(core)];
    schemas.extend(
        body.keys()
            .filter(|key| key.contains(':'))
            .map(|key| key.as_str().into()),
    );
    body.insert("schemas".to_owned(), Value::Array(schemas));
}

/// Makes sure that the enterprise extension is there, if only empty.
pub fn ensure_enterprise(body: &mut Object) {
    body.entry(ENTERPRISE)
        .or_insert_with(|| Value::Object(Object::new()));
}

/// An id becomes a path segment: `.` and `..` would vanish from the URL, and `bulkId` is
/// reserved (RFC 7644 §3.7.2).
fn check_id(id: &str) -> Result<(), Unreadable> {
    let problem = if id.is_empty() {
        "is empty"
    } else if id.len() > LONGEST_ID {
        "is longer than 1024 bytes"
    } else if id == "." || id == ".." || id == "bulkId" {
        "is reserved and cannot name an object"
    } else if id.chars().any(char::is_control) {
        "holds control characters"
    } else {
        return Ok(());
    };
    Err(Unreadable::new("id", problem))
}

fn mistyped(name: &str, expected: &str, found: &Value) -> Unreadable {
    Unreadable::new(
        name,
        format!("must be {expected}, not {}", type_name(found)),
    )
}

fn text(body: &Object, name: &str) -> Result<Option<String>, Unreadable> {
    match field(body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(mistyped(name, "a text", other)),
    }
}

/// Some providers write truth values as `"True"` (the dialect of Entra); that much is clear.
fn active(body: &Object) -> Result<bool, Unreadable> {
    match field(body, "active") {
        None | Some(Value::Null) => Ok(true),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(other) => Err(mistyped("active", "true or false", other)),
    }
}

fn members(body: &Object) -> Result<Option<Vec<String>>, Unreadable> {
    let items = match field(body, "members") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(items)) => items,
        Some(other) => return Err(mistyped("members", "an array", other)),
    };
    let mut ids = Vec::with_capacity(items.len());
    for (i, item) in items.iter().enumerate() {
        let place = format!("members[{i}]");
        let Value::Object(fields) = item else {
            return Err(mistyped(&place, "an object", item));
        };
        let nested = text(fields, "type").map_err(|e| e.within(&place))?;
        if nested.is_some_and(|kind| kind.eq_ignore_ascii_case("group")) {
            continue;
        }
        let id = text(fields, "value").map_err(|e| e.within(&place))?;
        ids.push(id.ok_or_else(|| Unreadable::new(format!("{place}.value"), "is missing"))?);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(Some(ids))
}
