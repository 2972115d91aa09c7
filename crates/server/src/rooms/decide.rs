//! Decisions about waves: release, refuse, apply.

use std::sync::Arc;

use api::{DecideRequest, DecisionAnswer, Problem};
use app::rows::{WaveRow, WaveStatus};
use model::plan::PlanStatus;
use model::{PlanId, Verdict, WaveId};

use super::{Rooms, fail, words};
use crate::route::{Call, Reply};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Release,
    Refuse,
    Apply,
}

pub async fn release(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    decide(rooms, call, Decision::Release).await
}

pub async fn refuse(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    decide(rooms, call, Decision::Refuse).await
}

pub async fn apply(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    decide(rooms, call, Decision::Apply).await
}

async fn decide(rooms: Arc<Rooms>, call: Call, decision: Decision) -> Result<Reply, Problem> {
    let asked: DecideRequest = call.json()?;
    let wave = call.id::<WaveId>("wave")?;
    let plans = asked
        .plans
        .iter()
        .map(|text| text.parse::<PlanId>())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| crate::problem::unreadable(&format!("`plans`: {e}")))?;
    if decision == Decision::Apply && !plans.is_empty() {
        return Err(crate::problem::unreadable(
            "a wave is applied whole: leave `plans` out",
        ));
    }
    let (app, actor, reason) = (&rooms.app, call.actor(), &asked.reason);
    let count = if asked.dry_run {
        let row = app.wave(wave).await.map_err(fail)?;
        would(&row, decision, &actor.principal)?;
        if plans.is_empty() {
            row.count(PlanStatus::Waiting)
        } else {
            plans.len() as u64
        }
    } else {
        let decided = match decision {
            Decision::Release => app.release(actor, wave, &plans, reason).await,
            Decision::Refuse => app.refuse(actor, wave, &plans, reason).await,
            Decision::Apply => app.apply(actor, wave, reason).await,
        };
        decided.map_err(fail)?
    };
    let row = app.wave(wave).await.map_err(fail)?;
    Reply::json(&DecisionAnswer {
        wave: words::wave(&row),
        plans: count,
        dry_run: asked.dry_run,
    })
}

/// Whether the decision would be taken. The use-case decides it for good; this tells the same in
/// advance, under the same codes.
fn would(row: &WaveRow, decision: Decision, principal: &str) -> Result<(), Problem> {
    let no = |status, code: &str, title, detail: &str, fix: &str| {
        Err(Problem::new(status, code, title, detail).fix(fix))
    };
    let halted = matches!(row.verdict, Some(Verdict::Halt { .. }));
    match decision {
        Decision::Release if row.author == principal => no(
            403,
            "TNR-WAVE-0001",
            "denied",
            "whoever caused a wave may not release it",
            "ask someone else who has the scope `approve`",
        ),
        Decision::Release | Decision::Apply if halted => no(
            409,
            "TNR-WAVE-0002",
            "conflict",
            "the guard halted this wave",
            "refuse it and mend its input; a halted wave cannot be released",
        ),
        Decision::Apply if row.status() == WaveStatus::Held => no(
            403,
            "TNR-WAVE-0003",
            "denied",
            "the guard holds this wave",
            "someone other than its author can release it with `tenure approve`",
        ),
        Decision::Release | Decision::Refuse if row.count(PlanStatus::Waiting) == 0 => no(
            409,
            "TNR-WAVE-0004",
            "conflict",
            "nothing of this wave is waiting",
            "look at it with `tenure waves show`",
        ),
        Decision::Release | Decision::Refuse | Decision::Apply => Ok(()),
    }
}
