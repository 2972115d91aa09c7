//! How long the accounts of whoever has left are kept, and what keeps them longer.
//!
//! Only somebody's word that a person has left makes their accounts go: a last day, or a
//! termination for cause. A row that is missing is no such word.

use model::{Assignment, Attributes, Reason, TargetName, Timestamp, Value, Want};

use super::stands::{Leaving, about_account};
use super::{Wishes, Worker};
use crate::beside::Hold;
use crate::due::days_after;
use crate::manual;
use crate::rulebook::RuleBook;

/// Why an account is kept for a while, and why it is kept no longer.
const BY: &str = "lifecycle/retention";

/// By whose word somebody has left.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gone {
    /// A source says when work ended.
    Ended,
    /// Somebody terminated them for cause then.
    Terminated(Timestamp),
    /// Nobody's: their source no longer has them.
    Missing,
}

impl Gone {
    /// The instant from which the account is kept no longer; `None`: it never comes.
    fn kept_until(self, worker: Worker<'_>, days: u32) -> Option<Timestamp> {
        match self {
            // Where the zone is unknown, it was said before that nobody can tell where they stand.
            Self::Ended => worker.facts.days_after_end(days).ok().flatten(),
            Self::Terminated(at) => Some(days_after(at, days)),
            Self::Missing => None,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Terminated(_) => "the termination",
            Self::Ended | Self::Missing => "the last day of work",
        }
    }
}

/// Says of the account of somebody who has left that it is kept, until when and why, or that it is
/// to be deleted. Beside the wish that it be disabled, and of the same rank.
pub(super) fn keep(
    worker: Worker<'_>,
    book: &RuleBook,
    target: &TargetName,
    leaving: &Leaving,
    now: Timestamp,
    out: &mut Wishes,
) {
    let Some(app) = book.apps.get(target) else {
        return;
    };
    let Some(days) = app.delete_after_days else {
        return;
    };
    let Some(until) = leaving.gone.kept_until(worker, days) else {
        return;
    };
    let holds = book.beside.holds_of(worker.names);
    let holds: Vec<&Hold> = holds.filter(|hold| now < hold.until).collect();
    let say = |want: Want, because: Reason, until: Option<Timestamp>| Assignment {
        until,
        ..about_account(worker, target, want, because, leaving.rank)
    };
    for hold in &holds {
        let because = out.because(|| because_of(hold));
        out.assignments
            .push(say(nothing(), because, Some(hold.until)));
    }
    let undone = manual::undone(worker, target, &app.manual, now);
    for (step, task) in &undone {
        let because = out.because(|| manual::because(step, *task));
        out.assignments.push(say(nothing(), because, None));
    }
    let kept = now < until;
    let (want, ends, how) = match (worker.announced, kept, holds.is_empty(), undone.is_empty()) {
        (true, ..) => (nothing(), None, "and longer, because they are to come back"),
        (_, true, ..) => (nothing(), Some(until), "and then deleted"),
        (_, _, false, _) => (nothing(), None, "and longer because of a hold"),
        (_, _, _, false) => (
            nothing(),
            None,
            "and longer, because something is still to be done by hand",
        ),
        (false, false, true, true) => (Want::Absent, None, "and not longer"),
    };
    let because = out.because(|| {
        let word = leaving.gone.word();
        let kept = match days {
            1 => format!("a day after {word}"),
            days => format!("{days} days after {word}"),
        };
        Reason {
            by: BY.to_owned(),
            text: format!("kept until {until}, {kept}, {how}"),
            facts: Vec::new(),
        }
    });
    out.assignments.push(say(want, because, ends));
}

fn because_of(hold: &Hold) -> Reason {
    let owner = Value::Text(hold.owner.key.clone());
    Reason {
        by: format!("hold/{}", hold.name),
        text: format!("not deleted until {}: {}", hold.until, hold.reason),
        facts: vec![("owner".to_owned(), Some(owner))],
    }
}

/// It says nothing but why.
fn nothing() -> Want {
    let (set, unset) = (Attributes::new(), Vec::new());
    Want::Values { set, unset }
}

/// Since when the account of this person in an app is kept no longer, whatever holds it now; `None`:
/// it is kept. For the name of the cause.
#[must_use]
pub fn kept_no_longer_since(
    worker: Worker<'_>,
    book: &RuleBook,
    target: &TargetName,
    now: Timestamp,
) -> Option<Timestamp> {
    let days = book.apps.get(target)?.delete_after_days?;
    let gone = match worker.terminated {
        Some(terminated) => Gone::Terminated(terminated.at),
        None => Gone::Ended,
    };
    let ends = book.beside.holds_of(worker.names).map(|hold| hold.until);
    let over = ends.filter(|until| *until <= now).max();
    gone.kept_until(worker, days).max(over)
}
