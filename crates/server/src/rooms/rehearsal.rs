//! The coming days, played ahead.

use std::sync::Arc;

use api::{
    Problem, RehearsalAnswer, RehearsalApp, RehearsalChange, RehearsalDay, RehearsalEnding,
    RehearsalManager, RehearsalPerson, RehearsalWave, schema_of,
};
use app::{
    EndingThing, HeldWave, LeavingManager, Rehearsal, RehearsedApp, RehearsedChange, RehearsedDay,
    RehearsedPlan,
};
use model::Change;

use super::morning::ZONE;
use super::shape::{get, parameter};
use super::{Rooms, fail, preview};
use crate::route::{Call, Parameter, Reply, Route};

const DAYS: Parameter = parameter("days", "How many days, 1 to 366; 90 where it is not given.");
/// Where nobody says how many.
const QUARTER: u16 = 90;

/// What the coming days bring.
pub const REHEARSAL: Route<Rooms> = get(
    "/api/v1/rehearsal",
    "getRehearsal",
    "Plays the coming days over what is known, without writing anything or asking an app.",
    &[DAYS, ZONE],
    schema_of::<RehearsalAnswer>,
    |rooms, call| Box::pin(rehearse(rooms, call)),
)
.long();

async fn rehearse(rooms: Arc<Rooms>, call: Call) -> Result<Reply, Problem> {
    let days = match call.asked("days") {
        Some(days) => Rehearsal::days(days).map_err(fail)?,
        None => QUARTER,
    };
    let zone = call.asked("zone").unwrap_or("UTC");
    let played = rooms.app.rehearse(days, zone).await.map_err(fail)?;
    Reply::json(&answer(played))
}

fn answer(played: Rehearsal) -> RehearsalAnswer {
    RehearsalAnswer {
        needs_a_person: played.needs_a_person(),
        from: played.from.to_string(),
        to: played.to.to_string(),
        looks: played.looks,
        open_plans: played.open_plans,
        days: played.days.into_iter().map(day).collect(),
        managers: played.managers.into_iter().map(manager).collect(),
        ending: played.ending.into_iter().map(ending).collect(),
        not_played: played.not_played,
    }
}

fn day(day: RehearsedDay) -> RehearsalDay {
    let count = |kinds: &[Change]| {
        let of = day.changes.iter().filter(|c| kinds.contains(&c.change));
        of.map(|change| change.plans).sum()
    };
    RehearsalDay {
        day: day.day.to_string(),
        joiners: count(&[Change::Joiner, Change::Rehire]),
        movers: count(&[Change::Mover, Change::Leave, Change::Return]),
        leavers: count(&[Change::Leaver, Change::MissingRow, Change::Termination]),
        deletions: count(&[Change::Deletion]),
        changes: day.changes.into_iter().map(change).collect(),
        held: day.held.into_iter().map(held).collect(),
        apps: day.apps.into_iter().map(app).collect(),
        tasks: day.tasks,
        problems: day.problems.into_iter().map(preview::problem).collect(),
    }
}

fn change(change: RehearsedChange) -> RehearsalChange {
    RehearsalChange {
        change: change.change.as_str().to_owned(),
        plans: change.plans,
        removals: change.removals,
        people: change.people.into_iter().map(person).collect(),
    }
}

fn person(plan: RehearsedPlan) -> RehearsalPerson {
    RehearsalPerson {
        subject: plan.subject.to_string(),
        name: plan.name,
        what: plan.what,
    }
}

fn held(wave: HeldWave) -> RehearsalWave {
    RehearsalWave {
        at: wave.at.to_string(),
        cause: wave.cause.to_string(),
        verdict: wave.verdict.as_str().to_owned(),
        because: wave.verdict.because().to_vec(),
        plans: wave.plans,
        removals: wave.removals,
    }
}

fn app(app: RehearsedApp) -> RehearsalApp {
    let verbs = app.requests.iter();
    let verbs: Vec<String> = verbs.map(|(verb, n)| format!("{verb} {n}")).collect();
    RehearsalApp {
        app: app.app.to_string(),
        requests: app.requests.values().sum(),
        verbs: verbs.join(", "),
        per_second: app.per_second,
        seconds: app.seconds,
        slow: app.slow,
    }
}

fn manager(manager: LeavingManager) -> RehearsalManager {
    RehearsalManager {
        at: manager.at.to_string(),
        subject: manager.subject.to_string(),
        name: manager.name,
        key: manager.key,
        reports: manager.reports,
        people: manager.people,
    }
}

fn ending(thing: EndingThing) -> RehearsalEnding {
    RehearsalEnding {
        at: thing.at.to_string(),
        what: thing.what,
        asks: thing.asks,
    }
}
