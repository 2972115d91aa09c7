//! The morning: the digest, and trying a group of failures again.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{
    DigestAnswer, DigestCount, DigestFailure, DigestFinding, DigestPerson, DigestSilence,
    DigestWave, PlanChangeAnswer, Problem, RetryRequest, schema_of,
};
use app::{Digest, FailureGroup, LatePerson, Window};
use model::{Scope, Timestamp};

use super::shape::{get, parameter, post};
use super::{Rooms, fail, words};
use crate::route::{Call, Parameter, Reply, Route};

pub(super) const SINCE: Parameter = parameter(
    "since",
    "From when: `yesterday` (where it is not given), `today`, `12h`, `3d`, a day, a minute, or an \
     instant as in RFC 3339.",
);
pub(super) const UNTIL: Parameter = parameter(
    "until",
    "Up to when, written as `since`; now where not given.",
);
pub(super) const ZONE: Parameter = parameter(
    "zone",
    "The zone of days and minutes (`Europe/Berlin`); UTC where it is not given.",
);

/// What happened, and what should have.
pub const DIGEST: Route<Rooms> = get(
    "/api/v1/digest",
    "getDigest",
    "Tells what was expected since an instant, what was done, what failed, and what is silent.",
    &[SINCE, UNTIL, ZONE],
    schema_of::<DigestAnswer>,
    |rooms, call| Box::pin(digest(rooms, call)),
)
.long();

/// The people of one group of failures once more.
pub const RETRY: Route<Rooms> = post(
    Scope::Plan,
    "/api/v1/digest/retry",
    "retryFailures",
    "Plans again for the people of one group of failures. The guard judges what that proposes.",
    schema_of::<RetryRequest>,
    schema_of::<PlanChangeAnswer>,
    |rooms, call| Box::pin(retry(rooms, call)),
)
.long();

async fn digest(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let (since, zone) = (call.asked("since"), call.asked("zone"));
    let window = window(&rooms, since, call.asked("until"), zone)?;
    let digest = rooms.app.digest(window).await.map_err(fail)?;
    Reply::json(&answer(digest))
}

async fn retry(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: RetryRequest = call.json()?;
    let window = window(&rooms, asked.since.as_deref(), None, asked.zone.as_deref())?;
    let waves = rooms
        .app
        .retry(call.actor(), &asked.group, window, asked.dry_run)
        .await
        .map_err(fail)?;
    Reply::json(&PlanChangeAnswer {
        waves: waves.iter().map(words::preview).collect(),
        dry_run: asked.dry_run,
        // It looks at the people of one group, not at everyone who waits.
        waiting_for_seats: BTreeMap::new(),
    })
}

/// The time that is asked about; since yesterday where nothing says from when.
pub(super) fn window(
    rooms: &Rooms,
    since: Option<&str>,
    until: Option<&str>,
    zone: Option<&str>,
) -> Result<Window, Problem> {
    let since = since.unwrap_or("yesterday");
    let now = rooms.app.now();
    Window::read(since, until, zone.unwrap_or("UTC"), now).map_err(fail)
}

fn answer(digest: Digest) -> DigestAnswer {
    DigestAnswer {
        needs_a_person: digest.needs_a_person(),
        from: digest.from.to_string(),
        to: digest.to.to_string(),
        at: digest.at.to_string(),
        counts: digest.counts.iter().map(count).collect(),
        people: digest.people.into_iter().map(person).collect(),
        failures: digest.failures.into_iter().map(failure).collect(),
        waves: digest.waves.into_iter().map(wave).collect(),
        findings: digest.findings.into_iter().map(finding).collect(),
        silent: digest.silent.into_iter().map(silence).collect(),
    }
}

fn count(count: &app::Count) -> DigestCount {
    DigestCount {
        kind: count.awaited.as_str().to_owned(),
        clock_hours: count.awaited.clock().as_secs() / 3_600,
        expected: count.expected,
        done: count.done,
        done_late: count.done_late,
        open: count.open,
        late: count.late,
        refused: count.refused,
    }
}

fn person(row: LatePerson) -> DigestPerson {
    let state = match row.done_at {
        Some(_) => "done_late",
        None => "late",
    };
    DigestPerson {
        state: state.to_owned(),
        kind: row.awaited.as_str().to_owned(),
        subject: row.subject.to_string(),
        name: row.name,
        key: row.key,
        at: row.at.to_string(),
        local: wall(row.at, &row.zone),
        zone: row.zone,
        start: row.start.to_string(),
        due: row.due.to_string(),
        done_at: or_empty(row.done_at),
        why: row.why,
        exposed: row.exposed.into_iter().map(|app| app.0).collect(),
        wave: row.wave.map_or_else(String::new, |wave| wave.to_string()),
    }
}

fn failure(group: FailureGroup) -> DigestFailure {
    DigestFailure {
        group: group.group,
        app: group.app.0,
        class: group.class,
        attribute: group.attribute.unwrap_or_default(),
        verbs: group.verbs,
        count: group.people.len() as u64,
        people: group.people.into_iter().map(|(_, name)| name).collect(),
        steps: group.steps,
        step: group.step.to_string(),
        first_seen: group.first_seen.to_string(),
        last_seen: group.last_seen.to_string(),
        problem: group.problem,
        fix: group.fix,
        again: group.again,
    }
}

fn wave(wave: app::WaitingWave) -> DigestWave {
    DigestWave {
        wave: wave.wave.to_string(),
        status: wave.status.as_str().to_owned(),
        cause: wave.cause,
        at: wave.at.to_string(),
        plans: wave.plans,
        because: wave.because,
        fix: wave.fix,
    }
}

fn finding(group: app::FindingGroup) -> DigestFinding {
    DigestFinding {
        group: group.group,
        code: group.code,
        count: group.count,
        people: group.people,
        oldest: group.oldest.to_string(),
        problem: group.problem,
        fix: group.fix,
    }
}

fn silence(row: app::Silence) -> DigestSilence {
    DigestSilence {
        kind: row.kind.to_owned(),
        what: row.what,
        since: or_empty(row.since),
        count: row.count,
        people: row.people,
        problem: row.problem,
        fix: row.fix,
    }
}

/// An instant as text; empty where there is none.
pub(super) fn or_empty(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}

/// What a clock on the wall in a zone shows at an instant; empty where the zone is not known any more.
pub(super) fn wall(at: Timestamp, zone: &str) -> String {
    at.on_the_wall(zone)
        .map_or_else(|_| String::new(), |wall| wall.to_string())
}
