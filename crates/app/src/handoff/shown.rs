//! Whether what is known of an app shows a step as done, and whose word that is.

use model::{
    Act, Completeness, Event, Kind, Ownership, Record, Shadow, Step, TargetName, Timestamp,
};

use super::word;
use crate::{App, AppError};

/// What is known of a step that somebody was asked to do.
pub(crate) enum Shown {
    /// Nothing shows it.
    No,
    /// What it changes is gone.
    Gone,
    /// A list of the app's accounts shows it.
    Read(Vec<Event>),
    /// Somebody's answer to another line says so.
    Said(Vec<Event>),
}

impl App {
    /// Looks whether a step is as it was wanted, without asking anybody.
    pub(crate) async fn shown(&self, step: &Step) -> Result<Shown, AppError> {
        let at = &step.address;
        if let Act::Create { attributes, active } = &step.act {
            let name = attributes.get("userName").and_then(model::Value::as_text);
            let found = self
                .store
                .shadows_named(&at.target, Kind::Account, name.unwrap_or_default())
                .await?;
            let [shadow] = found.as_slice() else {
                return Ok(Shown::No);
            };
            let remote = &shadow.record.remote;
            let link = self
                .store
                .link_to(&at.target, Kind::Account, remote)
                .await?;
            let wanted = |r: &Record| r.active == *active && has(r, attributes, &[]);
            if link.is_some() || !wanted(&shadow.record) {
                return Ok(Shown::No);
            }
            let events = vec![
                word::observed(step, shadow.record.clone(), shadow.seen_at),
                word::linked(step, remote, Ownership::Managed),
            ];
            return self.by_whose_word(&at.target, shadow, events).await;
        }
        let gone = || match step.act {
            Act::Delete | Act::Disable => Shown::Read(Vec::new()),
            _ => Shown::Gone,
        };
        let Some(link) = self.store.link(at).await? else {
            return Ok(gone());
        };
        let shadow = self
            .store
            .shadow(&at.target, Kind::Account, &link.remote)
            .await?;
        let Some(shadow) = shadow else {
            return Ok(gone());
        };
        let record = &shadow.record;
        let equal = match &step.act {
            Act::Enable => record.active,
            Act::Disable => !record.active,
            Act::Update { set, unset } => has(record, set, unset),
            _ => false,
        };
        match equal {
            true => self.by_whose_word(&at.target, &shadow, Vec::new()).await,
            false => Ok(Shown::No),
        }
    }

    async fn by_whose_word(
        &self,
        target: &TargetName,
        shadow: &Shadow,
        events: Vec<Event>,
    ) -> Result<Shown, AppError> {
        Ok(match self.is_listed(target, shadow.seen_at).await? {
            true => Shown::Read(events),
            false => Shown::Said(events),
        })
    }

    /// Whether a list of the app's accounts shows what was last known of one, or only an answer does.
    /// What is kept of an account changes only when it is seen to differ: a complete list that was made
    /// later showed it so too.
    pub(crate) async fn is_listed(
        &self,
        target: &TargetName,
        seen_at: Timestamp,
    ) -> Result<bool, AppError> {
        let run = self.store.last_observation(target, Kind::Account).await?;
        Ok(run.is_some_and(|row| {
            let full = row.run.completeness == Completeness::Full;
            row.run.started == seen_at || full && row.run.started > seen_at
        }))
    }
}

fn has(record: &Record, set: &model::Attributes, unset: &[String]) -> bool {
    let same = |(path, value): (&String, &model::Value)| record.attributes.get(path) == Some(value);
    set.iter().all(same)
        && unset
            .iter()
            .all(|path| !record.attributes.contains_key(path))
}
