//! The managers above a person: their manager, that one's manager, and so on.
//!
//! It is a fact about a person that follows from facts about others, so it is put beside their own
//! facts before anything is decided ([`App::climb`]), and only where an expression asks for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::RuleBook;
use lifecycle::identity::Identity;
use model::{Facts, SubjectId, Value};
use ports::store::Person;
use rules::{MANAGER, MANAGER_CHAIN};

use crate::{App, AppError};

/// A key and the source that uses it.
type KeyOf = (String, String);

/// The most managers above one person. Of whoever has more, nobody can tell them.
const LONGEST: usize = 64;

/// Managers who were looked up, by source and key; `None`: the source knows nobody of this key.
#[derive(Default)]
pub(crate) struct Chains(BTreeMap<KeyOf, Option<Above>>);

impl Chains {
    /// The people above somebody who was climbed from, nearest first; for several jobs one after the
    /// other.
    pub(crate) fn above(&self, identity: &Identity) -> Vec<SubjectId> {
        let jobs = identity.jobs.iter();
        let own = jobs.map(|job| named(&job.source, &job.facts));
        let mut found = Vec::new();
        for first in own.chain([named(&identity.source, &identity.facts)]) {
            let mut next = first.as_ref();
            // As far as it was climbed and no further, also in a circle.
            for _ in 0..LONGEST {
                let Some(Some(above)) = next.and_then(|at| self.0.get(at)) else {
                    break;
                };
                found.push(above.subject);
                next = above.next.as_ref();
            }
        }
        found
    }
}

/// One manager.
#[derive(Clone)]
struct Above {
    subject: SubjectId,
    /// Whom their own facts name.
    next: Option<KeyOf>,
}

/// What was found on the way up from one person.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Climbed {
    /// Every key on the way, also of those whom nobody knows.
    pub depends: BTreeSet<KeyOf>,
    /// The way leads back to the person.
    pub circle: bool,
}

impl App {
    /// Puts the managers above a person into their facts, for each of their jobs, where an
    /// expression asks for them. Where they are more than can be told, nothing is put there, so that
    /// whoever asks has no answer.
    pub(crate) async fn climb(
        &self,
        book: &RuleBook,
        chains: &mut Chains,
        person: &Person,
        identity: &mut Identity,
    ) -> Result<Climbed, AppError> {
        let mut climbed = Climbed::default();
        if !book.asks_for_chain {
            return Ok(climbed);
        }
        let source = identity.source.clone();
        let jobs = identity.jobs.iter_mut();
        let mut all: Vec<(String, &mut Arc<Facts>)> = jobs
            .map(|job| (job.source.clone(), &mut job.facts))
            .collect();
        all.push((source, &mut identity.facts));
        for (source, facts) in all {
            let first = named(&source, facts);
            let keys = self
                .above(book, chains, person.subject, first, &mut climbed)
                .await?;
            let attributes = &mut Arc::make_mut(facts).attributes;
            match keys {
                Some(keys) => attributes.insert(MANAGER_CHAIN.to_owned(), Value::List(keys)),
                // What was stated under this name before it was reserved is nobody's word.
                None => attributes.remove(MANAGER_CHAIN),
            };
        }
        Ok(climbed)
    }

    /// The keys on the way up; `None` where it is longer than [`LONGEST`]. It ends where nobody is
    /// named or known any more, and where it comes back to somebody.
    async fn above(
        &self,
        book: &RuleBook,
        chains: &mut Chains,
        subject: SubjectId,
        first: Option<KeyOf>,
        climbed: &mut Climbed,
    ) -> Result<Option<Vec<String>>, AppError> {
        let mut keys = Vec::new();
        let mut seen = BTreeSet::from([subject]);
        let mut next = first;
        while let Some(at) = next {
            climbed.depends.insert(at.clone());
            let found = self.manager(book, chains, &at).await?;
            if let Some(above) = &found
                && !seen.insert(above.subject)
            {
                climbed.circle |= above.subject == subject;
                break;
            }
            if keys.len() == LONGEST {
                return Ok(None);
            }
            keys.push(at.1);
            next = found.and_then(|above| above.next);
        }
        Ok(Some(keys))
    }

    async fn manager(
        &self,
        book: &RuleBook,
        chains: &mut Chains,
        at: &KeyOf,
    ) -> Result<Option<Above>, AppError> {
        if let Some(known) = chains.0.get(at) {
            return Ok(known.clone());
        }
        let found = match self.store.person_by_key(&at.0, &at.1).await? {
            None => None,
            Some(person) => {
                let identity = self.identity(&person, &book.sources)?;
                Some(Above {
                    subject: person.subject,
                    next: named(&identity.source, &identity.facts),
                })
            }
        };
        chains.0.insert(at.clone(), found.clone());
        Ok(found)
    }
}

/// Whom facts name as the manager; keys are those of the source that tells of the person.
pub(crate) fn named(source: &str, facts: &Facts) -> Option<KeyOf> {
    let key = facts.text(MANAGER).filter(|key| !key.is_empty())?;
    Some((source.to_owned(), key.to_owned()))
}
