//! When people are due next, while something arrives in between.

use std::sync::{Arc, Mutex, OnceLock};

use app::App;
use async_trait::async_trait;
use model::{Secret, Timestamp};
use ports::Target;
use testkit::node::{actor, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

use crate::company::{GUARD, csv, documents};

/// A company at which something happens the first time that an app is connected: in the middle of
/// the first planning.
struct Meanwhile {
    company: Company,
    app: OnceLock<Arc<App>>,
    rows: Mutex<Option<Vec<String>>>,
}

#[async_trait]
impl app::Connect for Meanwhile {
    async fn connect(
        &self,
        app: &documents::App,
        secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        let rows = self.rows.lock().unwrap().take();
        if let (Some(rows), Some(tenant)) = (rows, self.app.get()) {
            deliver(tenant, &rows).await;
        }
        self.company.connect(app, secret).await
    }
}

fn ann(ends: &str) -> Vec<String> {
    vec![format!(
        "w001,Ann,Archer,ann@acme.example,Sales,,2026-11-24,{ends},"
    )]
}

async fn deliver(app: &App, rows: &[String]) {
    let (ana, bytes) = (actor("ana"), csv(rows));
    let sent = app.deliver(&ana, "hr", "hr.csv", &bytes, false);
    assert!(!sent.await.unwrap().refused);
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A node whose first planning is at Ann's first day, and where the rest of her file is told.
async fn node(in_between: Option<Vec<String>>) -> Node {
    let connect = Arc::new(Meanwhile {
        company: Company::with(&["chat"]),
        app: OnceLock::new(),
        rows: Mutex::new(in_between),
    });
    let clock = Arc::new(SimClock::at(morning()));
    let entropy = Arc::new(SeededEntropy::new(1));
    let ports = Arc::clone(&connect);
    let node = Node::open(None, clock, entropy, ports, "node-1").unwrap();
    let _ = connect.app.set(Arc::clone(&node.app));
    let ana = actor("ana");
    let files = documents(GUARD);
    node.app.accept_documents(&ana, files, false).await.unwrap();
    let token = Secret::new("s3cret");
    node.app
        .set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token)
        .await
        .unwrap();
    deliver(&node.app, &ann("")).await;
    node
}

async fn due(node: &Node) -> Option<Timestamp> {
    node.app
        .one_person("w001")
        .await
        .unwrap()
        .person
        .next_change
}

#[tokio::test]
async fn a_last_day_that_arrives_while_a_first_day_is_planned_for_is_not_lost() {
    let begins = instant("2026-11-23T23:00:00Z");
    let node_a = node(None).await;
    assert_eq!(due(&node_a).await, Some(begins));
    node_a.clock.advance_to(begins);
    node_a.worker.tick().await.unwrap();
    assert_eq!(due(&node_a).await, None, "nothing arrived");

    let node_b = node(Some(ann("2026-11-24"))).await;
    node_b.clock.advance_to(begins);
    node_b.worker.tick().await.unwrap();
    assert_eq!(due(&node_b).await, Some(instant("2026-11-24T16:00:00Z")));
}

#[tokio::test]
async fn a_grant_that_ends_before_a_last_day_makes_due_and_the_last_day_stays_after_it() {
    let node = node(None).await;
    let begins = instant("2026-11-23T23:00:00Z");
    let grant = |until: &str| {
        let text = format!(
            "kind: Grant\nmetadata: {{name: audit}}\nspec: {{person: w001, app: chat, \
             owner: w002, reason: audit, until: {until}}}\n"
        );
        let mut files = documents(GUARD);
        files.push(("grant.yaml".to_owned(), text));
        files
    };
    let ana = actor("ana");
    let rows = ann("2026-12-31");
    deliver(&node.app, &rows).await;
    let files = grant("2026-12-01T00:00:00Z");
    node.app.accept_documents(&ana, files, false).await.unwrap();
    assert_eq!(due(&node).await, Some(begins), "the first day comes first");
    for (now, next) in [
        ("2026-11-23T23:00:00Z", Some("2026-12-01T00:00:00Z")),
        ("2026-12-01T00:00:00Z", Some("2026-12-31T16:00:00Z")),
    ] {
        node.clock.advance_to(instant(now));
        node.worker.tick().await.unwrap();
        node.settle(50).await.unwrap();
        node.worker.tick().await.unwrap();
        assert_eq!(due(&node).await, next.map(instant), "after {now}");
    }
    // Brought forward, and what was planned for already is not due again.
    let files = grant("2026-12-05T00:00:00Z");
    node.app.accept_documents(&ana, files, false).await.unwrap();
    assert_eq!(due(&node).await, Some(instant("2026-12-05T00:00:00Z")));
    // A row that says something else of her forgets neither.
    let rows = vec![ann("2026-12-31")[0].replace("Sales", "Finance")];
    deliver(&node.app, &rows).await;
    assert_eq!(due(&node).await, Some(instant("2026-12-05T00:00:00Z")));
}
