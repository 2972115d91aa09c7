//! What is left of a person whom a whole node knew, from adoption to leaving, after their
//! erasure: nothing in any table or file of the store.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::{Attributes, Kind, Secret, Value};
use testkit::node::{actor, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

use crate::company::{GUARD, csv, documents, summary, workers};

/// What of the third worker must not be found again, and what of the fourth must.
const GONE: [&str; 4] = ["p3@acme.example", "First3", "Last3", "w003"];
const KEPT: [&str; 4] = ["p4@acme.example", "First4", "Last4", "w004"];

/// Which of these texts the log tells to whoever holds its keys.
async fn told(node: &Node, texts: &[&'static str]) -> Vec<&'static str> {
    let records = node.app.store().records(0, 10_000).await.unwrap();
    let events: Vec<String> = records
        .iter()
        .map(|record| serde_json::to_string(&record.event).unwrap())
        .collect();
    let holds = |text: &str| events.iter().any(|event| event.contains(text));
    texts.iter().copied().filter(|text| holds(text)).collect()
}

/// Which of these texts stand in the clear in the files of a store.
fn found(path: &Path, texts: &[&'static str]) -> Vec<&'static str> {
    let mut bytes = Vec::new();
    for name in ["", "-wal"] {
        let file = format!("{}{name}", path.display());
        bytes.extend(std::fs::read(file).unwrap_or_default());
    }
    bytes.make_ascii_lowercase();
    let holds = |text: &str| {
        let text = text.to_ascii_lowercase();
        let at = bytes.windows(text.len()).position(|w| w == text.as_bytes());
        if let Some(at) = at {
            let around = &bytes[at.saturating_sub(300)..(at + 100).min(bytes.len())];
            eprintln!("{text}: {}", String::from_utf8_lossy(around));
        }
        at.is_some()
    };
    texts.iter().copied().filter(|text| holds(text)).collect()
}

async fn carry_out(node: &Node, rows: &[String]) -> Vec<String> {
    let ana = actor("ana");
    let file = csv(rows);
    let report = node.app.deliver(&ana, "hr", "hr.csv", &file, false);
    assert_eq!(report.await.unwrap().diagnostics, []);
    let waves = node.app.plan(&ana, false).await.unwrap();
    for wave in &waves {
        node.app.apply(&ana, wave.wave, "test").await.unwrap();
    }
    node.settle(500).await.unwrap();
    summary(&waves)
}

#[tokio::test]
async fn after_an_erasure_no_table_and_no_file_names_the_person() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tenure.db");
    let company = Company::with(&["chat"]);
    let chat = company.target("chat");
    // The account was there before Tenure, and is seen before it is known whose it is.
    let there = Attributes::from([("userName".to_owned(), Value::from("p3@acme.example"))]);
    chat.plant(Kind::Account, true, there);
    let clock = Arc::new(SimClock::at(morning()));
    let entropy = Arc::new(SeededEntropy::new(1));
    let connect = Arc::new(company.clone());
    let node = Node::open(Some(&path), clock, entropy, connect, "node-1").unwrap();
    let ana = actor("ana");
    node.app
        .accept_documents(&ana, documents(GUARD), false)
        .await
        .unwrap();
    let token = Secret::new("s3cret");
    node.app
        .set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token)
        .await
        .unwrap();
    node.app.observe(&ana, &"chat".into()).await.unwrap();

    let mut rows = workers(9);
    carry_out(&node, &rows).await;
    rows[2] = rows[2].replace("Sales", "Engineering");
    assert_eq!(carry_out(&node, &rows).await, ["mover allow 1"]);
    rows[2] = rows[2].replace("2020-01-01,,", "2020-01-01,2026-11-20,");
    assert_eq!(carry_out(&node, &rows).await, ["leaver allow 1"]);
    assert!(!chat.account("p3@acme.example").unwrap().active);
    assert_eq!(found(&path, &GONE), GONE, "tables are plain until then");
    assert_eq!(told(&node, &GONE).await, GONE);

    node.clock.advance(Duration::from_secs(86_400));
    let subject = node.app.erase(&ana, "w003", "request 7").await.unwrap();
    assert_eq!(found(&path, &GONE), Vec::<&str>::new());
    assert_eq!(found(&path, &KEPT), KEPT);
    assert_eq!(told(&node, &GONE).await, Vec::<&str>::new());
    assert_eq!(told(&node, &KEPT).await, KEPT);
    let store = node.app.store();
    assert_eq!(store.links_of(subject).await.unwrap(), []);
    assert_eq!(store.person(subject).await.unwrap(), None);
    let report = node.app.one_person("w003").await.unwrap_err();
    assert_eq!(report.kind(), app::ErrorKind::Missing);
}
