//! What failed, grouped by cause. Pure.

use std::collections::{BTreeMap, BTreeSet};

use model::attributes::Attributes;
use model::event::StepChanged;
use model::plan::{PlanStatus, StepStatus};
use model::{Act, Outcome, StepRef, SubjectId, TargetName, Timestamp};
use ports::store::{PlanRow, StepRow};

use super::report::FailureGroup;

/// The class of a step that an app says it did, and that is not to be seen.
const NOT_SHOWN: &str = "TNR-STEP-0001";

/// One step that failed, or is tried again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(super) step: StepRef,
    pub(super) app: TargetName,
    pub(super) verb: String,
    pub(super) class: String,
    pub(super) attribute: Option<String>,
    /// What was said, for people.
    pub(super) said: String,
    pub(super) person: Option<(SubjectId, String)>,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// The worker tries it again by itself.
    pub(super) again: bool,
}

/// The class of what was said of a step, and what was said, without the status that begins it.
///
/// A connector says `SCIM-400` and `HTTP 400 invalidValue: …` (RFC 7644 §3.12): status and type
/// together are the class.
pub(crate) fn class_of(last: &StepChanged) -> (String, String) {
    let (code, said) = match &last.outcome {
        Some(Outcome::Refused { code, detail }) => (Some(code.clone()), detail.as_str()),
        Some(
            Outcome::Later { detail, .. } | Outcome::Unknown { detail } | Outcome::Stale { detail },
        ) => (None, detail.as_str()),
        _ => (Some(NOT_SHOWN.to_owned()), last.detail.as_str()),
    };
    let status = said.strip_prefix("HTTP ").and_then(|rest| {
        let (head, text) = rest.split_once(':').unwrap_or((rest, ""));
        let mut words = head.split([' ', ',']);
        let status = words.next().filter(|s| s.parse::<u16>().is_ok())?;
        let kind = words
            .next()
            .filter(|kind| !kind.is_empty() && words.next().is_none());
        Some((status, kind, text.trim()))
    });
    let Some((status, kind, text)) = status else {
        let class = code.unwrap_or_else(|| match &last.outcome {
            Some(Outcome::Unknown { .. }) => "no-answer".to_owned(),
            _ => "not-now".to_owned(),
        });
        return (class, said.to_owned());
    };
    let code = code.unwrap_or_else(|| format!("HTTP-{status}"));
    let class = kind.map_or(code.clone(), |kind| format!("{code}-{kind}"));
    (class, if text.is_empty() { said } else { text }.to_owned())
}

/// The attribute that was sent and is named by what was said: the longest, where several are.
fn attribute_in(said: &str, sent: &Attributes) -> Option<String> {
    let said = said.to_lowercase();
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '-');
    let words: BTreeSet<&str> = said
        .split(|c: char| !part(c))
        .map(|word| word.trim_matches(['.', ':', '-']))
        .collect();
    let named = |path: &&String| {
        let path = path.to_lowercase();
        let last = path.rsplit([':', '.']).next().unwrap_or(&path).to_owned();
        words.contains(path.as_str()) || words.contains(last.as_str())
    };
    let named = sent.keys().filter(named);
    let path = named.max_by_key(|path| path.len())?;
    // Without the name of its schema (`urn:…:User:department`).
    path.rsplit(':').next().map(str::to_owned)
}

/// What of a plan failed, or is tried again, and `first` knows since when. Steps that were left out
/// because of those are not told.
pub(crate) fn of_plan(
    row: &PlanRow,
    person: Option<&(SubjectId, String)>,
    first: impl Fn(&StepRow) -> Option<Timestamp>,
) -> Vec<Failure> {
    let told = |step: &StepRow| match row.status {
        PlanStatus::Failed => step.status == StepStatus::Failed,
        PlanStatus::Released => {
            let waits = matches!(step.status, StepStatus::Pending | StepStatus::Answered);
            let outcome = step.last.as_ref().map(|last| &last.outcome);
            // A step that waits for another plan has no outcome.
            waits && matches!(outcome, Some(Some(_)))
        }
        _ => false,
    };
    let failure = |step: &StepRow| {
        let (last, at) = (step.last.as_ref()?, step.at?);
        let (class, said) = class_of(last);
        let nothing = Attributes::new();
        let acts = row.plan.known().map(|plan| &plan.steps);
        let act = acts.and_then(|steps| Some(&steps.iter().find(|s| s.no == step.no)?.act));
        let sent = match act {
            Some(Act::Create { attributes, .. }) => attributes,
            Some(Act::Update { set, .. }) => set,
            _ => &nothing,
        };
        Some(Failure {
            step: StepRef {
                plan: row.id,
                no: step.no,
            },
            app: step.address.target.clone(),
            verb: step.verb.clone(),
            attribute: attribute_in(&said, sent),
            class,
            said,
            person: person.cloned(),
            first: first(step).unwrap_or(at).min(at),
            last: at,
            again: row.status == PlanStatus::Released,
        })
    };
    row.steps
        .iter()
        .filter(|s| told(s))
        .filter_map(failure)
        .collect()
}

/// Groups failures by app, class and attribute; the one with the most people comes first.
pub(crate) fn group(failures: Vec<Failure>) -> Vec<FailureGroup> {
    type Key = (TargetName, String, Option<String>);
    let mut found: BTreeMap<Key, Vec<Failure>> = BTreeMap::new();
    for failure in failures {
        let key = (
            failure.app.clone(),
            failure.class.clone(),
            failure.attribute.clone(),
        );
        found.entry(key).or_default().push(failure);
    }
    let mut groups: Vec<FailureGroup> = found.into_values().filter_map(one).collect();
    groups.sort_by(|a, b| {
        let many = b.people.len().cmp(&a.people.len());
        many.then_with(|| a.group.cmp(&b.group))
    });
    groups
}

fn one(mut failures: Vec<Failure>) -> Option<FailureGroup> {
    failures.sort_by(|a, b| (a.first, &a.person, &a.verb).cmp(&(b.first, &b.person, &b.verb)));
    let first = failures.first()?.clone();
    let mut people: Vec<_> = failures.iter().filter_map(|f| f.person.clone()).collect();
    people.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
    people.dedup();
    let verbs: BTreeSet<String> = failures.iter().map(|f| f.verb.clone()).collect();
    let again = failures.iter().all(|f| f.again);
    let attribute = first.attribute.as_ref();
    let mut group = format!("{}/{}", first.app, first.class);
    if let Some(attribute) = attribute {
        group = format!("{group}/{attribute}");
    }
    Some(FailureGroup {
        fix: fix(&first, &group, again),
        step: first.step,
        group,
        verbs: verbs.into_iter().collect(),
        people,
        steps: failures.len() as u64,
        first_seen: first.first,
        last_seen: failures.iter().map(|f| f.last).max()?,
        problem: first.said,
        again,
        app: first.app,
        class: first.class,
        attribute: first.attribute,
    })
}

/// What to do, by the class of error.
fn fix(failure: &Failure, group: &str, again: bool) -> String {
    let (app, class) = (&failure.app, failure.class.as_str());
    let said = failure.said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let status = class.split('-').nth(1).unwrap_or("");
    let mend = if has(&["licen", "seat", "quota"]) {
        format!("free or buy seats in {app}")
    } else if matches!(status, "401" | "403") || has(&["unauthorized", "forbidden", "token"]) {
        format!("renew the secret of {app} (`tenure secret set`) or the rights that it has there")
    } else if status == "409" || class.contains("uniqueness") {
        format!("somebody has that name in {app}: look with `tenure adopt {app}`, or give another")
    } else if class == NOT_SHOWN {
        format!("{app} says that it did it and does not show it: look there")
    } else if let Some(attribute) = &failure.attribute {
        format!("mend the mapping of `{attribute}` in the document of {app}, or the people's facts")
    } else if again {
        format!("see whether {app} is up")
    } else {
        format!("mend what {app} names")
    };
    match again {
        true => format!("{mend}; it is tried again by itself"),
        false => format!("{mend}, then `tenure retry {group}`"),
    }
}

#[cfg(test)]
mod tests;
