//! The log as it leaves for systems that watch over others.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api::{EventsAnswer, Problem, WireEvent, schema_of};
use app::{EventsAsked, Extracts};

use super::shape::{LIMIT, get, parameter};
use super::{Rooms, fail};
use crate::problem;
use crate::route::{Call, Parameter, Reply, Route};

/// The route's pattern.
const PATTERN: &str = "/api/v1/events";
/// The longest wait for news, in seconds: well below the time that a call may take, and that a
/// server takes to stop.
const LONGEST_WAIT: u64 = 20;

const AFTER: Parameter = parameter(
    "after",
    "The `next` of the answer before; 0 where not given.",
);
const HASH: Parameter = parameter(
    "hash",
    "The `hash` of the answer before: the answer is 409 when `after` is another record by now.",
);
const KINDS: Parameter = parameter(
    "kinds",
    "Only these kinds of events, without their versions, separated by commas.",
);
const FORMAT: Parameter = parameter(
    "format",
    "`native` (where not given), `ocsf` (1.9.0) or `ecs` (8.17).",
);
const WAIT: Parameter = parameter(
    "wait",
    "Seconds to wait while there is no news: 0 (where not given) to 20.",
);

/// Extracts of the log, in order.
pub const EVENTS: Route<Rooms> = get(
    PATTERN,
    "followEvents",
    "Tells what is in the log, without anything personal, for systems that watch over others. Waits for \
     news where it is asked to. An answer without news is not recorded.",
    &[AFTER, HASH, LIMIT, KINDS, FORMAT, WAIT],
    schema_of::<EventsAnswer>,
    |rooms, call| Box::pin(events(rooms, call)),
);

async fn events(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let format = match call.asked("format") {
        None | Some("native") => protocol::siem::Extract::native,
        Some("ocsf") => protocol::siem::Extract::ocsf,
        Some("ecs") => protocol::siem::Extract::ecs,
        Some(_) => return Err(problem::parameter("`format` is native, ocsf or ecs")),
    };
    let wait = match call.asked_as::<u64>("wait")?.unwrap_or(0) {
        wait @ 0..=LONGEST_WAIT => Duration::from_secs(wait),
        _ => return Err(problem::parameter("`wait` is from 0 to 20")),
    };
    let kinds = call.asked("kinds").map_or(Vec::new(), |kinds| {
        kinds.split(',').map(str::to_owned).collect()
    });
    let asked = EventsAsked {
        after: call.asked_as("after")?.unwrap_or(0),
        hash: call.asked_as("hash")?,
        kinds,
        limit: call.limit()?,
        wait,
        route: PATTERN,
    };
    // When the worker ends, the server is about to.
    let stopping = || !rooms.worker.load(Ordering::SeqCst);
    let told = rooms.app.events(&rooms.tenant, &asked, stopping).await;
    let told = told.map_err(fail)?;
    let reply = Reply::json(&answer(&rooms.tenant, &told, format))?;
    Ok(match told.extracts.is_empty() {
        true => reply.without_news(),
        false => reply,
    })
}

fn answer(
    tenant: &str,
    told: &Extracts,
    format: fn(&protocol::siem::Extract) -> serde_json::Value,
) -> EventsAnswer {
    let events = told.extracts.iter().map(|extract| WireEvent {
        seq: extract.seq,
        hash: extract.hash.to_string(),
        at: extract.at.to_string(),
        kind: extract.kind.clone(),
        severity: extract.severity as u8,
        event: format(extract),
    });
    EventsAnswer {
        tenant: tenant.to_owned(),
        events: events.collect(),
        next: told.next,
        hash: told.hash.to_string(),
        more: told.more,
    }
}
