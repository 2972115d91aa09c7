//! What somebody has to do by hand because a person left: when it is asked for, until when it is to
//! be done, and when nothing asks for it any more.
//!
//! A manual step is asked for once in each leaving, and once the account in its app is closed: what
//! nobody has released yet sends nobody to fetch a laptop. It counts as long as the leaving lasts.

#[cfg(test)]
mod tests;

use model::facts::Standing;
use model::task::Done;
use model::time::DateTime;
use model::{Address, KnownTask, Reason, TargetName, Task, Timestamp, Value};

use crate::assign::Worker;
use crate::resolve::{Desired, Wanted};
use crate::rulebook::{ManualStep, Mode, RuleBook};

/// What is known of what was done by hand for a person.
#[derive(Debug, Clone, Copy)]
pub enum Manual<'a> {
    /// These tasks, and no others.
    Known(&'a [KnownTask]),
    /// All of it was done: where rules are tried out and nobody does anything.
    Done,
}

impl<'a> Manual<'a> {
    fn tasks(self) -> &'a [KnownTask] {
        match self {
            Self::Known(tasks) => tasks,
            Self::Done => &[],
        }
    }
}

/// The task of this step that belongs to this leaving, open or done.
fn task_of<'a>(
    worker: Worker<'a>,
    target: &TargetName,
    step: &ManualStep,
    now: Timestamp,
) -> Option<&'a KnownTask> {
    let mut tasks = worker.manual.tasks().iter();
    tasks.find(|known| {
        let task = &known.task;
        task.target == *target && task.step == step.name && !is_earlier(worker, task, now)
    })
}

/// Whether a task was asked for in an earlier leaving: by what is said now they were at work after
/// it was opened. Where HR's word had ended their work, it is enough that it lasts longer by now;
/// after anybody else's, HR's end comes late as a rule, and only a new beginning tells. A
/// termination that stood before stands for the same leaving.
#[must_use]
pub fn is_earlier(worker: Worker<'_>, task: &Task, now: Timestamp) -> bool {
    if worker.terminated.is_some_and(|t| t.at <= task.opened) {
        return false;
    }
    let facts = worker.facts;
    let later = |civil: Option<DateTime>| {
        let at = civil.and_then(|civil| Timestamp::in_zone(civil, &facts.zone).ok());
        at.filter(|at| *at > task.opened)
    };
    let began = later(facts.starts).is_some_and(|at| at <= now);
    began || task.leaving.is_some() && later(facts.ends).is_some()
}

/// When work ended, if HR says that it has.
#[must_use]
pub fn leaving(worker: Worker<'_>, now: Timestamp) -> Option<Timestamp> {
    let ends = Timestamp::in_zone(worker.facts.ends?, &worker.facts.zone).ok()?;
    (ends <= now).then_some(ends)
}

/// The steps without which the account is not deleted and that are not done, with their tasks
/// where they are open.
pub(crate) fn undone<'a, 's>(
    worker: Worker<'a>,
    target: &TargetName,
    steps: &'s [ManualStep],
    now: Timestamp,
) -> Vec<(&'s ManualStep, Option<&'a Task>)> {
    if matches!(worker.manual, Manual::Done) {
        return Vec::new();
    }
    let undone = |step: &'s ManualStep| match task_of(worker, target, step, now) {
        Some(known) if known.done.is_some() => None,
        known => Some((step, known.map(|known| &known.task))),
    };
    let before = steps.iter().filter(|step| step.before_delete);
    before.filter_map(undone).collect()
}

/// What was done last of the steps without which the account in an app is not deleted.
#[must_use]
pub fn done_last<'a>(
    worker: Worker<'a>,
    book: &RuleBook,
    target: &TargetName,
    now: Timestamp,
) -> Option<&'a Done> {
    let steps = book.apps.get(target)?.manual.iter();
    let known = steps
        .filter(|step| step.before_delete)
        .filter_map(|step| task_of(worker, target, step, now));
    known
        .filter_map(|known| known.done.as_ref())
        .max_by_key(|done| done.at)
}

/// Why an account is not deleted yet.
pub(crate) fn because(step: &ManualStep, task: Option<&Task>) -> Reason {
    let name = &step.name;
    let text = match task {
        Some(task) => format!(
            "not deleted before `{name}` is done: {} has until {}",
            task.owner, task.due
        ),
        None => {
            format!("not deleted before `{name}` is done, which is asked for once it is closed")
        }
    };
    let owner = Value::Text(step.owner.clone());
    Reason {
        by: format!("manual/{name}"),
        text,
        facts: vec![("owner".to_owned(), Some(owner))],
    }
}

/// Whether somebody has left, by whosever word.
///
/// # Errors
/// When nobody can tell where they stand.
fn has_left(worker: Worker<'_>, now: Timestamp) -> Result<bool, String> {
    if worker.terminated.is_some() || worker.withdrawn {
        return Ok(true);
    }
    Ok(worker.facts.standing(now)? == Standing::Ended)
}

/// Whether the account of a person in an app is to be closed; `None`: nobody can tell.
fn to_be_closed(worker: Worker<'_>, target: &TargetName, desired: &Desired) -> Option<bool> {
    let wish = desired.get(&Address::account(target, worker.subject))?;
    match wish.wanted {
        Wanted::Present { active, .. } | Wanted::IfPresent { active, .. } => Some(!active),
        Wanted::Absent => Some(true),
        Wanted::Untouched => None,
    }
}

/// Tasks of a person that count no longer, and why.
#[must_use]
pub fn over<'a>(
    worker: Worker<'a>,
    book: &RuleBook,
    desired: &Desired,
    now: Timestamp,
) -> Vec<(&'a Task, &'static str)> {
    let (tasks, left) = (worker.manual.tasks(), has_left(worker, now));
    let why = |known: &KnownTask| {
        let task = &known.task;
        let steps = book.apps.get(&task.target).map(|app| &app.manual);
        let asked = steps.is_some_and(|steps| steps.iter().any(|step| step.name == task.step));
        match left {
            Err(_) => None,
            Ok(false) => Some("they have not left"),
            Ok(true) if to_be_closed(worker, &task.target, desired) == Some(false) => {
                Some("their account is given back")
            }
            Ok(true) if is_earlier(worker, task, now) => Some("they have left again since"),
            // What was done stays done, whether or not it is asked for again.
            Ok(true) if !asked && known.done.is_none() => Some("no document asks for it any more"),
            Ok(true) => None,
        }
    };
    let found = tasks.iter();
    found
        .filter_map(|known| Some((&known.task, why(known)?)))
        .collect()
}

/// The steps that are asked for as soon as the account in their app is closed: the person has left,
/// and there is no task of this leaving yet.
#[must_use]
pub fn awaited<'b>(
    worker: Worker<'_>,
    book: &'b RuleBook,
    desired: &Desired,
    now: Timestamp,
) -> Vec<(&'b TargetName, &'b ManualStep)> {
    let mut awaited = Vec::new();
    if has_left(worker, now) != Ok(true) {
        return awaited;
    }
    for (target, app) in &book.apps {
        let closed = || to_be_closed(worker, target, desired) == Some(true);
        if app.manual.is_empty() || app.mode == Mode::Observe || !closed() {
            continue;
        }
        let steps = app.manual.iter();
        let missing = steps.filter(|step| task_of(worker, target, step, now).is_none());
        awaited.extend(missing.map(|step| (target, step)));
    }
    awaited
}

/// When a step that is asked for now is due: at the end of a day on the person's own wall clock, or
/// in UTC where their zone is unknown.
#[must_use]
pub fn due(worker: Worker<'_>, step: &ManualStep, now: Timestamp) -> Timestamp {
    let at = now.end_of_day(step.due_days, &worker.facts.zone);
    let at = at.or_else(|_| now.end_of_day(step.due_days, "UTC"));
    at.unwrap_or(now)
}
