//! The write door and the leases.

use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use model::canonical::Digest;
use model::{Actor, Event, TargetName, Timestamp};

use super::StoreError;

/// Names what an append must not race with: `plan/pln_…`, `documents`, `person/sub_…`. Its head
/// is the sequence number of the last event of the last append that bumped it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stream(pub String);

impl Stream {
    /// `kind/id`.
    #[must_use]
    pub fn new(kind: &str, id: impl std::fmt::Display) -> Self {
        Self(format!("{kind}/{id}"))
    }
}

/// What must hold at the instant of the append, or nothing of it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// The stream's head is this; `None`: it was never bumped.
    Head(Stream, Option<u64>),
    /// The lease is still held under this fence and has not run out.
    Fence(String, u64),
    /// The kill switch is not on for this target, nor for all.
    Writing(TargetName),
}

/// A value that may be used once, ever. Consumed by an atomic unique insert.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OneTime {
    /// Its namespace: values of different spaces never collide.
    pub space: &'static str,
    /// The hash of the value.
    pub value: Digest,
}

/// One all-or-nothing append.
#[derive(Debug, Clone)]
pub struct Append {
    /// Who caused it.
    pub actor: Actor,
    /// What must hold.
    pub expect: Vec<Expect>,
    /// What it uses up.
    pub consume: Vec<OneTime>,
    /// Streams whose head moves to the last event of this append.
    pub bump: Vec<Stream>,
    /// The events; at least one, at most 10,000.
    pub events: Vec<Event>,
}

impl Append {
    /// Events without conditions.
    #[must_use]
    pub fn of(actor: Actor, events: Vec<Event>) -> Self {
        Self {
            actor,
            expect: Vec::new(),
            consume: Vec::new(),
            bump: Vec::new(),
            events,
        }
    }

    /// Expects the stream's head and moves it.
    #[must_use]
    pub fn on(mut self, stream: Stream, head: Option<u64>) -> Self {
        self.bump.push(stream.clone());
        self.expect.push(Expect::Head(stream, head));
        self
    }

    /// Moves the stream's head without expecting one.
    #[must_use]
    pub fn bumping(mut self, stream: Stream) -> Self {
        self.bump.push(stream);
        self
    }

    /// Adds a condition.
    #[must_use]
    pub fn expecting(mut self, expect: Expect) -> Self {
        self.expect.push(expect);
        self
    }

    /// Uses up a value.
    #[must_use]
    pub fn consuming(mut self, one: OneTime) -> Self {
        self.consume.push(one);
        self
    }
}

/// A durable append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The sequence number of its first event.
    pub first: u64,
    /// The sequence number of its last event, which is the head of every stream it bumped.
    pub last: u64,
    /// When the log says that it happened. Never earlier than the record before it.
    pub at: Timestamp,
}

/// Why nothing of an append happened (or, for `Broken`, may have).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// Someone else was first: read again and decide again.
    #[error("`{stream}` has moved on to {actual:?}")]
    Conflict {
        /// The stream.
        stream: String,
        /// Its head now.
        actual: Option<u64>,
    },
    /// A one-time value was used before.
    #[error("this {0} was already used")]
    AlreadyUsed(&'static str),
    /// The lease was lost or has run out.
    #[error("the lease `{0}` is no longer held")]
    FenceLost(String),
    /// The kill switch is on.
    #[error("writing to `{0}` is stopped")]
    WritingStopped(TargetName),
    /// The append itself is not well formed (no events, too many, too large).
    #[error("the append is not well formed: {0}")]
    Invalid(String),
    /// It was not even begun: the queue is full or the database is away. Nothing happened.
    #[error("the store is busy: {0}")]
    Busy(String),
    /// The commit failed or its answer was lost: it may or may not have happened. Read first.
    #[error("the store failed: {0}")]
    Broken(String),
}

impl AppendError {
    /// The append before it failed, so it was not begun.
    #[must_use]
    pub fn nothing_before() -> Self {
        Self::Busy("the append before it was not made".to_owned())
    }
}

/// The end of a stream that an append before this one is to tell; `None` when that one failed.
pub type HeadToCome = Pin<Box<dyn Future<Output = Option<Option<u64>>> + Send>>;

/// The one write door.
#[async_trait]
pub trait Door: Send + Sync {
    /// Writes events, projections, streams and one-time values in one transaction, and answers
    /// after it is durable. Conditions are judged in the order in which appends arrive.
    ///
    /// # Errors
    /// See [`AppendError`]: for all but `Broken`, nothing happened.
    async fn append(&self, append: Append) -> Result<Committed, AppendError>;

    /// The same, [`on`](Append::on) a stream whose head an append before this one is still to tell.
    /// What of it does not depend on that is done meanwhile.
    ///
    /// # Errors
    /// As [`Self::append`]; `Busy` when the one before it failed.
    async fn append_after(
        &self,
        append: Append,
        stream: Stream,
        head: HeadToCome,
    ) -> Result<Committed, AppendError> {
        let head = head.await.ok_or_else(AppendError::nothing_before)?;
        self.append(append.on(stream, head)).await
    }

    /// The head of a stream, for a later [`Append::on`].
    ///
    /// # Errors
    /// When the database does not answer.
    async fn head_of(&self, stream: &Stream) -> Result<Option<u64>, StoreError>;
}

/// A lease that was granted. The fence grows with every change of holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    /// Larger than every fence given out for this lease before, unless it was renewed.
    pub fence: u64,
    /// It runs out at this instant unless renewed.
    pub until: Timestamp,
}

/// Leases: at most one holder at a time, as far as clocks agree; fences settle the rest.
#[async_trait]
pub trait Lease: Send + Sync {
    /// Takes or renews the lease `name` for `holder`. `None`: someone else holds it.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn acquire(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Fence>, StoreError>;

    /// Gives the lease up early, if `holder` still has it under this fence.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn release(&self, name: &str, holder: &str, fence: u64) -> Result<(), StoreError>;
}
