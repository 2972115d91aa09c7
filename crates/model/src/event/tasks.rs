//! Events about tasks: what is done by hand because somebody left.

use serde::{Deserialize, Serialize};

use crate::address::TargetName;
use crate::id::{SubjectId, TaskId};
use crate::personal::Personal;
use crate::task::Task;
use crate::time::Timestamp;

/// Somebody has to do something by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskOpened {
    /// What, for whom, until when.
    pub task: Task,
}

/// A task was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDone {
    /// The whole task.
    pub task: Task,
    /// The principal who said so.
    pub by: String,
    /// When they said so.
    pub at: Timestamp,
    /// Why, for example a ticket.
    pub reason: String,
    /// What proves it.
    pub personal: Personal<String>,
}

/// A task, open or done, counts no longer: the leaving that it belongs to is undone, or nothing
/// asks for it any more. The next leaving opens a new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskDropped {
    /// Which.
    pub task: TaskId,
    /// For whom it was.
    pub subject: SubjectId,
    /// The app.
    pub target: TargetName,
    /// What the document called it.
    pub step: String,
    /// Why it counts no longer.
    pub reason: String,
}
