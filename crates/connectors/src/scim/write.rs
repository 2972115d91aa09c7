//! Update, enable, disable, delete.

use std::time::Duration;

use model::{Attributes, Kind, Outcome, RemoteId, Value as Ours, Version};
use ports::target::Operation;
use protocol::scim::json::{Limits, parse_object};
use protocol::scim::profile::{DeleteStyle, PatchStyle};
use protocol::scim::{Object, PatchOp, Resource, ScimError};
use reqwest::Method;
use serde_json::Value;
use tokio::time::Instant;

use super::exchange::{before_write, write_failure};
use super::{ScimTarget, body, collection};
use crate::http::Answer;

/// What is left of the deadline.
pub(super) fn left(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now())
}

impl ScimTarget {
    pub(super) async fn carry_out(&self, operation: &Operation, until: Instant) -> Outcome {
        match operation {
            Operation::Create {
                kind,
                external,
                active,
                attributes,
            } => {
                self.create(*kind, external, *active, attributes, until)
                    .await
            }
            Operation::Update {
                kind,
                remote,
                set,
                unset,
                expect,
            } => {
                self.update(*kind, remote, set, unset, expect.as_ref(), until)
                    .await
            }
            Operation::SetActive { remote, active } => {
                self.set_active(remote, *active, until).await
            }
            Operation::Delete { kind, remote } => self.delete(*kind, remote, until).await,
            Operation::Members { group, add, remove } => {
                self.change_members(group, add, remove, until).await
            }
        }
    }

    async fn update(
        &self,
        kind: Kind,
        remote: &RemoteId,
        set: &Attributes,
        unset: &[String],
        expect: Option<&Version>,
        until: Instant,
    ) -> Outcome {
        let sent = texts(set);
        let expect = expect
            .filter(|_| self.profile.versions)
            .map(Version::as_str);
        let mut current = None;
        if body::needs_object(&self.profile, set.keys().chain(unset)) {
            match self.read_resource(kind, remote.as_str(), left(until)).await {
                Ok(Some(resource)) => current = Some(resource),
                Ok(None) => return gone(),
                Err(error) => return before_write(error),
            }
        }
        if let (Some(resource), Some(expected)) = (&current, expect)
            && resource
                .version
                .as_deref()
                .is_some_and(|version| version != expected)
        {
            let detail = "the object has another version than the plan was made from".to_owned();
            return Outcome::Stale { detail };
        }
        if let (PatchStyle::Put, Some(resource)) = (self.profile.patch, &current) {
            let object = match body::changed(&self.profile, &resource.body, set, unset) {
                Ok(object) => object,
                Err(refused) => return refused,
            };
            let version = expect.or(resource.version.as_deref());
            return self
                .put(kind, resource, object, version, until, &sent)
                .await;
        }
        let before = current.as_ref().map(|resource| &resource.body);
        let message = match body::patch(&self.profile, before, set, unset) {
            Ok(message) if message.operations.is_empty() => {
                return Outcome::AlreadyDone {
                    remote: Some(remote.clone()),
                };
            }
            Ok(message) => message,
            Err(refused) => return refused,
        };
        self.send_patch(kind, remote, &message, expect, until, &sent)
            .await
    }

    async fn send_patch(
        &self,
        kind: Kind,
        remote: &RemoteId,
        message: &PatchOp,
        expect: Option<&str>,
        until: Instant,
        sent: &[&str],
    ) -> Outcome {
        let url = self.url(&[collection(kind), remote.as_str()]);
        let message = message.to_json(self.profile.capital_verbs);
        let headers = if_match(expect);
        let answer = self
            .ask(Method::PATCH, url, Some(&message), &headers, left(until))
            .await;
        match answer {
            Ok(answer) => self.done(&answer, Some(remote), sent),
            Err(missing) => write_failure(missing),
        }
    }

    pub(super) async fn put(
        &self,
        kind: Kind,
        resource: &Resource,
        mut object: Object,
        version: Option<&str>,
        until: Instant,
        sent: &[&str],
    ) -> Outcome {
        body::finish(&self.profile, kind, &mut object);
        let headers = if_match(version.filter(|_| self.profile.versions));
        let url = self.url(&[collection(kind), &resource.id]);
        let message = Value::Object(object);
        match self
            .ask(Method::PUT, url, Some(&message), &headers, left(until))
            .await
        {
            Ok(answer) => self.done(&answer, Some(&RemoteId(resource.id.clone())), sent),
            Err(missing) => write_failure(missing),
        }
    }

    async fn set_active(&self, remote: &RemoteId, active: bool, until: Instant) -> Outcome {
        if self.profile.patch == PatchStyle::Put {
            let read = self
                .read_resource(Kind::Account, remote.as_str(), left(until))
                .await;
            let resource = match read {
                Ok(Some(resource)) => resource,
                Ok(None) => return gone(),
                Err(error) => return before_write(error),
            };
            let mut object = resource.body.clone();
            object.insert("active".to_owned(), active.into());
            let version = resource.version.clone();
            return self
                .put(
                    Kind::Account,
                    &resource,
                    object,
                    version.as_deref(),
                    until,
                    &[],
                )
                .await;
        }
        let operation = if self.profile.patch == PatchStyle::Pathless {
            let value = Some(serde_json::json!({ "active": active }));
            protocol::scim::Operation {
                verb: protocol::scim::Verb::Replace,
                path: None,
                value,
            }
        } else {
            protocol::scim::Operation::replace("active", active.into())
        };
        let message = PatchOp {
            operations: vec![operation],
        };
        self.send_patch(Kind::Account, remote, &message, None, until, &[])
            .await
    }

    async fn delete(&self, kind: Kind, remote: &RemoteId, until: Instant) -> Outcome {
        if kind == Kind::Account && self.profile.delete == DeleteStyle::Deactivates {
            let detail = "this app never deletes users, it only disables them".to_owned();
            return Outcome::Refused {
                code: "SCIM-delete".to_owned(),
                detail,
            };
        }
        let url = self.url(&[collection(kind), remote.as_str()]);
        let turn = match self.still.changing(until).await {
            Ok(turn) => turn,
            Err(later) => return later,
        };
        let answer = self.ask(Method::DELETE, url, None, &[], left(until)).await;
        drop(turn);
        let answer = match answer {
            Ok(answer) => answer,
            Err(missing) => return write_failure(missing),
        };
        if answer.status == 404 && ScimError::read(&answer.body).is_some() {
            return Outcome::AlreadyDone {
                remote: Some(remote.clone()),
            };
        }
        self.done(&answer, Some(remote), &[])
    }

    /// `Done` for a success, with what its body tells; else what [`ScimTarget::failed`] says.
    pub(super) fn done(
        &self,
        answer: &Answer,
        remote: Option<&RemoteId>,
        sent: &[&str],
    ) -> Outcome {
        if !matches!(answer.status, 200 | 201 | 204) {
            return self.failed(answer, sent);
        }
        let body = parse_object(&answer.body, &Limits::ANSWER).unwrap_or_default();
        let text = |object: &Object, name: &str| {
            object
                .get(name)
                .and_then(Value::as_str)
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        };
        let told = text(&body, "id").map(RemoteId);
        // A creation whose answer does not name the object may have made one all the same.
        if remote.is_none() && told.is_none() {
            let detail = "accepted, but the answer names no `id`".to_owned();
            return Outcome::Unknown { detail };
        }
        if let (Some(asked), Some(told)) = (remote, &told)
            && asked != told
        {
            let detail = "the answer is about another object than the one changed".to_owned();
            return Outcome::Unknown { detail };
        }
        let version = body.get("meta").and_then(Value::as_object);
        let version = version
            .and_then(|meta| text(meta, "version"))
            .or_else(|| answer.header("etag").map(str::to_owned))
            .filter(|_| self.profile.versions);
        Outcome::Done {
            remote: remote.cloned().or(told),
            version: version.map(Version),
        }
    }
}

fn gone() -> Outcome {
    Outcome::Stale {
        detail: "the object does not exist".to_owned(),
    }
}

fn if_match(version: Option<&str>) -> Vec<(&'static str, String)> {
    version
        .map(|version| ("if-match", version.to_owned()))
        .into_iter()
        .collect()
}

/// The texts that we send, to keep them out of what the provider says about them.
pub(super) fn texts(attributes: &Attributes) -> Vec<&str> {
    attributes
        .values()
        .flat_map(|value| match value {
            Ours::Text(text) => vec![text.as_str()],
            Ours::List(items) => items.iter().map(String::as_str).collect(),
            Ours::Bool(_) | Ours::Int(_) | Ours::Subject { .. } => Vec::new(),
        })
        .collect()
}
