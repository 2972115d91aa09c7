//! The ledger of leavers of a year at a large company.

use std::sync::Arc;
use std::time::{Duration, Instant};

use app::{App, Window};
use model::event::ObjectObserved;
use model::{Actor, Event, Kind, Personal, RemoteId, TargetName, Timestamp};
use ports::Clock as _;
use ports::store::{Append, Door as _, Log as _, Objects as _, People as _};
use store::TenureStore;
use testkit::SimClock;

use crate::digest::applied;
use crate::estate::{PEOPLE, account, company, settle, title};
use crate::rig::{HEAD, folder, hr_row, open_at, runtime};
use crate::{Failure, Figure};

/// Working days of the year.
const DAYS: usize = 250;
/// Leavers of a day: one in ten of the company in a year.
const LEAVERS: usize = 40;
/// Others of a day of whom something is new.
const MOVERS: usize = 40;
/// Apps in which each has an account.
const APPS: usize = 2;
/// Ledgers that are timed; the slowest counts.
const SAMPLES: usize = 5;

/// `leavers_year`: 10,000 leavers of a year, with two accounts each, at a company of 100,000.
///
/// # Errors
/// When anything of it fails, or the ledger does not tell of all of them.
pub fn year() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(run())
}

async fn run() -> Result<Vec<Figure>, Failure> {
    let folder = folder()?;
    let begun: Timestamp = "2026-01-01T06:00:00Z".parse()?;
    let clock = Arc::new(SimClock::at(begun));
    let path = folder.path().join("bench.sqlite");
    let (app, store) = open_at(&path, company(APPS), Arc::clone(&clock) as _)?;
    settle(&app, &store, APPS).await?;
    app.plan(&Actor::named("bench"), false).await?;
    clock.advance(Duration::from_secs(3_600));
    let from = clock.now();
    for day in 0..DAYS {
        one_day(&app, &store, day).await?;
        clock.advance(Duration::from_secs(24 * 3_600 + 1_800));
    }
    let window = Window {
        from,
        to: app.now(),
    };
    let mut slowest = Duration::ZERO;
    for _ in 0..SAMPLES {
        let begun = Instant::now();
        let told = app.leavers(window).await?;
        slowest = slowest.max(begun.elapsed());
        let ended = told
            .leavers
            .iter()
            .filter(|leaver| leaver.done_at.is_some());
        let whole = told
            .leavers
            .iter()
            .all(|leaver| leaver.accounts.len() == APPS);
        if (told.leavers.len(), ended.count(), whole) != (DAYS * LEAVERS, DAYS * LEAVERS, true) {
            return Err(format!("it tells of {} leavers", told.leavers.len()).into());
        }
    }
    let log = store.head().await?.0;
    eprintln!("the log has {log} records of {PEOPLE} people");
    store.close().await;
    Ok(vec![Figure {
        name: "leavers_year".to_owned(),
        value: slowest.as_secs_f64(),
        unit: "s",
        bound: "required at the most".to_owned(),
        bound_value: Some(1.0),
    }])
}

/// A day on which some leave and of others something is new.
async fn one_day(app: &App, store: &TenureStore, day: usize) -> Result<(), Failure> {
    let actor = Actor::named("bench");
    let yesterday = app.now().minus(Duration::from_secs(24 * 3_600)).to_string();
    let yesterday = yesterday.get(..10).ok_or("no day")?;
    // The leavers from the front of the list, everyone else from its back.
    let leavers = (day * LEAVERS..(day + 1) * LEAVERS).map(|i| hr_row(i, &title(i), yesterday));
    let moved = movers(day).map(|i| hr_row(i, &format!("Promoted on day {day}"), ""));
    let file: String = std::iter::once(HEAD.to_owned())
        .chain(leavers)
        .chain(moved)
        .collect();
    app.deliver(&actor, "hr", "hr.csv", file.as_bytes(), false)
        .await?;
    for wave in app.plan(&actor, false).await? {
        applied(store, &actor, wave.wave).await?;
    }
    changed(app, store, &actor, day).await?;
    shut(app, store, &actor, day).await
}

fn movers(day: usize) -> impl Iterator<Item = usize> {
    (0..MOVERS).map(move |n| PEOPLE - 1 - (day * MOVERS + n) % 50_000)
}

/// Writes what reading the movers' accounts back would have written.
async fn changed(app: &App, store: &TenureStore, actor: &Actor, day: usize) -> Result<(), Failure> {
    let loaded = app.loaded().await?;
    let mut events = Vec::new();
    for i in movers(day) {
        let person = store.person_by_key("hr", &format!("W{i:06}")).await?;
        let person = person.ok_or("a mover is not there")?;
        for (target, rules) in &loaded.book.apps {
            events.extend(account(app, target, rules, &person)?);
        }
    }
    store.append(Append::of(actor.clone(), events)).await?;
    Ok(())
}

/// Writes what reading the leavers' accounts back would have written.
async fn shut(app: &App, store: &TenureStore, actor: &Actor, day: usize) -> Result<(), Failure> {
    let mut events = Vec::new();
    for i in day * LEAVERS..(day + 1) * LEAVERS {
        let known = app.one_person(&format!("W{i:06}")).await?;
        let subject = known.person.subject;
        for n in 0..APPS {
            let target = TargetName(format!("app{n:02}"));
            let remote = RemoteId(format!("r-{subject}"));
            let seen = store.shadow(&target, Kind::Account, &remote).await?;
            let mut record = seen.ok_or("an account is not there")?.record;
            record.active = false;
            events.push(Event::ObjectObserved(ObjectObserved {
                target,
                kind: Kind::Account,
                remote,
                subject: Some(subject),
                seen_at: app.now(),
                personal: Personal::Known(record),
            }));
        }
    }
    store.append(Append::of(actor.clone(), events)).await?;
    Ok(())
}
