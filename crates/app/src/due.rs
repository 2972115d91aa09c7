//! When somebody has to be looked at again because time alone changes something for them: a day
//! of work begins or ends, an account of theirs is kept no longer, something that is done by hand
//! becomes overdue, or something that a document says of them runs out.

use std::collections::BTreeSet;

use lifecycle::Spans;
use lifecycle::beside::Beside;
use lifecycle::due::{Told, next_due, next_end, next_overdue};
use model::event::SubjectAdvanced;
use model::{Actor, Event, SubjectId, Timestamp, WorkerRef};
use ports::store::{Append, Expect, Person, Stream};

use crate::tasks::TASKS;
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// People per look and per append.
const CHUNK: usize = 500;
/// Deliveries and documents that may come in between.
const TRIES: u32 = 20;

/// Which instants are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settle {
    /// The next one of people for whom theirs has come and was planned for.
    Next,
    /// One that is earlier than what is written down. Whoever is due already stays so until it
    /// was planned for.
    Earlier,
}

/// Whether documents make somebody due before what is written down; `now` is when that was read.
pub(crate) fn is_late(person: &Person, spans: &Spans, beside: &Beside, now: Timestamp) -> bool {
    is_earlier(next(person, spans, beside, now), person.next_change, now)
}

/// Whether an instant comes before the one that is written down. Whoever is due already stays so
/// until it was planned for.
pub(crate) fn is_earlier(
    next: Option<Timestamp>,
    written: Option<Timestamp>,
    now: Timestamp,
) -> bool {
    match (next, written) {
        (Some(next), Some(written)) => next < written && now < written,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// When somebody is due next. Where a zone is unknown, days cannot be told, but what ends at an
/// instant can.
fn next(person: &Person, spans: &Spans, beside: &Beside, now: Timestamp) -> Option<Timestamp> {
    let told = told(person);
    next_due(told, spans, beside, now).unwrap_or_else(|_| {
        let end = next_end(told.engagements, beside, now);
        end.into_iter().chain(next_overdue(told.tasks, now)).min()
    })
}

/// What the next instant of a person is worked out from.
pub(crate) fn told(person: &Person) -> Told<'_> {
    Told {
        engagements: &person.engagements,
        terminated: person.termination.as_ref().map(|t| t.at),
        tasks: &person.tasks,
    }
}

impl App {
    /// Writes down when these people are due next, counted from `since`. What is computed from
    /// facts or documents that are news by the time it is written is not written, but computed
    /// again: a last day that arrives meanwhile must not be lost.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn settle_due(
        &self,
        subjects: &[SubjectId],
        since: Timestamp,
        which: Settle,
    ) -> Result<(), AppError> {
        for chunk in subjects.chunks(CHUNK) {
            let mut tries = 0;
            loop {
                match self.settle_chunk(chunk, since, which).await {
                    Err(error) if error.kind() == ErrorKind::Conflict && tries < TRIES => {
                        tries += 1;
                    }
                    settled => break settled?,
                }
            }
        }
        Ok(())
    }

    async fn settle_chunk(
        &self,
        subjects: &[SubjectId],
        since: Timestamp,
        which: Settle,
    ) -> Result<(), AppError> {
        let mut expect = vec![self.still("documents".to_owned()).await?];
        let loaded = self.loaded().await?;
        let sources = loaded.tenant.sources.keys().map(String::as_str);
        for source in sources.chain([documents::PEOPLE, documents::DRILLS]) {
            expect.push(self.still(format!("source/{source}")).await?);
        }
        expect.push(self.still(TASKS.to_owned()).await?);
        let mut events = Vec::new();
        for (person, next) in self.next_of(subjects, &loaded, since).await? {
            let write = match which {
                Settle::Next => next != person.next_change,
                Settle::Earlier => is_earlier(next, person.next_change, since),
            };
            if write {
                events.push(Event::SubjectAdvanced(SubjectAdvanced {
                    subject: person.subject,
                    next_change: next,
                }));
            }
        }
        if events.is_empty() {
            return Ok(());
        }
        let mut append = Append::of(Actor::system(), events);
        append.expect = expect;
        self.store.append(append).await?;
        Ok(())
    }

    /// When each of these people is due next, counted from `since`.
    pub(crate) async fn next_of(
        &self,
        subjects: &[SubjectId],
        loaded: &Loaded,
        since: Timestamp,
    ) -> Result<Vec<(Person, Option<Timestamp>)>, AppError> {
        let spans = loaded.book.spans();
        let holders = self.holders(subjects, loaded).await?;
        let mut found = Vec::new();
        for person in self.store.people(subjects).await? {
            let mut next = next(&person, &spans, &loaded.book.beside, since);
            if holders.contains(&person.subject) {
                let graces = self.graces(&person, &loaded.book, since).await?;
                let ends = graces.iter().map(|grace| grace.until);
                next = next.into_iter().chain(ends).min();
            }
            found.push((person, next));
        }
        Ok(found)
    }

    /// Those of the people who have something that a rule might let them keep after a move.
    async fn holders(
        &self,
        subjects: &[SubjectId],
        loaded: &Loaded,
    ) -> Result<BTreeSet<SubjectId>, AppError> {
        if !loaded.book.has_grace() {
            return Ok(BTreeSet::new());
        }
        let links = self.store.links_about(subjects).await?.into_iter();
        Ok(links.filter_map(|l| l.address.key.subject()).collect())
    }

    /// That nothing is new on a stream, as it is now.
    async fn still(&self, stream: String) -> Result<Expect, AppError> {
        let stream = Stream(stream);
        let head = self.store.head_of(&stream).await?;
        Ok(Expect::Head(stream, head))
    }

    /// After documents were accepted: whom they make due earlier.
    ///
    /// # Errors
    /// When the store does not answer. The next planning of everyone makes up for it.
    pub(crate) async fn due_after_documents(&self, loaded: &Loaded) -> Result<(), AppError> {
        let now = self.clock.now();
        let beside = &loaded.book.beside;
        let given = beside.grants.keys().chain(beside.holds.keys());
        let names: BTreeSet<&WorkerRef> = given.chain(beside.duties.keys()).collect();
        let mut subjects = Vec::new();
        for name in names {
            if beside.next_end(std::slice::from_ref(name), now).is_none() {
                continue;
            }
            let person = self.store.person_by_key(&name.source, &name.key).await?;
            subjects.extend(person.map(|p| p.subject));
        }
        self.settle_due(&subjects, now, Settle::Earlier).await
    }

    /// After a delivery that was read by documents of this revision: where others came into
    /// force meanwhile, the instants that it wrote down were not theirs; and what somebody keeps
    /// for a while after a move follows from what was told before, which a delivery does not read.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn due_after_delivery(
        &self,
        subjects: &[SubjectId],
        revision: u64,
    ) -> Result<(), AppError> {
        let now = self.clock.now();
        let in_force = self.store.documents().await?;
        let same = in_force.is_none_or(|row| row.revision == revision);
        if same && !self.loaded().await?.book.has_grace() {
            return Ok(());
        }
        self.settle_due(subjects, now, Settle::Earlier).await
    }
}
