//! What was given of somebody throughout the last while, and did not change in it.

use std::collections::BTreeSet;
use std::time::Duration;

use lifecycle::identity::{Identity, identity};
use model::{SubjectId, Timestamp};
use ports::store::LogRecord;

use super::Replay;
use crate::tenant::Loaded;
use crate::{App, AppError, Known};

/// A day has 86,400 seconds here: what begins or ends does so at some hour of it, and one look a day finds it.
const DAY: Duration = Duration::from_secs(86_400);
/// Whoever changed more often has not settled.
const MOST_LOOKS: usize = 100;
/// Whoever was told of more often is not looked at.
const MOST_TOLD: u32 = 500;
/// As what a source tells of somebody stands in the log.
const TOLD: [&str; 4] = [
    "facts.accepted/1",
    "facts.accepted/2",
    "facts.withdrawn/1",
    "facts.withdrawn/2",
];

impl App {
    /// What `give` says of somebody now, where it said the same at every instant since `since` at which anything may
    /// have changed, as it was known and held then. `None` where it did not, and where that cannot be told any more:
    /// they were not heard of that long ago, or too often since.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn settled(
        &self,
        loaded: &Loaded,
        known: &Known,
        since: Timestamp,
        give: impl Fn(&Identity) -> Option<String>,
    ) -> Result<Option<String>, AppError> {
        let now = self.clock.now();
        let Some(given) = give(&known.identity) else {
            return Ok(None);
        };
        let Some(records) = self.told_by_sources(known.person.subject).await? else {
            return Ok(None);
        };
        let told = records.iter().map(|record| record.at);
        let mut looks: BTreeSet<Timestamp> = told.filter(|at| *at > since && *at <= now).collect();
        let mut day = since;
        while day <= now {
            looks.insert(day);
            day = day.plus(DAY);
        }
        if looks.len() > MOST_LOOKS {
            return Ok(None);
        }
        let sources = &loaded.book.sources;
        let same = looks.into_iter().all(|at| {
            let engagements = Replay::over(&records, at, at).engagements(at);
            let then = identity(&engagements, sources, at);
            then.is_some_and(|then| give(&then).as_ref() == Some(&given))
        });
        Ok(same.then_some(given))
    }

    /// Who somebody was at an instant, as it was known then; `None` where that cannot be told any more. What else stands
    /// in the log of them is not read: whoever signs in each day has thousands of records.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn identity_at(
        &self,
        subject: SubjectId,
        at: Timestamp,
    ) -> Result<Option<Identity>, AppError> {
        let Some(records) = self.told_by_sources(subject).await? else {
            return Ok(None);
        };
        let engagements = Replay::over(&records, at, at).engagements(at);
        Ok(identity(&engagements, &self.sources().await?, at))
    }

    /// What sources told of somebody, oldest first; `None` where that is too much. Whatever else stands in the log of
    /// them, sign-ins above all, is not read.
    async fn told_by_sources(
        &self,
        subject: SubjectId,
    ) -> Result<Option<Vec<LogRecord>>, AppError> {
        let told = self
            .store
            .told_about(&[subject], &TOLD, 0, MOST_TOLD)
            .await?;
        if told.len() >= MOST_TOLD as usize {
            return Ok(None);
        }
        let mut records = Vec::new();
        for (_, told) in told {
            let found = self
                .store
                .records_about(subject, Some(told.seq + 1), 1)
                .await?;
            records.extend(found);
        }
        Ok(Some(records))
    }
}
