//! The time in a rehearsal.

use std::sync::{Mutex, PoisonError};

use model::Timestamp;
use ports::Clock;

/// The clock of a rehearsal: it shows the instant that is played.
pub(super) struct Played(Mutex<Timestamp>);

impl Played {
    pub fn at(instant: Timestamp) -> Self {
        Self(Mutex::new(instant))
    }

    /// Shows another instant, if it is later.
    pub fn forward(&self, to: Timestamp) {
        let mut at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *at = to.max(*at);
    }
}

impl Clock for Played {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
