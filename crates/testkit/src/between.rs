//! A store between whose calls a test lets something else happen: another node goes on, or the
//! database does not answer.

use std::future::Future;
use std::sync::Arc;
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
use ports::Store;
use ports::store::{
    Adoption, Append, AppendError, AuthorizationRow, Committed, CredentialRow, DecidedAccount,
    Decisions, DeliveryRow, Documents, DocumentsRow, Door, DrillRow, Drills, Fence, FindingRow,
    Findings, Lease, Link, Log, LogRecord, LogoutRow, LostName, NoticeRow, Notices, Objects,
    ObservationRow, OpenLeavers, PassRow, People, Person, Pin, PlanRow, SecretName, SecretRow,
    Secrets, SessionRow, SignIn, StandingStep, StepRow, Stir, StoreError, Stream, Tasks,
    Termination, TokenRow, Tokens, Told, UndecidedWave, Unread, WaveDecision, WaveFilter, WaveRow,
    Work, WorkerDigest, WorkerMatch,
};

use crate::sim::store::every_read;

type Read<T> = Result<T, StoreError>;

/// What is about to be asked of the store.
pub enum Call<'c> {
    /// This is to be appended.
    Append(&'c Append),
    /// This read, by name.
    Read(&'static str),
}

/// What happens before a call; with an error the call fails and changes nothing.
pub type Happening = std::pin::Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// Decides what happens before each call.
pub type Before = dyn Fn(Call<'_>) -> Happening + Send + Sync;

/// A way to a store on which something happens in between.
pub struct Between {
    inner: Arc<dyn Store>,
    before: Box<Before>,
}

impl Between {
    /// A way to `inner`.
    pub fn new(
        inner: Arc<dyn Store>,
        before: impl Fn(Call<'_>) -> Happening + Send + Sync + 'static,
    ) -> Self {
        Self {
            inner,
            before: Box::new(before),
        }
    }
}

/// Nothing happens.
#[must_use]
pub fn nothing() -> Happening {
    Box::pin(std::future::ready(Ok(())))
}

#[async_trait]
impl Door for Between {
    async fn append(&self, append: Append) -> Result<Committed, AppendError> {
        let before = (self.before)(Call::Append(&append));
        before
            .await
            .map_err(|error| AppendError::Busy(error.to_string()))?;
        self.inner.append(append).await
    }

    async fn head_of(&self, stream: &Stream) -> Read<Option<u64>> {
        (self.before)(Call::Read("head_of")).await?;
        self.inner.head_of(stream).await
    }
}

#[async_trait]
impl Lease for Between {
    async fn acquire(&self, name: &str, holder: &str, ttl: Duration) -> Read<Option<Fence>> {
        (self.before)(Call::Read("acquire")).await?;
        self.inner.acquire(name, holder, ttl).await
    }

    async fn release(&self, name: &str, holder: &str, fence: u64) -> Read<()> {
        (self.before)(Call::Read("release")).await?;
        self.inner.release(name, holder, fence).await
    }
}

macro_rules! relay {
    ($port:ident { $( $name:ident ( $( $arg:ident : $ty:ty ),* ) -> $out:ty; )* }) => {
        #[async_trait]
        impl $port for Between {
            $( async fn $name(&self, $( $arg: $ty ),*) -> Read<$out> {
                (self.before)(Call::Read(stringify!($name))).await?;
                self.inner.$name($( $arg ),*).await
            } )*
        }
    };
}

every_read!(relay);
