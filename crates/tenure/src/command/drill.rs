//! Drills: a made-up person joins, moves and leaves, and each app is looked at.

use api::{DrillAnswer, RunDrill, RunDrillAnswer, WireDrill, WireDrillRun};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{Change, Desk};
use crate::failure::{Exit, Failure};
use crate::output::{Format, Section, print};

/// Runs that are shown one by one.
const RUNS: usize = 10;

/// What follows `tenure drill`.
#[derive(Debug, Subcommand)]
pub enum DrillCommand {
    /// Lists drills and how they stand. Ends with 2 where one did not pass, or did not begin in time.
    List,
    /// Begins a run now; `tenure drill show` says how far it is.
    Run {
        /// The name of its document.
        name: String,
        #[command(flatten)]
        change: Change,
    },
    /// Shows its last runs, and how long each phase took in each app. Ends with 2 where it did not pass,
    /// or did not begin in time.
    Show {
        /// The name of its document.
        name: String,
    },
}

/// `tenure drill …`.
pub async fn drill(desk: &Desk, command: DrillCommand) -> Result<Exit, Failure> {
    match command {
        DrillCommand::List => list(desk).await,
        DrillCommand::Run { name, change } => run(desk, &name, change).await,
        DrillCommand::Show { name } => show(desk, &name).await,
    }
}

fn exit(drill: &WireDrill) -> Exit {
    match drill.problem.is_empty() {
        true => Exit::Fine,
        false => Exit::Present,
    }
}

async fn list(desk: &Desk) -> Result<Exit, Failure> {
    let page: api::Page<WireDrill> = desk.client.get(&["drills"], &[]).await?;
    let rows = page.items;
    let columns = ["drill", "status", "run", "begun", "ended", "due", "problem"];
    desk.output.list(&rows, &columns)?;
    if rows.is_empty() && desk.output.format() == Format::Table {
        eprintln!("No document declares a drill.");
    }
    let trouble = rows.iter().any(|row| !row.problem.is_empty());
    Ok(if trouble { Exit::Present } else { Exit::Fine })
}

async fn run(desk: &Desk, name: &str, change: Change) -> Result<Exit, Failure> {
    let body = RunDrill {
        dry_run: change.dry_run,
        reason: change.needed_reason()?,
    };
    let answer: RunDrillAnswer = desk.client.post(&["drills", name, "runs"], &body).await?;
    let begins = match answer.dry_run {
        true => "would begin",
        false => "has begun",
    };
    let (run, minutes) = (answer.run, answer.within_minutes);
    let apps = answer.apps.join(", ");
    eprintln!(
        "Run {run} of `{name}` {begins}: {apps} must follow, each phase within {minutes} minutes."
    );
    if !answer.dry_run {
        eprintln!("See how far it is with `tenure drill show {name}`.");
    }
    Ok(Exit::Fine)
}

async fn show(desk: &Desk, name: &str) -> Result<Exit, Failure> {
    let answer: DrillAnswer = desk.client.get(&["drills", name], &[]).await?;
    match desk.output.format() {
        Format::Table | Format::Md if desk.output.columns.is_empty() => {
            let markdown = desk.output.format() == Format::Md;
            print(&tell(&answer, markdown)?)?;
        }
        _ => desk.output.show(&answer, &["drill", "times", "runs"])?,
    }
    Ok(exit(&answer.drill))
}

/// A drill for people: the last run app by app, all times, and the runs.
fn tell(answer: &DrillAnswer, markdown: bool) -> Result<String, Failure> {
    let drill = &answer.drill;
    let mut sections = Vec::new();
    if let Some(last) = answer.runs.first() {
        sections.push(Section {
            title: format!("Run {} of `{}`: {}", last.run, drill.drill, last.status),
            columns: &["phase", "app", "how", "ms", "why"],
            rows: phases(last),
        });
    }
    if !answer.times.is_empty() {
        sections.push(Section::of(
            format!(
                "From the word to the read-back, over {} runs",
                answer.runs.len()
            ),
            &["phase", "app", "seen", "p50_ms", "max_ms"],
            &answer.times,
        )?);
    }
    let runs = &answer.runs[..answer.runs.len().min(RUNS)];
    if !runs.is_empty() {
        sections.push(Section::of(
            "Runs".to_owned(),
            &["run", "status", "begun", "ended", "by", "reason"],
            runs,
        )?);
    }
    let mut text = Section::render(&sections, markdown);
    if answer.runs.is_empty() {
        text.push_str(&format!("`{}` has never run.\n", drill.drill));
    }
    if !drill.due.is_empty() {
        text.push_str(&format!("\nIt begins by itself at {}.\n", drill.due));
    }
    if !drill.problem.is_empty() {
        text.push_str(&format!("\nTo do: {}.\n", drill.fix));
    }
    Ok(text)
}

/// One line for each app of each phase, and one for a phase that failed as a whole.
fn phases(run: &WireDrillRun) -> Vec<Value> {
    let mut rows = Vec::new();
    for phase in &run.phases {
        for app in &phase.apps {
            rows.push(json!({
                "phase": phase.phase, "app": app.app, "how": app.how, "ms": app.ms, "why": app.why,
            }));
        }
        if !phase.why.is_empty() {
            rows.push(json!({
                "phase": phase.phase, "app": "", "how": phase.status, "ms": null, "why": phase.why,
            }));
        }
    }
    rows
}
