//! What happens by itself: first and last days of work, and what a crash left unplanned.

use std::time::Duration;

use lifecycle::RuleBook;
use lifecycle::mutants::{self, Mutant};
use model::event::PinsLifted;
use model::plan::{About, PlanStatus};
use model::{Actor, Event, SubjectId};

use super::{Closed, Worker};
use crate::deliver::{confirmed, has_left};
use crate::due::Settle;
use crate::{AppError, Known};

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
        let holder = &self.settings.holder;
        let Some(lease) = self.app.store.acquire(LEASE, holder, ttl).await? else {
            return Ok(());
        };
        // Someone whose plan is being carried out stays due: the planner passes over the apps in
        // which it still is, until it is closed.
        let idle = self.not_under_way(due.clone()).await?;
        let people = self.app.store.people(&due).await?;
        let people = self.app.known_all(people).await?;
        let mut lifted = Vec::new();
        for Known { person, identity } in &people {
            let subject = person.subject;
            let left = has_left(identity, now);
            if left && person.termination.is_some() {
                lifted.push(confirmed(subject));
            }
            // A last day that has come is new word of leaving: no undo outlives it. What else comes
            // afterwards, the end of a retention, is none.
            let last = identity.facts.days_after_end(0).ok().flatten();
            let came = person
                .next_change
                .is_none_or(|due| last.is_some_and(|last| due <= last));
            if left && came && !mutants::on(Mutant::PinsOutlive) {
                for pin in self.app.store.pins(subject).await? {
                    lifted.push(Event::PinsLifted(PinsLifted {
                        subject,
                        wave: pin.wave,
                    }));
                }
            }
        }
        for chunk in lifted.chunks(500) {
            self.app.append(&Actor::system(), chunk.to_vec()).await?;
        }
        // Planned first, ticked off after: killed in between, they are planned again, which
        // finds the same waves.
        self.app.plan_for(&Actor::system(), due, false).await?;
        self.app.settle_due(&idle, now, Settle::Next).await?;
        // Whoever takes this node's place need not wait until it runs out.
        self.app.store.release(LEASE, holder, lease.fence).await?;
        Ok(())
    }

    async fn not_under_way(&self, due: Vec<SubjectId>) -> Result<Vec<SubjectId>, AppError> {
        let abouts: Vec<About> = due.iter().map(|s| About::Subject(*s)).collect();
        let open = self.app.store.open_plans_about(&abouts).await?;
        let busy = |subject: &SubjectId| {
            open.iter()
                .any(|p| p.status == PlanStatus::Released && p.about == About::Subject(*subject))
        };
        Ok(due.into_iter().filter(|s| !busy(s)).collect())
    }

    /// Plans again for people whose plan was closed while HR had already said something new, or
    /// because the world had moved.
    pub(super) async fn look_again(&self) -> Result<(), AppError> {
        let closed = match self.closed.lock() {
            Ok(mut closed) => std::mem::take(&mut *closed),
            Err(_) => return Ok(()),
        };
        let mut again = Vec::new();
        let by_hand = !closed.is_empty() && self.asks_for(RuleBook::has_manual).await?;
        let freed = closed.values().any(|closed| closed.disables);
        for (subject, closed) in closed {
            let Closed {
                plan,
                stale,
                disables,
            } = closed;
            let about = About::Subject(subject);
            let last = self.app.store.plans_about(&about, 1).await?;
            // A newer plan left out the apps in which this one was still under way.
            let newer = last.first().is_some_and(|newest| newest.id != plan);
            let since = last.first().map(|p| p.drafted);
            // What is done by hand is asked for once the account is closed.
            let closes = disables && by_hand;
            if stale || newer || closes || self.app.news_since(subject, since).await?.is_some() {
                again.push(subject);
            }
        }
        if !again.is_empty() {
            self.app.plan_for(&Actor::system(), again, false).await?;
        }
        if freed && self.asks_for(RuleBook::has_seats).await? {
            self.seat_who_waits().await?;
        }
        Ok(())
    }

    /// Plans for those who wait for a seat in an app that has a free one: an account was disabled, a
    /// plan was refused or failed, a listing shows fewer, or more were bought.
    pub(super) async fn seat_who_waits(&self) -> Result<(), AppError> {
        let loaded = match self.app.loaded().await {
            Err(error) if error.kind() == crate::ErrorKind::Missing => return Ok(()),
            loaded => loaded?,
        };
        let waiting = self.app.could_be_seated(&loaded).await?;
        if !waiting.is_empty() {
            self.app.plan_for(&Actor::system(), waiting, false).await?;
        }
        Ok(())
    }

    async fn asks_for(&self, what: impl Fn(&RuleBook) -> bool) -> Result<bool, AppError> {
        match self.app.loaded().await {
            Ok(loaded) => Ok(what(&loaded.book)),
            Err(error) if error.kind() == crate::ErrorKind::Missing => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// At the start of a node: whatever was accepted but not planned before the last one ended.
    pub(super) async fn catch_up(&self) -> Result<(), AppError> {
        match self.app.plan(&Actor::system(), false).await {
            Err(error) if error.kind() == crate::ErrorKind::Missing => Ok(()),
            other => other.map(|_| ()),
        }
    }
}
