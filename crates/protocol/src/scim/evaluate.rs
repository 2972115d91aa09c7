//! Whether a resource meets a filter.

use std::cmp::Ordering;

use serde_json::Value;

use super::Object;
use super::filter::{Compare, Filter, Literal};
use super::path::{AttributePath, same_name};

/// Core attributes whose texts are compared with case (RFC 7643 §3.1, §4: `caseExact`).
const EXACT: [&str; 8] = [
    "id",
    "externalId",
    "password",
    "$ref",
    "location",
    "version",
    "resourceType",
    "schemas",
];

/// Whether two texts are equal the way SCIM compares the attribute `name`.
#[must_use]
pub fn equal_text(name: &str, a: &str, b: &str) -> bool {
    if EXACT.iter().any(|exact| same_name(exact, name)) {
        a == b
    } else {
        a == b || a.to_lowercase() == b.to_lowercase()
    }
}

/// Whether the resource meets the filter. Unknown attributes are absent, never an error
/// (RFC 7644 §3.4.2.1).
#[must_use]
pub fn matches(filter: &Filter, resource: &Object) -> bool {
    match filter {
        Filter::And(terms) => terms.iter().all(|term| matches(term, resource)),
        Filter::Or(terms) => terms.iter().any(|term| matches(term, resource)),
        Filter::Not(inner) => !matches(inner, resource),
        Filter::Present(path) => values(path, resource).into_iter().any(has_value),
        Filter::Compare(path, compare, literal) => {
            let exact = path.sub.as_deref().unwrap_or(&path.name);
            let found = values(path, resource);
            if *compare == Compare::Ne {
                return !found
                    .into_iter()
                    .any(|v| holds(v, Compare::Eq, literal, exact));
            }
            if found.is_empty() {
                return *literal == Literal::Null && *compare == Compare::Eq;
            }
            found
                .into_iter()
                .any(|value| holds(value, *compare, literal, exact))
        }
        Filter::Values(path, inner) => values(path, resource)
            .into_iter()
            .any(|value| matches_value(inner, value)),
    }
}

/// Whether one value of a multi-valued attribute meets the filter.
pub(super) fn matches_value(filter: &Filter, value: &Value) -> bool {
    match value {
        Value::Object(fields) => matches(filter, fields),
        // A plain value is its own `value` (RFC 7643 §2.4).
        plain => {
            let mut fields = Object::new();
            fields.insert("value".to_owned(), plain.clone());
            matches(filter, &fields)
        }
    }
}

/// The field of this name, in any case.
#[must_use]
pub(super) fn field<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| {
        object
            .iter()
            .find(|(key, _)| same_name(key, name))
            .map(|(_, v)| v)
    })
}

fn values<'a>(path: &AttributePath, resource: &'a Object) -> Vec<&'a Value> {
    let owner = match &path.schema {
        Some(schema) => match field(resource, schema) {
            Some(Value::Object(extension)) => extension,
            Some(_) => return Vec::new(),
            // The URN of a core schema names the resource itself.
            None if schema.to_ascii_lowercase().contains(":schemas:core:") => resource,
            None => return Vec::new(),
        },
        None => resource,
    };
    let Some(found) = field(owner, &path.name) else {
        return Vec::new();
    };
    let items: Vec<&Value> = match found {
        Value::Array(items) => items.iter().collect(),
        one => vec![one],
    };
    match &path.sub {
        None => items,
        Some(sub) => items
            .into_iter()
            .filter_map(|item| item.as_object().and_then(|fields| field(fields, sub)))
            .collect(),
    }
}

fn has_value(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn holds(value: &Value, compare: Compare, literal: &Literal, name: &str) -> bool {
    match (value, literal) {
        (Value::Object(fields), _) => {
            field(fields, "value").is_some_and(|inner| holds(inner, compare, literal, name))
        }
        (Value::Null, Literal::Null) => compare == Compare::Eq,
        (Value::Bool(a), Literal::Bool(b)) => compare == Compare::Eq && a == b,
        (Value::Number(a), Literal::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => ordered(compare, a.cmp(&b)),
            _ => match a
                .as_f64()
                .zip(b.as_f64())
                .and_then(|(a, b)| a.partial_cmp(&b))
            {
                Some(ordering) => ordered(compare, ordering),
                None => false,
            },
        },
        (Value::String(a), Literal::Text(b)) => texts(compare, a, b, name),
        _ => false,
    }
}

fn texts(compare: Compare, a: &str, b: &str, name: &str) -> bool {
    if compare == Compare::Eq {
        return equal_text(name, a, b);
    }
    let exact = EXACT.iter().any(|e| same_name(e, name));
    let (a, b) = if exact {
        (a.to_owned(), b.to_owned())
    } else {
        (a.to_lowercase(), b.to_lowercase())
    };
    match compare {
        Compare::Co => a.contains(&b),
        Compare::Sw => a.starts_with(&b),
        Compare::Ew => a.ends_with(&b),
        _ => ordered(compare, a.cmp(&b)),
    }
}

const fn ordered(compare: Compare, ordering: Ordering) -> bool {
    match compare {
        Compare::Eq => ordering.is_eq(),
        Compare::Gt => ordering.is_gt(),
        Compare::Ge => ordering.is_ge(),
        Compare::Lt => ordering.is_lt(),
        Compare::Le => ordering.is_le(),
        Compare::Ne | Compare::Co | Compare::Sw | Compare::Ew => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use serde_json::json;

    fn met(filter: &str) -> bool {
        let Value::Object(user) = json!({
            "id": "Ab", "userName": "Bjensen", "active": true, "n": 5,
            "name": {"familyName": "O'Malley"},
            "emails": [{"type": "work", "value": "b@acme.com"}, {"type": "home", "value": "b@x.org"}],
            "meta": {"lastModified": "2011-05-13T04:42:34Z"},
            super::super::ENTERPRISE: {"department": "Sales"},
        }) else {
            panic!("an object")
        };
        matches(&filter.parse().unwrap(), &user)
    }

    #[test]
    fn the_examples_of_the_rfc() {
        assert!(met(r#"userName Eq "bjensen""#));
        assert!(met(r#"name.familyName co "O'Malley""#));
        assert!(met(r#"userName sw "B""#));
        assert!(met(
            r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "B""#
        ));
        assert!(!met("title pr"));
        assert!(met(r#"meta.lastModified gt "2011-05-13T04:42:33Z""#));
        assert!(met(r#"title pr or userName eq "bjensen""#));
        assert!(met(r#"emails[type eq "work" and value co "@acme.com"]"#));
        assert!(!met(r#"emails[type eq "work" and value co "@x.org"]"#));
        assert!(met(r#"emails co "x.org""#));
        assert!(met(r#"not (userName eq "x") and active eq true"#));
        assert!(met(r#"n ge 5 and n lt 6 and n ne 4"#));
    }

    #[test]
    fn ids_are_compared_with_case_and_names_without() {
        assert!(met(r#"id eq "Ab""#) && !met(r#"id eq "ab""#));
        assert!(met(r#"USERNAME eq "BJENSEN""#));
    }

    #[test]
    fn extensions_and_absent_attributes() {
        let department = format!(r#"{}:department eq "sales""#, super::super::ENTERPRISE);
        assert!(met(&department));
        assert!(met("title eq null") && met(r#"title ne "x""#) && !met(r#"title eq "x""#));
        assert!(!met(r#"active eq "true""#), "types differ");
    }
}
