//! Something that people are told of while it lasts: who was told on which channel, and who
//! answered.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::canonical::Digest;
use crate::id::NoticeId;
use crate::time::Timestamp;

/// What people can be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// The guard holds or halts a wave, and nobody has decided about it.
    HeldWave,
    /// People have left, and their access is not proven to be gone after the time allowed.
    LateLeaver,
    /// A source has not delivered for longer than it should.
    StaleSource,
    /// An API token is about to end.
    ExpiringCredential,
    /// A drill did not pass.
    FailedDrill,
    /// A break-glass account was used, or was tried in vain.
    BreakGlass,
    /// What a person signs in with has changed, which only they are told.
    CredentialChange,
    /// Somebody asked for a way in again, and what opens it is mailed to its owner alone.
    Recovery,
}

impl Occasion {
    /// Whether it is a person's own: they alone are told, and nobody has to answer.
    #[must_use]
    pub const fn is_own(self) -> bool {
        matches!(self, Self::CredentialChange | Self::Recovery)
    }

    /// Every occasion.
    pub const ALL: [Self; 8] = [
        Self::HeldWave,
        Self::LateLeaver,
        Self::StaleSource,
        Self::ExpiringCredential,
        Self::FailedDrill,
        Self::BreakGlass,
        Self::CredentialChange,
        Self::Recovery,
    ];

    /// The word in documents, stores and messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HeldWave => "held-wave",
            Self::LateLeaver => "late-leaver",
            Self::StaleSource => "stale-source",
            Self::ExpiringCredential => "expiring-credential",
            Self::FailedDrill => "failed-drill",
            Self::BreakGlass => "break-glass",
            Self::CredentialChange => "credential-change",
            Self::Recovery => "recovery",
        }
    }
}

/// One thing that people are told of, as it stands. Holds no personal value: it goes to systems
/// that erase nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What kind of thing it is.
    pub occasion: Occasion,
    /// Which one: a wave's id, a source and when it was heard of last, a token's id, a session's id.
    pub about: String,
    /// One sentence: what happened.
    pub text: String,
    /// What to do.
    pub advice: String,
    /// How often it was told before: it was over and came back, or it goes on for long.
    #[serde(default, skip_serializing_if = "is_first")]
    pub round: u32,
    /// Since when people are told, in this round.
    pub raised: Timestamp,
    /// The messages, in the order in which they were decided on.
    pub messages: Vec<Message>,
    /// That it was passed on to somebody else.
    pub escalated: Option<Escalation>,
    /// Who answered.
    pub acknowledged: Option<Acknowledgement>,
    /// Since when it is over.
    pub ended: Option<Timestamp>,
}

// `serde` hands a reference to whatever it asks.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_first(round: &u32) -> bool {
    *round == 0
}

impl Notice {
    /// The id: the same thing is one notice, however often it is told.
    #[must_use]
    pub fn id_of(occasion: Occasion, about: &str) -> NoticeId {
        let spelt = format!("{}/{about}", occasion.as_str());
        NoticeId::from_bits(Digest::of(spelt.as_bytes()).to_bits())
    }

    /// This one's id.
    #[must_use]
    pub fn id(&self) -> NoticeId {
        Self::id_of(self.occasion, &self.about)
    }
}

/// One message on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The channel's name.
    pub channel: String,
    /// Whether it is one of those to whom the notice was passed on.
    pub escalation: bool,
    /// How it stands.
    pub status: MessageStatus,
    /// How often it was begun to be sent.
    pub attempts: u32,
    /// When its status changed last.
    pub at: Timestamp,
    /// When it may be sent; for waiting ones.
    pub not_before: Option<Timestamp>,
    /// Whether an earlier attempt may have arrived: its answer was lost.
    pub unsure: bool,
    /// How the last attempt ended. Names no address and no personal value.
    pub detail: String,
}

impl Message {
    /// What the receiver can tell a repetition by: the same for every attempt of a round.
    #[must_use]
    pub fn id(&self, notice: NoticeId, round: u32) -> String {
        let stage = u64::from(round) * 2 + if self.escalation { 2 } else { 1 };
        format!("{notice}-{stage}-{}", self.channel)
    }
}

/// How a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// To be sent, perhaps again.
    Waiting,
    /// Being sent; without an outcome it may have arrived.
    Sending,
    /// The channel took it.
    Delivered,
    /// The channel did not take it in all attempts.
    GivenUp,
    /// Somebody answered, or it was over, before the channel took it.
    Dropped,
}

impl MessageStatus {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::GivenUp => "given_up",
            Self::Dropped => "dropped",
        }
    }
}

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The channel took it.
    Delivered {
        /// What it did not take of it; empty as a rule.
        detail: String,
    },
    /// The channel certainly did not take it.
    Failed {
        /// How it ended, without URL and secret.
        detail: String,
        /// How long the channel asks to be left alone.
        wait: Option<Duration>,
    },
    /// It was sent, and whether the channel took it is not known.
    Lost {
        /// How it ended, without URL and secret.
        detail: String,
    },
}

/// That a notice was passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub because: String,
}

/// Who answered a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// When.
    pub at: Timestamp,
    /// The principal.
    pub by: String,
    /// What they said.
    pub reason: String,
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// People are told from now on.
    Raised,
    /// Messages are about to be sent: durable before the first byte leaves.
    Sending,
    /// How that ended.
    Answered,
    /// It was passed on.
    Escalated,
    /// Somebody answered.
    Acknowledged,
    /// It is over.
    Ended,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_has_one_id_and_one_message_id_for_each_channel_and_round() {
        let wave = Notice::id_of(Occasion::HeldWave, "wav_1");
        assert_eq!(wave, Notice::id_of(Occasion::HeldWave, "wav_1"));
        assert_ne!(wave, Notice::id_of(Occasion::HeldWave, "wav_2"));
        assert_ne!(wave, Notice::id_of(Occasion::LateLeaver, "wav_1"));
        let mut message = Message {
            channel: "oncall".to_owned(),
            escalation: false,
            status: MessageStatus::Waiting,
            attempts: 0,
            at: Timestamp::EPOCH,
            not_before: None,
            unsure: false,
            detail: String::new(),
        };
        let first = message.id(wave, 0);
        message.attempts = 3;
        assert_eq!(message.id(wave, 0), first);
        message.escalation = true;
        let passed_on = message.id(wave, 0);
        message.escalation = false;
        let again = message.id(wave, 1);
        assert!(first != passed_on && first != again && passed_on != again);
        // Standard Webhooks signs `id.timestamp.body`.
        assert!(!first.contains('.'), "{first}");
    }
}
