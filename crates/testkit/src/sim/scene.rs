//! The scene of one run: a store, nodes that come and go, targets, clocks.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::{App, AppError, Connect, ErrorKind, Parts, Worker, WorkerSettings};
use async_trait::async_trait;
use model::{Actor, Secret, TargetName};
use ports::{Clock as _, Target};
use store::{LocalKeyRing, StorePorts, TenureStore};

use super::pulse::{Fate, Me, NodeClock, StoreClock, drive, race};
use super::store::SimStore;
use super::target::{Line, SimTarget};
use super::watch::Watch;
use crate::node::{Csv, keyring, morning};
use crate::time::{SeededEntropy, SimClock};

/// One node.
#[derive(Clone)]
pub struct SimNode {
    /// Its use-cases.
    pub app: Arc<App>,
    /// Its hands.
    pub worker: Arc<Worker>,
    /// Itself.
    pub me: Arc<Me>,
}

/// The targets as one node reaches them.
struct Lines {
    targets: BTreeMap<TargetName, Arc<SimTarget>>,
    me: Arc<Me>,
}

#[async_trait]
impl Connect for Lines {
    async fn connect(
        &self,
        app: &documents::App,
        _secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        let target = self.targets.get(&app.name).map(Arc::clone);
        let target = target.ok_or_else(|| format!("no target `{}`", app.name))?;
        let me = Arc::clone(&self.me);
        Ok(Arc::new(Line { target, me }))
    }
}

/// The scene.
pub struct Scene {
    /// The true time.
    pub clock: Arc<SimClock>,
    /// What goes wrong.
    pub faults: Arc<SeededEntropy>,
    /// The watch.
    pub watch: Arc<Mutex<Watch>>,
    /// The targets.
    pub targets: BTreeMap<TargetName, Arc<SimTarget>>,
    /// The store that all nodes share.
    pub store: TenureStore,
    /// The nodes.
    pub nodes: Vec<SimNode>,
    /// Appends fail once in this many times; 0: never.
    pub fails: Arc<AtomicU64>,
    /// Nodes that died so far.
    pub deaths: u64,
    store_clock: Arc<StoreClock>,
    keyring: Arc<LocalKeyRing>,
    born: u64,
}

impl Scene {
    /// A scene with one node, an empty store in memory and empty targets of these names.
    ///
    /// # Errors
    /// When the store cannot be opened.
    pub fn new(seed: u64, targets: &[&str], trace: bool) -> Result<Self, String> {
        let clock = Arc::new(SimClock::at(morning()));
        let faults = Arc::new(SeededEntropy::new(seed ^ 0xfa_0175));
        let watch = Arc::new(Mutex::new(Watch::new(Arc::clone(&clock), trace)));
        let keyring = Arc::new(keyring()?);
        let store_clock = Arc::new(StoreClock::new(Arc::clone(&clock)));
        let ports = StorePorts {
            clock: Arc::clone(&store_clock) as _,
            entropy: Arc::new(SeededEntropy::new(seed ^ 0x5704e)),
            keyring: Arc::clone(&keyring) as _,
        };
        let store = TenureStore::open_inline(None, ports).map_err(|e| e.to_string())?;
        let targets = targets
            .iter()
            .map(|name| {
                let target = SimTarget::new(
                    name,
                    Arc::clone(&clock),
                    Arc::clone(&faults),
                    Arc::clone(&watch),
                );
                (TargetName::from(*name), Arc::new(target))
            })
            .collect();
        let mut scene = Self {
            clock,
            faults,
            watch,
            targets,
            store,
            nodes: Vec::new(),
            fails: Arc::new(AtomicU64::new(0)),
            deaths: 0,
            store_clock,
            keyring,
            born: seed,
        };
        scene.join();
        Ok(scene)
    }

    /// The watch.
    pub fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what happens, if someone listens.
    pub fn tell(&self, text: impl FnOnce() -> String) {
        self.watch().tell(text);
    }

    /// Sets how often appends fail.
    pub fn let_appends_fail(&self, one_in: u64) {
        self.fails.store(one_in, Ordering::Relaxed);
    }

    /// One more node joins.
    pub fn join(&mut self) -> usize {
        let no = self.nodes.len();
        let node = self.born(no);
        self.nodes.push(node);
        no
    }

    fn born(&mut self, no: usize) -> SimNode {
        self.born += 1;
        let holder = format!("node-{no}/{}", self.born);
        let me = Me::new(no, holder.clone(), Arc::clone(&self.faults));
        let store = SimStore::new(
            self.store.clone(),
            Arc::clone(&self.store_clock),
            Arc::clone(&me),
            Arc::clone(&self.watch),
            Arc::clone(&self.faults),
            Arc::clone(&self.fails),
        );
        let clock = NodeClock::new(Arc::clone(&self.clock), Arc::clone(&me));
        let app = Arc::new(App::new(Parts {
            store: Arc::new(store),
            clock: Arc::new(clock),
            entropy: Arc::new(SeededEntropy::new(self.born ^ 0x1d5)),
            keyring: Arc::clone(&self.keyring) as _,
            connect: Arc::new(Lines {
                targets: self.targets.clone(),
                me: Arc::clone(&me),
            }),
            source: Arc::new(Csv),
        }));
        let worker = Arc::new(Worker::new(Arc::clone(&app), WorkerSettings::new(&holder)));
        SimNode { app, worker, me }
    }

    /// A dead node is started again: what it remembered is gone.
    pub fn revive(&mut self, no: usize) {
        if !self.nodes[no].me.is_dead() {
            return;
        }
        self.deaths += 1;
        self.tell(|| format!("node {no} died and is started again"));
        self.clock.advance(Duration::from_secs(3));
        self.nodes[no] = self.born(no);
        // What a node does when it starts.
        let system = Actor::system();
        let found = self.ask(no, |node| {
            let system = system.clone();
            async move { node.app.plan(&system, false).await }
        });
        drop(found);
    }

    /// Has a node do something, again and again until it is done: people repeat what failed. `None`: it
    /// refuses.
    pub fn ask<T, F>(&mut self, no: usize, work: impl Fn(SimNode) -> F) -> Option<T>
    where
        F: Future<Output = Result<T, AppError>>,
    {
        for _ in 0..40 {
            self.revive(no);
            let node = self.nodes[no].clone();
            let me = Arc::clone(&node.me);
            match drive(&me, work(node)) {
                Ok(Ok(out)) => return Some(out),
                Ok(Err(error)) => {
                    self.tell(|| format!("node {no}: {} {error}", error.code()));
                    match error.kind() {
                        ErrorKind::Conflict | ErrorKind::Busy(_) | ErrorKind::Unknown => {
                            self.clock.advance(Duration::from_secs(1));
                        }
                        ErrorKind::Broken => {
                            let code = error.code();
                            self.watch().violation(format!("a defect: {code} {error}"));
                            return None;
                        }
                        ErrorKind::Invalid | ErrorKind::Denied | ErrorKind::Missing => {
                            return None;
                        }
                    }
                }
                Err(Fate::Died) => {}
                Err(Fate::Stuck) => {
                    self.watch()
                        .violation(format!("node {no} waits for something that never comes"));
                    return None;
                }
            }
        }
        None
    }

    /// A node works for a while, or until nothing is left to do.
    pub fn work(&mut self, no: usize, at_most: Duration) {
        let end = self.clock.now().plus(at_most);
        let mut idle = 0;
        let mut since = self.clock.now();
        for _ in 0..4_000 {
            let Some(pass) = self.ask(no, |node| async move { node.worker.pass().await }) else {
                return;
            };
            let Some(next) = pass.next else { return };
            self.tell(|| {
                format!(
                    "node {no}: {} plans, {} sent, again at {next}",
                    pass.plans, pass.sent
                )
            });
            if pass.sent > 0 {
                idle = 0;
                since = self.clock.now();
            }
            idle += 1;
            // Plans that wait for a person are looked at now and then; that is no work. A dead
            // node's lease, which lasts a minute, is waited for.
            let waited = self.clock.now().since(since);
            if idle > 200 && waited > Duration::from_secs(90) {
                return;
            }
            if idle > 1_000 && waited < Duration::from_secs(30) {
                break;
            }
            let offset = self.nodes[no].me.offset();
            let next = model::Timestamp::from_micros(next.as_micros() - offset);
            if next >= end {
                return;
            }
            self.clock.advance_to(next);
        }
        self.watch()
            .violation(format!("node {no} is busy with nothing"));
    }

    /// Two nodes work side by side for a while.
    pub fn work_together(&mut self, at_most: Duration) {
        let end = self.clock.now().plus(at_most);
        for _ in 0..300 {
            for no in 0..2 {
                self.revive(no);
            }
            let (one, other) = (self.nodes[0].clone(), self.nodes[1].clone());
            let done = race(
                &self.faults,
                (&one.me, Box::pin(one.worker.pass())),
                (&other.me, Box::pin(other.worker.pass())),
            );
            let mut next = None;
            let mut idle = true;
            for (no, pass) in done.into_iter().enumerate() {
                match pass {
                    Some(Ok(pass)) => {
                        let offset = self.nodes[no].me.offset();
                        let at = pass.next.map(|n| n.as_micros() - offset);
                        idle &= at.is_none();
                        next = match (next, at) {
                            (Some(a), Some(b)) => Some(i64::min(a, b)),
                            (a, b) => a.or(b),
                        };
                    }
                    Some(Err(error)) if error.kind() == ErrorKind::Broken => {
                        let code = error.code();
                        self.watch().violation(format!("a defect: {code} {error}"));
                        return;
                    }
                    Some(Err(_)) | None => {
                        idle = false;
                        let soon = self.clock.now().plus(Duration::from_secs(1));
                        next = Some(soon.as_micros());
                    }
                }
            }
            let Some(next) = next else { return };
            let next = model::Timestamp::from_micros(next);
            if idle || next >= end {
                return;
            }
            self.clock.advance_to(next);
        }
    }
}
