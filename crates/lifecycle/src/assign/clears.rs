//! What an account must not keep once no source states it, and whom it refers to.

use std::collections::BTreeMap;

use model::{Address, Assignment, Attributes, Rank, Reason, SubjectId, TargetName, Value, Want};
use rules::{Mapped, Mapping};

use super::{Telling, Undecided, Wishes, Worker, describe};
use crate::rulebook::AppRules;

/// The attributes of one account that nothing gives a value, and that are emptied for that.
#[derive(Default)]
pub(super) struct Clears {
    paths: Vec<String>,
    facts: Vec<(String, Option<Value>)>,
}

impl Clears {
    pub fn add(&mut self, path: &str, mapping: &Mapping, worker: Worker<'_>, telling: Telling) {
        self.paths.push(path.to_owned());
        if telling == Telling::Reasons {
            let decided = mapping.value(worker.facts, worker.key);
            self.facts.extend(decided.facts);
        }
    }

    /// The reference to the manager, where there is one to set; notes its absence where that is to
    /// be told.
    ///
    /// # Errors
    /// When the expression has no answer.
    pub fn manager(
        &mut self,
        worker: Worker<'_>,
        by: &str,
        app: &AppRules,
        managers: &BTreeMap<String, SubjectId>,
        telling: Telling,
    ) -> Result<Option<(String, Value)>, Undecided> {
        let Some((path, mapping)) = &app.manager else {
            return Ok(None);
        };
        match mapping.apply(worker.facts, worker.key) {
            // A manager whom nobody knows is no word that there is none: they may be yet to come.
            Ok(Mapped::Value(Value::Text(key))) => Ok(managers
                .get(&key)
                .map(|subject| (path.clone(), Value::Subject { subject: *subject }))),
            Ok(Mapped::Value(_)) => Ok(None),
            Ok(Mapped::Missing) => {
                if app.clears.contains(path) {
                    self.add(path, mapping, worker, telling);
                }
                Ok(None)
            }
            Err(error) => Err(Undecided {
                by: by.to_owned(),
                path: path.clone(),
                problem: describe(&error),
            }),
        }
    }

    /// Adds a wish of its own, with a reason of its own: what else is wanted of the account is no
    /// reason to empty anything.
    pub fn wish(mut self, worker: Worker<'_>, target: &TargetName, out: &mut Wishes) {
        if self.paths.is_empty() {
            return;
        }
        let because = out.because(|| {
            self.facts.sort();
            self.facts.dedup();
            let paths = self.paths.iter().map(|path| format!("`{path}`"));
            let paths = paths.collect::<Vec<_>>().join(", ");
            Reason {
                by: format!("app/{target}"),
                text: format!("no source states a value, and the app is to have none: {paths}"),
                facts: self.facts,
            }
        });
        out.assignments.push(Assignment {
            subject: Some(worker.subject),
            about: Address::account(target, worker.subject),
            want: Want::Values {
                set: Attributes::new(),
                unset: self.paths,
            },
            because,
            rank: Rank::Birthright,
            until: None,
        });
    }
}
