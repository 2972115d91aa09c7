//! Guesses at passwords and passes: each address and each name has a small budget of its own.
//!
//! Only wrong guesses take from it for good: whoever is signed in, whoever signs in with a passkey, and
//! whoever types the right password, takes nothing from those who sit behind the same address. A device on which
//! somebody has signed in before has a budget of its own for their name: whoever guesses elsewhere, be it behind
//! the same address, keeps nobody out there.

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

/// Mails that are asked for from one address.
const ASKS_FROM: Rate = Rate {
    per_second: 1.0 / 60.0,
    burst: 20.0,
};
/// Mails that are asked for under one name, from wherever: nobody's mailbox is filled by whoever knows it.
const ASKS: Rate = Rate {
    per_second: 1.0 / 1_200.0,
    burst: 3.0,
};

/// A guess that was taken into account.
pub(super) enum Guess {
    /// From wherever.
    Anywhere { address: IpAddr, name: String },
    /// On a device that is known as one of theirs.
    Known(String),
}

pub(super) struct Throttle {
    addresses: Buckets<IpAddr>,
    names: Buckets<String>,
    devices: Buckets<String>,
}

impl Throttle {
    pub(super) fn new(remembered: usize) -> Self {
        Self::with(ADDRESS, NAME, remembered)
    }

    /// The same for those who ask for mails.
    pub(super) fn of_asks(remembered: usize) -> Self {
        Self::with(ASKS_FROM, ASKS, remembered)
    }

    fn with(address: Rate, name: Rate, remembered: usize) -> Self {
        let now = Instant::now();
        Self {
            addresses: Buckets::new(address, remembered, now),
            names: Buckets::new(name, remembered, now),
            devices: Buckets::new(name, remembered, now),
        }
    }

    /// Takes a guess into account, before it is looked at; how long to wait where there were too many.
    pub(super) fn guess(&self, from: IpAddr, name: &str) -> Result<Guess, Duration> {
        let now = Instant::now();
        let address = address_key(from);
        let name: String = name.trim().to_lowercase().chars().take(320).collect();
        self.addresses.take(&address, now)?;
        self.names.take(&name, now)?;
        Ok(Guess::Anywhere { address, name })
    }

    /// The same for a guess that may come from a known device of whoever it is about.
    pub(super) fn guess_on(
        &self,
        device: Option<String>,
        from: IpAddr,
        name: &str,
    ) -> Result<Guess, Duration> {
        let Some(device) = device else {
            return self.guess(from, name);
        };
        self.devices.take(&device, Instant::now())?;
        Ok(Guess::Known(device))
    }

    /// It was right, so it was no guess: a whole office signs in from one address in the morning. Nobody
    /// gains tries by that, because no more comes back than was taken.
    pub(super) fn was_right(&self, guess: &Guess) {
        match guess {
            Guess::Anywhere { address, name } => {
                self.addresses.give_back(address);
                self.names.give_back(name);
            }
            Guess::Known(device) => self.devices.give_back(device),
        }
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

    #[test]
    fn mails_are_asked_for_with_a_budget_of_their_own() {
        let asks = Throttle::of_asks(1_000);
        let office = IpAddr::from([192, 0, 2, 7]);
        let named = |name: &str| asks.guess(office, name).is_ok();
        assert_eq!((0..10).filter(|_| named("ana@acme.example")).count(), 3);
        let all = (0..100).filter(|n| named(&n.to_string()));
        assert_eq!(
            all.count(),
            10,
            "twenty from one address, ten of them above"
        );
    }

    /// L10: whoever guesses uses up the tries of a name and of an address, and not those of a known device; and
    /// a device has no more tries than anybody else.
    #[test]
    fn l10_guessing_elsewhere_keeps_nobody_out_on_a_known_device() {
        let throttle = Throttle::new(1_000);
        let office = IpAddr::from([192, 0, 2, 7]);
        while throttle.guess(office, "ana@acme.example").is_ok() {}
        while throttle.guess(office, "x").is_ok() {}
        let on = |device: &str| {
            let device = Some(device.to_owned());
            throttle.guess_on(device, office, "ana@acme.example")
        };
        assert!(throttle.guess_on(None, office, "ana@acme.example").is_err());
        throttle.was_right(&on("ana since 1").unwrap());
        assert_eq!((0..100).filter(|_| on("ana since 1").is_ok()).count(), 10);
        assert!(on("ana since 2").is_ok(), "another device of theirs");
    }
}
