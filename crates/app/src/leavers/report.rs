//! What the ledger of leavers says.

use std::time::Duration;

use model::{PlanId, SubjectId, TargetName, Timestamp, WaveId};

use crate::digest::{Awaited, Window};

/// Who left in a time, and what became of their access.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leavers {
    /// The time.
    pub window: Window,
    /// When it was looked.
    pub at: Timestamp,
    /// By when their clock began, then by worker key.
    pub leavers: Vec<LeaverRecord>,
    /// How long it took, over those who are done. Nobody is done: `None`.
    pub times: Option<Times>,
}

/// Of so many who are done, how long it took from the beginning of the clock to the last account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How many are done.
    pub done: u64,
    /// Half of them took no longer.
    pub p50: Duration,
    /// 95 of 100 took no longer.
    pub p95: Duration,
    /// 99 of 100 took no longer.
    pub p99: Duration,
    /// None took longer.
    pub longest: Duration,
}

/// What is known of one leaver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaverRecord {
    /// By whose word they are out.
    pub awaited: Awaited,
    /// Who.
    pub subject: SubjectId,
    /// The name to show.
    pub name: String,
    /// The worker's key.
    pub key: String,
    /// HR's instant, or the one at which somebody was told.
    pub at: Timestamp,
    /// The worker's own zone.
    pub zone: String,
    /// When the clock began: `at`, or when we were told where that is later.
    pub start: Timestamp,
    /// When it runs out.
    pub due: Timestamp,
    /// The decision that took their access away, where there was one.
    pub decision: Option<Decision>,
    /// Each account that is theirs or was, by app.
    pub accounts: Vec<Ending>,
    /// When the last account was read back as gone, or confirmed as gone by whoever did it by hand; `None`
    /// while one is exposed.
    pub done_at: Option<Timestamp>,
    /// Why something is exposed, for people; empty where nothing is.
    pub why: String,
}

/// What decided that access is taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The plan.
    pub plan: PlanId,
    /// Its wave.
    pub wave: WaveId,
    /// When it was proposed.
    pub proposed: Timestamp,
    /// Who released it last, and when; `None`: nobody did.
    pub released: Option<(String, Timestamp)>,
}

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The app.
    pub app: TargetName,
    /// How it stands.
    pub state: EndState,
    /// When the request that took it away was written down to be sent, the last time; `None` where
    /// none was since the clock began.
    pub sent: Option<Timestamp>,
    /// When whoever does it by hand said that it was done; `None` where nobody was asked, or nobody
    /// said so.
    pub confirmed: Option<Timestamp>,
    /// When it was read back as gone; `None` where it was not since the clock began.
    pub verified: Option<Timestamp>,
}

impl Ending {
    /// When the access ended as far as anybody knows: by somebody's word, or by what was read back,
    /// whichever came first.
    #[must_use]
    pub fn ended(&self) -> Option<Timestamp> {
        self.confirmed.into_iter().chain(self.verified).min()
    }
}

/// How an account of a leaver stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndState {
    /// It was last seen usable.
    Exposed,
    /// It is disabled.
    Disabled,
    /// It was deleted.
    Deleted,
    /// It could not be used before the clock began.
    Already,
}

impl EndState {
    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exposed => "exposed",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
            Self::Already => "already",
        }
    }
}
