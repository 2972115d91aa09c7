//! The story's clock: it stands until somebody moves it, so that a month passes in a minute; when
//! the story is over, it goes on by itself from where it stands.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use model::Timestamp;
use ports::Clock;

/// A clock that is moved by hand, and later goes by itself.
pub struct StoryClock {
    at: AtomicI64,
    going: OnceLock<Instant>,
}

impl StoryClock {
    /// A clock that shows this instant.
    pub fn at(instant: Timestamp) -> Self {
        Self {
            at: AtomicI64::new(instant.as_micros()),
            going: OnceLock::new(),
        }
    }

    /// Moves it to an instant, if that is later.
    pub fn advance_to(&self, instant: Timestamp) {
        self.at.fetch_max(instant.as_micros(), Ordering::SeqCst);
    }

    /// From now on it goes by itself.
    pub fn go(&self) {
        let _ = self.going.set(Instant::now());
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        let at = Timestamp::from_micros(self.at.load(Ordering::SeqCst));
        self.going
            .get()
            .map_or(at, |since| at.plus(since.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_until_it_is_moved_or_goes() {
        let clock = StoryClock::at(Timestamp::from_micros(5));
        clock.advance_to(Timestamp::from_micros(3));
        assert_eq!(clock.now(), Timestamp::from_micros(5), "never backwards");
        clock.advance_to(Timestamp::from_micros(9));
        assert_eq!(clock.now(), Timestamp::from_micros(9));
        clock.go();
        let first = clock.now();
        while clock.now() == first {
            std::hint::spin_loop();
        }
    }
}
