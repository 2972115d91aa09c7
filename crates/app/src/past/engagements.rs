//! One engagement at another instant, from everything that was told of it.
//!
//! First and last day and leave are days of their own: the last word on them counts for every day
//! of a job, also for those before it was said. Attributes have no day, and neither has it when a source no
//! longer has a worker: each counts from when it was learnt until something else was.

use std::sync::Arc;

use model::canonical::Digest;
use model::event::{FactsAccepted, FactsWithdrawn, WorkerFacts};
use model::{Change, DeliveryId, Engagement, EngagementId, Facts, Timestamp};

/// One thing that was told of an engagement.
#[derive(Debug, Clone)]
pub(super) struct Saying {
    /// When it was learnt.
    at: Timestamp,
    source: String,
    delivery: DeliveryId,
    /// `None`: a full delivery no longer had it.
    facts: Option<(WorkerFacts, Digest, Change)>,
}

impl Saying {
    /// `None` where the facts were erased.
    pub(super) fn facts(at: Timestamp, e: &FactsAccepted) -> Option<Self> {
        let facts = e.personal.known()?.clone();
        Some(Self {
            at,
            source: e.source.clone(),
            delivery: e.delivery,
            facts: Some((facts, e.digest, e.change)),
        })
    }

    pub(super) fn withdrawn(at: Timestamp, e: &FactsWithdrawn) -> Self {
        Self {
            at,
            source: e.source.clone(),
            delivery: e.delivery,
            facts: None,
        }
    }
}

/// Everything that was told of an engagement, in the order in which it was learnt.
#[derive(Debug, Clone, Default)]
pub(super) struct Sayings(Vec<Saying>);

impl Sayings {
    pub(super) fn push(&mut self, saying: Saying) {
        self.0.push(saying);
    }

    /// Facts in the order in which they were learnt.
    fn versions(&self) -> Vec<Version<'_>> {
        let told = self.0.iter();
        told.filter_map(|saying| Some((saying, &saying.facts.as_ref()?.0)))
            .collect()
    }

    /// The engagement as of `as_of`; what has no day of its own counts as of `learnt`.
    pub(super) fn at(
        &self,
        id: EngagementId,
        as_of: Timestamp,
        learnt: Timestamp,
    ) -> Option<Engagement> {
        let versions = self.versions();
        let (job, _) = job(&versions, as_of)?;
        let (_, dates) = job.last()?;
        // What was learnt last by then; before anything was learnt of the job, what was learnt
        // of it first.
        let learnt_then = job.iter().rev().find(|(saying, _)| saying.at <= learnt);
        let (saying, worker) = learnt_then.or(job.first())?;
        let (_, digest, change) = saying.facts.as_ref()?;
        let last = self.0.iter().rev().find(|saying| saying.at <= learnt);
        let withdrawn = last.filter(|saying| saying.facts.is_none());
        Some(Engagement {
            id,
            source: saying.source.clone(),
            key: worker.key.clone(),
            facts: Arc::new(Facts {
                attributes: worker.facts.attributes.clone(),
                starts: dates.facts.starts,
                ends: dates.facts.ends,
                zone: dates.facts.zone.clone(),
                leave: dates.facts.leave,
            }),
            digest: *digest,
            withdrawn: withdrawn.is_some(),
            delivery: withdrawn.unwrap_or(saying).delivery,
            change: withdrawn.map_or(*change, |_| Change::MissingRow),
        })
    }

    /// Whether an earlier first day counts that may have been corrected since.
    pub(super) fn first_day_moved(&self, as_of: Timestamp) -> bool {
        job(&self.versions(), as_of).is_some_and(|(_, before)| before == Some(Before::AtWork))
    }

    /// Whether attributes that are known now were not known yet at `learnt`.
    pub(super) fn changed_since(&self, learnt: Timestamp) -> bool {
        let versions = self.versions();
        let Some((_, last)) = versions.last() else {
            return false;
        };
        let then = versions
            .iter()
            .rev()
            .find(|(saying, _)| saying.at <= learnt);
        let then = then.or(versions.first());
        then.is_some_and(|(saying, then)| {
            saying.at > learnt || then.facts.attributes != last.facts.attributes
        })
    }

    /// Whether they count as at work at an instant at which nobody had heard of them.
    pub(super) fn began_unknown(&self, as_of: Timestamp) -> bool {
        let versions = self.versions();
        let unheard = versions
            .first()
            .is_some_and(|(saying, _)| as_of < saying.at);
        unheard
            && versions
                .last()
                .is_some_and(|(_, w)| w.facts.starts.is_none())
    }
}

/// Why a version begins a job of its own and does not correct the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The earlier one had ended: whoever came back under the same worker key worked before.
    Ended,
    /// Its first day had passed when it was told, and they had been told of as at work before
    /// that day. HR may mean a new job, or have corrected the day: it does not say.
    AtWork,
}

/// The versions of the job that counts as of an instant: the last one that had begun or been told of,
/// or the first where none had; with how the one after it follows on it.
fn job<'v>(versions: &'v [Version<'v>], as_of: Timestamp) -> Option<Job<'v>> {
    let mut end = versions.len();
    let mut followed = None;
    loop {
        let mut first = end.checked_sub(1)?;
        let mut before = None;
        while first > 0 && before.is_none() {
            before = begins_anew(&versions[first - 1], &versions[first]);
            first -= usize::from(before.is_none());
        }
        let job = &versions[first..end];
        let has_begun = job.last().and_then(begins).is_none_or(|at| at <= as_of);
        // What had been told by then counts as it counted then, a return ahead included.
        let was_told = job.first().is_some_and(|(saying, _)| saying.at <= as_of);
        if has_begun || was_told || before.is_none() {
            return Some((job, followed));
        }
        (end, followed) = (first, before);
    }
}

type Version<'v> = (&'v Saying, &'v WorkerFacts);
type Job<'v> = (&'v [Version<'v>], Option<Before>);

fn begins((_, worker): &Version<'_>) -> Option<Timestamp> {
    let facts = &worker.facts;
    Timestamp::in_zone(facts.starts?, &facts.zone).ok()
}

fn begins_anew(earlier: &Version<'_>, later: &Version<'_>) -> Option<Before> {
    let (facts, day) = (&earlier.1.facts, begins(later)?);
    let ended = facts
        .ends
        .map(|civil| Timestamp::in_zone(civil, &facts.zone));
    if ended.is_some_and(|ended| ended.is_ok_and(|ended| ended <= day)) {
        return Some(Before::Ended);
    }
    let since = begins(earlier);
    let was_at_work = since.is_none_or(|since| since <= earlier.0.at && since < day);
    let has_passed = day <= later.0.at;
    (was_at_work && has_passed).then_some(Before::AtWork)
}

#[cfg(test)]
mod tests;
