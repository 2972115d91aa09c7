//! What is done by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{FinishTask, Page, Problem, TaskAnswer, WireTask};
use app::Known;
use model::{KnownTask, SubjectId, TaskId, Timestamp};

use super::{Rooms, fail};
use crate::problem::parameter;
use crate::route::{Call, Reply};

/// Between the two parts of a cursor.
const AND: char = ',';

pub async fn list(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    if let Some(person) = call.asked("person") {
        let known = rooms.app.one_person(person).await.map_err(fail)?;
        let tasks = known.person.tasks.clone();
        return Reply::json(&Page::whole(told(&rooms, tasks).await?));
    }
    let limit = call.limit()?;
    let after = call.asked("after").map(cursor).transpose()?;
    let tasks = rooms
        .app
        .open_tasks(call.flag("overdue")?, after, limit + 1)
        .await
        .map_err(fail)?;
    let rows = told(&rooms, tasks).await?;
    let page = Page::cut(rows, limit as usize, |task| {
        format!("{}{AND}{}", task.due, task.id)
    });
    Reply::json(&page)
}

fn cursor(text: &str) -> Result<(Timestamp, TaskId), Problem> {
    let parts = text.split_once(AND);
    let read = parts.and_then(|(due, task)| Some((due.parse().ok()?, task.parse().ok()?)));
    read.ok_or_else(|| parameter("`after` is not the `next` of a page"))
}

pub async fn finish(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: FinishTask = call.json()?;
    let id = call.id::<TaskId>("task")?;
    let done = rooms
        .app
        .finish_task(
            call.actor(),
            id,
            &asked.evidence,
            &asked.reason,
            asked.dry_run,
        )
        .await
        .map_err(fail)?;
    let subject = done.task.subject;
    let people = rooms.app.store().people(&[subject]).await.map_err(fail)?;
    let known = rooms.app.known_all(people).await.map_err(fail)?;
    Reply::json(&TaskAnswer {
        task: wire(&done, known.first(), rooms.app.now()),
        dry_run: asked.dry_run,
    })
}

/// Tasks with the names of their people.
async fn told(rooms: &Rooms, tasks: Vec<KnownTask>) -> Result<Vec<WireTask>, Problem> {
    let subjects: Vec<SubjectId> = tasks.iter().map(|known| known.task.subject).collect();
    let people = rooms.app.store().people(&subjects).await.map_err(fail)?;
    let known = rooms.app.known_all(people).await.map_err(fail)?;
    let known = known.into_iter().map(|known| (known.person.subject, known));
    let known: BTreeMap<SubjectId, Known> = known.collect();
    let now = rooms.app.now();
    let rows = tasks.iter();
    Ok(rows
        .map(|task| wire(task, known.get(&task.task.subject), now))
        .collect())
}

fn wire(known: &KnownTask, person: Option<&Known>, now: Timestamp) -> WireTask {
    let (task, done) = (&known.task, known.done.as_ref());
    let status = match done {
        Some(_) => "done",
        None if known.is_overdue(now) => "overdue",
        None => "open",
    };
    let before = if task.before_delete { "delete" } else { "" };
    let evidence = done.and_then(|done| done.personal.known());
    WireTask {
        id: task.id.to_string(),
        status: status.to_owned(),
        app: task.target.to_string(),
        step: task.step.clone(),
        owner: task.owner.clone(),
        text: task.text.clone(),
        before: before.to_owned(),
        subject: task.subject.to_string(),
        key: person.map_or_else(String::new, |p| p.identity.key.clone()),
        name: person.map_or_else(String::new, |p| p.identity.facts.display_name()),
        opened: task.opened.to_string(),
        due: task.due.to_string(),
        done_by: done.map(|done| done.by.clone()).unwrap_or_default(),
        done_at: done.map(|done| done.at.to_string()).unwrap_or_default(),
        evidence: evidence.cloned().unwrap_or_default(),
        reason: done.map(|done| done.reason.clone()).unwrap_or_default(),
    }
}
