//! The coming quarter of a large company of which some people leave on each day.

use std::time::{Duration, Instant};

use app::App;
use model::Actor;

use crate::estate::{company, settle, title};
use crate::rig::{folder, hr_file, open, runtime, user_time};
use crate::{Failure, Figure};

/// Days that are played.
const DAYS: u16 = 90;
/// People of whom nine in ten have a last day in them.
const LEAVING: usize = 4_000;

/// `rehearse_100k`: 90 days of a company of 100,000, of whom 3,600 leave in them.
///
/// # Errors
/// When anything of it fails, or not everyone leaves on their day.
pub fn rehearse() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(run())
}

async fn run() -> Result<Vec<Figure>, Failure> {
    let folder = folder()?;
    let (app, store) = open(&folder.path().join("bench.sqlite"), company(1))?;
    settle(&app, &store, 1).await?;
    let leaving = tell(&app).await?;
    let (begun, used) = (Instant::now(), user_time()?);
    let played = app.rehearse(DAYS, "Europe/Berlin").await?;
    let (took, used) = (begun.elapsed(), user_time()? - used);
    let changes = played.days.iter().flat_map(|day| &day.changes);
    let left: u64 = changes.map(|change| change.removals).sum();
    if left != leaving {
        return Err(format!("{leaving} people leave, and {left} are played").into());
    }
    store.close().await;
    Ok(vec![Figure {
        name: "rehearse_100k".to_owned(),
        value: took.as_secs_f64(),
        unit: "s",
        bound: "user time of the same".to_owned(),
        bound_value: Some(used.as_secs_f64()),
    }])
}

/// HR tells of last days; how many.
async fn tell(app: &App) -> Result<u64, Failure> {
    let (mut file, mut leaving) = (String::new(), 0);
    for (i, line) in hr_file(LEAVING, title).lines().enumerate() {
        file.push_str(line);
        // Contractors have a last day already, years ahead.
        if line.ends_with(',') {
            let days = u64::try_from(i)? % u64::from(DAYS - 1);
            let at = app.now().plus(Duration::from_secs(days * 86_400));
            file.push_str(&at.to_string()[..10]);
            leaving += 1;
        }
        file.push('\n');
    }
    let actor = Actor::named("bench");
    app.deliver(&actor, "hr", "hr.csv", file.as_bytes(), false)
        .await?;
    Ok(leaving)
}
