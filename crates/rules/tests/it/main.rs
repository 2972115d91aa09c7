//! Typed expressions, from text to answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod compile;
mod groups;
mod oracle;
mod run;

use std::collections::BTreeMap;

use model::{Facts, Value};
use rules::{PeopleGroup, Schema, Type, compile_group};

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
    let mut schema = Schema {
        attributes: attributes.map(|(name, of)| (name.to_owned(), of)).into(),
        ..Schema::default()
    };
    for (name, when) in GROUPS {
        let group = compile_group(name, when, &schema).unwrap();
        schema.groups.insert(name.to_owned(), Some(group));
    }
    let listed = PeopleGroup::by_hand(LISTED);
    schema.groups.insert(LISTED.to_owned(), Some(listed));
    schema
}

/// Groups by rule; a later one may ask for an earlier one.
const GROUPS: [(&str, &str); 2] = [
    ("engineers", "person.department == \"Engineering\""),
    ("seniors", "in_group(\"engineers\") && person.grade > 1"),
];

/// A group by hand.
const LISTED: &str = "on-call";

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
