//! Token buckets per address and per principal, in a bounded map.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::Rate;

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn refilled(self, rate: Rate, now: Instant) -> Self {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * rate.per_second;
        Self {
            tokens: (self.tokens + gained).min(rate.burst),
            at: now,
        }
    }
}

struct Inner<K> {
    buckets: HashMap<K, Bucket>,
    /// Shared by everyone for whom there is no room: when the map is flooded with keys, new
    /// ones are slowed down together, and those already known keep their own rate.
    overflow: Bucket,
}

/// Buckets by key.
pub struct Buckets<K> {
    rate: Rate,
    room: usize,
    inner: Mutex<Inner<K>>,
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    /// Empty; every key begins with a full bucket. At most `room` keys are remembered.
    #[must_use]
    pub fn new(rate: Rate, room: usize, now: Instant) -> Self {
        let overflow = Bucket {
            tokens: rate.burst,
            at: now,
        };
        Self {
            rate,
            room,
            inner: Mutex::new(Inner {
                buckets: HashMap::new(),
                overflow,
            }),
        }
    }

    /// Takes one token.
    ///
    /// # Errors
    /// How long to wait until there is one.
    pub fn take(&self, key: &K, now: Instant) -> Result<(), Duration> {
        let rate = self.rate;
        // A panic elsewhere leaves the numbers as they were: they are still usable.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if !inner.buckets.contains_key(key) && inner.buckets.len() >= self.room {
            // A full bucket says the same as none.
            inner
                .buckets
                .retain(|_, b| b.refilled(rate, now).tokens < rate.burst);
        }
        let room = inner.buckets.len() < self.room;
        let Inner { buckets, overflow } = &mut *inner;
        let bucket = match buckets.get_mut(key) {
            Some(bucket) => bucket,
            None if room => buckets.entry(key.clone()).or_insert(Bucket {
                tokens: rate.burst,
                at: now,
            }),
            None => overflow,
        };
        *bucket = bucket.refilled(rate, now);
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let missing = 1.0 - bucket.tokens;
        Err(Duration::from_secs_f64(
            (missing / rate.per_second.max(1e-6)).min(3600.0),
        ))
    }

    /// Puts a token back that was taken for nothing.
    pub fn give_back(&self, key: &K) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // Of whom nothing is remembered by now has a full bucket, or shared one with others.
        if let Some(bucket) = inner.buckets.get_mut(key) {
            bucket.tokens = (bucket.tokens + 1.0).min(self.rate.burst);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.inner
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .buckets
            .len()
    }
}

/// What is limited as one address: an IPv4 address, or the /64 of an IPv6 one, because a single
/// host is given a whole /64.
#[must_use]
pub fn address_key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let bits = u128::from(v6) & !u128::from(u64::MAX);
            IpAddr::V6(bits.into())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    const RATE: Rate = Rate {
        per_second: 2.0,
        burst: 3.0,
    };

    #[test]
    fn a_burst_passes_then_the_rate_holds() {
        let start = Instant::now();
        let buckets = Buckets::new(RATE, 10, start);
        for _ in 0..3 {
            assert_eq!(buckets.take(&"ana", start), Ok(()));
        }
        assert_eq!(buckets.take(&"ana", start), Err(Duration::from_millis(500)));
        assert_eq!(
            buckets.take(&"bo", start),
            Ok(()),
            "others are not slowed down"
        );
        assert_eq!(
            buckets.take(&"ana", start + Duration::from_millis(500)),
            Ok(())
        );
        assert!(
            buckets
                .take(&"ana", start + Duration::from_millis(500))
                .is_err()
        );
    }

    #[test]
    fn what_is_given_back_can_be_taken_again_and_never_more() {
        let start = Instant::now();
        let buckets = Buckets::new(RATE, 10, start);
        for _ in 0..20 {
            assert_eq!(buckets.take(&"ana", start), Ok(()));
            buckets.give_back(&"ana");
        }
        buckets.give_back(&"ana");
        for _ in 0..3 {
            assert_eq!(buckets.take(&"ana", start), Ok(()));
        }
        assert!(buckets.take(&"ana", start).is_err());
        buckets.give_back(&"bo");
        assert_eq!(buckets.len(), 1, "nobody is remembered for that");
    }

    #[test]
    fn a_flood_of_keys_is_bounded_and_slowed_down_together() {
        let start = Instant::now();
        let buckets = Buckets::new(RATE, 5, start);
        let passed = (0..1000)
            .filter(|key| buckets.take(key, start).is_ok())
            .count();
        assert_eq!(
            passed,
            5 + 3,
            "five keys of their own, and one shared burst"
        );
        assert_eq!(buckets.len(), 5);
        // Once the known ones have refilled, there is room again.
        assert_eq!(buckets.take(&5000, start + Duration::from_secs(10)), Ok(()));
        assert_eq!(buckets.len(), 1);
    }

    #[test]
    fn one_ipv6_host_is_one_key() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:2"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
    }
}
