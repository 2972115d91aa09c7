//! The log as it leaves for systems that watch over others.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Extracts of records, and where to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventsAnswer {
    /// The tenant's name.
    pub tenant: String,
    /// The extracts, in the order of the log.
    pub events: Vec<WireEvent>,
    /// The number of the last record that was looked at: pass it as `after` to go on.
    pub next: u64,
    /// The hash of that record: pass it as `hash`, and a log that is another one is told.
    pub hash: String,
    /// Whether there is more already.
    pub more: bool,
}

/// The extract of one record. Nothing in it is personal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WireEvent {
    /// The record's number, from 1, without gaps.
    pub seq: u64,
    /// The record's hash.
    pub hash: String,
    /// When it happened.
    pub at: String,
    /// The event's versioned name.
    pub kind: String,
    /// How much it matters: 1 informational, 2 low, 3 medium, 4 high.
    pub severity: u8,
    /// The extract, in the format that was asked for.
    #[schema(value_type = Object)]
    pub event: serde_json::Value,
}
