//! The small company that scenarios play in.

use std::sync::Arc;

use app::WavePreview;
use model::Secret;
use ports::Store;
use store::{StorePorts, TenureStore};
use testkit::node::{actor, keyring, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

/// A store of its own that ends with the test.
pub fn store(clock: &Arc<SimClock>) -> Arc<dyn Store> {
    let ports = StorePorts {
        clock: Arc::clone(clock) as _,
        entropy: Arc::new(SeededEntropy::new(7)) as _,
        keyring: Arc::new(keyring().unwrap()) as _,
    };
    Arc::new(TenureStore::open_inline(None, ports).unwrap())
}

/// A node over a store that was there before it.
pub fn over(store: &Arc<dyn Store>, company: &Company, clock: &Arc<SimClock>) -> Node {
    Node::over(
        Arc::clone(store),
        Arc::clone(clock),
        Arc::new(SeededEntropy::new(3)),
        Arc::new(keyring().unwrap()),
        Arc::new(company.clone()),
        "node-1",
    )
}

pub const GUARD: &str = "kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 2, max_share_percent: 10}
  creations: {max_count: 100, max_share_percent: 100}
  apply: manual
";

const SOURCE: &str = r#"kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes:
    given_name: {column: first, required: true}
    family_name: {column: last, required: true}
    email: {column: mail, required: true}
    department: {column: dept}
    manager: {column: boss}
  starts: {column: start, format: iso}
  ends: {column: end, format: iso, at: "17:00"}
  zone: {column: zone, default: Europe/Berlin}
  delivery: full
"#;

const APP: &str = r#"kind: App
metadata: {name: chat}
spec:
  scim:
    url: http://127.0.0.1:1/v2
    auth: {bearer: {secret: chat-token}}
    allow_private: true
  mode: enforce
  account:
    match: [userName]
    attributes:
      userName: person.email
      name.givenName: person.given_name
      name.familyName: person.family_name
      title: person.department
    manager: person.manager
  groups:
    eng: {display: Engineering}
    sales: {display: Sales}
"#;

const RULES: &str = r#"kind: BirthrightRule
metadata: {name: everyone}
spec: {when: "true", grants: [{app: chat}]}
---
kind: BirthrightRule
metadata: {name: engineers}
spec:
  when: person.department.orValue("") == "Engineering"
  grants: [{app: chat, group: eng}]
---
kind: BirthrightRule
metadata: {name: sellers}
spec:
  when: person.department.orValue("") == "Sales"
  grants: [{app: chat, group: sales}]
"#;

pub const HEAD: &str = "id,first,last,mail,dept,boss,start,end,zone\n";

/// `n` workers: every third in Sales, the others in Engineering, all but the first managed by it.
pub fn workers(n: usize) -> Vec<String> {
    (1..=n)
        .map(|i| {
            let dept = if i % 3 == 0 { "Sales" } else { "Engineering" };
            let boss = if i == 1 { "" } else { "w001" };
            format!("w{i:03},First{i},Last{i},p{i}@acme.example,{dept},{boss},2020-01-01,,")
        })
        .collect()
}

pub fn csv(rows: &[String]) -> Vec<u8> {
    let mut text = HEAD.to_owned();
    for row in rows {
        text.push_str(row);
        text.push('\n');
    }
    text.into_bytes()
}

pub struct Stage {
    pub node: Node,
    pub company: Company,
    pub store: Arc<dyn Store>,
}

pub fn documents(guard: &str) -> Vec<(String, String)> {
    vec![
        ("hr.yaml".to_owned(), SOURCE.to_owned()),
        ("chat.yaml".to_owned(), APP.to_owned()),
        ("rules.yaml".to_owned(), RULES.to_owned()),
        ("guard.yaml".to_owned(), guard.to_owned()),
    ]
}

pub async fn stage(guard: &str) -> Stage {
    let company = Company::with(&["chat"]);
    let clock = Arc::new(SimClock::at(morning()));
    let entropy = Arc::new(SeededEntropy::new(1));
    let connect = Arc::new(company.clone());
    let keyring = Arc::new(keyring().unwrap());
    let ports = StorePorts {
        clock: Arc::clone(&clock) as _,
        entropy: Arc::clone(&entropy) as _,
        keyring: Arc::clone(&keyring) as _,
    };
    let store: Arc<dyn Store> = Arc::new(TenureStore::open_inline(None, ports).unwrap());
    let shared = Arc::clone(&store);
    let node = Node::over(shared, clock, entropy, keyring, connect, "node-1");
    let ana = actor("ana");
    let report = node
        .app
        .accept_documents(&ana, documents(guard), false)
        .await
        .unwrap();
    assert!(report.changed);
    let token = Secret::new("s3cret");
    node.app
        .set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token)
        .await
        .unwrap();
    Stage {
        node,
        company,
        store,
    }
}

impl Stage {
    /// Delivers, plans, and gives the waves.
    pub async fn deliver(&self, rows: &[String]) -> Vec<WavePreview> {
        let ana = actor("ana");
        let report = self
            .node
            .app
            .deliver(&ana, "hr", "hr.csv", &csv(rows), false)
            .await
            .unwrap();
        assert!(!report.refused, "{:?}", report.diagnostics);
        self.node.app.plan(&ana, false).await.unwrap()
    }

    /// Starts the waves that the guard allows, carries them out, and expects an empty plan after.
    pub async fn apply(&self, waves: &[WavePreview]) -> u64 {
        for wave in waves {
            self.node
                .app
                .apply(&actor("ana"), wave.wave, "test")
                .await
                .unwrap();
        }
        let sent = self.node.settle(500).await.unwrap();
        let again = self.node.app.plan(&actor("ana"), false).await.unwrap();
        assert_eq!(
            summary(&again),
            Vec::<String>::new(),
            "the next plan is empty"
        );
        sent
    }
}

/// `change verdict plans` for each wave.
pub fn summary(waves: &[WavePreview]) -> Vec<String> {
    waves
        .iter()
        .map(|w| {
            format!(
                "{} {} {}",
                w.cause.change.as_str(),
                w.verdict.as_str(),
                w.plans.len()
            )
        })
        .collect()
}
