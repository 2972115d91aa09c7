//! Typed expressions, from text to answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compile;
mod oracle;
mod run;

use std::collections::BTreeMap;

use model::{Facts, Value};
use rules::{Schema, Type};

fn schema() -> Schema {
    let attributes = [
        ("department", Type::Text),
        ("given_name", Type::Text),
        ("family_name", Type::Text),
        ("title", Type::Text),
        ("grade", Type::Int),
        ("remote", Type::Bool),
        ("skills", Type::List),
    ];
    Schema {
        attributes: attributes.map(|(name, of)| (name.to_owned(), of)).into(),
    }
}

fn facts(attributes: &[(&str, Value)]) -> Facts {
    let attributes: BTreeMap<String, Value> = attributes
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    Facts {
        attributes,
        starts: None,
        ends: None,
        zone: "UTC".to_owned(),
        leave: None,
    }
}

fn ana() -> Facts {
    facts(&[
        ("department", "Engineering".into()),
        ("given_name", "Zoë".into()),
        ("family_name", "Müller".into()),
        ("grade", Value::Int(7)),
        ("remote", Value::Bool(true)),
        (
            "skills",
            Value::List(vec!["rust".to_owned(), "sql".to_owned()]),
        ),
    ])
}
