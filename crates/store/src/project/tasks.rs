//! Rows of tasks. A dropped one leaves none: it stays in the log only, as a closed finding does.

use model::event::{TaskDone, TaskDropped, TaskOpened};
use model::task::{Done, KnownTask};

use super::{ProjectError, Rows, instant, json, text};
use crate::schema::TASK;
use crate::table::Cell;

type Projected = Result<(), ProjectError>;

pub(super) fn opened(rows: &mut Rows, e: &TaskOpened) -> Projected {
    let known = KnownTask {
        task: e.task.clone(),
        done: None,
    };
    stands(rows, &known)
}

pub(super) fn done(rows: &mut Rows, e: &TaskDone) -> Projected {
    let known = KnownTask {
        task: e.task.clone(),
        done: Some(Done {
            by: e.by.clone(),
            at: e.at,
            reason: e.reason.clone(),
            personal: e.personal.clone(),
        }),
    };
    stands(rows, &known)
}

pub(super) fn dropped(rows: &mut Rows, e: &TaskDropped) -> Projected {
    rows.delete(&TASK, vec![text(e.task)])
}

fn stands(rows: &mut Rows, known: &KnownTask) -> Projected {
    let task = &known.task;
    let owed = match known.done {
        None => instant(task.due),
        Some(_) => Cell::Null,
    };
    let row = vec![text(task.id), text(task.subject), owed, json(known)?];
    rows.put(&TASK, row)
}
