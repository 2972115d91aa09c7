//! When somebody is due next is never forgotten.

use std::sync::{Arc, Mutex, OnceLock};

use app::{App, Connect};
use async_trait::async_trait;
use model::{Secret, SubjectId, Timestamp};
use ports::Target;
use testkit::node::{actor, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

use crate::company::{GUARD, csv, documents};

/// Hands a file over at the moment at which an app is connected.
#[derive(Default)]
struct Meddler {
    company: Company,
    app: OnceLock<Arc<App>>,
    file: Mutex<Option<Vec<u8>>>,
}

#[async_trait]
impl Connect for Meddler {
    async fn connect(
        &self,
        app: &documents::App,
        secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        let file = self.file.lock().unwrap().take();
        if let (Some(file), Some(node)) = (file, self.app.get()) {
            let ana = actor("ana");
            let told = node.deliver(&ana, "hr", "hr.csv", &file, false).await;
            assert!(!told.unwrap().refused);
        }
        self.company.connect(app, secret).await
    }
}

fn with_wiki() -> Vec<(String, String)> {
    let mut files = documents(GUARD);
    let chat = files.iter().find(|(name, _)| name == "chat.yaml").unwrap();
    let wiki = chat.1.replace("name: chat", "name: wiki");
    let wiki = wiki.replace("chat-token", "wiki-token");
    files.push(("wiki.yaml".to_owned(), wiki));
    files
}

async fn next_change(node: &Node, subject: SubjectId) -> Option<Timestamp> {
    let person = node.app.store().person(subject).await.unwrap();
    person.unwrap().next_change
}

/// A timer fires for somebody's first day, and while it plans, HR tells of their last one. That
/// one must not be ticked off with the first.
#[tokio::test]
async fn a_last_day_that_is_told_while_a_timer_fires_is_not_forgotten() {
    let meddler = Arc::new(Meddler {
        company: Company::with(&["chat", "wiki"]),
        ..Meddler::default()
    });
    let clock = Arc::new(SimClock::at(morning()));
    let entropy = Arc::new(SeededEntropy::new(1));
    let connect = Arc::clone(&meddler) as Arc<dyn Connect>;
    let node = Node::open(None, clock, entropy, connect, "node-1").unwrap();
    assert!(meddler.app.set(Arc::clone(&node.app)).is_ok());
    let (ana, app) = (actor("ana"), &node.app);
    app.accept_documents(&ana, documents(GUARD), false)
        .await
        .unwrap();
    for name in ["chat", "wiki"] {
        let (token, secret) = (format!("{name}-token"), Secret::new("s3cret"));
        let set = app.set_secret(&ana, &token, name, "127.0.0.1:1", &secret);
        set.await.unwrap();
    }
    let row = |end: &str| {
        vec![format!(
            "w001,Kim,Kelly,kim@acme.example,Sales,,2026-11-24,{end},"
        )]
    };
    let file = csv(&row(""));
    let told = app.deliver(&ana, "hr", "hr.csv", &file, false);
    let subject = told.await.unwrap().changes[0].subject;
    app.plan(&ana, false).await.unwrap();
    // An app that was never looked at: whoever plans next connects to it.
    app.accept_documents(&ana, with_wiki(), false)
        .await
        .unwrap();

    let first: Timestamp = "2026-11-23T23:00:00Z".parse().unwrap();
    let last: Timestamp = "2026-11-25T16:00:00Z".parse().unwrap();
    assert_eq!(next_change(&node, subject).await, Some(first));
    *meddler.file.lock().unwrap() = Some(csv(&row("2026-11-25")));
    node.clock.advance_to(first);
    node.worker.tick().await.unwrap();
    assert!(meddler.file.lock().unwrap().is_none(), "nobody connected");
    assert_eq!(next_change(&node, subject).await, Some(last));
}
