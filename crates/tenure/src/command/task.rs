//! What is done by hand because somebody left.

use api::{FinishTask, TaskAnswer, WireTask};
use clap::{Args, Subcommand};

use super::{Change, Desk};
use crate::failure::{Exit, Failure};
use crate::output::{Format, printable};

/// What follows `tenure task`.
#[derive(Debug, Subcommand)]
pub enum TaskCommand {
    /// Lists what is to be done, those first that are due first. Ends with 2 where something is
    /// overdue.
    List(Listed),
    /// Says that a task was done.
    Done {
        /// Its id.
        task: String,
        /// What proves it, in a sentence. Erased with the person.
        #[arg(long, value_name = "TEXT")]
        evidence: String,
        #[command(flatten)]
        change: Change,
    },
}

/// Which tasks.
#[derive(Debug, Default, Args)]
pub struct Listed {
    /// Only those that should be done by now.
    #[arg(long, conflicts_with = "person")]
    pub overdue: bool,
    /// Only those of this owner.
    #[arg(long)]
    pub owner: Option<String>,
    /// Everything about one person, also what is done: subject id, worker key, mail address or name.
    #[arg(long)]
    pub person: Option<String>,
}

/// `tenure task list`.
pub async fn list(desk: &Desk, listed: &Listed) -> Result<Exit, Failure> {
    let mut query = Vec::new();
    if listed.overdue {
        query.push(("overdue", "true"));
    }
    if let Some(person) = &listed.person {
        query.push(("person", person));
    }
    let mut rows: Vec<WireTask> = desk.client.all(&["tasks"], &query).await?;
    if let Some(owner) = &listed.owner {
        rows.retain(|task| task.owner == *owner);
    }
    let mut columns = vec!["id", "status", "due", "owner", "step", "app", "key", "name"];
    if listed.person.is_some() {
        columns.extend(["done_by", "evidence", "reason"]);
    }
    // Texts can be long: in the last column they push nothing aside.
    columns.push("text");
    desk.output.list(&rows, &columns)?;
    if rows.is_empty() && desk.output.format() == Format::Table {
        eprintln!("Nothing is to be done by hand.");
    }
    let late = rows.iter().any(|task| task.status == "overdue");
    Ok(if late { Exit::Present } else { Exit::Fine })
}

/// `tenure task done ID`.
pub async fn done(
    desk: &Desk,
    task: &str,
    evidence: String,
    change: Change,
) -> Result<Exit, Failure> {
    let reason = change.needed_reason()?;
    let body = FinishTask {
        evidence,
        dry_run: change.dry_run,
        reason,
    };
    let answer: TaskAnswer = desk.client.post(&["tasks", task, "done"], &body).await?;
    let would = if answer.dry_run { "would be" } else { "is" };
    let WireTask {
        step, app, name, ..
    } = &answer.task;
    let name = printable(name);
    eprintln!("`{step}` of `{app}` for {name} {would} done.");
    Ok(Exit::Fine)
}
