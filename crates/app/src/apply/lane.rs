//! One target as a worker sees it: lease, budget, breaker, and a bound on what is under way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use model::{Outcome, TargetName, Timestamp};
use ports::store::Fence;
use ports::{Store, Target, TargetError};
use tokio::sync::Semaphore;

use super::members::Members;
use crate::AppError;

/// Failures in a row that open the breaker.
const TRIP: u32 = 5;
/// The first pause of an open breaker; doubles up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(5);
/// The longest pause of an open breaker.
const LONGEST: Duration = Duration::from_secs(900);
/// How soon to look again for a lease that someone else holds.
const LEASE_RETRY: Duration = Duration::from_secs(2);

/// One target.
pub(crate) struct Lane {
    pub(crate) name: TargetName,
    pub(crate) target: Arc<dyn Target>,
    /// The documents' revision it was made from.
    pub(crate) revision: u64,
    pub(crate) members: Members,
    permits: Semaphore,
    state: Mutex<State>,
    /// Requests per second; `None`: no budget.
    rate: Option<f64>,
    /// Only one task at a time asks for the lease.
    leasing: tokio::sync::Mutex<()>,
}

struct State {
    lease: Option<Fence>,
    /// Nothing is begun before this instant: the target asked for it, the breaker is open, or
    /// the kill switch is on.
    not_before: Timestamp,
    failures: u32,
    /// Requests that may be begun now. May be negative: those already begun finish.
    tokens: f64,
    filled_at: Timestamp,
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
            rate: rate.map(f64::from),
            name,
            target,
            revision,
            state: Mutex::new(State {
                lease: None,
                not_before: Timestamp::EPOCH,
                failures: 0,
                tokens: 1.0,
                filled_at: Timestamp::EPOCH,
            }),
            leasing: tokio::sync::Mutex::new(()),
        }
    }

    /// The fence under which something may be begun now, or when to ask again.
    pub(crate) async fn admit(
        &self,
        store: &dyn Store,
        holder: &str,
        ttl: Duration,
        deadline: Duration,
        now: Timestamp,
    ) -> Result<Result<u64, Timestamp>, AppError> {
        if let Some(until) = self.closed_until(now) {
            return Ok(Err(until));
        }
        if let Some(fence) = self.fence(now, deadline) {
            return Ok(Ok(fence));
        }
        let _one = self.leasing.lock().await;
        if let Some(fence) = self.fence(now, deadline) {
            return Ok(Ok(fence));
        }
        let name = format!("target/{}", self.name);
        let lease = store.acquire(&name, holder, ttl).await?;
        let Ok(mut state) = self.state.lock() else {
            return Ok(Err(now.plus(LEASE_RETRY)));
        };
        state.lease = lease;
        Ok(lease.map(|l| l.fence).ok_or_else(|| now.plus(LEASE_RETRY)))
    }

    /// The fence, if the lease lasts longer than a request that is begun now. Asked again right
    /// before sending: the intent may have waited for its commit.
    pub(crate) fn fence(&self, now: Timestamp, deadline: Duration) -> Option<u64> {
        let state = self.state.lock().ok()?;
        state
            .lease
            .filter(|l| l.until > now.plus(deadline))
            .map(|l| l.fence)
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

    fn closed_until(&self, now: Timestamp) -> Option<Timestamp> {
        let mut state = self.state.lock().ok()?;
        if state.not_before > now {
            return Some(state.not_before);
        }
        let rate = self.rate?;
        let idle = now.since(state.filled_at).as_secs_f64();
        state.tokens = (state.tokens + idle * rate).min(rate.max(1.0));
        state.filled_at = now;
        if state.tokens >= 1.0 {
            return None;
        }
        let wait = Duration::from_secs_f64((1.0 - state.tokens) / rate);
        Some(now.plus(wait))
    }

    /// Takes a place among the requests under way, and one request from the budget.
    pub(crate) async fn enter(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        let permit = self.permits.acquire().await.ok()?;
        if self.rate.is_some()
            && let Ok(mut state) = self.state.lock()
        {
            state.tokens -= 1.0;
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
            state.failures = 0;
        }
    }

    fn failed(&self, now: Timestamp) {
        if let Ok(mut state) = self.state.lock() {
            state.failures += 1;
            if state.failures >= TRIP {
                let doubled = FIRST * (1 << (state.failures - TRIP).min(8));
                let until = now.plus(doubled.min(LONGEST));
                state.not_before = state.not_before.max(until);
            }
        }
    }
}
