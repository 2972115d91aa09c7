//! What people are told of.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that people are told of, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireNotice {
    /// Its id.
    pub notice: String,
    /// `held-wave`, `late-leaver`, `stale-source`, `expiring-credential`, `failed-drill`, `break-glass`,
    /// `credential-change` or `recovery`.
    pub occasion: String,
    /// Which wave, source or token.
    pub about: String,
    /// `open`, `escalated`, `acknowledged` or `over`.
    pub status: String,
    /// What happened.
    pub text: String,
    /// What to do.
    pub advice: String,
    /// Since when people are told.
    pub raised: String,
    /// When it was passed on; empty where it was not.
    pub escalated: String,
    /// Why it was passed on.
    pub escalated_because: String,
    /// When somebody said that they have it; empty where nobody did.
    pub acknowledged: String,
    /// Who.
    pub acknowledged_by: String,
    /// What they said.
    pub acknowledged_because: String,
    /// Since when it is over; empty while it lasts.
    pub ended: String,
    /// The messages, in the order in which they were decided on.
    pub messages: Vec<WireMessage>,
}

/// One message on one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireMessage {
    /// The channel.
    pub channel: String,
    /// Whether it is one of those to whom the notice was passed on.
    pub escalation: bool,
    /// `waiting`, `sending`, `delivered`, `given_up` or `dropped`.
    pub status: String,
    /// How often it was begun to be sent.
    pub attempts: u32,
    /// When its status changed last.
    pub at: String,
    /// Whether an earlier attempt may have arrived: its answer was lost.
    pub unsure: bool,
    /// How the last attempt ended.
    pub detail: String,
}

/// Says that somebody has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcknowledgeRequest {
    /// Say what would be; change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Who does what about it.
    pub reason: String,
}

/// Tries a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestChannel {
    /// Why.
    pub reason: String,
}
