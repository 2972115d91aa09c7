//! A node's way to the store: calls may die, fail or be overtaken, and what is appended is told
//! to the watch.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use model::actor::Scope;
use model::canonical::Digest;
use model::plan::{About, StepRef, StepStatus};
use model::{
    Address, AuthorizationId, CredentialId, DeliveryId, EngagementId, Kind, KnownTask, NoticeId,
    PassId, PlanId, RemoteId, SessionId, Shadow, SigningKey, SubjectId, TargetName, TaskId,
    Timestamp, WaveId,
};
use ports::store::{
    Adoption, Append, AppendError, AuthorizationRow, Committed, CredentialRow, DecidedAccount,
    Decisions, DeliveryRow, Documents, DocumentsRow, Door, DrillRow, Drills, Fence, FindingRow,
    Findings, Lease, Link, Log, LogRecord, LogoutRow, LostName, NoticeRow, Notices, Objects,
    ObservationRow, OpenLeavers, PassRow, People, Person, Pin, PlanRow, SecretName, SecretRow,
    Secrets, SessionRow, SignIn, StandingStep, StepRow, Stir, StoreError, Stream, Tasks,
    Termination, TokenRow, Tokens, Told, UndecidedWave, Unread, WaveDecision, WaveFilter, WaveRow,
    Work, WorkerDigest, WorkerMatch,
};
use store::TenureStore;

use super::pulse::{Me, StoreClock};
use super::watch::Watch;
use crate::time::SeededEntropy;

type Read<T> = Result<T, StoreError>;

/// A node's way to the store.
pub struct SimStore {
    inner: TenureStore,
    clock: Arc<StoreClock>,
    me: Arc<Me>,
    watch: Arc<Mutex<Watch>>,
    chance: Arc<SeededEntropy>,
    /// Appends fail once in this many times; 0: never.
    fails: Arc<std::sync::atomic::AtomicU64>,
}

impl SimStore {
    /// The way of `me` to the shared store.
    #[must_use]
    pub fn new(
        inner: TenureStore,
        clock: Arc<StoreClock>,
        me: Arc<Me>,
        watch: Arc<Mutex<Watch>>,
        chance: Arc<SeededEntropy>,
        fails: Arc<std::sync::atomic::AtomicU64>,
    ) -> Self {
        Self {
            inner,
            clock,
            me,
            watch,
            chance,
            fails,
        }
    }

    fn watch(&self) -> std::sync::MutexGuard<'_, Watch> {
        self.watch
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn fails(&self) -> bool {
        let one_in = self.fails.load(std::sync::atomic::Ordering::Relaxed);
        one_in > 0 && self.chance.one_in(one_in)
    }
}

#[async_trait]
impl Door for SimStore {
    async fn append(&self, append: Append) -> Result<Committed, AppendError> {
        let blow = self.me.enter().await;
        let failure = self.fails().then(|| self.chance.below(3));
        if failure == Some(0) {
            return Err(AppendError::Busy("simulated: the queue is full".to_owned()));
        }
        if failure == Some(1) {
            return Err(AppendError::Broken(
                "simulated: the commit failed".to_owned(),
            ));
        }
        self.clock.speak_for(&self.me);
        let answer = self.inner.append(append.clone()).await;
        if let Ok(committed) = &answer {
            self.watch().appended(&append, *committed);
        }
        self.me.leave(blow).await;
        if failure == Some(2) && answer.is_ok() {
            return Err(AppendError::Broken(
                "simulated: the answer was lost".to_owned(),
            ));
        }
        answer
    }

    async fn head_of(&self, stream: &Stream) -> Read<Option<u64>> {
        let blow = self.me.enter().await;
        let answer = self.inner.head_of(stream).await;
        self.me.leave(blow).await;
        answer
    }
}

#[async_trait]
impl Lease for SimStore {
    async fn acquire(
        &self,
        name: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Fence>, StoreError> {
        let blow = self.me.enter().await;
        self.clock.speak_for(&self.me);
        let answer = self.inner.acquire(name, holder, ttl).await;
        if let Ok(Some(fence)) = &answer {
            self.watch().granted(name, holder, fence.fence);
        }
        self.me.leave(blow).await;
        answer
    }

    async fn release(&self, name: &str, holder: &str, fence: u64) -> Result<(), StoreError> {
        let blow = self.me.enter().await;
        let answer = self.inner.release(name, holder, fence).await;
        self.me.leave(blow).await;
        answer
    }
}

macro_rules! relay {
    ($port:ident { $( $name:ident ( $( $arg:ident : $ty:ty ),* ) -> $out:ty; )* }) => {
        #[async_trait]
        impl $port for SimStore {
            $( async fn $name(&self, $( $arg: $ty ),*) -> Read<$out> {
                let blow = self.me.enter().await;
                self.clock.speak_for(&self.me);
                let answer = self.inner.$name($( $arg ),*).await;
                self.me.leave(blow).await;
                answer
            } )*
        }
    };
}

/// Every port of the store that only reads, as `$relay!(Port { … })`.
macro_rules! every_read {
    ($relay:ident) => {
$relay!(People {
    person(subject: SubjectId) -> Option<Person>;
    people(subjects: &[SubjectId]) -> Vec<Person>;
    person_by_key(source: &str, key: &str) -> Option<Person>;
    people_page(source: Option<&str>, after: Option<SubjectId>, limit: u32) -> Vec<Person>;
    people_matching(text: &str, limit: u32) -> Vec<Person>;
    worker_digests_of(source: &str, keys: &[&str]) -> Vec<WorkerDigest>;
    worker_digests(source: &str, after: Option<EngagementId>, limit: u32) -> Vec<WorkerDigest>;
    worker_matches(source: &str) -> Vec<WorkerMatch>;
    termination(subject: SubjectId) -> Option<Termination>;
    people_due(now: Timestamp, limit: u32) -> Vec<SubjectId>;
    news(after: u64, until: u64, limit: u32) -> Vec<(u64, SubjectId)>;
    announced(from: Timestamp, to: Timestamp, after: Option<(Timestamp, u64)>, limit: u32)
        -> Vec<(Timestamp, u64, SubjectId)>;
    pins(subject: SubjectId) -> Vec<Pin>;
    pinned(after: Option<SubjectId>, limit: u32) -> Vec<SubjectId>;
});

$relay!(Objects {
    shadow(target: &TargetName, kind: Kind, remote: &RemoteId) -> Option<Shadow>;
    shadows(target: &TargetName, kind: Kind, remotes: &[RemoteId]) -> Vec<Shadow>;
    unread(target: &TargetName, kind: Kind, remotes: &[RemoteId]) -> Vec<Unread>;
    shadows_page(target: &TargetName, kind: Kind, after: Option<&RemoteId>, limit: u32)
        -> Vec<Shadow>;
    shadows_named(target: &TargetName, kind: Kind, name: &str) -> Vec<Shadow>;
    usable(target: &TargetName) -> u64;
    usable_of(target: &TargetName, remotes: &[RemoteId]) -> Vec<RemoteId>;
    lost_name(target: &TargetName, name: Digest) -> Option<LostName>;
    members(target: &TargetName, group: &RemoteId) -> Vec<RemoteId>;
    member_of(target: &TargetName, member: &RemoteId) -> Vec<RemoteId>;
    link(address: &Address) -> Option<Link>;
    links(addresses: &[Address]) -> Vec<Link>;
    links_of(subject: SubjectId) -> Vec<Link>;
    links_about(subjects: &[SubjectId]) -> Vec<Link>;
    memberships_of(target: &TargetName, members: &[RemoteId]) -> Vec<(RemoteId, RemoteId)>;
    link_to(target: &TargetName, kind: Kind, remote: &RemoteId) -> Option<Link>;
    linked(target: &TargetName, kind: Kind) -> u64;
    links_page(target: &TargetName, kind: Kind, after: Option<&str>, limit: u32) -> Vec<Link>;
    last_observation(target: &TargetName, kind: Kind) -> Option<ObservationRow>;
});

$relay!(Adoption {
    decided_account(target: &TargetName, remote: &RemoteId) -> Option<DecidedAccount>;
    decided_accounts(target: &TargetName, after: Option<&RemoteId>, limit: u32)
        -> Vec<DecidedAccount>;
    decisions_about(subjects: &[SubjectId]) -> Decisions;
});

$relay!(Documents {
    documents() -> Option<DocumentsRow>;
    documents_at(revision: u64) -> Option<DocumentsRow>;
    delivery(id: DeliveryId) -> Option<DeliveryRow>;
    last_heard(source: &str) -> Option<(DeliveryId, Timestamp)>;
    deliveries(limit: u32) -> Vec<DeliveryRow>;
    stopped() -> Vec<(Option<TargetName>, String)>;
});

$relay!(Work {
    wave(wave: WaveId) -> Option<WaveRow>;
    waves(filter: WaveFilter) -> Vec<WaveRow>;
    decisions_on(wave: WaveId) -> Vec<WaveDecision>;
    plan(plan: PlanId) -> Option<PlanRow>;
    plans_of(wave: WaveId, after: Option<PlanId>, limit: u32) -> Vec<PlanRow>;
    open_plans_about(about: &[About]) -> Vec<PlanRow>;
    open_plans(after: Option<PlanId>, limit: u32) -> Vec<PlanRow>;
    plans_about(about: &About, limit: u32) -> Vec<PlanRow>;
    released_plans(skip: u32, limit: u32) -> Vec<PlanId>;
    open_intents(limit: u32) -> Vec<StepRef>;
    steps_that_are(status: StepStatus, before: Option<u64>, limit: u32) -> Vec<StandingStep>;
    undecided_waves(limit: u32) -> Vec<UndecidedWave>;
    open_leavers(before: Timestamp, limit: u32) -> Vec<OpenLeavers>;
    step(step: StepRef) -> Option<StepRow>;
});

$relay!(Notices {
    open_notices(limit: u32) -> Vec<NoticeRow>;
    notice(notice: NoticeId) -> Option<NoticeRow>;
    notices(limit: u32) -> Vec<NoticeRow>;
});
$relay!(Drills {
    drill_runs(drill: &str, limit: u32) -> Vec<DrillRow>;
    open_drills(limit: u32) -> Vec<DrillRow>;
});
$relay!(Tasks {
    task(task: TaskId) -> Option<KnownTask>;
    open_tasks(until: Option<Timestamp>, after: Option<(Timestamp, TaskId)>, limit: u32)
        -> Vec<KnownTask>;
});

$relay!(Findings {
    open_findings(limit: u32) -> Vec<FindingRow>;
    open_finding(fingerprint: &str, subject: Option<SubjectId>, address: Option<&Address>)
        -> Option<FindingRow>;
});

$relay!(Tokens {
    token_by_secret(secret: Digest) -> Option<TokenRow>;
    tokens(limit: u32) -> Vec<TokenRow>;
    ending_tokens(from: Timestamp, to: Timestamp, limit: u32) -> Vec<TokenRow>;
    live_tokens_with(scope: Scope, now: Timestamp) -> u64;
});

$relay!(SignIn {
    subjects_with_login(login: Digest) -> Vec<SubjectId>;
    login_of(subject: SubjectId) -> Option<Digest>;
    live_credentials(subject: SubjectId, limit: u32) -> Vec<CredentialRow>;
    credentials_of(subject: SubjectId, limit: u32) -> Vec<CredentialRow>;
    credential(credential: CredentialId) -> Option<CredentialRow>;
    credential_by_handle(handle: Digest) -> Option<CredentialRow>;
    passes_of(subject: SubjectId, now: Timestamp, limit: u32) -> Vec<PassRow>;
    open_passes(now: Timestamp, after: Option<PassId>, limit: u32) -> Vec<PassRow>;
    session(session: SessionId) -> Option<SessionRow>;
    sessions_of(subject: SubjectId, now: Timestamp, limit: u32) -> Vec<SessionRow>;
    open_sessions(now: Timestamp, after: Option<SessionId>, limit: u32) -> Vec<SessionRow>;
    authorization(id: AuthorizationId) -> Option<AuthorizationRow>;
    ended_sessions_of(subject: SubjectId, limit: u32) -> Vec<SessionRow>;
    authorizations_in(session: SessionId, after: Option<AuthorizationId>, limit: u32) -> Vec<AuthorizationRow>;
    logouts_due(now: Timestamp, limit: u32) -> Vec<LogoutRow>;
    logout(session: SessionId) -> Option<LogoutRow>;
    live_authorizations(after: Option<AuthorizationId>, limit: u32) -> Vec<AuthorizationRow>;
    signing_keys() -> Vec<SigningKey>;
    spend(one: ports::store::OneTime, until: Timestamp, now: Timestamp) -> bool;
    put_device(row: ports::store::DeviceRow, now: Timestamp) -> ();
    device(id: AuthorizationId) -> Option<ports::store::DeviceRow>;
    devices_with_code(code: Digest, now: Timestamp) -> Vec<ports::store::DeviceRow>;
    device_asks(id: AuthorizationId, since: Timestamp, now: Timestamp) -> bool;
});

$relay!(Secrets {
    put_secret(row: SecretRow) -> ();
    drop_secret(name: &str) -> ();
    secret(name: &str) -> Option<SecretRow>;
    secret_names() -> Vec<SecretName>;
});

$relay!(Log {
    records(after: u64, limit: u32) -> Vec<LogRecord>;
    closed_records(after: u64, limit: u32) -> Vec<LogRecord>;
    stirs(after: u64, limit: u32) -> Vec<Stir>;
    records_about(subject: SubjectId, before: Option<u64>, limit: u32) -> Vec<LogRecord>;
    told_about(subjects: &[SubjectId], kinds: &[&str], after: u64, limit: u32)
        -> Vec<(SubjectId, Told)>;
    last_stir(subject: SubjectId, kinds: &[&str]) -> Option<Stir>;
    head() -> (u64, Digest);
});
    };
}
pub(crate) use every_read;

every_read!(relay);
