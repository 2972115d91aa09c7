//! What somebody's account in one app looks like.

use std::collections::BTreeMap;

use model::{
    Address, Assignment, Attributes, Kind, Rank, Reason, SubjectId, TargetName, Value, Want,
};
use rules::Mapped;

use super::clears::Clears;
use super::{Telling, Undecided, Wishes, Worker, describe, untouched};
use crate::claims::USER_NAME;
use crate::names;
use crate::rulebook::AppRules;

/// The targets in which the person is to have an account, each with a reason.
pub(super) fn accounts_of(assignments: &[Assignment]) -> BTreeMap<TargetName, Reason> {
    let mut targets = BTreeMap::new();
    for a in assignments {
        let present = matches!(a.want, Want::Present { .. });
        if present && a.about.kind == Kind::Account {
            let target = &a.about.target;
            if !targets.contains_key(target) {
                targets.insert(target.clone(), a.because.clone());
            }
        }
    }
    targets
}

/// What the account looks like. One mapping without an answer leaves the whole account
/// untouched: half an account is worse than none.
pub(super) fn account(
    worker: Worker<'_>,
    target: &TargetName,
    app: &AppRules,
    reason: &Reason,
    managers: &BTreeMap<String, SubjectId>,
    out: &mut Wishes,
) {
    let by = format!("app/{target}");
    let mut facts = Vec::new();
    let mut clears = Clears::default();
    let mut attributes = mapped(worker, &by, app, &mut facts, &mut clears, out);
    if let Some(unique) = &app.unique {
        // Which of them it is, and whether one is needed, depends on what others have.
        let forms = names::forms(unique, worker.facts, worker.key);
        facts.extend(forms.facts);
        if let Err(problem) = forms.answer {
            attributes = None;
            out.undecided.push(Undecided {
                by: by.clone(),
                path: USER_NAME.to_owned(),
                problem,
            });
        }
    }
    match clears.manager(worker, &by, app, managers, out.telling) {
        Ok(manager) => {
            if let Some(attributes) = &mut attributes {
                attributes.extend(manager);
            }
        }
        Err(undecided) => {
            attributes = None;
            out.undecided.push(undecided);
        }
    }
    let Some(attributes) = attributes else {
        hold_account(worker, target, app, reason, &mut out.assignments);
        return;
    };
    clears.wish(worker, target, out);
    let because = out.because(|| {
        facts.sort();
        facts.dedup();
        let text = match &app.unique {
            None => "the app's attribute mappings",
            Some(_) => {
                "the app's attribute mappings; the user name is given once, with the account"
            }
        };
        Reason {
            by,
            text: text.to_owned(),
            facts,
        }
    });
    out.assignments.push(Assignment {
        subject: Some(worker.subject),
        about: Address::account(target, worker.subject),
        want: Want::Present {
            active: true,
            attributes,
        },
        because,
        rank: Rank::Birthright,
        until: None,
    });
}

/// What the app's mappings give; `None` where one of them has no answer.
fn mapped(
    worker: Worker<'_>,
    by: &str,
    app: &AppRules,
    facts: &mut Vec<(String, Option<Value>)>,
    clears: &mut Clears,
    out: &mut Wishes,
) -> Option<Attributes> {
    // Put together at the end: paths come in order, so none has to be looked for.
    let mut attributes = Vec::with_capacity(app.attributes.len());
    let mut failed = false;
    for (path, mapping) in &app.attributes {
        let answer = match out.telling {
            Telling::Wishes => mapping.apply(worker.facts, worker.key),
            Telling::Reasons => {
                let decided = mapping.value(worker.facts, worker.key);
                facts.extend(decided.facts);
                decided.answer
            }
        };
        match answer {
            Ok(Mapped::Value(value)) => {
                attributes.push((path.clone(), value));
            }
            Ok(Mapped::Missing) => {
                if app.clears.contains(path) {
                    clears.add(path, mapping, worker, out.telling);
                }
            }
            Err(error) => {
                failed = true;
                out.undecided.push(Undecided {
                    by: by.to_owned(),
                    path: path.clone(),
                    problem: describe(&error),
                });
            }
        }
    }
    (!failed).then(|| attributes.into_iter().collect())
}

/// Leaves an account and what hangs on it as they are.
fn hold_account(
    worker: Worker<'_>,
    target: &TargetName,
    app: &AppRules,
    reason: &Reason,
    out: &mut Vec<Assignment>,
) {
    let about = Address::account(target, worker.subject);
    // The rules' own wishes go too: they would create the account without its attributes.
    out.retain(|a| a.about != about && !is_grant_in(a, target));
    let because = Reason {
        by: format!("app/{target}"),
        text: "an attribute of the account has no answer".to_owned(),
        facts: Vec::new(),
    };
    out.push(untouched(worker, about, because));
    for group in app.groups.keys() {
        let about = Address::grant(target, worker.subject, group);
        out.push(untouched(worker, about, reason.clone()));
    }
}

fn is_grant_in(assignment: &Assignment, target: &TargetName) -> bool {
    assignment.about.kind == Kind::Grant && assignment.about.target == *target
}
