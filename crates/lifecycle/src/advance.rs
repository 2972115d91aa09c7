//! The apply reducer: how one plan is carried out, step by step, as a state machine whose only
//! output is data.
//!
//! The caller loops: feed an [`Input`], append the events, and only when they are durable carry
//! the effects out and feed back what happened. The rules it keeps:
//!
//! * An intent (`sent`) is in the log before anything is sent.
//! * An answer is not success. A step is done when it was *read back* as wanted.
//! * Not knowing is not failing: after `Unknown`, and after a crash between intent and outcome,
//!   the object is read before anything is sent again.
//! * Every loop is bounded; what cannot be done becomes a failure that a person sees.

mod state;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::mutants::{self, Mutant};
use model::event::StepChanged;
use model::plan::{PlanStatus, StepStatus};
use model::{Answer, Event, Outcome, Step, StepRef, TargetName, Timestamp};

pub use state::{Effect, Input, Progress, ReadBack, StepState};

/// How often one step may be sent before it fails for good.
pub const MAX_ATTEMPTS: u32 = 8;
/// How often a read-back may disagree with `Done` before the step is sent again.
const MAX_LOOKS: u32 = 4;
/// How often a line that somebody has in hand is looked at. Looking asks nobody.
const HANDED: Duration = Duration::from_secs(300);
/// The longest pause between two attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(3600);

/// Takes one input in. The events must be durable before the effects are carried out. Nothing
/// is sent to a target whose lease is not among `fences`.
#[must_use]
pub fn advance(
    progress: &mut Progress,
    input: Input,
    fences: &BTreeMap<TargetName, u64>,
    now: Timestamp,
) -> (Vec<Event>, Vec<Effect>) {
    let mut turn = Turn {
        progress,
        fences,
        now,
        events: Vec::new(),
        effects: Vec::new(),
    };
    if turn.progress.closed.is_none() {
        match input {
            Input::Look => {}
            Input::Answered(no, answer) => turn.answered(no, answer),
            Input::Read(no, found) => turn.read(no, found),
            Input::Blocked(no, wait, detail) => turn.blocked(no, wait, &detail),
            Input::Moved(detail) => turn.stale(&detail),
        }
        turn.look();
    }
    (turn.events, turn.effects)
}

struct Turn<'a> {
    progress: &'a mut Progress,
    fences: &'a BTreeMap<TargetName, u64>,
    now: Timestamp,
    events: Vec<Event>,
    effects: Vec<Effect>,
}

impl Turn<'_> {
    fn step(&self, no: u16) -> &Step {
        &self.progress.plan.steps[usize::from(no)]
    }

    /// The fence of the lease on the step's target; `None`: this node does not hold it.
    fn fence(&self, no: u16) -> Option<u64> {
        self.fences.get(&self.step(no).address.target).copied()
    }

    fn state(&mut self, no: u16) -> &mut StepState {
        &mut self.progress.steps[usize::from(no)]
    }

    /// Records the step's state as it is now.
    fn record(&mut self, no: u16, detail: &str) {
        let state = self.state(no);
        let exchanges = std::mem::take(&mut state.exchanges);
        let state = state.clone();
        self.events.push(Event::StepChanged(StepChanged {
            step: StepRef {
                plan: self.progress.id,
                no,
            },
            address: self.step(no).address.clone(),
            status: state.status,
            attempt: state.attempt,
            looks: state.looks,
            not_before: state.not_before,
            fence: self.fence(no).unwrap_or_default(),
            outcome: state.outcome,
            detail: detail.to_owned(),
            exchanges,
        }));
    }

    fn settle(&mut self, no: u16, status: StepStatus, detail: &str) {
        let state = self.state(no);
        state.status = status;
        state.not_before = None;
        state.busy = false;
        self.record(no, detail);
        if status == StepStatus::Failed {
            self.effects.push(Effect::Report(no));
        }
    }

    fn answered(&mut self, no: u16, answer: Answer) {
        let outcome = answer.outcome;
        let state = self.state(no);
        state.outcome = Some(outcome.clone());
        state.exchanges = answer.exchanges;
        state.looks = 0;
        match outcome {
            Outcome::Done { .. } if mutants::on(Mutant::NoReadBack) => {
                self.settle(no, StepStatus::Verified, "");
            }
            Outcome::Unknown { detail } if mutants::on(Mutant::DoubledRetry) => {
                self.again(no, Duration::ZERO, &detail);
            }
            Outcome::Done { .. } | Outcome::AlreadyDone { .. } | Outcome::Unknown { .. } => {
                let detail = match &outcome {
                    Outcome::Unknown { detail } => detail.as_str(),
                    _ => "",
                };
                self.state(no).status = StepStatus::Answered;
                self.record(no, detail);
                self.effects.push(Effect::Read(no));
            }
            // Nobody answers now, and nobody is asked again: it is looked at from time to time,
            // for as long as it takes.
            Outcome::Handed => {
                let until = self.now.plus(HANDED);
                let state = self.state(no);
                state.status = StepStatus::Handed;
                state.not_before = Some(until);
                state.busy = false;
                self.record(no, "");
            }
            Outcome::Confirmed { .. } => {
                self.state(no).status = StepStatus::Answered;
                self.record(no, "");
                self.effects.push(Effect::Read(no));
            }
            // The object is not as it was expected: it is read, so that whatever became of it is
            // known before anyone plans again.
            Outcome::Stale { detail } => {
                self.state(no).status = StepStatus::Answered;
                self.record(no, &detail);
                self.effects.push(Effect::Read(no));
            }
            Outcome::Refused { code, detail } => {
                self.settle(no, StepStatus::Failed, &format!("{code}: {detail}"));
            }
            // The target as a whole is busy or away: that says nothing about this step, so it
            // does not use up its attempts. A leaver waits for a target to come back.
            Outcome::Later {
                wait_ms,
                detail,
                whole_target: true,
            } => {
                self.blocked(no, Duration::from_millis(wait_ms), &detail);
            }
            Outcome::Later { detail, .. } => {
                let asked = outcome_wait(&self.state(no).outcome);
                self.again(no, asked, &detail);
            }
        }
    }

    fn read(&mut self, no: u16, found: ReadBack) {
        let unknown = matches!(self.state(no).outcome, None | Some(Outcome::Unknown { .. }));
        let stale = matches!(self.state(no).outcome, Some(Outcome::Stale { .. }));
        match found {
            ReadBack::Equal => self.settle(no, StepStatus::Verified, ""),
            ReadBack::Gone { detail } => {
                self.settle(no, StepStatus::Skipped, &detail);
                self.stale(&detail);
            }
            ReadBack::Said => self.settle(no, StepStatus::Confirmed, ""),
            ReadBack::Declined { code, detail } => {
                let said = format!("{code}: {detail}");
                self.state(no).outcome = Some(Outcome::Refused { code, detail });
                self.settle(no, StepStatus::Failed, &said);
            }
            // Nothing is written down: they were asked, and still are.
            ReadBack::Unanswered => {
                let until = self.now.plus(HANDED);
                let state = self.state(no);
                state.not_before = Some(until);
                state.busy = false;
            }
            // Nothing is written down: it was answered before and still is.
            ReadBack::Away { wait } => {
                let wait = wait.clamp(Duration::from_millis(100), MAX_BACKOFF);
                let until = self.now.plus(wait);
                let state = self.state(no);
                state.status = StepStatus::Answered;
                state.not_before = Some(until);
                state.busy = false;
            }
            ReadBack::Unreadable { wait, detail } => {
                let until = self
                    .now
                    .plus(wait.clamp(Duration::from_millis(100), MAX_BACKOFF));
                let state = self.state(no);
                state.status = StepStatus::Answered;
                state.not_before = Some(until);
                state.busy = false;
                state.looks += 1;
                // Reading again is free of consequences, but a target that can never be read
                // must not hold its plan open for ever.
                if state.looks > 10 * MAX_LOOKS {
                    self.settle(no, StepStatus::Failed, &format!("not readable: {detail}"));
                } else {
                    self.record(no, &format!("not readable: {detail}"));
                }
            }
            ReadBack::Different { detail } if stale => {
                self.settle(no, StepStatus::Skipped, &detail);
                self.stale(&detail);
            }
            // Nobody knew whether it arrived; now we know that it did not.
            ReadBack::Different { detail } if unknown => {
                self.again(no, Duration::ZERO, &format!("not done: {detail}"));
            }
            // The target said done; give it time to show it before doubting its word.
            ReadBack::Different { detail } => {
                let looks = self.state(no).looks + 1;
                if looks >= MAX_LOOKS {
                    self.again(no, Duration::ZERO, &format!("said done, but: {detail}"));
                    return;
                }
                let until = self.now.plus(Duration::from_millis(250 << looks));
                let state = self.state(no);
                state.looks = looks;
                state.not_before = Some(until);
                state.busy = false;
                self.record(no, &format!("not shown yet: {detail}"));
            }
        }
    }

    fn blocked(&mut self, no: u16, wait: Duration, detail: &str) {
        if self.progress.stale {
            self.settle(no, StepStatus::Skipped, detail);
            return;
        }
        let until = self
            .now
            .plus(wait.clamp(Duration::from_millis(50), MAX_BACKOFF));
        let state = self.state(no);
        state.attempt = state.attempt.saturating_sub(1);
        state.status = StepStatus::Pending;
        state.not_before = Some(until);
        state.busy = false;
        self.record(no, detail);
    }

    /// Tries again later, unless it was tried often enough.
    fn again(&mut self, no: u16, asked: Duration, detail: &str) {
        let attempt = self.state(no).attempt;
        if self.progress.stale {
            self.settle(no, StepStatus::Skipped, detail);
            return;
        }
        if attempt >= MAX_ATTEMPTS {
            let detail = format!("given up after {attempt} attempts: {detail}");
            self.settle(no, StepStatus::Failed, &detail);
            return;
        }
        let until = self.now.plus(asked.max(backoff(attempt)));
        let state = self.state(no);
        state.status = StepStatus::Pending;
        state.not_before = Some(until);
        state.busy = false;
        self.record(no, detail);
    }

    /// The plan was made for a world that is no more: nothing of it is begun from here on. What
    /// was sent is still read back, or an object that was made would be forgotten.
    fn stale(&mut self, detail: &str) {
        self.progress.stale = true;
        for no in 0..self.progress.steps.len() {
            let no = u16::try_from(no).unwrap_or(u16::MAX);
            if self.state(no).status == StepStatus::Pending {
                self.settle(no, StepStatus::Skipped, detail);
            }
        }
    }

    fn close(&mut self, status: PlanStatus, detail: &str) {
        self.progress.closed = Some(status);
        self.effects.retain(|e| matches!(e, Effect::Report(_)));
        self.events
            .push(Event::PlanChanged(model::event::PlanChanged {
                plan: self.progress.id,
                status,
                detail: detail.to_owned(),
            }));
    }

    /// Finds what can be done now.
    fn look(&mut self) {
        if self.progress.closed.is_some() {
            return;
        }
        let mut wait: Option<Timestamp> = None;
        for no in 0..self.progress.steps.len() {
            let no = u16::try_from(no).unwrap_or(u16::MAX);
            self.consider(no, &mut wait);
        }
        if self.progress.steps.iter().all(|s| s.status.is_final()) {
            let failed = self.progress.steps.iter().any(|s| !s.status.is_done());
            let status = if self.progress.stale {
                PlanStatus::Stale
            } else if failed {
                PlanStatus::Failed
            } else {
                PlanStatus::Applied
            };
            self.close(status, "");
        } else if self.effects.is_empty()
            && !self.progress.steps.iter().any(|s| s.busy)
            && let Some(until) = wait
        {
            self.effects.push(Effect::Wait(until));
        }
    }

    fn consider(&mut self, no: u16, wait: &mut Option<Timestamp>) {
        let state = self.progress.steps[usize::from(no)].clone();
        if state.status.is_final() || state.busy {
            return;
        }
        if let Some(until) = state.not_before
            && until > self.now
        {
            *wait = Some(wait.map_or(until, |w| w.min(until)));
            return;
        }
        // Without the lease nothing is begun, and nothing is concluded either: another node may
        // be waiting for the answer to the very intent that looks interrupted from here.
        let begins = !matches!(self.before(no), Before::Failed);
        if begins && self.fence(no).is_none() {
            return;
        }
        // What was sent is concluded by whoever holds the target's lease: another node may be in
        // the middle of it.
        if state.status != StepStatus::Pending && self.fence(no).is_none() {
            return;
        }
        match state.status {
            StepStatus::Pending => match self.before(no) {
                Before::Done => {
                    let state = self.state(no);
                    state.attempt += 1;
                    state.status = StepStatus::Sent;
                    state.not_before = None;
                    state.outcome = None;
                    state.looks = 0;
                    state.busy = true;
                    if !mutants::on(Mutant::SkippedIntent) {
                        self.record(no, "");
                    }
                    self.effects.push(Effect::Send(no));
                }
                Before::Failed => {
                    self.settle(no, StepStatus::Skipped, "a step before it was not done");
                }
                Before::Open => {}
            },
            // A stored intent without an outcome: the process ended in between. It may have
            // been sent, so it is read before anything else.
            StepStatus::Sent if mutants::on(Mutant::LostOutcome) => {
                self.settle(no, StepStatus::Verified, "");
            }
            StepStatus::Sent => {
                let state = self.state(no);
                state.status = StepStatus::Answered;
                state.outcome = Some(Outcome::Unknown {
                    detail: "interrupted".to_owned(),
                });
                state.busy = true;
                self.record(no, "interrupted between intent and outcome");
                self.effects.push(Effect::Read(no));
            }
            StepStatus::Answered | StepStatus::Handed => {
                self.state(no).busy = true;
                self.effects.push(Effect::Read(no));
            }
            StepStatus::Verified
            | StepStatus::Confirmed
            | StepStatus::Failed
            | StepStatus::Skipped => {}
        }
    }

    fn before(&self, no: u16) -> Before {
        let mut open = false;
        for earlier in &self.step(no).after {
            match self.progress.steps[usize::from(*earlier)].status {
                StepStatus::Verified | StepStatus::Confirmed => {}
                StepStatus::Failed | StepStatus::Skipped => return Before::Failed,
                _ => open = true,
            }
        }
        if open { Before::Open } else { Before::Done }
    }
}

/// How the steps before one stand.
enum Before {
    Done,
    Open,
    Failed,
}

fn outcome_wait(outcome: &Option<Outcome>) -> Duration {
    outcome.as_ref().and_then(Outcome::wait).unwrap_or_default()
}

/// 0.5 s, 1 s, 2 s, … up to an hour.
fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(250)
        .saturating_mul(1 << attempt.min(16))
        .min(MAX_BACKOFF)
}

#[cfg(test)]
mod tests;
