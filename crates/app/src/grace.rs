//! What somebody keeps for a while after a move, worked out from what the log knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lifecycle::RuleBook;
use lifecycle::assign::Worker;
use lifecycle::grace::{Grace, History, Past, addresses, graces, may_keep};
use model::event::{FactsAccepted, FactsWithdrawn};
use model::{
    Address, Change, DeliveryId, Engagement, EngagementId, Event, Plan, SubjectId, Timestamp,
};
use ports::store::{Link, MAX_PAGE, Person};

use crate::{App, AppError};

impl App {
    /// What rules let a person keep of theirs at `now` because they moved; of another day, as far as
    /// was told up to `learnt`. Without it everything counts, also what a node told whose clock is
    /// ahead of ours.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn in_grace<'b>(
        &self,
        person: &Person,
        worker: Worker<'_>,
        book: &'b RuleBook,
        links: &[Link],
        (learnt, now): (Option<Timestamp>, Timestamp),
    ) -> Result<Vec<Grace<'b>>, AppError> {
        if !book.has_grace() || worker.terminated.is_some() {
            return Ok(Vec::new());
        }
        let theirs: BTreeSet<Address> = links.iter().map(|link| link.address.clone()).collect();
        if !may_keep(worker, book, &theirs) {
            return Ok(Vec::new());
        }
        let mut history = self.told_of(person.subject).await?;
        if let Some(learnt) = learnt {
            history.past.retain(|past| past.until <= learnt);
            history.terminations.retain(|at| *at <= learnt);
        }
        let told = (person.subject, person.engagements.as_slice());
        Ok(graces(told, &history, book, now, now))
    }

    /// The graces of a person that end after `since`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn graces<'b>(
        &self,
        person: &Person,
        book: &'b RuleBook,
        since: Timestamp,
    ) -> Result<Vec<Grace<'b>>, AppError> {
        if !book.has_grace() || person.termination.is_some() {
            return Ok(Vec::new());
        }
        let history = self.told_of(person.subject).await?;
        let told = (person.subject, person.engagements.as_slice());
        Ok(graces(told, &history, book, since, self.clock.now()))
    }

    /// Whether a plan does nothing but withdraw what was kept after a move, and no longer is since
    /// `then`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn withdraws_what_was_kept(
        &self,
        person: &Person,
        plan: &Plan,
        book: &RuleBook,
        then: Timestamp,
    ) -> Result<bool, AppError> {
        if !plan.steps.iter().all(|step| step.act.removes()) {
            return Ok(false);
        }
        let now = self.clock.now();
        let graces = self.graces(person, book, then).await?;
        let over = graces.iter().filter(|grace| grace.until <= now);
        let over: BTreeSet<Address> = over
            .flat_map(|grace| addresses(grace.rule, person.subject))
            .collect();
        Ok(plan.steps.iter().all(|step| over.contains(&step.address)))
    }

    /// What was told of a person. Where more is known than one read gives, the oldest is left
    /// out: it is too old to matter.
    async fn told_of(&self, subject: SubjectId) -> Result<History, AppError> {
        let mut records = self.store.records_about(subject, None, MAX_PAGE).await?;
        records.reverse();
        let mut history = History::default();
        let mut told: BTreeMap<EngagementId, Engagement> = BTreeMap::new();
        let mut word: Option<Word> = None;
        for record in records {
            let at = record.at;
            let said = match record.event {
                Event::FactsAccepted(said) => Said::Accepted(said),
                Event::FactsAcceptedV1(said) => Said::Accepted(said.now()),
                Event::FactsWithdrawn(said) => Said::Withdrawn(said),
                Event::FactsWithdrawnV1(said) => Said::Withdrawn(said.now()),
                Event::SubjectTerminated(_) | Event::TerminationEnded(_) => {
                    history.terminations.push(at);
                    continue;
                }
                _ => continue,
            };
            let (delivery, engagement) = said.names();
            // What one delivery says of several engagements is one word.
            let goes_on = word
                .as_mut()
                .is_some_and(|word| word.delivery == delivery && word.about.insert(engagement));
            if !goes_on {
                if let Some(before) = &word {
                    history.past.push(Past {
                        from: before.at,
                        until: at,
                        engagements: told.values().cloned().collect(),
                    });
                }
                word = Some(Word {
                    at,
                    delivery,
                    about: BTreeSet::from([engagement]),
                });
            }
            said.told(&mut told);
        }
        Ok(history)
    }
}

/// What one delivery said of a person.
struct Word {
    at: Timestamp,
    delivery: DeliveryId,
    about: BTreeSet<EngagementId>,
}

/// What one record says of an engagement.
enum Said {
    Accepted(FactsAccepted),
    Withdrawn(FactsWithdrawn),
}

impl Said {
    const fn names(&self) -> (DeliveryId, EngagementId) {
        match self {
            Self::Accepted(said) => (said.delivery, said.engagement),
            Self::Withdrawn(said) => (said.delivery, said.engagement),
        }
    }

    /// Takes it in. What was erased tells nothing.
    fn told(self, told: &mut BTreeMap<EngagementId, Engagement>) {
        match self {
            Self::Accepted(said) => {
                if let Some(personal) = said.personal.into_known() {
                    let engagement = Engagement {
                        id: said.engagement,
                        source: said.source,
                        key: personal.key,
                        facts: Arc::new(personal.facts),
                        digest: said.digest,
                        withdrawn: false,
                        delivery: said.delivery,
                        change: said.change,
                    };
                    told.insert(engagement.id, engagement);
                }
            }
            Self::Withdrawn(said) => {
                if let Some(known) = told.get_mut(&said.engagement) {
                    known.withdrawn = true;
                    known.delivery = said.delivery;
                    known.change = Change::MissingRow;
                }
            }
        }
    }
}
