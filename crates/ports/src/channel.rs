//! Channels: how people are told something.
//!
//! A channel translates one letter into what its system speaks, sends it once, and classifies the
//! answer. It decides nothing, retries nothing and never sleeps.

use std::time::Duration;

use async_trait::async_trait;
use model::notice::Answer;
use model::{NoticeId, Occasion, Secret, Timestamp};

/// How a letter reads to the one person whose matter it is, in their language.
#[derive(Debug, Clone)]
pub struct Own {
    /// The subject: one line of our own words.
    pub subject: String,
    /// All of it, in lines. It may hold what opens something.
    pub body: Secret,
    /// The language of both (BCP 47).
    pub language: &'static str,
}

/// One message, for any channel. Holds no personal value, but for `own`, which goes to its owner alone.
#[derive(Debug, Clone)]
pub struct Letter {
    /// What a receiver can tell a repetition by: letters, digits, `_` and `-`, and the same for
    /// every attempt.
    pub id: String,
    /// The notice that somebody can say that they have; `None` where nobody has to: somebody tries the
    /// channel, or a person is told of what is theirs.
    pub notice: Option<NoticeId>,
    /// What it is about; `None`: somebody tries the channel.
    pub occasion: Option<Occasion>,
    /// Which wave, source or token; empty where somebody tries the channel.
    pub about: String,
    /// What happened: one sentence, without a full stop.
    pub text: String,
    /// What to do: one sentence, without a full stop.
    pub advice: String,
    /// Since when it is so.
    pub raised: Timestamp,
    /// Now: receivers refuse what was signed long ago.
    pub sent: Timestamp,
    /// Why it is passed on, if it is.
    pub escalated: Option<String>,
    /// An earlier attempt may have arrived.
    pub again: bool,
    /// What a person reads in place of all this, where it goes to one.
    pub own: Option<Own>,
}

/// A way to tell people something.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Sends a letter once. `deadline` bounds all of it. `Failed` only when the system certainly
    /// did not take it. The answer's details name no URL, no secret and nobody's address.
    async fn tell(&self, letter: &Letter, deadline: Duration) -> Answer;
}
