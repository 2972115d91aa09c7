//! What happens by itself: first and last days of work, and what a crash left unplanned.

use std::time::Duration;

use lifecycle::classify::at_instant;
use model::event::{PinsLifted, SubjectAdvanced};
use model::{Actor, Change, Event};

use super::Worker;
use crate::AppError;

/// The lease under which timers fire: one node at a time.
const LEASE: &str = "timers";
/// People per turn.
const MOST: u32 = 1_000;

impl Worker {
    /// Plans for everyone whose facts have changed meaning since they were last looked at.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn tick(&self) -> Result<(), AppError> {
        let now = self.app.clock.now();
        let due = self.app.store.people_due(now, MOST).await?;
        if due.is_empty() {
            return Ok(());
        }
        let ttl = Duration::from_secs(30);
        if self
            .app
            .store
            .acquire(LEASE, &self.settings.holder, ttl)
            .await?
            .is_none()
        {
            return Ok(());
        }
        let people = self.app.store.people(&due).await?;
        let mut lifted = Vec::new();
        let mut advanced = Vec::new();
        for person in &people {
            let subject = person.subject;
            if at_instant(&person.facts, now) == Ok(Change::Leaver) {
                // A last day that has come is new word of leaving: no undo outlives it.
                for pin in self.app.store.pins(subject).await? {
                    lifted.push(Event::PinsLifted(PinsLifted {
                        subject,
                        wave: pin.wave,
                    }));
                }
            }
            let next_change = person.facts.next_change(now).unwrap_or(None);
            advanced.push(Event::SubjectAdvanced(SubjectAdvanced {
                subject,
                next_change,
            }));
        }
        for chunk in lifted.chunks(500) {
            self.app.append(&Actor::system(), chunk.to_vec()).await?;
        }
        // Planned first, ticked off after: killed in between, they are planned again, which
        // finds the same waves.
        self.app.plan_for(&Actor::system(), due, false).await?;
        for chunk in advanced.chunks(500) {
            self.app.append(&Actor::system(), chunk.to_vec()).await?;
        }
        Ok(())
    }

    /// At the start of a node: whatever was accepted but not planned before the last one ended.
    pub(super) async fn catch_up(&self) -> Result<(), AppError> {
        match self.app.plan(&Actor::system(), false).await {
            Err(error) if error.kind() == crate::ErrorKind::Missing => Ok(()),
            other => other.map(|_| ()),
        }
    }
}
