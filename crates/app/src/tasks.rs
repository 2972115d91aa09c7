//! What is done by hand: looking at it, and saying that it was done.

use model::event::{FindingClosed, TaskDone};
use model::finding::Finding;
use model::task::{Done, KnownTask};
use model::{Actor, Event, Personal, Task, TaskId, Timestamp};
use ports::store::{Append, Stream};

use crate::{App, AppError, ErrorKind};

/// The stream on which tasks are opened and ended, so that no due instant is written down that
/// knows nothing of them.
pub(crate) const TASKS: &str = "tasks";
/// Something that is done by hand was to be done by now.
pub(crate) const OVERDUE: &str = "TNR-TASK-0001";
/// Characters of what proves that a task was done.
const LONGEST: usize = 2_000;

impl App {
    /// Open tasks, those first that are due first: at most `limit`, after the one that `after` names.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn open_tasks(
        &self,
        overdue: bool,
        after: Option<(Timestamp, TaskId)>,
        limit: u32,
    ) -> Result<Vec<KnownTask>, AppError> {
        let until = overdue.then(|| self.clock.now());
        Ok(self.store.open_tasks(until, after, limit).await?)
    }

    /// Takes down that a task was done: who says so, why, and what proves it. What waited for it is
    /// planned for.
    ///
    /// # Errors
    /// `Missing` when there is no such task, or it was dropped; `Conflict` when it is done already;
    /// `Invalid` when nothing proves it.
    pub async fn finish_task(
        &self,
        actor: &Actor,
        id: TaskId,
        evidence: &str,
        reason: &str,
        dry_run: bool,
    ) -> Result<KnownTask, AppError> {
        check(evidence)?;
        let stream = Stream::new("task", id);
        let head = self.store.head_of(&stream).await?;
        let known = self.store.task(id).await?;
        let known = known.ok_or_else(|| AppError::missing("task", &id.to_string()))?;
        if let Some(done) = &known.done {
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-TASK-0002",
                format!("it was done on {} by {}", done.at, done.by),
                "see what is left with `tenure task list`",
            ));
        }
        let task = known.task;
        let done = Done {
            by: actor.principal.clone(),
            at: self.clock.now(),
            reason: reason.to_owned(),
            personal: Personal::Known(evidence.to_owned()),
        };
        if !dry_run {
            self.write_done(actor, &task, &done, (stream, head)).await?;
            if task.before_delete {
                self.plan_what_waited(actor, &task).await;
            }
        }
        let done = Some(done);
        Ok(KnownTask { task, done })
    }

    async fn write_done(
        &self,
        actor: &Actor,
        task: &Task,
        done: &Done,
        (stream, head): (Stream, Option<u64>),
    ) -> Result<(), AppError> {
        let mut events = vec![Event::TaskDone(TaskDone {
            task: task.clone(),
            by: done.by.clone(),
            at: done.at,
            reason: done.reason.clone(),
            personal: done.personal.clone(),
        })];
        events.extend(self.no_longer_overdue(task, "it was done").await?);
        let append = Append::of(actor.clone(), events).on(stream, head);
        let append = append.bumping(Stream(TASKS.to_owned()));
        self.store.append(append).await?;
        Ok(())
    }

    /// What was done stays done if planning fails now: the next planning finds what follows.
    async fn plan_what_waited(&self, actor: &Actor, task: &Task) {
        let planned = self.plan_for(actor, vec![task.subject], false).await;
        if let Err(error) = planned {
            tracing::warn!(task = %task.id, error.code = error.code(), "task.not_planned_for");
        }
    }

    /// Closes the finding that a task is overdue, if it is open.
    pub(crate) async fn no_longer_overdue(
        &self,
        task: &Task,
        because: &str,
    ) -> Result<Option<Event>, AppError> {
        let finding = overdue(task);
        let open = self
            .store
            .open_finding(&finding.fingerprint, finding.subject, None)
            .await?;
        let closed = |id| {
            Event::FindingClosed(FindingClosed {
                id,
                reason: because.to_owned(),
            })
        };
        Ok(open.map(|row| closed(row.opened.id)))
    }
}

/// That a task was to be done by now.
pub(crate) fn overdue(task: &Task) -> Finding {
    let Task {
        target,
        step,
        owner,
        due,
        ..
    } = task;
    Finding {
        code: OVERDUE.to_owned(),
        fingerprint: format!("{OVERDUE}/{target}/{step}"),
        subject: Some(task.subject),
        address: None,
        problem: format!("`{step}` of `{target}` is overdue since {due}: {owner} was to do it"),
        fix: "do it, then say so with `tenure task done`; `tenure task list --overdue` has its id"
            .to_owned(),
    }
}

fn check(evidence: &str) -> Result<(), AppError> {
    let problem = match evidence.trim() {
        "" => "nothing says that it was done".to_owned(),
        text if text.chars().count() > LONGEST => {
            format!("what proves it is longer than {LONGEST} characters")
        }
        text if text.contains('\0') => "what proves it holds a NUL character".to_owned(),
        _ => return Ok(()),
    };
    Err(AppError::new(
        ErrorKind::Invalid,
        "TNR-TASK-0003",
        problem,
        "say in a sentence how you know, for example where the thing is now",
    ))
}
