//! A node that is stopped or dies while it lists an app of its own accord, or before it could plan
//! for what it saw: the others neither wait for it nor miss what it saw.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use app::{Worker, WorkerSettings};
use model::{Kind, RemoteId, TargetName};
use ports::Store;
use ports::store::{StoreError, WaveFilter};
use testkit::between::{Between, Call, nothing};
use testkit::node::{actor, morning};
use testkit::{Company, Node, SimClock};

use crate::company::{GUARD, csv, documents, over, workers};

const DAY: Duration = Duration::from_secs(86_400);

/// Where a node's way to the store ends; further calls of that sort go through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// A listing begins, and never comes back.
    InTheListing,
    /// The listing is written down, and the planning after it fails.
    BeforeThePlanning,
}

struct Stage {
    store: Arc<dyn Store>,
    company: Company,
    clock: Arc<SimClock>,
    node: Node,
}

impl Stage {
    async fn new() -> Self {
        let clock = Arc::new(SimClock::at(morning()));
        let store = crate::company::store(&clock);
        let company = Company::with(&["chat"]);
        let node = over(&store, &company, &clock);
        let (app, ana) = (&node.app, actor("ana"));
        let accepted = app.accept_documents(&ana, documents(GUARD), false);
        accepted.await.unwrap();
        let token = model::Secret::new("s3cret");
        let set = app.set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token);
        set.await.unwrap();
        let bytes = csv(&workers(3));
        let delivered = app.deliver(&ana, "hr", "hr.csv", &bytes, false);
        assert!(!delivered.await.unwrap().refused);
        for wave in app.plan(&ana, false).await.unwrap() {
            app.apply(&ana, wave.wave, "go").await.unwrap();
        }
        node.settle(50).await.unwrap();
        let stage = Self {
            store,
            company,
            clock,
            node,
        };
        // A first look of its own accord, with something to plan for.
        stage.disable(0);
        stage.clock.advance(DAY);
        stage.node.worker.round().await.unwrap();
        assert_eq!(stage.drift().await, 1);
        stage
    }

    /// Somebody disables the `n`th account by hand.
    fn disable(&self, n: usize) {
        let chat = self.company.target("chat");
        let accounts = chat.objects().into_iter();
        let mut accounts: Vec<RemoteId> = accounts
            .filter(|(_, object)| object.kind == Kind::Account)
            .map(|(remote, _)| remote)
            .collect();
        accounts.sort();
        chat.tamper(&accounts[n], |object| object.active = false);
    }

    /// How many plans wait because of drift.
    async fn drift(&self) -> u64 {
        let filter = WaveFilter {
            open: true,
            ..WaveFilter::default()
        };
        let waves = self.store.waves(filter).await.unwrap();
        let drift = waves.iter().filter(|w| w.cause.change.as_str() == "drift");
        drift
            .map(|w| w.count(model::plan::PlanStatus::Waiting))
            .sum()
    }

    /// When the accounts were listed last, in microseconds.
    async fn listed(&self) -> i64 {
        let chat = TargetName::from("chat");
        let last = self.store.last_observation(&chat, Kind::Account).await;
        last.unwrap().unwrap().run.started.as_micros()
    }

    /// Another node whose way to the store ends somewhere, and how often it came there. With it the
    /// renewals of leases that it asked for.
    fn cut(&self, ends: Ends) -> (Node, Arc<AtomicU32>, Arc<AtomicU32>) {
        let (came, renewed) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let (there, leases) = (Arc::clone(&came), Arc::clone(&renewed));
        let way = Between::new(Arc::clone(&self.store), move |call| {
            let first = || there.fetch_add(1, Ordering::SeqCst) == 0;
            match (call, ends) {
                (Call::Read("shadows_page"), Ends::InTheListing) if first() => {
                    Box::pin(std::future::pending())
                }
                (Call::Read("pinned"), Ends::BeforeThePlanning) if first() => {
                    let away = StoreError::Unavailable("the test says so".to_owned());
                    Box::pin(std::future::ready(Err(away)))
                }
                (Call::Read("acquire"), _) => {
                    leases.fetch_add(1, Ordering::SeqCst);
                    nothing()
                }
                _ => nothing(),
            }
        });
        let way: Arc<dyn Store> = Arc::new(way);
        (over(&way, &self.company, &self.clock), came, renewed)
    }
}

fn hands(node: &Node, lease: Duration) -> Worker {
    let settings = WorkerSettings {
        lease,
        ..WorkerSettings::new("node-2")
    };
    Worker::new(Arc::clone(&node.app), settings)
}

/// Waits until something has come to this, with a bound.
async fn until(count: &AtomicU32, least: u32) {
    for _ in 0..2_000 {
        if count.load(Ordering::SeqCst) >= least {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came to {least}");
}

#[tokio::test]
async fn a_node_that_is_stopped_while_it_lists_gives_its_lease_back() {
    let stage = Stage::new().await;
    let before = stage.listed().await;
    stage.clock.advance(DAY);
    stage.disable(1);
    let (node, came, _) = stage.cut(Ends::InTheListing);
    let worker = hands(&node, Duration::from_secs(60));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let stopping = async {
        until(&came, 1).await;
        stage.node.worker.round().await.unwrap();
        assert_eq!(stage.listed().await, before, "the other one is listing");
        stop.send(true).unwrap();
    };
    tokio::join!(worker.run(stopped), stopping);
    // At once, and not when a lease has run out.
    stage.node.worker.round().await.unwrap();
    assert!(stage.listed().await > before);
    assert_eq!(stage.drift().await, 2);
}

#[tokio::test]
async fn one_that_is_killed_while_it_lists_holds_the_others_up_for_a_minute() {
    let stage = Stage::new().await;
    let before = stage.listed().await;
    stage.clock.advance(DAY);
    let (node, came, _) = stage.cut(Ends::InTheListing);
    let worker = hands(&node, Duration::from_secs(60));
    tokio::select! {
        _ = worker.round() => panic!("it hangs"),
        () = until(&came, 1) => {}
    }
    stage.clock.advance(Duration::from_secs(59));
    stage.node.worker.round().await.unwrap();
    assert_eq!(stage.listed().await, before);
    stage.clock.advance(Duration::from_secs(1));
    stage.node.worker.round().await.unwrap();
    assert!(stage.listed().await > before);
}

#[tokio::test]
async fn a_listing_that_takes_longer_than_a_lease_keeps_it() {
    let stage = Stage::new().await;
    let before = stage.listed().await;
    stage.clock.advance(DAY);
    let (node, came, renewed) = stage.cut(Ends::InTheListing);
    let worker = hands(&node, Duration::from_millis(300));
    let others = async {
        until(&came, 1).await;
        for _ in 0..4 {
            let asked = renewed.load(Ordering::SeqCst);
            stage.clock.advance(Duration::from_millis(200));
            until(&renewed, asked + 1).await;
            stage.node.worker.round().await.unwrap();
        }
    };
    tokio::select! {
        _ = worker.round() => panic!("it hangs"),
        () = others => {}
    }
    assert_eq!(stage.listed().await, before, "nobody else listed meanwhile");
}

#[tokio::test]
async fn what_a_node_saw_that_died_before_it_planned_is_planned_for_by_another() {
    let stage = Stage::new().await;
    let before = stage.listed().await;
    stage.clock.advance(DAY);
    stage.disable(1);
    let (node, came, _) = stage.cut(Ends::BeforeThePlanning);
    let worker = hands(&node, Duration::from_secs(60));
    assert!(worker.round().await.is_err());
    assert_eq!(came.load(Ordering::SeqCst), 1);
    let listed = stage.listed().await;
    assert!(listed > before, "it has listed");
    assert_eq!(stage.drift().await, 1, "and not planned");
    stage.node.worker.round().await.unwrap();
    assert_eq!(stage.listed().await, listed, "no other one lists again");
    assert_eq!(stage.drift().await, 2);
}
