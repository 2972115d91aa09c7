//! What people are told of, and how.

use std::sync::Arc;

use api::{AcknowledgeRequest, Done, Page, Problem, TestChannel, WireMessage, WireNotice};
use app::rows::NoticeRow;
use model::NoticeId;
use model::notice::Message;

use super::{Rooms, fail};
use crate::route::{Call, Reply};

/// Notices that are looked through.
const MOST: u32 = 10_000;

pub async fn list(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let (open, limit) = (call.flag("open")?, call.limit()?);
    let store = rooms.app.store();
    let rows = if open {
        // The newest of them, and the store gives the oldest first.
        let mut rows = store.open_notices(MOST).await.map_err(fail)?;
        rows.reverse();
        rows.truncate(limit as usize);
        rows
    } else {
        store.notices(limit).await.map_err(fail)?
    };
    Reply::json(&Page::whole(rows.iter().map(wire).collect()))
}

pub async fn acknowledge(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: AcknowledgeRequest = call.json()?;
    let id = call.id::<NoticeId>("notice")?;
    let row = rooms
        .app
        .acknowledge(call.actor(), id, &asked.reason, asked.dry_run)
        .await
        .map_err(fail)?;
    Reply::json(&wire(&row))
}

pub async fn test(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let _: TestChannel = call.json()?;
    let channel = call.text("channel")?;
    let left_out = rooms
        .app
        .try_channel(call.actor(), channel)
        .await
        .map_err(fail)?;
    let mut done = format!("the channel {channel} took a message");
    if !left_out.is_empty() {
        done = format!("{done}, but {left_out}");
    }
    Reply::json(&Done {
        done,
        dry_run: false,
    })
}

fn wire(row: &NoticeRow) -> WireNotice {
    let state = &row.state;
    let known = state.acknowledged.as_ref();
    let passed_on = state.escalated.as_ref();
    let status = match (state.ended, known) {
        (Some(_), _) => "over",
        (None, Some(_)) => "acknowledged",
        (None, None) if passed_on.is_some() => "escalated",
        (None, None) => "open",
    };
    let at = |at: model::Timestamp| at.to_string();
    WireNotice {
        notice: row.id.to_string(),
        occasion: state.occasion.as_str().to_owned(),
        about: state.about.clone(),
        status: status.to_owned(),
        text: state.text.clone(),
        advice: state.advice.clone(),
        raised: at(state.raised),
        escalated: passed_on.map(|e| at(e.at)).unwrap_or_default(),
        escalated_because: passed_on.map(|e| e.because.clone()).unwrap_or_default(),
        acknowledged: known.map(|a| at(a.at)).unwrap_or_default(),
        acknowledged_by: known.map(|a| a.by.clone()).unwrap_or_default(),
        acknowledged_because: known.map(|a| a.reason.clone()).unwrap_or_default(),
        ended: state.ended.map(at).unwrap_or_default(),
        messages: state.messages.iter().map(message).collect(),
    }
}

fn message(message: &Message) -> WireMessage {
    WireMessage {
        channel: message.channel.clone(),
        escalation: message.escalation,
        status: message.status.as_str().to_owned(),
        attempts: message.attempts,
        at: message.at.to_string(),
        unsure: message.unsure,
        detail: message.detail.clone(),
    }
}
