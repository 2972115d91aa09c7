//! Tasks: what somebody has to do by hand because a person left.

use serde::{Deserialize, Serialize};

use crate::address::TargetName;
use crate::id::{SubjectId, TaskId};
use crate::personal::Personal;
use crate::time::Timestamp;

/// A manual step of an app that is to be done for one person. What it says is what the document
/// said when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// For whom it is done.
    pub subject: SubjectId,
    /// The app whose document asks for it.
    pub target: TargetName,
    /// What the document calls it.
    pub step: String,
    /// The person or team who does it.
    pub owner: String,
    /// What is to be done, in the words of the document.
    pub text: String,
    /// Whether the account is not deleted before it is done.
    pub before_delete: bool,
    /// When work had ended, as HR said when it was opened. `None`: somebody else's word ended it, or
    /// it was opened before this was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaving: Option<Timestamp>,
    /// When it was opened.
    pub opened: Timestamp,
    /// From this instant it is overdue.
    pub due: Timestamp,
}

/// That a task was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The principal who said so.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Why it may be believed, for example a ticket. Says nothing of a person.
    pub reason: String,
    /// What proves it, in the words of whoever did it.
    pub personal: Personal<String>,
}

/// A task that was not dropped, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownTask {
    /// The task.
    pub task: Task,
    /// Set once it is done.
    pub done: Option<Done>,
}

impl KnownTask {
    /// Whether it is still to be done, and should have been.
    #[must_use]
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.done.is_none() && self.task.due <= now
    }
}
