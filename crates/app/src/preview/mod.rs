//! What documents would do to a whole workforce, before they are accepted. It is a dry run of the
//! planner with the rule book that they would make, and nothing else: what is shown here is what
//! the planning after they are accepted proposes, as long as nothing else moves meanwhile.

mod outlook;
pub(crate) mod survey;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::identity::Sources;
use model::finding::Finding;
use model::{Actor, Completeness, Kind, SubjectId, TargetName};
use ports::store::{DocumentsRow, WaveFilter};

use crate::deliver::RowChange;
use crate::planner::{Planning, Scope};
use crate::tenant::{Loaded, compiled};
use crate::{App, AppError, WavePreview};

pub use outlook::{AppOutlook, Collision, Histogram, Named, Names};
use survey::Survey;

/// What documents would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The revision that they would be.
    pub revision: u64,
    /// Everyone who was looked at.
    pub people: u64,
    /// Waves that are open already. What they do is not in this preview.
    pub open_waves: u64,
    /// The waves that would be proposed, with every plan.
    pub waves: Vec<WavePreview>,
    /// What would happen in each app.
    pub apps: Vec<AppOutlook>,
    /// What keeps something from being planned.
    pub problems: Vec<Trouble>,
    /// Apps that are in force and that the documents no longer declare: what is there stays.
    pub undeclared: Vec<TargetName>,
}

/// One thing that keeps something from being planned, for one or many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// A stable code.
    pub code: String,
    /// What is in the way.
    pub problem: String,
    /// What to do.
    pub fix: String,
    /// For how many.
    pub total: u64,
    /// Some of the people, by name.
    pub people: Vec<String>,
}

/// The people of whom the documents themselves say something new: a preview looks at people as
/// they are known.
fn not_shown(changes: &[RowChange]) -> Trouble {
    let named = |change: &RowChange| format!("{} ({})", change.name, change.key);
    Trouble {
        code: "TNR-PERSON-0001".to_owned(),
        problem:
            "the documents say something new of people, and what follows for them is not shown"
                .to_owned(),
        fix: "`tenure plan --dry-run` shows it once they are accepted".to_owned(),
        total: changes.len() as u64,
        people: changes.iter().take(EXAMPLES).map(named).collect(),
    }
}

/// People who are named for one trouble.
const EXAMPLES: usize = 20;

impl App {
    /// What these documents would do to everyone, without accepting them. Writes nothing, and
    /// asks no target.
    ///
    /// # Errors
    /// As [`App::accept_documents`], and when the store does not answer.
    pub async fn preview(
        &self,
        actor: &Actor,
        files: Vec<(String, String)>,
    ) -> Result<Preview, AppError> {
        let loaded = Arc::new(self.candidate(actor, files).await?);
        let before = match self.store.documents().await? {
            Some(_) => self.loaded().await?.book.apps.keys().cloned().collect(),
            None => Vec::new(),
        };
        let open = WaveFilter {
            open: true,
            limit: 1_000,
            ..WaveFilter::default()
        };
        let open_waves = self.store.waves(open).await?.len() as u64;
        let planning = Planning::of(Scope::Everyone, true);
        let survey = Some(Survey::default());
        let (waves, seen) = self
            .plan_over(
                actor,
                Arc::clone(&loaded),
                planning,
                BTreeMap::new(),
                survey,
            )
            .await?;
        let mut survey = seen.survey.unwrap_or_default();
        let people = survey.people;
        let mut apps = Vec::new();
        for name in loaded.book.apps.keys() {
            let accounts = survey.apps.remove(name).unwrap_or_default();
            apps.push(self.outlook(&loaded, name, &waves, accounts).await?);
        }
        let declared = |app: &TargetName| loaded.book.apps.contains_key(app);
        let mut problems = self.troubles(seen.findings, &loaded.book.sources).await?;
        let told = self.told_of_people(actor, &loaded).await?;
        problems.extend(told.report.map(|report| not_shown(&report.changes)));
        Ok(Preview {
            revision: loaded.row.revision,
            people,
            open_waves,
            problems,
            waves,
            apps,
            undeclared: before.into_iter().filter(|app| !declared(app)).collect(),
        })
    }

    /// Documents as they would be loaded, were they accepted now.
    async fn candidate(
        &self,
        actor: &Actor,
        mut files: Vec<(String, String)>,
    ) -> Result<Loaded, AppError> {
        files.sort();
        let (tenant, _) = self.checked(&files)?;
        let known = self.store.documents().await?;
        let documents = self.as_stored(&files);
        let (before, revision) = known.map_or((Vec::new(), 0), |k| (k.documents, k.revision));
        let changed = !crate::documents::differences(&before, &documents).is_empty();
        let row = DocumentsRow {
            revision: revision + u64::from(changed),
            author: actor.principal.clone(),
            at: self.clock.now(),
            documents,
        };
        Ok(compiled(row, tenant))
    }

    /// Whether everything in an app was listed completely. An app that its own people keep has no
    /// groups to list.
    pub(crate) async fn listed(&self, loaded: &Loaded, app: &TargetName) -> Result<bool, AppError> {
        let by_hand = loaded
            .tenant
            .apps
            .get(app)
            .is_some_and(|document| document.handoff().is_some());
        let kinds: &[Kind] = match by_hand {
            true => &[Kind::Account],
            false => &[Kind::Account, Kind::Group],
        };
        for &kind in kinds {
            let run = self.store.last_observation(app, kind).await?;
            if run.is_none_or(|r| r.run.completeness != Completeness::Full) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Findings that are alike as one, the most frequent first.
    pub(crate) async fn troubles(
        &self,
        findings: Vec<Finding>,
        sources: &Sources,
    ) -> Result<Vec<Trouble>, AppError> {
        let mut alike: BTreeMap<(String, String), (String, u64, BTreeSet<SubjectId>)> =
            BTreeMap::new();
        for finding in findings {
            let key = (finding.code, finding.problem);
            let (_, total, people) = alike
                .entry(key)
                .or_insert_with(|| (finding.fix, 0, BTreeSet::new()));
            *total += 1;
            if people.len() < EXAMPLES {
                people.extend(finding.subject);
            }
        }
        let mut troubles = Vec::new();
        for ((code, problem), (fix, total, people)) in alike {
            let people: Vec<SubjectId> = people.into_iter().collect();
            let mut names = Vec::new();
            for person in self.store.people(&people).await? {
                names.push(self.identity(&person, sources)?.facts.display_name());
            }
            troubles.push(Trouble {
                code,
                problem,
                fix,
                total,
                people: names,
            });
        }
        troubles.sort_by(|a, b| (b.total, &a.code).cmp(&(a.total, &b.code)));
        Ok(troubles)
    }
}
