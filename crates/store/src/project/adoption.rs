//! Rows of people's decisions about what was in an app before.

use model::event::{AccessDecided, AccountDecided, Holder, MatchRejected, Stated};

use super::{ProjectError, Rows, json, subject_of, subject_or_null, target_name, text};
use crate::schema::{ACCESS_DECISION, ACCOUNT_DECISION, NOT_SAME};

type Projected = Result<(), ProjectError>;

pub(super) fn account(rows: &mut Rows, e: &AccountDecided) -> Projected {
    let target = target_name(&e.target)?;
    let key = vec![text(target), text(&e.remote)];
    if e.holder == Holder::Undecided {
        return rows.delete(&ACCOUNT_DECISION, key);
    }
    if let Some(subject) = e.subject() {
        // Whoever says that it is this person's takes back that it is not.
        let mut pair = key.clone();
        pair.push(text(subject));
        rows.delete(&NOT_SAME, pair)?;
    }
    let mut row = key;
    row.extend([rows.at.clone(), json(e)?, subject_or_null(e.subject())]);
    rows.put(&ACCOUNT_DECISION, row)
}

pub(super) fn rejected(rows: &mut Rows, e: &MatchRejected) -> Projected {
    let row = vec![
        text(target_name(&e.target)?),
        text(&e.remote),
        text(e.subject),
        rows.at.clone(),
        json(e)?,
    ];
    rows.put(&NOT_SAME, row)
}

pub(super) fn access(rows: &mut Rows, e: &AccessDecided) -> Projected {
    let key = vec![
        text(target_name(&e.address.target)?),
        text(e.address.kind.as_str()),
        text(&e.address.key),
    ];
    if e.stated == Stated::Undecided {
        return rows.delete(&ACCESS_DECISION, key);
    }
    let mut row = key;
    let subject = subject_or_null(subject_of(&e.address));
    row.extend([rows.at.clone(), json(e)?, subject]);
    rows.put(&ACCESS_DECISION, row)
}
