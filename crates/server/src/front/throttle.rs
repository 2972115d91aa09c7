//! Guesses at passwords and passes: each address and each name has a small budget of its own.
//!
//! Only guesses take from it: whoever is signed in, and whoever signs in with a passkey, never waits
//! because somebody else guesses.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::buckets::{Buckets, address_key};
use crate::limits::Rate;

/// Failures of one address: many people may sit behind it.
const ADDRESS: Rate = Rate {
    per_second: 0.5,
    burst: 60.0,
};
/// Failures under one name, from wherever (OWASP ASVS 5.0 §6.3.1; NIST SP 800-63B-4 §3.2.2 allows 100).
const NAME: Rate = Rate {
    per_second: 1.0 / 60.0,
    burst: 10.0,
};

pub(super) struct Throttle {
    addresses: Buckets<IpAddr>,
    names: Buckets<String>,
}

impl Throttle {
    pub(super) fn new(remembered: usize) -> Self {
        let now = Instant::now();
        Self {
            addresses: Buckets::new(ADDRESS, remembered, now),
            names: Buckets::new(NAME, remembered, now),
        }
    }

    /// Takes a guess into account, before it is looked at; how long to wait where there were too many.
    pub(super) fn guess(&self, from: IpAddr, name: &str) -> Result<(), Duration> {
        let now = Instant::now();
        self.addresses.take(&address_key(from), now)?;
        let name: String = name.trim().to_lowercase().chars().take(320).collect();
        self.names.take(&name, now)
    }
}
