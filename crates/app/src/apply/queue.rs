//! Which released plans come next: leavers first, and those that wait passed over.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::Duration;

use model::{PlanId, Timestamp};

use super::{Carried, Worker};
use crate::AppError;

/// How long a look into the store counts: a leaver who is released meanwhile comes before whoever
/// was found then, and a look for each plan that ends would cost more than carrying it out.
const FRESH: Duration = Duration::from_millis(200);
/// The most released plans per look into the store.
const PAGE: u32 = 2_000;
/// The most that are looked through at once: plans that wait must not hide those that do not.
const MOST_ROWS: u32 = 20_000;

/// What the last look found and is not begun yet.
#[derive(Default)]
pub(super) struct Queue {
    next: VecDeque<PlanId>,
    looked: Option<Timestamp>,
    /// There was nothing more to be found.
    whole: bool,
}

impl Queue {
    /// Whether the store has to be asked before anything else is begun.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        let used_up = self.next.is_empty() && !self.whole;
        used_up || self.looked.is_none_or(|at| now.since(at) >= FRESH)
    }

    /// Takes in what a look for `wanted` plans found.
    pub(super) fn fill(&mut self, found: Vec<PlanId>, wanted: usize, now: Timestamp) {
        self.whole = found.len() < wanted;
        self.next = found.into();
        self.looked = Some(now);
    }

    /// The next one.
    pub(super) fn pop(&mut self) -> Option<PlanId> {
        self.next.pop_front()
    }

    /// Something was released: what was found may no longer come first.
    pub(super) fn forget(&mut self) {
        self.looked = None;
    }
}

/// Plans that wait for something, until when, and how often in a row they were looked at in vain.
/// Only a memory aid: it may be forgotten.
#[derive(Default)]
pub(super) struct Cooling(Mutex<HashMap<PlanId, (Timestamp, u32)>>);

impl Cooling {
    fn holds(&self, id: PlanId, now: Timestamp) -> bool {
        let waits = |until: Timestamp| until > now;
        self.0
            .lock()
            .is_ok_and(|c| c.get(&id).is_some_and(|(until, _)| waits(*until)))
    }

    /// Remembers when to look at a plan again.
    pub(super) fn note(&self, id: PlanId, carried: &Carried, now: Timestamp) {
        let Ok(mut cooling) = self.0.lock() else {
            return;
        };
        let Some(at) = carried.again else {
            cooling.remove(&id);
            return;
        };
        // Never at once: a plan that asks for the present would be taken for ever. One that
        // waits for another plan, which may wait for a person, is looked at ever more seldom, at
        // least once a minute.
        let vain = match cooling.get(&id) {
            Some((_, vain)) if carried.waits => (vain + 1).min(6),
            _ => 0,
        };
        let pause = match vain {
            0 => Duration::from_millis(1),
            vain => Duration::from_secs(1 << vain).min(Duration::from_secs(60)),
        };
        cooling.insert(id, (at.max(now.plus(pause)), vain));
    }

    /// What a plan waited for has come.
    pub(super) fn wake(&self, id: PlanId) {
        if let Ok(mut cooling) = self.0.lock() {
            cooling.remove(&id);
        }
    }

    /// The next instant at which a plan can go on. A plan that was due when this pass began and
    /// was not taken up is no longer there to be carried out: someone else closed it.
    pub(super) fn next_wake(&self, begun: Timestamp) -> Option<Timestamp> {
        let mut cooling = self.0.lock().ok()?;
        cooling.retain(|_, (until, _)| *until > begun);
        cooling.values().map(|(until, _)| *until).min()
    }
}

impl Worker {
    /// Up to `wanted` released plans that are neither under way nor waiting.
    pub(super) async fn ready(
        &self,
        busy: HashSet<PlanId>,
        wanted: usize,
    ) -> Result<Vec<PlanId>, AppError> {
        let mut found = Vec::new();
        if self.stopping.load(Ordering::SeqCst) {
            return Ok(found);
        }
        let now = self.app.clock.now();
        // Enough rows for what is wanted beside what is under way; more, and ever more, only where
        // plans that wait stand before it.
        let first = u32::try_from(busy.len() + wanted).unwrap_or(PAGE);
        let (mut skip, mut rows) = (0, first.min(PAGE));
        while skip < MOST_ROWS {
            let plans = self.app.store.released_plans(skip, rows).await?;
            let last = plans.len() < rows as usize;
            let free = |id: &PlanId| !busy.contains(id) && !self.cooling.holds(*id, now);
            let room = wanted - found.len();
            found.extend(plans.into_iter().filter(free).take(room));
            if last || found.len() >= wanted {
                break;
            }
            (skip, rows) = (skip + rows, (rows * 4).min(PAGE));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(millis * 1_000)
    }

    #[test]
    fn the_store_is_asked_again_when_it_may_have_more_or_better() {
        let mut queue = Queue::default();
        assert!(queue.is_due(at(0)), "never looked");
        let plan = |n| PlanId::from_bits(n);
        queue.fill(vec![plan(1), plan(2)], 2, at(0));
        assert!(!queue.is_due(at(199)) && queue.is_due(at(200)));
        assert_eq!((queue.pop(), queue.pop()), (Some(plan(1)), Some(plan(2))));
        assert!(queue.is_due(at(1)), "there may be more");
        queue.fill(vec![plan(3)], 2, at(1));
        assert_eq!(queue.pop(), Some(plan(3)));
        assert!(!queue.is_due(at(2)), "there was nothing more");
        queue.forget();
        assert!(queue.is_due(at(2)), "something was released");
    }

    #[test]
    fn whoever_waits_in_vain_is_looked_at_ever_more_seldom() {
        let cooling = Cooling::default();
        let plan = PlanId::from_bits(1);
        let carried = |waits| Carried {
            again: Some(at(0)),
            sent: 0,
            waits,
        };
        cooling.note(plan, &carried(true), at(0));
        assert!(cooling.holds(plan, at(0)) && !cooling.holds(plan, at(1)));
        for (n, seconds) in [2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
            cooling.note(plan, &carried(true), at(0));
            assert!(cooling.holds(plan, at(seconds * 1_000 - 1)), "{n}");
            assert!(!cooling.holds(plan, at(seconds * 1_000)), "{n}");
        }
        cooling.note(plan, &carried(false), at(0));
        assert_eq!(cooling.next_wake(at(0)), Some(at(1)), "it went on");
        let closed = Carried {
            again: None,
            ..carried(false)
        };
        cooling.note(plan, &closed, at(0));
        assert_eq!(cooling.next_wake(at(0)), None);
    }
}
