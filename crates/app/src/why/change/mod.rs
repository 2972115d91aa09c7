//! Why one step was planned, and what became of it.
//!
//! Everything is read: the step's rows, the decisions about its wave, and the records about its
//! subject, along the index by subject and with everything personal left sealed. Nothing is read of
//! others, so it costs what the step and its subject have been through.

mod next;
mod report;
#[cfg(test)]
mod tests;
mod timeline;

use std::collections::BTreeMap;

use model::event::StepHead;
use model::plan::{About, Before, StepStatus};
use model::{Act, Address, Event, Kind, Step, StepRef, SubjectId, Timestamp, Value};
use ports::store::{PlanRow, StepRow, Told, WaveRow};

pub use report::{Changed, Decided, Moment, WhyChange, Word};

use report::NextPlan;
use timeline::{Records, timeline, was_overtaken};

use crate::decide::decision_on;
use crate::terminate::TERMINATION_ENDED;
use crate::{App, AppError};

/// What is read of a subject's records.
const KINDS: [&str; 10] = [
    "facts.accepted/1",
    "facts.accepted/2",
    "facts.withdrawn/1",
    "facts.withdrawn/2",
    "subject.terminated/1",
    TERMINATION_ENDED,
    "plan.drafted/1",
    "step.changed/1",
    "line.answered/1",
    "pins.set/1",
];

/// How far before the head of a plan's stream the record that closed it is looked for: plans are
/// closed by the chunk, and a chunk is one append.
const CHUNK: u32 = 500;

impl App {
    /// Why a step was planned, and what became of it.
    ///
    /// # Errors
    /// `Missing` when there is no such step, or its wave was never proposed.
    pub async fn why_change(&self, step: StepRef) -> Result<WhyChange, AppError> {
        let missing = || AppError::missing("step", &step.to_string());
        let plan = self.store.plan(step.plan).await?.ok_or_else(missing)?;
        let stands = plan.steps.iter().find(|row| row.no == step.no).cloned();
        let stands = stands.ok_or_else(missing)?;
        // What was never proposed has told nobody.
        let wave = self.store.wave(plan.wave).await?.ok_or_else(missing)?;
        let decided = self.store.decisions_on(plan.wave).await?;
        let told = match plan.about {
            About::Subject(subject) => self.all_told(subject, &KINDS, 0).await?,
            About::Target(_) => Vec::new(),
        };
        let later = self.next_plan(&plan, &stands.address, &told).await?;
        let mut not_kept = Vec::new();
        let closed = self.closed(&plan, &mut not_kept).await?;
        // Who was overtaken while waiting was not meant by what was decided about the rest.
        let decision = decision_on(plan.id, &decided)
            .filter(|decision| closed.is_none_or(|(seq, _)| decision.seq < seq))
            .cloned();
        let records = Records {
            plan: &plan,
            stands: &stands,
            wave: &wave,
            drafted: self.drafted(&plan).await?,
            judged: self.judged(&wave, &mut not_kept).await?,
            decision: decision.as_ref(),
            told: &told,
            closed,
            undone: self.taken_back(&plan, &stands, &told).await?,
            next: later.as_ref(),
        };
        let timeline = timeline(&records);
        let drawn = plan.plan.known().and_then(|body| {
            let step = body.steps.iter().find(|s| s.no == step.no)?;
            Some((body.revision, step))
        });
        not_kept.extend(gaps(&plan, &stands, drawn.is_some()));
        let waits_for = self.waits_for(std::slice::from_ref(&plan)).await?;
        let (name, key) = self.named(&plan.about).await?;
        Ok(WhyChange {
            step,
            name,
            key,
            changes: drawn.map(|(_, step)| changes(step)),
            because: drawn.map_or_else(Vec::new, |(_, step)| step.because.clone()),
            documents: match drawn {
                Some((revision, _)) => Some(self.decided_by(revision).await?),
                None => None,
            },
            told: words(&told, plan.drafted),
            decision,
            timeline,
            not_kept,
            next: next::next(
                &plan,
                &stands,
                &wave,
                later.as_ref(),
                waits_for.into_iter().next().flatten(),
            ),
            plan,
            stands,
            wave,
        })
    }

    /// The name and the key to show of those a plan is about.
    async fn named(&self, about: &About) -> Result<(String, String), AppError> {
        let About::Subject(subject) = about else {
            return Ok((about.to_string(), String::new()));
        };
        let Some(person) = self.store.person(*subject).await? else {
            return Ok(Default::default());
        };
        let identity = self.known(person).await?.identity;
        Ok((identity.facts.display_name(), identity.key))
    }

    /// When a plan was made, and who had it made.
    async fn drafted(&self, plan: &PlanRow) -> Result<(Timestamp, String), AppError> {
        let record = self.record(plan.drafted).await?;
        record.ok_or_else(|| {
            let problem = format!("record {} of the log is not there", plan.drafted);
            ports::store::StoreError::Damaged(problem).into()
        })
    }

    /// When a record was written, and by whom. Opens nothing.
    async fn record(&self, seq: u64) -> Result<Option<(Timestamp, String)>, AppError> {
        let before = seq.saturating_sub(1);
        let found = self.store.closed_records(before, 1).await?;
        let found = found.into_iter().find(|record| record.seq == seq);
        Ok(found.map(|record| (record.at, record.actor.principal)))
    }

    /// What the guard said when the wave was proposed, which stands right behind the proposal.
    async fn judged(
        &self,
        wave: &WaveRow,
        not_kept: &mut Vec<String>,
    ) -> Result<Option<(u64, Timestamp, model::Verdict)>, AppError> {
        let found = self.store.closed_records(wave.seq, 1).await?;
        let first = found.into_iter().find_map(|record| match record.event {
            Event::WaveJudged(e) if e.wave == wave.wave => Some((record.seq, record.at, e.verdict)),
            _ => None,
        });
        let last = wave.verdict.as_ref();
        if last.is_some() && first.as_ref().map(|(.., verdict)| verdict) != last {
            not_kept.push(format!(
                "when the guard said otherwise of the wave than at first; what counts is: {}",
                last.map_or_else(String::new, |verdict| format!(
                    "{} — {}",
                    verdict.as_str(),
                    verdict.because().join("; ")
                ))
            ));
        }
        Ok(first)
    }

    /// The record that closed a plan which was overtaken.
    async fn closed(
        &self,
        plan: &PlanRow,
        not_kept: &mut Vec<String>,
    ) -> Result<Option<(u64, Timestamp)>, AppError> {
        let Some(head) = plan.head.filter(|_| was_overtaken(plan.status)) else {
            return Ok(None);
        };
        for limit in [1, CHUNK] {
            let before = head.saturating_sub(u64::from(limit));
            let found = self.store.closed_records(before, limit).await?;
            let closed = found
                .iter()
                .rev()
                .find(|record| matches!(&record.event, Event::PlanChanged(e) if e.plan == plan.id));
            if let Some(record) = closed {
                return Ok(Some((record.seq, record.at)));
            }
        }
        let (status, detail) = (plan.status.as_str(), &plan.detail);
        not_kept.push(format!("when the plan became {status} ({detail})"));
        Ok(None)
    }

    /// Who took the wave of a step that was done back, and when.
    async fn taken_back(
        &self,
        plan: &PlanRow,
        stands: &StepRow,
        told: &[Told],
    ) -> Result<Vec<(u64, Timestamp, String)>, AppError> {
        let mut undone = Vec::new();
        for record in told.iter().filter(|_| stands.status.is_done()) {
            if matches!(&record.event, Event::PinsSet(e) if e.wave == plan.wave) {
                let by = self.record(record.seq).await?;
                let by = by.map_or_else(String::new, |(_, by)| by);
                undone.push((record.seq, record.at, by));
            }
        }
        Ok(undone)
    }

    /// The first proposed plan after this one that has a step at the same place.
    async fn next_plan(
        &self,
        plan: &PlanRow,
        address: &Address,
        told: &[Told],
    ) -> Result<Option<NextPlan>, AppError> {
        for record in told.iter().filter(|record| record.seq > plan.drafted) {
            let Event::PlanDrafted(e) = &record.event else {
                continue;
            };
            let heads: &[StepHead] = &e.steps;
            let Some((no, verb)) = NextPlan::at(heads, address) else {
                continue;
            };
            if self.store.wave(e.wave).await?.is_some() {
                return Ok(Some(NextPlan {
                    seq: record.seq,
                    at: record.at,
                    step: StepRef { plan: e.plan, no },
                    verb,
                    change: e.change,
                }));
            }
        }
        Ok(None)
    }

    async fn decided_by(&self, revision: u64) -> Result<Decided, AppError> {
        let row = self.store.documents_at(revision).await?;
        let sent = row.map(|row| (row.author, row.at));
        Ok(Decided { revision, sent })
    }
}

/// What a step changes, attribute by attribute.
fn changes(step: &Step) -> Vec<Changed> {
    let (was, active) = match &step.before {
        Before::Absent => (None, None),
        Before::Present { active, attributes } => (Some(attributes), Some(Value::Bool(*active))),
    };
    let earlier = |path: &String| was.and_then(|was| was.get(path)).cloned();
    let one = |path: &str, before, after| Changed {
        path: path.to_owned(),
        before,
        after,
    };
    let yes = || Some(Value::Bool(true));
    match &step.act {
        Act::Adopt { remote } => vec![one("account", None, Some(Value::Text(remote.0.clone())))],
        Act::Create { attributes, active } => {
            let mut all = vec![one("active", None, Some(Value::Bool(*active)))];
            // A group has no such state.
            all.retain(|_| step.address.kind == Kind::Account);
            let given = attributes.iter();
            all.extend(given.map(|(path, value)| one(path, None, Some(value.clone()))));
            all
        }
        Act::Update { set, unset } => {
            let set = set
                .iter()
                .map(|(path, value)| one(path, earlier(path), Some(value.clone())));
            let unset = unset.iter().map(|path| one(path, earlier(path), None));
            set.chain(unset).collect()
        }
        Act::Enable => vec![one("active", active, yes())],
        Act::Disable => vec![one("active", active, Some(Value::Bool(false)))],
        Act::Delete => vec![one(step.address.kind.as_str(), yes(), None)],
        Act::Grant => vec![one("member", None, yes())],
        Act::Revoke => vec![one("member", yes(), None)],
    }
}

/// The last word of each source about each engagement before a plan was made, and of a termination;
/// by when it came.
fn words(told: &[Told], drafted: u64) -> Vec<Word> {
    let mut last: BTreeMap<Option<model::EngagementId>, Word> = BTreeMap::new();
    for record in told.iter().filter(|record| record.seq < drafted) {
        let at = record.at;
        let source = |e: &model::event::FactsAccepted| Word {
            at,
            by: e.source.clone(),
            delivery: e.delivery.to_string(),
            what: "told",
            change: Some(e.change),
        };
        let gone = |e: &model::event::FactsWithdrawn| Word {
            at,
            by: e.source.clone(),
            delivery: e.delivery.to_string(),
            what: "missing",
            change: None,
        };
        let (engagement, word) = match &record.event {
            Event::FactsAccepted(e) => (Some(e.engagement), source(e)),
            Event::FactsAcceptedV1(e) => (Some(e.now().engagement), source(&e.now())),
            Event::FactsWithdrawn(e) => (Some(e.engagement), gone(e)),
            Event::FactsWithdrawnV1(e) => (Some(e.now().engagement), gone(&e.now())),
            Event::SubjectTerminated(e) => (None, terminated(at, &e.by)),
            Event::TerminationEnded(_) => {
                last.remove(&None);
                continue;
            }
            _ => continue,
        };
        last.insert(engagement, word);
    }
    let mut words: Vec<Word> = last.into_values().collect();
    words.sort_by_key(|word| word.at);
    words
}

/// Why somebody was terminated is told of them alone, and not here.
fn terminated(at: Timestamp, by: &str) -> Word {
    Word {
        at,
        by: by.to_owned(),
        delivery: String::new(),
        what: "terminated",
        change: None,
    }
}

/// What the log does not hold of a step.
fn gaps(plan: &PlanRow, stands: &StepRow, known: bool) -> Vec<String> {
    let mut gaps = Vec::new();
    if !known {
        gaps.push("what it changed, and why: the person was erased".to_owned());
    }
    let subject: Option<SubjectId> = match plan.about {
        About::Subject(subject) => Some(subject),
        About::Target(_) => None,
    };
    let Some(last) = &stands.last else {
        return gaps;
    };
    if subject.is_none() {
        gaps.push(
            "attempts before the last one: those of an app's groups are not found by person"
                .to_owned(),
        );
    }
    if last.attempt > 0 || last.status == StepStatus::Sent {
        gaps.push(
            "the bodies of requests and answers: kept are the attributes that were wanted, and of an \
             answer its status and what the app said, cut and without values"
                .to_owned(),
        );
    }
    gaps
}
