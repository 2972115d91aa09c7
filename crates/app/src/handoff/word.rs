//! What follows from somebody's word that they did a step: what is known of the account from then on.

use model::event::{ObjectLinked, ObjectObserved, ObjectUnlinked, ObjectVanished};
use model::{Act, Event, Kind, Ownership, Personal, Record, RemoteId, Step, TargetName, Timestamp};
use ports::store::{Append, Expect, Stream};

use crate::observe::listings;
use crate::{App, AppError};

impl App {
    /// Why an account cannot be the one that its people made for a step; `None`: it can.
    pub(crate) async fn cannot_be_made(
        &self,
        step: &Step,
        remote: &RemoteId,
    ) -> Result<Option<&'static str>, AppError> {
        let at = &step.address;
        let kind = Kind::Account;
        let link = self.store.link_to(&at.target, kind, remote).await?;
        if link.is_some_and(|link| link.address != *at) {
            return Ok(Some("the account is somebody else's"));
        }
        let Act::Create { attributes, .. } = &step.act else {
            return Ok(None);
        };
        let Some(shadow) = self.store.shadow(&at.target, kind, remote).await? else {
            return Ok(None);
        };
        let record = &shadow.record;
        let name = attributes.get("userName").and_then(model::Value::as_text);
        let same = match name {
            Some(name) => record.name.eq_ignore_ascii_case(name),
            None => attributes
                .iter()
                .all(|(path, value)| record.attributes.get(path) == Some(value)),
        };
        Ok((!same).then_some("the account was there before, and is not as this line asked for"))
    }

    /// The events by which an answer becomes what is known. `remote`: what the account that was made is
    /// called. Empty where there is nothing left that the answer could be about.
    pub(crate) async fn by_word(
        &self,
        step: &Step,
        remote: Option<&RemoteId>,
    ) -> Result<Vec<Event>, AppError> {
        let now = self.clock.now();
        let at = &step.address;
        if let Act::Create { attributes, active } = &step.act {
            let Some(remote) = remote else {
                return Ok(Vec::new());
            };
            let name = attributes.get("userName").and_then(model::Value::as_text);
            let record = Record {
                kind: Kind::Account,
                remote: remote.clone(),
                external: None,
                name: name.unwrap_or_default().to_owned(),
                active: *active,
                attributes: attributes.clone(),
                members: None,
                version: None,
            };
            let linked = linked(step, remote, Ownership::Managed);
            return self
                .with_lost_names(step, vec![observed(step, record, now), linked])
                .await;
        }
        let Some(link) = self.store.link(at).await? else {
            return Ok(Vec::new());
        };
        if step.act == Act::Delete {
            let because = "its people say that they deleted it".to_owned();
            let events = vec![
                Event::ObjectVanished(ObjectVanished {
                    target: at.target.clone(),
                    kind: Kind::Account,
                    remote: link.remote,
                }),
                Event::ObjectUnlinked(ObjectUnlinked {
                    address: at.clone(),
                    because,
                }),
            ];
            return self.with_lost_names(step, events).await;
        }
        let shadow = self
            .store
            .shadow(&at.target, Kind::Account, &link.remote)
            .await?;
        let Some(mut record) = shadow.map(|shadow| shadow.record) else {
            return Ok(Vec::new());
        };
        match &step.act {
            Act::Enable => record.active = true,
            Act::Disable => record.active = false,
            Act::Update { set, unset } => {
                for path in unset {
                    record.attributes.remove(path);
                }
                record.attributes.extend(set.clone());
                if let Some(name) = set.get("userName").and_then(model::Value::as_text) {
                    name.clone_into(&mut record.name);
                }
            }
            _ => return Ok(Vec::new()),
        }
        self.with_lost_names(step, vec![observed(step, record, now)])
            .await
    }

    /// The stream of what is said of an account, without its name. A list that is taken in meanwhile is
    /// compared with it again.
    pub(crate) fn said_of(&self, target: &TargetName, remote: &RemoteId) -> Stream {
        let account = format!("{target}/{remote}");
        let digest = self
            .keyring
            .keyed_digest("account that was told of", account.as_bytes());
        Stream::new("said", digest)
    }

    /// Lets somebody's word be written down only as long as no list of the app was since `head`: it was
    /// put together with what is known of the account.
    pub(crate) fn as_word(
        &self,
        mut append: Append,
        target: &TargetName,
        head: Option<u64>,
    ) -> Append {
        let about = |event: &Event| match event {
            Event::ObjectObserved(seen) if seen.target == *target => Some(seen.remote.clone()),
            Event::ObjectVanished(gone) if gone.target == *target => Some(gone.remote.clone()),
            _ => None,
        };
        let told: Vec<RemoteId> = append.events.iter().filter_map(about).collect();
        for remote in told {
            append = append.bumping(self.said_of(target, &remote));
        }
        append.expecting(Expect::Head(listings(target, Kind::Account), head))
    }

    /// Names that an account loses are remembered where names are given once.
    async fn with_lost_names(&self, step: &Step, seen: Vec<Event>) -> Result<Vec<Event>, AppError> {
        let loaded = self.loaded().await?;
        if !crate::names::are_given_once(&loaded.book, &step.address.target) {
            return Ok(seen);
        }
        let mut events = self.lost_names(&seen, step.address.key.subject()).await?;
        events.extend(seen);
        Ok(events)
    }
}

pub(super) fn observed(step: &Step, record: Record, seen_at: Timestamp) -> Event {
    Event::ObjectObserved(ObjectObserved {
        target: step.address.target.clone(),
        kind: Kind::Account,
        remote: record.remote.clone(),
        subject: step.address.key.subject(),
        seen_at,
        personal: Personal::Known(record),
    })
}

pub(super) fn linked(step: &Step, remote: &RemoteId, ownership: Ownership) -> Event {
    Event::ObjectLinked(ObjectLinked {
        address: step.address.clone(),
        remote: remote.clone(),
        ownership,
        because: "its people made it for Tenure".to_owned(),
    })
}
