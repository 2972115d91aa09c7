//! What happens on each day of a rehearsal, as it is counted while it is played.

use std::collections::{BTreeMap, BTreeSet};

use lifecycle::claims::named;
use model::finding::Finding;
use model::plan::About;
use model::time::Date;
use model::{Act, Change, Step, SubjectId, TargetName, Timestamp, Verdict};

use super::report::{HeldWave, RehearsedApp, RehearsedChange, RehearsedDay, RehearsedPlan};
use crate::digest::Awaited;
use crate::tenant::Loaded;
use crate::{App, AppError, WavePreview};

/// Plans of one kind of change on one day that are told.
const NAMED: usize = 20;
/// Held waves that a rehearsal tells one by one.
const MOST_HELD: usize = 2_000;

#[derive(Default)]
struct Day {
    changes: BTreeMap<Change, RehearsedChange>,
    held: Vec<HeldWave>,
    /// Requests by verb, and how many steps are read back.
    apps: BTreeMap<TargetName, (BTreeMap<&'static str, u64>, u64)>,
    tasks: u64,
    findings: Vec<Finding>,
}

/// The days so far.
pub(super) struct Tally {
    zone: String,
    days: BTreeMap<Date, Day>,
    held: usize,
    /// Findings that are told already: what it is, of whom and where.
    found: BTreeSet<(String, Option<SubjectId>, String)>,
}

impl Tally {
    pub fn new(zone: &str) -> Self {
        Self {
            zone: zone.to_owned(),
            days: BTreeMap::new(),
            held: 0,
            found: BTreeSet::new(),
        }
    }

    fn day(&mut self, at: Timestamp) -> Result<&mut Day, AppError> {
        let wall = at.on_the_wall(&self.zone).map_err(super::wrong)?;
        Ok(self.days.entry(wall.date()).or_default())
    }

    /// A wave is proposed at an instant; `verdict`: what the guard says of it as it begins.
    pub fn wave(
        &mut self,
        at: Timestamp,
        wave: &WavePreview,
        verdict: &Verdict,
    ) -> Result<(), AppError> {
        let removals = wave.plans.iter().filter(|p| p.plan.removes()).count() as u64;
        let is_held = !matches!(verdict, Verdict::Allow { .. });
        self.held += usize::from(is_held);
        if self.held > MOST_HELD {
            return Err(super::too_much(format!(
                "more than {MOST_HELD} waves would wait for a person"
            )));
        }
        let day = self.day(at)?;
        let change = wave.cause.change;
        let entry = day
            .changes
            .entry(change)
            .or_insert_with(|| RehearsedChange {
                change,
                plans: 0,
                removals: 0,
                people: Vec::new(),
            });
        entry.plans += wave.plans.len() as u64;
        entry.removals += removals;
        for plan in &wave.plans {
            if let About::Subject(subject) = plan.plan.about
                && entry.people.len() < NAMED
            {
                entry.people.push(RehearsedPlan {
                    subject,
                    name: plan.name.clone(),
                    what: plan.plan.steps.iter().map(what).collect(),
                });
            }
            for step in &plan.plan.steps {
                let (requests, looks) = day.apps.entry(step.address.target.clone()).or_default();
                *looks += 1;
                if !matches!(step.act, Act::Adopt { .. }) {
                    *requests.entry(step.act.verb()).or_default() += 1;
                }
            }
        }
        if is_held {
            day.held.push(HeldWave {
                at,
                cause: wave.cause.clone(),
                verdict: verdict.clone(),
                plans: wave.plans.len() as u64,
                removals,
            });
        }
        Ok(())
    }

    /// Something has to be done by hand.
    pub fn task(&mut self, at: Timestamp) -> Result<(), AppError> {
        self.day(at)?.tasks += 1;
        Ok(())
    }

    /// Whether this was not found before in this rehearsal.
    pub fn is_news(&mut self, finding: &Finding) -> bool {
        let address = finding.address.as_ref();
        let address = address.map_or_else(String::new, ToString::to_string);
        let key = (finding.fingerprint.clone(), finding.subject, address);
        self.found.insert(key)
    }

    pub fn found(&mut self, at: Timestamp, finding: Finding) -> Result<(), AppError> {
        self.day(at)?.findings.push(finding);
        Ok(())
    }

    /// The days on which something happens.
    pub async fn told(self, app: &App, loaded: &Loaded) -> Result<Vec<RehearsedDay>, AppError> {
        let mut rates: BTreeMap<TargetName, Option<u32>> = BTreeMap::new();
        for target in loaded.book.apps.keys() {
            rates.insert(target.clone(), app.rate(loaded, target).await);
        }
        let mut days = Vec::new();
        for (date, day) in self.days {
            let apps = day.apps.into_iter().map(|(target, (requests, looks))| {
                let per_second = rates.get(&target).copied().flatten();
                asked(target, requests, looks, per_second)
            });
            days.push(RehearsedDay {
                day: date,
                changes: day.changes.into_values().collect(),
                held: day.held,
                apps: apps.collect(),
                tasks: day.tasks,
                problems: app.troubles(day.findings, &loaded.book.sources).await?,
            });
        }
        Ok(days)
    }
}

/// What a step does, for people.
fn what(step: &Step) -> String {
    let (app, verb) = (&step.address.target, step.act.verb());
    if let Some(group) = step.address.key.granted_group() {
        return format!("{app}: {verb} {group}");
    }
    match &step.act {
        Act::Create { active, .. } => {
            let name = named(&step.act).unwrap_or_default();
            let usable = if *active { "" } else { "disabled " };
            format!("{app}: {verb} the {usable}account {name}")
        }
        Act::Update { set, unset } => {
            let paths: Vec<&str> = set.keys().chain(unset).map(String::as_str).collect();
            format!("{app}: {verb} {}", paths.join(", "))
        }
        _ => format!("{app}: {verb} the account"),
    }
}

fn asked(
    app: TargetName,
    requests: BTreeMap<&'static str, u64>,
    looks: u64,
    per_second: Option<u32>,
) -> RehearsedApp {
    let total: u64 = requests.values().sum();
    let seconds = per_second.map(|rate| (total + looks).div_ceil(u64::from(rate.max(1))));
    let clock = Awaited::Leaver.clock().as_secs();
    RehearsedApp {
        app,
        requests,
        per_second,
        seconds,
        slow: seconds.is_some_and(|seconds| seconds > clock),
    }
}
