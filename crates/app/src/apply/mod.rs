//! Carrying plans out: the loop around the reducer [`lifecycle::advance`].
//!
//! A [`Worker`] is one node's hands. It takes released plans, leavers first, and carries up to
//! `parallel` of them out at a time; each target is a [`lane::Lane`] with its own lease, budget,
//! breaker and bound on concurrent requests. A worker keeps nothing that matters in memory:
//! killed anywhere, the next one goes on from the log.

mod breaker;
mod carry;
mod external;
mod lane;
mod lines;
mod look;
mod members;
mod pace;
mod queue;
mod rounds;
mod send;
pub(crate) mod timers;
mod waits;

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::OptionFuture;
use futures_util::stream::FuturesUnordered;
use model::{PlanId, SubjectId, TargetName, Timestamp};

use crate::{App, AppError, Notifier, Teller};
use lane::Lane;
use queue::{Cooling, Queue};

/// How hard a worker works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerSettings {
    /// Names this node in leases; unique per process.
    pub holder: String,
    /// Plans at the same time.
    pub parallel: usize,
    /// The longest one request may take.
    pub deadline: Duration,
    /// How long a lease lasts without renewal; more than twice the deadline.
    pub lease: Duration,
}

impl WorkerSettings {
    /// 32 plans at a time, requests of 20 seconds at the most, leases of a minute.
    #[must_use]
    pub fn new(holder: &str) -> Self {
        Self {
            holder: holder.to_owned(),
            parallel: 32,
            deadline: Duration::from_secs(20),
            lease: Duration::from_secs(60),
        }
    }
}

/// What one pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pass {
    /// Plans that were moved forward.
    pub plans: u64,
    /// Requests that change something.
    pub sent: u64,
    /// When there is something to do again, if that is known.
    pub next: Option<Timestamp>,
}

/// One node's hands.
pub struct Worker {
    pub(crate) app: Arc<App>,
    pub(crate) settings: WorkerSettings,
    lanes: Mutex<BTreeMap<TargetName, Arc<Lane>>>,
    cooling: Cooling,
    /// People whose plan was closed since the last look.
    closed: Mutex<BTreeMap<SubjectId, Closed>>,
    /// No new plan is begun.
    stopping: AtomicBool,
    /// The listing of its own accord that is under way, as its lease and fence.
    listing: Mutex<Option<(String, u64)>>,
    /// The last record of a listing of its own accord, of any node, that was planned for.
    planned: AtomicU64,
}

/// A person's plan that was closed.
#[derive(Clone, Copy)]
struct Closed {
    plan: PlanId,
    /// The world had moved.
    stale: bool,
    /// It got there.
    applied: bool,
    /// It was to disable something.
    disables: bool,
}

/// What became of one plan in one go.
pub(crate) struct Carried {
    /// Look at it again at this instant; `None`: it is closed.
    pub(crate) again: Option<Timestamp>,
    pub(crate) sent: u64,
    /// It waits for an object that another plan makes, and nothing was sent.
    pub(crate) waits: bool,
}

impl Carried {
    const fn closed() -> Self {
        Self {
            again: None,
            sent: 0,
            waits: false,
        }
    }
}

/// How long a plan that failed us is left alone.
const ASIDE: Duration = Duration::from_secs(60);
impl Worker {
    /// A worker over a tenant.
    #[must_use]
    pub fn new(app: Arc<App>, settings: WorkerSettings) -> Self {
        Self {
            app,
            settings,
            lanes: Mutex::new(BTreeMap::new()),
            cooling: Cooling::default(),
            closed: Mutex::new(BTreeMap::new()),
            stopping: AtomicBool::new(false),
            listing: Mutex::new(None),
            planned: AtomicU64::new(0),
        }
    }

    /// Carries out everything that can be done now, and says when to come again.
    ///
    /// # Errors
    /// When the store does not answer. Nothing is lost: the next pass goes on.
    pub async fn pass(&self) -> Result<Pass, AppError> {
        self.refresh().await?;
        if let Ok(mut answered) = self.app.answered.lock() {
            answered.drain(..).for_each(|id| self.cooling.wake(id));
        }
        let begun = self.app.clock.now();
        let mut pass = Pass::default();
        let parallel = self.settings.parallel;
        let mut running = FuturesUnordered::new();
        let mut busy: HashSet<PlanId> = HashSet::new();
        let mut queue = Queue::default();
        let mut refill = None;
        let mut bell = std::pin::pin!(self.app.bell.notified());
        loop {
            if refill.is_none() && running.len() < parallel {
                let now = self.app.clock.now();
                if queue.is_due(now) {
                    refill = Some(Box::pin(self.ready(busy.clone(), parallel)));
                } else if let Some(id) = queue.pop() {
                    busy.insert(id);
                    running.push(async move { (id, self.carry(id).await) });
                    continue;
                }
            }
            // The look for more plans is polled together with those under way: awaited alone,
            // it could wait for a database connection that has been promised to one of them.
            tokio::select! {
                biased;
                Some(found) = OptionFuture::from(refill.as_mut()), if refill.is_some() => {
                    refill = None;
                    queue.fill(found?, parallel, self.app.clock.now());
                }
                Some((id, carried)) = running.next(), if !running.is_empty() => {
                    busy.remove(&id);
                    let carried = carried.unwrap_or_else(|error| self.set_aside(id, &error));
                    pass.plans += 1;
                    pass.sent += carried.sent;
                    self.cooling.note(id, &carried, self.app.clock.now());
                }
                () = bell.as_mut(), if !running.is_empty() => {
                    bell.set(self.app.bell.notified());
                    queue.forget();
                }
                else => break,
            }
        }
        drop(running);
        self.look_again().await?;
        pass.next = self.cooling.next_wake(begun);
        Ok(pass)
    }

    /// One plan that cannot be carried out (a damaged row, a defect) must not stop the others.
    fn set_aside(&self, id: PlanId, error: &AppError) -> Carried {
        tracing::error!(plan.id = %id, error.code = error.code(), error = %error, "plan.set_aside");
        Carried {
            again: Some(self.app.clock.now().plus(ASIDE)),
            ..Carried::closed()
        }
    }

    /// Works until `stop` says so, then finishes what it is sending. Rings of the bell, timers
    /// and waits wake it. Timers go on while plans are carried out, so that a long night of
    /// joiners never holds up a leaver.
    pub async fn run(&self, stop: tokio::sync::watch::Receiver<bool>) {
        if let Err(error) = self.catch_up().await {
            tracing::warn!(error.code = error.code(), "worker.catch_up_failed");
        }
        let mut stopped = stop.clone();
        let watch = async {
            while !*stopped.borrow_and_update() && stopped.changed().await.is_ok() {}
            self.stopping.store(true, Ordering::SeqCst);
        };
        let (hands, timers) = (self.hands(stop.clone()), self.timers(stop.clone()));
        let notifier = Notifier::new(Arc::clone(&self.app), &self.settings.holder);
        let (notices, rounds) = (notifier.run(stop.clone()), self.rounds(stop.clone()));
        let drills = self.drills(stop.clone());
        let metadata = self.metadata(stop.clone());
        let teller = Teller::new(Arc::clone(&self.app));
        let farewells = teller.run(stop.clone());
        tokio::join!(
            watch,
            hands,
            timers,
            notices,
            rounds,
            drills,
            metadata,
            farewells,
            self.switch(stop)
        );
        self.give_up().await;
    }

    /// Gives every lease back: nothing of this node is under way any more, and whoever takes its
    /// place need not wait for them to run out.
    pub async fn give_up(&self) {
        let lanes: Vec<Arc<Lane>> = match self.lanes.lock() {
            Ok(lanes) => lanes.values().map(Arc::clone).collect(),
            Err(_) => return,
        };
        for lane in lanes {
            lane.give_up(&*self.app.store, &self.settings.holder).await;
        }
        self.give_up_listing().await;
    }

    async fn hands(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            let bell = self.app.bell.notified();
            let pause = match self.pass().await {
                Ok(pass) => self.pause(pass.next),
                Err(error) => failed("worker.failed", &error),
            };
            tokio::select! {
                () = bell => {}
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    async fn timers(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = match self.tick().await {
                Ok(()) => Duration::from_secs(1),
                Err(error) => failed("timers.failed", &error),
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Apps are listed again from time to time, while everything else goes on.
    async fn rounds(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            let look = self.round();
            let pause = tokio::select! {
                looked = look => match looked {
                    Ok(()) => rounds::PAUSE,
                    Err(error) => failed("rounds.failed", &error),
                },
                // A listing is only read from: it can be left at any moment.
                _ = stop.changed() => Duration::ZERO,
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Drills begin and go on.
    async fn drills(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = match self.drill().await {
                Ok(_) => Duration::from_secs(1),
                Err(error) => failed("drills.failed", &error),
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Metadata of service providers are read again. What is only read can be left at any moment.
    async fn metadata(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = tokio::select! {
                read = self.app.read_metadata() => match read {
                    Ok(()) => rounds::PAUSE,
                    Err(error) => failed("metadata.failed", &error),
                },
                _ = stop.changed() => Duration::ZERO,
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Requests whose intents are durable may still wait for their turn: the kill switch is
    /// looked at three times a second, so that none of them leaves a second after it was pulled,
    /// on whichever node.
    async fn switch(&self, mut stop: tokio::sync::watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.app.store.stopped().await {
                Ok(stopped) => self.close_stopped(&stopped),
                Err(error) => tracing::warn!(error = %error, "switch.not_read"),
            }
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(300)) => {}
                _ = stop.changed() => {}
            }
        }
    }

    fn close_stopped(&self, stopped: &[(Option<TargetName>, String)]) {
        let until = self.app.clock.now().plus(Duration::from_millis(900));
        let Ok(lanes) = self.lanes.lock() else { return };
        for (name, lane) in lanes.iter() {
            if stopped
                .iter()
                .any(|(at, _)| at.as_ref().is_none_or(|at| at == name))
            {
                lane.close_until(until);
            }
        }
    }

    /// Timers are looked at every second, however long the next wait is.
    fn pause(&self, next: Option<Timestamp>) -> Duration {
        let second = Duration::from_secs(1);
        next.map_or(second, |at| at.since(self.app.clock.now()).min(second))
    }

    /// The lane of a target; made when first asked for.
    pub(crate) fn lane(&self, name: &TargetName) -> Option<Arc<Lane>> {
        self.lanes.lock().ok()?.get(name).cloned()
    }

    /// Makes lanes for new or changed apps, and forgets those that are gone.
    async fn refresh(&self) -> Result<(), AppError> {
        let loaded = match self.app.loaded().await {
            Ok(loaded) => loaded,
            Err(error) if error.kind() == crate::ErrorKind::Missing => return Ok(()),
            Err(error) => return Err(error),
        };
        for (name, app) in &loaded.tenant.apps {
            let known = self.lane(name);
            if known.is_some_and(|lane| lane.revision == loaded.row.revision) {
                continue;
            }
            match self.app.connection(&loaded, name).await {
                Ok(target) => {
                    let lane = Lane::new(name.clone(), target, app, loaded.row.revision);
                    if let Ok(mut lanes) = self.lanes.lock() {
                        lanes.insert(name.clone(), Arc::new(lane));
                    }
                }
                Err(error) => {
                    if let Ok(mut lanes) = self.lanes.lock() {
                        lanes.remove(name);
                    }
                    tracing::warn!(target.name = %name, error.code = error.code(), "target.no_lane");
                }
            }
        }
        if let Ok(mut lanes) = self.lanes.lock() {
            lanes.retain(|name, _| loaded.tenant.apps.contains_key(name));
        }
        Ok(())
    }
}

fn failed(what: &str, error: &AppError) -> Duration {
    tracing::error!(error.code = error.code(), error = %error, what);
    Duration::from_secs(1)
}
