//! Events about people and what HR says of them.

use serde::{Deserialize, Serialize};

use crate::assignment::Assignment;
use crate::canonical::Digest;
use crate::facts::Facts;
use crate::id::{DeliveryId, SubjectId, WaveId};
use crate::personal::Personal;
use crate::time::Timestamp;
use crate::wave::Change;

/// What is personal in [`FactsAccepted`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerFacts {
    /// The worker's key in the source.
    pub key: String,
    /// The facts.
    pub facts: Facts,
}

/// A worker's facts are new or changed. The same facts again make no event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactsAccepted {
    /// Who.
    pub subject: SubjectId,
    /// Which source said so.
    pub source: String,
    /// In which delivery.
    pub delivery: DeliveryId,
    /// What it means.
    pub change: Change,
    /// When the facts change meaning by themselves next.
    pub next_change: Option<Timestamp>,
    /// Keyed digest of key and facts, to recognise the same facts again.
    pub digest: Digest,
    /// The worker's key and facts.
    pub personal: Personal<WorkerFacts>,
}

/// A full delivery no longer has the worker: an implied leaver. The last facts stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactsWithdrawn {
    /// Who.
    pub subject: SubjectId,
    /// Which source no longer has them.
    pub source: String,
    /// In which delivery they were missing.
    pub delivery: DeliveryId,
}

/// An announced instant was reached and planned for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectAdvanced {
    /// Who.
    pub subject: SubjectId,
    /// The next instant, if there is one.
    pub next_change: Option<Timestamp>,
}

/// A person was erased: their key is destroyed and their rows are deleted with this append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectErased {
    /// Who.
    pub subject: SubjectId,
    /// Why, as given with the command.
    pub reason: String,
}

/// An undo holds addresses of one subject at their earlier state, until it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinsSet {
    /// Whose addresses.
    pub subject: SubjectId,
    /// The wave that is undone.
    pub wave: WaveId,
    /// When the pins end by themselves.
    pub until: Timestamp,
    /// The assignments (rank `undo`) that hold the earlier state.
    pub personal: Personal<Vec<Assignment>>,
}

/// The pins of one wave for one subject ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinsLifted {
    /// Whose.
    pub subject: SubjectId,
    /// Which undo.
    pub wave: WaveId,
}
