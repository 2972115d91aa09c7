//! Whether somebody may be signed in at all, whatever they prove.

use model::SubjectId;
use model::facts::Standing;
use model::plan::About;
use ports::store::Person;

use crate::{App, AppError, Known};

/// Why somebody may not be signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// Nobody knows them, or they were erased.
    Unknown,
    /// They were terminated for cause.
    Terminated,
    /// Their work has ended.
    Ended,
    /// Their work has not begun.
    Upcoming,
    /// Their source no longer has them, and nobody keeps that waiting.
    Withdrawn,
    /// Their facts do not say when they work.
    Unreadable,
}

impl Bar {
    /// In words that name nobody.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "they are not known",
            Self::Terminated => "they were terminated",
            Self::Ended => "their work has ended",
            Self::Upcoming => "their work has not begun",
            Self::Withdrawn => "their source no longer has them",
            Self::Unreadable => "their facts do not say when they work",
        }
    }
}

impl App {
    /// Somebody as they are now, if they may be signed in.
    ///
    /// # Errors
    /// When the store does not answer; that somebody may not is an answer.
    pub(crate) async fn member(&self, subject: SubjectId) -> Result<Result<Known, Bar>, AppError> {
        match self.store.person(subject).await? {
            Some(person) => self.member_as(person).await,
            None => Ok(Err(Bar::Unknown)),
        }
    }

    /// The same, of somebody as they were just read.
    ///
    /// # Errors
    /// As [`App::member`].
    pub(crate) async fn member_as(&self, person: Person) -> Result<Result<Known, Bar>, AppError> {
        let subject = person.subject;
        if person.termination.is_some() {
            return Ok(Err(Bar::Terminated));
        }
        let known = self.known(person).await?;
        let bar = match known.identity.facts.standing(self.clock.now()) {
            Ok(standing) if standing.is_engaged() => None,
            Ok(Standing::Upcoming) => Some(Bar::Upcoming),
            Ok(_) => Some(Bar::Ended),
            Err(_) => Some(Bar::Unreadable),
        };
        if let Some(bar) = bar {
            return Ok(Err(bar));
        }
        if known.identity.withdrawn && !self.kept_waiting(subject).await? {
            return Ok(Err(Bar::Withdrawn));
        }
        Ok(Ok(known))
    }

    /// Whether what follows from a row that is missing has not been decided yet: a file that lost
    /// half of its rows must not lock out half of the company before anybody has seen it.
    async fn kept_waiting(&self, subject: SubjectId) -> Result<bool, AppError> {
        let about = About::Subject(subject);
        let newest = self.store.plans_about(&about, 1).await?.into_iter().next();
        let Some(plan) = newest else {
            // Nothing of theirs is in any app: what a planning would say of them nobody waits for.
            return Ok(false);
        };
        let unplanned = self
            .news_since(subject, Some(plan.drafted))
            .await?
            .is_some();
        Ok(unplanned || plan.status == model::plan::PlanStatus::Waiting)
    }
}
