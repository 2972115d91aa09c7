//! Group membership: the smallest change that says it, and who is who when it is read.

use std::collections::{BTreeSet, HashMap};

use model::{Kind, Outcome, Record, RemoteId};
use ports::target::{Match, TargetError};
use protocol::scim::profile::{MemberRemoval, MemberValue, PatchStyle};
use protocol::scim::{Filter, Object, PatchOp, Resource, ScimError};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::ScimTarget;
use super::exchange::{before_write, write_failure};
use super::write::left;

/// Up to this many members are asked for one by one; for more, all users are listed.
const ONE_BY_ONE: usize = 8;

impl ScimTarget {
    pub(super) async fn change_members(
        &self,
        group: &RemoteId,
        add: &[RemoteId],
        remove: &[RemoteId],
        until: Instant,
    ) -> Outcome {
        let most = self.profile.members_per_request;
        if add.len() + remove.len() > most {
            let detail = format!(
                "{} member changes; at most {most}",
                add.len() + remove.len()
            );
            return Outcome::Refused {
                code: "SCIM-members".to_owned(),
                detail,
            };
        }
        let put = self.profile.patch == PatchStyle::Put
            || (self.profile.member_removal == MemberRemoval::Put && !remove.is_empty());
        if put {
            return self.put_members(group, add, remove, until).await;
        }
        if self.profile.mixed_members || add.is_empty() || remove.is_empty() {
            return self.patch_members(group, add, remove, until).await;
        }
        // Withdrawing comes first: if the second request does not make it, nobody has too much.
        let removed = self.patch_members(group, &[], remove, until).await;
        match removed {
            Outcome::Done { .. } | Outcome::AlreadyDone { .. } => {
                self.patch_members(group, add, &[], until).await
            }
            other => other,
        }
    }

    async fn patch_members(
        &self,
        group: &RemoteId,
        add: &[RemoteId],
        remove: &[RemoteId],
        until: Instant,
    ) -> Outcome {
        let mut operations = Vec::new();
        match self.profile.member_removal {
            MemberRemoval::Values if !remove.is_empty() => {
                let gone = remove
                    .iter()
                    .map(|id| json!({ "value": id.as_str() }))
                    .collect();
                let mut operation = protocol::scim::Operation::remove("members");
                operation.value = Some(Value::Array(gone));
                operations.push(operation);
            }
            MemberRemoval::Filter | MemberRemoval::Values | MemberRemoval::Put => {
                operations.extend(remove.iter().map(|id| {
                    let filter = Filter::eq("value", id.as_str());
                    protocol::scim::Operation::remove(format!("members[{filter}]"))
                }));
            }
        }
        if !add.is_empty() {
            let members = add.iter().map(|id| self.member(id)).collect();
            operations.push(protocol::scim::Operation::add(
                "members",
                Value::Array(members),
            ));
        }
        if operations.is_empty() {
            return Outcome::AlreadyDone {
                remote: Some(group.clone()),
            };
        }
        let message = PatchOp { operations }.to_json(self.profile.capital_verbs);
        let url = self.url(&["Groups", group.as_str()]);
        let answer = self
            .ask(Method::PATCH, url, Some(&message), &[], left(until))
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(missing) => return write_failure(missing),
        };
        let no_target = answer.status == 400
            && ScimError::read(&answer.body)
                .and_then(|error| error.scim_type)
                .is_some_and(|kind| kind.eq_ignore_ascii_case("noTarget"));
        if no_target && self.has_changed(group, add, remove, until).await {
            return Outcome::AlreadyDone {
                remote: Some(group.clone()),
            };
        }
        self.done(&answer, Some(group), &[])
    }

    /// Whether the group already is as asked: some providers refuse to remove who is not there.
    async fn has_changed(
        &self,
        group: &RemoteId,
        add: &[RemoteId],
        remove: &[RemoteId],
        until: Instant,
    ) -> bool {
        let Ok(Some(resource)) = self
            .read_resource(Kind::Group, group.as_str(), left(until))
            .await
        else {
            return false;
        };
        let Ok(record) = self.to_record(&resource).await else {
            return false;
        };
        record.members.is_some_and(|members| {
            add.iter().all(|id| members.contains(id))
                && !remove.iter().any(|id| members.contains(id))
        })
    }

    /// Reads the group and puts it back with other members; everything else stays as it was.
    async fn put_members(
        &self,
        group: &RemoteId,
        add: &[RemoteId],
        remove: &[RemoteId],
        until: Instant,
    ) -> Outcome {
        if self.profile.member_value == MemberValue::Hidden {
            let detail = "the app hides members, so a group cannot be put back whole".to_owned();
            return Outcome::Refused {
                code: "SCIM-members".to_owned(),
                detail,
            };
        }
        let read = self
            .read_resource(Kind::Group, group.as_str(), left(until))
            .await;
        let resource = match read {
            Ok(Some(resource)) => resource,
            Ok(None) => {
                return Outcome::Stale {
                    detail: "the group does not exist".to_owned(),
                };
            }
            Err(error) => return before_write(error),
        };
        let before = match self.to_record(&resource).await {
            Ok(record) => record.members.unwrap_or_default(),
            Err(error) => return before_write(error),
        };
        let now: BTreeSet<RemoteId> = before.iter().cloned().collect();
        let mut after = now.clone();
        after.retain(|id| !remove.contains(id));
        after.extend(add.iter().cloned());
        if after == now {
            return Outcome::AlreadyDone {
                remote: Some(group.clone()),
            };
        }
        let mut body = resource.body.clone();
        body.insert(
            "members".to_owned(),
            after.iter().map(|id| self.member(id)).collect(),
        );
        self.put(
            Kind::Group,
            &resource,
            body,
            resource.version.as_deref(),
            until,
            &[],
        )
        .await
    }

    /// One member as it is sent.
    fn member(&self, id: &RemoteId) -> Value {
        let mut fields = Object::new();
        fields.insert("value".to_owned(), id.as_str().into());
        if self.profile.member_ref {
            let url = self.url(&["Users", id.as_str()]);
            fields.insert("$ref".to_owned(), url.as_str().into());
        }
        Value::Object(fields)
    }

    /// The ids of users by name, where groups name their members so. They are asked for each
    /// time: a name that was remembered from earlier may be someone else's by now.
    pub(super) async fn member_names(
        &self,
        resources: &[Resource],
    ) -> Result<Option<HashMap<String, String>>, TargetError> {
        if self.profile.member_value != MemberValue::UserName {
            return Ok(None);
        }
        let wanted: BTreeSet<&String> = resources
            .iter()
            .filter_map(|r| r.members.as_ref())
            .flatten()
            .collect();
        let mut names = HashMap::new();
        if self.profile.name_in_path && wanted.len() <= ONE_BY_ONE {
            for name in wanted {
                let by = Match::Name(name.clone());
                let found = self
                    .find_resources(Kind::Account, &by, self.timeout)
                    .await?;
                names.extend(found.into_iter().map(|user| (user.name, user.id)));
            }
            return Ok(Some(names));
        }
        let mut cursor = None;
        loop {
            let (page, next, _, _) = self
                .walk(Kind::Account, cursor.as_ref(), self.timeout)
                .await?;
            names.extend(page.into_iter().map(|user| (user.name, user.id)));
            match next {
                Some(next) => cursor = Some(next),
                None => return Ok(Some(names)),
            }
        }
    }

    pub(super) fn record_with(
        &self,
        resource: &Resource,
        names: Option<&HashMap<String, String>>,
    ) -> Result<Record, TargetError> {
        let place = super::collection(resource.kind);
        let mut record = resource
            .to_record(self.profile.untyped())
            .map_err(|e| TargetError::Malformed(e.within(place).to_string()))?;
        if !self.profile.versions {
            record.version = None;
        }
        if resource.kind == Kind::Account {
            return Ok(record);
        }
        record.members = match (self.profile.member_value, record.members) {
            (MemberValue::Hidden, _) => None,
            // RFC 7643 §2.5: an attribute without values is not sent.
            (MemberValue::Id | MemberValue::UserName, None) => Some(Vec::new()),
            (MemberValue::Id, members) => members,
            (MemberValue::UserName, Some(members)) => {
                let id_of = |member: RemoteId| {
                    let id = names.and_then(|names| names.get(member.as_str()));
                    id.cloned().map(RemoteId).ok_or_else(|| {
                        let text = "Groups: `members`: names a user who is not listed";
                        TargetError::Malformed(text.to_owned())
                    })
                };
                let mut ids = members
                    .into_iter()
                    .map(id_of)
                    .collect::<Result<Vec<_>, _>>()?;
                ids.sort_unstable();
                Some(ids)
            }
        };
        Ok(record)
    }
}
