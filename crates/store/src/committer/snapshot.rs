//! What a batch needs to know of the database before it can be decided.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use model::canonical::Digest;
use ports::Sealed;
use ports::store::{Expect, OneTime};

use super::prepare::Prepared;

/// The name under which the key for events without a subject is kept.
pub(crate) const TENANT_KEY: &str = "tenant";

/// What to load.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Streams whose head is expected.
    pub(crate) streams: BTreeSet<String>,
    /// One-time values: space and hash.
    pub(crate) one_time: BTreeSet<(String, Vec<u8>)>,
    /// Leases under whose fence something is appended.
    pub(crate) leases: BTreeSet<String>,
    /// Whether the kill switch matters.
    pub(crate) stops: bool,
    /// Subjects whose data key is needed.
    pub(crate) keys: BTreeSet<String>,
}

impl Needs {
    /// Of a batch.
    pub(crate) fn of<'a>(batch: impl IntoIterator<Item = &'a Prepared>) -> Self {
        let mut needs = Self::default();
        for prepared in batch {
            for expect in &prepared.append.expect {
                match expect {
                    Expect::Head(stream, _) => {
                        needs.streams.insert(stream.0.clone());
                    }
                    Expect::Fence(lease, _) => {
                        needs.leases.insert(lease.clone());
                    }
                    Expect::Writing(_) => needs.stops = true,
                }
            }
            for one in &prepared.append.consume {
                needs.one_time.insert(one_time_key(one));
            }
            for event in &prepared.events {
                if event.personal.is_some() {
                    needs.keys.insert(event.key_name());
                }
            }
        }
        needs
    }
}

/// The key of a one-time value in the table `one_time`.
pub(crate) fn one_time_key(one: &OneTime) -> (String, Vec<u8>) {
    (one.space.to_owned(), one.value.0.to_vec())
}

/// The end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// The last sequence number; 0 before the first.
    pub(crate) seq: u64,
    /// Its hash.
    pub(crate) hash: Digest,
    /// Its instant.
    pub(crate) at: Timestamp,
}

/// A lease as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LeaseRow {
    /// Its fence.
    pub(crate) fence: u64,
    /// When it runs out.
    pub(crate) until: Timestamp,
}

/// A subject's data key, sealed by the key ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRow {
    /// The record with which it was made: tells it from keys that were destroyed before.
    pub(crate) minted: u64,
    /// The sealed key.
    pub(crate) sealed: Sealed,
}

/// What was loaded, under the head lock: nothing of it changes before the commit.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    /// The end of the log.
    pub(crate) head: Head,
    /// The time by which leases are judged: the database's own where several nodes share it.
    pub(crate) lease_now: Timestamp,
    /// Heads of the streams that have one.
    pub(crate) streams: BTreeMap<String, u64>,
    /// One-time values that were used.
    pub(crate) used: BTreeSet<(String, Vec<u8>)>,
    /// Leases that exist.
    pub(crate) leases: BTreeMap<String, LeaseRow>,
    /// Targets for which writing is stopped; the empty name is all.
    pub(crate) stops: BTreeSet<String>,
    /// Data keys that exist.
    pub(crate) keys: BTreeMap<String, KeyRow>,
}

impl Snapshot {
    /// Of an empty database.
    pub(crate) fn at_head(head: Head, lease_now: Timestamp) -> Self {
        Self {
            head,
            lease_now,
            streams: BTreeMap::new(),
            used: BTreeSet::new(),
            leases: BTreeMap::new(),
            stops: BTreeSet::new(),
            keys: BTreeMap::new(),
        }
    }
}
