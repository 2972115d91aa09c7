//! What the reducer keeps, what it takes in and what it asks for.

use std::time::Duration;

use model::event::StepChanged;
use model::plan::{PlanStatus, StepStatus};
use model::{Answer, Exchange, Outcome, Plan, PlanId, Timestamp};

/// How one step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepState {
    /// Pending, sent, answered, handed, verified, confirmed, failed or skipped.
    pub status: StepStatus,
    /// How often it was sent.
    pub attempt: u32,
    /// How often the read-back of this attempt disagreed.
    pub looks: u32,
    /// Nothing happens to it before this instant.
    pub not_before: Option<Timestamp>,
    /// How the last attempt ended.
    pub outcome: Option<Outcome>,
    /// The requests of the last attempt, until they are recorded.
    pub exchanges: Vec<Exchange>,
    /// An effect is under way in this process.
    pub busy: bool,
}

impl StepState {
    /// A step that has not begun.
    #[must_use]
    pub const fn pending() -> Self {
        Self {
            status: StepStatus::Pending,
            attempt: 0,
            looks: 0,
            not_before: None,
            outcome: None,
            exchanges: Vec::new(),
            busy: false,
        }
    }

    /// The state that a stored change says, for going on after a restart.
    #[must_use]
    pub fn stored(change: &StepChanged) -> Self {
        Self {
            status: change.status,
            attempt: change.attempt,
            looks: change.looks,
            not_before: change.not_before,
            outcome: change.outcome.clone(),
            exchanges: Vec::new(),
            busy: false,
        }
    }
}

/// One plan under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Its id.
    pub id: PlanId,
    /// The plan.
    pub plan: Plan,
    /// Its steps, by number.
    pub steps: Vec<StepState>,
    /// Set once nothing more will happen.
    pub closed: Option<PlanStatus>,
    /// The world has moved: nothing is begun any more, and what was sent is read back to its end.
    pub stale: bool,
}

impl Progress {
    /// Whether this step has not begun, and nothing but a lease keeps it from beginning now.
    #[must_use]
    pub fn may_begin(&self, no: usize, now: Timestamp) -> bool {
        let (Some(step), Some(state)) = (self.plan.steps.get(no), self.steps.get(no)) else {
            return false;
        };
        let verified = |no: &u16| {
            let before = self.steps.get(usize::from(*no));
            before.is_some_and(|s| s.status.is_done())
        };
        self.closed.is_none()
            && state.status == StepStatus::Pending
            && !state.busy
            && state.not_before.is_none_or(|at| at <= now)
            && step.after.iter().all(verified)
    }
}

/// What was found when a step was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadBack {
    /// It is as wanted.
    Equal,
    /// It is not.
    Different {
        /// What differs: attribute paths, without values.
        detail: String,
    },
    /// What the step changes, or refers to, is gone; or nobody wants it any more.
    Gone {
        /// What.
        detail: String,
    },
    /// Whoever was asked to do it by hand says that they did, and nothing has shown it.
    Said,
    /// Whoever was asked to do it by hand says that they did not.
    Declined {
        /// A stable code.
        code: String,
        /// What they said, without what they wrote of people.
        detail: String,
    },
    /// Whoever was asked to do it by hand has not answered.
    Unanswered,
    /// The target as a whole does not answer, or is left alone for now: that says nothing about
    /// the step, so it is looked at again for as long as it takes.
    Away {
        /// When to try again.
        wait: Duration,
    },
    /// It could not be read.
    Unreadable {
        /// When to try again.
        wait: Duration,
        /// Why.
        detail: String,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Look for something to do: at the start, after a restart, when a wait is over.
    Look,
    /// The target answered, or did not.
    Answered(u16, Answer),
    /// A step was read back.
    Read(u16, ReadBack),
    /// Something that the step needs does not exist yet (a reference, a lease, a budget):
    /// nothing was sent, and the attempt does not count.
    Blocked(u16, Duration, String),
    /// What the plan was computed from has changed.
    Moved(String),
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send this step to its target.
    Send(u16),
    /// Read back what this step changed.
    Read(u16),
    /// Nothing can be done before this instant.
    Wait(Timestamp),
    /// Someone should look: this step failed for good.
    Report(u16),
}
