//! Decisions about workers who look like somebody who is known.

use model::event::{MatchedWorker, WorkerMatched};
use model::{Actor, Event, Personal, SubjectId};
use ports::store::{Append, Stream};

use crate::drill::is_persona;
use crate::{App, AppError, ErrorKind};

impl App {
    /// Says for good whether the worker `key` of `source` is a person who is known. It counts
    /// for the next delivery; a worker whom the source has already told of stays who they are.
    ///
    /// # Errors
    /// `Missing` for an unknown source or person; `Conflict` when the source has already told of
    /// this worker, when they are another person by an earlier decision, or when the person is made up
    /// for a drill.
    pub async fn match_worker(
        &self,
        actor: &Actor,
        worker: (&str, &str),
        person: &str,
        same: bool,
        reason: &str,
        dry_run: bool,
    ) -> Result<SubjectId, AppError> {
        let (source, key) = worker;
        let loaded = self.loaded().await?;
        if source != documents::PEOPLE && !loaded.tenant.sources.contains_key(source) {
            return Err(AppError::missing("source", source));
        }
        let known = self.one_person(person).await?.person;
        if is_persona(&known) {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-DRILL-0005",
                "this person is made up for a drill, and is no worker",
                "name somebody whom a source told of, or let the next file tell of somebody new",
            ));
        }
        let subject = known.subject;
        if let Some(known) = self.store.person_by_key(source, key).await? {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-MATCH-0001",
                format!(
                    "`{source}` has already told of this worker, who is {}",
                    known.subject
                ),
                "a decision only counts before the first row of a worker is accepted",
            ));
        }
        let decided = self.store.worker_matches(source).await?;
        let other = |m: &&ports::store::WorkerMatch| m.key == key && m.same && m.subject != subject;
        if let Some(other) = decided.iter().find(other).filter(|_| same) {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-MATCH-0002",
                format!("this worker was said to be {}", other.subject),
                "take that back first with `tenure person separate`",
            ));
        }
        if !dry_run {
            let event = Event::WorkerMatched(WorkerMatched {
                subject,
                source: source.to_owned(),
                same,
                by: actor.principal.clone(),
                personal: Personal::Known(MatchedWorker {
                    key: key.to_owned(),
                    reason: reason.to_owned(),
                }),
            });
            let stream = Stream::new("person", subject);
            let append = Append::of(actor.clone(), vec![event]).bumping(stream);
            self.store.append(append).await?;
        }
        Ok(subject)
    }
}
