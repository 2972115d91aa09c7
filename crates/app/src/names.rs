//! User names that accounts lose, where names are given once: nobody else gets them for a while.
//!
//! Told when it is noticed, in front of what was seen, so that whoever is killed in between tells it
//! again. The log and the tables know a keyed digest, never the name: erasing a person does not give
//! their name away.

use lifecycle::names::is_in_quarantine;
use lifecycle::{RuleBook, UniqueName};
use model::event::NameLost;
use model::{Digest, Event, Kind, Record, RemoteId, SubjectId, TargetName};

use crate::{App, AppError};

impl App {
    /// How a user name of an app is spoken of without saying it. ASCII case makes no difference.
    fn name_digest(&self, target: &TargetName, name: &str) -> Digest {
        // No target's name holds a `/`.
        let place = format!("{target}/{}", name.to_ascii_lowercase());
        self.keyring.keyed_digest("user name", place.as_bytes())
    }

    /// What to tell of somebody's account that was called as in `before` and is now as in `now`, or
    /// is gone. Nothing, where it kept its name.
    pub(crate) fn lost_name(
        &self,
        target: &TargetName,
        before: Option<&Record>,
        now: Option<&Record>,
        subject: Option<SubjectId>,
    ) -> Option<Event> {
        let before =
            before.filter(|record| record.kind == Kind::Account && !record.name.is_empty())?;
        if now.is_some_and(|now| now.name.eq_ignore_ascii_case(&before.name)) {
            return None;
        }
        Some(Event::NameLost(NameLost {
            target: target.clone(),
            name: self.name_digest(target, &before.name),
            subject,
        }))
    }

    /// The names that somebody's accounts lose with these events, compared with what was seen last.
    pub(crate) async fn lost_names(
        &self,
        events: &[Event],
        subject: Option<SubjectId>,
    ) -> Result<Vec<Event>, AppError> {
        let mut lost = Vec::new();
        for event in events {
            let (target, remote, now): (&TargetName, &RemoteId, Option<&Record>) = match event {
                Event::ObjectObserved(e) if e.kind == Kind::Account => {
                    (&e.target, &e.remote, e.personal.known())
                }
                Event::ObjectVanished(e) if e.kind == Kind::Account => (&e.target, &e.remote, None),
                _ => continue,
            };
            let shadow = self.store.shadow(target, Kind::Account, remote).await?;
            let before = shadow.map(|shadow| shadow.record);
            lost.extend(self.lost_name(target, before.as_ref(), now, subject));
        }
        Ok(lost)
    }

    /// Whether a name is kept from somebody, because another account has lost it not long ago.
    pub(crate) async fn is_kept(
        &self,
        unique: &UniqueName,
        target: &TargetName,
        name: &str,
        from: Option<SubjectId>,
    ) -> Result<bool, AppError> {
        if unique.quarantine_days.is_none() {
            return Ok(false);
        }
        let digest = self.name_digest(target, name);
        let Some(lost) = self.store.lost_name(target, digest).await? else {
            return Ok(false);
        };
        let theirs = lost.of.is_some() && lost.of == from;
        Ok(!theirs && is_in_quarantine(unique, lost.at, self.clock.now()))
    }
}

/// Whether an app gives names once, so that it matters when one is lost.
pub(crate) fn are_given_once(book: &RuleBook, target: &TargetName) -> bool {
    let app = book.apps.get(target);
    app.is_some_and(|app| app.unique.is_some())
}
