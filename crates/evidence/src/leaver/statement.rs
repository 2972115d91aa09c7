//! What a bundle says of leavers, each beside the records that show it.

use model::{PlanId, SubjectId, TargetName, Timestamp, WaveId};
use serde::{Deserialize, Serialize};

use super::trace::Mark;
use crate::checkpoint::SignedCheckpoint;

/// The format of a bundle of leavers.
pub const FORMAT: &str = "tenure.leavers/1";

/// What a bundle is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// [`FORMAT`].
    pub format: String,
    /// The tenant.
    pub tenant: String,
    /// The leavers are those whose clock began from this instant
    pub from: Timestamp,
    /// up to, not including, this one.
    pub to: Timestamp,
    /// When it was looked: what is exposed and what remains was so then.
    pub at: Timestamp,
    /// How many records it has.
    pub records: u64,
    /// How many leavers.
    pub leavers: u64,
    /// The end of the log that the records are shown to be in.
    pub checkpoint: SignedCheckpoint,
}

/// By whose word somebody is out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftBy {
    /// They were terminated for cause.
    Termination,
    /// Their last day.
    Leaver,
    /// A full delivery had them no more.
    MissingRow,
}

/// What shows when a leaver's clock began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Began {
    /// This record announced the instant as the next one at which something changes for them.
    Announced(u64),
    /// This record told it, and it was read with a delivery, of which the other one tells.
    Told {
        /// The record about the person.
        facts: u64,
        /// The record about the delivery.
        delivery: u64,
    },
    /// This record terminated them.
    Terminated(u64),
    /// No record: whoever signed says so.
    Stated,
}

/// How an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// It was last seen usable.
    Exposed,
    /// Tenure disabled it.
    Disabled,
    /// Tenure deleted it.
    Deleted,
    /// Somebody else shut it, and it was seen shut.
    SeenShut,
    /// Somebody else deleted it, and it was seen to be gone.
    SeenGone,
    /// It was shut before the clock began.
    Already,
}

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The app.
    pub app: TargetName,
    /// How it stands.
    pub state: AccountState,
    /// The last intent to shut it.
    pub sent: Option<Mark>,
    /// When it was read back, or seen, as shut.
    pub verified: Option<Mark>,
}

/// What decided that access is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The plan.
    pub plan: PlanId,
    /// Its wave.
    pub wave: WaveId,
    /// The record that drafted it.
    pub drafted: Mark,
    /// The record that proposed the wave.
    pub proposed: Mark,
    /// Who released this plan, and the record of it; `None`: nobody did.
    pub released: Option<Released>,
}

/// That a plan was released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Released {
    /// By whom.
    pub by: String,
    /// The record.
    pub mark: Mark,
}

/// Something that may still be used, or of which nobody knows that it cannot. Stated, not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remaining {
    /// The app.
    pub app: TargetName,
    /// What kind of thing it is.
    pub kind: String,
    /// What.
    pub what: String,
    /// When it ends by itself; `None`: nobody knows.
    pub until: Option<Timestamp>,
}

/// Who a leaver is. Stated, not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// The worker's key.
    pub key: String,
    /// The name to show.
    pub name: String,
    /// The worker's zone.
    pub zone: String,
}

/// What a bundle says of one leaver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaver {
    /// Who, by a lifelong id.
    pub subject: SubjectId,
    /// By whose word they are out.
    pub left_by: LeftBy,
    /// HR's instant, or the one at which somebody was told. Stated, where it is not `start`.
    pub at: Timestamp,
    /// When the clock began.
    pub start: Timestamp,
    /// What shows that.
    pub began: Began,
    /// Each account, by app.
    pub accounts: Vec<Account>,
    /// What decided it.
    pub decided: Option<Decided>,
    /// When the last account was shut; `None` while one is exposed.
    pub done_at: Option<Timestamp>,
    /// Whether that is an upper bound: somebody else shut that account.
    pub at_most: bool,
    /// What remains.
    pub remains: Vec<Remaining>,
    /// Who they are; left out unless it was asked for.
    pub personal: Option<Who>,
}
