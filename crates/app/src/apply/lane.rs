//! One target as a worker sees it: lease, budget, breaker, and a bound on what is under way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{Outcome, PlanId, TargetName, Timestamp};
use ports::store::Fence;
use ports::{Store, Target, TargetError};
use tokio::sync::Semaphore;

use super::WorkerSettings;
use super::breaker::Breaker;
use super::members::Members;
use super::pace::Pace;
use crate::AppError;

/// How soon to look again for a lease that someone else holds.
const LEASE_RETRY: Duration = Duration::from_secs(2);

/// One target.
pub(crate) struct Lane {
    pub(crate) name: TargetName,
    pub(crate) target: Arc<dyn Target>,
    /// The documents' revision it was made from.
    pub(crate) revision: u64,
    /// User names are given once there.
    pub(crate) once: bool,
    /// It has only so many seats.
    pub(crate) seats: Option<u32>,
    pub(crate) members: Members,
    permits: Semaphore,
    state: Mutex<State>,
    /// Only one task at a time asks for the lease.
    leasing: tokio::sync::Mutex<()>,
}

struct State {
    lease: Option<Fence>,
    /// When to ask for a lease that someone else holds.
    lease_again: Timestamp,
    /// Nothing is begun before this instant: the target asked for it, the breaker is open, or
    /// the kill switch is on.
    not_before: Timestamp,
    breaker: Breaker,
    /// `None`: no budget.
    pace: Option<Pace>,
}

impl Lane {
    pub(crate) fn new(
        name: TargetName,
        target: Arc<dyn Target>,
        app: &documents::App,
        revision: u64,
    ) -> Self {
        let capabilities = target.capabilities();
        let concurrency = app
            .limits
            .concurrency
            .map_or(capabilities.concurrency, |c| c as usize);
        let rate = app
            .limits
            .requests_per_second
            .or(capabilities.requests_per_second);
        Self {
            members: Members::new(capabilities.members_per_request),
            permits: Semaphore::new(concurrency.clamp(1, 1_000)),
            name,
            target,
            revision,
            once: app.account.unique.is_some(),
            seats: app.seats,
            state: Mutex::new(State {
                lease: None,
                lease_again: Timestamp::EPOCH,
                not_before: Timestamp::EPOCH,
                breaker: Breaker::closed(),
                pace: rate.map(Pace::new),
            }),
            leasing: tokio::sync::Mutex::new(()),
        }
    }

    /// The fence under which `plan` (`None`: a request that several share) may begin something
    /// now, or when to ask again.
    pub(crate) async fn admit(
        &self,
        store: &dyn Store,
        settings: &WorkerSettings,
        plan: Option<PlanId>,
        now: Timestamp,
    ) -> Result<Result<u64, Timestamp>, AppError> {
        if let Some(until) = self.closed_until(plan, now) {
            return Ok(Err(until));
        }
        self.hold(store, settings, now).await
    }

    /// The fence of the lease, taken if it is free, or when to ask again. Begins nothing.
    pub(crate) async fn hold(
        &self,
        store: &dyn Store,
        settings: &WorkerSettings,
        now: Timestamp,
    ) -> Result<Result<u64, Timestamp>, AppError> {
        let deadline = settings.deadline;
        if let Some(fence) = self.fence(now, deadline) {
            return Ok(Ok(fence));
        }
        let _one = self.leasing.lock().await;
        if let Some(fence) = self.fence(now, deadline) {
            return Ok(Ok(fence));
        }
        // Someone else holds it: one asks, and all who wait ask again together.
        if let Some(at) = self.lease_again().filter(|at| *at > now) {
            return Ok(Err(at));
        }
        let name = format!("target/{}", self.name);
        let lease = store
            .acquire(&name, &settings.holder, settings.lease)
            .await?;
        let Ok(mut state) = self.state.lock() else {
            return Ok(Err(now.plus(LEASE_RETRY)));
        };
        state.lease = lease;
        state.lease_again = match lease {
            Some(_) => Timestamp::EPOCH,
            None => now.plus(LEASE_RETRY),
        };
        Ok(lease.map(|l| l.fence).ok_or(state.lease_again))
    }

    fn lease_again(&self) -> Option<Timestamp> {
        self.state.lock().ok().map(|s| s.lease_again)
    }

    /// Whether each change has to ask before it begins: the target has a budget, or its breaker
    /// has opened.
    pub(crate) fn is_pressed(&self) -> bool {
        let state = self.state.lock();
        state.is_ok_and(|s| s.pace.is_some() || s.breaker.has_opened())
    }

    /// Whether a request may leave now. Asked right before it does: its intent may have waited
    /// for its commit and the request for a place, and meanwhile the lease ran out, the breaker
    /// opened or the target asked for a pause.
    pub(crate) fn may_send(&self, now: Timestamp, deadline: Duration) -> bool {
        let open = self.state.lock().is_ok_and(|s| s.not_before <= now);
        open && self.fence(now, deadline).is_some()
    }

    /// Whether the budget still has room for a change that was admitted; `shared`: several plans
    /// send it together.
    pub(crate) fn has_room(&self, plan: PlanId, shared: bool, now: Timestamp) -> bool {
        let Ok(state) = self.state.lock() else {
            return false;
        };
        let pace = state.pace.as_ref();
        pace.is_none_or(|pace| pace.has_room(plan, shared, now))
    }

    /// Whether something may be read now; an open breaker and a pause hold reads back too.
    ///
    /// # Errors
    /// `Busy` with the time until then.
    pub(crate) fn may_read(&self, now: Timestamp) -> Result<(), TargetError> {
        let closed = |until: Timestamp| TargetError::Busy {
            wait: until.since(now),
            detail: "the target is left alone for now".to_owned(),
        };
        let Ok(mut state) = self.state.lock() else {
            return Err(closed(now.plus(LEASE_RETRY)));
        };
        if state.not_before > now {
            return Err(closed(state.not_before));
        }
        if let Some(until) = state.breaker.trial(now) {
            return Err(closed(until));
        }
        state.breaker.begin(now);
        Ok(())
    }

    /// The fence, if the lease lasts longer than a request that is begun now.
    pub(crate) fn fence(&self, now: Timestamp, deadline: Duration) -> Option<u64> {
        let state = self.state.lock().ok()?;
        state
            .lease
            .filter(|l| l.until > now.plus(deadline))
            .map(|l| l.fence)
    }

    /// Gives the lease back, if this node has it. Should the store not hear of it, it runs out.
    pub(crate) async fn give_up(&self, store: &dyn Store, holder: &str) {
        let held = self.state.lock().ok().and_then(|mut s| s.lease.take());
        if let Some(lease) = held {
            let name = format!("target/{}", self.name);
            if let Err(error) = store.release(&name, holder, lease.fence).await {
                tracing::warn!(target.name = %self.name, error = %error, "lease.not_released");
            }
        }
    }

    pub(crate) fn lose_lease(&self) {
        if let Ok(mut state) = self.state.lock() {
            state.lease = None;
        }
    }

    /// Nothing is begun before `until`.
    pub(crate) fn close_until(&self, until: Timestamp) {
        if let Ok(mut state) = self.state.lock() {
            state.not_before = state.not_before.max(until);
        }
    }

    fn closed_until(&self, plan: Option<PlanId>, now: Timestamp) -> Option<Timestamp> {
        let mut state = self.state.lock().ok()?;
        if state.not_before > now {
            return Some(state.not_before);
        }
        if let Some(until) = state.breaker.trial(now) {
            return Some(until);
        }
        let asked = state.pace.as_mut().map(|pace| pace.ask(plan, now));
        if let Some(Err(until)) = asked {
            return Some(until);
        }
        state.breaker.begin(now);
        None
    }

    /// Takes a place among the requests under way, and one request from the budget.
    pub(crate) async fn enter(
        &self,
        plan: Option<PlanId>,
        now: Timestamp,
    ) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let permit = self.permits.acquire().await.ok()?;
        if let Ok(mut state) = self.state.lock()
            && let Some(pace) = &mut state.pace
        {
            pace.spend(plan, now);
        }
        Some(permit)
    }

    /// Learns from the answer to a write.
    pub(crate) fn learn(&self, outcome: &Outcome, now: Timestamp) {
        match outcome {
            Outcome::Later {
                wait_ms,
                whole_target: true,
                ..
            } => {
                self.close_until(now.plus(Duration::from_millis(*wait_ms)));
                self.failed(now);
            }
            Outcome::Unknown { .. } => self.failed(now),
            Outcome::Later { .. } => {}
            Outcome::Done { .. }
            | Outcome::AlreadyDone { .. }
            | Outcome::Stale { .. }
            | Outcome::Refused { .. } => self.succeeded(),
        }
    }

    /// Learns from the answer to a read.
    pub(crate) fn learn_read(&self, error: Option<&TargetError>, now: Timestamp) {
        match error {
            None | Some(TargetError::Refused(_) | TargetError::Malformed(_)) => self.succeeded(),
            Some(TargetError::Busy { wait, .. }) => {
                self.close_until(now.plus(*wait));
                self.failed(now);
            }
            Some(TargetError::Unreachable(_) | TargetError::Denied(_)) => self.failed(now),
        }
    }

    fn succeeded(&self) {
        if let Ok(mut state) = self.state.lock() {
            state.breaker.succeeded();
        }
    }

    fn failed(&self, now: Timestamp) {
        if let Ok(mut state) = self.state.lock()
            && let Some(until) = state.breaker.failed(now)
        {
            state.not_before = state.not_before.max(until);
        }
    }
}
