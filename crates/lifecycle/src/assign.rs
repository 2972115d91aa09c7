//! From facts and rules to assignments: who should have what, and why.

mod stands;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Address, Assignment, Attributes, Facts, Rank, Reason, SubjectId, TargetName, Timestamp, Value,
    Want, WorkerRef,
};
use rules::{Decided, EvalError, Mapped};

use self::stands::{Leaving, leave, stands};
use crate::beside;
use crate::claims::USER_NAME;
use crate::identity::{Identity, Job};
use crate::names;
use crate::rulebook::{AppRules, BirthrightRule, RuleBook};

/// One person as the rules see them.
#[derive(Debug, Clone, Copy)]
pub struct Worker<'a> {
    /// Who.
    pub subject: SubjectId,
    /// The key in the source; `person.worker_key`.
    pub key: &'a str,
    /// What sources call them.
    pub names: &'a [WorkerRef],
    /// What HR says.
    pub facts: &'a Facts,
    /// The last full delivery no longer had them.
    pub withdrawn: bool,
    /// The engagements in force, where there are several: what rules give is what any of them
    /// is given.
    pub jobs: &'a [Job],
    /// Who terminated them for cause, while that stands.
    pub terminated_by: Option<&'a str>,
}

impl<'a> Worker<'a> {
    /// A person as the rules see them.
    #[must_use]
    pub fn new(subject: SubjectId, identity: &'a Identity, terminated_by: Option<&'a str>) -> Self {
        Self {
            subject,
            key: &identity.key,
            names: &identity.names,
            facts: &identity.facts,
            withdrawn: identity.withdrawn,
            jobs: &identity.jobs,
            terminated_by,
        }
    }
}

/// An expression that gave no answer for one person. The addresses it speaks of stay untouched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecided {
    /// `rule/NAME` or `app/NAME`.
    pub by: String,
    /// The attribute path of a mapping; empty for a rule's condition.
    pub path: String,
    /// What is wrong, for people.
    pub problem: String,
}

/// What rules and lifecycle want for one person, and what could not be decided.
///
/// `managers` gives the subject behind a worker key; see [`manager_keys`].
#[must_use]
pub fn assign(
    worker: Worker<'_>,
    book: &RuleBook,
    managers: &BTreeMap<String, SubjectId>,
    now: Timestamp,
) -> (Vec<Assignment>, Vec<Undecided>) {
    let mut out = Vec::new();
    let mut undecided = Vec::new();
    if let Some(by) = worker.terminated_by {
        // Whatever HR says, and even if nobody can tell where they stand.
        let out_now = Leaving {
            rank: Rank::EmergencyStop,
            by: "lifecycle/termination",
            text: format!("terminated for cause by {by}"),
            facts: Vec::new(),
        };
        leave(worker, book, &out_now, &mut out);
        return (out, undecided);
    }
    match stands(worker, book, now, &mut out) {
        Ok(apps) => given(
            worker,
            (book, now),
            managers,
            &apps,
            &mut out,
            &mut undecided,
        ),
        Err(problem) => {
            out.clear();
            hold_everything(worker, book, &problem, &mut out);
            undecided.push(Undecided {
                by: "lifecycle".to_owned(),
                path: String::new(),
                problem,
            });
        }
    }
    (out, undecided)
}

/// What rules give in these apps, and documents beside them.
fn given(
    worker: Worker<'_>,
    (book, now): (&RuleBook, Timestamp),
    managers: &BTreeMap<String, SubjectId>,
    apps: &BTreeSet<&TargetName>,
    out: &mut Vec<Assignment>,
    undecided: &mut Vec<Undecided>,
) {
    if apps.is_empty() {
        return;
    }
    for rule in &book.rules {
        if rule.grants.iter().any(|grant| apps.contains(&grant.target)) {
            birthright(worker, rule, apps, out, undecided);
        }
    }
    beside::give(worker, book, now, out);
    for (target, reasons) in accounts_of(out) {
        if let Some(app) = book.apps.get(&target) {
            account(worker, &target, app, reasons, managers, out, undecided);
        }
    }
}

/// The worker keys of this person's managers, in any app, for the caller to look up.
#[must_use]
pub fn manager_keys(worker: Worker<'_>, book: &RuleBook) -> Vec<String> {
    book.apps
        .values()
        .filter_map(|app| app.manager.as_ref())
        .filter_map(
            |(_, mapping)| match mapping.apply(worker.facts, worker.key) {
                Ok(Mapped::Value(Value::Text(key))) => Some(key),
                _ => None,
            },
        )
        .collect()
}

/// What declared groups want: that they exist.
#[must_use]
pub fn assign_groups(target: &TargetName, app: &AppRules) -> Vec<Assignment> {
    app.groups
        .iter()
        .map(|(name, group)| Assignment {
            subject: None,
            about: Address::group(target, name),
            want: Want::Present {
                active: true,
                attributes: group.attributes.clone(),
            },
            because: Reason {
                by: format!("app/{target}"),
                text: format!("the app declares the group `{name}`"),
                facts: Vec::new(),
            },
            rank: Rank::Birthright,
            until: None,
        })
        .collect()
}

/// Not knowing where someone stands, nothing of theirs is touched.
fn hold_everything(worker: Worker<'_>, book: &RuleBook, problem: &str, out: &mut Vec<Assignment>) {
    let reason = Reason {
        by: "lifecycle".to_owned(),
        text: format!("where they stand cannot be told: {problem}"),
        facts: Vec::new(),
    };
    for (target, app) in &book.apps {
        let about = Address::account(target, worker.subject);
        out.push(untouched(worker, about, reason.clone()));
        for group in app.groups.keys() {
            let about = Address::grant(target, worker.subject, group);
            out.push(untouched(worker, about, reason.clone()));
        }
    }
}

fn untouched(worker: Worker<'_>, about: Address, because: Reason) -> Assignment {
    Assignment {
        subject: Some(worker.subject),
        about,
        want: Want::Untouched,
        because,
        rank: Rank::Birthright,
        until: None,
    }
}

/// Whether a rule holds for a person: for any of their engagements, if there are several, and
/// then for which.
pub fn holds<'a>(worker: Worker<'a>, rule: &BirthrightRule) -> (Decided<bool>, Option<&'a str>) {
    let mut left = None;
    for job in worker.jobs {
        let decided = rule.when.holds(&job.facts, &job.key);
        match decided.answer {
            Ok(true) => return (decided, Some(&job.key)),
            // Not knowing of one is told, unless another is known to be given it.
            Err(_) => left = Some(decided),
            Ok(false) => left = left.or(Some(decided)),
        }
    }
    let only = || rule.when.holds(worker.facts, worker.key);
    (left.unwrap_or_else(only), None)
}

fn birthright(
    worker: Worker<'_>,
    rule: &BirthrightRule,
    apps: &BTreeSet<&TargetName>,
    out: &mut Vec<Assignment>,
    undecided: &mut Vec<Undecided>,
) {
    let (decided, job) = holds(worker, rule);
    let by = format!("rule/{}", rule.name);
    let (want, text) = match &decided.answer {
        Ok(false) => return,
        Ok(true) => {
            let want = Want::Present {
                active: true,
                attributes: Attributes::new(),
            };
            let of_job = job.map(|key| format!(" for their engagement {key}"));
            let of_job = of_job.unwrap_or_default();
            (want, format!("`{}` holds{of_job}", rule.when.source()))
        }
        Err(error) => {
            undecided.push(Undecided {
                by: by.clone(),
                path: String::new(),
                problem: describe(error),
            });
            (
                Want::Untouched,
                format!("`{}` has no answer", rule.when.source()),
            )
        }
    };
    let because = Reason {
        by,
        text,
        facts: decided.facts,
    };
    for grant in &rule.grants {
        if !apps.contains(&grant.target) {
            continue;
        }
        let mut about = vec![Address::account(&grant.target, worker.subject)];
        if let Some(group) = &grant.group {
            about.push(Address::grant(&grant.target, worker.subject, group));
        }
        for about in about {
            out.push(Assignment {
                subject: Some(worker.subject),
                about,
                want: want.clone(),
                because: because.clone(),
                rank: Rank::Birthright,
                until: None,
            });
        }
    }
}

/// The targets in which the person is to have an account, with the reasons.
fn accounts_of(assignments: &[Assignment]) -> BTreeMap<TargetName, Vec<Reason>> {
    let mut targets: BTreeMap<TargetName, Vec<Reason>> = BTreeMap::new();
    for a in assignments {
        let present = matches!(a.want, Want::Present { .. });
        if present && a.about.kind == model::Kind::Account {
            targets
                .entry(a.about.target.clone())
                .or_default()
                .push(a.because.clone());
        }
    }
    targets
}

/// What the account looks like. One mapping without an answer leaves the whole account
/// untouched: half an account is worse than none.
fn account(
    worker: Worker<'_>,
    target: &TargetName,
    app: &AppRules,
    reasons: Vec<Reason>,
    managers: &BTreeMap<String, SubjectId>,
    out: &mut Vec<Assignment>,
    undecided: &mut Vec<Undecided>,
) {
    let by = format!("app/{target}");
    let about = Address::account(target, worker.subject);
    let mut attributes = Attributes::new();
    let mut facts = Vec::new();
    let mut failed = false;
    for (path, mapping) in &app.attributes {
        let decided = mapping.value(worker.facts, worker.key);
        facts.extend(decided.facts);
        match decided.answer {
            Ok(Mapped::Value(value)) => {
                attributes.insert(path.clone(), value);
            }
            Ok(Mapped::Missing) => {}
            Err(error) => {
                failed = true;
                undecided.push(Undecided {
                    by: by.clone(),
                    path: path.clone(),
                    problem: describe(&error),
                });
            }
        }
    }
    if let Some(unique) = &app.unique {
        // Which of them it is, and whether one is needed, depends on what others have.
        let forms = names::forms(unique, worker.facts, worker.key);
        facts.extend(forms.facts);
        if let Err(problem) = forms.answer {
            failed = true;
            undecided.push(Undecided {
                by: by.clone(),
                path: USER_NAME.to_owned(),
                problem,
            });
        }
    }
    if let Some((path, mapping)) = &app.manager
        && let Ok(Mapped::Value(Value::Text(key))) = mapping.apply(worker.facts, worker.key)
        && let Some(subject) = managers.get(&key)
    {
        attributes.insert(path.clone(), Value::Subject { subject: *subject });
    }
    if failed {
        hold_account(worker, target, app, &reasons, out);
        return;
    }
    facts.sort();
    facts.dedup();
    let text = match &app.unique {
        None => "the app's attribute mappings",
        Some(_) => "the app's attribute mappings; the user name is given once, with the account",
    };
    out.push(Assignment {
        subject: Some(worker.subject),
        about,
        want: Want::Present {
            active: true,
            attributes,
        },
        because: Reason {
            by,
            text: text.to_owned(),
            facts,
        },
        rank: Rank::Birthright,
        until: None,
    });
}

/// Leaves an account and what hangs on it as they are.
fn hold_account(
    worker: Worker<'_>,
    target: &TargetName,
    app: &AppRules,
    reasons: &[Reason],
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
        out.push(untouched(worker, about, reasons[0].clone()));
    }
}

fn is_grant_in(assignment: &Assignment, target: &TargetName) -> bool {
    assignment.about.kind == model::Kind::Grant && assignment.about.target == *target
}

fn describe(error: &EvalError) -> String {
    error.to_string()
}
