//! A circuit breaker: a target that fails again and again is left alone for ever longer, and then
//! tried by one request.

use std::time::Duration;

use model::Timestamp;

/// Failures in a row that open it.
const TRIP: u32 = 5;
/// The first pause; doubles up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(5);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(900);

/// Closed: requests pass. Open: none does. Half open: one tries.
pub(super) struct Breaker {
    /// Failures in a row; once it has opened, the requests that tried it.
    failures: u32,
    open_until: Timestamp,
    /// Someone tries it, and until then the others wait.
    trial: Option<Timestamp>,
}

impl Breaker {
    pub(super) fn closed() -> Self {
        Self {
            failures: 0,
            open_until: Timestamp::EPOCH,
            trial: None,
        }
    }

    /// Whether it has opened and nothing succeeded since.
    pub(super) fn has_opened(&self) -> bool {
        self.failures >= TRIP
    }

    /// Until when whoever tries a half-open one is waited for.
    pub(super) fn trial(&self, now: Timestamp) -> Option<Timestamp> {
        self.trial.filter(|until| self.has_opened() && *until > now)
    }

    /// A request is begun: of a half-open one it is the trial.
    pub(super) fn begin(&mut self, now: Timestamp) {
        if self.has_opened() {
            self.trial = Some(now.plus(FIRST));
        }
    }

    /// A request failed; gives the instant before which nothing is to be begun, if it opens.
    pub(super) fn failed(&mut self, now: Timestamp) -> Option<Timestamp> {
        // Requests that were under way when it opened fail together: they say one thing once.
        if self.has_opened() && self.open_until > now {
            return None;
        }
        self.failures += 1;
        if !self.has_opened() {
            return None;
        }
        let doubled = FIRST * (1 << (self.failures - TRIP).min(8));
        self.open_until = now.plus(doubled.min(LONGEST));
        Some(self.open_until)
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::closed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    #[test]
    fn it_opens_once_for_a_burst_and_ever_longer_for_each_trial() {
        let mut breaker = Breaker::closed();
        for _ in 1..TRIP {
            assert_eq!(breaker.failed(at(0)), None);
        }
        assert_eq!(breaker.failed(at(0)), Some(at(5)));
        for _ in 0..50 {
            assert_eq!(breaker.failed(at(1)), None, "the same burst");
        }
        let mut now = 5;
        for pause in [10, 20, 40, 80, 160, 320, 640, 900, 900] {
            breaker.begin(at(now));
            assert_eq!(breaker.trial(at(now)), Some(at(now + 5)), "one tries");
            assert_eq!(breaker.failed(at(now)), Some(at(now + pause)));
            now += pause;
        }
        breaker.succeeded();
        assert!(!breaker.has_opened());
        assert_eq!(breaker.trial(at(now)), None);
        assert_eq!(breaker.failed(at(now)), None, "it counts anew");
    }
}
