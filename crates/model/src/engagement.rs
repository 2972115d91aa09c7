//! One employment or contract.

use std::sync::Arc;

use crate::canonical::Digest;
use crate::facts::Facts;
use crate::id::{DeliveryId, EngagementId};
use crate::wave::Change;

/// One employment or contract of a subject, as one source last told of it. Several may overlap;
/// a rehire under a new worker key is a new one of the same subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engagement {
    /// Its id.
    pub id: EngagementId,
    /// The source.
    pub source: String,
    /// The worker's key in it.
    pub key: String,
    /// The facts, which many look at and nobody changes.
    pub facts: Arc<Facts>,
    /// [`crate::event::FactsAccepted::digest`].
    pub digest: Digest,
    /// The last full delivery no longer had it.
    pub withdrawn: bool,
    /// The delivery that last said something new of it, or no longer had it.
    pub delivery: DeliveryId,
    /// What that meant: the change of the last `facts.accepted`, or `missing_row` after
    /// `facts.withdrawn`.
    pub change: Change,
}

/// A worker as a source calls them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerRef {
    /// The source.
    pub source: String,
    /// The worker's key in it.
    pub key: String,
}
