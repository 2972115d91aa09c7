//! Verification of a log: every flipped, dropped, swapped, inserted or forged record, by its
//! sequence number, and what cannot be excluded.

use std::fmt;

use model::Timestamp;
use model::canonical::Digest;

use crate::checkpoint::SignedCheckpoint;
use crate::envelope::{Envelope, is_canonical};
use crate::merkle::Tree;

/// What is wrong with a record or a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The record cannot be read at all.
    Unreadable(String),
    /// Its hash is not the hash of its content: the content or the hash was changed.
    Altered,
    /// Its `prev` is not the hash of the record before it: one of both was replaced.
    Unchained,
    /// Records are missing before it: this one was expected.
    Missing {
        /// The first that is missing.
        from: u64,
        /// The last that is missing.
        to: u64,
    },
    /// Its number was there before: it was inserted, doubled or moved.
    OutOfOrder,
    /// It claims to be earlier than the record before it.
    BackInTime,
    /// Its actor or body is not canonical JSON, which the store always writes.
    NotCanonical,
    /// A checkpoint for this record has another hash: the chain was recomputed.
    Recomputed,
    /// A checkpoint for this record has another tree of hashes over the records up to it.
    OtherRoot,
    /// A checkpoint names this record, which is not there: the tail was removed.
    TailRemoved,
    /// A checkpoint for this record is not signed by the tenant's key.
    BadSignature,
    /// A checkpoint for this record belongs to another tenant.
    OtherTenant(String),
    /// The store's own note of the log's end names this record, with another hash or although
    /// the log ends elsewhere.
    OtherHead,
    /// Its sealed part has no key, and no later record erases its subject.
    KeyMissing,
}

/// A fault and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The record.
    pub seq: u64,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seq = self.seq;
        match &self.fault {
            Fault::Unreadable(why) => write!(f, "record {seq} cannot be read: {why}"),
            Fault::Altered => write!(f, "record {seq} was altered: its hash does not match"),
            Fault::Unchained => {
                write!(
                    f,
                    "record {seq} does not continue the record before it: one was replaced"
                )
            }
            Fault::Missing { from, to } if from == to => write!(f, "record {from} is missing"),
            Fault::Missing { from, to } => write!(f, "records {from} to {to} are missing"),
            Fault::OutOfOrder => write!(f, "record {seq} is doubled, inserted or out of order"),
            Fault::BackInTime => write!(f, "record {seq} is earlier than the record before it"),
            Fault::NotCanonical => write!(f, "record {seq} is not in the form the store writes"),
            Fault::Recomputed => {
                write!(
                    f,
                    "record {seq} has another hash than its checkpoint: the chain was recomputed"
                )
            }
            Fault::OtherRoot => {
                write!(
                    f,
                    "the checkpoint for record {seq} has another tree of hashes than the records"
                )
            }
            Fault::TailRemoved => {
                write!(
                    f,
                    "a checkpoint names record {seq}, which is not there: the tail was removed"
                )
            }
            Fault::BadSignature => {
                write!(
                    f,
                    "the checkpoint for record {seq} is not signed by the tenant's key"
                )
            }
            Fault::OtherTenant(tenant) => {
                write!(
                    f,
                    "the checkpoint for record {seq} is of the tenant `{tenant}`"
                )
            }
            Fault::OtherHead => {
                write!(
                    f,
                    "the store says that the log ends with record {seq}, which is not so"
                )
            }
            Fault::KeyMissing => write!(
                f,
                "record {seq} cannot be read: its key is gone, but no record erases its subject"
            ),
        }
    }
}

/// What cannot be excluded. Never empty: no log proves that it is whole by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotExcluded {
    /// Records after this one may have been removed.
    RemovedTail {
        /// The last that is known to have existed.
        after: u64,
    },
    /// All records after this one may have been rewritten, with all their hashes.
    RecomputedChain {
        /// The last that a checkpoint fixes; 0 for none.
        after: u64,
    },
}

impl fmt::Display for NotExcluded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RemovedTail { after } => write!(
                f,
                "that records after {after} were removed (only a checkpoint kept elsewhere can show it)"
            ),
            Self::RecomputedChain { after } => write!(
                f,
                "that records after {after} were rewritten together with all their hashes (only a \
                 checkpoint kept elsewhere can show it)"
            ),
        }
    }
}

/// The outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Records read.
    pub records: u64,
    /// The last record's number and hash; 0 and zeroes for an empty log.
    pub head: (u64, Digest),
    /// What is wrong, at most [`Check::MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
    /// Problems beyond those listed.
    pub more_problems: u64,
    /// The last record that a valid checkpoint fixes; 0 for none.
    pub fixed: u64,
    /// What cannot be excluded.
    pub not_excluded: Vec<NotExcluded>,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Reads a log in order, from its first record.
#[derive(Debug)]
pub struct Check {
    checkpoints: Vec<SignedCheckpoint>,
    next_checkpoint: usize,
    records: u64,
    head: (u64, Digest),
    at: Option<Timestamp>,
    /// The record at the head could not be read, so its hash is unknown.
    broken: bool,
    fixed: u64,
    /// Over the records so far, as long as none is missing.
    tree: Option<Tree>,
    problems: Vec<Problem>,
    more_problems: u64,
}

impl Check {
    /// Problems beyond this many are counted only.
    pub const MAX_PROBLEMS: usize = 10_000;

    /// A check against these checkpoints of `tenant`, signed with `public_key` (Ed25519, 32
    /// bytes). The key must come from elsewhere than the log: a forger signs with their own.
    #[must_use]
    pub fn new(tenant: &str, public_key: &[u8], checkpoints: Vec<SignedCheckpoint>) -> Self {
        let mut check = Self::without_checkpoints();
        let mut good = Vec::new();
        for signed in checkpoints {
            let seq = signed.checkpoint.seq;
            if !signed.is_signed_by(public_key) {
                check.report(seq, Fault::BadSignature);
            } else if signed.checkpoint.tenant != tenant {
                check.report(seq, Fault::OtherTenant(signed.checkpoint.tenant));
            } else {
                good.push(signed);
            }
        }
        good.sort_by_key(|signed| signed.checkpoint.seq);
        check.checkpoints = good;
        check
    }

    /// A check of the chain alone.
    #[must_use]
    pub fn without_checkpoints() -> Self {
        Self {
            checkpoints: Vec::new(),
            next_checkpoint: 0,
            records: 0,
            head: (0, Digest::default()),
            at: None,
            broken: false,
            fixed: 0,
            tree: Some(Tree::default()),
            problems: Vec::new(),
            more_problems: 0,
        }
    }

    /// Reads the next record.
    pub fn push(&mut self, record: &Envelope) {
        self.records += 1;
        let (last, hash) = self.head;
        if record.seq <= last {
            self.report(record.seq, Fault::OutOfOrder);
        } else {
            if record.seq > last + 1 {
                self.report(
                    record.seq,
                    Fault::Missing {
                        from: last + 1,
                        to: record.seq - 1,
                    },
                );
            } else if record.prev != hash && !self.broken {
                self.report(record.seq, Fault::Unchained);
            }
            if self.at.is_some_and(|at| record.at < at) {
                self.report(record.seq, Fault::BackInTime);
            }
        }
        if record.computed_hash() != record.hash {
            self.report(record.seq, Fault::Altered);
        }
        if !is_canonical(&record.actor) || !is_canonical(&record.body) {
            self.report(record.seq, Fault::NotCanonical);
        }
        self.grow(record);
        if record.seq > last {
            self.checkpoints_up_to(record);
            self.head = (record.seq, record.hash);
            self.broken = false;
            self.at = Some(record.at);
        }
    }

    fn grow(&mut self, record: &Envelope) {
        match &mut self.tree {
            Some(tree) if record.seq == tree.size() + 1 => tree.push(record.hash),
            // Of a log with a gap no tree can be told.
            _ => self.tree = None,
        }
    }

    /// Notes a record that is there but could not even be read.
    pub fn unreadable(&mut self, seq: u64, why: String) {
        self.records += 1;
        self.tree = None;
        self.report(seq, Fault::Unreadable(why));
        if seq > self.head.0 {
            // Its hash is unknown: whether the next one continues it cannot be told.
            self.head.0 = seq;
            self.broken = true;
            let passed = |s: &&SignedCheckpoint| s.checkpoint.seq <= seq;
            self.next_checkpoint += self.checkpoints[self.next_checkpoint..]
                .iter()
                .take_while(passed)
                .count();
        }
    }

    fn checkpoints_up_to(&mut self, record: &Envelope) {
        while let Some(signed) = self.checkpoints.get(self.next_checkpoint) {
            let (seq, hash) = (signed.checkpoint.seq, signed.checkpoint.hash);
            let root = signed.checkpoint.root;
            if seq > record.seq {
                break;
            }
            self.next_checkpoint += 1;
            // A checkpoint for a record that was skipped is covered by `Missing`.
            if seq == record.seq && hash == record.hash {
                self.fixed = seq;
                let tree = self.tree.as_ref().map(Tree::root);
                if tree.zip(root).is_some_and(|(tree, root)| tree != root) {
                    self.report(seq, Fault::OtherRoot);
                }
            } else if seq == record.seq {
                self.report(seq, Fault::Recomputed);
            }
        }
    }

    /// The last record that was read: its number and hash.
    #[must_use]
    pub fn head(&self) -> (u64, Digest) {
        self.head
    }

    /// The end of the log.
    #[must_use]
    pub fn finish(mut self) -> Report {
        let beyond: Vec<u64> = self.checkpoints[self.next_checkpoint..]
            .iter()
            .map(|s| s.checkpoint.seq)
            .collect();
        for seq in beyond {
            self.report(seq, Fault::TailRemoved);
        }
        let mut not_excluded = vec![NotExcluded::RemovedTail { after: self.head.0 }];
        if self.head.0 > self.fixed {
            not_excluded.push(NotExcluded::RecomputedChain { after: self.fixed });
        }
        Report {
            records: self.records,
            head: self.head,
            problems: self.problems,
            more_problems: self.more_problems,
            fixed: self.fixed,
            not_excluded,
        }
    }

    /// Notes something that whoever reads the log found besides.
    pub fn report(&mut self, seq: u64, fault: Fault) {
        if self.problems.len() < Self::MAX_PROBLEMS {
            self.problems.push(Problem { seq, fault });
        } else {
            self.more_problems += 1;
        }
    }
}
