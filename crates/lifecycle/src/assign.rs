//! From facts and rules to assignments: who should have what, and why.

mod account;
mod clears;
mod retention;
mod stands;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Address, Assignment, Attributes, Facts, Rank, Reason, SubjectId, TargetName, Timestamp, Value,
    Want, WorkerRef,
};
use rules::{Decided, EvalError, Mapped};

use self::account::{account, accounts_of};
use self::retention::Gone;
pub use self::retention::kept_no_longer_since;
use self::stands::{Leaving, leave, stands};
use crate::beside;
use crate::identity::{Identity, Job};
use crate::manual::Manual;
use crate::mutants::{self, Mutant};
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
    /// An engagement that is yet to begin is known.
    pub announced: bool,
    /// The engagements in force, where there are several: what rules give is what any of them
    /// is given.
    pub jobs: &'a [Job],
    /// Set while a termination for cause stands.
    pub terminated: Option<Terminated<'a>>,
    /// What was done by hand because they left.
    pub manual: Manual<'a>,
}

/// A termination for cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminated<'a> {
    /// Who did it.
    pub by: &'a str,
    /// Since when.
    pub at: Timestamp,
}

impl<'a> Worker<'a> {
    /// A person as the rules see them.
    #[must_use]
    pub fn new(
        subject: SubjectId,
        identity: &'a Identity,
        terminated: Option<Terminated<'a>>,
    ) -> Self {
        Self {
            subject,
            key: &identity.key,
            names: &identity.names,
            facts: &identity.facts,
            withdrawn: identity.withdrawn,
            announced: identity.announced,
            jobs: &identity.jobs,
            terminated,
            manual: Manual::Known(&[]),
        }
    }

    /// The same with what was done by hand; without it nothing was.
    #[must_use]
    pub fn having_done(self, manual: Manual<'a>) -> Self {
        Self { manual, ..self }
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

/// Whether assignments say why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Telling {
    /// What is wanted and nothing else: reasons are empty.
    Wishes,
    /// With every reason.
    Reasons,
}

/// Assignments as they grow.
struct Wishes<'b> {
    telling: Telling,
    /// The app and group of what rules give so far, where nobody asks which of them does.
    given: BTreeSet<(&'b TargetName, Option<&'b str>)>,
    assignments: Vec<Assignment>,
    undecided: Vec<Undecided>,
}

impl<'b> Wishes<'b> {
    /// A reason, or an empty one where nobody asks.
    fn because(&self, tell: impl FnOnce() -> Reason) -> Reason {
        match self.telling {
            Telling::Reasons => tell(),
            Telling::Wishes => untold(),
        }
    }

    /// Whether another rule has said the same. With its reasons, each of them is told.
    fn is_said(&mut self, target: &'b TargetName, group: Option<&'b str>, want: &Want) -> bool {
        let plainly = self.telling == Telling::Wishes && matches!(want, Want::Present { .. });
        plainly && !self.given.insert((target, group))
    }
}

/// The reason that nobody asks for.
fn untold() -> Reason {
    Reason {
        by: String::new(),
        text: String::new(),
        facts: Vec::new(),
    }
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
    assigned(worker, book, managers, now, Telling::Reasons)
}

/// As [`assign`], without reasons: enough to see that nothing is to be done, which is so for
/// nearly everyone, and several times faster. Nothing of it is ever written down.
#[must_use]
pub fn wishes(
    worker: Worker<'_>,
    book: &RuleBook,
    managers: &BTreeMap<String, SubjectId>,
    now: Timestamp,
) -> (Vec<Assignment>, Vec<Undecided>) {
    assigned(worker, book, managers, now, Telling::Wishes)
}

fn assigned(
    worker: Worker<'_>,
    book: &RuleBook,
    managers: &BTreeMap<String, SubjectId>,
    now: Timestamp,
    telling: Telling,
) -> (Vec<Assignment>, Vec<Undecided>) {
    let mut out = Wishes {
        telling,
        given: BTreeSet::new(),
        assignments: Vec::new(),
        undecided: Vec::new(),
    };
    if let Some(Terminated { by, at }) = worker.terminated
        && !mutants::on(Mutant::TerminationOutranked)
    {
        // Whatever HR says, and even if nobody can tell where they stand.
        let because = out.because(|| Reason {
            by: "lifecycle/termination".to_owned(),
            text: format!("terminated for cause by {by}"),
            facts: Vec::new(),
        });
        let leaving = Leaving {
            rank: Rank::EmergencyStop,
            because,
            gone: Gone::Terminated(at),
        };
        leave(worker, book, &leaving, now, &mut out);
        return (out.assignments, out.undecided);
    }
    match stands(worker, book, now, &mut out) {
        Ok(apps) => given(worker, (book, now), managers, &apps, &mut out),
        Err(problem) => {
            out.assignments.clear();
            hold_everything(worker, book, &problem, &mut out.assignments);
            out.undecided.push(Undecided {
                by: "lifecycle".to_owned(),
                path: String::new(),
                problem,
            });
        }
    }
    (out.assignments, out.undecided)
}

/// What rules give in these apps, and documents beside them.
fn given<'b>(
    worker: Worker<'_>,
    (book, now): (&'b RuleBook, Timestamp),
    managers: &BTreeMap<String, SubjectId>,
    apps: &BTreeSet<&TargetName>,
    out: &mut Wishes<'b>,
) {
    if apps.is_empty() {
        return;
    }
    for rule in &book.rules {
        if rule.grants.iter().any(|grant| apps.contains(&grant.target)) {
            birthright(worker, rule, apps, out);
        }
    }
    beside::give(worker, book, now, &mut out.assignments);
    for (target, reason) in accounts_of(&out.assignments) {
        if let Some(app) = book.apps.get(&target) {
            account(worker, &target, app, &reason, managers, out);
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

/// As [`holds`], without the way to the answer.
pub(crate) fn just_holds(worker: Worker<'_>, rule: &BirthrightRule) -> Result<bool, EvalError> {
    let mut left = None;
    for job in worker.jobs {
        match rule.when.test(&job.facts, &job.key) {
            Ok(true) => return Ok(true),
            Ok(false) => left = left.or(Some(Ok(false))),
            unknown => left = Some(unknown),
        }
    }
    left.unwrap_or_else(|| rule.when.test(worker.facts, worker.key))
}

/// What a rule wants for somebody, and why; `None` where it does not hold.
fn stated(worker: Worker<'_>, rule: &BirthrightRule, out: &mut Wishes) -> Option<(Want, Reason)> {
    let given = Want::Present {
        active: true,
        attributes: Attributes::new(),
    };
    match (just_holds(worker, rule), out.telling) {
        (Ok(false), _) => return None,
        (Ok(true), Telling::Wishes) => return Some((given, untold())),
        (Ok(true), Telling::Reasons) | (Err(_), _) => {}
    }
    let (decided, job) = holds(worker, rule);
    let by = format!("rule/{}", rule.name);
    let (want, text) = match &decided.answer {
        Ok(false) => return None,
        Ok(true) => {
            let of_job = job.map(|key| format!(" for their engagement {key}"));
            let of_job = of_job.unwrap_or_default();
            (given, format!("`{}` holds{of_job}", rule.when.source()))
        }
        Err(error) => {
            out.undecided.push(Undecided {
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
    let facts = decided.facts;
    Some((want, Reason { by, text, facts }))
}

fn birthright<'b>(
    worker: Worker<'_>,
    rule: &'b BirthrightRule,
    apps: &BTreeSet<&TargetName>,
    out: &mut Wishes<'b>,
) {
    let Some((want, because)) = stated(worker, rule, out) else {
        return;
    };
    for grant in &rule.grants {
        if !apps.contains(&grant.target) {
            continue;
        }
        let target = &grant.target;
        let group = grant.group.as_deref();
        for group in [None].into_iter().chain(group.map(Some)) {
            if out.is_said(target, group, &want) {
                continue;
            }
            let about = match group {
                None => Address::account(target, worker.subject),
                Some(group) => Address::grant(target, worker.subject, group),
            };
            out.assignments.push(Assignment {
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

fn describe(error: &EvalError) -> String {
    error.to_string()
}
