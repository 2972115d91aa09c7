//! What follows from where somebody stands, whatever rules give.

use std::collections::BTreeSet;

use model::facts::Standing;
use model::time::DateTime;
use model::{Address, Assignment, Attributes, Rank, Reason, TargetName, Timestamp, Value, Want};

use super::retention::{self, Gone};
use super::{Wishes, Worker};
use crate::rulebook::{Lead, OnLeave, RuleBook};

/// That somebody is out.
pub(super) struct Leaving {
    pub rank: Rank,
    pub because: Reason,
    /// By whose word.
    pub gone: Gone,
}

/// Says what somebody's standing wants, and gives the apps in which rules have a say now.
///
/// # Errors
/// When nobody can tell where they stand.
pub(super) fn stands<'b>(
    worker: Worker<'_>,
    book: &'b RuleBook,
    now: Timestamp,
    out: &mut Wishes,
) -> Result<BTreeSet<&'b TargetName>, String> {
    let standing = worker.facts.standing(now)?;
    let why = match (standing, worker.withdrawn) {
        (Standing::Ended, _) => "work has ended",
        (Standing::Active | Standing::OnLeave, true) => "the last full delivery no longer has them",
        (Standing::Upcoming, true) => {
            "the last full delivery no longer has them, and they had not begun"
        }
        (Standing::Active, false) => return Ok(book.apps.keys().collect()),
        (Standing::OnLeave, false) => {
            away(worker, book, out);
            return Ok(book.apps.keys().collect());
        }
        (Standing::Upcoming, false) => return ahead(worker, book, now, out),
    };
    let because = out.because(|| Reason {
        by: "lifecycle/leaver".to_owned(),
        text: why.to_owned(),
        facts: vec![last_day(worker, standing)],
    });
    let leaving = Leaving {
        rank: Rank::Leaver,
        because,
        gone: match standing {
            Standing::Ended => Gone::Ended,
            Standing::Upcoming | Standing::Active | Standing::OnLeave => Gone::Missing,
        },
    };
    leave(worker, book, &leaving, now, out);
    Ok(BTreeSet::new())
}

/// The apps whose lead has come, with what it means there. Where it has not, what was made before
/// the first day was moved is closed.
fn ahead<'b>(
    worker: Worker<'_>,
    book: &'b RuleBook,
    now: Timestamp,
    out: &mut Wishes,
) -> Result<BTreeSet<&'b TargetName>, String> {
    let mut due = BTreeSet::new();
    for (target, app) in &book.apps {
        let Some(lead) = app.joiner else { continue };
        let Some(from) = worker.facts.days_before_start(lead.days)? else {
            continue;
        };
        let told = told(lead);
        let (want, text) = if from > now {
            (Want::Disabled, format!("accounts are made {told}"))
        } else if lead.active {
            // It says nothing but why.
            let (set, unset) = (Attributes::new(), Vec::new());
            let text = format!("made {told}, to be used at once");
            (Want::Values { set, unset }, text)
        } else {
            let text = format!("made {told}, to be used from that day on");
            (Want::Ahead, text)
        };
        if from <= now {
            due.insert(target);
        }
        let because = out.because(|| Reason {
            by: "lifecycle/joiner".to_owned(),
            text,
            facts: vec![day("starts", worker.facts.starts, worker)],
        });
        let lead = about_account(worker, target, want, because, Rank::Leaver);
        out.assignments.push(lead);
    }
    Ok(due)
}

fn told(lead: Lead) -> String {
    match lead.days {
        1 => "a day before the first day of work".to_owned(),
        days => format!("{days} days before the first day of work"),
    }
}

/// Closes the accounts that are not to be used in a leave of absence. What rules give goes on:
/// nothing of theirs is lost to them.
fn away(worker: Worker<'_>, book: &RuleBook, out: &mut Wishes) {
    let apps = book.apps.iter();
    for (target, _) in apps.filter(|(_, app)| app.leave == OnLeave::Disable) {
        let leave = worker.facts.leave;
        let because = out.because(|| Reason {
            by: "lifecycle/leave".to_owned(),
            text: "on leave, and accounts here are disabled meanwhile".to_owned(),
            facts: vec![
                day("leave_from", leave.map(|leave| leave.from), worker),
                day("leave_to", leave.and_then(|leave| leave.to), worker),
            ],
        });
        let closed = about_account(worker, target, Want::Disabled, because, Rank::Leaver);
        out.assignments.push(closed);
    }
}

fn last_day(worker: Worker<'_>, standing: Standing) -> (String, Option<Value>) {
    match standing {
        Standing::Upcoming => day("starts", worker.facts.starts, worker),
        Standing::Active | Standing::OnLeave | Standing::Ended => {
            day("ends", worker.facts.ends, worker)
        }
    }
}

fn day(name: &str, at: Option<DateTime>, worker: Worker<'_>) -> (String, Option<Value>) {
    let at = at.map(|at| Value::Text(format!("{at} {}", worker.facts.zone)));
    (name.to_owned(), at)
}

/// Closes whatever they have.
pub(super) fn leave(
    worker: Worker<'_>,
    book: &RuleBook,
    leaving: &Leaving,
    now: Timestamp,
    out: &mut Wishes,
) {
    for target in book.apps.keys() {
        let because = leaving.because.clone();
        let closed = about_account(worker, target, Want::Disabled, because, leaving.rank);
        out.assignments.push(closed);
        retention::keep(worker, book, target, leaving, now, out);
    }
}

pub(super) fn about_account(
    worker: Worker<'_>,
    target: &TargetName,
    want: Want,
    because: Reason,
    rank: Rank,
) -> Assignment {
    Assignment {
        subject: Some(worker.subject),
        about: Address::account(target, worker.subject),
        want,
        because,
        rank,
        until: None,
    }
}
