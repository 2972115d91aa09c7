//! The store as it will be: what it holds now, with what a rehearsal has changed in its place.
//!
//! Nothing can be written through it: the door, the leases and the secrets refuse. What a
//! rehearsal changes and no planning reads is refused as well, rather than answered as it is now.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use model::actor::Scope;
use model::canonical::Digest;
use model::{
    Address, AuthorizationId, CredentialId, DeliveryId, EngagementId, KnownTask, NoticeId, PassId,
    PlanId, RemoteId, SessionId, SigningKey, SubjectId, TargetName, TaskId, Timestamp,
};
use ports::Store;
use ports::store::{
    Adoption, Append, AppendError, AuthorizationRow, Committed, CredentialRow, DecidedAccount,
    Decisions, DeliveryRow, Documents, DocumentsRow, Door, DrillRow, Drills, Fence, FindingRow,
    Findings, Lease, Log, LogRecord, LogoutRow, NoticeRow, Notices, PassRow, People, Person, Pin,
    PlanRow, SecretName, SecretRow, Secrets, SessionRow, SignIn, Stir, StoreError, Stream, Tasks,
    Termination, TokenRow, Tokens, Told, WorkerDigest, WorkerMatch,
};

use super::moved::Moved;
use super::played::Played;

type Read<T> = Result<T, StoreError>;

/// The kind of the event that tells that something was linked.
const LINKED: &str = "object.linked/1";

/// The store as it will be.
pub(super) struct Foreseen {
    now: Arc<dyn Store>,
    clock: Arc<Played>,
    moved: Mutex<Moved>,
}

impl Foreseen {
    pub fn over(now: Arc<dyn Store>, clock: Arc<Played>, moved: Moved) -> Self {
        Self {
            now,
            clock,
            moved: Mutex::new(moved),
        }
    }

    /// Plans that are open now.
    pub async fn open_plans_now(&self, after: Option<PlanId>, limit: u32) -> Read<Vec<PlanRow>> {
        self.now.open_plans(after, limit).await
    }

    /// What has changed; not held while anything is waited for.
    pub fn moved(&self) -> MutexGuard<'_, Moved> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refused<T>(what: &str) -> Read<T> {
    let problem = format!("a rehearsal does not foresee what `{what}` would answer");
    Err(StoreError::Unavailable(problem))
}

#[async_trait]
impl Door for Foreseen {
    async fn append(&self, _: Append) -> Result<Committed, AppendError> {
        let problem = "a rehearsal writes nothing";
        Err(AppendError::Invalid(problem.to_owned()))
    }

    async fn head_of(&self, stream: &Stream) -> Read<Option<u64>> {
        self.now.head_of(stream).await
    }
}

#[async_trait]
impl Lease for Foreseen {
    async fn acquire(&self, _: &str, _: &str, _: Duration) -> Read<Option<Fence>> {
        refused("acquire")
    }

    async fn release(&self, _: &str, _: &str, _: u64) -> Read<()> {
        refused("release")
    }
}

/// A port: reads whose answer no rehearsal changes (`now`), reads whose answer it changes and for
/// which no planning asks (`never`), and the others.
macro_rules! port {
    ($port:ident {
        $( now $now:ident ( $( $arg:ident : $ty:ty ),* ) -> $out:ty; )*
        $( never $never:ident ( $( $of:ty ),* ) -> $none:ty; )*
        $( own { $($own:tt)* } )?
    }) => {
        #[async_trait]
        impl $port for Foreseen {
            $( async fn $now(&self, $( $arg: $ty ),*) -> Read<$out> {
                self.now.$now($( $arg ),*).await
            } )*
            $( async fn $never(&self, $( _: $of ),*) -> Read<$none> {
                refused(stringify!($never))
            } )*
            $( $($own)* )?
        }
    };
}

mod objects;
mod work;

port!(People {
    now worker_digests_of(source: &str, keys: &[&str]) -> Vec<WorkerDigest>;
    now worker_digests(source: &str, after: Option<EngagementId>, limit: u32) -> Vec<WorkerDigest>;
    now worker_matches(source: &str) -> Vec<WorkerMatch>;
    now pinned(after: Option<SubjectId>, limit: u32) -> Vec<SubjectId>;
    never people_matching(&str, u32) -> Vec<Person>;
    never termination(SubjectId) -> Option<Termination>;
    never people_due(Timestamp, u32) -> Vec<SubjectId>;
    never news(u64, u64, u32) -> Vec<(u64, SubjectId)>;
    never announced(Timestamp, Timestamp, Option<(Timestamp, u64)>, u32) -> Vec<(Timestamp, u64, SubjectId)>;
    own {
        async fn person(&self, subject: SubjectId) -> Read<Option<Person>> {
            let person = self.now.person(subject).await?;
            Ok(person.map(|person| self.moved().person(person)))
        }

        async fn people(&self, subjects: &[SubjectId]) -> Read<Vec<Person>> {
            let people = self.now.people(subjects).await?;
            let moved = self.moved();
            Ok(people.into_iter().map(|p| moved.person(p)).collect())
        }

        async fn person_by_key(&self, source: &str, key: &str) -> Read<Option<Person>> {
            let person = self.now.person_by_key(source, key).await?;
            Ok(person.map(|person| self.moved().person(person)))
        }

        async fn people_page(
            &self,
            source: Option<&str>,
            after: Option<SubjectId>,
            limit: u32,
        ) -> Read<Vec<Person>> {
            let people = self.now.people_page(source, after, limit).await?;
            let moved = self.moved();
            Ok(people.into_iter().map(|p| moved.person(p)).collect())
        }

        async fn pins(&self, subject: SubjectId) -> Read<Vec<Pin>> {
            if self.moved().is_unpinned(subject) {
                return Ok(Vec::new());
            }
            self.now.pins(subject).await
        }
    }
});

port!(Adoption {
    now decided_account(target: &TargetName, remote: &RemoteId) -> Option<DecidedAccount>;
    now decided_accounts(target: &TargetName, after: Option<&RemoteId>, limit: u32) -> Vec<DecidedAccount>;
    now decisions_about(subjects: &[SubjectId]) -> Decisions;
});

port!(Documents {
    now documents() -> Option<DocumentsRow>;
    now documents_at(revision: u64) -> Option<DocumentsRow>;
    now delivery(id: DeliveryId) -> Option<DeliveryRow>;
    now last_heard(source: &str) -> Option<(DeliveryId, Timestamp)>;
    now deliveries(limit: u32) -> Vec<DeliveryRow>;
    now stopped() -> Vec<(Option<TargetName>, String)>;
});

port!(Tasks {
    never task(TaskId) -> Option<KnownTask>;
    never open_tasks(Option<Timestamp>, Option<(Timestamp, TaskId)>, u32) -> Vec<KnownTask>;
});

port!(Findings {
    own {
        async fn open_findings(&self, limit: u32) -> Read<Vec<FindingRow>> {
            let now = self.now.open_findings(limit).await?;
            let mut rows = self.moved().waiting.over(now);
            rows.truncate(limit as usize);
            Ok(rows)
        }

        async fn open_finding(
            &self,
            fingerprint: &str,
            subject: Option<SubjectId>,
            address: Option<&Address>,
        ) -> Read<Option<FindingRow>> {
            let now = self.now.open_finding(fingerprint, subject, address).await?;
            let rows = self.moved().waiting.over(now.into_iter().collect());
            let asked = |row: &FindingRow| {
                let finding = &row.opened.finding;
                finding.fingerprint == fingerprint
                    && finding.subject == subject
                    && finding.address.as_ref() == address
            };
            Ok(rows.into_iter().find(asked))
        }
    }
});

port!(Notices {
    never open_notices(u32) -> Vec<NoticeRow>;
    never notice(NoticeId) -> Option<NoticeRow>;
    never notices(u32) -> Vec<NoticeRow>;
});

port!(Drills {
    now drill_runs(drill: &str, limit: u32) -> Vec<DrillRow>;
    never open_drills(u32) -> Vec<DrillRow>;
});

port!(Tokens {
    now token_by_secret(secret: Digest) -> Option<TokenRow>;
    now tokens(limit: u32) -> Vec<TokenRow>;
    now ending_tokens(from: Timestamp, to: Timestamp, limit: u32) -> Vec<TokenRow>;
    now live_tokens_with(scope: Scope, now: Timestamp) -> u64;
});

port!(SignIn {
    never subjects_with_login(Digest) -> Vec<SubjectId>;
    never login_of(SubjectId) -> Option<Digest>;
    never live_credentials(SubjectId, u32) -> Vec<CredentialRow>;
    never credentials_of(SubjectId, u32) -> Vec<CredentialRow>;
    never credential(CredentialId) -> Option<CredentialRow>;
    never credential_by_handle(Digest) -> Option<CredentialRow>;
    never passes_of(SubjectId, Timestamp, u32) -> Vec<PassRow>;
    never open_passes(Timestamp, Option<PassId>, u32) -> Vec<PassRow>;
    never session(SessionId) -> Option<SessionRow>;
    never sessions_of(SubjectId, Timestamp, u32) -> Vec<SessionRow>;
    never open_sessions(Timestamp, Option<SessionId>, u32) -> Vec<SessionRow>;
    never authorization(AuthorizationId) -> Option<AuthorizationRow>;
    never ended_sessions_of(SubjectId, u32) -> Vec<SessionRow>;
    never authorizations_in(SessionId, Option<AuthorizationId>, u32) -> Vec<AuthorizationRow>;
    never logouts_due(Timestamp, u32) -> Vec<LogoutRow>;
    never logout(SessionId) -> Option<LogoutRow>;
    never live_authorizations(Option<AuthorizationId>, u32) -> Vec<AuthorizationRow>;
    never signing_keys() -> Vec<SigningKey>;
    never spend(ports::store::OneTime, Timestamp, Timestamp) -> bool;
    never put_device(ports::store::DeviceRow, Timestamp) -> ();
    never device(AuthorizationId) -> Option<ports::store::DeviceRow>;
    never devices_with_code(Digest, Timestamp) -> Vec<ports::store::DeviceRow>;
    never device_asks(AuthorizationId, Timestamp, Timestamp) -> bool;
});

port!(Secrets {
    now secret(name: &str) -> Option<SecretRow>;
    now secret_names() -> Vec<SecretName>;
    never put_secret(SecretRow) -> ();
    never drop_secret(&str) -> ();
});

port!(Log {
    now records(after: u64, limit: u32) -> Vec<LogRecord>;
    now stirs(after: u64, limit: u32) -> Vec<Stir>;
    now records_about(subject: SubjectId, before: Option<u64>, limit: u32) -> Vec<LogRecord>;
    now head() -> (u64, Digest);
    never closed_records(u64, u32) -> Vec<LogRecord>;
    never told_about(&[SubjectId], &[&str], u64, u32) -> Vec<(SubjectId, Told)>;
    own {
        async fn last_stir(&self, subject: SubjectId, kinds: &[&str]) -> Read<Option<Stir>> {
            let last = self.now.last_stir(subject, kinds).await?;
            let linked = self.moved().linked_at(subject);
            Ok(match linked {
                Some(seq) if kinds.contains(&LINKED) => Some(Stir {
                    seq,
                    kind: LINKED.to_owned(),
                    subject: Some(subject),
                }),
                _ => last,
            })
        }
    }
});
