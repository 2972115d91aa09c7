//! `tenure demo`: one night at a small company, told by production code.
//!
//! A generated company of 60 people, an emulated SCIM app that misbehaves on purpose, an
//! embedded store in a temporary folder. Nothing is scripted but the company and the app's
//! faults: what is printed is what the use-cases answered, and each step is checked, so that
//! the exit code tells whether the story came out as it must.

mod company;
mod stage;
mod story;

use crate::failure::{Exit, Failure};

/// What `tenure demo` is asked for.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Draws another company.
    #[arg(long, default_value_t = 2026)]
    seed: u64,
}

/// Tells the story. `Exit::Error` when it does not come out as it must.
pub async fn run(demo: Demo) -> Result<Exit, Failure> {
    let stage = stage::Stage::set(demo.seed).await?;
    let told = story::tell(&stage).await;
    stage.strike().await;
    told
}
