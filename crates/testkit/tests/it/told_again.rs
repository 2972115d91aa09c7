//! A notice is over when its cause is, and not before: whatever documents say meanwhile, whosever
//! clock is behind, and whenever the store does not answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use app::Notifier;
use model::notice::{Happened, MessageStatus};
use model::{Actor, Event, Occasion, Scope};
use ports::Store;
use ports::store::StoreError;
use testkit::SimClock;
use testkit::between::{Between, Call, nothing};
use testkit::node::{actor, morning};

use crate::company::{GUARD, csv, workers};
use crate::notices::{STRICT, Stage, files, stage_with};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// An alarm about these, with these further lines.
fn alarm(about: &str, more: &str) -> String {
    format!(
        "kind: Channel
metadata: {{name: mail}}
spec:
  smtp: {{host: mail.acme.example, from: a@acme.example, to: [b@acme.example]}}
---
kind: Alarm
metadata: {{name: on-call}}
spec:
  about: [{about}]
  channels: [mail]
{more}"
    )
}

const NOBODY: &str = "kind: Channel
metadata: {name: mail}
spec:
  smtp: {host: mail.acme.example, from: a@acme.example, to: [b@acme.example]}
";

impl Stage {
    async fn push(&self, files: Vec<(String, String)>) {
        let ana = actor("ana");
        let accepted = self.node.app.accept_documents(&ana, files, false);
        assert!(accepted.await.unwrap().changed);
    }

    async fn pass(&self) {
        self.first.pass().await.unwrap();
        self.second.pass().await.unwrap();
    }

    async fn occasions(&self) -> BTreeSet<Occasion> {
        let open = self.open().await;
        open.into_iter().map(|notice| notice.occasion).collect()
    }

    fn told(&self) -> usize {
        self.post.letters().len()
    }
}

#[tokio::test]
async fn what_documents_allow_more_time_for_is_neither_over_nor_told_again() {
    let three = "late-leaver, stale-source, expiring-credential";
    let strict = alarm(three, "  late_after_minutes: 60\n  days_before: 39\n");
    let kind = alarm(three, "  late_after_minutes: 10080\n  days_before: 5\n");
    let stage = stage_with(&strict).await;
    stage.push(files(GUARD, &strict, Some(24))).await;
    let (app, ana) = (&stage.node.app, actor("ana"));
    // A leaver whose plan nobody starts.
    let mut rows = workers(9);
    for end in ["", "2020-06-01"] {
        rows[4] = rows[4].replace("2020-01-01,,", &format!("2020-01-01,{end},"));
        let delivered = app.deliver(&ana, "hr", "hr.csv", &csv(&rows), false).await;
        assert!(!delivered.unwrap().refused);
        let waves = app.plan(&ana, false).await.unwrap();
        if end.is_empty() {
            for wave in &waves {
                app.apply(&ana, wave.wave, "go").await.unwrap();
            }
            stage.node.settle(500).await.unwrap();
        }
    }
    let host = Actor::named("host");
    let life = Duration::from_secs(40 * DAY);
    let token = app.issue_token(None, &host, "ana", &[Scope::Read], life, &[]);
    let (token, _) = token.await.unwrap();
    stage.wait(25 * HOUR);
    stage.pass().await;
    let all = BTreeSet::from([
        Occasion::LateLeaver,
        Occasion::StaleSource,
        Occasion::ExpiringCredential,
    ]);
    assert_eq!((stage.occasions().await, stage.told()), (all.clone(), 3));

    // More time for each of them, then no alarm at all, then as before.
    let later = [
        files(GUARD, &kind, Some(168)),
        files(GUARD, NOBODY, Some(168)),
        files(GUARD, &strict, Some(24)),
    ];
    for (round, files) in later.into_iter().enumerate() {
        stage.push(files).await;
        stage.wait(60);
        stage.pass().await;
        assert_eq!(stage.occasions().await, all, "round {round}");
    }
    assert_eq!(stage.told(), 3);

    // Each is over when its cause is.
    app.revoke_token(&host, token, "done").await.unwrap();
    let delivered = app.deliver(&ana, "hr", "hr.csv", &csv(&rows), false).await;
    assert!(!delivered.unwrap().refused);
    for wave in app.store().undecided_waves(9).await.unwrap() {
        app.apply(&ana, wave.wave, "go").await.unwrap();
    }
    stage.node.settle(500).await.unwrap();
    stage.pass().await;
    assert_eq!(stage.occasions().await, BTreeSet::new());
    assert_eq!(stage.told(), 3);
}

#[tokio::test]
async fn what_no_document_expected_for_a_while_is_told_again_when_one_does() {
    let stage = stage_with(&alarm("stale-source", "")).await;
    stage.deliver(3).await;
    stage.wait(25 * HOUR);
    stage.pass().await;
    assert_eq!(stage.told(), 1);
    let held = alarm("held-wave", "");
    stage.push(files(STRICT, &held, None)).await;
    stage.pass().await;
    assert_eq!(
        stage.occasions().await,
        BTreeSet::new(),
        "nothing is expected"
    );
    let both = alarm("held-wave, stale-source", "");
    stage.push(files(STRICT, &both, Some(24))).await;
    stage.wait(1);
    for _ in 0..3 {
        stage.pass().await;
    }
    let letters = stage.post.letters();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0].notice, letters[1].notice);
    assert_ne!(
        letters[0].id, letters[1].id,
        "it is no repetition of a message"
    );
    assert_eq!(stage.open().await[0].round, 1);
}

#[tokio::test]
async fn pushes_do_not_put_off_the_news_that_a_source_never_delivered() {
    let stage = stage_with(&alarm("stale-source", "")).await;
    for hours in 1..=4 {
        stage.wait(5 * HOUR);
        let other = alarm("stale-source", &format!("# after {hours} pushes\n"));
        stage.push(files(STRICT, &other, Some(24))).await;
        stage.pass().await;
    }
    assert_eq!(stage.told(), 0, "20 hours are not 24");
    stage.wait(4 * HOUR);
    // Also one who has just been started knows since when it is waited for.
    let clock = Arc::clone(&stage.node.clock);
    let fresh = stage.another(&stage.store, clock);
    let fresh = Notifier::new(Arc::clone(&fresh.app), "node-3");
    fresh.pass().await.unwrap();
    assert_eq!(stage.told(), 1);
    for _ in 0..4 {
        stage.wait(5 * HOUR);
        let other = alarm("stale-source", &format!("# at {}\n", stage.node.app.now()));
        stage.push(files(STRICT, &other, Some(24))).await;
        stage.pass().await;
        fresh.pass().await.unwrap();
    }
    assert_eq!(
        stage.occasions().await,
        BTreeSet::from([Occasion::StaleSource])
    );
    assert_eq!(stage.told(), 1, "one silence is one thing");
    // One that was not expected in between is waited for anew.
    stage.push(files(STRICT, NOBODY, None)).await;
    stage.pass().await;
    stage
        .push(files(STRICT, &alarm("stale-source", ""), Some(24)))
        .await;
    stage.wait(23 * HOUR);
    stage.pass().await;
    assert_eq!((stage.open().await.len(), stage.told()), (0, 1));
    stage.wait(HOUR);
    stage.pass().await;
    assert_eq!((stage.open().await.len(), stage.told()), (1, 2));
}

#[tokio::test]
async fn a_silence_that_goes_on_is_told_again_though_somebody_has_it() {
    let repeating = alarm("stale-source", "  repeat_after_hours: 48\n");
    let stage = stage_with(&repeating).await;
    stage.wait(24 * HOUR);
    stage.pass().await;
    let notice = stage.open().await[0].id();
    stage.wait(HOUR);
    let (app, bo) = (&stage.node.app, actor("bo"));
    let acknowledged = app.acknowledge(&bo, notice, "asking", false);
    acknowledged.await.unwrap();
    for _ in 0..47 {
        stage.wait(HOUR);
        // Whatever else is pushed.
        let other = format!("{repeating}# at {}\n", stage.node.app.now());
        stage.push(files(STRICT, &other, Some(24))).await;
        stage.pass().await;
    }
    assert_eq!(stage.told(), 1);
    stage.wait(HOUR);
    stage.pass().await;
    stage.pass().await;
    let letters = stage.post.letters();
    assert_eq!(letters.len(), 2);
    assert!(
        letters[1].text.starts_with("still so: "),
        "{}",
        letters[1].text
    );
    let open = stage.open().await;
    assert_eq!((open.len(), open[0].acknowledged.is_none()), (1, true));
    stage.deliver(3).await;
    stage.pass().await;
    assert_eq!(stage.open().await, []);
}

#[tokio::test]
async fn a_node_whose_clock_is_behind_ends_nothing_that_another_one_raised() {
    let three = "held-wave, stale-source, expiring-credential";
    let stage = stage_with(&alarm(three, "  days_before: 39\n")).await;
    stage.hold(3).await;
    let host = Actor::named("host");
    let life = Duration::from_secs(40 * DAY);
    let token = stage
        .node
        .app
        .issue_token(None, &host, "ana", &[Scope::Read], life, &[]);
    token.await.unwrap();
    let behind = Arc::new(SimClock::at(morning()));
    let slow = stage.another(&stage.store, Arc::clone(&behind));
    let slow = Notifier::new(Arc::clone(&slow.app), "node-3");
    // A minute and a half apart, and between the two everything becomes so.
    stage.wait(24 * HOUR);
    behind.advance(Duration::from_secs(24 * HOUR - 90));
    stage.first.pass().await.unwrap();
    assert_eq!(stage.open().await.len(), 3);
    for _ in 0..5 {
        slow.pass().await.unwrap();
        stage.first.pass().await.unwrap();
        behind.advance(Duration::from_secs(30));
        stage.wait(30);
    }
    assert_eq!(stage.open().await.len(), 3);
    assert_eq!(stage.told(), 3);
    let ended = stage.node.app.store().records(0, 10_000).await.unwrap();
    let ended = ended.iter().filter(|record| match &record.event {
        Event::NoticeChanged(changed) => changed.happened == Happened::Ended,
        _ => false,
    });
    assert_eq!(ended.count(), 0);
}

#[tokio::test]
async fn what_a_channel_answered_is_written_down_though_the_store_fails_in_between() {
    let stage = stage_with(&alarm("held-wave", "")).await;
    stage.hold(3).await;
    // The outcome cannot be appended at first, and then the notice cannot be read.
    let failures = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&failures);
    let way = Between::new(Arc::clone(&stage.store), move |call| {
        let outcome = |event: &Event| match event {
            Event::NoticeChanged(changed) => changed.happened == Happened::Answered,
            _ => false,
        };
        let nth = seen.load(Ordering::SeqCst);
        let fails = match call {
            Call::Append(append) => nth == 0 && append.events.iter().any(outcome),
            Call::Read("notice") => nth == 1 || nth == 2,
            Call::Read(_) => false,
        };
        if !fails {
            return nothing();
        }
        seen.fetch_add(1, Ordering::SeqCst);
        let away = StoreError::Unavailable("the test says so".to_owned());
        Box::pin(std::future::ready(Err(away)))
    });
    let way: Arc<dyn Store> = Arc::new(way);
    let node = stage.another(&way, Arc::clone(&stage.node.clock));
    let notifier = Notifier::new(Arc::clone(&node.app), "node-3");
    notifier.pass().await.unwrap();
    assert_eq!(failures.load(Ordering::SeqCst), 3, "nothing failed");
    let message = &stage.open().await[0].messages[0];
    assert_eq!(message.status, MessageStatus::Delivered);
    assert!(!message.unsure && message.attempts == 1);
    for _ in 0..3 {
        stage.wait(600);
        stage.pass().await;
        notifier.pass().await.unwrap();
    }
    assert_eq!(stage.told(), 1);
}
