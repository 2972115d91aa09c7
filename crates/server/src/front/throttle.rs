//! Guesses at passwords and passes: each address and each name has a small budget of its own.
//!
//! Only wrong guesses take from it for good: whoever is signed in, whoever signs in with a passkey, and
//! whoever types the right password, takes nothing from those who sit behind the same address.

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

/// A guess that was taken into account.
pub(super) struct Guess {
    address: IpAddr,
    name: String,
}

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
    pub(super) fn guess(&self, from: IpAddr, name: &str) -> Result<Guess, Duration> {
        let now = Instant::now();
        let guess = Guess {
            address: address_key(from),
            name: name.trim().to_lowercase().chars().take(320).collect(),
        };
        self.addresses.take(&guess.address, now)?;
        self.names.take(&guess.name, now)?;
        Ok(guess)
    }

    /// It was right, so it was no guess: a whole office signs in from one address in the morning. Nobody
    /// gains tries by that, because no more comes back than was taken.
    pub(super) fn was_right(&self, guess: &Guess) {
        self.addresses.give_back(&guess.address);
        self.names.give_back(&guess.name);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn wrong_guesses_take_from_the_budget_and_right_ones_do_not() {
        let throttle = Throttle::new(1_000);
        let office = IpAddr::from([192, 0, 2, 7]);
        for n in 0..1_000 {
            let guess = throttle.guess(office, &format!("p{n}@acme.example"));
            throttle.was_right(&guess.unwrap());
        }
        for _ in 0..10 {
            throttle.guess(office, "ana@acme.example").unwrap();
        }
        let more = throttle.guess(office, " ANA@acme.example");
        assert!(more.is_err(), "ten under one name, however it is written");
        let right = throttle.guess(office, "bo@acme.example").unwrap();
        throttle.was_right(&right);
        let wrong = (0..100).filter(|n| throttle.guess(office, &n.to_string()).is_ok());
        assert_eq!(
            wrong.count(),
            49,
            "sixty from one address, eleven of them above"
        );
    }
}
