//! What somebody keeps for a while after a move, on a whole node.

use std::sync::Arc;
use std::time::Duration;

use model::{Secret, SubjectId};
use testkit::node::{actor, keyring, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

use crate::company::{GUARD, Stage, documents, stage, summary, workers};

const DAY: Duration = Duration::from_secs(86_400);

fn graceful() -> Vec<(String, String)> {
    let mut files = documents(GUARD);
    for (name, text) in &mut files {
        if name == "rules.yaml" {
            *text = text.replace("group: sales}]", "group: sales}]\n  grace_days: 10");
        }
    }
    files
}

async fn push(stage: &Stage, files: Vec<(String, String)>) {
    let (app, ana) = (&stage.node.app, actor("ana"));
    let accepted = app.accept_documents(&ana, files, false).await;
    assert!(accepted.unwrap().changed);
}

/// A company of ten, of whom the third, sixth and ninth are sellers; nothing has moved yet.
async fn at_work(files: Vec<(String, String)>) -> (Stage, Vec<String>) {
    let stage = stage(GUARD).await;
    if files != documents(GUARD) {
        push(&stage, files).await;
    }
    let rows = workers(10);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    stage.node.clock.advance(DAY);
    (stage, rows)
}

fn sellers(stage: &Stage) -> usize {
    stage.company.target("chat").members_of("Sales").len()
}

async fn subject(stage: &Stage, key: &str) -> SubjectId {
    let found = stage.node.app.store().person_by_key("hr", key).await;
    found.unwrap().unwrap().subject
}

#[tokio::test]
async fn it_ends_by_itself_whatever_is_told_meanwhile() {
    let (stage, mut rows) = at_work(graceful()).await;
    rows[2] = rows[2].replace("Sales", "Engineering");
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    assert_eq!(sellers(&stage), 3, "the third keeps it");
    stage.node.clock.advance(DAY * 5);
    // New word of them that nobody plans for.
    rows[2] = rows[2].replace("Last3", "Other3");
    let (app, ana) = (&stage.node.app, actor("ana"));
    let csv = crate::company::csv(&rows);
    let told = app.deliver(&ana, "hr", "hr.csv", &csv, false).await;
    assert_eq!(told.unwrap().changes.len(), 1);
    stage.node.clock.advance(DAY * 5);
    stage.node.worker.tick().await.unwrap();
    let waves = app.store().waves(Default::default()).await.unwrap();
    let newest = waves.iter().max_by_key(|w| w.at).unwrap();
    app.apply(&ana, newest.wave, "go").await.unwrap();
    stage.node.settle(50).await.unwrap();
    assert_eq!(sellers(&stage), 2);
    let person = app.store().person(subject(&stage, "w003").await).await;
    assert_eq!(person.unwrap().unwrap().next_change, None);
}

#[tokio::test]
async fn what_was_taken_already_does_not_come_back_and_a_termination_takes_it_at_once() {
    let (stage, mut rows) = at_work(documents(GUARD)).await;
    rows[2] = rows[2].replace("Sales", "Engineering");
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    assert_eq!(sellers(&stage), 2);
    // The grace is declared after the move: it keeps, and does not give.
    push(&stage, graceful()).await;
    let waves = stage.node.app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(waves, vec![]);
    assert_eq!(sellers(&stage), 2);

    rows[5] = rows[5].replace("Sales", "Engineering");
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    assert_eq!(sellers(&stage), 2, "the sixth keeps it");
    let (app, bo) = (&stage.node.app, actor("bo"));
    let done = app.terminate(&bo, "w006", "the till", false).await.unwrap();
    assert_eq!(summary(&done.waves), ["termination allow 1"]);
    stage.node.settle(50).await.unwrap();
    assert_eq!(sellers(&stage), 1);
    // Lifted within the ten days: they have what rules give, and nothing of what was kept.
    let carl = actor("carl");
    let lifted = app
        .lift_termination(&carl, "w006", "a mistake", false)
        .await;
    stage.apply(&lifted.unwrap().waves).await;
    assert_eq!(sellers(&stage), 1);
}

#[tokio::test]
async fn a_node_whose_clock_is_behind_takes_nothing_that_another_one_lets_them_keep() {
    let (company, clock) = (Company::with(&["chat"]), Arc::new(SimClock::at(morning())));
    let store = crate::company::store(&clock);
    let node = |clock: Arc<SimClock>, name: &str| {
        let (entropy, keys) = (Arc::new(SeededEntropy::new(2)), keyring().unwrap());
        let company = Arc::new(company.clone());
        Node::over(
            Arc::clone(&store),
            clock,
            entropy,
            Arc::new(keys),
            company,
            name,
        )
    };
    let stage = Stage {
        node: node(Arc::clone(&clock), "node-1"),
        company: company.clone(),
        store: Arc::clone(&store),
    };
    push(&stage, graceful()).await;
    let (ana, token) = (actor("ana"), Secret::new("s3cret"));
    let app = &stage.node.app;
    let set = app.set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token);
    set.await.unwrap();
    let mut rows = workers(10);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    clock.advance(DAY);
    let behind = app.now().minus(Duration::from_secs(5));
    rows[2] = rows[2].replace("Sales", "Engineering");
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    assert_eq!(sellers(&stage), 3);
    let other = node(Arc::new(SimClock::at(behind)), "node-2");
    let waves = other.app.plan(&ana, true).await.unwrap();
    assert_eq!(waves, vec![], "the move was told five seconds ahead");
}
