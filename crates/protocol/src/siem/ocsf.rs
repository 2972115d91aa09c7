//! Extracts as OCSF 1.9.0 (<https://schema.ocsf.io/1.9.0>).
//!
//! | Class | What |
//! |---|---|
//! | User Management, 3007 | an account in an app was created, updated, enabled, disabled, deleted: read back as wanted, or failed for good |
//! | Group Management, 3006 | the same of groups, and members that were added or removed |
//! | Authentication, 3002 | somebody signed in or out, or tried to |
//! | API Activity, 6003 | a call to Tenure |
//! | Entity Management, 3004 | everything else: people, plans, waves, steps under way, documents, tokens, findings |
//!
//! User Management is new in 1.9.0, and takes the place of Account Change (3001) and User Access
//! Management (3005), which 1.9.0 deprecates. Numbers and required attributes are those of
//! `events/iam/user_management.json`, `group_management.json`, `authentication.json`, `entity_management.json`,
//! `events/application/api_activity.json` and `events/base_event.json` of the schema.

use serde_json::{Map, Value, json};

use super::{Act, Class, Ending, Extract, Thing};

/// The version of the schema.
pub const VERSION: &str = "1.9.0";

/// Number and caption.
type Named = (u32, &'static str);

impl Class {
    const fn ocsf(self) -> Named {
        match self {
            Self::User => (3007, "User Management"),
            Self::Group => (3006, "Group Management"),
            Self::Entity => (3004, "Entity Management"),
            Self::SignIn => (3002, "Authentication"),
            Self::Call => (6003, "API Activity"),
        }
    }
}

/// 99, `Other`, is what the class has no number for; `activity_name` says it then.
const fn activity(class: Class, act: Act) -> Named {
    match (class, act) {
        (_, Act::Unknown) => (0, "Unknown"),
        (_, Act::Other(word)) => (99, word),

        (Class::User, Act::Create) => (1, "Create"),
        (Class::User, Act::Update) => (2, "Update"),
        (Class::User, Act::Delete) => (3, "Delete"),
        (Class::User, Act::Enable) => (4, "Enable"),
        (Class::User, Act::Disable) => (5, "Disable"),

        (Class::Group, Act::Add) => (3, "Add User"),
        (Class::Group, Act::Remove) => (4, "Remove User"),
        (Class::Group, Act::Delete) => (5, "Delete"),
        (Class::Group, Act::Create) => (6, "Create"),
        (Class::Group, Act::Update) => (9, "Update Group"),

        (Class::SignIn, Act::Logon) => (1, "Logon"),
        (Class::SignIn, Act::Logoff) => (2, "Logoff"),

        (Class::Entity | Class::Call, Act::Create) => (1, "Create"),
        (Class::Entity | Class::Call, Act::Read) => (2, "Read"),
        (Class::Entity | Class::Call, Act::Update) => (3, "Update"),
        (Class::Entity | Class::Call, Act::Delete) => (4, "Delete"),
        (Class::Entity, Act::Enable) => (8, "Enable"),
        (Class::Entity, Act::Disable) => (9, "Disable"),

        (_, act) => (99, act.as_str()),
    }
}

impl Extract {
    /// As one event of OCSF.
    #[must_use]
    pub fn ocsf(&self) -> Value {
        let what = &self.what;
        let (class, class_name) = what.class.ocsf();
        let (category, category_name) = match what.class {
            Class::Call => (6, "Application Activity"),
            _ => (3, "Identity & Access Management"),
        };
        let (activity, activity_name) = activity(what.class, what.act);
        let (status, status_name) = match what.ending {
            Ending::Success => (1, "Success"),
            Ending::Failure => (2, "Failure"),
            Ending::Open => (99, Ending::Open.as_str()),
        };
        let mut event = json!({
            "category_uid": category, "category_name": category_name,
            "class_uid": class, "class_name": class_name,
            "activity_id": activity, "activity_name": activity_name,
            "type_uid": class * 100 + activity,
            "type_name": format!("{class_name}: {activity_name}"),
            "severity_id": self.severity as u8, "severity": self.severity.as_str(),
            "status_id": status, "status": status_name,
            // Milliseconds since 1970.
            "time": self.at.as_micros() / 1000,
            "message": self.message(),
            "metadata": {
                "version": VERSION,
                "product": {"name": "Tenure", "vendor_name": "Tenure"},
                "log_name": "tenure",
                "tenant_uid": self.tenant,
                "uid": self.hash.to_string(),
                "sequence": self.seq,
                "event_code": self.kind,
            },
            "actor": self.actor(),
        });
        if let Some(fields) = event.as_object_mut() {
            fields.extend(self.of_class());
            let mut facts = self.facts();
            // It stands in `comment`.
            if let Some(reason) = facts.remove("reason") {
                fields.insert("comment".to_owned(), reason);
            }
            fields.insert("unmapped".to_owned(), json!({ "tenure": facts }));
        }
        event
    }

    fn actor(&self) -> Value {
        // 3: System, 1: User.
        let kind = if self.principal == "system" { 3 } else { 1 };
        let mut actor = json!({"user": {"name": self.principal, "type_id": kind}});
        if let Some(token) = &self.token {
            actor["session"] = json!({"uid": token});
        }
        actor
    }

    /// What the class asks for.
    fn of_class(&self) -> Map<String, Value> {
        let what = &self.what;
        let mut fields = Map::new();
        let mut tell = |name: &str, value: Value| {
            fields.insert(name.to_owned(), value);
        };
        match what.class {
            Class::User => tell("user", self.user()),
            Class::SignIn => {
                tell("user", self.user());
                // What they sign in to: a relying party, or Tenure itself.
                let service = match what.thing {
                    Thing::RelyingParty => what.id.as_str(),
                    _ => "tenure",
                };
                tell("service", json!({"name": service}));
            }
            Class::Group => {
                let name = what.group.as_deref().unwrap_or(&what.id);
                tell("group", json!({"name": name, "domain": what.app}));
                if what.thing == Thing::Membership {
                    tell("users", json!([self.user()]));
                }
            }
            Class::Entity => {
                tell(
                    "entity",
                    json!({"type": what.thing.as_str(), "uid": what.id}),
                );
            }
            Class::Call => {
                let detail = |name: &str| what.detail.get(name).cloned().unwrap_or_default();
                let (method, status) = (detail("method"), detail("status"));
                let operation = format!("{} {}", method.as_str().unwrap_or_default(), what.id);
                tell("api", json!({"operation": operation}));
                tell("src_endpoint", json!({"ip": detail("remote")}));
                tell(
                    "http_request",
                    json!({"http_method": method, "url": {"path": what.id}}),
                );
                tell("http_response", json!({"code": status}));
            }
        }
        fields
    }

    /// The account's holder: the same id in every app.
    fn user(&self) -> Value {
        let what = &self.what;
        let uid = what.subject.as_ref().unwrap_or(&what.id);
        let mut user = json!({"uid": uid, "domain": what.app, "type_id": 1});
        if let Some(account) = &what.account {
            user["uid_alt"] = account.as_str().into();
        }
        user
    }
}
