//! Planning for a large company whose apps are as they should be, but for a few people.

use std::time::Instant;

use app::App;
use model::Actor;

use crate::estate::{PEOPLE, WIDER, company, documents, settle, title};
use crate::rig::{folder, hr_file, open, runtime, user_time};
use crate::{Failure, Figure};

/// Plannings after one change each.
const SAMPLES: usize = 200;

/// `plan_100k_cold`, `plan_one_change_p50`, `plan_one_change_p99`, `preview_rule_100k`.
///
/// # Errors
/// When anything of it fails, or a planning does not find what it is measured for.
pub fn one_change() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(changes())
}

/// `decide_100k_x1`, or with `TENURE_BENCH_APPS` for more apps than one.
///
/// # Errors
/// As [`one_change`].
pub fn decide() -> Result<Vec<Figure>, Failure> {
    let asked = std::env::var("TENURE_BENCH_APPS").ok();
    runtime()?.block_on(whole(asked.map_or(Ok(1), |n| n.parse())?))
}

/// `decide_100k_x50`: 5,000,000 shadows.
///
/// # Errors
/// As [`one_change`].
pub fn decide_for_fifty() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(whole(50))
}

async fn changes() -> Result<Vec<Figure>, Failure> {
    let folder = folder()?;
    let (app, store) = open(&folder.path().join("bench.sqlite"), company(1))?;
    settle(&app, &store, 1).await?;
    let actor = Actor::named("bench");
    let (begun, used) = (Instant::now(), user_time()?);
    expect(
        app.plan(&actor, false).await?.len(),
        0,
        "of the steady state",
    )?;
    let cold = begun.elapsed().as_secs_f64();
    let cold_user = (user_time()? - used).as_secs_f64();
    let took = one_by_one(&app, &actor).await?;
    let mut files = documents(1, "changes");
    files.push(("wide.yaml".to_owned(), WIDER.to_owned()));
    let begun = Instant::now();
    let preview = app.preview(&actor, files).await?;
    let previewed = begun.elapsed().as_secs_f64();
    let gaining: usize = preview.waves.iter().map(|w| w.plans.len()).sum();
    if gaining < PEOPLE / 50 {
        return Err(format!("the rule gives something to {gaining} people only").into());
    }
    store.close().await;
    let figure = |name: &str, value: f64, unit: &'static str, bound: &str, most: f64| Figure {
        name: name.to_owned(),
        value,
        unit,
        bound: bound.to_owned(),
        bound_value: Some(most),
    };
    let (half, most) = (took[SAMPLES / 2], took[SAMPLES * 99 / 100]);
    Ok(vec![
        figure(
            "plan_100k_cold",
            cold,
            "s",
            "user time of the same",
            cold_user,
        ),
        figure(
            "plan_one_change_p50",
            half,
            "ms",
            "required at the most",
            50.0,
        ),
        figure(
            "plan_one_change_p99",
            most,
            "ms",
            "required at the most",
            50.0,
        ),
        figure(
            "preview_rule_100k",
            previewed,
            "s",
            "required at the most",
            5.0,
        ),
    ])
}

/// What each of several plannings took after one person has changed, in milliseconds, sorted.
async fn one_by_one(app: &App, actor: &Actor) -> Result<Vec<f64>, Failure> {
    let mut took = Vec::new();
    for sample in 0..SAMPLES {
        let who = sample * 487 % PEOPLE;
        let row = hr_file(who + 1, |_| format!("Promoted {sample}"));
        let (header, last) = (row.lines().next(), row.lines().last());
        let file = format!("{}\n{}\n", header.unwrap_or(""), last.unwrap_or(""));
        let told = app.deliver(actor, "hr", "hr.csv", file.as_bytes(), false);
        expect(told.await?.changes.len(), 1, "in the delivery")?;
        let begun = Instant::now();
        let waves = app.plan(actor, false).await?;
        took.push(begun.elapsed().as_secs_f64() * 1_000.0);
        expect(waves.len(), 1, "after one change")?;
    }
    took.sort_by(f64::total_cmp);
    Ok(took)
}

async fn whole(apps: usize) -> Result<Vec<Figure>, Failure> {
    let folder = folder()?;
    let path = folder.path().join("bench.sqlite");
    let (app, store) = open(&path, company(apps))?;
    settle(&app, &store, apps).await?;
    let edited = hr_file(PEOPLE, |i| match i % 100 {
        0 => "Promoted".to_owned(),
        _ => title(i),
    });
    let actor = Actor::named("bench");
    let told = app
        .deliver(&actor, "hr", "hr.csv", edited.as_bytes(), false)
        .await?;
    expect(told.changes.len(), PEOPLE / 100, "in the delivery")?;
    drop(app);
    store.close().await;
    let (app, store) = open(&path, company(apps))?;
    let (begun, used) = (Instant::now(), user_time()?);
    let waves = app.plan(&actor, false).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let user = (user_time()? - used).as_secs_f64();
    let plans: usize = waves.iter().map(|w| w.plans.len()).sum();
    expect(plans, PEOPLE / 100, "plans for those who changed")?;
    store.close().await;
    let figure = |suffix: &str, value: f64, unit: &'static str, bound: &str, most: f64| Figure {
        name: format!("decide_100k_x{apps}{suffix}"),
        value,
        unit,
        bound: bound.to_owned(),
        bound_value: Some(most),
    };
    let share = 60.0 * apps as f64 / 50.0;
    Ok(vec![
        figure("", seconds, "s", "its share of 60 s for fifty apps", share),
        figure(
            "_user",
            user,
            "s",
            "its share of 60 s on two cores",
            2.0 * share,
        ),
        figure(
            "_peak_rss",
            peak_rss()?,
            "MiB",
            "required at the most",
            2_048.0,
        ),
    ])
}

fn expect(found: usize, wanted: usize, what: &str) -> Result<(), Failure> {
    match found == wanted {
        true => Ok(()),
        false => Err(format!("{found} {what}, not {wanted}").into()),
    }
}

/// The most memory that this process ever held, in MiB (`VmHWM` of `proc(5)`).
fn peak_rss() -> Result<f64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.split_whitespace().next());
    Ok(kib.ok_or("no VmHWM")?.parse::<f64>()? / 1024.0)
}
