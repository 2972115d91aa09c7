//! What people decided about access that no rule gives, as assignments.
//!
//! A decision speaks only where no rule does: what a rule gives later is the rule's, and what it
//! stops giving is withdrawn with it, whoever kept it before.

use lifecycle::RuleBook;
use lifecycle::assign::Worker;
use model::event::{AccessDecided, Stated};
use model::facts::Standing;
use model::{
    Address, Assignment, Attributes, Kind, Rank, Reason, SubjectId, Timestamp, Value, Want,
};
use ports::store::{Decisions, Link};

/// The assignments that decisions about a person make, beside those that are `given`.
pub(crate) fn stated(
    worker: Worker<'_>,
    decisions: &Decisions,
    given: &[Assignment],
    links: &[Link],
    book: &RuleBook,
    now: Timestamp,
) -> Vec<Assignment> {
    let standing = worker.facts.standing(now);
    let terminated = worker.terminated.is_some();
    if standing.is_err() && !terminated {
        // Where they stand cannot be told: nothing of theirs is touched.
        return Vec::new();
    }
    let gone = terminated || worker.withdrawn || standing == Ok(Standing::Ended);
    let at_work = !gone && standing.is_ok_and(Standing::is_engaged);
    let open = |address: &Address| {
        let by_rule = |a: &&Assignment| matches!(a.want, Want::Present { .. } | Want::Untouched);
        let spoken = given.iter().filter(by_rule).any(|a| a.about == *address);
        book.apps.contains_key(&address.target) && !spoken
    };
    let linked = |address: &Address| links.iter().any(|l| l.address == *address);
    let mut out = Vec::new();
    for decided in decisions.access.iter().map(|d| &d.decided) {
        let address = &decided.address;
        if !open(address) {
            continue;
        }
        let want = match (&decided.stated, address.kind) {
            (Stated::Keep { .. }, Kind::Grant) if at_work => present(true),
            (Stated::Keep { .. }, Kind::Account) if at_work && linked(address) => Want::Enabled,
            (Stated::Keep { .. }, Kind::Account) if at_work && is_adopted(decisions, address) => {
                present(true)
            }
            (Stated::Reject, Kind::Grant) => Want::Absent,
            (Stated::Reject, Kind::Account) if linked(address) => Want::Disabled,
            (Stated::Reject, Kind::Account) if is_adopted(decisions, address) => present(false),
            _ => continue,
        };
        out.push(assignment(worker.subject, decided, want));
    }
    // Whoever has left leaves the accounts too that someone said are theirs.
    for decided in decisions.accounts.iter().map(|d| &d.decided) {
        let address = Address::account(&decided.target, worker.subject);
        let spoken = out.iter().any(|a| a.about == address);
        if !gone || spoken || linked(&address) || !open(&address) {
            continue;
        }
        let because = Reason {
            by: "decision/adopt".to_owned(),
            text: format!(
                "`{}` said that the account is theirs: {}",
                decided.by, decided.reason
            ),
            facts: Vec::new(),
        };
        out.push(Assignment {
            subject: Some(worker.subject),
            about: address,
            want: present(false),
            because,
            rank: Rank::Birthright,
            until: None,
        });
    }
    out
}

fn present(active: bool) -> Want {
    Want::Present {
        active,
        attributes: Attributes::new(),
    }
}

/// Whether someone said which account in this app is the person's.
fn is_adopted(decisions: &Decisions, address: &Address) -> bool {
    let decided = decisions.accounts.iter().map(|d| &d.decided);
    decided.into_iter().any(|d| d.target == address.target)
}

fn assignment(subject: SubjectId, decided: &AccessDecided, want: Want) -> Assignment {
    let (by, until, facts) = match &decided.stated {
        Stated::Keep { owner, until } => (
            "decision/keep",
            *until,
            vec![("owner".to_owned(), Some(Value::Text(owner.clone())))],
        ),
        Stated::Reject | Stated::Undecided => ("decision/reject", None, Vec::new()),
    };
    Assignment {
        subject: Some(subject),
        about: decided.address.clone(),
        want,
        because: Reason {
            by: by.to_owned(),
            text: format!("`{}` decided: {}", decided.by, decided.reason),
            facts,
        },
        rank: Rank::Birthright,
        until,
    }
}
