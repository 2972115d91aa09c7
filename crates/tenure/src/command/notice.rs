//! What people are told of, and how.

use api::{AcknowledgeRequest, Done, TestChannel, WireNotice};
use clap::Subcommand;
use serde_json::json;

use super::manage::told;
use super::{Change, Desk};
use crate::failure::{Exit, Failure};
use crate::output::{Format, printable};

/// What follows `tenure notice`.
#[derive(Debug, Subcommand)]
pub enum NoticeCommand {
    /// Lists what people are told of, newest first; exit code 2 while somebody is waited for.
    List {
        /// Also what is over.
        #[arg(long)]
        all: bool,
    },
    /// Says that you have it: it is not passed on, and not sent any more.
    Ack {
        /// Its id, as the message names it.
        notice: String,
        #[command(flatten)]
        change: Change,
    },
}

/// What follows `tenure channel`.
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    /// Sends a message that says that somebody tries it.
    Test {
        /// The name of its document.
        channel: String,
        /// Why, for example a ticket. Kept in the log.
        #[arg(long)]
        reason: String,
    },
}

/// `tenure notice …`.
pub async fn notice(desk: &Desk, command: NoticeCommand) -> Result<Exit, Failure> {
    match command {
        NoticeCommand::List { all } => list(desk, all).await,
        NoticeCommand::Ack { notice, change } => acknowledge(desk, &notice, change).await,
    }
}

async fn list(desk: &Desk, all: bool) -> Result<Exit, Failure> {
    let query: &[(&str, &str)] = if all { &[] } else { &[("open", "true")] };
    let rows: Vec<WireNotice> = desk.client.all(&["notices"], query).await?;
    let columns = ["notice", "occasion", "status", "raised", "told", "text"];
    let format = desk.output.format();
    if matches!(format, Format::Table | Format::Md | Format::Csv) {
        // Where a cell is one text, the messages are. What is long comes last.
        let lines: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "notice": row.notice, "occasion": row.occasion, "about": row.about,
                    "status": row.status, "raised": row.raised, "told": messages(row),
                    "text": row.text, "advice": row.advice, "escalated": row.escalated,
                    "escalated_because": row.escalated_because,
                    "acknowledged": row.acknowledged, "acknowledged_by": row.acknowledged_by,
                    "acknowledged_because": row.acknowledged_because, "ended": row.ended,
                })
            })
            .collect();
        desk.output.list(&lines, &columns)?;
    } else {
        desk.output
            .list(&rows, &["notice", "occasion", "status", "raised", "text"])?;
    }
    if rows.is_empty() && format == Format::Table {
        eprintln!("Nobody is told of anything.");
    }
    let waiting = rows
        .iter()
        .any(|row| matches!(row.status.as_str(), "open" | "escalated"));
    Ok(if waiting { Exit::Present } else { Exit::Fine })
}

fn messages(row: &WireNotice) -> String {
    let told = row.messages.iter().map(|message| {
        let attempts = match message.attempts {
            0 | 1 => String::new(),
            many => format!(" in {many} attempts"),
        };
        let detail = match message.detail.as_str() {
            "" => String::new(),
            detail => format!(", {detail}"),
        };
        let status = message.status.replace('_', " ");
        format!("{}: {status}{attempts}{detail}", message.channel)
    });
    told.collect::<Vec<_>>().join("; ")
}

async fn acknowledge(desk: &Desk, id: &str, change: Change) -> Result<Exit, Failure> {
    let body = AcknowledgeRequest {
        reason: change.needed_reason()?,
        dry_run: change.dry_run,
    };
    let path = ["notices", id, "acknowledge"];
    let row: WireNotice = desk.client.post(&path, &body).await?;
    let would = if change.dry_run { "would be" } else { "is" };
    let text = printable(&row.text);
    let advice = printable(&row.advice);
    eprintln!("{} {would} yours: {text}.", row.notice);
    eprintln!("To do: {advice}.");
    Ok(Exit::Fine)
}

/// `tenure channel …`.
pub async fn channel(desk: &Desk, command: ChannelCommand) -> Result<Exit, Failure> {
    let ChannelCommand::Test { channel, reason } = command;
    let path = ["channels", channel.as_str(), "test"];
    let done: Done = desk.client.post(&path, &TestChannel { reason }).await?;
    told(&done);
    Ok(Exit::Fine)
}
