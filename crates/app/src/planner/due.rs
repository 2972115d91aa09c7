//! When somebody is due next depends on the documents too. Whoever was told of under others is
//! given the instant that counts now.

use model::event::SubjectAdvanced;
use model::{Actor, Event, Timestamp};
use ports::store::{Append, AppendError, Expect, Person, Stream};

use super::Pass;
use crate::tenant::Loaded;
use crate::{App, AppError};

/// People per append.
const CHUNK: usize = 500;

impl App {
    /// What every source has told so far, as the condition that it tells nothing more.
    pub(crate) async fn told(&self, loaded: &Loaded) -> Result<Vec<Expect>, AppError> {
        let mut told = Vec::new();
        for source in loaded.tenant.sources.keys() {
            let stream = Stream::new("source", source);
            let head = self.store.head_of(&stream).await?;
            told.push(Expect::Head(stream, head));
        }
        Ok(told)
    }

    /// Writes down when people are due next, unless a source has told something since they were
    /// looked at: its word may have moved that again, and must not be lost.
    pub(crate) async fn advance(
        &self,
        actor: &Actor,
        advanced: &[SubjectAdvanced],
        told: &[Expect],
    ) -> Result<(), AppError> {
        for chunk in advanced.chunks(CHUNK) {
            let events = chunk.iter().cloned().map(Event::SubjectAdvanced);
            let mut append = Append::of(actor.clone(), events.collect());
            append.expect.extend_from_slice(told);
            match self.store.append(append).await {
                Ok(_) => {}
                // Whoever was due still is, and the next look sets the others right.
                Err(AppendError::Conflict { .. }) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

impl Pass<'_> {
    /// Remembers a person whose next instant comes before the one that is stored. One that is
    /// stored too early costs a look and is set right by it; one that has come is the timers'.
    /// Says whether it did: until it is written down they have to be looked at.
    pub(super) fn note_due(&mut self, person: &Person, next: Option<Timestamp>) -> bool {
        let now = self.app.clock.now();
        let stored = person.next_change;
        if stored.is_some_and(|at| at <= now) {
            return false;
        }
        if let Some(next) = next
            && stored.is_none_or(|at| next < at)
        {
            self.due.push(SubjectAdvanced {
                subject: person.subject,
                next_change: Some(next),
            });
            return true;
        }
        false
    }
}
