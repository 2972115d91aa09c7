//! What leaves of the log for systems that watch over others (SIEM): an *extract* of each record,
//! in our own words, as OCSF or as ECS.
//!
//! An extract is made of what is listed here, and of nothing else: ids, names of apps and groups,
//! principals, words of our own, numbers. Nothing from a field called `personal`, no text that an
//! app, a document or the guard said, and of what people wrote only the reason of what is about no
//! single person. The systems that it goes to erase nobody. A new kind of event does not leave
//! before somebody has said here what may.

mod describe;
pub mod ecs;
mod kinds;
pub mod ocsf;
mod words;

use model::canonical::Digest;
use model::{Actor, Event, Timestamp};
use serde_json::{Map, Value, json};

pub use kinds::{KINDS, kind_of};
pub use words::{Act, Ending, Severity, Thing};

/// A record of the log, as it is read for an extract.
#[derive(Debug, Clone, Copy)]
pub struct Recorded<'a> {
    /// Its number.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who caused it.
    pub actor: &'a Actor,
    /// What happened. What is personal in it is not looked at.
    pub event: &'a Event,
    /// Its hash.
    pub hash: Digest,
}

/// Which class of events it is for a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// An account's lifecycle in an app.
    User,
    /// A group or a membership in an app.
    Group,
    /// Anything else that Tenure manages.
    Entity,
    /// Somebody signed in or out, or tried to.
    SignIn,
    /// A call to the API.
    Call,
}

/// What leaves of one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Extract {
    /// The record's number.
    pub seq: u64,
    /// The record's hash.
    pub hash: Digest,
    /// When it happened.
    pub at: Timestamp,
    /// The event's versioned name.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    tenant: String,
    principal: String,
    token: Option<String>,
    what: What,
}

/// What happened, without who and when.
#[derive(Debug, Clone, PartialEq)]
struct What {
    class: Class,
    thing: Thing,
    id: String,
    act: Act,
    ending: Ending,
    severity: Severity,
    subject: Option<String>,
    app: Option<String>,
    /// The app's own id of the account.
    account: Option<String>,
    group: Option<String>,
    reason: Option<String>,
    detail: Map<String, Value>,
}

/// The extract of a record. `verb` is what the step of a `step.changed` does, where it is known.
///
/// # Errors
/// When the event has no JSON form, which is a defect.
pub fn extract(
    record: Recorded<'_>,
    tenant: &str,
    verb: Option<&str>,
) -> Result<Extract, serde_json::Error> {
    let what = describe::what(record.event, verb);
    let event = serde_json::to_value(record.event)?;
    Ok(Extract {
        seq: record.seq,
        hash: record.hash,
        at: record.at,
        kind: event["kind"].as_str().unwrap_or_default().to_owned(),
        severity: what.severity,
        tenant: bounded(tenant),
        principal: bounded(&record.actor.principal),
        token: record.actor.token.map(|token| token.to_string()),
        what,
    })
}

impl Extract {
    /// In our own words.
    #[must_use]
    pub fn native(&self) -> Value {
        let mut all = json!({
            "seq": self.seq,
            "at": self.at.to_string(),
            "tenant": self.tenant,
            "kind": self.kind,
            "severity": self.severity.as_str().to_ascii_lowercase(),
            "principal": self.principal,
            "message": self.message(),
            "hash": self.hash.to_string(),
        });
        if let Some(fields) = all.as_object_mut() {
            fields.extend(self.token.clone().map(|t| ("token".to_owned(), t.into())));
            fields.extend(self.facts());
        }
        all
    }

    /// What happened, field by field; what does not apply is left out.
    fn facts(&self) -> Map<String, Value> {
        let what = &self.what;
        let mut facts = Map::new();
        let mut tell = |name: &str, text: &str| {
            facts.insert(name.to_owned(), text.into());
        };
        tell("thing", what.thing.as_str());
        tell("id", &what.id);
        tell("act", what.act.as_str());
        tell("ending", what.ending.as_str());
        let more = [
            ("subject", &what.subject),
            ("app", &what.app),
            ("account", &what.account),
            ("group", &what.group),
            ("reason", &what.reason),
        ];
        for (name, value) in more {
            if let Some(value) = value {
                tell(name, value);
            }
        }
        if !what.detail.is_empty() {
            facts.insert("detail".to_owned(), what.detail.clone().into());
        }
        facts
    }

    /// One line for people.
    fn message(&self) -> String {
        let what = &self.what;
        let place = what.app.as_ref().map_or_else(String::new, |app| {
            let inside = what.thing != Thing::App;
            if inside {
                format!(" in {app}")
            } else {
                String::new()
            }
        });
        let (act, thing) = (what.act.as_str(), what.thing.as_str());
        let (id, ending) = (&what.id, what.ending.as_str());
        format!("{act} {thing} {id}{place}: {ending}")
    }
}

/// The longest text that an extract has, in bytes, but for a reason.
const LONGEST: usize = 256;
/// The longest reason, in bytes.
const REASON: usize = 400;

/// A name as it is, or, when it is longer than any that means something, its hash: it still
/// identifies, and no record grows without bound.
fn bounded(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    format!("sha256:{}", Digest::of(text.as_bytes()))
}

/// A reason, or its beginning: the whole stands in the log.
fn beginning(reason: &str) -> String {
    if reason.len() <= REASON {
        return reason.to_owned();
    }
    let end = (0..=REASON).rev().find(|at| reason.is_char_boundary(*at));
    format!("{}…", &reason[..end.unwrap_or_default()])
}
