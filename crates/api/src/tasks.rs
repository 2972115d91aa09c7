//! What is done by hand.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that is to be done by hand because somebody left, or that was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireTask {
    /// Its id.
    pub id: String,
    /// `open`, `overdue` or `done`.
    pub status: String,
    /// The app whose document asks for it.
    pub app: String,
    /// What the document calls it.
    pub step: String,
    /// The person or team who does it.
    pub owner: String,
    /// What is to be done.
    pub text: String,
    /// What does not happen before it is done: `delete`; empty if nothing waits.
    pub before: String,
    /// For whom it is done: the subject's id.
    pub subject: String,
    /// Their worker key.
    pub key: String,
    /// The name to show.
    pub name: String,
    /// When it was asked for.
    pub opened: String,
    /// From this instant it is overdue.
    pub due: String,
    /// Who said that it was done; empty before.
    pub done_by: String,
    /// When they said so; empty before.
    pub done_at: String,
    /// What proves it; empty before.
    pub evidence: String,
    /// Why they said so; empty before.
    pub reason: String,
}

/// Says that a task was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinishTask {
    /// What proves it, in a sentence. Kept under the person's own key, and erased with them.
    pub evidence: String,
    /// Say what would be; change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why, for example a ticket. Names nobody.
    pub reason: String,
}

/// A task as it stands, or would stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaskAnswer {
    /// The task.
    pub task: WireTask,
    /// True when nothing was changed because a dry run was asked for.
    pub dry_run: bool,
}
