//! The tenant: status, targets, findings, the kill switch, the log.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How the tenant stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusAnswer {
    /// The tenant's name.
    pub tenant: String,
    /// The server's version.
    pub version: String,
    /// The revision of the documents in force; 0 before the first.
    pub revision: u64,
    /// The last sequence number of the log.
    pub log_head: u64,
    /// The hash of that record.
    pub log_hash: String,
    /// Waves that wait for someone.
    pub waves_open: u64,
    /// Findings that wait for someone. Counted up to 1,000.
    pub findings_open: u64,
    /// Where writing is stopped.
    pub stopped: Vec<StoppedTarget>,
    /// The principal of the token used.
    pub principal: String,
    /// The scopes of the token used.
    pub scopes: Vec<String>,
}

/// The kill switch is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoppedTarget {
    /// The target; missing where all are stopped.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub target: Option<String>,
    /// Why.
    pub reason: String,
}

/// A target system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TargetSummary {
    /// The name of its `App` document.
    pub target: String,
    /// `observe`, `confirm` or `enforce`.
    pub mode: String,
    /// Where it is.
    pub url: String,
    /// Why writing to it is stopped; empty if it is not.
    pub stopped: String,
    /// When its accounts were last listed; empty if never.
    pub observed_at: String,
    /// Accounts in that listing.
    pub accounts: u64,
    /// Groups in the last listing of groups.
    pub groups: u64,
    /// How far the listings may be believed: `full`, `partial`, `unknown`; empty if never read.
    pub completeness: String,
    /// What is wrong with the listings; empty if nothing.
    pub detail: String,
}

/// Something that a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireFinding {
    /// Its id.
    pub id: String,
    /// A stable code.
    pub code: String,
    /// When it was opened.
    pub at: String,
    /// Whom it concerns; empty if nobody.
    pub subject: String,
    /// Where; empty if nowhere.
    pub address: String,
    /// What happened.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

/// Closes a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseFinding {
    /// Why it may be closed.
    pub reason: String,
}

/// Stops or resumes writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WritingRequest {
    /// The target; all where missing.
    #[serde(default)]
    pub target: Option<String>,
    /// Say what would be; change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// It was done, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Done {
    /// What was done, in one sentence.
    pub done: String,
    /// True when nothing was changed because a dry run was asked for.
    pub dry_run: bool,
}

/// A record of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogEntry {
    /// Its sequence number, from 1, without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: String,
    /// The principal who caused it.
    pub principal: String,
    /// The token through which they spoke; empty where there was none.
    pub token: String,
    /// The event's versioned name.
    pub kind: String,
    /// The event's body. Personal parts of erased people are `null`.
    #[schema(value_type = Object)]
    pub body: serde_json::Value,
    /// The record's hash.
    pub hash: String,
}
