//! Finding people, and erasing them.

use std::collections::BTreeSet;

use model::event::SubjectErased;
use model::plan::About;
use model::{Actor, Event, Kind, SubjectId};
use ports::store::{Append, MAX_PAGE, Stir, Stream};

use crate::names::are_given_once;
use crate::observe::stand_in;
use crate::terminate::TERMINATION_ENDED;
use crate::{App, AppError, ErrorKind, Known};

impl App {
    /// The one person whom `text` names: a subject id, a worker key, an email or a name.
    ///
    /// # Errors
    /// `Missing` when nobody matches, `Conflict` with the candidates when several do.
    pub async fn one_person(&self, text: &str) -> Result<Known, AppError> {
        if let Ok(subject) = text.parse::<SubjectId>() {
            let found = self.store.person(subject).await?;
            let person = found.ok_or_else(|| AppError::missing("person", text))?;
            return self.known(person).await;
        }
        let found = self.store.people_matching(text, 20).await?;
        let found = self.known_all(found).await?;
        let exact: Vec<&Known> = found.iter().filter(|p| names(p, text)).collect();
        match (exact.as_slice(), found.as_slice()) {
            ([one], _) => Ok((*one).clone()),
            ([], [one]) => Ok(one.clone()),
            ([], []) => Err(AppError::missing("person", text)),
            _ => {
                let list: Vec<String> = found
                    .iter()
                    .map(|p| {
                        let (name, key) = (p.identity.facts.display_name(), &p.identity.key);
                        format!("{name} ({key}, {})", p.person.subject)
                    })
                    .collect();
                Err(AppError::new(
                    ErrorKind::Conflict,
                    "TNR-APP-0050",
                    format!("`{text:.100}` matches several people: {}", list.join("; ")),
                    "name one of them by worker key or subject id",
                ))
            }
        }
    }

    /// What HR, or whoever terminated them, said last of a person since the plan about them that
    /// was drafted as record `since`. Only a plan of a proposed wave counts: a draft that came to
    /// nothing has told nobody.
    pub(crate) async fn news_since(
        &self,
        subject: SubjectId,
        since: Option<u64>,
    ) -> Result<Option<Stir>, AppError> {
        let kinds = [
            "facts.accepted/1",
            "facts.accepted/2",
            "facts.withdrawn/1",
            "facts.withdrawn/2",
            "subject.terminated/1",
            TERMINATION_ENDED,
        ];
        let told = self.store.last_stir(subject, &kinds).await?;
        Ok(told.filter(|told| since.is_none_or(|since| told.seq > since)))
    }

    /// Erases a person: destroys their key, deletes their rows. The log still verifies.
    ///
    /// # Errors
    /// `Conflict` while a plan about them is under way, or while they are still at work.
    pub async fn erase(
        &self,
        actor: &Actor,
        text: &str,
        reason: &str,
    ) -> Result<SubjectId, AppError> {
        let Known { person, identity } = self.one_person(text).await?;
        let subject = person.subject;
        let standing = identity.facts.standing(self.clock.now());
        if standing != Ok(model::facts::Standing::Ended) && !identity.withdrawn {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-APP-0051",
                "this person is still at work as far as HR says",
                "erasure is for people who have left; send the leaver first",
            ));
        }
        if !self
            .store
            .open_plans_about(&[About::Subject(subject)])
            .await?
            .is_empty()
        {
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
        let stream = Stream::new("person", subject);
        let mut gone = self.stand_ins(subject).await?;
        gone.insert(subject);
        let erased = |subject| {
            Event::SubjectErased(SubjectErased {
                subject,
                reason: reason.to_owned(),
            })
        };
        let mut events = self.names_left_by(subject).await?;
        events.extend(gone.into_iter().map(erased));
        let append = Append::of(actor.clone(), events).bumping(stream);
        self.store.append(append).await?;
        Ok(subject)
    }
}

impl App {
    /// The names of the accounts that go out of sight with a person: kept from others from now on,
    /// where names are given once, though nobody knows any more whose they were.
    async fn names_left_by(&self, subject: SubjectId) -> Result<Vec<Event>, AppError> {
        let loaded = self.loaded().await?;
        let mut lost = Vec::new();
        for link in self.store.links_of(subject).await? {
            let at = &link.address;
            if at.kind == Kind::Account && are_given_once(&loaded.book, &at.target) {
                let shadow = self.store.shadow(&at.target, at.kind, &link.remote).await?;
                let before = shadow.map(|shadow| shadow.record);
                lost.extend(self.lost_name(&at.target, before.as_ref(), None, None));
            }
        }
        Ok(lost)
    }

    /// The ids that stood in for a person while it was not known that an account is theirs: what
    /// was seen of it until then goes with them.
    async fn stand_ins(&self, subject: SubjectId) -> Result<BTreeSet<SubjectId>, AppError> {
        let mut accounts = BTreeSet::new();
        for link in self.store.links_of(subject).await? {
            accounts.insert((link.address, link.remote));
        }
        let mut before = None;
        loop {
            let page = self.store.records_about(subject, before, MAX_PAGE).await?;
            let full = page.len() == MAX_PAGE as usize;
            before = page.last().map(|record| record.seq);
            for record in page {
                if let Event::ObjectLinked(linked) = record.event {
                    accounts.insert((linked.address, linked.remote));
                }
            }
            if !full {
                break;
            }
        }
        let accounts = accounts.iter().filter(|(at, _)| at.kind == Kind::Account);
        accounts
            .map(|(at, remote)| stand_in(&at.target, remote))
            .collect()
    }
}

fn names(known: &Known, text: &str) -> bool {
    known.person.engagements.iter().any(|e| e.key == text)
        || known
            .identity
            .facts
            .text("email")
            .is_some_and(|e| e.eq_ignore_ascii_case(text))
        || known
            .identity
            .facts
            .display_name()
            .eq_ignore_ascii_case(text)
}
