//! What somebody has to do by hand because a person left: asked for, overdue, and over.
//!
//! Level-triggered, as everything here: what is asked for follows from where the person stands, what
//! is seen of their account and what was asked for before. It is never asked for twice.

use lifecycle::assign::Worker;
use lifecycle::draft::{Observed, Seen};
use lifecycle::manual::{awaited, due, over};
use lifecycle::resolve::Desired;
use model::event::{TaskDropped, TaskOpened};
use model::plan::About;
use model::{Address, Event, Ownership, Task, TaskId};
use ports::store::{Person, PlanRow};

use super::pass::Pass;
use crate::AppError;
use crate::tasks::overdue;

impl Pass {
    /// Opens the tasks of somebody who has left and whose account is closed, drops those that count
    /// no longer, and says which are overdue.
    pub(super) async fn by_hand(
        &mut self,
        person: &Person,
        worker: Worker<'_>,
        desired: &Desired,
        observed: &Observed,
        open: &[PlanRow],
    ) -> Result<(), AppError> {
        let loaded = std::sync::Arc::clone(&self.loaded);
        if person.tasks.is_empty() && !loaded.book.has_manual() {
            return Ok(());
        }
        let now = self.app.clock.now();
        let dropped = over(worker, &loaded.book, desired, now);
        for (task, because) in &dropped {
            self.drop(task, because).await?;
        }
        let late = person.tasks.iter().filter(|known| known.is_overdue(now));
        let late = late.filter(|known| dropped.iter().all(|(task, _)| task.id != known.task.id));
        self.findings.extend(late.map(|known| overdue(&known.task)));
        for (target, step) in awaited(worker, &loaded.book, desired, now) {
            let account = Address::account(target, person.subject);
            if !self.is_closed(&account, observed, open).await? {
                continue;
            }
            let task = Task {
                id: TaskId::new(now, ports::clock::draw(&*self.app.entropy)),
                subject: person.subject,
                target: target.clone(),
                step: step.name.clone(),
                owner: step.owner.clone(),
                text: step.text.clone(),
                before_delete: step.before_delete,
                opened: now,
                due: due(worker, step, now),
            };
            self.tasks.push(Event::TaskOpened(TaskOpened { task }));
            self.late.push(person.subject);
        }
        Ok(())
    }

    async fn drop(&mut self, task: &Task, because: &str) -> Result<(), AppError> {
        self.tasks.push(Event::TaskDropped(TaskDropped {
            task: task.id,
            subject: task.subject,
            target: task.target.clone(),
            step: task.step.clone(),
            reason: because.to_owned(),
        }));
        let closed = self.app.no_longer_overdue(task, because).await?;
        self.tasks.extend(closed);
        Ok(())
    }

    /// Whether an account that was theirs is closed: it is ours and seen disabled, or it is gone and
    /// the last that was planned for them was to close it.
    async fn is_closed(
        &self,
        account: &Address,
        observed: &Observed,
        open: &[PlanRow],
    ) -> Result<bool, AppError> {
        match observed.seen.get(account) {
            Some(Seen::Present {
                object: Some(object),
                ownership: Some(Ownership::Managed | Ownership::Adopted),
            }) => return Ok(!object.active),
            Some(Seen::Present { .. }) => return Ok(false),
            _ => {}
        }
        let closes = |plan: &PlanRow| {
            let mut steps = plan.steps.iter();
            steps.any(|step| step.address == *account && step.verb == "disable")
        };
        if open.iter().any(closes) {
            return Ok(true);
        }
        let Some(subject) = account.key.subject() else {
            return Ok(false);
        };
        let about = About::Subject(subject);
        let last = self.app.store.plans_about(&about, 1).await?;
        Ok(last.iter().any(closes))
    }
}
