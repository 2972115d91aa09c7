//! Events about people and what HR says of them.

use serde::{Deserialize, Serialize};

use crate::assignment::Assignment;
use crate::canonical::Digest;
use crate::facts::Facts;
use crate::id::{DeliveryId, EngagementId, SubjectId, WaveId};
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
    /// Which of their employments or contracts.
    pub engagement: EngagementId,
    /// Which source said so.
    pub source: String,
    /// In which delivery.
    pub delivery: DeliveryId,
    /// What it means.
    pub change: Change,
    /// When the facts of any of the subject's engagements change meaning by themselves next.
    pub next_change: Option<Timestamp>,
    /// Keyed digest of key and facts, to recognise the same facts again.
    pub digest: Digest,
    /// The worker's key and facts.
    pub personal: Personal<WorkerFacts>,
}

/// As [`FactsAccepted`] was while a subject had one engagement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactsAcceptedV1 {
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
    /// Keyed digest of key and facts.
    pub digest: Digest,
    /// The worker's key and facts.
    pub personal: Personal<WorkerFacts>,
}

impl FactsAcceptedV1 {
    /// The same in today's words.
    #[must_use]
    pub fn now(&self) -> FactsAccepted {
        FactsAccepted {
            subject: self.subject,
            engagement: EngagementId::only_of(self.subject),
            source: self.source.clone(),
            delivery: self.delivery,
            change: self.change,
            next_change: self.next_change,
            digest: self.digest,
            personal: self.personal.clone(),
        }
    }
}

/// A full delivery no longer has the worker: an implied leaver. The last facts stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactsWithdrawn {
    /// Who.
    pub subject: SubjectId,
    /// Which of their employments or contracts.
    pub engagement: EngagementId,
    /// Which source no longer has it.
    pub source: String,
    /// In which delivery it was missing.
    pub delivery: DeliveryId,
}

/// As [`FactsWithdrawn`] was while a subject had one engagement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactsWithdrawnV1 {
    /// Who.
    pub subject: SubjectId,
    /// Which source no longer has them.
    pub source: String,
    /// In which delivery they were missing.
    pub delivery: DeliveryId,
}

impl FactsWithdrawnV1 {
    /// The same in today's words.
    #[must_use]
    pub fn now(&self) -> FactsWithdrawn {
        FactsWithdrawn {
            subject: self.subject,
            engagement: EngagementId::only_of(self.subject),
            source: self.source.clone(),
            delivery: self.delivery,
        }
    }
}

/// Someone was terminated for cause: out now, whatever HR says, until HR says so too or a person
/// lifts it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectTerminated {
    /// Who.
    pub subject: SubjectId,
    /// The principal who did it.
    pub by: String,
    /// Why, in their words.
    pub personal: Personal<String>,
}

/// A termination for cause ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminationEnded {
    /// Whose.
    pub subject: SubjectId,
    /// How.
    pub how: TerminationEnd,
    /// The principal who lifted it; `system` where HR confirmed it.
    pub by: String,
    /// Why, in their words.
    pub personal: Personal<String>,
}

/// What is personal in [`WorkerMatched`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatchedWorker {
    /// The worker's key in the source.
    pub key: String,
    /// Why, in the words of whoever decided.
    pub reason: String,
}

/// A person decided whether a worker of a source is this subject. Counts for what the source says
/// from then on, and for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerMatched {
    /// Who.
    pub subject: SubjectId,
    /// The source that names the worker.
    pub source: String,
    /// Whether the worker is the subject, or is not.
    pub same: bool,
    /// The principal who decided.
    pub by: String,
    /// Which worker.
    pub personal: Personal<MatchedWorker>,
}

/// How a termination for cause ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminationEnd {
    /// HR says that the person has left: from here on its word counts again.
    Confirmed,
    /// A person took it back.
    Lifted,
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
