//! Drills: a made-up person joins, moves and leaves.

use std::sync::Arc;

use api::{
    DrillAnswer, Page, Problem, RunDrill, RunDrillAnswer, WireDrill, WireDrillApp, WireDrillPhase,
    WireDrillRun, WireDrillTimes, schema_of,
};
use app::DrillStatus;
use model::{DrillOutcome, DrillPhase, DrillRun, Scope, Timestamp};

use super::shape::{get, post};
use super::{Rooms, fail};
use crate::route::{Call, Reply, Route};

/// Which drills there are.
pub const LIST: Route<Rooms> = get(
    "/api/v1/drills",
    "listDrills",
    "Lists drills and how they stand.",
    &[],
    schema_of::<Page<WireDrill>>,
    |rooms, call| Box::pin(list(rooms, call)),
);

/// One of them.
pub const SHOW: Route<Rooms> = get(
    "/api/v1/drills/{drill}",
    "getDrill",
    "Shows a drill with its last runs, and how long each phase took in each app.",
    &[],
    schema_of::<DrillAnswer>,
    |rooms, call| Box::pin(show(rooms, call)),
);

/// A run of it. What it tells is a delivery, and what follows is released as any other.
pub const RUN: Route<Rooms> = post(
    Scope::Plan,
    "/api/v1/drills/{drill}/runs",
    "runDrill",
    "Begins a run of a drill.",
    schema_of::<RunDrill>,
    schema_of::<RunDrillAnswer>,
    |rooms, call| Box::pin(run(rooms, call)),
);

async fn list(rooms: Arc<Rooms>, _call: Call) -> Result<Reply, Problem> {
    let drills = rooms.app.drills().await.map_err(fail)?;
    Reply::json(&Page::whole(drills.iter().map(wire).collect()))
}

async fn show(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let status = rooms.app.drill(call.text("drill")?).await.map_err(fail)?;
    let times = lifecycle_times(&status);
    Reply::json(&DrillAnswer {
        drill: wire(&status),
        times,
        runs: status.runs.iter().map(wire_run).collect(),
    })
}

async fn run(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: RunDrill = call.json()?;
    let name = call.text("drill")?;
    let begun = rooms
        .app
        .run_drill(call.actor(), name, &asked.reason, asked.dry_run)
        .await
        .map_err(fail)?;
    Reply::json(&RunDrillAnswer {
        drill: begun.drill,
        run: begun.number,
        apps: begun.apps.iter().map(ToString::to_string).collect(),
        within_minutes: begun.within_minutes,
        dry_run: asked.dry_run,
    })
}

fn lifecycle_times(status: &DrillStatus) -> Vec<WireDrillTimes> {
    let times = status.times().into_iter();
    let row = |((phase, app), times): ((model::Phase, _), app::DrillTimes)| WireDrillTimes {
        phase: phase.as_str().to_owned(),
        app,
        seen: times.seen,
        p50_ms: millis(times.p50),
        max_ms: millis(times.max),
    };
    times.map(row).collect()
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn or_empty(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_string()).unwrap_or_default()
}

fn outcome(outcome: Option<DrillOutcome>) -> &'static str {
    outcome.map_or("running", DrillOutcome::as_str)
}

fn wire(status: &DrillStatus) -> WireDrill {
    let last = status.runs.first();
    let trouble = status.trouble.as_ref();
    let overdue = trouble.is_some_and(|trouble| trouble.run.is_none());
    let word = match last {
        Some(run) if run.ended.is_none() => "running",
        _ if overdue => "overdue",
        Some(run) => outcome(run.outcome()),
        None => "never",
    };
    WireDrill {
        drill: status.drill.name.clone(),
        status: word.to_owned(),
        run: last.map_or(0, |run| run.number),
        begun: or_empty(last.map(|run| run.begun)),
        ended: or_empty(last.and_then(|run| run.ended)),
        due: or_empty(status.due),
        problem: trouble.map(|t| t.problem.clone()).unwrap_or_default(),
        fix: trouble.map(|t| t.fix.clone()).unwrap_or_default(),
    }
}

fn wire_run(run: &DrillRun) -> WireDrillRun {
    WireDrillRun {
        run: run.number,
        by: run.by.clone(),
        reason: run.reason.clone(),
        status: outcome(run.outcome()).to_owned(),
        begun: run.begun.to_string(),
        ended: or_empty(run.ended),
        subject: run.subject.to_string(),
        phases: run
            .phases
            .iter()
            .map(|phase| wire_phase(run, phase))
            .collect(),
    }
}

fn wire_phase(run: &DrillRun, phase: &DrillPhase) -> WireDrillPhase {
    let app = |app: &model::TargetName| {
        let found = phase.apps.get(app);
        WireDrillApp {
            app: app.to_string(),
            how: found
                .map_or("waiting", |found| found.how.as_str())
                .to_owned(),
            ms: phase.took(app).map(millis),
            why: found.map(|found| found.why.clone()).unwrap_or_default(),
        }
    };
    WireDrillPhase {
        phase: phase.phase.as_str().to_owned(),
        status: outcome(phase.ended.map(|(_, outcome)| outcome)).to_owned(),
        word: phase.word.to_string(),
        ended: or_empty(phase.ended.map(|(at, _)| at)),
        why: phase.why.clone(),
        apps: run.apps.iter().map(app).collect(),
    }
}
