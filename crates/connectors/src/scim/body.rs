//! What is sent: objects and PATCH messages in the provider's dialect.

use model::{Attributes, Kind, Outcome, Value as Ours};
use protocol::scim::attributes::{has_match, is_multi_valued, set, to_json, unset};
use protocol::scim::path::same_name;
use protocol::scim::profile::{MultiStyle, PatchStyle};
use protocol::scim::resource::{ensure_enterprise, stamp_schemas};
use protocol::scim::{Object, Operation, PatchOp, Path, ScimProfile, Verb};
use serde_json::Value;

/// Attributes that only the provider writes (RFC 7643 §3.1, §4.1.2) and that a PUT leaves out.
const READ_ONLY: [&str; 2] = ["meta", "groups"];

fn refuse(path: &str, why: impl std::fmt::Display) -> Outcome {
    Outcome::Refused {
        code: "SCIM-attribute".to_owned(),
        detail: format!("`{path}`: {why}"),
    }
}

/// A path of ours, if this provider has the attribute and we may change it this way.
fn checked(profile: &ScimProfile, text: &str) -> Result<Path, Outcome> {
    let path: Path = text.parse().map_err(|e| refuse(text, e))?;
    let name = path.attribute.name.as_str();
    let ours = [
        "id",
        "meta",
        "schemas",
        "externalId",
        "active",
        "members",
        "groups",
    ];
    if path.attribute.schema.is_none() && ours.iter().any(|o| same_name(o, name)) {
        return Err(refuse(text, "is not changed as an attribute"));
    }
    if profile.lacking(text) {
        return Err(refuse(
            text,
            "this app has no such attribute; leave it out of its mapping",
        ));
    }
    Ok(path)
}

fn json_value(text: &str, path: &Path, value: &Ours) -> Result<Value, Outcome> {
    to_json(path, value).map_err(|e| refuse(text, e.problem))
}

/// The object of a creation.
pub(super) fn create(
    profile: &ScimProfile,
    kind: Kind,
    external: &str,
    active: bool,
    attributes: &Attributes,
) -> Result<Object, Outcome> {
    let mut body = Object::new();
    if profile.external_id {
        body.insert("externalId".to_owned(), external.into());
    }
    if kind == Kind::Account {
        body.insert("active".to_owned(), active.into());
    } else if profile.members_on_create {
        body.insert("members".to_owned(), Value::Array(Vec::new()));
    }
    for (text, value) in attributes {
        let path = checked(profile, text)?;
        let value = json_value(text, &path, value)?;
        set(&mut body, &path, value).map_err(|e| refuse(text, e.problem))?;
    }
    finish(profile, kind, &mut body);
    Ok(body)
}

/// What every object that is sent whole needs: the provider's required parts, none of its
/// rejected ones, and the schemas.
pub(super) fn finish(profile: &ScimProfile, kind: Kind, body: &mut Object) {
    for name in READ_ONLY {
        body.remove(name);
    }
    if kind == Kind::Account {
        if profile.require_enterprise {
            ensure_enterprise(body);
        }
        if profile.require_formatted_name {
            format_name(body);
        }
    }
    for (name, value) in body.iter_mut() {
        omit(profile, name, value);
    }
    stamp_schemas(kind, body);
}

fn format_name(body: &mut Object) {
    let user = body
        .get("userName")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let display = body
        .get("displayName")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let name = body
        .entry("name")
        .or_insert_with(|| Value::Object(Object::new()));
    let Value::Object(name) = name else { return };
    if name.get("formatted").is_some_and(Value::is_string) {
        return;
    }
    let parts = ["givenName", "familyName"].map(|part| name.get(part).and_then(Value::as_str));
    let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let formatted = if joined.is_empty() {
        display.unwrap_or(user)
    } else {
        joined
    };
    name.insert("formatted".to_owned(), formatted.into());
}

fn omit(profile: &ScimProfile, name: &str, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| omit(profile, name, item)),
        Value::Object(fields) => fields.retain(|sub, _| !profile.omits(name, sub)),
        _ => {}
    }
}

/// Whether an update can be said without having read the object.
pub(super) fn needs_object<'a>(
    profile: &ScimProfile,
    mut paths: impl Iterator<Item = &'a String>,
) -> bool {
    profile.patch == PatchStyle::Put
        || paths.any(|text| {
            text.parse::<Path>().is_ok_and(|path| {
                path.filter.is_some()
                    || (profile.patch == PatchStyle::Pathless
                        && is_multi_valued(&path.attribute.name))
            })
        })
}

/// The object after an update.
pub(super) fn changed(
    profile: &ScimProfile,
    before: &Object,
    set_paths: &Attributes,
    unset_paths: &[String],
) -> Result<Object, Outcome> {
    let mut body = with_types(profile, before);
    for text in unset_paths {
        unset(&mut body, &checked(profile, text)?);
    }
    for (text, value) in set_paths {
        let path = checked(profile, text)?;
        let value = json_value(text, &path, value)?;
        set(&mut body, &path, value).map_err(|e| refuse(text, e.problem))?;
    }
    Ok(body)
}

/// Where a provider has no types, its entries get the one that they are read as, so that
/// filtered paths find them. The type is dropped again before anything is sent.
fn with_types(profile: &ScimProfile, before: &Object) -> Object {
    let mut body = before.clone();
    let Some(untyped) = profile.untyped() else {
        return body;
    };
    for (name, value) in &mut body {
        if let Value::Array(items) = value
            && profile.omits(name, "type")
        {
            for fields in items.iter_mut().filter_map(Value::as_object_mut) {
                fields.entry("type").or_insert_with(|| untyped.into());
            }
        }
    }
    body
}

/// The PATCH of an update. `before` is the object as it is, where [`needs_object`] asks for it.
pub(super) fn patch(
    profile: &ScimProfile,
    before: Option<&Object>,
    set_paths: &Attributes,
    unset_paths: &[String],
) -> Result<PatchOp, Outcome> {
    let mut operations = Vec::new();
    let mut whole: Vec<String> = Vec::new();
    for text in unset_paths {
        let path = checked(profile, text)?;
        match (&path.filter, before) {
            (Some(_), Some(object)) if profile.multi == MultiStyle::Whole => {
                if has_match(&with_types(profile, object), &path) {
                    note(&mut whole, &path);
                }
            }
            (Some(_), Some(object)) => {
                if has_match(object, &path) {
                    let sub = path.sub_attribute().filter(|sub| !same_name(sub, "value"));
                    let entry = Path {
                        sub: sub.map(str::to_owned),
                        ..path
                    };
                    operations.push(Operation::remove(entry.to_string()));
                }
            }
            _ => operations.push(Operation::remove(text.clone())),
        }
    }
    let mut merged = Object::new();
    for (text, value) in set_paths {
        let path = checked(profile, text)?;
        let json = json_value(text, &path, value)?;
        let by_whole = profile.multi == MultiStyle::Whole || profile.patch == PatchStyle::Pathless;
        match (&path.filter, before) {
            (Some(_), Some(_)) if by_whole => note(&mut whole, &path),
            (Some(_), Some(object)) if !has_match(object, &path) => {
                operations.push(add_entry(text, &path, json)?);
            }
            _ if profile.patch == PatchStyle::Pathless => {
                set(&mut merged, &path, json).map_err(|e| refuse(text, e.problem))?;
            }
            _ => operations.push(Operation::replace(text.clone(), json)),
        }
    }
    if let (false, Some(object)) = (whole.is_empty(), before) {
        let after = changed(profile, object, set_paths, unset_paths)?;
        for name in whole {
            let mut value = after
                .get(&name)
                .cloned()
                .unwrap_or_else(|| Value::Array(Vec::new()));
            omit(profile, &name, &mut value);
            if profile.patch == PatchStyle::Pathless {
                merged.insert(name, value);
            } else {
                operations.push(Operation::replace(name, value));
            }
        }
    }
    if !merged.is_empty() {
        let value = Some(Value::Object(merged));
        operations.push(Operation {
            verb: Verb::Replace,
            path: None,
            value,
        });
    }
    Ok(PatchOp { operations })
}

fn note(whole: &mut Vec<String>, path: &Path) {
    if !whole.contains(&path.attribute.name) {
        whole.push(path.attribute.name.clone());
    }
}

/// `replace` on a filter that matches nothing is an error (RFC 7644 §3.5.2.3): the value is
/// added whole instead.
fn add_entry(text: &str, path: &Path, value: Value) -> Result<Operation, Outcome> {
    let Some(filter) = &path.filter else {
        return Ok(Operation::add(text, value));
    };
    let mut entry = protocol::scim::attributes::from_filter(filter, path)
        .map_err(|e| refuse(text, e.problem))?;
    entry.insert(path.sub_attribute().unwrap_or("value").to_owned(), value);
    let list = Value::Array(vec![Value::Object(entry)]);
    Ok(Operation::add(path.attribute.to_string(), list))
}
