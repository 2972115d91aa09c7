//! Listings (RFC 7644 §3.4.2).

use std::collections::HashSet;

use model::Kind;
use serde_json::Value;

use super::evaluate::field;
use super::{Object, Resource};
use crate::json::{Limits, Unreadable, parse_object, type_name};

/// One page of a listing, each resource checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ListResponse {
    /// How many objects the provider says it has. RFC 7644 requires it; not all send it.
    pub total: Option<usize>,
    /// The number of the first one, from 1, where it is said.
    pub start: Option<usize>,
    /// The objects of this page.
    pub resources: Vec<Resource>,
}

impl ListResponse {
    /// Reads one page.
    ///
    /// # Errors
    /// When the message is no listing, a field has a wrong type, or an id is there twice.
    pub fn read(kind: Kind, bytes: &[u8], limits: &Limits) -> Result<Self, Unreadable> {
        let mut body = parse_object(bytes, limits)?;
        let total = count(&body, "totalResults")?;
        let start = count(&body, "startIndex")?;
        let key = super::attributes::key_of(&body, "Resources");
        let items = match body.remove(&key) {
            Some(Value::Array(items)) => items,
            // "Resources: REQUIRED if totalResults is non-zero" (§3.4.2).
            None | Some(Value::Null) if total == Some(0) => Vec::new(),
            None | Some(Value::Null) => {
                return Err(Unreadable::new(
                    "Resources",
                    "is missing, and the total is not 0",
                ));
            }
            Some(other) => {
                let problem = format!("must be an array, not {}", type_name(&other));
                return Err(Unreadable::new("Resources", problem));
            }
        };
        let resources = read_all(kind, items)?;
        Ok(Self {
            total,
            start,
            resources,
        })
    }
}

fn read_all(kind: Kind, items: Vec<Value>) -> Result<Vec<Resource>, Unreadable> {
    let mut resources: Vec<Resource> = Vec::with_capacity(items.len());
    let mut seen = HashSet::with_capacity(items.len());
    for (i, item) in items.into_iter().enumerate() {
        let place = format!("Resources[{i}]");
        let Value::Object(item) = item else {
            let problem = format!("must be an object, not {}", type_name(&item));
            return Err(Unreadable::new(place, problem));
        };
        let resource = Resource::read(kind, item).map_err(|e| e.within(&place))?;
        if !seen.insert(resource.id.clone()) {
            let problem = "is the id of an earlier object of the same page";
            return Err(Unreadable::new(format!("{place}.id"), problem));
        }
        resources.push(resource);
    }
    Ok(resources)
}

fn count(body: &Object, name: &str) -> Result<Option<usize>, Unreadable> {
    match field(body, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => number
            .as_u64()
            .and_then(|n| usize::try_from(n).ok())
            .map(Some)
            .ok_or_else(|| Unreadable::new(name, "must be a whole number, zero or more")),
        Some(other) => {
            let problem = format!("must be a number, not {}", type_name(other));
            Err(Unreadable::new(name, problem))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    fn read(text: &str) -> Result<ListResponse, Unreadable> {
        ListResponse::read(Kind::Account, text.as_bytes(), &Limits::ANSWER)
    }

    #[test]
    fn a_page_is_read() {
        let page = read(r#"{"totalResults":2,"Resources":[{"id":"1","userName":"a"}]}"#).unwrap();
        assert_eq!(
            (page.total, page.start, page.resources.len()),
            (Some(2), None, 1)
        );
        assert!(read(r#"{"totalResults":0}"#).unwrap().resources.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, place) in [
            ("[]", "(message)"),
            (r#"{"totalResults":"2","Resources":[]}"#, "totalResults"),
            (r#"{"totalResults":-1,"Resources":[]}"#, "totalResults"),
            (r#"{"totalResults":3}"#, "Resources"),
            (r#"{"Resources":{}}"#, "Resources"),
            (r#"{"Resources":[7]}"#, "Resources[0]"),
            (r#"{"Resources":[{"userName":"a"}]}"#, "Resources[0].id"),
            (
                r#"{"Resources":[{"id":7,"userName":"a"}]}"#,
                "Resources[0].id",
            ),
            (
                r#"{"Resources":[{"id":"..","userName":"a"}]}"#,
                "Resources[0].id",
            ),
            (r#"{"Resources":[{"id":"1"}]}"#, "Resources[0].userName"),
            (
                r#"{"Resources":[{"id":"1","userName":"a","active":1}]}"#,
                "Resources[0].active",
            ),
            (
                r#"{"Resources":[{"id":"1","userName":"a"},{"id":"1","userName":"b"}]}"#,
                "Resources[1].id",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().field, place, "{text}");
        }
    }
}
