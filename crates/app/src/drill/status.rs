//! How drills stand: their last runs, when they are due, and what is wrong with them.

use std::collections::BTreeMap;
use std::time::Duration;

use documents::Drill;
use lifecycle::drill::{Times, times};
use model::drill::{AppResult, How};
use model::{DrillOutcome, DrillRun, Phase, TargetName, Timestamp};

use crate::tenant::Loaded;
use crate::{App, AppError};

/// Runs of a drill that are told, and over which times are taken.
const RUNS: u32 = 50;
/// How long after its time a drill may begin.
const SLACK: Duration = Duration::from_secs(3_600);

/// A drill and its runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillStatus {
    /// Its document.
    pub drill: Drill,
    /// Its last runs, newest first; at most 50.
    pub runs: Vec<DrillRun>,
    /// When it begins by itself next. `None`: by hand alone, or a run is under way.
    pub due: Option<Timestamp>,
    /// What a person has to look at.
    pub trouble: Option<DrillTrouble>,
}

/// What is wrong with a drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrillTrouble {
    /// Since when.
    pub since: Timestamp,
    /// The run that did not pass; `None`: none began in time.
    pub run: Option<u32>,
    /// One sentence that names nobody.
    pub problem: String,
    /// What to do.
    pub fix: String,
}

impl DrillStatus {
    /// How long each phase took in each app, over these runs: by phase and app.
    #[must_use]
    pub fn times(&self) -> BTreeMap<(Phase, String), Times> {
        let of = times(&self.runs).into_iter();
        of.map(|((phase, app), times)| ((phase, app.to_string()), times))
            .collect()
    }
}

impl App {
    /// Every drill that documents declare, by name.
    ///
    /// # Errors
    /// `Missing` before there are documents.
    pub async fn drills(&self) -> Result<Vec<DrillStatus>, AppError> {
        let loaded = self.loaded().await?;
        let mut found = Vec::new();
        for drill in loaded.tenant.drills.values() {
            found.push(self.drill_status(&loaded, drill).await?);
        }
        Ok(found)
    }

    /// One drill.
    ///
    /// # Errors
    /// `Missing` for one that no document declares.
    pub async fn drill(&self, name: &str) -> Result<DrillStatus, AppError> {
        let loaded = self.loaded().await?;
        let drill = loaded.tenant.drills.get(name);
        let drill = drill.ok_or_else(|| AppError::missing("drill", name))?;
        self.drill_status(&loaded, drill).await
    }

    async fn drill_status(&self, loaded: &Loaded, drill: &Drill) -> Result<DrillStatus, AppError> {
        let rows = self.store.drill_runs(&drill.name, RUNS).await?;
        let runs: Vec<DrillRun> = rows.into_iter().map(|row| row.run).collect();
        let due = self.due_at(loaded, drill).await?;
        let late = due.filter(|due| due.plus(SLACK) <= self.clock.now());
        let stopped = match late {
            // A drill whose apps nobody can tell begins as little as one that is held.
            Some(_) => match self.apps_of(loaded, drill) {
                Ok(apps) => self.writing_stopped(&apps).await?,
                Err(error) => Some(error.to_string()),
            },
            None => None,
        };
        let trouble = failed(&runs).or_else(|| Some(silent(&drill.name, late?, stopped)));
        Ok(DrillStatus {
            drill: drill.clone(),
            runs,
            due,
            trouble,
        })
    }

    fn apps_of(&self, loaded: &Loaded, drill: &Drill) -> Result<Vec<TargetName>, AppError> {
        let now = self.clock.now();
        let facts = super::persona::joined(drill, now)?;
        super::persona::apps(drill, loaded, &facts, now)
    }
}

/// What was wrong with the last run that ended, if it did not pass. One that is under way says
/// nothing yet.
fn failed(runs: &[DrillRun]) -> Option<DrillTrouble> {
    let last = runs.iter().find(|run| run.ended.is_some())?;
    let (phase, outcome) = last.trouble()?;
    let (name, number) = (&last.drill, last.number);
    let how = match outcome {
        DrillOutcome::Held => "was held",
        DrillOutcome::Passed | DrillOutcome::Failed => "failed",
    };
    let word = phase.phase.as_str();
    let wrong = |found: &&AppResult| matches!(found.how, How::Failed | How::Late | How::Held);
    let mut apps: Vec<String> = Vec::new();
    for (app, found) in phase.apps.iter().filter(|(_, found)| wrong(found)) {
        apps.push(format!("{app}: {}", found.why));
    }
    let why = match apps.is_empty() {
        true => phase.why.clone(),
        false => apps.join("; "),
    };
    Some(DrillTrouble {
        since: last.ended?,
        run: Some(number),
        problem: format!("run {number} of the drill `{name}` {how} as a {word}: {why}"),
        fix: format!("`tenure drill show {name}`; once that is mended, `tenure drill run {name}`"),
    })
}

fn silent(name: &str, due: Timestamp, stopped: Option<String>) -> DrillTrouble {
    let (why, fix) = match stopped {
        Some(why) => (format!(": {why}"), "it begins once that has ended"),
        None => (
            String::new(),
            "see why no node began it: its log says `drill.not_begun`",
        ),
    };
    DrillTrouble {
        since: due,
        run: None,
        problem: format!("the drill `{name}` was to begin at {due} and has not{why}"),
        fix: fix.to_owned(),
    }
}
