//! Why somebody has access, asked at a large company.

use std::time::{Duration, Instant};

use model::Actor;

use crate::estate::{PEOPLE, company, settle};
use crate::rig::{folder, open, runtime};
use crate::{Failure, Figure};

/// People who are asked about.
const ASKED: usize = 1_000;

/// `why_access_p95`: why one of 100,000 people has their account, asked by worker key.
///
/// # Errors
/// When anything of it fails, or an answer gives no reason.
pub fn access() -> Result<Vec<Figure>, Failure> {
    runtime()?.block_on(run())
}

async fn run() -> Result<Vec<Figure>, Failure> {
    let folder = folder()?;
    let (app, store) = open(&folder.path().join("bench.sqlite"), company(1))?;
    settle(&app, &store, 1).await?;
    app.plan(&Actor::named("bench"), false).await?;
    let mut took = Vec::with_capacity(ASKED);
    for n in 0..ASKED {
        // All over the company, in no order.
        let key = format!("W{:06}", n * 7_919 % PEOPLE);
        let begun = Instant::now();
        let why = app.why_access(&key, "app00").await?;
        took.push(begun.elapsed());
        let account = why.items.first().ok_or("nothing is said of an account")?;
        if why.key != key || account.because.is_empty() || account.seen != "active" {
            return Err(format!("the answer about {key} gives no reason").into());
        }
    }
    store.close().await;
    took.sort_unstable();
    let p95: Duration = took[ASKED * 95 / 100 - 1];
    Ok(vec![Figure {
        name: "why_access_p95".to_owned(),
        value: p95.as_secs_f64() * 1_000.0,
        unit: "ms",
        bound: "required at the most".to_owned(),
        bound_value: Some(50.0),
    }])
}
