//! What is told of one step.

use model::event::StepHead;
use model::plan::{PlanStatus, StepStatus};
use model::{Address, Change, Exchange, Reason, StepRef, Timestamp, Value};
use ports::store::{PlanRow, StepRow, WaveDecision, WaveRow};

/// Why one step was planned, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyChange {
    /// The step.
    pub step: StepRef,
    /// Its plan.
    pub plan: PlanRow,
    /// The step as it stands.
    pub stands: StepRow,
    /// The wave of its plan.
    pub wave: WaveRow,
    /// The name to show to people; empty where the person was erased.
    pub name: String,
    /// The worker's key; empty for the groups of an app, and where the person was erased.
    pub key: String,
    /// What it changes, one row for each attribute; `None` where the person was erased.
    pub changes: Option<Vec<Changed>>,
    /// The rules and states that wanted it, with the facts that they looked at.
    pub because: Vec<Reason>,
    /// What decided: the documents of the plan.
    pub documents: Option<Decided>,
    /// The last word of each source about the person before the plan was made, and of whoever
    /// terminated them; by when it came.
    pub told: Vec<Word>,
    /// Who released or refused it, once somebody did.
    pub decision: Option<WaveDecision>,
    /// What happened to it, in order.
    pub timeline: Vec<Moment>,
    /// What the log does not hold, for people.
    pub not_kept: Vec<String>,
    /// What to do now; empty where nothing is.
    pub next: String,
}

/// One attribute that a step changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The attribute, as the app calls it; `active`, `account` and `member` for what has no path.
    pub path: String,
    /// What was there when the plan was made; `None`: nothing.
    pub before: Option<Value>,
    /// What is wanted; `None`: nothing.
    pub after: Option<Value>,
}

/// A revision of the documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Which.
    pub revision: u64,
    /// Who sent it, and when; `None` where it is not in the store.
    pub sent: Option<(String, Timestamp)>,
}

/// What somebody said of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// When it was learnt.
    pub at: Timestamp,
    /// The source, or the principal who terminated them.
    pub by: String,
    /// The delivery in which a source said so; empty where none did.
    pub delivery: String,
    /// `told`, `missing` from a complete file, or `terminated`.
    pub what: &'static str,
    /// What it meant for the person, where a source said so.
    pub change: Option<Change>,
}

/// Something that happened to a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The number of its record; 0 where it stands in no record of its own.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What: `planned`, `proposed`, `allowed`, `held`, `halted`, `released`, `refused`, `intent`,
    /// `answered`, `waits`, `not_shown`, `handed`, `line`, `verified`, `confirmed`, `failed`,
    /// `skipped`, `superseded`, `stale`, `undone` or `planned_next`.
    pub what: &'static str,
    /// Who; empty for the worker.
    pub by: String,
    /// Which attempt; 0 where none is meant.
    pub attempt: u32,
    /// What was asked for, by attribute and without values; empty where nothing was.
    pub request: String,
    /// The requests of the attempt that was answered.
    pub exchanges: Vec<Exchange>,
    /// How the attempt ended, as far as was known then; empty where it had not.
    pub answer: &'static str,
    /// The class of error; empty where there is none.
    pub class: String,
    /// What was said: by the app (cut, and without values, as it is kept), by the guard, or by
    /// whoever decided.
    pub said: String,
    /// Not tried, or looked at, again before then.
    pub next_at: Option<Timestamp>,
    /// The step that came after this one, for `planned_next`.
    pub other: Option<StepRef>,
}

impl Moment {
    pub(super) fn new(seq: u64, at: Timestamp, what: &'static str) -> Self {
        Self {
            seq,
            at,
            what,
            by: String::new(),
            attempt: 0,
            request: String::new(),
            exchanges: Vec::new(),
            answer: "",
            class: String::new(),
            said: String::new(),
            next_at: None,
            other: None,
        }
    }
}

/// The next plan that has a step at the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NextPlan {
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    pub(super) step: StepRef,
    pub(super) verb: String,
    pub(super) change: Change,
}

impl NextPlan {
    /// The first of these steps that is at an address.
    pub(super) fn at(steps: &[StepHead], address: &Address) -> Option<(u16, String)> {
        let step = steps.iter().find(|step| step.address == *address)?;
        Some((step.no, step.verb.clone()))
    }
}

impl WhyChange {
    /// Whether it stands as it is for good.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stands.status.is_final() || self.plan.status.is_closed()
    }

    /// How the step stands, in the words of steps; of a plan that was closed before it began, in
    /// those of plans.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match (self.stands.status, self.plan.status) {
            (StepStatus::Pending, plan) if plan.is_closed() => plan.as_str(),
            (StepStatus::Pending, PlanStatus::Waiting) => PlanStatus::Waiting.as_str(),
            (step, _) => step.as_str(),
        }
    }
}
