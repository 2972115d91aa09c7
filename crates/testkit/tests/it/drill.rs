//! A drill goes on whichever node comes next, begins once, and its person is nobody.

use std::sync::Arc;

use app::ErrorKind;
use model::drill::How;
use model::{Actor, DrillOutcome, DrillRun, Phase, Secret};
use ports::Store;
use store::{StorePorts, TenureStore};
use testkit::node::{actor, keyring, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

use crate::company::{csv, documents, workers};

const GUARD: &str = "kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 2, max_share_percent: 10}
  creations: {max_count: 100, max_share_percent: 100}
  apply: automatic
";

const DRILL: &str = "kind: Drill
metadata: {name: nightly}
spec:
  zone: Europe/Berlin
  joins: {given_name: Dora, family_name: Drill, email: p1@acme.example, department: Sales}
  moves: {department: Engineering}
  within_minutes: 30
";

fn files() -> Vec<(String, String)> {
    let mut files = documents(GUARD);
    for (_, text) in &mut files {
        let full = "  delivery: full\n";
        *text = text.replace(full, "  delivery: full\n  correlate: [[email]]\n");
    }
    files.push(("drill.yaml".to_owned(), DRILL.to_owned()));
    files
}

/// Nodes draw other ids than their like.
fn seed(name: &str) -> u64 {
    let mix = |sum: u64, byte: u8| sum.wrapping_mul(31).wrapping_add(u64::from(byte));
    name.bytes().fold(40, mix)
}

/// A node over a store that others use too.
fn node(store: &Arc<dyn Store>, clock: &Arc<SimClock>, company: &Company, name: &str) -> Node {
    Node::over(
        Arc::clone(store),
        Arc::clone(clock),
        Arc::new(SeededEntropy::new(seed(name))),
        Arc::new(keyring().unwrap()),
        Arc::new(company.clone()),
        name,
    )
}

async fn rig() -> (Arc<dyn Store>, Arc<SimClock>, Company) {
    let clock = Arc::new(SimClock::at(morning()));
    let ports = StorePorts {
        clock: Arc::clone(&clock) as _,
        entropy: Arc::new(SeededEntropy::new(7)) as _,
        keyring: Arc::new(keyring().unwrap()) as _,
    };
    let store: Arc<dyn Store> = Arc::new(TenureStore::open_inline(None, ports).unwrap());
    let company = Company::with(&["chat"]);
    let first = node(&store, &clock, &company, "first");
    let ana = actor("ana");
    let token = Secret::new("s3cret");
    first
        .app
        .accept_documents(&ana, files(), false)
        .await
        .unwrap();
    first
        .app
        .set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token)
        .await
        .unwrap();
    // The groups of the app are there before anybody comes.
    first.app.plan(&ana, false).await.unwrap();
    first.settle(100).await.unwrap();
    first.worker.give_up().await;
    (store, clock, company)
}

async fn last(store: &Arc<dyn Store>) -> DrillRun {
    let rows = store.drill_runs("nightly", 1).await.unwrap();
    rows.into_iter().next().unwrap().run
}

fn hows(run: &DrillRun) -> Vec<(Phase, How)> {
    let chat = model::TargetName::from("chat");
    let of = |phase: &model::DrillPhase| (phase.phase, phase.apps[&chat].how);
    run.phases.iter().map(of).collect()
}

/// Each node does one thing and is gone: what it knew is in the store, or nobody needs it.
#[tokio::test]
async fn a_run_goes_on_on_whichever_node_comes_next() {
    let (store, clock, company) = rig().await;
    let begins = node(&store, &clock, &company, "begins");
    let ana = actor("ana");
    let run = begins.app.run_drill(&ana, "nightly", "a test", false);
    assert_eq!(run.await.unwrap().phases.len(), 1);
    drop(begins);
    let mut turns = 0;
    while last(&store).await.ended.is_none() {
        turns += 1;
        assert!(turns < 400, "{:#?}", last(&store).await);
        let next = node(&store, &clock, &company, &format!("node-{turns}"));
        let at = if turns % 2 == 0 {
            next.worker.pass().await.unwrap().next
        } else {
            next.worker.drill().await.unwrap()
        };
        // Leases of nodes that are gone run out.
        let second = clock_now(&clock).plus(std::time::Duration::from_secs(31));
        let soon = at.filter(|at| *at < second).unwrap_or(second);
        next.worker.give_up().await;
        clock.advance_to(soon);
    }
    let run = last(&store).await;
    assert_eq!(run.outcome(), Some(DrillOutcome::Passed), "{run:#?}");
    let seen = [Phase::Joiner, Phase::Mover, Phase::Leaver].map(|phase| (phase, How::Seen));
    assert_eq!(hows(&run), seen);
    let account = company.target("chat").account("p1@acme.example");
    let account = account.expect("it was there to be closed");
    assert!(!account.active, "nothing stays open");
}

fn clock_now(clock: &SimClock) -> model::Timestamp {
    ports::Clock::now(clock)
}

#[tokio::test]
async fn of_two_who_begin_it_one_is_first_and_a_second_run_waits() {
    let (store, clock, company) = rig().await;
    let one = node(&store, &clock, &company, "one");
    let other = node(&store, &clock, &company, "other");
    let (ana, bo) = (actor("ana"), actor("bo"));
    let (first, second) = tokio::join!(
        one.app.run_drill(&ana, "nightly", "a test", false),
        other.app.run_drill(&bo, "nightly", "a test", false),
    );
    let failed = match (first, second) {
        (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
        both => panic!("{both:?}"),
    };
    assert_eq!(failed.kind(), ErrorKind::Conflict);
    assert_eq!(store.drill_runs("nightly", 9).await.unwrap().len(), 1);
    let again = one.app.run_drill(&ana, "nightly", "a test", false).await;
    assert_eq!(again.unwrap_err().code(), "TNR-DRILL-0001");
}

#[tokio::test]
async fn a_dry_run_says_who_would_follow_and_writes_nothing() {
    let (store, clock, company) = rig().await;
    let node = node(&store, &clock, &company, "node");
    let before = store.head().await.unwrap();
    let ana = actor("ana");
    let run = node.app.run_drill(&ana, "nightly", "a test", true);
    let run = run.await.unwrap();
    assert_eq!((run.number, run.apps.len(), run.moves), (1, 1, true));
    assert_eq!(store.head().await.unwrap(), before);
    let unknown = node.app.run_drill(&ana, "hourly", "a test", true);
    assert_eq!(unknown.await.unwrap_err().kind(), ErrorKind::Missing);
}

/// The persona has the mail address of a worker by whom the HR source correlates.
#[tokio::test]
async fn no_worker_of_hr_is_taken_for_whoever_is_made_up() {
    let (store, clock, company) = rig().await;
    let node = node(&store, &clock, &company, "node");
    let ana = actor("ana");
    let run = node
        .app
        .run_drill(&ana, "nightly", "a test", false)
        .await
        .unwrap();
    let told = node
        .app
        .deliver(&ana, "hr", "hr.csv", &csv(&workers(1)), false)
        .await
        .unwrap();
    assert_eq!(told.changes.len(), 1);
    assert!(told.undecided.is_empty());
    assert_ne!(
        told.changes[0].subject, run.subject,
        "somebody of their own"
    );
    let persona = run.subject.to_string();
    let worker = ("hr", "w009");
    let matched = node
        .app
        .match_worker(&ana, worker, &persona, true, "a test", false)
        .await;
    assert_eq!(matched.unwrap_err().code(), "TNR-DRILL-0005");
}

/// Whoever takes the document away while it runs does not leave its account open.
#[tokio::test]
async fn a_run_whose_document_is_gone_still_leaves() {
    let (store, clock, company) = rig().await;
    let node = node(&store, &clock, &company, "node");
    let ana = actor("ana");
    node.app
        .run_drill(&ana, "nightly", "a test", false)
        .await
        .unwrap();
    // Plans for the joiner; what follows is carried out without the document.
    node.worker.drill().await.unwrap();
    let mut without = files();
    without.retain(|(name, _)| name != "drill.yaml");
    node.app
        .accept_documents(&ana, without, false)
        .await
        .unwrap();
    for _ in 0..100 {
        let pass = node.worker.pass().await.unwrap();
        let next = node.worker.drill().await.unwrap();
        if last(&store).await.ended.is_some() {
            break;
        }
        let at = pass.next.into_iter().chain(next).min();
        clock.advance_to(at.unwrap());
    }
    let run = last(&store).await;
    let phases: Vec<Phase> = run.phases.iter().map(|phase| phase.phase).collect();
    assert_eq!(phases, [Phase::Joiner, Phase::Leaver]);
    assert_eq!(run.outcome(), Some(DrillOutcome::Passed), "{run:#?}");
    let account = company.target("chat").account("p1@acme.example");
    assert!(!account.unwrap().active);
    assert_eq!(run.by, Actor::named("ana").principal);
}

/// Nor does whoever takes what moves out of it.
#[tokio::test]
async fn a_run_whose_document_moves_nobody_any_more_still_leaves() {
    let (store, clock, company) = rig().await;
    let node = node(&store, &clock, &company, "node");
    let ana = actor("ana");
    node.app
        .run_drill(&ana, "nightly", "a test", false)
        .await
        .unwrap();
    // Plans for the joiner; what follows is carried out without the document.
    node.worker.drill().await.unwrap();
    let mut without = files();
    for (name, text) in &mut without {
        if name == "drill.yaml" {
            let at = text.find("  moves:").unwrap();
            let end = text[at..].find("\n  ").map_or(text.len(), |n| at + n + 1);
            text.replace_range(at..end, "");
        }
    }
    node.app
        .accept_documents(&ana, without, false)
        .await
        .unwrap();
    for _ in 0..100 {
        let pass = node.worker.pass().await.unwrap();
        let next = node.worker.drill().await.unwrap();
        if last(&store).await.ended.is_some() {
            break;
        }
        let at = pass.next.into_iter().chain(next).min();
        clock.advance_to(at.unwrap());
    }
    let run = last(&store).await;
    let phases: Vec<Phase> = run.phases.iter().map(|phase| phase.phase).collect();
    assert_eq!(phases, [Phase::Joiner, Phase::Leaver]);
    assert_eq!(run.outcome(), Some(DrillOutcome::Passed), "{run:#?}");
    let account = company.target("chat").account("p1@acme.example");
    assert!(!account.unwrap().active);
    assert_eq!(run.by, Actor::named("ana").principal);
}
