//! Erasing people. It needs no documents: whoever may be forgotten does not wait until the documents
//! in force can be read again.

use std::collections::BTreeSet;

use model::event::SubjectErased;
use model::facts::Standing;
use model::plan::About;
use model::{Actor, Event, Kind, RemoteId, SubjectId, TargetName};
use ports::store::{Append, MAX_PAGE, Person, Stream};

use crate::observe::stand_in;
use crate::planner::PLANNER;
use crate::tasks::TASKS;
use crate::{App, AppError, ErrorKind, Known};

/// What others write about somebody may come in between so often.
const TRIES: u32 = 10;
/// The code of an append that others were quicker than.
const RACED: &str = "TNR-STORE-0003";

/// An account, by app and the app's id for it.
type Account = (TargetName, RemoteId);

impl App {
    /// Erases a person: destroys their key, deletes their rows. The log still verifies.
    ///
    /// # Errors
    /// `Conflict` while a plan about them is under way, or while they are still at work; also when
    /// others write about them all the time.
    pub async fn erase(
        &self,
        actor: &Actor,
        text: &str,
        reason: &str,
    ) -> Result<SubjectId, AppError> {
        let mut tries = 0;
        loop {
            match self.try_to_erase(actor, text, reason).await {
                Err(error) if error.code() == RACED && tries < TRIES => tries += 1,
                erased => return erased,
            }
        }
    }

    /// What is written about the person while this reads makes it conflict; and what was read before
    /// it, to be written after it, conflicts with it: a planning, a delivery, a due instant, the word
    /// that something was done by hand. So none of their rows stays, and none comes back.
    async fn try_to_erase(
        &self,
        actor: &Actor,
        text: &str,
        reason: &str,
    ) -> Result<SubjectId, AppError> {
        let Known { person, identity } = self.one_person(text).await?;
        let subject = person.subject;
        let mut append = Append::of(actor.clone(), Vec::new());
        append = append.bumping(Stream::new("person", subject));
        for stream in shared_by_writers(&person) {
            let head = self.store.head_of(&stream).await?;
            append = append.on(stream, head);
        }
        // Again, now that whatever comes in between is noticed.
        let Some(person) = self.store.person(subject).await? else {
            return Err(AppError::missing("person", text));
        };
        for known in &person.tasks {
            append = append.bumping(Stream::new("task", known.task.id));
        }
        let standing = identity.facts.standing(self.clock.now());
        if standing != Ok(Standing::Ended) && !identity.withdrawn {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-APP-0051",
                "this person is still at work as far as HR says",
                "erasure is for people who have left; send the leaver first",
            ));
        }
        self.nothing_is_open(subject).await?;
        let accounts = self.accounts_ever_of(subject).await?;
        append.events = self.names_left_with(&accounts, subject).await?;
        let mut gone = BTreeSet::from([subject]);
        for (target, remote) in &accounts {
            gone.insert(stand_in(target, remote)?);
        }
        append.events.extend(gone.into_iter().map(|subject| {
            Event::SubjectErased(SubjectErased {
                subject,
                reason: reason.to_owned(),
            })
        }));
        self.store.append(append).await?;
        Ok(subject)
    }

    /// That no plan about somebody is under way, and none of their accounts is usable.
    async fn nothing_is_open(&self, subject: SubjectId) -> Result<(), AppError> {
        let about = [About::Subject(subject)];
        if !self.store.open_plans_about(&about).await?.is_empty() {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-APP-0052",
                "a plan about this person is not finished",
                "apply or refuse it first, so that no account is forgotten",
            ));
        }
        for link in self.store.links_of(subject).await? {
            let at = &link.address;
            if at.kind != Kind::Account {
                continue;
            }
            let shadow = self.store.shadow(&at.target, at.kind, &link.remote).await?;
            if shadow.is_some_and(|s| s.record.active) {
                return Err(AppError::new(
                    ErrorKind::Conflict,
                    "TNR-APP-0053",
                    format!("their account in `{}` is still active", at.target),
                    "disable it first; erased, it would be an active account that nobody knows",
                ));
            }
        }
        Ok(())
    }

    /// The accounts that are somebody's or were, also in apps that no document declares any more.
    /// What was seen of one before it was known to be theirs goes with them (see [`stand_in`]).
    async fn accounts_ever_of(&self, subject: SubjectId) -> Result<BTreeSet<Account>, AppError> {
        let mut accounts = BTreeSet::new();
        for link in self.store.links_of(subject).await? {
            if link.address.kind == Kind::Account {
                accounts.insert((link.address.target, link.remote));
            }
        }
        let mut before = None;
        loop {
            let page = self.store.records_about(subject, before, MAX_PAGE).await?;
            let full = page.len() == MAX_PAGE as usize;
            before = page.last().map(|record| record.seq);
            for record in page {
                if let Event::ObjectLinked(linked) = record.event
                    && linked.address.kind == Kind::Account
                {
                    accounts.insert((linked.address.target, linked.remote));
                }
            }
            if !full {
                return Ok(accounts);
            }
        }
    }

    /// The names of the accounts that go out of sight with a person: kept from others from now on,
    /// though nobody knows any more whose they were. Of every app: which of them gives names once,
    /// documents may say later.
    async fn names_left_with(
        &self,
        accounts: &BTreeSet<Account>,
        subject: SubjectId,
    ) -> Result<Vec<Event>, AppError> {
        let mut lost = Vec::new();
        for (target, remote) in accounts {
            let link = self.store.link_to(target, Kind::Account, remote).await?;
            let owner = link.and_then(|link| link.address.key.subject());
            if owner.is_some_and(|owner| owner != subject) {
                continue;
            }
            let shadow = self.store.shadow(target, Kind::Account, remote).await?;
            let before = shadow.map(|shadow| shadow.record);
            lost.extend(self.lost_name(target, before.as_ref(), None, None));
        }
        Ok(lost)
    }
}

/// The streams under which others write rows of a person whom they have read.
fn shared_by_writers(person: &Person) -> Vec<Stream> {
    let sources: BTreeSet<&str> = person.engagements.iter().map(|e| &*e.source).collect();
    let sources = sources.into_iter().map(|name| Stream::new("source", name));
    let shared = [PLANNER, TASKS].map(|name| Stream(name.to_owned()));
    shared.into_iter().chain(sources).collect()
}
