//! Waves: all plans of one cause, judged together so that one bad cause can be stopped alone.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::address::TargetName;
use crate::canonical::{self, NotCanonical};
use crate::id::{DeliveryId, PlanId, RunId, SubjectId, WaveId};

/// The input whose change made plans necessary.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// An HR delivery.
    Delivery(DeliveryId),
    /// A new revision of the documents.
    Documents(u64),
    /// An observation run that found a target different from what it should be.
    Observation(TargetName, RunId),
    /// An instant that facts had announced (a first or last day of work or of a leave).
    Clock,
    /// A person undid a wave.
    Undo(WaveId),
    /// A person terminated someone for cause.
    Termination(SubjectId),
    /// A person decided about access that no rule gives; their name.
    Decision(String),
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivery(delivery) => write!(f, "delivery {delivery}"),
            Self::Documents(revision) => write!(f, "documents r{revision}"),
            Self::Observation(target, _) => write!(f, "observation of {target}"),
            Self::Clock => f.write_str("clock"),
            Self::Undo(wave) => write!(f, "undo of {wave}"),
            Self::Termination(subject) => write!(f, "termination of {subject}"),
            Self::Decision(by) => write!(f, "decisions of {by}"),
        }
    }
}

/// What kind of change it is for the people concerned. One delivery makes one wave for each
/// kind, so that explicit leavers pass while leavers implied by missing rows are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Terminated for cause by a person, whatever HR says. Goes before everyone else.
    Termination,
    /// The row carries an end of work that has come: leavers go before who comes or moves.
    Leaver,
    /// The row is missing from a full delivery.
    MissingRow,
    /// A leave of absence: still engaged, and no leaver.
    Leave,
    /// A first engagement.
    Joiner,
    /// Someone who had left is back.
    Rehire,
    /// Someone is back from a leave of absence.
    Return,
    /// Facts that rules look at have changed.
    Mover,
    /// Rules or apps have changed, not the person.
    Rule,
    /// The target has changed, not the person.
    Drift,
    /// A wave is taken back.
    Undo,
    /// Somebody left so long ago that their accounts are kept no longer. Goes last: nothing waits
    /// for it, and it cannot be taken back.
    Deletion,
}

impl Change {
    /// The word used in stores and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Termination => "termination",
            Self::Leaver => "leaver",
            Self::MissingRow => "missing_row",
            Self::Leave => "leave",
            Self::Joiner => "joiner",
            Self::Rehire => "rehire",
            Self::Return => "return",
            Self::Mover => "mover",
            Self::Rule => "rule",
            Self::Drift => "drift",
            Self::Undo => "undo",
            Self::Deletion => "deletion",
        }
    }
}

/// Why plans exist: which input, and what kind of change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    /// The input that changed.
    pub input: Input,
    /// What it means for the people.
    pub change: Change,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lifted = match (self.change, &self.input) {
            (Change::Undo, Input::Termination(_)) => "lifted ",
            _ => "",
        };
        write!(f, "{} ({lifted}{})", self.change.as_str(), self.input)
    }
}

/// The plans of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wave {
    /// Their cause.
    pub cause: Cause,
    /// The principal whose delivery or edit it was; they may not release it.
    pub author: String,
    /// The plans, in the order in which they begin.
    pub plans: Vec<PlanId>,
}

impl Wave {
    /// The id: the first 128 bits of the hash of the canonical bytes.
    ///
    /// # Errors
    /// Never for waves; kept because hashing has one door.
    pub fn id(&self) -> Result<WaveId, NotCanonical> {
        Ok(WaveId::from_bits(canonical::digest(self)?.to_bits()))
    }
}

/// What the guard says of a wave. Reasons come with every answer, `Allow` included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// May be carried out.
    Allow {
        /// What was checked.
        because: Vec<String>,
    },
    /// A person other than the author must release it.
    Ask {
        /// What was exceeded.
        because: Vec<String>,
    },
    /// Something is wrong with the input itself: it may not be released, only refused.
    Halt {
        /// What is wrong.
        because: Vec<String>,
    },
}

impl Verdict {
    /// The word used in stores and tables.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Allow { .. } => "allow",
            Self::Ask { .. } => "ask",
            Self::Halt { .. } => "halt",
        }
    }

    /// The reasons.
    #[must_use]
    pub fn because(&self) -> &[String] {
        match self {
            Self::Allow { because } | Self::Ask { because } | Self::Halt { because } => because,
        }
    }
}
