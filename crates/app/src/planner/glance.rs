//! Nearly everyone is as they should be. A glance tells that of whoever nothing but rules has a say in.

use std::collections::BTreeMap;

use lifecycle::assign::Worker;
use lifecycle::draft::is_as_wanted;
use model::{SubjectId, Timestamp};
use ports::store::{Person, PlanRow};

use super::Pass;
use super::memory::Rest;
use super::subject::lapses;
use super::weigh::Say;
use crate::AppError;

impl Pass {
    /// Whether nothing is to be done for somebody and nothing is in the way, as far as a glance tells.
    pub(super) async fn is_settled(
        &mut self,
        person: &Person,
        say: &Say<'_>,
        open: &[PlanRow],
        now: Timestamp,
    ) -> Result<bool, AppError> {
        // A survey asks for what everyone is to have, and tasks are looked at for their own sake.
        let plain = open.is_empty() && person.tasks.is_empty() && self.survey.is_none();
        if !plain || !say.is_of_rules_alone() {
            return Ok(false);
        }
        let Say {
            worker,
            managers,
            links,
            ..
        } = *say;
        let settled = self.sight.is_settled(worker, managers, links, now).await?;
        // Wherever assertions are checked, so is this.
        debug_assert!(
            !settled || self.comes_to_nothing(worker, managers, say, now).await?,
            "a glance said that {} is settled, and they are not",
            person.subject
        );
        Ok(settled)
    }

    /// Notes that nothing is to be done for somebody. `answered`: nothing was found of them that is looked
    /// at again until it is gone.
    pub(super) fn found_settled(&mut self, person: &Person, answered: bool, now: Timestamp) {
        let lapses = lapses(None, person, &self.loaded.book, &self.spans, now);
        let rest = match answered && lapses.is_ok() {
            true => Rest::Settled,
            false => Rest::Restless,
        };
        let at = lapses.unwrap_or(None);
        self.notes.looked_at(person.subject, rest, at, false);
    }

    /// The same the long way.
    async fn comes_to_nothing(
        &mut self,
        worker: Worker<'_>,
        managers: &BTreeMap<String, SubjectId>,
        say: &Say<'_>,
        now: Timestamp,
    ) -> Result<bool, AppError> {
        let book = &std::sync::Arc::clone(&self.loaded).book;
        let short = say.in_short(book, now);
        let wanted = short.wanted();
        let mut observed = self.sight.of_subject(worker.subject, &wanted).await?;
        observed.coming.extend(self.coming(managers));
        Ok(short.is_decided() && is_as_wanted(&short.desired, &observed, book))
    }
}
