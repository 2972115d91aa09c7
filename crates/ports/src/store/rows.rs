//! What reads return.

use model::actor::Scope;
use model::canonical::Digest;
use model::event::{
    AccessDecided, AccountDecided, DeliveryReceived, Document, FindingOpened, MatchRejected,
    ObservationFinished, StepChanged,
};
use model::plan::{About, PlanStatus, StepStatus};
use model::wave::{Cause, Change, Verdict};
use model::{
    Actor, Address, Assignment, DrillRun, Engagement, EngagementId, Event, KnownTask, Notice,
    NoticeId, Ownership, Personal, Plan, PlanId, Record, RemoteId, SubjectId, Timestamp, TokenId,
    WaveId,
};

use super::StoreError;
use crate::keyring::Sealed;

/// A person and what sources last told of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub subject: SubjectId,
    /// Their employments and contracts, by source and key. Never empty.
    pub engagements: Vec<Engagement>,
    /// The one of which something was told last.
    pub news: EngagementId,
    /// When the facts of any of them change meaning by themselves next.
    pub next_change: Option<Timestamp>,
    /// Set while they are terminated for cause.
    pub termination: Option<Termination>,
    /// What is, or was, to be done by hand because they left, by id. Empty for nearly everyone.
    pub tasks: Vec<KnownTask>,
}

/// A termination for cause that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Termination {
    /// The principal who did it.
    pub by: String,
    /// Since when.
    pub at: Timestamp,
    /// Why, in their words.
    pub reason: String,
}

/// What tells whether a source says anything new of a worker, without their facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerDigest {
    /// The engagement.
    pub engagement: EngagementId,
    /// Whose it is.
    pub subject: SubjectId,
    /// The worker's key in the source.
    pub key: String,
    /// [`Engagement::digest`].
    pub digest: Digest,
    /// [`Engagement::withdrawn`].
    pub withdrawn: bool,
}

/// What a person decided about a worker who looks like somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerMatch {
    /// The worker's key in the source.
    pub key: String,
    /// Whom they look like.
    pub subject: SubjectId,
    /// Whether they are that person.
    pub same: bool,
}

/// An assignment that an undo holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The wave that was undone.
    pub wave: WaveId,
    /// When it ends by itself.
    pub until: Timestamp,
    /// What it holds.
    pub assignments: Vec<Assignment>,
}

/// Whose an account is, as someone decided last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedAccount {
    /// When.
    pub at: Timestamp,
    /// The decision; never [`model::event::Holder::Undecided`].
    pub decided: AccountDecided,
}

/// An account that is not a person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedMatch {
    /// When that was decided.
    pub at: Timestamp,
    /// The decision.
    pub rejected: MatchRejected,
}

/// What becomes of access that no rule gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedAccess {
    /// When.
    pub at: Timestamp,
    /// The decision; never [`model::event::Stated::Undecided`].
    pub decided: AccessDecided,
}

/// The decisions about some people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decisions {
    /// Accounts that are theirs.
    pub accounts: Vec<DecidedAccount>,
    /// Accounts that are not.
    pub rejected: Vec<RejectedMatch>,
    /// Access that no rule gives.
    pub access: Vec<DecidedAccess>,
}

/// An address and its remote object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Our address.
    pub address: Address,
    /// The remote object; for a grant the group's id.
    pub remote: RemoteId,
    /// Whose it is.
    pub ownership: Ownership,
    /// Why they belong together.
    pub because: String,
}

/// The last observation of an object as it is written, to be read where somebody asks for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Unread {
    /// The target's id.
    pub remote: RemoteId,
    written: String,
}

impl Unread {
    /// What a store holds of an object, as JSON.
    #[must_use]
    pub fn new(remote: RemoteId, written: String) -> Self {
        Self { remote, written }
    }

    /// A record as a store would hold it.
    ///
    /// # Errors
    /// `Damaged` when it cannot be written.
    pub fn of(record: &Record) -> Result<Self, StoreError> {
        let written = serde_json::to_string(record);
        let written = written.map_err(|e| StoreError::Damaged(format!("a record: {e}")))?;
        Ok(Self::new(record.remote.clone(), written))
    }

    /// The text itself.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What it says.
    ///
    /// # Errors
    /// `Damaged` when that does not decode.
    pub fn read(&self) -> Result<Record, StoreError> {
        // The error's own words would repeat the value.
        serde_json::from_str(&self.written).map_err(|e| {
            StoreError::Damaged(format!(
                "the record of `{:.200}` does not fit at byte {} ({:?})",
                self.remote.as_str(),
                e.column(),
                e.classify()
            ))
        })
    }
}

impl std::fmt::Debug for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Unread").field(&self.remote).finish()
    }
}

/// A user name that an account has lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostName {
    /// When that was noticed last.
    pub at: Timestamp,
    /// Whose account it was; `None`: nobody's, or somebody's who was erased.
    pub of: Option<SubjectId>,
}

/// The documents in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentsRow {
    /// The revision.
    pub revision: u64,
    /// Who sent it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// The documents, sorted by kind and name.
    pub documents: Vec<Document>,
}

/// A delivery, as its event told it, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRow {
    /// The number of the record that tells so.
    pub seq: u64,
    /// When it was read.
    pub at: Timestamp,
    /// The event.
    pub delivery: DeliveryReceived,
}

/// An observation run, as its event told it, and when it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservationRow {
    /// When it ended.
    pub at: Timestamp,
    /// The event.
    pub run: ObservationFinished,
}

/// How a wave stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveStatus {
    /// The guard allows it; it waits for the apply command.
    Ready,
    /// The guard asks: someone other than the author must release it.
    Held,
    /// The guard halts it: it may only be refused.
    Halted,
    /// Released, in whole or in part, and not all of its plans are closed.
    Running,
    /// All of its plans are closed.
    Closed,
}

impl WaveStatus {
    /// The word used on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Held => "held",
            Self::Halted => "halted",
            Self::Running => "running",
            Self::Closed => "closed",
        }
    }
}

/// A wave and how its plans stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveRow {
    /// The wave.
    pub wave: WaveId,
    /// Its cause.
    pub cause: Cause,
    /// The principal whose delivery or edit it was.
    pub author: String,
    /// The number of the record that proposed it.
    pub seq: u64,
    /// When it was proposed.
    pub at: Timestamp,
    /// The guard's verdict, once given.
    pub verdict: Option<Verdict>,
    /// Who released or refused it last, and why.
    pub decided: Option<(String, String)>,
    /// When they did.
    pub decided_at: Option<Timestamp>,
    /// Steps in all.
    pub steps: u64,
    /// Plans that take something away from someone.
    pub removals: u64,
    /// Plans by status.
    pub plans: Vec<(PlanStatus, u64)>,
}

impl WaveRow {
    /// How many plans have this status.
    #[must_use]
    pub fn count(&self, status: PlanStatus) -> u64 {
        self.plans
            .iter()
            .filter(|(s, _)| *s == status)
            .map(|(_, n)| n)
            .sum()
    }

    /// How it stands, from its verdict and its plans.
    #[must_use]
    pub fn status(&self) -> WaveStatus {
        if self.count(PlanStatus::Released) > 0 {
            return WaveStatus::Running;
        }
        if self.count(PlanStatus::Waiting) == 0 {
            return WaveStatus::Closed;
        }
        match self.verdict {
            Some(Verdict::Allow { .. }) => WaveStatus::Ready,
            Some(Verdict::Halt { .. }) => WaveStatus::Halted,
            // Not judged yet reads as held: a crash between proposal and verdict releases nothing.
            Some(Verdict::Ask { .. }) | None => WaveStatus::Held,
        }
    }
}

/// What somebody decided about a wave, or about some plans of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveDecision {
    /// The number of the record that tells so.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Released, or refused.
    pub released: bool,
    /// Which plans; all that were waiting where empty.
    pub plans: Vec<PlanId>,
}

impl WaveDecision {
    /// The word used on the wire: `released` or `refused`.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.released {
            true => "released",
            false => "refused",
        }
    }
}

/// Which waves to list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WaveFilter {
    /// Only waves with plans that are waiting or released.
    pub open: bool,
    /// Only waves that were released or refused, in whole or in part, after this, and those with
    /// plans that are waiting or released, however old.
    pub decided_after: Option<Timestamp>,
    /// Only waves that were proposed by a record after this one.
    pub proposed_after: Option<u64>,
    /// Only waves that were proposed by this record or an earlier one.
    pub proposed_until: Option<u64>,
    /// At most this many; 0 is 100.
    pub limit: u32,
}

/// A plan and how its steps stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// The plan's id.
    pub id: PlanId,
    /// The sequence number of its draft.
    pub drafted: u64,
    /// Its wave.
    pub wave: WaveId,
    /// Whom or what it is about.
    pub about: About,
    /// What kind of change it is.
    pub change: Change,
    /// How it stands.
    pub status: PlanStatus,
    /// Why it stands so.
    pub detail: String,
    /// The head of the stream `plan/<id>`.
    pub head: Option<u64>,
    /// The plan; erased with its subject.
    pub plan: Personal<Plan>,
    /// Its steps in order.
    pub steps: Vec<StepRow>,
}

/// A step and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// Its number.
    pub no: u16,
    /// Where it acts.
    pub address: Address,
    /// What it does.
    pub verb: String,
    /// The steps before it.
    pub after: Vec<u16>,
    /// How it stands.
    pub status: StepStatus,
    /// The last change, if there was one.
    pub last: Option<StepChanged>,
    /// When that was.
    pub at: Option<Timestamp>,
}

/// A step as its last event left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingStep {
    /// The event's place in the log.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// How the step stands.
    pub last: StepChanged,
}

/// A finding and when it was opened and closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// The finding.
    pub opened: FindingOpened,
    /// When it was opened.
    pub at: Timestamp,
    /// When and why it was closed.
    pub closed: Option<(Timestamp, String)>,
}

/// A wave about which nobody has decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndecidedWave {
    /// The wave.
    pub wave: WaveId,
    /// Its cause.
    pub cause: Cause,
    /// The guard's verdict.
    pub verdict: Verdict,
}

/// Plans of one wave for people who have left that are not closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLeavers {
    /// The wave.
    pub wave: WaveId,
    /// When it was proposed.
    pub at: Timestamp,
    /// How many plans.
    pub plans: u64,
}

/// Something that people are told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its id.
    pub id: NoticeId,
    /// The head of the stream `notice/<id>`.
    pub head: Option<u64>,
    /// How it stands.
    pub state: Notice,
}

/// A run of a drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillRow {
    /// The head of the stream `drill/<name>`: runs of one drill come one after the other.
    pub head: Option<u64>,
    /// How it stands.
    pub run: DrillRun,
}

/// An API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// The token.
    pub token: TokenId,
    /// For whom it speaks.
    pub principal: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// From where it may be used (CIDR); empty for anywhere.
    pub networks: Vec<String>,
    /// When and why it was revoked.
    pub revoked: Option<(Timestamp, String)>,
}

/// A sealed secret and what it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRow {
    /// Its name.
    pub name: String,
    /// The app it may be used for.
    pub app: String,
    /// The host (and port) it may be sent to.
    pub host: String,
    /// The value, sealed for the purpose `secret/<name>/<app>/<host>`.
    pub sealed: Sealed,
    /// When it was set.
    pub at: Timestamp,
    /// When it ends, where whoever set it said so.
    pub expires: Option<Timestamp>,
}

/// What may be told of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretName {
    /// Its name.
    pub name: String,
    /// The app it may be used for, or `channel/` and a channel.
    pub app: String,
    /// The host (and port) it may be sent to.
    pub host: String,
    /// When it ends, where whoever set it said so.
    pub expires: Option<Timestamp>,
}

/// That something was written down about someone: a record without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stir {
    /// Its sequence number.
    pub seq: u64,
    /// The kind of its event (`facts.accepted/2`).
    pub kind: String,
    /// [`Event::subject`].
    pub subject: Option<SubjectId>,
}

/// One record of the log without what is personal in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its sequence number.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The event; what is personal in it reads as erased.
    pub event: Event,
}

/// One record of the log, with its event decrypted as far as keys exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// Its sequence number, from 1, without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: Actor,
    /// The event.
    pub event: Event,
    /// Its hash, which covers the hash before it.
    pub hash: Digest,
}
