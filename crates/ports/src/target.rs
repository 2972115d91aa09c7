//! Target systems: what we provision to.
//!
//! A connector translates; it decides nothing. It reports what it was told, says `Unknown` when
//! it does not know, and never reports an absence that it did not see: `read` answers `None`
//! only when the target itself said that the object does not exist.

use std::time::Duration;

use async_trait::async_trait;
use model::{Answer, Attributes, Completeness, Kind, Record, RemoteId, Timestamp, Version};

/// Why a target could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Too many requests, or the target is overloaded.
    #[error("the target asks to wait {}s: {detail}", wait.as_secs())]
    Busy {
        /// How long.
        wait: Duration,
        /// What it said.
        detail: String,
    },
    /// No connection, no answer in time, or a 5xx without a time to wait.
    #[error("the target did not answer: {0}")]
    Unreachable(String),
    /// Our credential is not accepted (401, 403).
    #[error("the target does not accept our credential: {0}")]
    Denied(String),
    /// The answer is not what the protocol says. Names the field and the limit or type.
    #[error("the target's answer cannot be read: {0}")]
    Malformed(String),
    /// The target refuses this request and will refuse it again.
    #[error("the target refuses: {0}")]
    Refused(String),
}

/// What a target can do. Declared capabilities must equal exercised ones (conformance).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The kinds of object it has.
    pub kinds: Vec<Kind>,
    /// It can search by an attribute. Answers are checked all the same.
    pub filter: bool,
    /// It can change single attributes; without, objects are replaced whole.
    pub patch: bool,
    /// Objects carry versions, and a write may be made conditional on one.
    pub versions: bool,
    /// It can delete objects for good.
    pub delete: bool,
    /// At most this many member changes in one request.
    pub members_per_request: usize,
    /// How long after a write a read may still show the old state.
    pub settle: Duration,
    /// At most this many requests per second, where the target says; shared by all workers.
    pub requests_per_second: Option<u32>,
    /// At most this many requests at the same time.
    pub concurrency: usize,
    /// Attribute paths that can be written but never read back; verification leaves them out.
    pub write_only: Vec<String>,
}

/// The answer to a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What the target calls itself or its version.
    pub name: String,
    /// Where it differs from what its profile says, for people.
    pub differs: Vec<String>,
}

/// What a target let us know beside its answers, as of the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// When the certificate that it showed ends (X.509 `notAfter`).
    pub certificate_ends: Option<Timestamp>,
    /// What its clock showed (HTTP `Date`, RFC 9110 §6.6.1), to the second.
    pub clock: Option<Timestamp>,
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The objects.
    pub records: Vec<Record>,
    /// Where to go on; `None` at the end.
    pub next: Option<Cursor>,
    /// On the last page: how far the whole listing may be believed. `Partial` on the others.
    pub completeness: Completeness,
    /// Why it is not `Full`, for people.
    pub detail: String,
}

/// Where a listing goes on. Opaque to callers; carries what the connector needs to prove
/// completeness (how many were seen, what total was promised).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cursor(pub String);

/// What to search for. Every answer is checked against it by the connector: a target that
/// ignores the filter yields the matching rows of a whole listing, never its first row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// The key of ours that we stored there (SCIM `externalId`).
    External(String),
    /// The name (`userName`, `displayName`), compared as the target compares it.
    Name(String),
}

/// One concrete operation. All references are resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Create an object. Idempotent by `external`: a target that already has an object with
    /// this external key answers `AlreadyDone` with its id.
    Create {
        /// Account or group.
        kind: Kind,
        /// Our key, stored where the target has room for one.
        external: String,
        /// Accounts: whether it may be used.
        active: bool,
        /// The attributes.
        attributes: Attributes,
    },
    /// Change attributes.
    Update {
        /// Account or group.
        kind: Kind,
        /// Which.
        remote: RemoteId,
        /// Path → new value.
        set: Attributes,
        /// Paths to clear.
        unset: Vec<String>,
        /// Only if it still has this version.
        expect: Option<Version>,
    },
    /// Enable or disable an account.
    SetActive {
        /// Which.
        remote: RemoteId,
        /// Whether it may be used.
        active: bool,
    },
    /// Delete an object for good.
    Delete {
        /// Account or group.
        kind: Kind,
        /// Which.
        remote: RemoteId,
    },
    /// Change the members of a group. At most `members_per_request` in all.
    Members {
        /// The group.
        group: RemoteId,
        /// Accounts to add.
        add: Vec<RemoteId>,
        /// Accounts to remove.
        remove: Vec<RemoteId>,
    },
}

/// A target system.
#[async_trait]
pub trait Target: Send + Sync {
    /// What it can do.
    fn capabilities(&self) -> &Capabilities;

    /// What it let us know beside its answers. Sends nothing.
    fn heard(&self) -> Heard {
        Heard::default()
    }

    /// Asks whether it is there, accepts us and behaves as its profile says.
    async fn probe(&self) -> Result<Probe, TargetError>;

    /// One page of all objects of a kind; `None` begins.
    async fn list(&self, kind: Kind, from: Option<&Cursor>) -> Result<Listed, TargetError>;

    /// One object by its id. `None` only when the target says that there is none.
    async fn read(&self, kind: Kind, remote: &RemoteId) -> Result<Option<Record>, TargetError>;

    /// Objects that match, checked. An error when the search was not complete.
    async fn find(&self, kind: Kind, by: &Match) -> Result<Vec<Record>, TargetError>;

    /// Carries one operation out. Never retries by itself and never sleeps; `deadline` bounds
    /// the whole request.
    async fn apply(&self, operation: &Operation, deadline: Duration) -> Answer;
}
