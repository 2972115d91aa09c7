//! Waves, plans and steps.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::people::WireReason;

/// Has plans made for everyone whose access should change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// Show what would be proposed; propose nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A person or group and what would change for them, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireName {
    /// The plan.
    pub plan: String,
    /// The subject's id, or `app/NAME` for the groups of an app.
    pub about: String,
    /// The name to show.
    pub name: String,
    /// What is done, one line for each step, for people.
    pub steps: Vec<String>,
    /// How many of the steps take something away.
    pub removals: u64,
}

/// Something that keeps an address from being planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireObstacle {
    /// A stable code.
    pub code: String,
    /// Where.
    pub address: String,
    /// What is in the way.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

/// The plans of one cause, before or after they are proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WavePreviewAnswer {
    /// The wave's id: the same plans have the same one.
    pub wave: String,
    /// Its cause, for people.
    pub cause: String,
    /// `leaver`, `missing_row`, `leave`, `joiner`, `rehire`, `return`, `mover`, `rule`, `drift`,
    /// `undo` or `deletion`.
    pub change: String,
    /// What the guard says: `allow`, `ask` or `halt`.
    pub verdict: String,
    /// Why it says so.
    pub because: Vec<String>,
    /// Whose delivery or edit it was.
    pub author: String,
    /// Whom it concerns, by name.
    pub names: Vec<WireName>,
    /// What could not be planned, for any of them.
    pub obstacles: Vec<WireObstacle>,
    /// Steps in all.
    pub steps: u64,
    /// Steps that take something away.
    pub removals: u64,
}

/// What a planning run found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanChangeAnswer {
    /// One wave for each cause; empty when nothing new is to be done.
    pub waves: Vec<WavePreviewAnswer>,
    /// True when nothing was proposed because a dry run was asked for.
    pub dry_run: bool,
    /// How many people wait for a seat, by app, as far as a planning that was no dry run has found.
    #[serde(default)]
    pub waiting_for_seats: BTreeMap<String, u64>,
}

/// A wave in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WaveSummary {
    /// Its id.
    pub wave: String,
    /// `ready`, `held`, `halted`, `running` or `closed`.
    pub status: String,
    /// Its cause, for people.
    pub cause: String,
    /// What kind of change it is.
    pub change: String,
    /// The principal whose delivery or edit it was.
    pub author: String,
    /// When it was proposed.
    pub at: String,
    /// `allow`, `ask`, `halt`; empty before it was judged.
    pub verdict: String,
    /// Why the guard says so.
    pub because: Vec<String>,
    /// Who released or refused it last; empty where nobody did.
    pub decided_by: String,
    /// Why they did.
    pub decided_because: String,
    /// Plans in all.
    pub plans: u64,
    /// Plans that were read back as wanted.
    pub applied: u64,
    /// Plans of which a step failed.
    pub failed: u64,
    /// Plans that are not closed.
    pub open: u64,
    /// Steps in all.
    pub steps: u64,
    /// Steps that take something away.
    pub removals: u64,
}

/// A wave, and its plans by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WaveAnswer {
    /// The wave.
    #[serde(flatten)]
    pub wave: WaveSummary,
    /// Plans by status.
    #[schema(value_type = Object)]
    pub counts: serde_json::Value,
}

/// A plan with its steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WirePlan {
    /// Its id.
    pub plan: String,
    /// Its wave.
    pub wave: String,
    /// The subject's id, or `app/NAME`.
    pub about: String,
    /// The name to show; empty where the person was erased.
    pub name: String,
    /// What kind of change it is.
    pub change: String,
    /// `waiting`, `released`, `refused`, `applied`, `failed`, `stale` or `superseded`.
    pub status: String,
    /// Why it stands so.
    pub detail: String,
    /// The wave that makes a group this plan needs before it can go on, and that nobody has
    /// released; empty where there is none.
    pub waits_for: String,
    /// The revision of the documents that decided; `null` where the person was erased.
    pub revision: Option<u64>,
    /// The version of the time zone database by which days became instants; empty where it was
    /// not kept.
    pub zones: String,
    /// Its steps in order.
    pub steps: Vec<StepSummary>,
}

/// A step and how it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StepSummary {
    /// Its number in the plan, from 0.
    pub no: u16,
    /// Where it acts: `target/kind/key`.
    pub address: String,
    /// What it does.
    pub verb: String,
    /// `pending`, `sent`, `answered`, `handed` to somebody, `verified`, `confirmed` by somebody's word,
    /// `failed` or `skipped`.
    pub status: String,
    /// How often it was sent.
    pub attempts: u32,
    /// What happened last.
    pub detail: String,
    /// What exactly it does: the attributes. `null` where the person was erased.
    #[schema(value_type = Object)]
    pub act: serde_json::Value,
    /// Why.
    pub because: Vec<WireReason>,
}

/// Releases, refuses or carries out a wave, or some of its plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// Which plans; every waiting one of the wave where empty.
    #[serde(default)]
    pub plans: Vec<String>,
    /// Say what would be; change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// How a wave stands after a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DecisionAnswer {
    /// The wave.
    pub wave: WaveSummary,
    /// How many plans the decision concerned.
    pub plans: u64,
    /// True when nothing was changed because a dry run was asked for.
    pub dry_run: bool,
}

/// What an undo proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UndoAnswer {
    /// The waves that restore the earlier state.
    pub waves: Vec<WavePreviewAnswer>,
    /// What cannot be undone, for people.
    pub lost: Vec<String>,
    /// True when nothing was proposed because a dry run was asked for.
    pub dry_run: bool,
}
