//! People are told once, by one of several nodes, whatever breaks in between.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::{Connect, Notifier};
use async_trait::async_trait;
use model::notice::{Answer, MessageStatus};
use model::{Actor, Notice, Scope, Secret};
use ports::{Channel, Letter, Store, Target};
use testkit::node::{actor, keyring, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

use crate::company::{csv, documents, workers};

pub(crate) const STRICT: &str = "kind: Guard
metadata: {name: guard}
spec:
  creations: {max_count: 0, max_share_percent: 0}
";

const ALARM: &str = "kind: Channel
metadata: {name: mail}
spec:
  smtp: {host: mail.acme.example, from: a@acme.example, to: [b@acme.example]}
---
kind: Alarm
metadata: {name: on-call}
spec:
  about: [held-wave, stale-source, expiring-credential]
  channels: [mail]
";

/// How the mail server behaves next; it takes everything by itself.
pub(crate) enum How {
    Fail,
    /// Takes it, and its answer is lost.
    Lose,
    /// Takes it, and the node dies before it hears of that.
    Hang,
}

#[derive(Default)]
pub(crate) struct Post {
    letters: Mutex<Vec<Letter>>,
    next: Mutex<VecDeque<How>>,
}

impl Post {
    pub(crate) fn order(&self, how: impl IntoIterator<Item = How>) {
        self.next.lock().unwrap().extend(how);
    }

    pub(crate) fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap().clone()
    }
}

struct Mail(Arc<Post>);

#[async_trait]
impl Channel for Mail {
    async fn tell(&self, letter: &Letter, _deadline: Duration) -> Answer {
        let how = self.0.next.lock().unwrap().pop_front();
        let detail = "gone".to_owned();
        if matches!(how, Some(How::Fail)) {
            return Answer::Failed { detail, wait: None };
        }
        self.0.letters.lock().unwrap().push(letter.clone());
        match how {
            Some(How::Hang) => std::future::pending().await,
            Some(How::Lose) => Answer::Lost { detail },
            _ => Answer::Delivered {
                detail: String::new(),
            },
        }
    }
}

pub(crate) struct House {
    company: Company,
    post: Arc<Post>,
}

#[async_trait]
impl Connect for House {
    async fn connect(
        &self,
        app: &documents::App,
        secret: Option<Secret>,
    ) -> Result<Arc<dyn Target>, String> {
        self.company.connect(app, secret).await
    }

    fn channel(
        &self,
        _channel: &documents::Channel,
        _secret: Option<Secret>,
    ) -> Result<Arc<dyn Channel>, String> {
        Ok(Arc::new(Mail(Arc::clone(&self.post))))
    }
}

/// Two notifiers of two nodes over one store.
pub(crate) struct Stage {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) node: Node,
    pub(crate) post: Arc<Post>,
    pub(crate) first: Notifier,
    pub(crate) second: Notifier,
    company: Company,
}

async fn stage() -> Stage {
    stage_with(ALARM).await
}

/// Documents whose source is expected every so many hours.
pub(crate) fn files(guard: &str, alarm: &str, hours: Option<u32>) -> Vec<(String, String)> {
    let mut files = documents(guard);
    if let Some(hours) = hours {
        let full = "  delivery: full\n";
        let expects = format!("{full}  expect_every_hours: {hours}\n");
        for (_, text) in &mut files {
            *text = text.replace(full, &expects);
        }
    }
    files.push(("alarm.yaml".to_owned(), alarm.to_owned()));
    files
}

pub(crate) async fn stage_with(alarm: &str) -> Stage {
    let clock = Arc::new(SimClock::at(morning()));
    let store = crate::company::store(&clock);
    let (post, company) = (Arc::new(Post::default()), Company::with(&["chat"]));
    let node = another(&store, &company, &post, clock);
    let ana = actor("ana");
    let files = files(STRICT, alarm, Some(24));
    node.app.accept_documents(&ana, files, false).await.unwrap();
    let (name, host, value) = ("chat-token", "127.0.0.1:1", Secret::new("s3cret"));
    let set = node.app.set_secret(&ana, name, "chat", host, &value);
    set.await.unwrap();
    let notifier = |holder: &str| Notifier::new(Arc::clone(&node.app), holder);
    Stage {
        first: notifier("node-1"),
        second: notifier("node-2"),
        store,
        node,
        post,
        company,
    }
}

/// Another node over a store.
fn another(
    store: &Arc<dyn Store>,
    company: &Company,
    post: &Arc<Post>,
    clock: Arc<SimClock>,
) -> Node {
    let house = House {
        company: company.clone(),
        post: Arc::clone(post),
    };
    Node::over(
        Arc::clone(store),
        clock,
        Arc::new(SeededEntropy::new(1)),
        Arc::new(keyring().unwrap()),
        Arc::new(house),
        "node-1",
    )
}

impl Stage {
    /// A node that knows nothing but the store, over a way to it of its own.
    pub(crate) fn another(&self, store: &Arc<dyn Store>, clock: Arc<SimClock>) -> Node {
        another(store, &self.company, &self.post, clock)
    }

    /// A delivery of so many people, planned: a held wave.
    pub(crate) async fn hold(&self, people: usize) {
        self.deliver(people).await;
        let waves = self.node.app.plan(&actor("ana"), false).await.unwrap();
        assert!(waves.iter().any(|wave| wave.verdict.as_str() == "ask"));
    }

    pub(crate) async fn deliver(&self, people: usize) {
        let bytes = csv(&workers(people));
        let (app, ana) = (&self.node.app, actor("ana"));
        let delivered = app.deliver(&ana, "hr", "hr.csv", &bytes, false).await;
        assert!(!delivered.unwrap().refused);
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.node.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) async fn open(&self) -> Vec<Notice> {
        let rows = self.node.app.store().open_notices(0).await.unwrap();
        rows.into_iter().map(|row| row.state).collect()
    }

    async fn findings(&self) -> Vec<String> {
        let rows = self.node.app.store().open_findings(0).await.unwrap();
        let codes = rows.into_iter().map(|row| row.opened.finding.code);
        codes
            .filter(|code| code.starts_with("TNR-NOTICE"))
            .collect()
    }
}

#[tokio::test]
async fn of_two_nodes_one_tells_and_nobody_tells_again() {
    let stage = stage().await;
    stage.hold(3).await;
    for _ in 0..5 {
        let both = tokio::join!(stage.first.pass(), stage.second.pass());
        both.0.unwrap();
        both.1.unwrap();
        stage.wait(60);
    }
    assert_eq!(stage.post.letters().len(), 1);
    // Another wave is another thing.
    stage.hold(4).await;
    stage.second.pass().await.unwrap();
    let letters = stage.post.letters();
    assert_eq!(letters.len(), 2);
    assert_ne!(letters[0].id, letters[1].id);
    assert!(letters.iter().all(|letter| !letter.again));
}

#[tokio::test]
async fn a_node_that_dies_while_it_tells_is_followed_by_one_that_says_so() {
    let stage = stage().await;
    stage.hold(3).await;
    stage.post.order([How::Hang]);
    let died = tokio::time::timeout(Duration::from_millis(200), stage.first.pass()).await;
    assert!(died.is_err(), "it hangs");
    assert_eq!(
        stage.open().await[0].messages[0].status,
        MessageStatus::Sending
    );
    stage.second.pass().await.unwrap();
    assert_eq!(
        stage.post.letters().len(),
        1,
        "the lease is the dead node's"
    );
    // The lease runs out, and what was under way counts as a failed attempt.
    stage.wait(61);
    stage.second.pass().await.unwrap();
    stage.wait(5);
    stage.second.pass().await.unwrap();
    let letters = stage.post.letters();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].id, letters[1].id, "a receiver can tell");
    assert!(!letters[0].again && letters[1].again, "and a person");
    let message = &stage.open().await[0].messages[0];
    assert_eq!(message.status, MessageStatus::Delivered);
    assert!(message.unsure);
    for _ in 0..3 {
        stage.wait(600);
        stage.first.pass().await.unwrap();
    }
    assert_eq!(stage.post.letters().len(), 2);
}

#[tokio::test]
async fn a_lost_answer_is_repeated_and_a_channel_that_takes_nothing_is_a_finding() {
    let stage = stage().await;
    stage.hold(3).await;
    stage.post.order([How::Lose]);
    stage.first.pass().await.unwrap();
    stage.wait(5);
    stage.first.pass().await.unwrap();
    let letters = stage.post.letters();
    assert_eq!((letters.len(), letters[1].again), (2, true));

    stage.post.order((0..8).map(|_| How::Fail));
    stage.hold(4).await;
    for _ in 0..8 {
        stage.first.pass().await.unwrap();
        stage.wait(600);
    }
    assert_eq!(stage.findings().await, ["TNR-NOTICE-0001"]);
    let given_up = stage.open().await;
    let last = given_up.iter().map(|n| n.messages[0].status);
    assert!(
        last.into_iter()
            .any(|status| status == MessageStatus::GivenUp)
    );
    assert_eq!(stage.post.letters().len(), 2);
    stage.hold(5).await;
    stage.first.pass().await.unwrap();
    assert!(
        stage.findings().await.is_empty(),
        "it takes something again"
    );
}

#[tokio::test]
async fn who_has_it_or_decides_is_left_alone() {
    let stage = stage().await;
    stage.hold(3).await;
    stage.post.order([How::Fail]);
    stage.first.pass().await.unwrap();
    let app = &stage.node.app;
    let id = stage.open().await[0].id();
    let bo = actor("bo");
    let tried = app.acknowledge(&bo, id, "looking", true).await.unwrap();
    assert!(tried.state.acknowledged.is_some());
    assert!(stage.open().await[0].acknowledged.is_none(), "a dry run");
    app.acknowledge(&bo, id, "looking", false).await.unwrap();
    let again = app.acknowledge(&actor("cy"), id, "me too", false).await;
    assert_eq!(again.unwrap_err().code(), "TNR-NOTICE-0002");
    stage.wait(600);
    stage.first.pass().await.unwrap();
    assert!(
        stage.post.letters().is_empty(),
        "what failed is not tried again"
    );
    let wave = stage.open().await[0].about.parse().unwrap();
    app.refuse(&bo, wave, &[], "a mistake").await.unwrap();
    stage.first.pass().await.unwrap();
    assert!(stage.open().await.is_empty());
    let all = app.store().notices(0).await.unwrap();
    assert!(all[0].state.ended.is_some());
}

#[tokio::test]
async fn a_source_that_falls_silent_is_told_of_until_it_is_heard_again() {
    let stage = stage().await;
    stage.deliver(3).await;
    stage.wait(20 * 3_600);
    // The same file again is no news, but the source is alive.
    stage.deliver(3).await;
    stage.wait(20 * 3_600);
    stage.first.pass().await.unwrap();
    assert!(stage.post.letters().is_empty());
    stage.wait(4 * 3_600);
    stage.first.pass().await.unwrap();
    let letters = stage.post.letters();
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0].text.contains("the source `hr`"),
        "{}",
        letters[0].text
    );
    stage.wait(24 * 3_600);
    stage.first.pass().await.unwrap();
    assert_eq!(stage.post.letters().len(), 1, "one silence is one thing");
    stage.deliver(3).await;
    stage.first.pass().await.unwrap();
    assert!(stage.open().await.is_empty(), "it is heard");
    stage.wait(25 * 3_600);
    stage.first.pass().await.unwrap();
    assert_eq!(stage.open().await.len(), 1, "it is silent again");
}

#[tokio::test]
async fn a_token_is_told_of_before_it_ends_if_it_was_made_for_long() {
    let stage = stage().await;
    stage.deliver(3).await;
    let app = &stage.node.app;
    let (day, host) = (Duration::from_secs(86_400), Actor::named("host"));
    for days in [30, 10] {
        let made = app.issue_token(None, &host, "ana", &[Scope::Read], day * days, &[]);
        made.await.unwrap();
    }
    for _ in 0..17 {
        stage.wait(86_400);
        stage.deliver(3).await;
        stage.first.pass().await.unwrap();
    }
    let letters = stage.post.letters();
    assert_eq!(letters.len(), 1, "the one of ten days is not told of");
    assert!(
        letters[0].text.starts_with("the token tok_"),
        "{}",
        letters[0].text
    );
    assert!(!letters[0].text.contains("ana"), "{}", letters[0].text);
}
