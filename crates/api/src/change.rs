//! Why one step of a plan was planned, and what became of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::people::WireReason;

/// Why one step of a plan was planned, and what became of it, as far as the log tells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WhyChangeAnswer {
    /// The step: `PLAN#NO`.
    pub step: String,
    /// Its plan.
    pub plan: String,
    /// Its number in the plan, from 0.
    pub no: u16,
    /// Its wave.
    pub wave: String,
    /// The subject's id, or `app/NAME` for the groups of an app.
    pub about: String,
    /// The name to show; empty where the person was erased.
    pub name: String,
    /// The worker's key; empty for the groups of an app, and where the person was erased.
    pub key: String,
    /// The app.
    pub app: String,
    /// `account`, or the name of the group.
    pub what: String,
    /// Where it acts: `target/kind/key`.
    pub address: String,
    /// What it does.
    pub verb: String,
    /// How it stands: as the status of steps says, or `waiting`, `refused`, `superseded`, `stale` where
    /// its plan never began.
    pub status: String,
    /// How its plan stands.
    pub plan_status: String,
    /// How often it was sent.
    pub attempts: u32,
    /// What kind of change it is: `joiner`, `leaver` …
    pub change: String,
    /// The cause, for people.
    pub cause: String,
    /// What it changes, one row for each attribute; `null` where the person was erased.
    pub changes: Option<Vec<WireChanged>>,
    /// The rules and states that wanted it, with the facts that they looked at.
    pub because: Vec<WireReason>,
    /// The documents that decided; `null` where the person was erased.
    pub documents: Option<WireDecided>,
    /// The last word of each source about the person before the plan was made, and of whoever
    /// terminated them; by when it came.
    pub told: Vec<WireWord>,
    /// What the guard said of its wave: `allow`, `ask` or `halt`; empty before it did.
    pub verdict: String,
    /// Why it said so.
    pub verdict_because: Vec<String>,
    /// Whose delivery or edit caused the wave: they may not release it.
    pub author: String,
    /// `released` or `refused`; empty where nobody has decided.
    pub decided: String,
    /// Who released or refused the plan; empty where nobody did.
    pub decided_by: String,
    /// When they did; empty where nobody did.
    pub decided_at: String,
    /// Why they did.
    pub decided_because: String,
    /// What happened to it, in order.
    pub timeline: Vec<WireMoment>,
    /// What the log does not hold, for people.
    pub not_kept: Vec<String>,
    /// What to do now; empty where nothing is.
    pub next: String,
}

/// One attribute that a step changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireChanged {
    /// The attribute, as the app calls it; `active`, `account`, `group` or `member` for what has no path.
    pub path: String,
    /// What was there when the plan was made; `null`: nothing.
    #[schema(value_type = Object)]
    pub before: serde_json::Value,
    /// What is wanted; `null`: nothing.
    #[schema(value_type = Object)]
    pub after: serde_json::Value,
}

/// A revision of the documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireDecided {
    /// The revision.
    pub revision: u64,
    /// Who sent it.
    pub author: String,
    /// When.
    pub at: String,
}

/// What somebody said of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireWord {
    /// When it was learnt.
    pub at: String,
    /// The source, or the principal who terminated them.
    pub by: String,
    /// The delivery in which a source said so; empty where none did.
    pub delivery: String,
    /// `told`, `missing` from a complete file, or `terminated`.
    pub what: String,
    /// What it meant for the person (`joiner`, `leaver` …); empty where no source said so.
    pub change: String,
}

/// Something that happened to a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireMoment {
    /// When.
    pub at: String,
    /// The number of its record in the log; 0 where it is not known.
    pub seq: u64,
    /// `planned`, `proposed`, `allowed`, `held`, `halted`, `released`, `refused`, `intent` (written down
    /// before the request goes out), `answered`, `waits`, `not_shown`, `handed`, `line`, `verified` (read
    /// back as wanted), `confirmed`, `failed`, `skipped`, `superseded`, `stale`, `undone` or
    /// `planned_next`.
    pub what: String,
    /// Who; empty for the worker.
    pub by: String,
    /// Which attempt; 0 where none is meant.
    pub attempt: u32,
    /// What was asked of the app, without values; empty where nothing was.
    pub request: String,
    /// The requests of the attempt that was answered, as far as the app is reached by requests.
    #[serde(default)]
    pub exchanges: Vec<WireExchange>,
    /// How the attempt ended: `done`, `already_done`, `refused`, `later`, `unknown`, `stale`, `handed`,
    /// `confirmed`, or what people wrote beside a line; empty where it had not.
    pub answer: String,
    /// The class of error, as in the digest (`SCIM-400-invalidValue`); empty where there is none.
    pub class: String,
    /// What was said, by the app (cut, and without values), by the guard, or by whoever decided.
    pub said: String,
    /// Not tried, or looked at, again before then; empty where that does not apply.
    pub next_at: String,
    /// The step that came after this one, for `planned_next`; else empty.
    pub step: String,
}

/// One request to an app. Bodies, headers and the values of queries are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireExchange {
    /// The method.
    pub method: String,
    /// The path, and the names of the query's parameters.
    pub path: String,
    /// The status of the answer; `null`: there was none.
    pub status: Option<u16>,
}
