//! Rows as wire types.

use api::{
    StepSummary, WavePreviewAnswer, WaveSummary, WireName, WireObstacle, WirePlan, WireReason,
};
use app::WavePreview;
use app::rows::{PlanRow, StepRow, WaveRow};
use model::plan::{About, Act, Before, PlanStatus, Step};
use model::{Completeness, Kind, Reason, Value, WaveId};
use serde_json::{Map, json};

pub fn completeness(completeness: Completeness) -> &'static str {
    match completeness {
        Completeness::Full => "full",
        Completeness::Partial => "partial",
        Completeness::Unknown => "unknown",
    }
}

pub fn reason(reason: &Reason) -> WireReason {
    let facts: Map<_, _> = reason
        .facts
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    WireReason {
        by: reason.by.clone(),
        text: reason.text.clone(),
        facts: facts.into(),
    }
}

pub fn wave(row: &WaveRow) -> WaveSummary {
    let (by, why) = row.decided.clone().unwrap_or_default();
    WaveSummary {
        wave: row.wave.to_string(),
        status: row.status().as_str().to_owned(),
        cause: row.cause.to_string(),
        change: row.cause.change.as_str().to_owned(),
        author: row.author.clone(),
        at: row.at.to_string(),
        verdict: row.verdict.as_ref().map_or("", |v| v.as_str()).to_owned(),
        because: row
            .verdict
            .as_ref()
            .map_or(&[][..], |v| v.because())
            .to_vec(),
        decided_by: by,
        decided_because: why,
        plans: row.plans.iter().map(|(_, count)| count).sum(),
        applied: row.count(PlanStatus::Applied),
        failed: row.count(PlanStatus::Failed),
        open: row.count(PlanStatus::Waiting) + row.count(PlanStatus::Released),
        steps: row.steps,
        removals: row.removals,
    }
}

pub fn plan(row: &PlanRow, name: String, waits_for: Option<WaveId>) -> WirePlan {
    let known = row.plan.known();
    let steps = known.map_or(&[][..], |plan| &plan.steps);
    WirePlan {
        plan: row.id.to_string(),
        wave: row.wave.to_string(),
        about: row.about.to_string(),
        name,
        change: row.change.as_str().to_owned(),
        status: row.status.as_str().to_owned(),
        detail: row.detail.clone(),
        waits_for: waits_for.map_or(String::new(), |wave| wave.to_string()),
        revision: known.map(|plan| plan.revision),
        zones: known.map_or(String::new(), |plan| plan.zones.clone()),
        steps: row
            .steps
            .iter()
            .map(|step_row| step(step_row, steps.iter().find(|s| s.no == step_row.no)))
            .collect(),
    }
}

fn step(row: &StepRow, step: Option<&Step>) -> StepSummary {
    StepSummary {
        no: row.no,
        address: row.address.to_string(),
        verb: row.verb.clone(),
        status: row.status.as_str().to_owned(),
        attempts: row.last.as_ref().map_or(0, |last| last.attempt),
        detail: row
            .last
            .as_ref()
            .map_or(String::new(), |last| last.detail.clone()),
        act: step.map_or(serde_json::Value::Null, |s| json!(s.act)),
        because: step.map_or(Vec::new(), |s| s.because.iter().map(reason).collect()),
    }
}

pub fn preview(wave: &WavePreview) -> WavePreviewAnswer {
    let names: Vec<WireName> = wave
        .plans
        .iter()
        .map(|plan| WireName {
            plan: plan.id.to_string(),
            about: plan.plan.about.to_string(),
            name: plan.name.clone(),
            steps: plan.plan.steps.iter().map(describe).collect(),
            removals: plan.plan.steps.iter().filter(|s| s.act.removes()).count() as u64,
        })
        .collect();
    WavePreviewAnswer {
        wave: wave.wave.to_string(),
        cause: wave.cause.to_string(),
        change: wave.cause.change.as_str().to_owned(),
        verdict: wave.verdict.as_str().to_owned(),
        because: wave.verdict.because().to_vec(),
        author: wave.author.clone(),
        obstacles: wave
            .obstacles
            .iter()
            .map(|o| WireObstacle {
                code: o.code.to_owned(),
                address: o.address.to_string(),
                problem: o.problem.clone(),
                fix: o.fix.clone(),
            })
            .collect(),
        steps: names.iter().map(|n| n.steps.len() as u64).sum(),
        removals: names.iter().map(|n| n.removals).sum(),
        names,
    }
}

/// One line about a step, for people: what is done, where, with which values, and why.
fn describe(step: &Step) -> String {
    let target = &step.address.target;
    let thing = match step.address.kind {
        Kind::Account => format!("{target} account"),
        Kind::Group => format!("{target} group {}", step.address.key),
        Kind::Grant => {
            format!(
                "{target} group {}",
                step.address.key.granted_group().unwrap_or("?")
            )
        }
    };
    let what = match &step.act {
        Act::Adopt { remote } => format!("adopt {thing} {remote}"),
        Act::Create { attributes, active } => {
            let closed = if *active { "" } else { "disabled " };
            let values = attributes
                .iter()
                .map(|(path, value)| format!("{path}={value}"));
            let values = values.collect::<Vec<_>>().join(", ");
            format!("create {closed}{thing}: {values}")
        }
        Act::Update { set, unset } => {
            let changed = set
                .iter()
                .map(|(path, value)| format!("{path}: {} → {value}", earlier(&step.before, path)));
            let cleared = unset
                .iter()
                .map(|path| format!("{path}: {} → none", earlier(&step.before, path)));
            format!(
                "update {thing}: {}",
                changed.chain(cleared).collect::<Vec<_>>().join(", ")
            )
        }
        act => format!("{} {thing}", act.verb()),
    };
    let because: Vec<_> = step.because.iter().map(|r| r.by.as_str()).collect();
    if because.is_empty() {
        what
    } else {
        format!("{what} [{}]", because.join(", "))
    }
}

fn earlier(before: &Before, path: &str) -> String {
    match before {
        Before::Absent => "none".to_owned(),
        Before::Present { attributes, .. } => attributes
            .get(path)
            .map_or_else(|| "none".to_owned(), Value::to_string),
    }
}

/// The subject of a plan, where it is about one.
pub fn subject(about: &About) -> Option<model::SubjectId> {
    match about {
        About::Subject(subject) => Some(*subject),
        About::Target(_) => None,
    }
}
