//! People as the engine sees them: what all sources tell, put together.

use std::collections::BTreeMap;

use lifecycle::assign::{Terminated, Worker};
use lifecycle::identity::{Identity, Provenance, Sources, identity, provenance};
use lifecycle::manual::Manual;
use ports::store::Person;

use crate::{App, AppError, ErrorKind};

/// A person with who they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// As stored.
    pub person: Person,
    /// Put together.
    pub identity: Identity,
}

impl Known {
    /// As the rules see them.
    pub(crate) fn worker(&self) -> Worker<'_> {
        worker(&self.person, &self.identity)
    }
}

/// A person as the rules see them.
pub(crate) fn worker<'a>(person: &'a Person, identity: &'a Identity) -> Worker<'a> {
    let worker = Worker::new(person.subject, identity, terminated(person));
    worker.having_done(Manual::Known(&person.tasks))
}

/// The termination for cause that stands against somebody.
pub(crate) fn terminated(person: &Person) -> Option<Terminated<'_>> {
    let stands = person.termination.as_ref();
    stands.map(|t| Terminated {
        by: &t.by,
        at: t.at,
    })
}

impl App {
    /// Puts together what sources tell of a person, as the documents in force weigh them.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn known(&self, person: Person) -> Result<Known, AppError> {
        let sources = self.sources().await?;
        let identity = self.identity(&person, &sources)?;
        Ok(Known { person, identity })
    }

    /// As [`App::known`], for several; before there are documents all sources weigh the same.
    ///
    /// # Errors
    /// As [`App::known`].
    pub async fn known_all(&self, people: Vec<Person>) -> Result<Vec<Known>, AppError> {
        let sources = self.sources().await?;
        let known = |person: Person| {
            let identity = self.identity(&person, &sources)?;
            Ok(Known { person, identity })
        };
        people.into_iter().map(known).collect()
    }

    /// Where each attribute of a person comes from.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn provenance(
        &self,
        person: &Person,
    ) -> Result<BTreeMap<String, Provenance>, AppError> {
        let sources = self.sources().await?;
        Ok(provenance(&person.engagements, &sources, self.clock.now()))
    }

    /// How much each source's word counts; none where documents cannot be read.
    pub(crate) async fn sources(&self) -> Result<Sources, AppError> {
        match self.loaded().await {
            Ok(loaded) => Ok(loaded.book.sources.clone()),
            Err(error) if matches!(error.kind(), ErrorKind::Missing | ErrorKind::Broken) => {
                Ok(Sources::new())
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) fn identity(
        &self,
        person: &Person,
        sources: &Sources,
    ) -> Result<Identity, AppError> {
        identity(&person.engagements, sources, self.clock.now()).ok_or_else(|| {
            AppError::new(
                ErrorKind::Broken,
                "TNR-APP-0040",
                format!("{} has no engagement", person.subject),
                "report this defect",
            )
        })
    }
}
