//! A person's facts as a test gives them.

use std::collections::BTreeMap;

use model::facts::Leave;
use model::time::{DateTime, Time};
use model::{Facts, Timestamp, Value};
use rules::{BY_HAND, MANAGER_CHAIN, Type, closest};

use crate::report::{self, Reporter};
use crate::tenant::Tenant;
use crate::wire::expectation::{LeaveDatesSpec, ValueSpec, WorkerSpec};
use crate::yaml::Part;

/// The facts of a test's person at `path`.
pub(super) fn facts(
    spec: &WorkerSpec,
    path: &[Part<'_>],
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Facts> {
    let under = |key| [path, &[Part::Key(key)]].concat();
    if spec.worker_key.trim().is_empty() {
        let problem = "a worker has a key";
        reporter.at(report::VALUE, &under("worker_key"), problem, "write one");
    }
    let zone = known_zone(&spec.zone, &under("zone"), reporter);
    let mut attributes = attributes(&spec.attributes, &under("attributes"), tenant, reporter);
    let groups = groups(&spec.in_groups, &under("in_groups"), tenant, reporter);
    if !groups.is_empty() {
        attributes.insert(BY_HAND.to_owned(), Value::List(groups));
    }
    let starts = match &spec.starts {
        Some(text) => Some(first_minute(text, &under("starts"), reporter)?),
        None => None,
    };
    let ends = match &spec.ends {
        Some(text) => Some(last_minute(text, &under("ends"), reporter)?),
        None => None,
    };
    let leave = match &spec.leave {
        Some(dates) => Some(leave(dates, &under("leave"), reporter)?),
        None => None,
    };
    zone.then(|| Facts {
        attributes,
        starts,
        ends,
        zone: spec.zone.clone(),
        leave,
    })
}

/// The groups by hand that a test's person is in; reports those that there are not.
fn groups(
    names: &[String],
    path: &[Part<'_>],
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Vec<String> {
    for (index, name) in names.iter().enumerate() {
        let path = [path, &[Part::Index(index)]].concat();
        match tenant.schema.groups.get(name) {
            Some(_) if tenant.listed.contains_key(name) => {}
            // What is wrong with it is said where it stands.
            Some(None) => {}
            Some(Some(_)) => {
                let problem =
                    format!("`{name}` is a group by rule: who is in it follows from facts");
                reporter.at(report::VALUE, &path, problem, "remove it");
            }
            None => {
                let fix = match closest(name, tenant.schema.groups.keys().map(String::as_str)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "name a `Group` document with `members:`".to_owned(),
                };
                let problem = format!("there is no group `{name:.80}`");
                reporter.at(report::REFERENCE, &path, problem, fix);
            }
        }
    }
    names.to_vec()
}

/// A leave of absence.
pub(super) fn leave(
    dates: &LeaveDatesSpec,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Option<Leave> {
    let under = |key| [path, &[Part::Key(key)]].concat();
    let from = first_minute(&dates.from, &under("from"), reporter)?;
    let to = match &dates.to {
        Some(text) => Some(last_minute(text, &under("to"), reporter)?),
        None => None,
    };
    if to.is_some_and(|to| to <= from) {
        let problem = "a leave ends before it begins";
        reporter.at(report::VALUE, &under("to"), problem, "correct one of them");
    }
    Some(Leave { from, to })
}

/// Reports a zone that is not in the database.
pub(super) fn known_zone(name: &str, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) -> bool {
    let noon = DateTime::constant(2026, 1, 1, 12, 0, 0, 0);
    let known = Timestamp::in_zone(noon, name).is_ok();
    if !known {
        let problem = format!("`{name:.80}` is no zone of the IANA database");
        let fix = "write it as in `Europe/Berlin`";
        reporter.at(report::ZONE, path, problem, fix);
    }
    known
}

/// Attributes with values of the types that the sources declare.
pub(super) fn attributes(
    given: &BTreeMap<String, ValueSpec>,
    path: &[Part<'_>],
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeMap<String, Value> {
    let mut attributes = BTreeMap::new();
    for (name, given) in given {
        let path = [path, &[Part::Key(name)]].concat();
        let value = value(given);
        if let Some(of) = declared(name, &path, tenant, reporter)
            && of != type_of(&value)
        {
            let problem = format!("`{name}` is {of}, but this is {}", type_of(&value));
            let fix = "write a value of the type that the source declares";
            reporter.at(report::TYPE, &path, problem, fix);
        }
        attributes.insert(name.clone(), value);
    }
    attributes
}

/// The type of an attribute; reports one that no source declares.
pub(super) fn declared(
    name: &str,
    path: &[Part<'_>],
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Type> {
    let known = &tenant.schema.attributes;
    let chain = (name == MANAGER_CHAIN).then(|| tenant.schema.type_of(name));
    let found = known.get(name).copied().or(chain.flatten());
    if found.is_none() {
        let fix = match closest(name, known.keys().map(String::as_str)) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "name an attribute that a Source declares".to_owned(),
        };
        let problem = format!("no source declares `{name:.80}`");
        reporter.at(report::REFERENCE, path, problem, fix);
    }
    found
}

pub(super) fn value(given: &ValueSpec) -> Value {
    match given {
        ValueSpec::Text(text) => Value::Text(text.clone()),
        ValueSpec::Bool(flag) => Value::Bool(*flag),
        ValueSpec::Int(number) => Value::Int(*number),
        ValueSpec::List(items) => Value::List(items.clone()),
    }
}

pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Bool(_) => Type::Bool,
        Value::Int(_) => Type::Int,
        Value::List(_) => Type::List,
        Value::Text(_) | Value::Subject { .. } => Type::Text,
    }
}

/// A day, which is its first minute, or a minute.
pub(super) fn first_minute(
    text: &str,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Option<DateTime> {
    civil(text, path, reporter).map(|(at, _)| at)
}

/// A day, which counts to its end as in a source, or a minute.
pub(super) fn last_minute(
    text: &str,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Option<DateTime> {
    let (at, whole_day) = civil(text, path, reporter)?;
    if !whole_day {
        return Some(at);
    }
    let next = at.date().tomorrow().ok();
    if next.is_none() {
        reporter.at(report::VALUE, path, "time has no day after this one", "");
    }
    next.map(|day| day.to_datetime(Time::midnight()))
}

/// A civil day or minute, and whether it was a day.
fn civil(
    text: &str,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Option<(DateTime, bool)> {
    // The reader understands more spellings (zones in brackets, fractions) than are meant here.
    let plain = |c: char| c.is_ascii_digit() || "-T:".contains(c);
    let sound = matches!(text.len(), 10 | 16) && text.chars().all(plain);
    let read = text.parse::<DateTime>().ok().filter(|_| sound);
    if read.is_none() {
        let problem = format!("`{text:.80}` is no day or minute");
        let fix = "write it as in 2026-03-01 or 2026-03-01T17:00, on the person's own clock";
        reporter.at(report::VALUE, path, problem, fix);
    }
    read.map(|at| (at, text.len() == 10))
}
