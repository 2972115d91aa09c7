//! Termination for cause, and whether a worker is somebody who is known.

use std::sync::Arc;

use api::{Done, MatchRequest, Problem, TerminateRequest, TerminationAnswer};
use app::TerminationReport;

use super::{Rooms, fail, words};
use crate::route::{Call, Reply};

pub async fn terminate(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: TerminateRequest = call.json()?;
    let report = rooms
        .app
        .terminate(call.actor(), &asked.person, &asked.reason, asked.dry_run)
        .await
        .map_err(fail)?;
    answer(report, asked.dry_run)
}

pub async fn lift(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: TerminateRequest = call.json()?;
    let report = rooms
        .app
        .lift_termination(call.actor(), &asked.person, &asked.reason, asked.dry_run)
        .await
        .map_err(fail)?;
    answer(report, asked.dry_run)
}

fn answer(report: TerminationReport, dry_run: bool) -> Result<Reply, Problem> {
    Reply::json(&TerminationAnswer {
        subject: report.subject.to_string(),
        name: report.name,
        waves: report.waves.iter().map(words::preview).collect(),
        dry_run,
    })
}

pub async fn decide(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: MatchRequest = call.json()?;
    let worker = (asked.source.as_str(), asked.key.as_str());
    let subject = rooms
        .app
        .match_worker(
            call.actor(),
            worker,
            &asked.person,
            asked.same,
            &asked.reason,
            asked.dry_run,
        )
        .await
        .map_err(fail)?;
    let is = if asked.same { "is" } else { "is not" };
    Reply::json(&Done {
        done: format!("`{}` of `{}` {is} {subject}", asked.key, asked.source),
        dry_run: asked.dry_run,
    })
}
