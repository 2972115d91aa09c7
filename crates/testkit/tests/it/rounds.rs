//! Apps are listed again without anybody asking.

use std::time::Duration;

use model::{Kind, TargetName};
use testkit::memory::Fault;

use crate::company::{GUARD, Stage, stage, summary, workers};

const HOUR: Duration = Duration::from_secs(3_600);

/// When the accounts of the app were last listed, in whole hours since the first time.
async fn listed(stage: &Stage) -> i64 {
    let chat = TargetName::from("chat");
    let store = stage.node.app.store();
    let last = store.last_observation(&chat, Kind::Account).await.unwrap();
    last.unwrap().run.started.as_micros() / 3_600_000_000
}

#[tokio::test]
async fn what_was_done_by_hand_is_found_a_day_after_the_last_look() {
    let stage = stage(GUARD).await;
    let (node, chat) = (&stage.node, stage.company.target("chat"));
    let waves = stage.deliver(&workers(3)).await;
    stage.apply(&waves).await;
    let first = listed(&stage).await;
    let mut objects = chat.objects().into_iter();
    let (remote, _) = objects.find(|(_, o)| o.kind == Kind::Account).unwrap();
    chat.tamper(&remote, |object| object.active = false);

    node.clock.advance(HOUR * 23);
    node.worker.round().await.unwrap();
    assert_eq!(listed(&stage).await, first, "it is not its turn");

    node.clock.advance(HOUR);
    node.worker.round().await.unwrap();
    assert_eq!(listed(&stage).await, first + 24);
    let open = node.app.store().waves(ports::store::WaveFilter {
        open: true,
        ..Default::default()
    });
    let open = open.await.unwrap();
    let causes: Vec<String> = open
        .iter()
        .map(|w| w.cause.change.as_str().to_owned())
        .collect();
    assert_eq!(causes, ["drift"]);
    assert!(
        summary(
            &node
                .app
                .plan(&testkit::node::actor("ana"), true)
                .await
                .unwrap()
        )
        .is_empty()
    );

    // What could not be listed whole is tried again in an hour.
    node.clock.advance(HOUR * 24);
    chat.order([Fault::Broken]);
    node.worker.round().await.unwrap();
    node.clock.advance(HOUR);
    node.worker.round().await.unwrap();
    assert_eq!(listed(&stage).await, first + 49);
}
