//! A large company's HR file: the first time, the same again, and with a little changed.

use std::sync::Arc;
use std::time::Instant;

use app::App;
use model::source::Delivery;
use model::{Actor, Digest};
use ports::store::Log as _;
use store::TenureStore;
use testkit::node::Company;

use crate::rig::{SOURCE, folder, hr_file, open, runtime, user_time};
use crate::{Failure, Figure};

const PEOPLE: usize = 100_000;

/// One delivery: what it took, and how many records it wrote.
struct Run {
    seconds: f64,
    user: f64,
    changes: usize,
    records: u64,
}

/// `import_100k`, `import_100k_again`, `import_100k_1pct`.
///
/// # Errors
/// When anything of it fails, or a delivery does not do what it is measured for.
pub fn all() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(run())
}

async fn run() -> Result<Vec<Figure>, Failure> {
    let folder = folder()?;
    let (app, store) = open(
        &folder.path().join("bench.sqlite"),
        Arc::new(Company::default()),
    )?;
    let actor = Actor::named("bench");
    let documents = vec![("hr.yaml".to_owned(), SOURCE.to_owned())];
    app.accept_documents(&actor, documents, false).await?;
    let file = hr_file(PEOPLE, |i| format!("Title {}", i % 300));
    let edited = hr_file(PEOPLE, |i| match i % 100 {
        0 => "Promoted".to_owned(),
        _ => format!("Title {}", i % 300),
    });
    let alone = read_alone(&app, &file).await?;
    let first = deliver(&app, &store, &file).await?;
    let again = deliver(&app, &store, &file).await?;
    let some = deliver(&app, &store, &edited).await?;
    for (what, run, changes) in [
        ("the first", &first, PEOPLE),
        ("the same file", &again, 0),
        ("the edited file", &some, PEOPLE / 100),
    ] {
        if run.changes != changes {
            return Err(format!("{what} made {} changes, not {changes}", run.changes).into());
        }
    }
    if again.records != 0 {
        return Err(format!("the same file made {} records", again.records).into());
    }
    store.close().await;
    let figures = [
        ("import_100k", first),
        ("import_100k_again", again),
        ("import_100k_1pct", some),
    ];
    Ok(figures
        .into_iter()
        .flat_map(|(name, run)| figures_of(name, &run, alone))
        .collect())
}

fn figures_of(name: &str, run: &Run, alone: f64) -> [Figure; 2] {
    let bound = "reading the file and hashing every row, on one core";
    let figure = |suffix: &str, value: f64| Figure {
        name: format!("{name}{suffix}"),
        value,
        unit: "s",
        bound: bound.to_owned(),
        bound_value: Some(alone),
    };
    [figure("", run.seconds), figure("_user", run.user)]
}

async fn deliver(app: &App, store: &TenureStore, file: &str) -> Result<Run, Failure> {
    let actor = Actor::named("bench");
    let before = store.head().await?.0;
    let (begun, used) = (Instant::now(), user_time()?);
    let report = app
        .deliver(&actor, "hr", "hr.csv", file.as_bytes(), false)
        .await?;
    let seconds = begun.elapsed().as_secs_f64();
    let user = (user_time()? - used).as_secs_f64();
    if report.refused {
        return Err("the file was refused".into());
    }
    let after = store.head().await?.0;
    Ok(Run {
        seconds,
        user,
        changes: report.changes.len(),
        records: after - before,
    })
}

/// The least that any import does: the file is read and each row is hashed.
async fn read_alone(app: &App, file: &str) -> Result<f64, Failure> {
    let loaded = app.loaded().await?;
    let mapping = &loaded.tenant.sources.get("hr").ok_or("no source")?.csv;
    let begun = Instant::now();
    let read: Delivery = connectors::csv_source::read("hr.csv", file.as_bytes(), mapping);
    let mut line = Vec::new();
    for row in &read.rows {
        line.clear();
        serde_json::to_writer(&mut line, &row.facts)?;
        std::hint::black_box(Digest::of(&line));
    }
    Ok(begun.elapsed().as_secs_f64())
}
