use model::event::{TaskDone, TaskDropped};
use model::{Personal, Task, TaskId};

use super::{PERSONAL, at, slack, subject};

/// What is to be done by hand for the `n`th person.
pub fn task(n: u8) -> Task {
    Task {
        id: TaskId::from_bits(u128::from(n) + 1),
        subject: subject(n),
        target: slack(),
        step: "return-laptop".to_owned(),
        owner: "it-desk".to_owned(),
        text: "Take the laptop back.".to_owned(),
        before_delete: true,
        leaving: Some(at(0)),
        opened: at(0),
        due: at(60),
    }
}

/// The `n`th person's task as done.
pub fn task_done(n: u8) -> TaskDone {
    TaskDone {
        task: Task {
            id: TaskId::from_bits(u128::from(n) + 1_001),
            ..task(n)
        },
        by: "it-desk".to_owned(),
        at: at(9),
        reason: "IT-7".to_owned(),
        personal: Personal::Known(format!("{PERSONAL} handed it in")),
    }
}

/// That the `n`th person's task counts no longer.
pub fn task_dropped(n: u8) -> TaskDropped {
    let task = task(n);
    TaskDropped {
        task: task.id,
        subject: task.subject,
        target: task.target,
        step: task.step,
        reason: "they are back".to_owned(),
    }
}
