//! What a planning would do now, for people whom no plan followed.

use std::collections::{BTreeMap, BTreeSet};

use model::plan::About;
use model::{Actor, Address, SubjectId};

use crate::planner::{Planning, Scope};
use crate::{App, AppError};

/// People for whom a planning is tried at the most: more of them are one and the same trouble.
const LOOKED_AT: usize = 1_000;

/// What is still to be done for some people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Undone {
    /// What a planning would do: where, and the step's verb.
    pub(super) steps: BTreeMap<SubjectId, Vec<(Address, String)>>,
    /// What is in its way, for people.
    pub(super) obstacles: BTreeMap<SubjectId, String>,
    /// For whom it was tried.
    pub(super) looked: BTreeSet<SubjectId>,
    /// For whom it was not: too many.
    pub(super) unlooked: BTreeSet<SubjectId>,
}

impl Undone {
    /// What is undone for a person, as a sentence. `None`: nothing.
    pub(super) fn of(&self, subject: SubjectId) -> Option<String> {
        if self.unlooked.contains(&subject) {
            return Some("no plan followed, and they are too many to try one".to_owned());
        }
        if let Some(steps) = self.steps.get(&subject) {
            let what = |(at, verb): &(Address, String)| format!("{verb} in {}", at.target);
            let mut what: Vec<String> = steps.iter().map(what).collect();
            what.dedup();
            return Some(format!("no plan followed; it would {}", what.join(", ")));
        }
        let obstacle = self.obstacles.get(&subject)?;
        Some(format!("it cannot be planned: {obstacle}"))
    }

    /// Whether something is, or may be, still to be done at an address of a person.
    pub(super) fn may_be_at(&self, subject: SubjectId, address: &Address) -> bool {
        if !self.looked.contains(&subject) {
            return true;
        }
        let steps = self.steps.get(&subject);
        steps.is_some_and(|steps| steps.iter().any(|(at, _)| at == address))
    }
}

impl App {
    /// Tries a planning for these people. Nothing is written and no app is asked.
    pub(super) async fn undone(&self, people: BTreeSet<SubjectId>) -> Result<Undone, AppError> {
        let mut undone = Undone::default();
        let mut people = people.into_iter();
        undone.looked = people.by_ref().take(LOOKED_AT).collect();
        undone.unlooked = people.collect();
        if undone.looked.is_empty() {
            return Ok(undone);
        }
        let scope = Scope::Subjects(undone.looked.iter().copied().collect());
        let planning = Planning::of(scope, true);
        let loaded = self.loaded().await?;
        let (waves, seen) = self
            .plan_over(&Actor::system(), loaded, planning, BTreeMap::new(), None)
            .await?;
        for plan in waves.into_iter().flat_map(|wave| wave.plans) {
            let About::Subject(subject) = plan.plan.about else {
                continue;
            };
            let steps = plan.plan.steps.into_iter();
            let steps = steps.map(|step| (step.address, step.act.verb().to_owned()));
            undone.steps.entry(subject).or_default().extend(steps);
        }
        for finding in seen.findings {
            if let Some(subject) = finding.subject {
                undone.obstacles.entry(subject).or_insert(finding.problem);
            }
        }
        Ok(undone)
    }
}
