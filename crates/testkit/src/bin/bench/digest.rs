//! The morning after a night in which a tenth of a large company has changed.

use std::time::{Duration, Instant};

use app::Window;
use model::event::{PlanChanged, StepChanged, WaveReleased};
use model::plan::{PlanStatus, StepRef, StepStatus};
use model::{Actor, Event, Outcome, WaveId};
use ports::store::{Append, Door as _, Work as _};
use store::TenureStore;

use crate::estate::{PEOPLE, company, settle, title};
use crate::rig::{folder, hr_file, open, runtime};
use crate::{Failure, Figure};

/// People who have changed, and operations of that night.
const CHANGED: usize = 10_000;
/// Digests that are timed; the slowest counts.
const SAMPLES: usize = 5;

/// `digest_100k`: 10,000 operations of one night at a company of 100,000.
///
/// # Errors
/// When anything of it fails, or the digest does not tell of all of them.
pub fn digest() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(run())
}

async fn run() -> Result<Vec<Figure>, Failure> {
    let folder = folder()?;
    let (app, store) = open(&folder.path().join("bench.sqlite"), company(1))?;
    settle(&app, &store, 1).await?;
    let actor = Actor::named("bench");
    app.plan(&actor, false).await?;
    let from = app.now();
    let file = hr_file(CHANGED, |i| format!("Promoted {}", title(i)));
    app.deliver(&actor, "hr", "hr.csv", file.as_bytes(), false)
        .await?;
    let waves = app.plan(&actor, false).await?;
    for wave in &waves {
        applied(&store, &actor, wave.wave).await?;
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..SAMPLES {
        let window = Window {
            from,
            to: app.now(),
        };
        let begun = Instant::now();
        let told = app.digest(window).await?;
        slowest = slowest.max(begun.elapsed());
        let count = told.counts.first().ok_or("nobody was expected")?;
        if told.counts.len() != 1 || count.done != CHANGED as u64 || !told.people.is_empty() {
            return Err(format!("{CHANGED} people moved, and it tells of {count:?}").into());
        }
    }
    let log = app.store().head().await?.0;
    eprintln!("the log has {log} records of {PEOPLE} people");
    store.close().await;
    Ok(vec![Figure {
        name: "digest_100k".to_owned(),
        value: slowest.as_secs_f64(),
        unit: "s",
        bound: "required at the most".to_owned(),
        bound_value: Some(1.0),
    }])
}

/// Writes what carrying a wave out would have written.
pub async fn applied(store: &TenureStore, actor: &Actor, wave: WaveId) -> Result<(), Failure> {
    let released = Event::WaveReleased(WaveReleased {
        wave,
        released: true,
        plans: Vec::new(),
        by: "bench".to_owned(),
        reason: "bench".to_owned(),
    });
    store
        .append(Append::of(actor.clone(), vec![released]))
        .await?;
    let mut after = None;
    loop {
        let plans = store.plans_of(wave, after, 250).await?;
        after = plans.last().map(|plan| plan.id);
        let mut events = Vec::new();
        for plan in &plans {
            let status = |status| {
                Event::PlanChanged(PlanChanged {
                    plan: plan.id,
                    status,
                    detail: String::new(),
                })
            };
            events.push(status(PlanStatus::Released));
            for step in &plan.steps {
                for step_status in [StepStatus::Sent, StepStatus::Answered, StepStatus::Verified] {
                    events.push(Event::StepChanged(StepChanged {
                        step: StepRef {
                            plan: plan.id,
                            no: step.no,
                        },
                        address: step.address.clone(),
                        status: step_status,
                        attempt: 1,
                        looks: 0,
                        not_before: None,
                        fence: 1,
                        outcome: (step_status != StepStatus::Sent).then_some(Outcome::Done {
                            remote: None,
                            version: None,
                        }),
                        detail: String::new(),
                        exchanges: Vec::new(),
                    }));
                }
            }
            events.push(status(PlanStatus::Applied));
        }
        if !events.is_empty() {
            store.append(Append::of(actor.clone(), events)).await?;
        }
        if plans.len() < 250 {
            return Ok(());
        }
    }
}
