//! Creating objects so that sending it again creates nothing.

use model::{Attributes, Kind, Outcome, RemoteId, Value as Ours};
use ports::target::Match;
use protocol::scim::profile::Precheck;
use reqwest::Method;
use serde_json::Value;
use tokio::time::Instant;

use super::exchange::{before_write, write_failure};
use super::write::{left, texts};
use super::{ScimTarget, body, collection};

impl ScimTarget {
    pub(super) async fn create(
        &self,
        kind: Kind,
        external: &str,
        active: bool,
        attributes: &Attributes,
        until: Instant,
    ) -> Outcome {
        let object = match body::create(&self.profile, kind, external, active, attributes) {
            Ok(object) => object,
            Err(refused) => return refused,
        };
        if self.profile.precheck == Precheck::Always || kind != Kind::Account {
            match self
                .already(kind, external, active, attributes, until)
                .await
            {
                Ok(None) => {}
                Ok(Some(outcome)) => return outcome,
                Err(error) => return before_write(error),
            }
        }
        let url = self.url(&[collection(kind)]);
        let message = Value::Object(object);
        let turn = match self.still.changing(until).await {
            Ok(turn) => turn,
            Err(later) => return later,
        };
        let answer = self
            .ask(Method::POST, url, Some(&message), &[], left(until))
            .await;
        drop(turn);
        let answer = match answer {
            Ok(answer) => answer,
            Err(missing) => return write_failure(missing),
        };
        let sent = texts(attributes);
        if answer.status != 409 {
            return self.done(&answer, None, &sent);
        }
        // Someone has the name or the key: we ourselves, earlier, or somebody else.
        match self
            .already(kind, external, active, attributes, until)
            .await
        {
            Ok(Some(outcome)) => outcome,
            Ok(None) => {
                let detail = format!(
                    "{}; the object there is not ours",
                    self.said(&answer, &sent)
                );
                Outcome::Refused {
                    code: "SCIM-409".to_owned(),
                    detail,
                }
            }
            Err(error) => before_write(error),
        }
    }

    /// Whether the object to create is there. By `externalId`; where the provider stores none,
    /// by name, and then it is ours only if it equals in everything what we would have sent.
    async fn already(
        &self,
        kind: Kind,
        external: &str,
        active: bool,
        attributes: &Attributes,
        until: Instant,
    ) -> Result<Option<Outcome>, ports::TargetError> {
        if self.profile.external_id {
            let by = Match::External(external.to_owned());
            let found = self.find_resources(kind, &by, left(until)).await?;
            return Ok(match found.as_slice() {
                [] => None,
                [one] => Some(Outcome::AlreadyDone {
                    remote: Some(RemoteId(one.id.clone())),
                }),
                many => Some(Outcome::Refused {
                    code: "SCIM-duplicate".to_owned(),
                    detail: format!("{} objects carry the same externalId", many.len()),
                }),
            });
        }
        let naming = if kind == Kind::Account {
            "userName"
        } else {
            "displayName"
        };
        let Some(name) = attributes.get(naming).and_then(Ours::as_text) else {
            return Ok(None);
        };
        let found = self
            .find_resources(kind, &Match::Name(name.to_owned()), left(until))
            .await?;
        let Some(resource) = found.first() else {
            return Ok(None);
        };
        let record = self.to_record(resource).await?;
        let equal = found.len() == 1
            && (kind != Kind::Account || record.active == active)
            && attributes.iter().all(|(path, value)| {
                self.profile.write_only.contains(path) || record.attributes.get(path) == Some(value)
            });
        Ok(Some(if equal {
            Outcome::AlreadyDone {
                remote: Some(record.remote),
            }
        } else {
            Outcome::Refused {
                code: "SCIM-409".to_owned(),
                detail: format!("an object with this `{naming}` is there and is not ours"),
            }
        }))
    }
}
