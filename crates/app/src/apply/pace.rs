//! A rate budget: when the next request to a target may go out.

use std::collections::HashMap;
use std::time::Duration;

use model::{PlanId, Timestamp};

/// A place that was not used this long after its time is given up: kept longer, places of plans
/// that come late would all be used at once.
const FORGOTTEN: Duration = Duration::from_millis(500);

/// A change and its read-back.
const REQUESTS: u8 = 2;

/// How far requests that several plans share may go ahead of their turn.
const AHEAD: Duration = Duration::from_millis(500);

/// Requests at even intervals; those that several plans share may run half a second ahead, so
/// that in no second there are more than one and a half times as many. A plan that may not begin yet is told when, and
/// that place is its own: plans that wait do not all come back at once for one request.
pub(super) struct Pace {
    interval: Duration,
    /// Nothing that has no place begins before this instant.
    next: Timestamp,
    places: HashMap<PlanId, Place>,
}

struct Place {
    at: Timestamp,
    /// Requests that it still covers.
    left: u8,
}

impl Pace {
    pub(super) fn new(requests_per_second: u32) -> Self {
        Self {
            interval: Duration::from_secs(1) / requests_per_second.max(1),
            next: Timestamp::EPOCH,
            places: HashMap::new(),
        }
    }

    /// Whether `plan` may send one change now, or when. Without a plan: whether a request that
    /// several plans share may go out.
    pub(super) fn ask(&mut self, plan: Option<PlanId>, now: Timestamp) -> Result<(), Timestamp> {
        let Some(plan) = plan else {
            return if self.next > now {
                Err(self.next)
            } else {
                Ok(())
            };
        };
        self.places
            .retain(|_, place| place.at.plus(FORGOTTEN) > now);
        let place = self
            .places
            .entry(plan)
            .or_insert(Place { at: now, left: 0 });
        if place.left < REQUESTS {
            place.at = self.next.max(now);
            place.left += REQUESTS;
            self.next = place.at.plus(self.interval * u32::from(REQUESTS));
        }
        if place.at > now {
            Err(place.at)
        } else {
            Ok(())
        }
    }

    /// Whether a change of this plan that was admitted may still go out: another step of the same
    /// plan may have used its place.
    pub(super) fn has_room(&self, plan: PlanId, shared: bool, now: Timestamp) -> bool {
        let ahead = if shared { AHEAD } else { Duration::ZERO };
        self.next <= now.plus(ahead)
            || self
                .places
                .get(&plan)
                .is_some_and(|p| p.at <= now && p.left >= REQUESTS)
    }

    /// A request goes out: on the plan's own place, or after everything that has one.
    pub(super) fn spend(&mut self, plan: Option<PlanId>, now: Timestamp) {
        if let Some(plan) = plan
            && let Some(place) = self.places.get_mut(&plan)
        {
            place.left -= 1;
            if place.left == 0 {
                self.places.remove(&plan);
            }
            return;
        }
        self.next = self.next.max(now).plus(self.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_micros(1_000_000_000 + millis * 1_000)
    }

    #[test]
    fn each_plan_has_a_place_of_its_own_for_a_change_and_its_read_back() {
        let mut pace = Pace::new(10);
        let plan = |n: u128| Some(PlanId::from_bits(n));
        assert_eq!(pace.ask(plan(1), at(0)), Ok(()));
        assert_eq!(pace.ask(plan(2), at(0)), Err(at(200)));
        assert_eq!(pace.ask(plan(3), at(0)), Err(at(400)));
        assert_eq!(
            pace.ask(plan(2), at(100)),
            Err(at(200)),
            "it keeps its place"
        );
        assert_eq!(pace.ask(plan(1), at(100)), Ok(()), "not used yet");
        pace.spend(plan(1), at(100));
        let first = PlanId::from_bits(1);
        assert!(
            !pace.has_room(first, false, at(100)),
            "kept for the read-back"
        );
        assert!(!pace.has_room(first, true, at(99)) && pace.has_room(first, true, at(100)));
        pace.spend(plan(1), at(100));
        assert_eq!(pace.ask(plan(1), at(100)), Err(at(600)), "used up");
        assert_eq!(pace.ask(plan(2), at(200)), Ok(()));
        // What has no place goes after everything that has one.
        pace.spend(None, at(200));
        assert_eq!(pace.ask(None, at(200)), Err(at(900)));
        assert_eq!(pace.ask(None, at(900)), Ok(()));
        // A place whose plan never came back is given up, and idle time is not saved up.
        assert_eq!(pace.ask(plan(3), at(60_000)), Ok(()));
        assert_eq!(pace.ask(plan(4), at(60_000)), Err(at(60_200)));
    }
}
