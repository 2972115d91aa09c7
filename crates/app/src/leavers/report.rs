//! What the ledger of leavers says.

use std::time::Duration;

use evidence::leaver::Mark;
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
    /// Apps of which nobody knows for sure what accounts they hold.
    pub unread: Vec<Unread>,
}

/// An app whose accounts were not listed completely in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The app.
    pub app: TargetName,
    /// When they were listed last, if ever.
    pub since: Option<Timestamp>,
    /// What is wrong, for people.
    pub why: String,
}

/// Of so many who are done, how long it took from the beginning of the clock to the last account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// How many are done.
    pub done: u64,
    /// Of how many of them only an upper bound is known.
    pub at_most: u64,
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
    /// When the last account was read back, confirmed by whoever did it by hand, or seen, as shut;
    /// `None` while one is exposed.
    pub done_at: Option<Timestamp>,
    /// Whether that is an upper bound: somebody else shut it, and it was seen shut then.
    pub at_most: bool,
    /// Why an account is exposed, or why its times are not known better, for people; else empty.
    pub why: String,
    /// What may still be used, or is not known to be shut.
    pub remains: Vec<Remainder>,
}

/// Something of a leaver that may still be used, or of which nobody knows that it cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remainder {
    /// The app.
    pub app: TargetName,
    /// What kind of thing it is.
    pub kind: Remains,
    /// What: the name of what lingers, or of the manual step.
    pub what: String,
    /// When it ends by itself, at the latest; `None`: nobody knows.
    pub until: Option<Timestamp>,
    /// Why it is still there, for people.
    pub why: String,
}

/// What of a leaver may still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remains {
    /// An account that was last seen usable.
    Account,
    /// An account that was last seen usable, and is not Tenure's to take away.
    ForeignAccount,
    /// What the app lets live on when an account is disabled.
    Lingering,
    /// Something that is to be done by hand.
    ManualStep,
    /// An app whose accounts were not listed completely in time: an account may have been opened again.
    NotReadable,
    /// An app that no document describes any more: nobody looks at it.
    NotManaged,
}

impl Remains {
    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::ForeignAccount => "foreign_account",
            Self::Lingering => "lingering",
            Self::ManualStep => "manual_step",
            Self::NotReadable => "not_readable",
            Self::NotManaged => "not_managed",
        }
    }
}

/// What decided that access is taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The plan.
    pub plan: PlanId,
    /// When it was drafted.
    pub drafted: Mark,
    /// Its wave.
    pub wave: WaveId,
    /// When it was proposed.
    pub proposed: Mark,
    /// Who released this plan, and when; `None`: nobody did.
    pub released: Option<(String, Mark)>,
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
    pub sent: Option<Mark>,
    /// When whoever does it by hand said that it was done; `None` where nobody was asked, or nobody
    /// said so.
    pub confirmed: Option<Mark>,
    /// When it was read back, or seen, as shut; `None` where it was not since the clock began.
    pub verified: Option<Mark>,
    /// Since when it is known to be shut; also before the clock began.
    pub shut: Option<Timestamp>,
}

impl Ending {
    /// When the access ended as far as anybody knows: by somebody's word, or by what was read back,
    /// whichever came first.
    #[must_use]
    pub fn ended(&self) -> Option<Mark> {
        self.confirmed.into_iter().chain(self.verified).min()
    }

    /// Whether somebody else shut it, so that its instant is an upper bound.
    #[must_use]
    pub const fn is_at_most(&self) -> bool {
        matches!(self.state, EndState::SeenShut | EndState::SeenGone)
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
    /// Somebody else shut it after the clock had begun; it was seen shut.
    SeenShut,
    /// Somebody else deleted it after the clock had begun; it was seen to be gone.
    SeenGone,
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
            Self::SeenShut => "seen_shut",
            Self::SeenGone => "seen_gone",
            Self::Already => "already",
        }
    }
}

/// How long it took those who are done: nearest rank, so that each figure is somebody's.
pub(super) fn times(leavers: &[LeaverRecord]) -> Option<Times> {
    let took = |l: &LeaverRecord| Some(l.done_at?.since(l.start));
    let mut took: Vec<Duration> = leavers.iter().filter_map(took).collect();
    took.sort_unstable();
    let rank = |percent: usize| {
        took.get((took.len() * percent).div_ceil(100).max(1) - 1)
            .copied()
    };
    let at_most = leavers.iter().filter(|l| l.done_at.is_some() && l.at_most);
    Some(Times {
        done: took.len() as u64,
        at_most: at_most.count() as u64,
        p50: rank(50)?,
        p95: rank(95)?,
        p99: rank(99)?,
        longest: rank(100)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_secs(seconds))
    }

    fn leaver(took: Option<u64>) -> LeaverRecord {
        LeaverRecord {
            awaited: Awaited::Leaver,
            subject: SubjectId::from_bits(7),
            name: String::new(),
            key: String::new(),
            at: at(100),
            zone: "UTC".to_owned(),
            start: at(100),
            due: at(200),
            decision: None,
            accounts: Vec::new(),
            done_at: took.map(|took| at(100 + took)),
            at_most: took == Some(7),
            why: String::new(),
            remains: Vec::new(),
        }
    }

    #[test]
    fn figures_are_somebodys_and_whoever_is_exposed_is_in_none() {
        let mut leavers: Vec<_> = (1..=100).map(|n| leaver(Some(n))).collect();
        leavers.push(leaver(None));
        let of = times(&leavers).unwrap();
        let seconds = [of.p50, of.p95, of.p99, of.longest].map(|d| d.as_secs());
        assert_eq!((of.done, seconds), (100, [50, 95, 99, 100]));
        assert_eq!(of.at_most, 1, "of one only a bound is known");
        let one = times(&[leaver(Some(3))]).unwrap();
        assert_eq!((one.p50, one.p99), (one.longest, one.longest));
        assert_eq!(times(&[leaver(None)]), None);
    }
}
