//! What of a leaver may still be used, and until when. Pure but for the reads of the apps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use documents::{App as Document, Lingering, Mode};
use lifecycle::due::days_after;
use model::facts::Facts;
use model::{Completeness, Kind, KnownTask, TargetName, Timestamp};

use super::report::{EndState, Ending, LeaverRecord, Remainder, Remains, Unread};
use crate::digest::{Awaited, UNREAD};
use crate::tenant::Loaded;
use crate::{App, AppError, ErrorKind};

/// The apps, and when each was read.
pub(super) struct Readings {
    now: Timestamp,
    /// `None` where there are no documents, or none that can be read.
    loaded: Option<Arc<Loaded>>,
    /// Apps that documents describe, and their last listing of accounts.
    listed: BTreeMap<TargetName, Option<(Timestamp, Completeness)>>,
}

impl App {
    /// What documents say of the apps, and when each was listed.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(super) async fn readings(&self, now: Timestamp) -> Result<Readings, AppError> {
        let loaded = match self.loaded().await {
            Ok(loaded) => Some(loaded),
            Err(error) if matches!(error.kind(), ErrorKind::Missing | ErrorKind::Broken) => None,
            Err(error) => return Err(error),
        };
        let mut listed = BTreeMap::new();
        for app in loaded.iter().flat_map(|loaded| loaded.tenant.apps.keys()) {
            let run = self.store.last_observation(app, Kind::Account).await?;
            listed.insert(app.clone(), run.map(|row| (row.at, row.run.completeness)));
        }
        Ok(Readings {
            now,
            loaded,
            listed,
        })
    }
}

impl Readings {
    fn document(&self, app: &TargetName) -> Option<&Document> {
        self.loaded.as_ref()?.tenant.apps.get(app)
    }

    /// The apps that let something live on.
    pub(super) fn lingering(&self) -> BTreeSet<TargetName> {
        let apps = self.loaded.iter().flat_map(|loaded| &loaded.tenant.apps);
        let apps = apps.filter(|(_, app)| !app.lingers.is_empty());
        apps.map(|(name, _)| name.clone()).collect()
    }

    /// The apps whose accounts nobody knows for sure.
    pub(super) fn unread(&self) -> Vec<Unread> {
        let why = |app: &TargetName| {
            let why = self.not_readable(app)?;
            let last = self.listed.get(app).copied().flatten();
            Some(Unread {
                app: app.clone(),
                since: last.map(|(at, _)| at),
                why,
            })
        };
        self.listed.keys().filter_map(why).collect()
    }

    /// Why an app that a document describes is not read as it should be, if it is not.
    fn not_readable(&self, app: &TargetName) -> Option<String> {
        let days = UNREAD.as_secs() / 86_400;
        match self.listed.get(app)? {
            None => Some("its accounts were never listed".to_owned()),
            Some((at, _)) if self.now.since(*at) > UNREAD => {
                Some(format!("its accounts were not listed for {days} days"))
            }
            Some((at, seen)) if *seen != Completeness::Full => {
                Some(format!("its last listing, of {at}, was not complete"))
            }
            Some(_) => None,
        }
    }

    /// What of a leaver may still be used, by app and kind. `why`: why they are exposed, by app.
    pub(super) fn remains(
        &self,
        leaver: &LeaverRecord,
        why: &BTreeMap<TargetName, String>,
        facts: &Facts,
        tasks: &[KnownTask],
        foreign: &[TargetName],
    ) -> Vec<Remainder> {
        let mut found = Vec::new();
        for ending in &leaver.accounts {
            let app = &ending.app;
            let mut add = |kind, what: &str, until, why: String| {
                found.push(remainder(app, kind, what, until, why));
            };
            let exposed = ending.state == EndState::Exposed;
            if exposed {
                add(
                    Remains::Account,
                    "account",
                    None,
                    self.why_open(app, why.get(app)),
                );
            }
            let Some(document) = self.document(app) else {
                if !matches!(ending.state, EndState::Deleted | EndState::SeenGone) {
                    let why = "no document describes the app any more: nobody looks at it";
                    add(Remains::NotManaged, "app", None, why.to_owned());
                }
                continue;
            };
            if let Some(why) = self.not_readable(app) {
                add(Remains::NotReadable, "app", None, why);
            }
            for (what, lives) in &document.lingers {
                let mine: Vec<&KnownTask> =
                    tasks.iter().filter(|t| t.task.target == *app).collect();
                let deletion = planned_deletion(document, leaver, facts);
                if let Some((until, why)) = self.lives(lives, ending, deletion, &mine) {
                    add(Remains::Lingering, what, until, why);
                }
            }
        }
        for app in foreign {
            let why = "it is theirs, and not Tenure's to take away".to_owned();
            found.push(remainder(
                app,
                Remains::ForeignAccount,
                "account",
                None,
                why,
            ));
        }
        for known in tasks.iter().filter(|known| known.done.is_none()) {
            let task = &known.task;
            let overdue = if task.due <= self.now { "was" } else { "is" };
            let why = format!(
                "{} has to do it, and it {overdue} due {}",
                task.owner, task.due
            );
            let kind = Remains::ManualStep;
            found.push(remainder(&task.target, kind, &task.step, None, why));
        }
        found.sort_by(|a, b| (&a.app, a.kind, &a.what).cmp(&(&b.app, b.kind, &b.what)));
        found
    }

    fn why_open(&self, app: &TargetName, why: Option<&String>) -> String {
        match self.document(app).map(|document| document.mode) {
            None => "no document describes the app any more: nothing takes it away".to_owned(),
            Some(Mode::Observe) => "the app is only looked at (`mode: observe`)".to_owned(),
            Some(Mode::Confirm | Mode::Enforce) => why.cloned().unwrap_or_default(),
        }
    }

    /// Until when something lives on, and why; `None` where it does no longer.
    fn lives(
        &self,
        lives: &Lingering,
        ending: &Ending,
        deletion: Option<Timestamp>,
        tasks: &[&KnownTask],
    ) -> Option<(Option<Timestamp>, String)> {
        if ending.state == EndState::Exposed {
            return Some((None, "the account may still be used".to_owned()));
        }
        let gone = matches!(ending.state, EndState::Deleted | EndState::SeenGone);
        match lives {
            Lingering::For(long) => match ending.shut.map(|at| at.plus(*long)) {
                Some(until) if until <= self.now => None,
                Some(until) => Some((
                    Some(until),
                    "the app lets it live so long after the account is shut".to_owned(),
                )),
                None => Some((
                    None,
                    "nobody knows since when the account is shut".to_owned(),
                )),
            },
            Lingering::Deletion if gone => None,
            Lingering::Deletion => {
                let ahead = deletion.filter(|at| *at > self.now);
                let why = match ahead {
                    Some(_) => "it ends with the account, which is to be deleted then",
                    None => "it ends with the account, which is not deleted",
                };
                Some((ahead, why.to_owned()))
            }
            Lingering::Step(step) => {
                let task = tasks.iter().find(|known| known.task.step == *step);
                match task {
                    Some(known) if known.done.is_some() => None,
                    Some(known) => {
                        let (owner, due) = (&known.task.owner, known.task.due);
                        let why = format!("{owner} has not done `{step}`, due {due}");
                        Some((None, why))
                    }
                    None => Some((None, format!("`{step}` was not asked for"))),
                }
            }
            Lingering::Unknown => Some((None, "nobody knows how long it lives".to_owned())),
        }
    }
}

/// When an account is to be deleted, by the documents in force.
fn planned_deletion(
    document: &Document,
    leaver: &LeaverRecord,
    facts: &Facts,
) -> Option<Timestamp> {
    let days = document.delete_after_days?;
    match leaver.awaited {
        Awaited::Termination => Some(days_after(leaver.at, days)),
        _ => facts.days_after_end(days).ok().flatten(),
    }
}

fn remainder(
    app: &TargetName,
    kind: Remains,
    what: &str,
    until: Option<Timestamp>,
    why: String,
) -> Remainder {
    Remainder {
        app: app.clone(),
        kind,
        what: what.to_owned(),
        until,
        why,
    }
}
