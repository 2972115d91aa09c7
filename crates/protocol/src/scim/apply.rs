//! What a PATCH does to a resource (RFC 7644 §3.5.2), on the provider's side.

use serde_json::Value;

use super::attributes::{has_match, key_of, owner_mut, set, unset};
use super::evaluate::matches_value;
use super::path::Path;
use super::{Object, Operation, PatchOp, ScimError, Verb};
use crate::json::Unreadable;

/// Where providers differ in applying a PATCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leniency {
    /// A filtered path that matches nothing creates the value (as Entra expects) instead of
    /// failing with `noTarget` (as §3.5.2.3 says).
    pub create_on_absent: bool,
    /// `remove` with the path `members` and a `value` list removes those (as Entra sends it)
    /// instead of all.
    pub remove_by_value: bool,
}

/// Applies all operations to a copy and hands it back: all or nothing.
///
/// # Errors
/// A 400 with the `scimType` of table 9: `invalidPath`, `noTarget`, `invalidValue`.
pub fn apply(before: &Object, patch: &PatchOp, leniency: Leniency) -> Result<Object, ScimError> {
    let mut after = before.clone();
    for operation in &patch.operations {
        apply_one(&mut after, operation, leniency)?;
    }
    Ok(after)
}

fn refused(scim_type: &str, detail: impl Into<String>) -> ScimError {
    ScimError {
        status: Some(400),
        scim_type: Some(scim_type.to_owned()),
        detail: Some(detail.into()),
    }
}

fn invalid_value(error: &Unreadable) -> ScimError {
    refused("invalidValue", error.to_string())
}

fn apply_one(
    resource: &mut Object,
    operation: &Operation,
    leniency: Leniency,
) -> Result<(), ScimError> {
    let Some(text) = &operation.path else {
        let Some(Value::Object(fields)) = &operation.value else {
            return Err(refused(
                "invalidValue",
                "without a path, the value must be an object",
            ));
        };
        return merge(resource, fields, operation.verb);
    };
    let path: Path = text
        .parse()
        .map_err(|e: Unreadable| refused("invalidPath", e.to_string()))?;
    match (operation.verb, &operation.value) {
        (Verb::Remove, Some(Value::Array(values)))
            if leniency.remove_by_value && path.filter.is_none() && !values.is_empty() =>
        {
            remove_values(resource, &path, values);
            Ok(())
        }
        (Verb::Remove, _) => {
            unset(resource, &path);
            Ok(())
        }
        (_, None) => Err(refused("invalidValue", "the value is missing")),
        (Verb::Add, Some(value)) if path.filter.is_none() && path.sub_attribute().is_none() => {
            add(resource, &path, value.clone()).map_err(|e| invalid_value(&e))
        }
        (Verb::Add | Verb::Replace, Some(value)) => {
            if path.filter.is_some() && !has_match(resource, &path) && !leniency.create_on_absent {
                return Err(refused(
                    "noTarget",
                    "the filter of the path matches nothing",
                ));
            }
            set(resource, &path, value.clone()).map_err(|e| invalid_value(&e))
        }
    }
}

/// A PATCH without path: each field of the value is an attribute, an extension's URN or, in
/// Entra's dialect, a whole path (`name.givenName`).
fn merge(resource: &mut Object, fields: &Object, verb: Verb) -> Result<(), ScimError> {
    for (name, value) in fields {
        if let (true, Value::Object(extension)) = (name.contains(':'), value) {
            for (inner, value) in extension {
                put(resource, &format!("{name}:{inner}"), value, verb)?;
            }
        } else {
            put(resource, name, value, verb)?;
        }
    }
    Ok(())
}

fn put(resource: &mut Object, path: &str, value: &Value, verb: Verb) -> Result<(), ScimError> {
    let path: Path = path
        .parse()
        .map_err(|e: Unreadable| refused("invalidPath", e.to_string()))?;
    let done = match (verb, value) {
        (Verb::Add, _) => add(resource, &path, value.clone()),
        // Replacing a complex attribute touches the sub-attributes that are given.
        (_, Value::Object(_)) => add(resource, &path, value.clone()),
        _ => set(resource, &path, value.clone()),
    };
    done.map_err(|e| invalid_value(&e))
}

fn add(resource: &mut Object, path: &Path, value: Value) -> Result<(), Unreadable> {
    let existing = {
        let Some(owner) = owner_mut(resource, path, true)? else {
            return Ok(());
        };
        let key = key_of(owner, &path.attribute.name);
        owner.get_mut(&key)
    };
    match (existing, value) {
        (Some(Value::Array(items)), Value::Array(more)) if path.sub_attribute().is_none() => {
            for item in more {
                if !items.iter().any(|old| same_entry(old, &item)) {
                    items.push(item);
                }
            }
            Ok(())
        }
        (Some(Value::Array(items)), one) if path.sub_attribute().is_none() => {
            if !items.iter().any(|old| same_entry(old, &one)) {
                items.push(one);
            }
            Ok(())
        }
        (Some(Value::Object(fields)), Value::Object(more)) => {
            for (name, value) in more {
                let key = key_of(fields, &name);
                fields.insert(key, value);
            }
            Ok(())
        }
        (_, value) => set(resource, path, value),
    }
}

/// Two entries with the same `value` and `type` are one: adding a member twice changes nothing.
fn same_entry(a: &Value, b: &Value) -> bool {
    match (a.as_object(), b.as_object()) {
        (Some(a), Some(b)) => {
            a.get("value").is_some() && a.get("value") == b.get("value") && {
                let (left, right) = (a.get("type"), b.get("type"));
                left == right || left.is_none() || right.is_none()
            }
        }
        _ => a == b,
    }
}

fn remove_values(resource: &mut Object, path: &Path, values: &[Value]) {
    let Ok(Some(owner)) = owner_mut(resource, path, false) else {
        return;
    };
    let key = key_of(owner, &path.attribute.name);
    if let Some(Value::Array(items)) = owner.get_mut(&key) {
        items.retain(|item| !values.iter().any(|gone| same_entry(item, gone)));
        if items.is_empty() {
            owner.remove(&key);
        }
    }
}

/// Whether an operation names members that are not there, which some providers refuse.
#[must_use]
pub fn names_nothing(resource: &Object, path: &Path) -> bool {
    match (&path.filter, resource.get(&path.attribute.name)) {
        (Some(filter), Some(Value::Array(items))) => {
            !items.iter().any(|item| matches_value(filter, item))
        }
        (Some(_), _) => true,
        (None, _) => false,
    }
}
