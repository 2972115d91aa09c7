//! What people are told of.

use model::event::NoticeChanged;
use model::notice::{Happened, Message, MessageStatus, Notice, Occasion};

use super::{at, wave_id};

/// The `n`th thing that people are told of, about the `n`th wave.
pub fn noticed(n: u8) -> NoticeChanged {
    let state = Notice {
        occasion: Occasion::HeldWave,
        about: wave_id(n).to_string(),
        text: "a wave is held".to_owned(),
        advice: "look at it".to_owned(),
        round: u32::from(n),
        raised: at(0),
        messages: vec![Message {
            channel: "oncall".to_owned(),
            escalation: false,
            status: MessageStatus::Waiting,
            attempts: 0,
            at: at(0),
            not_before: Some(at(0)),
            unsure: false,
            detail: String::new(),
        }],
        escalated: None,
        acknowledged: None,
        ended: None,
    };
    NoticeChanged {
        notice: state.id(),
        happened: Happened::Raised,
        state,
    }
}
