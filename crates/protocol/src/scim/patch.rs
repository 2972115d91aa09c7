//! PATCH messages (RFC 7644 §3.5.2): written in the provider's dialect, read in any.

use serde_json::{Value, json};

use super::evaluate::field;
use super::{Object, PATCH_OP};
use crate::json::{Limits, Unreadable, parse_object, type_name};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Add a value.
    Add,
    /// Remove one.
    Remove,
    /// Replace one.
    Replace,
}

impl Verb {
    /// The word on the wire; some providers know only the capitalised one.
    #[must_use]
    pub const fn as_str(self, capital: bool) -> &'static str {
        match (self, capital) {
            (Self::Add, false) => "add",
            (Self::Add, true) => "Add",
            (Self::Remove, false) => "remove",
            (Self::Remove, true) => "Remove",
            (Self::Replace, false) => "replace",
            (Self::Replace, true) => "Replace",
        }
    }
}

/// One operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// What it does.
    pub verb: Verb,
    /// Where, as written; `None`: the resource itself, `value` holding attributes.
    pub path: Option<String>,
    /// With what.
    pub value: Option<Value>,
}

impl Operation {
    /// `replace` at a path.
    #[must_use]
    pub fn replace(path: impl Into<String>, value: Value) -> Self {
        Self {
            verb: Verb::Replace,
            path: Some(path.into()),
            value: Some(value),
        }
    }

    /// `add` at a path.
    #[must_use]
    pub fn add(path: impl Into<String>, value: Value) -> Self {
        Self {
            verb: Verb::Add,
            path: Some(path.into()),
            value: Some(value),
        }
    }

    /// `remove` at a path.
    #[must_use]
    pub fn remove(path: impl Into<String>) -> Self {
        Self {
            verb: Verb::Remove,
            path: Some(path.into()),
            value: None,
        }
    }
}

/// A PATCH message: its operations happen all or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchOp {
    /// In this order.
    pub operations: Vec<Operation>,
}

impl PatchOp {
    /// The message; `capital` writes `Add`, `Remove`, `Replace`.
    #[must_use]
    pub fn to_json(&self, capital: bool) -> Value {
        let operations: Vec<Value> = self
            .operations
            .iter()
            .map(|operation| {
                let mut body = json!({ "op": operation.verb.as_str(capital) });
                if let Some(path) = &operation.path {
                    body["path"] = path.as_str().into();
                }
                if let Some(value) = &operation.value {
                    body["value"] = value.clone();
                }
                body
            })
            .collect();
        json!({ "schemas": [PATCH_OP], "Operations": operations })
    }

    /// Reads a message. Verbs in any case, as Entra sends them.
    ///
    /// # Errors
    /// When the message is no PATCH, or an operation is incomplete.
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, Unreadable> {
        let body = parse_object(bytes, limits)?;
        let items = match field(&body, "Operations") {
            Some(Value::Array(items)) if !items.is_empty() => items,
            Some(Value::Array(_)) | None => {
                return Err(Unreadable::new("Operations", "must hold at least one"));
            }
            Some(other) => {
                let problem = format!("must be an array, not {}", type_name(other));
                return Err(Unreadable::new("Operations", problem));
            }
        };
        let mut operations = Vec::with_capacity(items.len());
        for (i, item) in items.iter().enumerate() {
            let place = format!("Operations[{i}]");
            operations.push(operation(item).map_err(|e| e.within(&place))?);
        }
        Ok(Self { operations })
    }
}

fn operation(item: &Value) -> Result<Operation, Unreadable> {
    let Value::Object(fields) = item else {
        return Err(Unreadable::new("(operation)", "must be an object"));
    };
    let verb = match text(fields, "op")?.map(str::to_ascii_lowercase).as_deref() {
        Some("add") => Verb::Add,
        Some("remove") => Verb::Remove,
        Some("replace") => Verb::Replace,
        _ => return Err(Unreadable::new("op", "must be add, remove or replace")),
    };
    let path = text(fields, "path")?.map(str::to_owned);
    let value = field(fields, "value").cloned();
    if verb == Verb::Remove && path.is_none() {
        return Err(Unreadable::new("path", "is required to remove something"));
    }
    if verb != Verb::Remove && value.is_none() {
        return Err(Unreadable::new(
            "value",
            "is required to add or replace something",
        ));
    }
    Ok(Operation { verb, path, value })
}

fn text<'a>(fields: &'a Object, name: &str) -> Result<Option<&'a str>, Unreadable> {
    match field(fields, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(Unreadable::new(
            name,
            format!("must be a text, not {}", type_name(other)),
        )),
    }
}
