//! What somebody has to do by hand because a person left: asked for, overdue, and over.
//!
//! Level-triggered, as everything here: what is asked for follows from where the person stands, what
//! is seen of their account, what was asked for before, and whether anybody is still to decide about
//! it. It is never asked for twice.

use lifecycle::assign::Worker;
use lifecycle::draft::{Observed, Seen};
use lifecycle::manual::{awaited, due, leaving, over};
use lifecycle::resolve::Desired;
use model::event::{TaskDropped, TaskOpened};
use model::plan::{About, PlanStatus};
use model::{Address, Change, Event, Ownership, Task, TaskId, Verdict, WaveId};
use ports::store::{MAX_PAGE, Person, PlanRow};

use super::pass::Pass;
use crate::AppError;
use crate::drill::is_persona;
use crate::tasks::overdue;

/// Plans about somebody that are looked back at.
const PAST: u32 = 20;

/// Whether an account is closed because its person left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Closed {
    Yes,
    No,
    /// It is of no use to anyone, but somebody is still to decide whether they have left.
    Undecided,
}

/// What became of a wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdicted {
    /// The guard allows it, or somebody let it go, or nothing of it waits for a word any more.
    LetGo,
    /// The guard holds something of it, and nobody has decided.
    Held,
    /// A person refused it.
    Refused,
}

impl Pass {
    /// Opens the tasks of somebody who has left and whose account is closed, drops those that count
    /// no longer, and says which are overdue. `open`: their plans that are waiting or released.
    /// Answers whether anything is to be looked at again though nothing of theirs moves.
    pub(super) async fn by_hand(
        &mut self,
        person: &Person,
        worker: Worker<'_>,
        (desired, observed): (&Desired, &Observed),
        open: &[PlanRow],
    ) -> Result<bool, AppError> {
        let loaded = std::sync::Arc::clone(&self.loaded);
        // Nobody is sent for the laptop of whoever is made up for a drill.
        if is_persona(person) {
            return Ok(false);
        }
        if person.tasks.is_empty() && !loaded.book.has_manual() {
            return Ok(false);
        }
        let now = self.app.clock.now();
        let dropped = over(worker, &loaded.book, desired, now);
        for (task, because) in &dropped {
            self.drop(task, because).await?;
        }
        let late = person.tasks.iter().filter(|known| known.is_overdue(now));
        let late = late.filter(|known| dropped.iter().all(|(task, _)| task.id != known.task.id));
        self.findings.extend(late.map(|known| overdue(&known.task)));
        let mut undecided = false;
        for (target, step) in awaited(worker, &loaded.book, desired, now) {
            let account = Address::account(target, person.subject);
            match self.is_closed(&account, observed, worker, open).await? {
                Closed::Yes => {}
                Closed::No => continue,
                Closed::Undecided => {
                    undecided = true;
                    continue;
                }
            }
            let task = Task {
                id: TaskId::new(now, ports::clock::draw(&*self.app.entropy)),
                subject: person.subject,
                target: target.clone(),
                step: step.name.clone(),
                owner: step.owner.clone(),
                text: step.text.clone(),
                before_delete: step.before_delete,
                leaving: leaving(worker, now),
                opened: now,
                due: due(worker, step, now),
            };
            self.tasks.push(Event::TaskOpened(TaskOpened { task }));
            self.late.push(person.subject);
        }
        if undecided {
            self.undecided.insert(person.subject);
        }
        Ok(undecided)
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
    /// the last plan for it was to close it. By whomever: but not while the guard holds what would
    /// close it, or would take away what is left of it, and not once a person refused that.
    async fn is_closed(
        &self,
        account: &Address,
        observed: &Observed,
        worker: Worker<'_>,
        open: &[PlanRow],
    ) -> Result<Closed, AppError> {
        let there = match observed.seen.get(account) {
            Some(Seen::Present {
                object: Some(object),
                ownership: Some(Ownership::Managed | Ownership::Adopted),
            }) if !object.active => true,
            // Nobody's by a link, and nothing asks that it exist: gone, as far as we know.
            Some(Seen::Absent) | None => false,
            Some(_) => return Ok(Closed::No),
        };
        // A deletion that waits says nothing of whether they have left.
        let waits =
            |plan: &&PlanRow| plan.status == PlanStatus::Waiting && plan.change != Change::Deletion;
        for plan in open.iter().filter(waits) {
            if self.word(plan.wave).await? == Verdicted::Held {
                return Ok(Closed::Undecided);
            }
        }
        let about = About::Subject(worker.subject);
        let past = self.app.store.plans_about(&about, PAST).await?;
        // Newest first; plans about other apps say nothing about this account.
        let here = |plan: &&PlanRow| plan.steps.iter().any(|s| s.address == *account);
        let disables = |plan: &PlanRow| {
            let mut steps = plan.steps.iter();
            steps.any(|s| s.address == *account && s.verb == "disable")
        };
        match past.iter().find(here).filter(|plan| disables(plan)) {
            Some(plan) => self.let_go_of(plan).await,
            None if !there => Ok(Closed::No),
            // It was disabled before: they were away, or somebody did it by hand. That a row is
            // missing is weak evidence, and counts for nothing while the guard doubts it.
            // It is judged by this very planning, and looked at again after that.
            None if self.is_missing_only(worker)
                && (!self.judged || self.missing_rows_held().await?) =>
            {
                Ok(Closed::Undecided)
            }
            None => Ok(Closed::Yes),
        }
    }

    /// Whether what was to close an account stands.
    async fn let_go_of(&self, plan: &PlanRow) -> Result<Closed, AppError> {
        match plan.status {
            PlanStatus::Refused => Ok(Closed::No),
            PlanStatus::Released | PlanStatus::Applied | PlanStatus::Failed | PlanStatus::Stale => {
                Ok(Closed::Yes)
            }
            // Overtaken, because there is nothing left to do.
            PlanStatus::Waiting | PlanStatus::Superseded => {
                Ok(match self.word(plan.wave).await? {
                    Verdicted::LetGo => Closed::Yes,
                    Verdicted::Held => Closed::Undecided,
                    Verdicted::Refused => Closed::No,
                })
            }
        }
    }

    /// What the guard and people said of a wave.
    async fn word(&self, wave: WaveId) -> Result<Verdicted, AppError> {
        let Some(row) = self.app.store.wave(wave).await? else {
            return Ok(Verdicted::Held);
        };
        let allowed = matches!(row.verdict, Some(Verdict::Allow { .. }));
        let went = [
            PlanStatus::Released,
            PlanStatus::Applied,
            PlanStatus::Failed,
            PlanStatus::Stale,
        ];
        let went = went.into_iter().any(|status| row.count(status) > 0);
        let refused = row.count(PlanStatus::Refused) > 0;
        Ok(if allowed {
            Verdicted::LetGo
        } else if row.count(PlanStatus::Waiting) > 0 {
            Verdicted::Held
        } else if refused && !went {
            Verdicted::Refused
        } else {
            // Also where everything in it was overtaken: nobody can decide about it any more.
            Verdicted::LetGo
        })
    }

    /// Whether the guard holds people whose rows are missing.
    async fn missing_rows_held(&self) -> Result<bool, AppError> {
        let waves = self.app.store.undecided_waves(MAX_PAGE).await?;
        let held = waves.iter().any(|row| {
            let allowed = matches!(row.verdict, Verdict::Allow { .. });
            row.cause.change == Change::MissingRow && !allowed
        });
        Ok(held)
    }

    /// Whether nothing says that somebody has left but that their row is not there.
    fn is_missing_only(&self, worker: Worker<'_>) -> bool {
        let missing = worker.withdrawn && worker.terminated.is_none();
        missing && leaving(worker, self.app.clock.now()).is_none()
    }
}
