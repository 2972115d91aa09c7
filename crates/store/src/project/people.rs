//! Rows of events about people.

use model::event::{
    FactsAccepted, FactsWithdrawn, PinsLifted, PinsSet, SubjectAdvanced, SubjectErased,
    SubjectTerminated, TerminationEnded, WorkerFacts, WorkerMatched,
};
use model::{Personal, SubjectId, Timestamp};

use super::{ProjectError, Rows, hash, instant, json, text};
use crate::schema::{
    ENGAGEMENT, ENGAGEMENT_WITHDRAWN, NEWS, PERSON_DUE, PIN, TABLES, TERMINATION, WORKER_MATCH,
};
use crate::table::Cell;

type Projected = Result<(), ProjectError>;

pub(super) fn accepted(rows: &mut Rows, e: &FactsAccepted) -> Projected {
    let seq = rows.seq.clone();
    match &e.personal {
        Personal::Known(worker) => rows.put(
            &ENGAGEMENT,
            vec![
                text(e.engagement),
                text(e.subject),
                text(&e.source),
                text(&worker.key),
                json(&worker.facts)?,
                hash(e.digest),
                text(e.delivery),
                text(e.change.as_str()),
                text(search_text(worker)),
                seq,
            ],
        )?,
        // Met when the tables are computed again after an erasure: nothing is known any more.
        Personal::Erased => rows.delete(&ENGAGEMENT, vec![text(e.engagement)])?,
    }
    rows.delete(&ENGAGEMENT_WITHDRAWN, vec![text(e.engagement)])?;
    news(rows, e.subject, e.next_change)?;
    due(rows, e.subject, e.next_change)
}

pub(super) fn withdrawn(rows: &mut Rows, e: &FactsWithdrawn) -> Projected {
    let seq = rows.seq.clone();
    let row = vec![text(e.engagement), text(e.subject), text(e.delivery), seq];
    rows.put(&ENGAGEMENT_WITHDRAWN, row)?;
    news(rows, e.subject, None)
}

pub(super) fn advanced(rows: &mut Rows, e: &SubjectAdvanced) -> Projected {
    news(rows, e.subject, e.next_change)?;
    due(rows, e.subject, e.next_change)
}

pub(super) fn erased(rows: &mut Rows, e: &SubjectErased) -> Projected {
    for table in TABLES {
        if let Some((column, _)) = table.columns.iter().find(|(name, _)| *name == "subject") {
            rows.delete_where(table, column, text(e.subject))?;
        }
    }
    Ok(())
}

pub(super) fn terminated(rows: &mut Rows, e: &SubjectTerminated) -> Projected {
    news(rows, e.subject, None)?;
    match &e.personal {
        Personal::Known(reason) => {
            let at = rows.at.clone();
            let row = vec![text(e.subject), text(&e.by), at, text(reason)];
            rows.put(&TERMINATION, row)
        }
        Personal::Erased => rows.delete(&TERMINATION, vec![text(e.subject)]),
    }
}

pub(super) fn termination_ended(rows: &mut Rows, e: &TerminationEnded) -> Projected {
    news(rows, e.subject, None)?;
    rows.delete(&TERMINATION, vec![text(e.subject)])
}

pub(super) fn matched(rows: &mut Rows, e: &WorkerMatched) -> Projected {
    // An erased decision left no key to find its row by; the erasure that comes deletes it.
    let Personal::Known(worker) = &e.personal else {
        return Ok(());
    };
    let same = Cell::Int(i64::from(e.same));
    let row = vec![text(&e.source), text(&worker.key), text(e.subject), same];
    rows.put(&WORKER_MATCH, row)
}

pub(super) fn pinned(rows: &mut Rows, e: &PinsSet) -> Projected {
    let key = vec![text(e.subject), text(e.wave)];
    match &e.personal {
        Personal::Known(assignments) => {
            let mut row = key;
            row.extend([instant(e.until), json(assignments)?]);
            rows.put(&PIN, row)
        }
        Personal::Erased => rows.delete(&PIN, key),
    }
}

pub(super) fn lifted(rows: &mut Rows, e: &PinsLifted) -> Projected {
    rows.delete(&PIN, vec![text(e.subject), text(e.wave)])
}

/// That something may be expected of the person from here on, and from an instant that is announced.
fn news(rows: &mut Rows, subject: SubjectId, next: Option<Timestamp>) -> Projected {
    let seq = rows.seq.clone();
    let next = next.map_or(Cell::Null, instant);
    rows.put(&NEWS, vec![seq, text(subject), next])
}

fn due(rows: &mut Rows, subject: SubjectId, next: Option<Timestamp>) -> Projected {
    match next {
        Some(next) => rows.put(&PERSON_DUE, vec![text(subject), instant(next)]),
        None => rows.delete(&PERSON_DUE, vec![text(subject)]),
    }
}

/// What a person is found by: key, email and name, one a line so that no search matches across
/// two of them. Lower-cased here and not in SQL, where databases differ.
fn search_text(worker: &WorkerFacts) -> String {
    let email = worker.facts.text("email").unwrap_or_default();
    let name = worker.facts.display_name();
    let mut all = format!("{}\n{email}\n{name}", worker.key);
    all.make_ascii_lowercase();
    all
}
