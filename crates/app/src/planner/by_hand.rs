//! What somebody has to do by hand because a person left: asked for, overdue, and over.
//!
//! Level-triggered, as everything here: what is asked for follows from where the person stands, what
//! is seen of their account and what was asked for before. It is never asked for twice.

use lifecycle::assign::Worker;
use lifecycle::draft::{Observed, Seen};
use lifecycle::manual::{awaited, due, over};
use lifecycle::resolve::Desired;
use model::event::{TaskDropped, TaskOpened};
use model::plan::{About, PlanStatus};
use model::{Address, Event, Ownership, Task, TaskId};
use ports::store::{Person, PlanRow};

use super::pass::Pass;
use crate::AppError;
use crate::tasks::overdue;

/// Plans about somebody that are looked back at.
const PAST: u32 = 20;

impl Pass {
    /// Opens the tasks of somebody who has left and whose account is closed, drops those that count
    /// no longer, and says which are overdue.
    pub(super) async fn by_hand(
        &mut self,
        person: &Person,
        worker: Worker<'_>,
        desired: &Desired,
        observed: &Observed,
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
            if !self.is_closed(&account, observed).await? {
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
    /// the last plan for it that counts was to close it.
    async fn is_closed(&self, account: &Address, observed: &Observed) -> Result<bool, AppError> {
        match observed.seen.get(account) {
            Some(Seen::Present {
                object: Some(object),
                ownership: Some(Ownership::Managed | Ownership::Adopted),
            }) => return Ok(!object.active),
            // Nobody's by a link, and nothing asks that it exist: gone, as far as we know.
            Some(Seen::Absent) | None => {}
            Some(_) => return Ok(false),
        }
        let about = account.key.subject().map(About::Subject);
        let Some(about) = about else { return Ok(false) };
        let past = self.app.store.plans_about(&about, PAST).await?;
        // Newest first; plans about other apps say nothing about this account.
        let here = |plan: &PlanRow| plan.steps.iter().any(|s| s.address == *account);
        let last = past.iter().find(|plan| counts(plan) && here(plan));
        let closes = |plan: &PlanRow| {
            let mut steps = plan.steps.iter();
            steps.any(|s| s.address == *account && s.verb == "disable")
        };
        Ok(last.is_some_and(closes))
    }
}

/// Whether what a plan says still stands: nobody refused it, and no newer one took its place.
fn counts(plan: &PlanRow) -> bool {
    !matches!(plan.status, PlanStatus::Refused | PlanStatus::Superseded)
}
