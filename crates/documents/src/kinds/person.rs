//! `Person`.

use std::collections::BTreeMap;

use model::{Facts, Timestamp, Value, WorkerRef};
use rules::MANAGER_CHAIN;

use crate::kinds::{Directory, beside, worker};
use crate::report::{self, Reporter};
use crate::tenant::{PEOPLE, SponsoredPerson, Tenant};
use crate::wire::beside::PersonSpec;
use crate::yaml::Part;

/// The longest text of an attribute, in characters.
const MAX_TEXT: usize = 1_000;

pub(crate) fn person(
    name: &str,
    spec: &PersonSpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<SponsoredPerson> {
    let at = |key| [Part::Key("spec"), Part::Key(key)];
    let sponsor = beside::worker(&spec.sponsor, &at("sponsor"), directory, reporter);
    let own = WorkerRef {
        source: PEOPLE.to_owned(),
        key: name.to_owned(),
    };
    if sponsor.as_ref() == Some(&own) {
        let fix = "name somebody else";
        let problem = "nobody is their own sponsor";
        reporter.at(report::VALUE, &at("sponsor"), problem, fix);
    }
    let reason = beside::reason(&spec.reason, &at("reason"), reporter);
    let zone = worker::known_zone(&spec.zone, &at("zone"), reporter);
    let attributes = attributes(spec, tenant, reporter);
    let starts = match &spec.starts {
        Some(text) => Some(worker::first_minute(text, &at("starts"), reporter)?),
        None => None,
    };
    let ends = worker::last_minute(&spec.ends, &at("ends"), reporter)?;
    if starts.is_some_and(|starts| ends <= starts) {
        let problem = "their last day ends before their first one begins";
        reporter.at(report::VALUE, &at("ends"), problem, "swap starts and ends");
    }
    if !zone {
        return None;
    }
    let until = match Timestamp::in_zone(ends, &spec.zone) {
        Ok(until) => until,
        Err(problem) => {
            reporter.at(report::VALUE, &at("ends"), problem, "");
            return None;
        }
    };
    Some(SponsoredPerson {
        name: name.to_owned(),
        sponsor: sponsor?,
        reason: reason?,
        until,
        facts: Facts {
            attributes,
            starts,
            leave: None,
            ends: Some(ends),
            zone: spec.zone.clone(),
        },
        withheld: spec.withheld.clone(),
    })
}

/// What is said of them: values of the types that sources declare, or that they are withheld.
fn attributes(
    spec: &PersonSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeMap<String, Value> {
    let path = [Part::Key("spec"), Part::Key("attributes")];
    let given = match (&spec.attributes, &spec.withheld) {
        (Some(given), None) if !given.is_empty() => given,
        (None, Some(_)) => return BTreeMap::new(),
        (Some(_), Some(_)) => {
            let problem = "attributes are written, and withheld at once";
            reporter.at(report::VALUE, &path, problem, "remove `withheld`");
            return BTreeMap::new();
        }
        _ => {
            let problem = "nothing is said of this person";
            let fix = "write the attributes that the rules and apps look at";
            reporter.at(report::MISSING_FIELD, &path, problem, fix);
            return BTreeMap::new();
        }
    };
    let found = worker::attributes(given, &path, tenant, reporter);
    if found.contains_key(MANAGER_CHAIN) {
        let path = [path[0], path[1], Part::Key(MANAGER_CHAIN)];
        let problem = "who is above somebody follows from `manager`, and is stated only in tests";
        reporter.at(report::VALUE, &path, problem, "write `manager`");
    }
    for (name, value) in &found {
        if let Value::Text(text) = value
            && (text.trim().is_empty() || text.chars().count() > MAX_TEXT)
        {
            let path = [path[0], path[1], Part::Key(name)];
            let problem = format!("`{name:.80}` is empty or too long");
            let fix = format!("write 1 to {MAX_TEXT} characters, or leave it out");
            reporter.at(report::VALUE, &path, problem, fix);
        }
    }
    found
}
