//! Events about plans, steps and what is seen in targets.

use serde::{Deserialize, Serialize};

use crate::address::{Address, Kind, RemoteId, TargetName};
use crate::canonical::Digest;
use crate::id::{PlanId, RunId, SubjectId, WaveId};
use crate::observation::{Completeness, Ownership, Record};
use crate::outcome::{Exchange, Outcome};
use crate::personal::Personal;
use crate::plan::{About, Plan, PlanStatus, StepRef, StepStatus};
use crate::time::Timestamp;
use crate::wave::{Cause, Change, Verdict};

/// The part of a step that is not personal: enough to queue it and to count it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepHead {
    /// Its number in the plan.
    pub no: u16,
    /// Where it acts.
    pub address: Address,
    /// What it does: [`crate::plan::Act::verb`].
    pub verb: String,
    /// The steps before it.
    pub after: Vec<u16>,
}

/// A plan was made. It belongs to `wave` and is inert until that wave is proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDrafted {
    /// The plan.
    pub plan: PlanId,
    /// Its wave.
    pub wave: WaveId,
    /// Whom or what it is about.
    pub about: About,
    /// What kind of change it is; leavers are carried out first.
    pub change: Change,
    /// Its steps, without what is personal.
    pub steps: Vec<StepHead>,
    /// The plan itself.
    pub personal: Personal<Plan>,
}

/// All plans of a cause were made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveProposed {
    /// The wave.
    pub wave: WaveId,
    /// Its cause.
    pub cause: Cause,
    /// The principal whose delivery or edit it was.
    pub author: String,
    /// How many plans it has.
    pub plans: u64,
    /// How many plans take something away from someone.
    pub removals: u64,
    /// How many steps it has.
    pub steps: u64,
}

/// The guard judged a wave. `Allow` leaves its plans waiting for the apply command, or releases
/// them at once where the guard document says `apply: automatic`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveJudged {
    /// The wave.
    pub wave: WaveId,
    /// The verdict with its reasons.
    pub verdict: Verdict,
}

/// A wave, or some plans of it, were released or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveReleased {
    /// The wave.
    pub wave: WaveId,
    /// Released, or refused.
    pub released: bool,
    /// Which plans; every waiting one of the wave where empty.
    pub plans: Vec<PlanId>,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// A plan's status changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChanged {
    /// The plan.
    pub plan: PlanId,
    /// What it is now.
    pub status: PlanStatus,
    /// Why, for people.
    pub detail: String,
}

/// A step's status changed. The last such event of a step is its current state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepChanged {
    /// The step.
    pub step: StepRef,
    /// Where it acts.
    pub address: Address,
    /// What it is now.
    pub status: StepStatus,
    /// How often it was sent, this time included.
    pub attempt: u32,
    /// How often the read-back of this attempt disagreed or could not be made.
    #[serde(default)]
    pub looks: u32,
    /// Not to be tried before this instant.
    pub not_before: Option<Timestamp>,
    /// The fence of the lease under which it was decided.
    pub fence: u64,
    /// How the last attempt ended, where it has.
    pub outcome: Option<Outcome>,
    /// Why, for people.
    pub detail: String,
    /// The requests of the attempt that was answered, in the first such event after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
}

/// An object in a target is new or differs from what we last saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectObserved {
    /// The target.
    pub target: TargetName,
    /// Account or group.
    pub kind: Kind,
    /// The target's id.
    pub remote: RemoteId,
    /// The subject it is linked to. An account that is linked to nobody may have an id here that
    /// is nobody's and follows from target and remote id, so that it can be erased on its own.
    pub subject: Option<SubjectId>,
    /// When it was seen.
    pub seen_at: Timestamp,
    /// What was seen. Memberships of groups are not in here: see [`MembersObserved`].
    pub personal: Personal<Record>,
}

/// An object is gone, confirmed by reading it by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectVanished {
    /// The target.
    pub target: TargetName,
    /// Account or group.
    pub kind: Kind,
    /// The id it had.
    pub remote: RemoteId,
}

/// An account lost its user name: it is gone, or is called otherwise now. Told of apps whose names
/// are given once. Whom the name was given to is known; the name itself is not in here, so that it
/// can be kept from others when that person has been erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameLost {
    /// The target.
    pub target: TargetName,
    /// A keyed digest of the target's name and the user name in ASCII lower case.
    pub name: Digest,
    /// Whose account it was, if anyone's.
    pub subject: Option<SubjectId>,
}

/// Memberships of one group differ from what we last saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersObserved {
    /// The target.
    pub target: TargetName,
    /// The group.
    pub group: RemoteId,
    /// Members that are new to us.
    pub added: Vec<RemoteId>,
    /// Members that are gone.
    pub removed: Vec<RemoteId>,
}

/// An address and a remote object belong together. For a grant, `remote` is the group's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectLinked {
    /// Our address.
    pub address: Address,
    /// The remote object.
    pub remote: RemoteId,
    /// Whose it is.
    pub ownership: Ownership,
    /// Why they belong together, for people.
    pub because: String,
}

/// An address and its remote object no longer belong together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObjectUnlinked {
    /// Our address.
    pub address: Address,
    /// Why, for people.
    pub because: String,
}

/// An observation run ended. One event, however many objects it read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservationFinished {
    /// The run.
    pub run: RunId,
    /// The target.
    pub target: TargetName,
    /// Which objects were listed.
    pub kind: Kind,
    /// When it began.
    pub started: Timestamp,
    /// Objects read.
    pub read: u64,
    /// Objects that were new or different.
    pub changed: u64,
    /// Objects that were gone.
    pub vanished: u64,
    /// How far the listing may be believed.
    pub completeness: Completeness,
    /// What is wrong with it, for people; empty if nothing.
    pub detail: String,
    /// When the certificate that the target showed ends; `None`: it showed none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_ends: Option<Timestamp>,
    /// By how many seconds the target's clock was ahead of ours; `None`: it told no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_ahead_s: Option<i64>,
}
