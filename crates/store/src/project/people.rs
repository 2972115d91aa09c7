//! Rows of events about people.

use model::event::{
    FactsAccepted, FactsWithdrawn, PinsLifted, PinsSet, SubjectAdvanced, SubjectErased, WorkerFacts,
};
use model::{Personal, SubjectId, Timestamp};

use super::{ProjectError, Rows, hash, instant, json, text};
use crate::schema::{PERSON, PERSON_DUE, PERSON_WITHDRAWN, PIN, TABLES};

type Projected = Result<(), ProjectError>;

pub(super) fn accepted(rows: &mut Rows, e: &FactsAccepted) -> Projected {
    match &e.personal {
        Personal::Known(worker) => rows.put(
            &PERSON,
            vec![
                text(e.subject),
                text(&e.source),
                text(&worker.key),
                json(&worker.facts)?,
                hash(e.digest),
                text(e.delivery),
                text(e.change.as_str()),
                text(search_text(worker)),
            ],
        )?,
        // Met when the tables are computed again after an erasure: nothing is known any more.
        Personal::Erased => rows.delete(&PERSON, vec![text(e.subject)])?,
    }
    rows.delete(&PERSON_WITHDRAWN, vec![text(e.subject), text(&e.source)])?;
    due(rows, e.subject, e.next_change)
}

pub(super) fn withdrawn(rows: &mut Rows, e: &FactsWithdrawn) -> Projected {
    rows.put(
        &PERSON_WITHDRAWN,
        vec![text(e.subject), text(&e.source), text(e.delivery)],
    )
}

pub(super) fn advanced(rows: &mut Rows, e: &SubjectAdvanced) -> Projected {
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
