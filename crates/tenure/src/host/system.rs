//! Time and chance, from the operating system.

use std::time::SystemTime;

use model::Timestamp;
use ports::{Clock, Entropy};

/// The system's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let micros = since.map_or(0, |since| {
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
        });
        Timestamp::from_micros(micros)
    }
}

/// The system's random bytes.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if aws_lc_rs::rand::fill(bytes).is_err() {
            // Going on would make keys that can be guessed.
            eprintln!("error: the operating system gives no random bytes");
            std::process::abort();
        }
    }
}
