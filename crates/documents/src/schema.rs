//! The JSON Schema of each kind, and the check of a document's shape against it.
//!
//! Only what `schemars` writes for the types of `wire` is understood here: types, properties,
//! references, enumerations, alternatives and ranges. A keyword beyond that fails a test.

use std::sync::LazyLock;

use rules::closest;
use schemars::JsonSchema;
use serde_json::{Map, Value as Json, json};

use crate::report::{self, Report};
use crate::wire::alarm::{AlarmSpec, ChannelSpec};
use crate::wire::beside::{
    HoldSpec, PeopleGroupSpec, PersonSpec, PersonalGrantSpec, ServiceAccountSpec,
};
use crate::wire::client_registration::ClientRegistrationSpec;
use crate::wire::drill::DrillSpec;
use crate::wire::expectation::{LifecycleTestSpec, MappingTestSpec};
use crate::wire::identity_provider::IdentityProviderSpec;
use crate::wire::password_directory::PasswordDirectorySpec;
use crate::wire::relying_party::RelyingPartySpec;
use crate::wire::saml_metadata::SamlMetadataSpec;
use crate::wire::sign_on::SignOnPolicySpec;
use crate::wire::{AppSpec, Document, GuardSpec, RuleSpec, SourceSpec};
use crate::yaml::{Node, Part, Value};

/// What a document can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An HR source.
    Source,
    /// A target system.
    App,
    /// Who gets what by birthright.
    BirthrightRule,
    /// A group of people, for conditions.
    Group,
    /// What one person gets beside the rules.
    Grant,
    /// What a wave may do without being asked.
    Guard,
    /// That what one person left behind is not deleted.
    Hold,
    /// Somebody who is not in HR.
    Person,
    /// An account that a workload uses.
    ServiceAccount,
    /// A way to tell people something.
    Channel,
    /// What people are told of, and how.
    Alarm,
    /// A made-up person on whom the whole way is tried.
    Drill,
    /// Something that people sign in to.
    RelyingParty,
    /// That clients may register themselves, and as what.
    ClientRegistration,
    /// What service providers of SAML are told of us.
    SamlMetadata,
    /// Somewhere else where people prove who they are.
    IdentityProvider,
    /// A directory that knows passwords which have not been moved here yet.
    PasswordDirectory,
    /// Who may sign in, and with what.
    SignOnPolicy,
    /// What mappings are expected to give for one person.
    MappingTest,
    /// What one person is expected to have, from moment to moment.
    LifecycleTest,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 20] = [
        Self::Source,
        Self::App,
        Self::BirthrightRule,
        Self::Group,
        Self::Grant,
        Self::Guard,
        Self::Hold,
        Self::Person,
        Self::ServiceAccount,
        Self::Channel,
        Self::Alarm,
        Self::Drill,
        Self::RelyingParty,
        Self::ClientRegistration,
        Self::SamlMetadata,
        Self::IdentityProvider,
        Self::PasswordDirectory,
        Self::SignOnPolicy,
        Self::MappingTest,
        Self::LifecycleTest,
    ];

    /// Whether a tenant has at most one document of this kind, whatever it is called.
    pub(crate) const fn single(self) -> bool {
        matches!(
            self,
            Self::Guard | Self::SamlMetadata | Self::SignOnPolicy | Self::PasswordDirectory
        )
    }

    /// The word in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "Source",
            Self::App => "App",
            Self::BirthrightRule => "BirthrightRule",
            Self::Group => "Group",
            Self::Grant => "Grant",
            Self::Guard => "Guard",
            Self::Hold => "Hold",
            Self::Person => "Person",
            Self::ServiceAccount => "ServiceAccount",
            Self::Channel => "Channel",
            Self::Alarm => "Alarm",
            Self::Drill => "Drill",
            Self::RelyingParty => "RelyingParty",
            Self::ClientRegistration => "ClientRegistration",
            Self::SamlMetadata => "SamlMetadata",
            Self::IdentityProvider => "IdentityProvider",
            Self::PasswordDirectory => "PasswordDirectory",
            Self::SignOnPolicy => "SignOnPolicy",
            Self::MappingTest => "MappingTest",
            Self::LifecycleTest => "LifecycleTest",
        }
    }
}

static SCHEMAS: LazyLock<[Json; 20]> = LazyLock::new(|| {
    [
        schema_of::<SourceSpec>(Kind::Source),
        schema_of::<AppSpec>(Kind::App),
        schema_of::<RuleSpec>(Kind::BirthrightRule),
        schema_of::<PeopleGroupSpec>(Kind::Group),
        schema_of::<PersonalGrantSpec>(Kind::Grant),
        schema_of::<GuardSpec>(Kind::Guard),
        schema_of::<HoldSpec>(Kind::Hold),
        schema_of::<PersonSpec>(Kind::Person),
        schema_of::<ServiceAccountSpec>(Kind::ServiceAccount),
        schema_of::<ChannelSpec>(Kind::Channel),
        schema_of::<AlarmSpec>(Kind::Alarm),
        schema_of::<DrillSpec>(Kind::Drill),
        schema_of::<RelyingPartySpec>(Kind::RelyingParty),
        schema_of::<ClientRegistrationSpec>(Kind::ClientRegistration),
        schema_of::<SamlMetadataSpec>(Kind::SamlMetadata),
        schema_of::<IdentityProviderSpec>(Kind::IdentityProvider),
        schema_of::<PasswordDirectorySpec>(Kind::PasswordDirectory),
        schema_of::<SignOnPolicySpec>(Kind::SignOnPolicy),
        schema_of::<MappingTestSpec>(Kind::MappingTest),
        schema_of::<LifecycleTestSpec>(Kind::LifecycleTest),
    ]
});

/// The JSON Schema (draft 2020-12) of a kind of document, for editors.
#[must_use]
pub fn json_schema(kind: Kind) -> &'static Json {
    &SCHEMAS[kind as usize]
}

fn schema_of<S: JsonSchema>(kind: Kind) -> Json {
    let mut schema = schemars::schema_for!(Document<S>).to_value();
    schema["title"] = json!(kind.as_str());
    schema["properties"]["kind"] = json!({ "const": kind.as_str() });
    schema
}

/// Reports everything in `document` that is not of the kind's shape.
pub(crate) fn check(kind: Kind, document: &Node, report: &mut Report<'_>) {
    let root = json_schema(kind);
    let mut walk = Walk {
        defs: root.get("$defs").and_then(Json::as_object),
        report,
    };
    walk.value(root, document, &mut Vec::new());
}

struct Walk<'s, 'r, 'f> {
    defs: Option<&'s Map<String, Json>>,
    report: &'r mut Report<'f>,
}

impl<'s> Walk<'s, '_, '_> {
    fn resolve(&self, schema: &'s Json) -> &'s Json {
        schema
            .get("$ref")
            .and_then(Json::as_str)
            .and_then(|at| at.strip_prefix("#/$defs/"))
            .and_then(|name| self.defs?.get(name))
            .unwrap_or(schema)
    }

    fn value<'n>(&mut self, schema: &'s Json, node: &'n Node, path: &mut Vec<Part<'n>>) {
        let schema = self.resolve(schema);
        if node.value == Value::Odd {
            let problem = "this number is no whole number of 64 bits";
            let fix = "write a whole number, or put it in quotes if it is text";
            return self.report.at(report::TYPE, node.place, path, problem, fix);
        }
        if let Some(options) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
            let options = options.as_array().map_or(&[][..], Vec::as_slice);
            return self.alternatives(options, node, path);
        }
        let allowed = types(schema);
        if !allowed.is_empty() && !allowed.contains(&type_of(&node.value)) {
            let problem = format!(
                "{} is needed here, not {}",
                article(allowed[0]),
                article(type_of(&node.value))
            );
            let fix = match (allowed[0], &node.value) {
                ("string", Value::Int(_) | Value::Bool(_)) => "put it in quotes",
                _ => "",
            };
            return self.report.at(report::TYPE, node.place, path, problem, fix);
        }
        match &node.value {
            Value::Map(_) => self.map(schema, node, path),
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    path.push(Part::Index(index));
                    if let Some(of) = schema.get("items") {
                        self.value(of, item, path);
                    } else {
                        self.value(&Json::Null, item, path);
                    }
                    path.pop();
                }
            }
            Value::Text(text) => self.word(schema, text, node, path),
            Value::Int(number) => self.range(schema, *number, node, path),
            Value::Bool(_) | Value::Null | Value::Odd => {}
        }
    }

    fn map<'n>(&mut self, schema: &'s Json, node: &'n Node, path: &mut Vec<Part<'n>>) {
        let Value::Map(entries) = &node.value else {
            return;
        };
        let known = schema.get("properties").and_then(Json::as_object);
        let others = schema.get("additionalProperties");
        for (key, place, value) in entries {
            path.push(Part::Key(key));
            match (known.and_then(|known| known.get(key)), others) {
                (Some(of), _) => self.value(of, value, path),
                (None, Some(Json::Bool(false))) => {
                    let names = known.into_iter().flatten().map(|(name, _)| name.as_str());
                    let fix = match closest(key, names.clone()) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("known here: {}", names.collect::<Vec<_>>().join(", ")),
                    };
                    let problem = format!("unknown field `{key:.80}`");
                    self.report
                        .at(report::UNKNOWN_FIELD, *place, path, problem, fix);
                }
                (None, Some(of @ Json::Object(_))) => self.value(of, value, path),
                (None, _) => self.value(&Json::Null, value, path),
            }
            path.pop();
        }
        let required = schema.get("required").and_then(Json::as_array);
        for name in required.into_iter().flatten().filter_map(Json::as_str) {
            if node.get(name).is_none() {
                let about = known
                    .and_then(|known| known.get(name)?.get("description")?.as_str())
                    .unwrap_or_default();
                let problem = format!("`{name}` is missing");
                self.report
                    .at(report::MISSING_FIELD, node.place, path, problem, about);
            }
        }
    }

    fn word(&mut self, schema: &Json, text: &str, node: &Node, path: &[Part<'_>]) {
        let words: Vec<&str> = match (schema.get("const"), schema.get("enum")) {
            (Some(word), _) => word.as_str().into_iter().collect(),
            (_, Some(words)) => words
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .collect(),
            _ => return,
        };
        self.one_of(&words, text, node, path);
    }

    fn one_of(&mut self, words: &[&str], text: &str, node: &Node, path: &[Part<'_>]) {
        if !words.contains(&text) {
            let fix = match closest(text, words.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("write one of: {}", words.join(" ")),
            };
            let problem = format!("`{text:.80}` is not possible here");
            self.report
                .at(report::VALUE, node.place, path, problem, fix);
        }
    }

    fn range(&mut self, schema: &Json, number: i64, node: &Node, path: &[Part<'_>]) {
        let bound = |name: &str| schema.get(name).and_then(Json::as_i64);
        let (least, most) = (bound("minimum"), bound("maximum"));
        if least.is_some_and(|least| number < least) || most.is_some_and(|most| number > most) {
            let fix = match (least, most) {
                (Some(least), Some(most)) => format!("write a number from {least} to {most}"),
                (Some(least), None) => format!("write {least} or more"),
                _ => String::new(),
            };
            self.report.at(
                report::VALUE,
                node.place,
                path,
                format!("{number} is out of range"),
                fix,
            );
        }
    }

    /// One of several shapes: told apart by the type of the value, then by a field that it has.
    fn alternatives<'n>(&mut self, options: &'s [Json], node: &'n Node, path: &mut Vec<Part<'n>>) {
        let options: Vec<&Json> = options.iter().map(|option| self.resolve(option)).collect();
        let words: Option<Vec<&str>> = options
            .iter()
            .map(|option| option.get("const").and_then(Json::as_str))
            .collect();
        if let (Some(words), Value::Text(text)) = (&words, &node.value) {
            return self.one_of(words, text, node, path);
        }
        let fits = |option: &&&Json| {
            let allowed = types(option);
            allowed.is_empty() || allowed.contains(&type_of(&node.value))
        };
        let fitting: Vec<&Json> = options.iter().filter(fits).copied().collect();
        match fitting.as_slice() {
            [] => {
                let kinds: Vec<&str> = options.iter().flat_map(|o| types(o)).map(article).collect();
                let problem = format!("{} cannot stand here", article(type_of(&node.value)));
                let fix = match words {
                    Some(words) => format!("write one of: {}", words.join(" ")),
                    None => format!("write {}", kinds.join(" or ")),
                };
                self.report.at(report::TYPE, node.place, path, problem, fix);
            }
            [one] => self.value(one, node, path),
            several => {
                let keys = |option: &Json| -> Vec<String> {
                    let properties = option.get("properties").and_then(Json::as_object);
                    properties
                        .into_iter()
                        .flatten()
                        .map(|(key, _)| key.clone())
                        .collect()
                };
                let chosen = several
                    .iter()
                    .find(|option| keys(option).iter().any(|key| node.get(key).is_some()));
                if let Some(option) = chosen {
                    return self.value(option, node, path);
                }
                let all: Vec<String> = several.iter().flat_map(|option| keys(option)).collect();
                let fix = format!("write one of the fields: {}", all.join(", "));
                self.report.at(
                    report::MISSING_FIELD,
                    node.place,
                    path,
                    "nothing is chosen here",
                    fix,
                );
            }
        }
    }
}

fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => several.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) | Value::Odd => "integer",
        Value::Text(_) => "string",
        Value::List(_) => "array",
        Value::Map(_) => "object",
    }
}

fn article(of: &str) -> &'static str {
    match of {
        "boolean" => "true or false",
        "integer" => "a whole number",
        "string" => "a text",
        "array" => "a list",
        "object" => "a map of fields",
        _ => "nothing",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    /// The walk must know every keyword that constrains, or it would silently not check it.
    #[test]
    fn the_schemas_use_only_keywords_that_are_checked() {
        fn visit(schema: &Json, seen: &mut std::collections::BTreeSet<String>) {
            let Json::Object(map) = schema else { return };
            for (key, value) in map {
                seen.insert(key.clone());
                match (key.as_str(), value) {
                    ("properties" | "$defs", Json::Object(inner)) => {
                        inner.values().for_each(|s| visit(s, seen));
                    }
                    ("anyOf" | "oneOf", Json::Array(inner)) => {
                        inner.iter().for_each(|s| visit(s, seen));
                    }
                    ("items" | "additionalProperties", inner) => visit(inner, seen),
                    _ => {}
                }
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        Kind::ALL
            .iter()
            .for_each(|kind| visit(json_schema(*kind), &mut seen));
        let known = [
            "$defs",
            "$ref",
            "$schema",
            "additionalProperties",
            "anyOf",
            "const",
            "default",
            "description",
            "enum",
            "format",
            "items",
            "maximum",
            "minimum",
            "oneOf",
            "properties",
            "required",
            "title",
            "type",
        ];
        for keyword in seen {
            assert!(known.contains(&keyword.as_str()), "{keyword}");
        }
    }
}
