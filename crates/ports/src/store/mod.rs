//! The store: one write door, leases, sealed secrets, and small keyed reads.
//!
//! Everything that must be durable and everything that must happen once goes through
//! [`Door::append`]. Reads use current-state tables; they never fold history. What a read
//! returns is at least as new as every append that was answered before the read began.

mod door;
mod reads;
mod rows;
mod sign_in;
mod unread;

pub use door::{
    Append, AppendError, Committed, Door, Expect, Fence, HeadToCome, Lease, OneTime, Stream,
};
pub use reads::{
    Adoption, Documents, Drills, Findings, Log, Notices, Objects, People, Secrets, Tasks, Tokens,
    Work,
};
pub use rows::{
    DecidedAccess, DecidedAccount, Decisions, DeliveryRow, DocumentsRow, DrillRow, FindingRow,
    Link, LogRecord, LostName, NoticeRow, ObservationRow, OpenLeavers, Person, Pin, PlanRow,
    RejectedMatch, SecretName, SecretRow, StandingStep, StepRow, Stir, Termination, TokenRow, Told,
    UndecidedWave, WaveDecision, WaveFilter, WaveRow, WaveStatus, WorkerDigest, WorkerMatch,
};
pub use unread::Unread;

pub use sign_in::{
    AuthorizationRow, CredentialRow, DeviceRow, LogoutRow, PassRow, SessionRow, SignIn,
};

/// The most rows that one read returns: a larger limit reads as this one, so whoever pages asks
/// for no more. A limit of 0 lets the store choose.
pub const MAX_PAGE: u32 = 10_000;

/// Why a read or an operational write failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer; trying again may help.
    #[error("the database did not answer: {0}")]
    Unavailable(String),
    /// A stored row does not decode: the store was damaged or written by a newer version.
    #[error("stored data does not decode: {0}")]
    Damaged(String),
}

/// All of it: what a node needs from its database.
pub trait Store:
    Door
    + Lease
    + People
    + Objects
    + Adoption
    + Documents
    + Work
    + Tasks
    + Findings
    + Notices
    + Drills
    + Tokens
    + SignIn
    + Secrets
    + Log
{
}

impl<T> Store for T where
    T: Door
        + Lease
        + People
        + Objects
        + Adoption
        + Documents
        + Work
        + Tasks
        + Findings
        + Notices
        + Drills
        + Tokens
        + SignIn
        + Secrets
        + Log
{
}
