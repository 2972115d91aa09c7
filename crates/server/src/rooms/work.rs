//! Planning, waves and plans.

use std::collections::HashMap;
use std::sync::Arc;

use api::{
    DecideRequest, Page, PlanChangeAnswer, PlanRequest, Problem, UndoAnswer, WaveAnswer, WirePlan,
};
use app::rows::{PlanRow, WaveFilter};
use model::{PlanId, SubjectId, WaveId};
use serde_json::{Map, json};

use super::{Rooms, fail, words};
use crate::route::{Call, Reply};

pub async fn plan(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: PlanRequest = call.json()?;
    let waves = rooms
        .app
        .plan(call.actor(), asked.dry_run)
        .await
        .map_err(fail)?;
    let waiting = rooms.app.waiting_for_seats().await.map_err(fail)?;
    let waiting = waiting.into_iter();
    Reply::json(&PlanChangeAnswer {
        waves: waves.iter().map(words::preview).collect(),
        dry_run: asked.dry_run,
        waiting_for_seats: waiting.map(|(app, people)| (app.0, people)).collect(),
    })
}

pub async fn waves(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let filter = WaveFilter {
        open: call.flag("open")?,
        limit: call.limit()?,
        ..WaveFilter::default()
    };
    let rows = rooms.app.store().waves(filter).await.map_err(fail)?;
    Reply::json(&Page::whole(rows.iter().map(words::wave).collect()))
}

pub async fn wave(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let row = rooms
        .app
        .wave(call.id::<WaveId>("wave")?)
        .await
        .map_err(fail)?;
    let counts: Map<_, _> = row
        .plans
        .iter()
        .map(|(status, n)| (status.as_str().to_owned(), json!(n)))
        .collect();
    Reply::json(&WaveAnswer {
        wave: words::wave(&row),
        counts: counts.into(),
    })
}

pub async fn plans(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let wave = call.id::<WaveId>("wave")?;
    let limit = call.limit()?;
    // An unknown wave is told as one, not as a wave without plans.
    rooms.app.wave(wave).await.map_err(fail)?;
    let after = call.asked_as::<PlanId>("after")?;
    let rows = rooms
        .app
        .store()
        .plans_of(wave, after, limit + 1)
        .await
        .map_err(fail)?;
    let plans = wire(&rooms, &rows).await?;
    Reply::json(&Page::cut(plans, limit as usize, |plan| plan.plan.clone()))
}

pub async fn show(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let id = call.id::<PlanId>("plan")?;
    let row = rooms.app.store().plan(id).await.map_err(fail)?;
    let rows: Vec<_> = row.into_iter().collect();
    let plan = wire(&rooms, &rows).await?.pop().ok_or_else(|| {
        Problem::new(
            404,
            "TNR-APP-0001",
            "not found",
            format!("there is no plan `{id}`"),
        )
        .fix("check the name; list them first")
    })?;
    Reply::json(&plan)
}

/// Plans with the names of those they are about and what they wait for.
async fn wire(rooms: &Rooms, rows: &[PlanRow]) -> Result<Vec<WirePlan>, Problem> {
    let names = names(rooms, rows).await?;
    let waits = rooms.app.waits_for(rows).await.map_err(fail)?;
    let plans = rows.iter().zip(waits);
    Ok(plans
        .map(|(row, waits)| words::plan(row, name(row, &names), waits))
        .collect())
}

type Names = HashMap<SubjectId, String>;

async fn names(rooms: &Rooms, rows: &[PlanRow]) -> Result<Names, Problem> {
    let subjects: Vec<_> = rows
        .iter()
        .filter_map(|row| words::subject(&row.about))
        .collect();
    let people = rooms.app.store().people(&subjects).await.map_err(fail)?;
    let known = rooms.app.known_all(people).await.map_err(fail)?;
    Ok(known
        .into_iter()
        .map(|k| (k.person.subject, k.identity.facts.display_name()))
        .collect())
}

fn name(row: &PlanRow, names: &Names) -> String {
    match words::subject(&row.about) {
        Some(subject) => names.get(&subject).cloned().unwrap_or_default(),
        None => row.about.to_string(),
    }
}

pub async fn undo(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let asked: DecideRequest = call.json()?;
    if !asked.plans.is_empty() {
        return Err(crate::problem::unreadable(
            "a wave is undone whole: leave `plans` out",
        ));
    }
    let wave = call.id::<WaveId>("wave")?;
    let report = rooms
        .app
        .undo(call.actor(), wave, &asked.reason, asked.dry_run)
        .await
        .map_err(fail)?;
    Reply::json(&UndoAnswer {
        waves: report.waves.iter().map(words::preview).collect(),
        lost: report.cannot,
        dry_run: asked.dry_run,
    })
}
