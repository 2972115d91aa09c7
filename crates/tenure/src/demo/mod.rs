//! `tenure demo`: a month at a company, told by production code.
//!
//! A generated company, four emulated SCIM apps with tempers of their own, a store and a server in a
//! temporary folder. Thirty nights of HR files are played with the story's clock; everything else is
//! what a tenant runs. What HR meant and what the apps hold at the end are compared with what Tenure
//! says, so that the exit code tells whether the story came out as it must.

mod after;
mod apps;
mod clock;
mod company;
mod estate;
mod morning;
mod outcomes;
mod proof;
mod stage;
mod story;
mod tell;

use crate::failure::{Exit, Failure};
use outcomes::Outcomes;
use stage::Stage;

/// The smallest company in which the story can happen.
const FEWEST: usize = 150;
/// The largest that is drawn.
const MOST: usize = 5_000;

/// What `tenure demo` is asked for.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Ends after the story: with 0 if it came out as it must, else with the first difference.
    #[arg(long)]
    exit: bool,
    /// Draws another company.
    #[arg(long, default_value_t = 2026)]
    seed: u64,
    /// How many people work there on the first day, from 150 to 5000.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = people)]
    people: usize,
    /// Expects another outcome than the story means, to see how a difference is told.
    #[arg(long, value_name = "OUTCOME=WORTH", hide = true)]
    expect: Vec<String>,
}

fn people(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(people) if (FEWEST..=MOST).contains(&people) => Ok(people),
        _ => Err(format!("write a number from {FEWEST} to {MOST}")),
    }
}

/// Tells the story; then serves, unless it is to end.
pub async fn run(demo: Demo) -> Result<Exit, Failure> {
    let mut outcomes = Outcomes::altered(&demo.expect)?;
    let mut stage = Stage::set(demo.seed, demo.people).await?;
    let told = tokio::select! {
        told = story::tell(&mut stage, &mut outcomes) => told,
        _ = tokio::signal::ctrl_c() => Err(interrupted()),
    };
    let told = match told {
        Ok(()) => after::after(&stage, outcomes, demo.exit).await,
        Err(failure) => Err(failure),
    };
    stage.strike().await;
    told
}

fn interrupted() -> Failure {
    Failure::new("TNR-CLI-0030", "the demo was interrupted", "start it again")
}

/// The demo cannot go on.
fn broken(why: impl std::fmt::Display) -> Failure {
    let problem = format!("the demo cannot go on: {why}");
    Failure::new("TNR-CLI-0030", problem, "report it")
}
