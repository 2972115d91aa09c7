//! The ledger of leavers.

use std::sync::Arc;

use api::{
    LeaverTimes, LeaversAnswer, Problem, WireEnding, WireLeaver, WireRemainder, WireUnread,
    schema_of,
};
use app::{Ending, LeaverRecord, Leavers, Remainder, Times, Unread};
use model::Timestamp;

use super::morning::{SINCE, UNTIL, ZONE, or_empty, wall, window};
use super::shape::get;
use super::{Rooms, fail};
use crate::route::{Call, Reply, Route};

/// Who left, and what became of their access.
pub const LEAVERS: Route<Rooms> = get(
    "/api/v1/leavers",
    "getLeavers",
    "Tells who left since an instant, what decided that, when each app was told and read back, and \
     what is exposed.",
    &[SINCE, UNTIL, ZONE],
    schema_of::<LeaversAnswer>,
    |rooms, call| Box::pin(leavers(rooms, call)),
)
.long();

async fn leavers(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let (since, zone) = (call.asked("since"), call.asked("zone"));
    let window = window(&rooms, since, call.asked("until"), zone)?;
    let ledger = rooms.app.leavers(window).await.map_err(fail)?;
    Reply::json(&answer(ledger))
}

fn answer(ledger: Leavers) -> LeaversAnswer {
    let exposed = ledger.leavers.iter().filter(|l| l.done_at.is_none());
    let remaining = ledger.leavers.iter().filter(|l| !l.remains.is_empty());
    LeaversAnswer {
        from: ledger.window.from.to_string(),
        to: ledger.window.to.to_string(),
        at: ledger.at.to_string(),
        left: ledger.leavers.len() as u64,
        exposed: exposed.count() as u64,
        remaining: remaining.count() as u64,
        times: ledger.times.as_ref().map(times),
        leavers: ledger
            .leavers
            .into_iter()
            .map(|leaver| one(leaver, ledger.at))
            .collect(),
        unread: ledger.unread.into_iter().map(unread).collect(),
    }
}

fn times(times: &Times) -> LeaverTimes {
    LeaverTimes {
        done: times.done,
        at_most: times.at_most,
        p50_seconds: times.p50.as_secs(),
        p95_seconds: times.p95.as_secs(),
        p99_seconds: times.p99.as_secs(),
        longest_seconds: times.longest.as_secs(),
    }
}

fn one(leaver: LeaverRecord, now: Timestamp) -> WireLeaver {
    let late = leaver.done_at.unwrap_or(now) > leaver.due;
    let state = match (leaver.done_at, late) {
        (Some(_), false) => "done",
        (Some(_), true) => "done_late",
        (None, false) => "open",
        (None, true) => "late",
    };
    let decision = leaver.decision.as_ref();
    let released = decision.and_then(|d| d.released.as_ref());
    WireLeaver {
        kind: leaver.awaited.as_str().to_owned(),
        subject: leaver.subject.to_string(),
        name: leaver.name,
        key: leaver.key,
        at: leaver.at.to_string(),
        local: wall(leaver.at, &leaver.zone),
        zone: leaver.zone,
        start: leaver.start.to_string(),
        due: leaver.due.to_string(),
        state: state.to_owned(),
        done_at: or_empty(leaver.done_at),
        at_most: leaver.at_most,
        seconds: leaver.done_at.map(|at| at.since(leaver.start).as_secs()),
        plan: decision.map_or_else(String::new, |d| d.plan.to_string()),
        wave: decision.map_or_else(String::new, |d| d.wave.to_string()),
        proposed_at: or_empty(decision.map(|d| d.proposed.at)),
        released_by: released.map_or_else(String::new, |(by, _)| by.clone()),
        released_at: or_empty(released.map(|(_, mark)| mark.at)),
        accounts: leaver.accounts.into_iter().map(ending).collect(),
        why: leaver.why,
        remains: leaver.remains.into_iter().map(remainder).collect(),
    }
}

fn remainder(remainder: Remainder) -> WireRemainder {
    let until = remainder.until.map(|at| at.to_string());
    WireRemainder {
        app: remainder.app.0,
        kind: remainder.kind.as_str().to_owned(),
        what: remainder.what,
        until: until.unwrap_or_else(|| "unknown".to_owned()),
        why: remainder.why,
    }
}

fn unread(unread: Unread) -> WireUnread {
    WireUnread {
        app: unread.app.0,
        since: or_empty(unread.since),
        why: unread.why,
    }
}

fn ending(ending: Ending) -> WireEnding {
    WireEnding {
        app: ending.app.0,
        state: ending.state.as_str().to_owned(),
        sent_at: or_empty(ending.sent.map(|mark| mark.at)),
        verified_at: or_empty(ending.verified.map(|mark| mark.at)),
    }
}
