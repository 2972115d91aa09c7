//! Plans: what will be done to whom, in which order, and why. Data, never code: a plan outlives
//! the binary that made it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::address::{Address, RemoteId, TargetName};
use crate::assignment::Reason;
use crate::attributes::Attributes;
use crate::canonical::{self, Digest, NotCanonical};
use crate::id::{PlanId, SubjectId};
use crate::wave::Cause;

/// Whom or what a plan is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// One person or workload.
    Subject(SubjectId),
    /// The groups that documents declare in one target.
    Target(TargetName),
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(subject) => write!(f, "{subject}"),
            Self::Target(target) => write!(f, "app/{target}"),
        }
    }
}

/// What one step does. Values that only exist later (a remote id of an object that an earlier
/// step creates) are left out and resolved when the step is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// Record that this existing remote object is ours. Sends nothing.
    Adopt {
        /// The object that matched exactly.
        remote: RemoteId,
    },
    /// Create the object.
    Create {
        /// Its attributes.
        attributes: Attributes,
        /// Accounts: whether it may be used. One that is made ahead of the first day may not.
        /// Left out where it may: plans of before this field keep their ids.
        #[serde(default = "usable", skip_serializing_if = "is_usable")]
        active: bool,
    },
    /// Change attributes of the object.
    Update {
        /// Path → new value.
        set: Attributes,
        /// Paths to clear.
        unset: Vec<String>,
    },
    /// Let the account be used.
    Enable,
    /// Stop the account from being used.
    Disable,
    /// Destroy the object. Cannot be undone.
    Delete,
    /// Make the account a member of the group in the address's key.
    Grant,
    /// End that membership.
    Revoke,
}

const fn usable() -> bool {
    true
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
const fn is_usable(active: &bool) -> bool {
    *active
}

impl Act {
    /// The word used in stores, tables and reasons.
    #[must_use]
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::Adopt { .. } => "adopt",
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Enable => "enable",
            Self::Disable => "disable",
            Self::Delete => "delete",
            Self::Grant => "grant",
            Self::Revoke => "revoke",
        }
    }

    /// Whether this takes something away from someone.
    #[must_use]
    pub const fn removes(&self) -> bool {
        matches!(self, Self::Disable | Self::Delete | Self::Revoke)
    }
}

/// What was at the address when the plan was made; what undo goes back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// Nothing.
    Absent,
    /// An account or group with these values for the attributes that the step changes.
    Present {
        /// Accounts: whether it could be used.
        active: bool,
        /// The previous values; a path that had none is missing.
        attributes: Attributes,
    },
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number in the plan, from 0.
    pub no: u16,
    /// Where it acts.
    pub address: Address,
    /// What it does.
    pub act: Act,
    /// What was there.
    pub before: Before,
    /// Steps of the same plan that must be verified first.
    pub after: Vec<u16>,
    /// Why, one or more reasons.
    pub because: Vec<Reason>,
}

/// What is done to one subject, or to one target's groups. Immutable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Whom or what it is about.
    pub about: About,
    /// What made it necessary.
    pub cause: Cause,
    /// The revision of the documents that decided.
    pub revision: u64,
    /// The version of the time zone database by which days became instants, for example `2026a`;
    /// empty in plans of before this was kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub zones: String,
    /// The addresses it looked at, with the digest of what was observed there. If one has moved
    /// when the plan is to start, the plan is stale.
    pub base: Vec<(Address, Digest)>,
    /// What to do.
    pub steps: Vec<Step>,
    /// Random, so that the id of a plan about a known person cannot be guessed from its content.
    pub salt: Digest,
}

impl Plan {
    /// Whether it destroys something for good.
    #[must_use]
    pub fn deletes(&self) -> bool {
        self.steps.iter().any(|step| step.act == Act::Delete)
    }

    /// The id: the first 128 bits of the hash of the canonical bytes.
    ///
    /// # Errors
    /// Never for plans made of these types; kept because hashing has one door.
    pub fn id(&self) -> Result<PlanId, NotCanonical> {
        Ok(PlanId::from_bits(canonical::digest(self)?.to_bits()))
    }

    /// Whether any step takes something away.
    #[must_use]
    pub fn removes(&self) -> bool {
        self.steps.iter().any(|step| step.act.removes())
    }
}

/// Names one step of one plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StepRef {
    /// The plan.
    pub plan: PlanId,
    /// The step's number in it.
    pub no: u16,
}

impl fmt::Display for StepRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.plan, self.no)
    }
}

/// Read back as it is written: `pln_…#0`, in that one spelling.
impl FromStr for StepRef {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text:.60}` is no step");
        let (plan, no) = text.split_once('#').ok_or_else(wrong)?;
        let step = Self {
            plan: plan.parse().map_err(|_| wrong())?,
            no: no.parse().map_err(|_| wrong())?,
        };
        // One step has one spelling: no leading zeros, no plus sign.
        match step.to_string() == text {
            true => Ok(step),
            false => Err(wrong()),
        }
    }
}

/// How a plan stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// Waits for its wave's verdict or for a release.
    Waiting,
    /// May be carried out.
    Released,
    /// A person refused it.
    Refused,
    /// Every step was read back as wanted.
    Applied,
    /// At least one step failed for good; the rest was done or skipped.
    Failed,
    /// The world moved: made again at the next planning.
    Stale,
    /// A newer plan for the same subject took its place before it began.
    Superseded,
}

impl PlanStatus {
    /// The word used in stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Released => "released",
            Self::Refused => "refused",
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Stale => "stale",
            Self::Superseded => "superseded",
        }
    }

    /// Whether nothing more will happen to the plan.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        !matches!(self, Self::Waiting | Self::Released)
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Not begun, or to be tried again at `not_before`.
    Pending,
    /// An intent is in the log; whether it was sent is not known until an outcome is.
    Sent,
    /// The target answered, or nobody knows: must be read back.
    Answered,
    /// Somebody was asked to do it by hand and has not answered.
    Handed,
    /// Read back as wanted.
    Verified,
    /// Whoever was asked to do it by hand says that they did. Not read back.
    Confirmed,
    /// Failed for good.
    Failed,
    /// Not done because a step before it failed, or its plan was closed.
    Skipped,
}

impl StepStatus {
    /// The word used in stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Answered => "answered",
            Self::Handed => "handed",
            Self::Verified => "verified",
            Self::Confirmed => "confirmed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }

    /// Whether nothing more will happen to the step.
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.is_done() || matches!(self, Self::Failed | Self::Skipped)
    }

    /// Whether it was done: read back as wanted, or by the word of whoever did it by hand.
    #[must_use]
    pub const fn is_done(self) -> bool {
        matches!(self, Self::Verified | Self::Confirmed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_read_in_the_one_spelling_in_which_it_is_written() {
        let step = StepRef {
            plan: PlanId::from_bits(7),
            no: 3,
        };
        let text = step.to_string();
        assert_eq!(text.parse(), Ok(step));
        let plan = step.plan.to_string();
        let spelt = [
            plan.clone(),
            format!("{plan}.3"),
            format!("{plan}#03"),
            format!("{plan}#+3"),
            format!("{plan}#70000"),
            text.to_uppercase(),
            format!("{text} "),
            String::new(),
        ];
        for other in spelt {
            assert!(other.parse::<StepRef>().is_err(), "{other}");
        }
    }
}
