//! Running futures on one thread, by chance, and ending a node in the middle of one.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use model::Timestamp;
use ports::Clock;

use crate::time::{SeededEntropy, SimClock};

/// One node as the simulation sees it: whether it lives, and how wrong its clock is.
pub struct Me {
    /// Its number, for reports.
    pub no: usize,
    /// Its name in leases.
    pub holder: String,
    dead: AtomicBool,
    /// Calls to the outside until it dies; negative: never.
    fuse: AtomicI64,
    /// Calls so far.
    calls: AtomicI64,
    /// Microseconds by which its clock is ahead.
    offset: AtomicI64,
    /// A call gives way to others once in this many times; 0: never.
    gives_way: AtomicI64,
    chance: Arc<SeededEntropy>,
}

/// When, of a call, the node dies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// It lives.
    None,
    /// The call is carried out, and its answer is never heard.
    After,
}

impl Me {
    /// A living node with a right clock.
    #[must_use]
    pub fn new(no: usize, holder: String, chance: Arc<SeededEntropy>) -> Arc<Self> {
        Arc::new(Self {
            no,
            holder,
            dead: AtomicBool::new(false),
            fuse: AtomicI64::new(-1),
            calls: AtomicI64::new(0),
            offset: AtomicI64::new(0),
            gives_way: AtomicI64::new(0),
            chance,
        })
    }

    /// It dies at its `calls`-th call from now: before it when the number is even, after it when
    /// it is odd; so that counting through all numbers tries every call both ways.
    pub fn light(&self, half_calls: u64) {
        let fuse = i64::try_from(half_calls).unwrap_or(i64::MAX);
        self.fuse.store(fuse, Ordering::SeqCst);
    }

    /// It lives on whatever was lit.
    pub fn spare(&self) {
        self.fuse.store(-1, Ordering::SeqCst);
    }

    /// Whether it is dead.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// How often it called the outside.
    #[must_use]
    pub fn calls(&self) -> u64 {
        u64::try_from(self.calls.load(Ordering::SeqCst)).unwrap_or(0)
    }

    /// Sets its clock this far ahead, or behind when negative.
    pub fn skew(&self, micros: i64) {
        self.offset.store(micros, Ordering::SeqCst);
    }

    /// How far its clock is ahead, in microseconds.
    #[must_use]
    pub fn offset(&self) -> i64 {
        self.offset.load(Ordering::SeqCst)
    }

    /// Lets others run at every n-th call, on average.
    pub fn give_way(&self, one_in: u64) {
        let one_in = i64::try_from(one_in).unwrap_or(0);
        self.gives_way.store(one_in, Ordering::SeqCst);
    }

    /// Begins a call to the outside. Never returns to a dead node.
    pub async fn enter(&self) -> Blow {
        self.live().await;
        let one_in = self.gives_way.load(Ordering::SeqCst);
        if one_in > 0 && self.chance.one_in(one_in.unsigned_abs()) {
            give_way().await;
            self.live().await;
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        let fuse = self.fuse.load(Ordering::SeqCst);
        if fuse < 0 {
            return Blow::None;
        }
        self.fuse.store((fuse - 2).max(-1), Ordering::SeqCst);
        match fuse {
            0 => {
                self.dead.store(true, Ordering::SeqCst);
                std::future::pending().await
            }
            1 => {
                self.dead.store(true, Ordering::SeqCst);
                Blow::After
            }
            _ => Blow::None,
        }
    }

    /// Ends a call to the outside.
    pub async fn leave(&self, blow: Blow) {
        if blow == Blow::After {
            std::future::pending::<()>().await;
        }
    }

    async fn live(&self) {
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }
}

/// A node's own clock.
pub struct NodeClock {
    base: Arc<SimClock>,
    me: Arc<Me>,
}

impl NodeClock {
    /// The clock of this node.
    #[must_use]
    pub fn new(base: Arc<SimClock>, me: Arc<Me>) -> Self {
        Self { base, me }
    }
}

impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.base.now().as_micros() + self.me.offset())
    }
}

/// The clock of the store that nodes share: that of whichever node is calling.
pub struct StoreClock {
    base: Arc<SimClock>,
    offset: AtomicI64,
}

impl StoreClock {
    /// A right clock.
    #[must_use]
    pub fn new(base: Arc<SimClock>) -> Self {
        Self {
            base,
            offset: AtomicI64::new(0),
        }
    }

    /// The next calls come from this node.
    pub fn speak_for(&self, me: &Me) {
        self.offset.store(me.offset(), Ordering::SeqCst);
    }
}

impl Clock for StoreClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.base.now().as_micros() + self.offset.load(Ordering::SeqCst))
    }
}

/// Why a future did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its node died.
    Died,
    /// It waits for something that will never come.
    Stuck,
}

struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs a node's future to its end, or to the node's.
///
/// # Errors
/// When the node died in it, or when it waits for ever.
pub fn drive<T>(me: &Me, future: impl Future<Output = T>) -> Result<T, Fate> {
    let mut future = std::pin::pin!(future);
    let flag = Arc::new(Flag(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&flag));
    let mut context = Context::from_waker(&waker);
    loop {
        if !flag.0.swap(false, Ordering::SeqCst) {
            return Err(Fate::Stuck);
        }
        let polled = future.as_mut().poll(&mut context);
        if me.is_dead() {
            return Err(Fate::Died);
        }
        if let Poll::Ready(out) = polled {
            return Ok(out);
        }
    }
}

/// Runs the futures of two nodes side by side; chance says who goes next. `None`: its node died
/// or it is stuck.
pub fn race<T>(
    chance: &SeededEntropy,
    one: (&Me, Pin<Box<dyn Future<Output = T> + '_>>),
    other: (&Me, Pin<Box<dyn Future<Output = T> + '_>>),
) -> [Option<T>; 2] {
    let mut running = [Some(one), Some(other)];
    let mut out = [None, None];
    let flags = [(); 2].map(|()| Arc::new(Flag(AtomicBool::new(true))));
    loop {
        let awake: Vec<usize> = (0..2)
            .filter(|i| running[*i].is_some() && flags[*i].0.load(Ordering::SeqCst))
            .collect();
        if awake.is_empty() {
            return out;
        }
        let at = awake[usize::try_from(chance.below(awake.len() as u64)).unwrap_or(0)];
        let Some((me, future)) = running[at].as_mut() else {
            continue;
        };
        flags[at].0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&flags[at]));
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        if me.is_dead() {
            running[at] = None;
        } else if let Poll::Ready(value) = polled {
            out[at] = Some(value);
            running[at] = None;
        }
    }
}

/// Lets others run once.
async fn give_way() {
    let mut gave = false;
    std::future::poll_fn(|context| {
        if gave {
            return Poll::Ready(());
        }
        gave = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A duration in microseconds, for skews.
#[must_use]
pub fn micros(of: Duration) -> i64 {
    i64::try_from(of.as_micros()).unwrap_or(i64::MAX)
}
