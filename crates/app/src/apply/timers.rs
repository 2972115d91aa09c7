//! What happens by itself: first and last days of work, and what a crash left unplanned.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lifecycle::RuleBook;
use lifecycle::mutants::{self, Mutant};
use model::event::PinsLifted;
use model::plan::{About, PlanStatus};
use model::{Actor, Event, SubjectId, Timestamp};

use super::{Closed, Worker};
use crate::deliver::{confirmed, has_left};
use crate::due::Settle;
use crate::{AppError, Known};

/// The lease under which timers fire: one node at a time.
const LEASE: &str = "timers";
/// People per turn.
pub(crate) const MOST: u32 = 1_000;

/// What has come for somebody who is due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Came {
    /// HR confirms that whoever is terminated for cause has left.
    pub confirms: bool,
    /// A last day. It is new word of leaving: no undo outlives it. What else comes afterwards, the
    /// end of a retention, is none.
    pub last_day: bool,
}

/// What has come for somebody who is due.
pub(crate) fn came(known: &Known, now: Timestamp) -> Came {
    let Known { person, identity } = known;
    let left = has_left(identity, now);
    let last = identity.facts.days_after_end(0).ok().flatten();
    let first = person
        .next_change
        .is_none_or(|due| last.is_some_and(|last| due <= last));
    Came {
        confirms: left && person.termination.is_some(),
        last_day: left && first,
    }
}

impl Worker {
    /// Plans for everyone whose facts have changed meaning since they were last looked at.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn tick(&self) -> Result<(), AppError> {
        self.app.shorten_addresses().await?;
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
        for known in &people {
            let subject = known.person.subject;
            let came = came(known, now);
            if came.confirms {
                lifted.push(confirmed(subject));
            }
            if came.last_day && !mutants::on(Mutant::PinsOutlive) {
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

    /// Plans again for people whose plan was closed while HR had already said something new of them,
    /// because the world had moved, or after a planning that left out what was under way: of somebody
    /// above them there may be news.
    pub(super) async fn look_again(&self) -> Result<(), AppError> {
        let closed = match self.closed.lock() {
            Ok(mut closed) => std::mem::take(&mut *closed),
            Err(_) => return Ok(()),
        };
        let mut again = Vec::new();
        let by_hand = !closed.is_empty() && self.asks_for(RuleBook::has_manual).await?;
        let left_out = self.left_out(&closed);
        let freed = closed.values().any(|closed| closed.disables);
        for (subject, closed) in closed {
            let Closed {
                plan,
                stale,
                disables,
                ..
            } = closed;
            let about = About::Subject(subject);
            let last = self.app.store.plans_about(&about, 1).await?;
            // A newer plan left out the apps in which this one was still under way.
            let newer = last.first().is_some_and(|newest| newest.id != plan);
            let since = last.first().map(|p| p.drafted);
            // What is done by hand is asked for once the account is closed.
            let closes = disables && by_hand;
            let seen = left_out.contains(&subject);
            if stale
                || newer
                || closes
                || seen
                || self.app.news_since(subject, since).await?.is_some()
            {
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

    /// Those of whom the last planning left out what was under way, and what is done by now. While
    /// another planning goes on nobody can tell: they are asked for again, and no leaver waits for it.
    fn left_out(&self, closed: &BTreeMap<SubjectId, Closed>) -> BTreeSet<SubjectId> {
        let applied = closed.iter().filter(|(_, closed)| closed.applied);
        if let Ok(mut memory) = self.app.planning.try_lock() {
            let Some(memory) = &mut *memory else {
                return BTreeSet::new();
            };
            let people = applied.map(|(subject, _)| *subject);
            return people.filter(|s| memory.left_out(*s)).collect();
        }
        if let Ok(mut later) = self.closed.lock() {
            for (subject, closed) in applied {
                later.entry(*subject).or_insert(*closed);
            }
        }
        BTreeSet::new()
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
        match self.plan_for_what_moved(true).await {
            Err(error) if error.kind() == crate::ErrorKind::Missing => Ok(()),
            other => other,
        }
    }
}
