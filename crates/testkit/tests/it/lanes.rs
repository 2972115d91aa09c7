//! How hard a target is pressed, and by whom: budget, breaker, pauses, chunks, quarantine,
//! leavers first, one writer.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::{Connect, WavePreview};
use async_trait::async_trait;
use model::plan::PlanStatus;
use model::{Answer, Change, Kind, Outcome, Record, RemoteId, Secret, Timestamp};
use ports::store::Store;
use ports::target::{Capabilities, Cursor, Listed, Match, Operation, Probe};
use ports::{Clock as _, Target, TargetError};
use store::{StorePorts, TenureStore};
use testkit::node::{actor, keyring, morning};
use testkit::{Fault, Memory, Node, SeededEntropy, SimClock};

use crate::company::{GUARD, csv, documents, summary, workers};

/// One request, but for listings: who sent it, when, and what it changes.
struct Request {
    node: &'static str,
    at: Timestamp,
    change: Option<Operation>,
}

/// A target that writes down who asks for what, lets requests overlap, and can be down.
struct Recorder {
    inner: Memory,
    capabilities: Capabilities,
    clock: Arc<SimClock>,
    requests: Mutex<Vec<Request>>,
    down: AtomicBool,
    /// Accounts whose user name is this are refused.
    refused: Option<&'static str>,
}

impl Recorder {
    fn note(&self, node: &'static str, change: Option<&Operation>) {
        self.requests.lock().unwrap().push(Request {
            node,
            at: self.clock.now(),
            change: change.cloned(),
        });
    }

    fn forget(&self) {
        self.requests.lock().unwrap().clear();
    }

    fn times(&self) -> Vec<Timestamp> {
        self.requests.lock().unwrap().iter().map(|r| r.at).collect()
    }

    fn changes(&self) -> Vec<Operation> {
        let requests = self.requests.lock().unwrap();
        requests.iter().filter_map(|r| r.change.clone()).collect()
    }

    fn is_down(&self) -> Result<(), TargetError> {
        match self.down.load(Ordering::SeqCst) {
            true => Err(TargetError::Unreachable("it is down".to_owned())),
            false => Ok(()),
        }
    }
}

/// The recorder as one node reaches it.
struct Line {
    node: &'static str,
    to: Arc<Recorder>,
}

async fn overlap() {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
}

#[async_trait]
impl Target for Line {
    fn capabilities(&self) -> &Capabilities {
        &self.to.capabilities
    }

    async fn probe(&self) -> Result<Probe, TargetError> {
        self.to.inner.probe().await
    }

    async fn list(&self, kind: Kind, from: Option<&Cursor>) -> Result<Listed, TargetError> {
        self.to.inner.list(kind, from).await
    }

    async fn read(&self, kind: Kind, remote: &RemoteId) -> Result<Option<Record>, TargetError> {
        self.to.note(self.node, None);
        overlap().await;
        self.to.is_down()?;
        self.to.inner.read(kind, remote).await
    }

    async fn find(&self, kind: Kind, by: &Match) -> Result<Vec<Record>, TargetError> {
        self.to.note(self.node, None);
        overlap().await;
        self.to.is_down()?;
        self.to.inner.find(kind, by).await
    }

    async fn apply(&self, operation: &Operation, deadline: Duration) -> Answer {
        self.to.note(self.node, Some(operation));
        overlap().await;
        if self.to.is_down().is_err() {
            return Outcome::Unknown {
                detail: "it is down".to_owned(),
            }
            .into();
        }
        if let (Operation::Create { attributes, .. }, Some(name)) = (operation, self.to.refused)
            && attributes.get("userName").and_then(model::Value::as_text) == Some(name)
        {
            return Outcome::Refused {
                code: "REC-400".to_owned(),
                detail: "not this one".to_owned(),
            }
            .into();
        }
        self.to.inner.apply(operation, deadline).await
    }
}

#[async_trait]
impl Connect for Line {
    async fn connect(
        &self,
        _: &documents::App,
        _: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        Ok(Arc::new(Self {
            node: self.node,
            to: Arc::clone(&self.to),
        }))
    }
}

struct Scene {
    chat: Arc<Recorder>,
    clock: Arc<SimClock>,
    first: Node,
    second: Node,
}

/// Two nodes on one store. `limits` goes into the app's document.
async fn scene(limits: &str, refused: Option<&'static str>) -> Scene {
    let clock = Arc::new(SimClock::at(morning()));
    let inner = Memory::new();
    let chat = Arc::new(Recorder {
        capabilities: Capabilities {
            members_per_request: 7,
            ..inner.capabilities().clone()
        },
        inner,
        clock: Arc::clone(&clock),
        requests: Mutex::default(),
        down: AtomicBool::new(false),
        refused,
    });
    let entropy = Arc::new(SeededEntropy::new(1));
    let ring = Arc::new(keyring().unwrap());
    let ports = StorePorts {
        clock: Arc::clone(&clock) as _,
        entropy: Arc::clone(&entropy) as _,
        keyring: Arc::clone(&ring) as _,
    };
    let store: Arc<dyn Store> = Arc::new(TenureStore::open_inline(None, ports).unwrap());
    let node = |node: &'static str| {
        let to = Arc::clone(&chat);
        let line = Arc::new(Line { node, to });
        let (store, entropy) = (Arc::clone(&store), Arc::clone(&entropy));
        Node::over(
            store,
            Arc::clone(&clock),
            entropy,
            Arc::clone(&ring),
            line,
            node,
        )
    };
    let (first, second) = (node("first"), node("second"));
    let ana = actor("ana");
    let mut files = documents(GUARD);
    for (name, text) in &mut files {
        if name == "chat.yaml" {
            text.push_str(limits);
        }
    }
    first
        .app
        .accept_documents(&ana, files, false)
        .await
        .unwrap();
    let token = Secret::new("s3cret");
    first
        .app
        .set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token)
        .await
        .unwrap();
    Scene {
        chat,
        clock,
        first,
        second,
    }
}

impl Scene {
    async fn waves(&self, rows: &[String]) -> Vec<WavePreview> {
        let ana = actor("ana");
        let app = &self.first.app;
        app.deliver(&ana, "hr", "hr.csv", &csv(rows), false)
            .await
            .unwrap();
        app.plan(&ana, false).await.unwrap()
    }

    async fn begin(&self, waves: &[WavePreview]) {
        for wave in waves {
            let app = &self.first.app;
            app.apply(&actor("ana"), wave.wave, "test").await.unwrap();
        }
    }

    async fn arrive(&self, rows: &[String]) {
        let waves = self.waves(rows).await;
        self.begin(&waves).await;
    }

    /// One pass of the first node, then on to when it wants to come again.
    async fn pass(&self) -> bool {
        let pass = self.first.worker.pass().await.unwrap();
        let Some(next) = pass.next else { return false };
        self.clock.advance_to(next);
        true
    }
}

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[tokio::test]
async fn a_rate_budget_is_kept_under_load() {
    let scene = scene("  limits: {requests_per_second: 10}\n", None).await;
    scene.arrive(&workers(40)).await;
    scene.first.settle(2_000).await.unwrap();
    assert_eq!(scene.chat.inner.objects().len(), 42);
    let times = scene.chat.times();
    assert!(times.len() >= 80, "{}", times.len());
    for (i, from) in times.iter().enumerate() {
        let within = times[i..]
            .iter()
            .take_while(|at| at.since(*from) < seconds(1))
            .count();
        // Requests for members may run half a second ahead.
        assert!(within <= 15, "{within} requests in the second from {from}");
    }
    // And it is used: nothing waits much longer than it must.
    let took = times.last().unwrap().since(times[0]);
    let must = Duration::from_millis(100) * u32::try_from(times.len()).unwrap();
    assert!(took < must * 2, "{took:?} for {} requests", times.len());
    assert!(
        took + seconds(1) > must,
        "{took:?} for {} requests",
        times.len()
    );
}

#[tokio::test]
async fn the_breaker_opens_after_five_failures_and_lets_one_try() {
    let scene = scene("  limits: {concurrency: 1}\n", None).await;
    let waves = scene.waves(&workers(20)).await;
    scene.chat.down.store(true, Ordering::SeqCst);
    scene.begin(&waves).await;
    assert!(scene.pass().await);
    let failed = scene.chat.times().len();
    assert_eq!(failed, 5);
    // While it is open, no change is sent.
    let opened = scene.chat.times()[failed - 1];
    scene.chat.forget();
    for _ in 0..60 {
        assert!(scene.pass().await);
    }
    let sent: Vec<Timestamp> = {
        let requests = scene.chat.requests.lock().unwrap();
        let changes = requests.iter().filter(|r| r.change.is_some());
        changes.map(|r| r.at).collect()
    };
    assert!(!sent.is_empty(), "someone tried");
    assert!(sent[0].since(opened) >= seconds(5), "{sent:?}");
    // Each time it is half open one tries, and the pauses become longer.
    let distinct: BTreeSet<Timestamp> = sent.iter().copied().collect();
    assert_eq!(distinct.len(), sent.len(), "two tried at once: {sent:?}");
    let pauses: Vec<Duration> = sent.windows(2).map(|w| w[1].since(w[0])).collect();
    assert!(pauses.iter().all(|p| *p >= seconds(5)), "{pauses:?}");
    // When it is back, everything is done.
    scene.chat.down.store(false, Ordering::SeqCst);
    scene.first.settle(2_000).await.unwrap();
    assert_eq!(scene.chat.inner.objects().len(), 22);
}

#[tokio::test]
async fn requests_that_fail_together_open_the_breaker_once() {
    let scene = scene("  limits: {concurrency: 16}\n", None).await;
    let waves = scene.waves(&workers(40)).await;
    scene.chat.down.store(true, Ordering::SeqCst);
    scene.begin(&waves).await;
    assert!(scene.pass().await);
    let burst = scene.chat.times();
    assert!(burst.len() >= 16, "{} at the same time", burst.len());
    let opened = *burst.last().unwrap();
    scene.chat.forget();
    while scene.chat.times().is_empty() {
        assert!(scene.pass().await);
    }
    // Doubled for each of them, the pause would be a quarter of an hour.
    let pause = scene.chat.times()[0].since(opened);
    assert!((seconds(5)..seconds(10)).contains(&pause), "{pause:?}");
}

#[tokio::test]
async fn retry_after_closes_the_lane_for_that_long() {
    let scene = scene("", None).await;
    let waves = scene.waves(&workers(40)).await;
    let asked = seconds(30);
    scene.chat.inner.order([Fault::Busy(asked)]);
    scene.begin(&waves).await;
    scene.first.settle(500).await.unwrap();
    let times = scene.chat.times();
    let first = times[0];
    let early: Vec<_> = times
        .iter()
        .filter(|at| **at > first && at.since(first) < asked)
        .collect();
    assert_eq!(early, Vec::<&Timestamp>::new());
    assert!(times.iter().any(|at| at.since(first) >= asked));
    assert_eq!(scene.chat.inner.objects().len(), 42);
}

#[tokio::test]
async fn member_changes_are_gathered_into_chunks() {
    let scene = scene("", None).await;
    scene.arrive(&workers(60)).await;
    scene.first.settle(500).await.unwrap();
    let sizes: Vec<usize> = scene
        .chat
        .changes()
        .iter()
        .filter_map(|change| match change {
            Operation::Members { add, remove, .. } => Some(add.len() + remove.len()),
            _ => None,
        })
        .collect();
    assert_eq!(sizes.iter().sum::<usize>(), 60, "each once: {sizes:?}");
    assert!(sizes.iter().all(|size| *size <= 7), "{sizes:?}");
    assert!(sizes.contains(&7), "they were gathered: {sizes:?}");
    assert!(sizes.len() <= 30, "{} requests", sizes.len());
    assert_eq!(scene.chat.inner.members_of("Sales").len(), 20);
    assert_eq!(scene.chat.inner.members_of("Engineering").len(), 40);
}

#[tokio::test]
async fn one_object_that_is_refused_stops_nobody_else() {
    let scene = scene("", Some("p5@acme.example")).await;
    let waves = scene.waves(&workers(12)).await;
    scene.begin(&waves).await;
    scene.first.settle(500).await.unwrap();
    assert_eq!(scene.chat.inner.objects().len(), 11 + 2);
    let app = &scene.first.app;
    let wave = app.store().wave(waves[0].wave).await.unwrap().unwrap();
    assert_eq!(wave.count(PlanStatus::Failed), 1);
    assert_eq!(wave.count(PlanStatus::Applied), 11);
    let found = app.store().open_findings(10).await.unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    let finding = &found[0].opened.finding;
    assert_eq!(finding.code, "REC-400");
    assert!(finding.subject.is_some());
    assert!(!finding.problem.contains("p5@"), "{}", finding.problem);
}

#[tokio::test]
async fn leavers_go_first() {
    let scene = scene("  limits: {concurrency: 1}\n", None).await;
    let mut rows = workers(20);
    scene.arrive(&rows).await;
    scene.first.settle(500).await.unwrap();
    scene.chat.forget();
    rows[1] = rows[1].replace("Engineering", "Sales");
    rows[7] = rows[7].replace("2020-01-01,,", "2020-01-01,2026-11-20,");
    rows.extend(workers(30).split_off(20));
    let waves = scene.waves(&rows).await;
    assert_eq!(waves[0].cause.change, Change::Leaver);
    // Begun in the wrong order, they are still carried out in the right one.
    let waves: Vec<WavePreview> = waves.into_iter().rev().collect();
    assert_eq!(summary(&waves)[waves.len() - 1], "leaver allow 1");
    scene.begin(&waves).await;
    scene.first.settle(500).await.unwrap();
    let changes = scene.chat.changes();
    assert!(changes.len() > 10);
    let stops = |change: &Operation| matches!(change, Operation::SetActive { active: false, .. });
    assert!(stops(&changes[0]), "{:?}", changes[0]);
    assert_eq!(changes.iter().filter(|c| stops(c)).count(), 1);
}

#[tokio::test]
async fn of_two_workers_only_the_holder_of_the_lease_writes() {
    let scene = scene("", None).await;
    let waves = scene.waves(&workers(20)).await;
    // Both have their lanes before there is anything to do; the second comes first now.
    scene.begin(&waves[1..]).await;
    scene.second.settle(200).await.unwrap();
    scene.chat.forget();
    scene.begin(&waves[..1]).await;
    let (one, two) = tokio::join!(scene.first.worker.pass(), scene.second.worker.pass());
    assert_eq!(one.unwrap().sent, 0, "it does not hold the lease");
    assert!(two.unwrap().sent > 0);
    let who = || -> BTreeSet<&'static str> {
        let requests = scene.chat.requests.lock().unwrap();
        let changes = requests.iter().filter(|r| r.change.is_some());
        changes.map(|r| r.node).collect()
    };
    assert_eq!(who(), BTreeSet::from(["second"]));
    // The second is gone. When its lease has run out, the first goes on.
    scene.chat.forget();
    let mut rows = workers(20);
    rows[1] = rows[1].replace("Engineering", "Sales");
    scene.second.settle(200).await.unwrap();
    scene.arrive(&rows).await;
    scene.chat.forget();
    let begun = scene.clock.now();
    scene.first.settle(200).await.unwrap();
    assert_eq!(who(), BTreeSet::from(["first"]));
    assert!(scene.chat.times()[0].since(begun) > seconds(10));
}

#[tokio::test]
async fn a_lease_that_is_given_back_is_taken_at_once() {
    let scene = scene("", None).await;
    scene.arrive(&workers(5)).await;
    scene.first.settle(200).await.unwrap();
    scene.first.worker.give_up().await;
    let mut rows = workers(5);
    rows[1] = rows[1].replace("Engineering", "Sales");
    scene.arrive(&rows).await;
    scene.chat.forget();
    let begun = scene.clock.now();
    assert!(scene.second.worker.pass().await.unwrap().sent > 0);
    assert!(scene.chat.times()[0].since(begun) < seconds(1));
}
