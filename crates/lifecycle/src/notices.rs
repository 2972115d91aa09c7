//! Telling people: what a notice does next, from how it stands, what the documents ask for, and
//! the time. Decides; sends nothing.
//!
//! A message whose answer is known is never sent again. One whose answer was lost is sent again
//! under the same id, as often as one that failed: not knowing is not failing, but a page that
//! nobody got is worse than one that says that it may have come before.

use std::time::Duration;

use model::notice::{
    Acknowledgement, Answer, Escalation, Happened, Message, MessageStatus, Notice,
};
use model::{Occasion, Timestamp};

/// How long after each failed attempt the next one waits, in seconds. One more attempt than there
/// are pauses: eight, within 19 minutes.
const PAUSES: [u64; 7] = [5, 15, 30, 60, 120, 300, 600];
/// No channel is waited for longer than this, whatever it asks for.
const LONGEST: Duration = Duration::from_secs(600);

/// Something that people should be told of, and that is so now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// What kind of thing it is.
    pub occasion: Occasion,
    /// Which one; the same thing is told once.
    pub about: String,
    /// One sentence: what happened. Holds no personal value.
    pub text: String,
    /// What to do.
    pub advice: String,
}

/// How documents want people to be told of an occasion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The channels; at least one.
    pub channels: Vec<String>,
    /// How long somebody may take to answer, and the channels to which it is passed on then.
    pub escalation: Option<(Duration, Vec<String>)>,
    /// How long after somebody answered, or it was passed on, what is still so is told again.
    pub repeat: Option<Duration>,
}

/// What a notice does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// Nothing before this instant; `None`: nothing by itself.
    Rest(Option<Timestamp>),
    /// It changes, and then asks again.
    Change(Happened, Notice),
    /// The messages that are `Sending` in it go out, once this is durable.
    Send(Notice),
}

/// A notice that begins now.
#[must_use]
pub fn raise(occurrence: &Occurrence, alarm: &Alarm, now: Timestamp) -> Notice {
    Notice {
        occasion: occurrence.occasion,
        about: occurrence.about.clone(),
        text: occurrence.text.clone(),
        advice: occurrence.advice.clone(),
        round: 0,
        raised: now,
        messages: messages(&alarm.channels, false, now),
        escalated: None,
        acknowledged: None,
        ended: None,
    }
}

/// A notice that is told again, in a round of its own: it was over and is so again, or it is still so
/// for as long as the alarm lets it be. `None`: not now.
#[must_use]
pub fn again(
    notice: &Notice,
    occurrence: &Occurrence,
    alarm: &Alarm,
    now: Timestamp,
) -> Option<Notice> {
    let still = match notice.ended {
        // Whoever's clock is behind knows nothing newer than whoever ended it.
        Some(ended) if ended > now => return None,
        Some(_) => "",
        None if repeats_at(notice, alarm)? > now || notice.messages.iter().any(is_open) => {
            return None;
        }
        None => "still so: ",
    };
    let mut next = raise(occurrence, alarm, now);
    next.round = notice.round.saturating_add(1);
    next.text = format!("{still}{}", next.text);
    Some(next)
}

/// When what is still so is told again.
fn repeats_at(notice: &Notice, alarm: &Alarm) -> Option<Timestamp> {
    let after = alarm.repeat?;
    let answered = notice.acknowledged.as_ref().map(|known| known.at);
    let passed_on = notice.escalated.as_ref().map(|passed| passed.at);
    let told = answered.into_iter().chain(passed_on).max();
    let since = match told {
        Some(told) => told,
        // First it is passed on.
        None if alarm.escalation.is_some() => return None,
        None => notice.raised,
    };
    Some(since.plus(after))
}

fn is_open(message: &Message) -> bool {
    matches!(
        message.status,
        MessageStatus::Waiting | MessageStatus::Sending
    )
}

fn messages(channels: &[String], escalation: bool, now: Timestamp) -> Vec<Message> {
    let message = |channel: &String| Message {
        channel: channel.clone(),
        escalation,
        status: MessageStatus::Waiting,
        attempts: 0,
        at: now,
        not_before: Some(now),
        unsure: false,
        detail: String::new(),
    };
    channels.iter().map(message).collect()
}

/// What a notice does next. `lasts`: its cause is still so, whatever documents ask for; without an
/// alarm nobody is told of it meanwhile. Whoever asks holds the lease under which messages are sent,
/// so that a message that is being sent belongs to a node that is gone.
#[must_use]
pub fn turn(notice: &Notice, alarm: Option<&Alarm>, lasts: bool, now: Timestamp) -> Turn {
    if notice.ended.is_some() {
        return Turn::Rest(None);
    }
    let mut next = notice.clone();
    if !lasts {
        next.ended = Some(now);
        drop_messages(&mut next, now);
        return Turn::Change(Happened::Ended, next);
    }
    let mut interrupted = false;
    for message in &mut next.messages {
        if message.status == MessageStatus::Sending {
            let detail = "interrupted".to_owned();
            failed(message, detail, true, None, now);
            interrupted = true;
        }
    }
    if interrupted {
        // Whatever was under way when somebody answered is not repeated.
        if notice.acknowledged.is_some() {
            drop_messages(&mut next, now);
        }
        return Turn::Change(Happened::Answered, next);
    }
    let Some(alarm) = alarm else {
        return Turn::Rest(None);
    };
    if notice.acknowledged.is_some() {
        return Turn::Rest(repeats_at(notice, alarm));
    }
    if let Some(escalated) = escalated(&next, alarm, now) {
        return Turn::Change(Happened::Escalated, escalated);
    }
    let mut sends = false;
    for message in next.messages.iter_mut().filter(|m| is_due(m, now)) {
        message.status = MessageStatus::Sending;
        message.attempts += 1;
        message.at = now;
        message.not_before = None;
        sends = true;
    }
    if sends {
        return Turn::Send(next);
    }
    let waits = next.messages.iter().filter_map(|m| m.not_before);
    let answer_by = alarm
        .escalation
        .as_ref()
        .filter(|_| next.escalated.is_none())
        .map(|(within, _)| next.raised.plus(*within));
    let soonest = waits.chain(answer_by).chain(repeats_at(&next, alarm));
    Turn::Rest(soonest.min())
}

fn is_due(message: &Message, now: Timestamp) -> bool {
    message.status == MessageStatus::Waiting && message.not_before.is_none_or(|at| at <= now)
}

/// The notice as it is passed on, when it is time.
fn escalated(notice: &Notice, alarm: &Alarm, now: Timestamp) -> Option<Notice> {
    let (within, channels) = alarm.escalation.as_ref()?;
    if notice.escalated.is_some() {
        return None;
    }
    let nobody = |m: &Message| m.status == MessageStatus::GivenUp;
    let because = if notice.messages.iter().all(nobody) {
        "no channel took it".to_owned()
    } else if now >= notice.raised.plus(*within) {
        let minutes = within.as_secs() / 60;
        let plural = if minutes == 1 { "" } else { "s" };
        format!("nobody acknowledged it within {minutes} minute{plural}")
    } else {
        return None;
    };
    let mut next = notice.clone();
    next.escalated = Some(Escalation { at: now, because });
    next.messages.extend(messages(channels, true, now));
    Some(next)
}

/// The notice after the outcomes of what was sent: the place of each message, the number of the
/// attempt, and how it ended. Meanwhile somebody may have answered, or another node gone on.
#[must_use]
pub fn answered(notice: &Notice, answers: &[(usize, u32, Answer)], now: Timestamp) -> Notice {
    let mut next = notice.clone();
    for (place, attempt, answer) in answers {
        let Some(message) = next.messages.get_mut(*place) else {
            continue;
        };
        if message.status == MessageStatus::Delivered {
            continue;
        }
        match answer {
            // Also of an attempt that was given up for interrupted: the channel has it.
            Answer::Delivered { detail } => {
                message.status = MessageStatus::Delivered;
                message.at = now;
                message.not_before = None;
                message.detail.clone_from(detail);
            }
            _ if message.attempts != *attempt || message.status != MessageStatus::Sending => {}
            Answer::Failed { detail, wait } => failed(message, detail.clone(), false, *wait, now),
            Answer::Lost { detail } => failed(message, detail.clone(), true, None, now),
        }
    }
    if next.acknowledged.is_some() || next.ended.is_some() {
        drop_messages(&mut next, now);
    }
    next
}

fn failed(
    message: &mut Message,
    detail: String,
    unsure: bool,
    wait: Option<Duration>,
    now: Timestamp,
) {
    let made = usize::try_from(message.attempts).unwrap_or(usize::MAX);
    let pause = made.checked_sub(1).and_then(|last| PAUSES.get(last));
    message.at = now;
    message.unsure |= unsure;
    message.detail = detail;
    match pause {
        Some(pause) => {
            let pause = Duration::from_secs(*pause).max(wait.unwrap_or_default());
            message.status = MessageStatus::Waiting;
            message.not_before = Some(now.plus(pause.min(LONGEST)));
        }
        None => {
            message.status = MessageStatus::GivenUp;
            message.not_before = None;
        }
    }
}

/// The notice once somebody has answered it; `None` when somebody did, or it is over.
#[must_use]
pub fn acknowledge(notice: &Notice, by: &str, reason: &str, now: Timestamp) -> Option<Notice> {
    if notice.acknowledged.is_some() || notice.ended.is_some() {
        return None;
    }
    let mut next = notice.clone();
    next.acknowledged = Some(Acknowledgement {
        at: now,
        by: by.to_owned(),
        reason: reason.to_owned(),
    });
    for message in &mut next.messages {
        // What is being sent this moment is told when its outcome is known.
        if message.status == MessageStatus::Waiting {
            drop_message(message, now);
        }
    }
    Some(next)
}

fn drop_messages(notice: &mut Notice, now: Timestamp) {
    for message in &mut notice.messages {
        if is_open(message) {
            message.unsure |= message.status == MessageStatus::Sending;
            drop_message(message, now);
        }
    }
}

fn drop_message(message: &mut Message, now: Timestamp) {
    message.status = MessageStatus::Dropped;
    message.at = now;
    message.not_before = None;
}

#[cfg(test)]
mod tests;
