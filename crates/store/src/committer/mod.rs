//! The committer's core: what a batch of appends needs to know, and what it decides.
//!
//! Both databases do the same thing with it, once per batch: `load` the [`Snapshot`] that the
//! batch's [`Needs`] name, [`decide()`] in order, `write` the [`Changes`], commit, answer. The
//! core reads no database and no clock; everything it draws comes from the entropy port.

mod coalesce;
mod decide;
mod fits;
mod prepare;
mod snapshot;
#[cfg(test)]
mod tests;

use model::Timestamp;
use ports::store::{AppendError, Committed, StoreError};
use tokio::sync::oneshot;

pub(crate) use coalesce::coalesce;
pub(crate) use decide::{Changes, decide, head_row};
pub(crate) use prepare::{Prepared, prepare};
pub(crate) use snapshot::{Head, KeyRow, LeaseRow, Needs, Snapshot, TENANT_KEY};

use crate::sealer::Sealer;
use crate::table::{Cell, Row};

/// The answer to an append.
pub(crate) type Answer = Result<Committed, AppendError>;

/// At most this many appends share one transaction.
pub(crate) const BATCH: usize = 512;

/// At most this many wait; more are answered `Busy`.
pub(crate) const QUEUE: usize = 4096;

/// What waits for the committer.
pub(crate) enum Job {
    /// An append.
    Append {
        append: Box<Prepared>,
        reply: oneshot::Sender<Answer>,
    },
    /// One operational statement, in a transaction of its own (SQLite: it has one writer).
    Statement {
        sql: String,
        args: Vec<Cell>,
        reply: oneshot::Sender<Result<(u64, Vec<Row>), StoreError>>,
    },
    /// The end: what waits before it is done, what comes after it is refused.
    Close { reply: oneshot::Sender<()> },
}

/// What deciding needs besides the batch and its snapshot.
pub(crate) struct Core {
    /// Seals what is personal.
    pub(crate) sealer: std::sync::Arc<Sealer>,
    /// Tells when things happened.
    pub(crate) clock: std::sync::Arc<dyn ports::Clock>,
}

impl Core {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// The same answer for all appends of a batch that would otherwise have been committed.
pub(crate) fn fail_all(answers: &mut [Answer], error: &AppendError) {
    for answer in answers.iter_mut().filter(|answer| answer.is_ok()) {
        *answer = Err(error.clone());
    }
}
