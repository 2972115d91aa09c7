//! Managers in a rehearsal: who names whom, and who is left without one.

use std::collections::{BTreeMap, BTreeSet};

use model::{SubjectId, Timestamp};
use ports::Store;
use ports::store::Person;

use super::report::LeavingManager;
use crate::chain::named;
use crate::deliver::has_left;
use crate::tenant::Loaded;
use crate::{App, AppError, Known};

/// Reports of one manager who are named.
const NAMED: usize = 20;
/// People per read.
const CHUNK: usize = 500;

/// Who names whom as their manager, and which managers have left.
#[derive(Default)]
pub(super) struct Managers {
    /// By source and worker key. A manager who is named too often only costs a look.
    reports: BTreeMap<(String, String), Vec<SubjectId>>,
    seen: BTreeSet<SubjectId>,
    pub leaving: Vec<LeavingManager>,
}

impl Managers {
    /// Takes down whom a person names.
    pub fn of(&mut self, known: &Known) {
        let identity = &known.identity;
        let jobs = identity.jobs.iter();
        let keys = jobs.map(|job| named(&job.source, &job.facts));
        let own = named(&identity.source, &identity.facts);
        for key in keys.chain([own]).flatten() {
            let reports = self.reports.entry(key).or_default();
            if reports.last() != Some(&known.person.subject) {
                reports.push(known.person.subject);
            }
        }
    }

    fn reports_of(&self, person: &Person) -> impl Iterator<Item = SubjectId> {
        let keys = person.engagements.iter();
        let keys = keys.map(|e| (e.source.clone(), e.key.clone()));
        let found = keys.filter_map(|key| self.reports.get(&key));
        found.flatten().copied()
    }

    /// Those who name one of these people, and are none of them.
    pub async fn below(
        &self,
        store: &dyn Store,
        people: &BTreeSet<SubjectId>,
    ) -> Result<Vec<SubjectId>, AppError> {
        let all: Vec<SubjectId> = people.iter().copied().collect();
        let mut below = BTreeSet::new();
        for chunk in all.chunks(CHUNK) {
            for person in store.people(chunk).await? {
                below.extend(self.reports_of(&person));
            }
        }
        Ok(below.difference(people).copied().collect())
    }

    /// Somebody's last day has come: who still reports to them?
    pub async fn left(
        &mut self,
        app: &App,
        loaded: &Loaded,
        boss: &Known,
        now: Timestamp,
    ) -> Result<(), AppError> {
        if !self.seen.insert(boss.person.subject) {
            return Ok(());
        }
        let all: BTreeSet<SubjectId> = self.reports_of(&boss.person).collect();
        let all: Vec<SubjectId> = all.into_iter().collect();
        let (mut reports, mut people) = (0, Vec::new());
        for chunk in all.chunks(CHUNK) {
            for person in app.store.people(chunk).await? {
                let identity = app.identity(&person, &loaded.book.sources)?;
                let key = named(&identity.source, &identity.facts);
                let theirs = boss.person.engagements.iter();
                let still = theirs.clone().any(|e| {
                    key.as_ref()
                        .is_some_and(|(source, key)| *source == e.source && *key == e.key)
                });
                if !still || has_left(&identity, now) || identity.withdrawn {
                    continue;
                }
                reports += 1;
                if people.len() < NAMED {
                    people.push(identity.facts.display_name());
                }
            }
        }
        if reports > 0 {
            self.leaving.push(LeavingManager {
                at: now,
                subject: boss.person.subject,
                name: boss.identity.facts.display_name(),
                key: boss.identity.key.clone(),
                reports,
                people,
            });
        }
        Ok(())
    }
}
