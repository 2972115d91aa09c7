//! Reads: small keyed traits per aggregate. Pages are read with `after` (exclusive) and `limit`,
//! in the order of the key, and end when fewer than `limit` rows come back.

use async_trait::async_trait;
use model::actor::Scope;
use model::canonical::Digest;
use model::plan::{About, StepRef, StepStatus};
use model::{
    Address, DeliveryId, EngagementId, Kind, KnownTask, NoticeId, PlanId, RemoteId, Shadow,
    SubjectId, TargetName, TaskId, Timestamp, WaveId,
};

use super::StoreError;
use super::rows::{
    DecidedAccount, Decisions, DeliveryRow, DocumentsRow, DrillRow, FindingRow, Link, LogRecord,
    LostName, NoticeRow, ObservationRow, OpenLeavers, Person, Pin, PlanRow, SecretName, SecretRow,
    StandingStep, StepRow, Stir, Termination, TokenRow, Told, UndecidedWave, WaveDecision,
    WaveFilter, WaveRow, WorkerDigest, WorkerMatch,
};
use super::unread::Unread;

type Read<T> = Result<T, StoreError>;

/// People and what HR said of them.
#[async_trait]
pub trait People: Send + Sync {
    /// One person.
    async fn person(&self, subject: SubjectId) -> Read<Option<Person>>;
    /// Several; unknown ones are left out, the order is that of the subject.
    async fn people(&self, subjects: &[SubjectId]) -> Read<Vec<Person>>;
    /// The person whom a source knows by this key.
    async fn person_by_key(&self, source: &str, key: &str) -> Read<Option<Person>>;
    /// All people of a source, or of all sources, by subject.
    async fn people_page(
        &self,
        source: Option<&str>,
        after: Option<SubjectId>,
        limit: u32,
    ) -> Read<Vec<Person>>;
    /// The digests of all workers of a source, by engagement: cheap where everyone is compared
    /// and few have changed.
    async fn worker_digests(
        &self,
        source: &str,
        after: Option<EngagementId>,
        limit: u32,
    ) -> Read<Vec<WorkerDigest>>;
    /// The digests of those workers whom a source knows by these keys, in no order; unknown ones
    /// are left out.
    async fn worker_digests_of(&self, source: &str, keys: &[&str]) -> Read<Vec<WorkerDigest>>;
    /// What people decided about workers of a source, by key and subject.
    async fn worker_matches(&self, source: &str) -> Read<Vec<WorkerMatch>>;
    /// People whose key, email or display name contains the text, ignoring ASCII case.
    async fn people_matching(&self, text: &str, limit: u32) -> Read<Vec<Person>>;
    /// The termination for cause that stands against someone.
    async fn termination(&self, subject: SubjectId) -> Read<Option<Termination>>;
    /// People whose facts change meaning at or before `now`, earliest first.
    async fn people_due(&self, now: Timestamp, limit: u32) -> Read<Vec<SubjectId>>;
    /// Of whom something was told after which something may be expected of them (facts, their
    /// withdrawal, a termination or its end, an instant that was planned for), by the records after
    /// `after` up to and including `until`: number and subject, in order, at most `limit`.
    async fn news(&self, after: u64, until: u64, limit: u32) -> Read<Vec<(u64, SubjectId)>>;
    /// Of whom such a record announced an instant from `from` up to, not including, `to`: the instant,
    /// the record and whom, by instant and record, at most `limit`, after the one that `after` names.
    async fn announced(
        &self,
        from: Timestamp,
        to: Timestamp,
        after: Option<(Timestamp, u64)>,
        limit: u32,
    ) -> Read<Vec<(Timestamp, u64, SubjectId)>>;
    /// What undos hold for this subject. Pins that have run out are returned too.
    async fn pins(&self, subject: SubjectId) -> Read<Vec<Pin>>;
    /// Every subject that has pins.
    async fn pinned(&self, after: Option<SubjectId>, limit: u32) -> Read<Vec<SubjectId>>;
}

/// What was seen in targets, and what of it is ours.
#[async_trait]
pub trait Objects: Send + Sync {
    /// The last observation of an object. Members are filled in for groups.
    async fn shadow(
        &self,
        target: &TargetName,
        kind: Kind,
        remote: &RemoteId,
    ) -> Read<Option<Shadow>>;
    /// The last observations of several objects of one target and kind, in no order; unknown
    /// ones are left out. Members are NOT filled in.
    async fn shadows(
        &self,
        target: &TargetName,
        kind: Kind,
        remotes: &[RemoteId],
    ) -> Read<Vec<Shadow>>;
    /// As [`Objects::shadows`], with the records as they are written: for whoever looks at very many
    /// and reads few.
    async fn unread(
        &self,
        target: &TargetName,
        kind: Kind,
        remotes: &[RemoteId],
    ) -> Read<Vec<Unread>>;
    /// All objects of a target and kind, by remote id. Members are NOT filled in.
    async fn shadows_page(
        &self,
        target: &TargetName,
        kind: Kind,
        after: Option<&RemoteId>,
        limit: u32,
    ) -> Read<Vec<Shadow>>;
    /// Objects whose name equals the text, ignoring ASCII case.
    async fn shadows_named(&self, target: &TargetName, kind: Kind, name: &str)
    -> Read<Vec<Shadow>>;
    /// How many accounts of a target were last seen usable, whoever owns them.
    async fn usable(&self, target: &TargetName) -> Read<u64>;
    /// Those of these accounts of a target that were last seen usable, in no order. Nothing is opened.
    async fn usable_of(&self, target: &TargetName, remotes: &[RemoteId]) -> Read<Vec<RemoteId>>;
    /// When an account of a target lost the name of this keyed digest last; `None`: never, as far
    /// as was told.
    async fn lost_name(&self, target: &TargetName, name: Digest) -> Read<Option<LostName>>;
    /// The members of a group, as last seen, sorted.
    async fn members(&self, target: &TargetName, group: &RemoteId) -> Read<Vec<RemoteId>>;
    /// The groups of which an account was last seen to be a member, sorted.
    async fn member_of(&self, target: &TargetName, member: &RemoteId) -> Read<Vec<RemoteId>>;
    /// For several accounts of one target the groups of which they were last seen to be members:
    /// account and group, sorted.
    async fn memberships_of(
        &self,
        target: &TargetName,
        members: &[RemoteId],
    ) -> Read<Vec<(RemoteId, RemoteId)>>;
    /// What an address is linked to.
    async fn link(&self, address: &Address) -> Read<Option<Link>>;
    /// What several addresses are linked to, in no order.
    async fn links(&self, addresses: &[Address]) -> Read<Vec<Link>>;
    /// All links of a subject: accounts and grants, in all targets, by address.
    async fn links_of(&self, subject: SubjectId) -> Read<Vec<Link>>;
    /// All links of several subjects, by address.
    async fn links_about(&self, subjects: &[SubjectId]) -> Read<Vec<Link>>;
    /// The link of a remote object (accounts and groups; grants are not found by this).
    async fn link_to(
        &self,
        target: &TargetName,
        kind: Kind,
        remote: &RemoteId,
    ) -> Read<Option<Link>>;
    /// All links of a target and kind, by key.
    async fn links_page(
        &self,
        target: &TargetName,
        kind: Kind,
        after: Option<&str>,
        limit: u32,
    ) -> Read<Vec<Link>>;
    /// How many objects of a target and kind are linked.
    async fn linked(&self, target: &TargetName, kind: Kind) -> Read<u64>;
    /// The last run over a target and kind.
    async fn last_observation(
        &self,
        target: &TargetName,
        kind: Kind,
    ) -> Read<Option<ObservationRow>>;
}

/// People's decisions about what was in an app before.
#[async_trait]
pub trait Adoption: Send + Sync {
    /// The decision about one account.
    async fn decided_account(
        &self,
        target: &TargetName,
        remote: &RemoteId,
    ) -> Read<Option<DecidedAccount>>;
    /// The decisions about accounts of a target, by remote id.
    async fn decided_accounts(
        &self,
        target: &TargetName,
        after: Option<&RemoteId>,
        limit: u32,
    ) -> Read<Vec<DecidedAccount>>;
    /// Every decision about these people: accounts that are theirs, accounts that are not, and
    /// access that no rule gives, each by its key.
    async fn decisions_about(&self, subjects: &[SubjectId]) -> Read<Decisions>;
}

/// Documents and deliveries.
#[async_trait]
pub trait Documents: Send + Sync {
    /// The documents in force; `None` before the first.
    async fn documents(&self) -> Read<Option<DocumentsRow>>;
    /// The documents of an earlier revision.
    async fn documents_at(&self, revision: u64) -> Read<Option<DocumentsRow>>;
    /// One delivery.
    async fn delivery(&self, id: DeliveryId) -> Read<Option<DeliveryRow>>;
    /// The last delivery of a source that was not refused, and when it was read.
    async fn last_heard(&self, source: &str) -> Read<Option<(DeliveryId, Timestamp)>>;
    /// The last deliveries, newest first.
    async fn deliveries(&self, limit: u32) -> Read<Vec<DeliveryRow>>;
    /// The targets for which writing is stopped; `None` in the list means all targets.
    async fn stopped(&self) -> Read<Vec<(Option<TargetName>, String)>>;
}

/// Waves, plans and steps.
#[async_trait]
pub trait Work: Send + Sync {
    /// One wave. Waves that were not proposed yet do not exist.
    async fn wave(&self, wave: WaveId) -> Read<Option<WaveRow>>;
    /// Waves, newest first.
    async fn waves(&self, filter: WaveFilter) -> Read<Vec<WaveRow>>;
    /// What was decided about a wave, oldest first.
    async fn decisions_on(&self, wave: WaveId) -> Read<Vec<WaveDecision>>;
    /// One plan with its steps.
    async fn plan(&self, plan: PlanId) -> Read<Option<PlanRow>>;
    /// The plans of a wave with their steps, by plan id.
    async fn plans_of(&self, wave: WaveId, after: Option<PlanId>, limit: u32)
    -> Read<Vec<PlanRow>>;
    /// Plans about these that are waiting or released, in proposed waves, oldest first.
    async fn open_plans_about(&self, about: &[About]) -> Read<Vec<PlanRow>>;
    /// Plans about anyone that are waiting or released, in proposed waves, by plan id.
    async fn open_plans(&self, after: Option<PlanId>, limit: u32) -> Read<Vec<PlanRow>>;
    /// All plans about one, newest first.
    async fn plans_about(&self, about: &About, limit: u32) -> Read<Vec<PlanRow>>;
    /// Released plans, in the order in which they are carried out: leavers, then the groups that
    /// documents declare, then by kind of change, each by age. `skip` rows are left out first.
    async fn released_plans(&self, skip: u32, limit: u32) -> Read<Vec<PlanId>>;
    /// Steps whose last event is an intent without an outcome.
    async fn open_intents(&self, limit: u32) -> Read<Vec<StepRef>>;
    /// Steps that stand so since their last event, the newest first: at most `limit`, before the
    /// event `before` where it is given.
    async fn steps_that_are(
        &self,
        status: StepStatus,
        before: Option<u64>,
        limit: u32,
    ) -> Read<Vec<StandingStep>>;
    /// Waves with plans that are not closed about which nobody has decided, oldest first.
    async fn undecided_waves(&self, limit: u32) -> Read<Vec<UndecidedWave>>;
    /// Waves that were proposed at or before `before` with plans for people who have left, or were
    /// terminated, that are not closed; oldest first.
    async fn open_leavers(&self, before: Timestamp, limit: u32) -> Read<Vec<OpenLeavers>>;
    /// One step.
    async fn step(&self, step: StepRef) -> Read<Option<StepRow>>;
}

/// What is done by hand.
#[async_trait]
pub trait Tasks: Send + Sync {
    /// One task, open or done; `None` once it was dropped.
    async fn task(&self, task: TaskId) -> Read<Option<KnownTask>>;
    /// Open tasks that are due at or before `until`, or ever: earliest first, then by id. `after`:
    /// when the last one of the page before is due, and its id.
    async fn open_tasks(
        &self,
        until: Option<Timestamp>,
        after: Option<(Timestamp, TaskId)>,
        limit: u32,
    ) -> Read<Vec<KnownTask>>;
}

/// Findings.
#[async_trait]
pub trait Findings: Send + Sync {
    /// Open findings, oldest first.
    async fn open_findings(&self, limit: u32) -> Read<Vec<FindingRow>>;
    /// The open finding with this fingerprint, subject and address, if there is one.
    async fn open_finding(
        &self,
        fingerprint: &str,
        subject: Option<SubjectId>,
        address: Option<&Address>,
    ) -> Read<Option<FindingRow>>;
}

/// What people are told of.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Notices that are not over, by their last change, oldest first.
    async fn open_notices(&self, limit: u32) -> Read<Vec<NoticeRow>>;
    /// One notice.
    async fn notice(&self, notice: NoticeId) -> Read<Option<NoticeRow>>;
    /// Notices, by their last change, newest first.
    async fn notices(&self, limit: u32) -> Read<Vec<NoticeRow>>;
}

/// Runs of drills.
#[async_trait]
pub trait Drills: Send + Sync {
    /// The runs of one drill, newest first.
    async fn drill_runs(&self, drill: &str, limit: u32) -> Read<Vec<DrillRow>>;
    /// Runs that have not ended, by drill.
    async fn open_drills(&self, limit: u32) -> Read<Vec<DrillRow>>;
}

/// API tokens.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// The token with this secret hash, revoked and expired ones included.
    async fn token_by_secret(&self, secret: Digest) -> Read<Option<TokenRow>>;
    /// All tokens, newest first.
    async fn tokens(&self, limit: u32) -> Read<Vec<TokenRow>>;
    /// Tokens that are not revoked and end after `from`, up to and including `to`; the first to end
    /// first.
    async fn ending_tokens(
        &self,
        from: Timestamp,
        to: Timestamp,
        limit: u32,
    ) -> Read<Vec<TokenRow>>;
    /// How many tokens with this scope are neither revoked nor expired at `now`.
    async fn live_tokens_with(&self, scope: Scope, now: Timestamp) -> Read<u64>;
}

/// Sealed secrets: operational state, outside the log.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Sets or replaces a secret.
    async fn put_secret(&self, row: SecretRow) -> Read<()>;
    /// One secret by name.
    async fn secret(&self, name: &str) -> Read<Option<SecretRow>>;
    /// Deletes a secret; one that is not there is deleted already.
    async fn drop_secret(&self, name: &str) -> Read<()>;
    /// What may be told of all secrets, by name.
    async fn secret_names(&self) -> Read<Vec<SecretName>>;
}

/// The log itself.
#[async_trait]
pub trait Log: Send + Sync {
    /// Records after `after`, at most `limit`, in order.
    async fn records(&self, after: u64, limit: u32) -> Read<Vec<LogRecord>>;
    /// As `records`, with nothing personal in them: what is sealed stays sealed, and reads as erased.
    async fn closed_records(&self, after: u64, limit: u32) -> Read<Vec<LogRecord>>;
    /// Of the records after `after`, at most `limit`, in order: what kind they are and whom they
    /// are about. Opens nothing.
    async fn stirs(&self, after: u64, limit: u32) -> Read<Vec<Stir>>;
    /// Records about one subject, newest first: at most `limit`, before `before` where it is given.
    async fn records_about(
        &self,
        subject: SubjectId,
        before: Option<u64>,
        limit: u32,
    ) -> Read<Vec<LogRecord>>;
    /// Records about these subjects of these kinds after `after`, at most `limit`; of each subject
    /// in order, the subjects in none. Opens nothing.
    async fn told_about(
        &self,
        subjects: &[SubjectId],
        kinds: &[&str],
        after: u64,
        limit: u32,
    ) -> Read<Vec<(SubjectId, Told)>>;
    /// The newest record about one subject that is of one of these kinds (`facts.accepted/2`).
    /// Opens nothing.
    async fn last_stir(&self, subject: SubjectId, kinds: &[&str]) -> Read<Option<Stir>>;
    /// The last sequence number and its hash; 0 and zeroes for an empty log.
    async fn head(&self) -> Read<(u64, Digest)>;
}
