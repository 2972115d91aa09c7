//! Whether somebody may be signed in at all, whatever they prove.

use model::SubjectId;
use model::facts::Standing;
use model::plan::About;

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
        let Some(person) = self.store.person(subject).await? else {
            return Ok(Err(Bar::Unknown));
        };
        let known = self.known(person).await?;
        Ok(match self.bar_of(&known).await? {
            Some(bar) => Err(bar),
            None => Ok(known),
        })
    }

    /// Why somebody who is known may not be signed in, if they may not.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn bar_of(&self, known: &Known) -> Result<Option<Bar>, AppError> {
        if known.person.termination.is_some() {
            return Ok(Some(Bar::Terminated));
        }
        let bar = match known.identity.facts.standing(self.clock.now()) {
            Ok(standing) if standing.is_engaged() => None,
            Ok(Standing::Upcoming) => Some(Bar::Upcoming),
            Ok(_) => Some(Bar::Ended),
            Err(_) => Some(Bar::Unreadable),
        };
        let doubtful = match bar {
            Some(bar) => bar == Bar::Unreadable,
            None => known.identity.withdrawn,
        };
        // What a source lost, or wrote so that nobody can read it, is what break-glass accounts are for.
        if doubtful && self.is_break_glass(&known.person).await? {
            return Ok(None);
        }
        if bar.is_some() || !doubtful {
            return Ok(bar);
        }
        let waits = self.kept_waiting(known.person.subject).await?;
        Ok((!waits).then_some(Bar::Withdrawn))
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
