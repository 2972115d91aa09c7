//! What of an append does not depend on the database is done before it queues, by its caller.

use std::sync::{Mutex, PoisonError};

use model::canonical::{self, NotCanonical};
use model::{Event, SubjectId};
use ports::store::{Append, AppendError, Expect};
use serde_json::Value;

use super::fits::fits;
use super::snapshot::TENANT_KEY;
use crate::project::draw_up;
use crate::table::RowOp;

/// At most this many events in one append.
const MAX_EVENTS: usize = 10_000;
/// At most this many bytes in one event, its personal part included.
const MAX_EVENT: usize = 16 * 1024 * 1024;
/// At most this many bytes in all events of one append.
const MAX_APPEND: usize = 64 * 1024 * 1024;
/// At most this many conditions, one-time values and streams each.
const MAX_CONDITIONS: usize = 10_000;
/// At most this many bytes in the name of a stream or a lease, and in a principal.
const MAX_NAME: usize = 500;

/// An append that is well formed, with its events as text.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The append. Its events are still needed: projections are computed from them.
    pub(crate) append: Append,
    /// The actor as canonical JSON.
    pub(crate) actor: String,
    /// Its events, in order.
    pub(crate) events: Vec<PreparedEvent>,
    /// The rows of each, drawn up; taken by whoever decides about it first.
    rows: Mutex<Vec<Vec<RowOp>>>,
}

impl Prepared {
    /// The rows of each event, drawn up. A second time, after a batch that failed, they are drawn up anew.
    pub(crate) fn rows(&self) -> Result<Vec<Vec<RowOp>>, AppendError> {
        let taken = std::mem::take(&mut *self.rows.lock().unwrap_or_else(PoisonError::into_inner));
        if !taken.is_empty() {
            return Ok(taken);
        }
        self.append.events.iter().map(rows_of).collect()
    }
}

/// The rows of an event, drawn up and such that either database takes them.
fn rows_of(event: &Event) -> Result<Vec<RowOp>, AppendError> {
    let ops = draw_up(event).map_err(|e| AppendError::Invalid(e.to_string()))?;
    for op in &ops {
        fits(op)?;
    }
    Ok(ops)
}

/// An event as it will be stored, but for its number and time.
pub(crate) struct PreparedEvent {
    /// The versioned name.
    pub(crate) kind: String,
    /// With whom it is erased.
    pub(crate) subject: Option<SubjectId>,
    /// The body as canonical JSON, without what is personal.
    pub(crate) body: String,
    /// What is personal, in the clear, as canonical JSON.
    pub(crate) personal: Option<Vec<u8>>,
}

impl PreparedEvent {
    /// The name of the data key that seals its personal part.
    pub(crate) fn key_name(&self) -> String {
        self.subject
            .map_or_else(|| TENANT_KEY.to_owned(), |subject| subject.to_string())
    }
}

impl std::fmt::Debug for PreparedEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PreparedEvent")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Checks an append and brings its events into their stored form.
pub(crate) fn prepare(append: Append) -> Result<Prepared, AppendError> {
    let invalid = |why: String| Err(AppendError::Invalid(why));
    let events = append.events.len();
    if events == 0 || events > MAX_EVENTS {
        return invalid(format!(
            "it has {events} events; 1 to {MAX_EVENTS} are allowed"
        ));
    }
    for (what, count) in [
        ("conditions", append.expect.len()),
        ("one-time values", append.consume.len()),
        ("streams", append.bump.len()),
    ] {
        if count > MAX_CONDITIONS {
            return invalid(format!(
                "it has {count} {what}; at most {MAX_CONDITIONS} are allowed"
            ));
        }
    }
    check_names(&append)?;
    let actor = text(canonical::bytes(&append.actor))?;
    let mut prepared = Vec::with_capacity(events);
    let mut rows = Vec::with_capacity(events);
    let mut total = 0;
    for event in &append.events {
        rows.push(rows_of(event)?);
        let event = prepare_event(event)?;
        let size = event.body.len() + event.personal.as_ref().map_or(0, Vec::len);
        if size > MAX_EVENT {
            return invalid(format!(
                "its `{}` has {size} bytes; at most {MAX_EVENT} are allowed",
                event.kind
            ));
        }
        total += size;
        prepared.push(event);
    }
    if total > MAX_APPEND {
        return invalid(format!(
            "its events have {total} bytes; at most {MAX_APPEND} are allowed"
        ));
    }
    Ok(Prepared {
        append,
        actor,
        events: prepared,
        rows: Mutex::new(rows),
    })
}

fn check_names(append: &Append) -> Result<(), AppendError> {
    let expected = append.expect.iter().map(|expect| match expect {
        Expect::Head(stream, _) => ("stream", stream.0.as_str()),
        Expect::Fence(lease, _) => ("lease", lease.as_str()),
        Expect::Writing(target) => ("target", target.as_str()),
    });
    let bumped = append
        .bump
        .iter()
        .map(|stream| ("stream", stream.0.as_str()));
    let spaces = append
        .consume
        .iter()
        .map(|one| ("one-time space", one.space));
    let principal = std::iter::once(("principal", append.actor.principal.as_str()));
    for (what, name) in expected.chain(bumped).chain(spaces).chain(principal) {
        if name.is_empty() || name.len() > MAX_NAME || name.contains('\0') {
            return Err(AppendError::Invalid(format!(
                "a {what} has a name of {} bytes; 1 to {MAX_NAME} without NUL are allowed",
                name.len()
            )));
        }
    }
    Ok(())
}

fn prepare_event(event: &Event) -> Result<PreparedEvent, AppendError> {
    let broken = || AppendError::Invalid("an event does not serialise as kind and body".to_owned());
    let value = serde_json::to_value(event)
        .map_err(|e| AppendError::Invalid(format!("an event has no JSON form: {e}")))?;
    let Value::Object(mut fields) = value else {
        return Err(broken());
    };
    let (Some(Value::String(kind)), Some(mut body)) =
        (fields.remove("kind"), fields.remove("body"))
    else {
        return Err(broken());
    };
    // `null` stays in the place of what is personal: it reads as "erased".
    let personal = match body.get_mut("personal") {
        None | Some(Value::Null) => None,
        Some(personal) => Some(personal.take()),
    };
    let personal = personal.as_ref().map(canonical::bytes_of).transpose();
    Ok(PreparedEvent {
        subject: event.subject(),
        body: text(canonical::bytes_of(&body)).map_err(|e| named(e, &kind))?,
        personal: personal.map_err(|e| named(not_canonical(&e), &kind))?,
        kind,
    })
}

fn named(error: AppendError, kind: &str) -> AppendError {
    match error {
        AppendError::Invalid(why) => AppendError::Invalid(format!("its `{kind}`: {why}")),
        other => other,
    }
}

fn not_canonical(error: &NotCanonical) -> AppendError {
    AppendError::Invalid(error.to_string())
}

fn text(bytes: Result<Vec<u8>, NotCanonical>) -> Result<String, AppendError> {
    let bytes = bytes.map_err(|e| not_canonical(&e))?;
    String::from_utf8(bytes).map_err(|e| AppendError::Invalid(e.to_string()))
}
