//! SCIM resources ↔ [`model::Attributes`]: one flat map from PATCH path to value.
//!
//! | In the resource | Path | Value |
//! |---|---|---|
//! | simple attribute | `userName`, `title` | text, truth value, whole number |
//! | complex attribute | `name.givenName` | one entry per sub-attribute |
//! | value with a `type` | `emails[type eq "work"].value` | one entry per sub-attribute |
//! | values without `type` | `roles` | list of their `value`s |
//! | extension | `urn:…:User:department` | as above |
//! | `manager` (and other references) | `urn:…:User:manager` | the `value`: an id |
//!
//! `id`, `schemas`, `meta`, `externalId`, `active`, `groups` and `members` are no attributes:
//! [`super::Resource`] gives them.

use model::{Attributes, Value as Ours};
use serde_json::{Value, json};

use super::Object;
use super::evaluate::{field, matches_value};
use super::filter::{Compare, Filter, Literal};
use super::path::{Path, same_name};
use crate::json::{Unreadable, type_name};

const NOT_ATTRIBUTES: [&str; 8] = [
    "schemas",
    "id",
    "meta",
    "externalId",
    "active",
    "groups",
    "members",
    "password",
];
/// Multi-valued complex attributes of RFC 7643 §4.1.2.
const MULTI_VALUED: [&str; 9] = [
    "emails",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "groups",
    "entitlements",
    "roles",
    "x509Certificates",
];
/// Attributes that must be texts wherever they are (RFC 7643 §4.1.1, §4.2, §4.3).
const TEXTS: [&str; 14] = [
    "userName",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "employeeNumber",
    "costCenter",
    "organization",
    "division",
    "department",
];

/// Whether the attribute holds several complex values.
#[must_use]
pub fn is_multi_valued(name: &str) -> bool {
    MULTI_VALUED.iter().any(|known| same_name(known, name))
}

/// The attributes of a resource. `untyped` is the type that a value without one is read as,
/// where the provider knows no types.
///
/// # Errors
/// When an attribute of RFC 7643 has a wrong type. What is not understood is left out.
pub fn flatten(resource: &Object, untyped: Option<&str>) -> Result<Attributes, Unreadable> {
    let mut out = Attributes::new();
    for (name, value) in resource {
        if NOT_ATTRIBUTES.iter().any(|no| same_name(no, name)) {
            continue;
        }
        match value {
            Value::Object(extension) if name.contains(':') => {
                for (inner, value) in extension {
                    flatten_one(&format!("{name}:"), inner, value, untyped, &mut out)?;
                }
            }
            _ => flatten_one("", name, value, untyped, &mut out)?,
        }
    }
    Ok(out)
}

fn flatten_one(
    schema: &str,
    name: &str,
    value: &Value,
    untyped: Option<&str>,
    out: &mut Attributes,
) -> Result<(), Unreadable> {
    let known = TEXTS.iter().find(|text| same_name(text, name));
    let path = format!("{schema}{}", known.copied().unwrap_or(name));
    if known.is_some() && !matches!(value, Value::String(_) | Value::Null) {
        return Err(Unreadable::new(
            path,
            format!("must be a text, not {}", type_name(value)),
        ));
    }
    match value {
        Value::Object(fields) if is_reference(name) => {
            if let Some(id) = field(fields, "value").and_then(simple) {
                out.insert(path, id);
            }
        }
        Value::Object(fields) => {
            for (sub, value) in fields {
                if let Some(value) = simple(value) {
                    out.insert(format!("{path}.{sub}"), value);
                }
            }
        }
        Value::Array(items) => flatten_many(&path, items, untyped, out)?,
        one => {
            if let Some(value) = simple(one) {
                out.insert(path, value);
            }
        }
    }
    Ok(())
}

/// Several values of one type: the primary one stands for them, else the first.
fn flatten_many(
    path: &str,
    items: &[Value],
    untyped: Option<&str>,
    out: &mut Attributes,
) -> Result<(), Unreadable> {
    let mut plain = Vec::new();
    let primary_first = |item: &&Value| {
        !item
            .as_object()
            .and_then(|f| field(f, "primary"))
            .is_some_and(|v| *v == Value::Bool(true))
    };
    let mut sorted: Vec<&Value> = items.iter().collect();
    sorted.sort_by_key(primary_first);
    for item in sorted {
        let Value::Object(fields) = item else {
            if let Value::String(text) = item {
                plain.push(text.clone());
            }
            continue;
        };
        let label = match field(fields, "type") {
            Some(Value::String(label)) => Some(label.to_lowercase()),
            None | Some(Value::Null) => untyped.map(str::to_owned),
            Some(other) => {
                let problem = format!("must be a text, not {}", type_name(other));
                return Err(Unreadable::new(format!("{path}.type"), problem));
            }
        };
        let Some(label) = label else {
            if let Some(Value::String(text)) = field(fields, "value") {
                plain.push(text.clone());
            }
            continue;
        };
        let quoted = Literal::Text(label);
        for (sub, value) in fields {
            if same_name(sub, "type") {
                continue;
            }
            if let Some(value) = simple(value) {
                out.entry(format!("{path}[type eq {quoted}].{sub}"))
                    .or_insert(value);
            }
        }
    }
    if !plain.is_empty() {
        out.insert(path.to_owned(), Ours::List(plain));
    }
    Ok(())
}

fn is_reference(name: &str) -> bool {
    same_name(name, "manager")
}

fn simple(value: &Value) -> Option<Ours> {
    match value {
        Value::String(text) => Some(Ours::Text(text.clone())),
        Value::Bool(flag) => Some(Ours::Bool(*flag)),
        Value::Number(number) => number.as_i64().map(Ours::Int),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The JSON value to send at `path` for a value of ours.
///
/// # Errors
/// When the value is a reference that nobody has resolved.
pub fn to_json(path: &Path, value: &Ours) -> Result<Value, Unreadable> {
    let whole = path.filter.is_none() && path.sub_attribute().is_none();
    Ok(match value {
        Ours::Text(text) if whole && is_reference(&path.attribute.name) => json!({"value": text}),
        Ours::Text(text) => Value::String(text.clone()),
        Ours::Bool(flag) => Value::Bool(*flag),
        Ours::Int(number) => (*number).into(),
        Ours::List(items) if whole && is_multi_valued(&path.attribute.name) => {
            items.iter().map(|item| json!({"value": item})).collect()
        }
        Ours::List(items) => items.iter().map(String::as_str).collect(),
        Ours::Subject { .. } => {
            let problem = "is a reference to a person that was not resolved to an account's id";
            return Err(Unreadable::new(path.to_string(), problem));
        }
    })
}

/// Sets the value at a path, creating what it lies in. A filtered path that matches nothing
/// creates a value from the filter, if that is made of `eq` and `and` only.
///
/// # Errors
/// When the path does not fit what is there, or nothing can be created for its filter.
pub fn set(resource: &mut Object, path: &Path, value: Value) -> Result<(), Unreadable> {
    let owner = owner_mut(resource, path, true)?;
    let Some(owner) = owner else { return Ok(()) };
    let name = key_of(owner, &path.attribute.name);
    let misfit = |found: &Value| {
        Unreadable::new(
            path.to_string(),
            format!("does not fit {}", type_name(found)),
        )
    };
    let slot = owner.entry(name).or_insert(Value::Null);
    match (&path.filter, path.sub_attribute()) {
        (None, None) => *slot = value,
        (None, Some(sub)) => {
            if slot.is_null() {
                *slot = Value::Object(Object::new());
            }
            let Value::Object(fields) = slot else {
                return Err(misfit(slot));
            };
            let sub = key_of(fields, sub);
            fields.insert(sub, value);
        }
        (Some(filter), sub) => {
            if slot.is_null() {
                *slot = Value::Array(Vec::new());
            }
            let Value::Array(items) = slot else {
                return Err(misfit(slot));
            };
            if !items.iter().any(|item| matches_value(filter, item)) {
                items.push(Value::Object(from_filter(filter, path)?));
            }
            for item in items.iter_mut().filter(|item| matches_value(filter, item)) {
                match (sub, item) {
                    (Some(sub), Value::Object(fields)) => {
                        let sub = key_of(fields, sub);
                        fields.insert(sub, value.clone());
                    }
                    (None, item) => *item = value.clone(),
                    (Some(_), other) => return Err(misfit(other)),
                }
            }
        }
    }
    Ok(())
}

/// Clears what a path names. Clearing the `value` of a multi-valued attribute removes the whole
/// entry: one without a value means nothing. Returns whether anything was there.
pub fn unset(resource: &mut Object, path: &Path) -> bool {
    let Ok(Some(owner)) = owner_mut(resource, path, false) else {
        return false;
    };
    let name = key_of(owner, &path.attribute.name);
    let Some(slot) = owner.get_mut(&name) else {
        return false;
    };
    let removed = match (&path.filter, path.sub_attribute()) {
        (None, None) => {
            owner.remove(&name);
            return true;
        }
        (None, Some(sub)) => match slot {
            Value::Object(fields) => {
                let sub = key_of(fields, sub);
                fields.remove(&sub).is_some()
            }
            Value::Array(items) => {
                let fields = items.iter_mut().filter_map(Value::as_object_mut);
                fields.filter_map(|f| f.remove(&key_of(f, sub))).count() > 0
            }
            _ => false,
        },
        (Some(filter), sub) => {
            let Value::Array(items) = slot else {
                return false;
            };
            let matched = items.iter().any(|item| matches_value(filter, item));
            if sub.is_none_or(|sub| same_name(sub, "value")) {
                items.retain(|item| !matches_value(filter, item));
            } else if let Some(sub) = sub {
                for item in items.iter_mut().filter(|item| matches_value(filter, item)) {
                    if let Value::Object(fields) = item {
                        fields.remove(&key_of(fields, sub));
                    }
                }
            }
            matched
        }
    };
    let empty = match slot {
        Value::Object(fields) => fields.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    if empty {
        owner.remove(&name);
    }
    removed
}

/// Whether a filtered path names a value that is there.
#[must_use]
pub fn has_match(resource: &Object, path: &Path) -> bool {
    let owner = match &path.attribute.schema {
        Some(schema) if !names_core(schema) => field(resource, schema).and_then(Value::as_object),
        _ => Some(resource),
    };
    let found = owner.and_then(|owner| field(owner, &path.attribute.name));
    match (&path.filter, found) {
        (Some(filter), Some(Value::Array(items))) => {
            items.iter().any(|item| matches_value(filter, item))
        }
        (Some(_), _) | (None, None | Some(Value::Null)) => false,
        (None, Some(_)) => true,
    }
}

/// The entry that a filtered path would create: `{"type": "work"}` for `emails[type eq "work"]`.
///
/// # Errors
/// When the filter is more than `eq` and `and`.
pub fn from_filter(filter: &Filter, path: &Path) -> Result<Object, Unreadable> {
    let terms = match filter {
        Filter::And(terms) => terms.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut fields = Object::new();
    for term in terms {
        let Filter::Compare(attribute, Compare::Eq, literal) = term else {
            let problem = "matches nothing, and a value can be created from `eq` and `and` only";
            return Err(Unreadable::new(path.to_string(), problem));
        };
        let value = match literal {
            Literal::Null => Value::Null,
            Literal::Bool(flag) => Value::Bool(*flag),
            Literal::Number(number) => Value::Number(number.clone()),
            Literal::Text(text) => Value::String(text.clone()),
        };
        fields.insert(attribute.name.clone(), value);
    }
    Ok(fields)
}

fn names_core(schema: &str) -> bool {
    schema.to_ascii_lowercase().contains(":schemas:core:")
}

/// The spelling under which the object holds the field, or the given one.
pub(super) fn key_of(object: &Object, name: &str) -> String {
    if object.contains_key(name) {
        return name.to_owned();
    }
    object
        .keys()
        .find(|key| same_name(key, name))
        .map_or_else(|| name.to_owned(), Clone::clone)
}

pub(super) fn owner_mut<'a>(
    resource: &'a mut Object,
    path: &Path,
    create: bool,
) -> Result<Option<&'a mut Object>, Unreadable> {
    let Some(schema) = path
        .attribute
        .schema
        .as_ref()
        .filter(|schema| !names_core(schema))
    else {
        return Ok(Some(resource));
    };
    let key = key_of(resource, schema);
    if create {
        resource
            .entry(key.clone())
            .or_insert_with(|| Value::Object(Object::new()));
    }
    match resource.get_mut(&key) {
        None => Ok(None),
        Some(Value::Object(extension)) => Ok(Some(extension)),
        Some(other) => {
            let problem = format!("must be an object, not {}", type_name(other));
            Err(Unreadable::new(schema.clone(), problem))
        }
    }
}
