//! The morning: what should have happened since an instant, what did, what failed and why, what
//! waits for a person, and what nobody told of.
//!
//! Everything is read ([`gather`]), what is expected of each person follows from it ([`expected`]),
//! for the few whom no plan followed a planning is tried without writing anything ([`undone`]), and
//! the rest is put together from rows ([`assemble`]). Nothing is kept: a digest is an answer.

mod assemble;
mod break_glass;
mod budgets;
mod expected;
mod failures;
mod gather;
mod late;
mod report;
mod silent;
mod undone;
mod window;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use model::finding::Finding;
use model::plan::PlanStatus;
use model::{Actor, Kind, SubjectId, TargetName, Timestamp};

pub(crate) use expected::{Attempt, Case as Leaver, Expectation, Stand, expectation, judge};
pub(crate) use failures::{class_of, group, of_plan};
pub use report::{
    Awaited, Count, Digest, FailureGroup, FindingGroup, LatePerson, Silence, WaitingWave,
};
pub(crate) use silent::TARGET as UNREAD;
pub use window::Window;

use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind, WavePreview};
use assemble::Case;
use gather::Gathered;
use silent::Signs;

type Exposed = BTreeMap<SubjectId, Vec<TargetName>>;
type Gone = BTreeMap<SubjectId, (Timestamp, bool)>;

/// Whether a finding is about a step that failed for good: the worker names what was tried last.
pub(crate) fn is_failure(finding: &Finding) -> bool {
    const VERBS: [&str; 8] = [
        "adopt", "create", "update", "enable", "disable", "delete", "grant", "revoke",
    ];
    let verb = finding.fingerprint.rsplit('/').next().unwrap_or("");
    finding.address.is_some() && VERBS.contains(&verb)
}

impl App {
    /// What happened in a time, and what should have.
    ///
    /// # Errors
    /// `Missing` before there are documents; `Invalid` for a time in which too much happened.
    pub async fn digest(&self, window: Window) -> Result<Digest, AppError> {
        let loaded = self.loaded().await?;
        let mut rows = self.gather(window).await?;
        let expected = assemble::expected(&rows, window);
        self.look_up_later(&mut rows, &expected).await?;
        let leavers: Vec<(SubjectId, Timestamp)> = expected
            .iter()
            .filter(|(_, e)| e.awaited.leaves())
            .map(|(subject, e)| (*subject, e.start))
            .collect();
        let (exposed, ended) = self.gone(&leavers).await?;
        let suspects = assemble::suspects(&rows, &expected, &exposed);
        let undone = self.undone(suspects).await?;
        let signs = self.signs(&loaded, rows.now).await?;
        let rates = self.rates(&loaded, &rows).await?;
        let case = Case {
            window,
            rows: &rows,
            expected: &expected,
            exposed: &exposed,
            ended: &ended,
            undone: &undone,
            rates: &rates,
        };
        Ok(assemble::digest(&case, signs))
    }

    /// Plans again for the people of one group of failures. What that proposes is judged, and
    /// released, as every wave is.
    ///
    /// # Errors
    /// `Missing` when there is no such group now; `Conflict` when the worker tries it again by
    /// itself, or when it concerns no person.
    pub async fn retry(
        &self,
        actor: &Actor,
        group: &str,
        window: Window,
        dry_run: bool,
    ) -> Result<Vec<WavePreview>, AppError> {
        let digest = self.digest(window).await?;
        let known = digest.failures.iter().find(|g| g.group == group);
        let Some(known) = known else {
            return Err(AppError::missing("group of failures", group));
        };
        if known.again || known.people.is_empty() {
            let (problem, fix) = match known.again {
                true => (
                    format!("`{group:.200}` is tried again by itself"),
                    "wait, or see why the app does not take it",
                ),
                false => (
                    format!("`{group:.200}` concerns the groups of an app, and no person"),
                    "`tenure plan` plans for them",
                ),
            };
            return Err(AppError::new(
                ErrorKind::Conflict,
                "TNR-DIGEST-0003",
                problem,
                fix,
            ));
        }
        let people = known.people.iter().map(|(subject, _)| *subject).collect();
        self.plan_for(actor, people, dry_run).await
    }

    /// Of people who have left, the apps in which an account may be used, and when the last account of
    /// the others was shut.
    async fn gone(&self, leavers: &[(SubjectId, Timestamp)]) -> Result<(Exposed, Gone), AppError> {
        let subjects: Vec<SubjectId> = leavers.iter().map(|(subject, _)| *subject).collect();
        let mut exposed = self.exposed(&subjects).await?;
        let others = leavers.iter().filter(|(who, _)| !exposed.contains_key(who));
        let others: Vec<(SubjectId, Timestamp)> = others.copied().collect();
        let mut found = self.ended(&others, &BTreeSet::new()).await?;
        let mut gone = Gone::new();
        for (subject, start) in others {
            let ended = found.remove(&subject).unwrap_or_default();
            match ended.done(start) {
                Some(done) => gone.insert(subject, done).map(drop),
                // Seen usable in between.
                None => exposed.insert(subject, ended.exposed()).map(drop),
            };
        }
        Ok((exposed, gone))
    }

    /// What silence is judged by, but for people.
    async fn signs<'a>(&self, loaded: &'a Loaded, now: Timestamp) -> Result<Signs<'a>, AppError> {
        let mut sources = Vec::new();
        for (name, source) in &loaded.tenant.sources {
            let hours = source.expect_every_hours.unwrap_or(silent::SOURCE_HOURS);
            // A file that is the same as the last one was heard as well.
            let heard = self.store.last_heard(name).await?;
            sources.push((name.as_str(), hours, heard.map(|(_, at)| at)));
        }
        let mut targets = Vec::new();
        for target in loaded.book.apps.keys() {
            let run = self.store.last_observation(target, Kind::Account).await?;
            let listing = run.map(|row| silent::Listing {
                at: row.at,
                completeness: row.run.completeness,
                ahead: row.run.clock_ahead_s,
            });
            let app = loaded.tenant.apps.get(target);
            let by_hand = app.is_some_and(|app| app.handoff().is_some());
            targets.push((target, by_hand, listing));
        }
        let drills = self.drills().await?.into_iter();
        let drills = drills
            .filter_map(|status| Some((status.drill.name, status.trouble?)))
            .collect();
        Ok(Signs {
            now,
            unplanned: Vec::new(),
            unlooked: 0,
            overdue: Vec::new(),
            sources,
            targets,
            lines: self.overdue_lines(loaded).await?,
            stopped: self.store.stopped().await?,
            expiries: self.expiries(loaded, now, silent::EXPIRY).await?,
            budgets: Vec::new(),
            drills,
            break_glass: self.break_glass_told(loaded, now).await?,
        })
    }

    /// The rates of the apps that have one, of those for which something is released.
    async fn rates(
        &self,
        loaded: &Loaded,
        rows: &Gathered,
    ) -> Result<BTreeMap<TargetName, u32>, AppError> {
        let plans = rows.attempts.values().flatten().map(|attempt| &attempt.row);
        let released = plans.filter(|row| row.status == PlanStatus::Released);
        let apps: BTreeSet<&TargetName> = released
            .flat_map(|row| row.steps.iter().map(|step| &step.address.target))
            .collect();
        let mut rates = BTreeMap::new();
        for app in apps {
            if let Some(rate) = self.rate(loaded, app).await {
                rates.insert(app.clone(), rate);
            }
        }
        Ok(rates)
    }
}
