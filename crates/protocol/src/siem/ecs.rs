//! Extracts in the Elastic Common Schema, 8.17 (<https://www.elastic.co/docs/reference/ecs>).
//!
//! `event.category`, `event.type` and `event.outcome` have the values that the schema allows. What is
//! about accounts and groups is categorised as "User fields usage" says: `iam`, with two types, one
//! for what was done and one for `user` or `group`. Our own fields are all under `tenure`.

use serde_json::{Map, Value, json};

use super::{Act, Class, Ending, Extract, Thing};

/// The version of the schema.
pub const VERSION: &str = "8.17.0";

/// `event.category` and `event.type`.
fn categories(class: Class, thing: Thing, act: Act) -> (&'static str, Vec<&'static str>) {
    let done = match act {
        Act::Create => "creation",
        Act::Delete => "deletion",
        Act::Read => "info",
        _ => "change",
    };
    match (class, thing) {
        (Class::Call, _) => {
            let done = if act == Act::Read { "access" } else { done };
            ("api", vec![done])
        }
        (Class::SignIn, _) => {
            let done = if act == Act::Logoff { "end" } else { "start" };
            ("authentication", vec![done])
        }
        (Class::User, _) => ("iam", vec!["user", done]),
        // ECS counts a membership as a change of the user.
        (Class::Group, Thing::Membership) => ("iam", vec!["user", "change"]),
        (Class::Group, _) => ("iam", vec!["group", done]),
        (_, Thing::Person | Thing::Account | Thing::Membership | Thing::Access) => {
            ("iam", vec!["user", done])
        }
        (_, Thing::Group) => ("iam", vec!["group", done]),
        (_, Thing::Token | Thing::Wave | Thing::Plan | Thing::Step | Thing::Task) => {
            ("iam", vec!["admin", done])
        }
        _ => ("configuration", vec![done]),
    }
}

impl Extract {
    /// As one document of ECS.
    #[must_use]
    pub fn ecs(&self) -> Value {
        let what = &self.what;
        let (category, types) = categories(what.class, what.thing, what.act);
        let outcome = match what.ending {
            Ending::Success => "success",
            Ending::Failure => "failure",
            Ending::Open => "unknown",
        };
        let mut document = json!({
            "@timestamp": self.at.to_string(),
            "ecs": {"version": VERSION},
            "message": self.message(),
            "event": {
                "kind": "event",
                "category": [category],
                "type": types,
                "action": format!("{}-{}", what.act.as_str(), what.thing.as_str()),
                "outcome": outcome,
                "id": self.hash.to_string(),
                "hash": self.hash.to_string(),
                "sequence": self.seq,
                "code": self.kind,
                "severity": self.severity as u8,
                "provider": "tenure",
                "dataset": "tenure.log",
            },
            "organization": {"name": self.tenant},
            "user": self.users(),
            "related": {"user": self.related()},
        });
        if let Some(fields) = document.as_object_mut() {
            fields.extend(self.beside());
            let mut facts = self.facts();
            facts.extend(self.token.clone().map(|t| ("token".to_owned(), t.into())));
            if let Some(reason) = facts.remove("reason") {
                fields["event"]["reason"] = reason;
            }
            fields.insert("tenure".to_owned(), facts.into());
        }
        document
    }

    /// Who did it, and to whom.
    fn users(&self) -> Value {
        let mut user = json!({"name": self.principal});
        if let Some(subject) = &self.what.subject {
            user["target"] = json!({"id": subject});
            if let Some(app) = &self.what.app {
                user["target"]["domain"] = app.as_str().into();
            }
            if let Some(group) = &self.what.group {
                user["target"]["group"] = json!({"name": group});
            }
        }
        user
    }

    fn related(&self) -> Vec<&str> {
        let what = &self.what;
        let others = [&what.subject, &what.account];
        let others = others.into_iter().filter_map(|id| id.as_deref());
        std::iter::once(self.principal.as_str())
            .chain(others)
            .collect()
    }

    /// What only some have.
    fn beside(&self) -> Map<String, Value> {
        let what = &self.what;
        let mut fields = Map::new();
        let mut tell = |name: &str, value: Value| {
            fields.insert(name.to_owned(), value);
        };
        if let (Thing::Group, Some(group)) = (what.thing, &what.group) {
            tell("group", json!({"name": group, "domain": what.app}));
        }
        if what.class == Class::Call {
            let detail = |name: &str| what.detail.get(name).cloned().unwrap_or_default();
            tell("source", json!({"ip": detail("remote")}));
            tell("url", json!({"path": what.id}));
            let (method, status) = (detail("method"), detail("status"));
            tell(
                "http",
                json!({"request": {"method": method}, "response": {"status_code": status}}),
            );
        }
        fields
    }
}
