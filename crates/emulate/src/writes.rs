//! Creating, changing and deleting.

use model::Kind;
use protocol::scim::apply::{Leniency, apply, names_nothing};
use protocol::scim::json::{Limits, parse_object};
use protocol::scim::{Object, PatchOp, Path, Resource, Verb};
use serde_json::Value;

use crate::directory::Row;
use crate::provider::{Provider, Reply, Request};
use crate::temperament::{Duplicates, MemberRemovalByFilter};

impl Provider {
    pub(crate) fn create(&mut self, kind: Kind, request: &Request) -> Reply {
        let body = match parse_object(&request.body, &Limits::ANSWER) {
            Ok(body) => body,
            Err(error) => return Reply::error(400, Some("invalidSyntax"), &error.to_string()),
        };
        let body = match self.accept(kind, None, body) {
            Ok(body) => body,
            Err(reply) => return *reply,
        };
        let version = self.tick();
        // Ids look like ids, not like numbers to count up.
        let id = format!("{:016x}", version.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let row = Row { id, version, body };
        self.table_mut(kind).insert(version, row.clone());
        self.object_reply(201, kind, &row)
    }

    pub(crate) fn put(&mut self, kind: Kind, id: &str, request: &Request) -> Reply {
        let Some(row) = self.lookup(kind, id).cloned() else {
            return self.missing();
        };
        if let Some(reply) = self.stale(&row, request) {
            return reply;
        }
        let body = match parse_object(&request.body, &Limits::ANSWER) {
            Ok(body) => body,
            Err(error) => return Reply::error(400, Some("invalidSyntax"), &error.to_string()),
        };
        self.store(kind, &row, body, true)
    }

    pub(crate) fn patch(&mut self, kind: Kind, id: &str, request: &Request) -> Reply {
        let Some(row) = self.lookup(kind, id).cloned() else {
            return self.missing();
        };
        if let Some(reply) = self.stale(&row, request) {
            return reply;
        }
        let patch = match PatchOp::read(&request.body, &Limits::ANSWER) {
            Ok(patch) => patch,
            Err(error) => return Reply::error(400, Some("invalidSyntax"), &error.to_string()),
        };
        let mood = &self.temperament;
        if mood.capital_verbs && !has_capital_verbs(&request.body) {
            return Reply::error(
                400,
                Some("invalidSyntax"),
                "op must be Add, Remove or Replace",
            );
        }
        if !mood.patch_paths
            && patch
                .operations
                .iter()
                .any(|operation| operation.path.is_some())
        {
            return Reply::error(400, Some("invalidPath"), "paths are not supported");
        }
        if mood.member_limit > 0 && member_changes(&patch) > mood.member_limit {
            return Reply::error(400, Some("tooMany"), "too many member changes");
        }
        let patch = match self.allowed_removals(&row, patch) {
            Ok(patch) => patch,
            Err(reply) => return *reply,
        };
        let leniency = Leniency {
            create_on_absent: mood.create_on_absent,
            remove_by_value: mood.remove_by_value,
        };
        match apply(&row.body, &patch, leniency) {
            Ok(body) => self.store(kind, &row, body, mood.patch_answers),
            Err(error) => error.into(),
        }
    }

    /// What this provider makes of `remove` with `members[value eq "…"]`.
    fn allowed_removals(&self, row: &Row, mut patch: PatchOp) -> Result<PatchOp, Box<Reply>> {
        let by_filter = |operation: &protocol::scim::Operation| {
            let path = operation
                .path
                .as_ref()
                .and_then(|text| text.parse::<Path>().ok());
            path.filter(|path| {
                operation.verb == Verb::Remove
                    && path.filter.is_some()
                    && path.attribute.name.eq_ignore_ascii_case("members")
            })
        };
        match self.temperament.remove_by_filter {
            MemberRemovalByFilter::Works => {}
            MemberRemovalByFilter::Ignored => {
                patch
                    .operations
                    .retain(|operation| by_filter(operation).is_none());
            }
            MemberRemovalByFilter::RefusesAbsent => {
                let mut paths = patch.operations.iter().filter_map(by_filter);
                if paths.any(|path| names_nothing(&row.body, &path)) {
                    let text = "no member matches";
                    return Err(Box::new(Reply::error(400, Some("noTarget"), text)));
                }
            }
            MemberRemovalByFilter::Error => {
                if patch
                    .operations
                    .iter()
                    .any(|operation| by_filter(operation).is_some())
                {
                    return Err(Box::new(Reply::status(500)));
                }
            }
        }
        Ok(patch)
    }

    pub(crate) fn delete(&mut self, kind: Kind, id: &str) -> Reply {
        let Some(id) = self.lookup(kind, id).map(|row| row.id.clone()) else {
            return self.missing();
        };
        if kind == Kind::Account && self.temperament.delete_disables {
            self.meddle(kind, &id, |body| {
                body.insert("active".to_owned(), false.into());
            });
            return Reply::status(204);
        }
        self.table_mut(kind).remove(&id);
        if kind == Kind::Account {
            self.forget_member(&id);
        }
        Reply::status(204)
    }

    fn forget_member(&mut self, id: &str) {
        let is_it = |member: &Value| member.get("value").and_then(Value::as_str) == Some(id);
        let groups: Vec<String> = self
            .groups
            .rows()
            .filter(|row| {
                row.body
                    .get("members")
                    .and_then(Value::as_array)
                    .is_some_and(|m| m.iter().any(is_it))
            })
            .map(|row| row.id.clone())
            .collect();
        for group in groups {
            self.meddle(Kind::Group, &group, |body| {
                if let Some(Value::Array(members)) = body.get_mut("members") {
                    members.retain(|member| !is_it(member));
                }
            });
        }
    }

    fn store(&mut self, kind: Kind, row: &Row, body: Object, answers: bool) -> Reply {
        let mut body = match self.accept(kind, Some(&row.id), body) {
            Ok(body) => body,
            Err(reply) => return *reply,
        };
        let active = |body: &Object| body.get("active") != Some(&Value::Bool(false));
        if self.temperament.renames_on_disable && active(&row.body) && !active(&body) {
            body.insert("userName".to_owned(), format!("hidden-{}", row.id).into());
        }
        let version = if body == row.body {
            row.version
        } else {
            self.tick()
        };
        self.table_mut(kind).replace(&row.id, body.clone(), version);
        let row = Row {
            id: row.id.clone(),
            version,
            body,
        };
        if answers {
            return self.object_reply(200, kind, &row);
        }
        let mut reply = Reply::status(204);
        if self.temperament.versions {
            reply.headers.push(("etag", row.tag()));
        }
        reply
    }

    pub(crate) fn object_reply(&self, status: u16, kind: Kind, row: &Row) -> Reply {
        let mut reply = Reply::json(status, &Value::Object(self.show(kind, row)));
        if self.temperament.versions {
            reply.headers.push(("etag", row.tag()));
        }
        reply
    }

    fn stale(&self, row: &Row, request: &Request) -> Option<Reply> {
        let expected = request
            .header("if-match")
            .filter(|_| self.temperament.versions)?;
        (expected != "*" && expected != row.tag())
            .then(|| Reply::error(412, None, "the object has another version"))
    }

    /// Checks an object before it is stored, and brings it into the stored form.
    fn accept(&self, kind: Kind, id: Option<&str>, mut body: Object) -> Result<Object, Box<Reply>> {
        let mood = &self.temperament;
        let refuse =
            |scim_type: &str, text: &str| Err(Box::new(Reply::error(400, Some(scim_type), text)));
        for name in ["schemas", "meta", "groups"] {
            body.remove(name);
        }
        body.insert("id".to_owned(), id.unwrap_or("new").into());
        if let Err(error) = Resource::read(kind, body.clone()) {
            return refuse("invalidValue", &error.to_string());
        }
        body.remove("id");
        if mood.drops_external {
            body.remove("externalId");
        }
        if mood.refuses_types && has_types(&body) {
            return refuse("invalidValue", "Extra inputs are not permitted: type");
        }
        if kind == Kind::Account {
            if !self.has_seat(id, &body) {
                return Err(Box::new(Reply::error(400, None, "no licence is left")));
            }
            let formatted = body.get("name").and_then(|name| name.get("formatted"));
            if mood.requires_formatted_name && formatted.is_none() {
                return refuse("invalidValue", "name.formatted is required");
            }
        } else if id.is_none() && mood.requires_members && !body.contains_key("members") {
            return refuse("invalidValue", "members is required");
        }
        self.unique(kind, id, &body)?;
        self.resolve_members(&mut body);
        Ok(body)
    }

    /// Whether a user may be as they are to be: those who are active take a seat each.
    fn has_seat(&self, id: Option<&str>, body: &Object) -> bool {
        let active = |body: &Object| body.get("active") != Some(&Value::Bool(false));
        let others = self.users.rows().filter(|row| Some(row.id.as_str()) != id);
        let seats = self.temperament.seats;
        seats == 0 || !active(body) || others.filter(|row| active(&row.body)).count() < seats
    }

    fn unique(&self, kind: Kind, id: Option<&str>, body: &Object) -> Result<(), Box<Reply>> {
        if kind != Kind::Account && !self.temperament.unique_groups {
            return Ok(());
        }
        let table = self.table(kind);
        let name = body
            .get(table.naming())
            .and_then(Value::as_str)
            .unwrap_or_default();
        if table
            .named(name)
            .iter()
            .all(|row| Some(row.id.as_str()) == id)
        {
            return Ok(());
        }
        Err(Box::new(match self.temperament.duplicates {
            Duplicates::Conflict => {
                let text = format!("the name {name} is taken");
                Reply::error(409, Some("uniqueness"), &text)
            }
            Duplicates::Error => Reply::status(500),
        }))
    }

    /// Members are kept by id, whichever way they were named; unknown ones are dropped.
    fn resolve_members(&self, body: &mut Object) {
        let Some(Value::Array(members)) = body.get_mut("members") else {
            return;
        };
        members.retain_mut(|member| {
            let named = member.get("value").and_then(Value::as_str);
            let Some(id) = named.and_then(|name| self.lookup(Kind::Account, name)) else {
                return false;
            };
            let id = id.id.clone();
            if let Some(fields) = member.as_object_mut() {
                fields.insert("value".to_owned(), id.into());
            }
            true
        });
        if members.is_empty() {
            body.remove("members");
        }
    }
}

fn has_capital_verbs(body: &[u8]) -> bool {
    let body = parse_object(body, &Limits::ANSWER).unwrap_or_default();
    let operations = body.get("Operations").and_then(Value::as_array);
    operations.into_iter().flatten().all(|operation| {
        matches!(
            operation.get("op").and_then(Value::as_str),
            Some("Add" | "Remove" | "Replace")
        )
    })
}

fn has_types(body: &Object) -> bool {
    ["emails", "phoneNumbers"].into_iter().any(|name| {
        let items = body.get(name).and_then(Value::as_array);
        items
            .into_iter()
            .flatten()
            .any(|item| item.get("type").is_some())
    })
}

fn member_changes(patch: &PatchOp) -> usize {
    let about_members = patch.operations.iter().filter(|operation| {
        operation
            .path
            .as_ref()
            .is_some_and(|path| path.to_lowercase().starts_with("members"))
    });
    about_members
        .map(|operation| {
            operation
                .value
                .as_ref()
                .and_then(Value::as_array)
                .map_or(1, Vec::len)
        })
        .sum()
}
