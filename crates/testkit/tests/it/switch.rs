//! Nothing is written where writing is stopped or impossible; what could not be done is done later.

use std::time::Duration;

use model::TargetName;
use testkit::Fault;
use testkit::node::actor;

use crate::company::{GUARD, Stage, stage, summary, workers};

/// Works for a while without waiting for what waits longer.
async fn work(stage: &Stage, passes: u32) -> u64 {
    let mut sent = 0;
    for _ in 0..passes {
        let pass = stage.node.worker.pass().await.unwrap();
        sent += pass.sent;
        let Some(next) = pass.next else { break };
        stage.node.clock.advance_to(next);
    }
    sent
}

#[tokio::test]
async fn the_kill_switch_stops_what_is_let_go_and_resuming_goes_on() {
    let stage = stage(GUARD).await;
    let waves = stage.deliver(&workers(4)).await;
    let (app, carl) = (&stage.node.app, actor("carl"));
    for (target, all) in [(None, true), (Some(TargetName::from("chat")), false)] {
        app.stop_writing(&carl, target.clone(), "a look first")
            .await
            .unwrap();
        if all {
            for wave in &waves {
                app.apply(&actor("ana"), wave.wave, "go").await.unwrap();
            }
        }
        work(&stage, 20).await;
        let journal = stage.company.target("chat").journal();
        assert_eq!(journal, vec![], "nothing leaves while writing is stopped");
        if all {
            app.resume_writing(&carl, target, "looked").await.unwrap();
            app.stop_writing(&carl, Some("chat".into()), "only this one")
                .await
                .unwrap();
            app.resume_writing(&carl, Some("chat".into()), "looked")
                .await
                .unwrap();
            app.stop_writing(&carl, Some("chat".into()), "again")
                .await
                .unwrap();
        } else {
            app.resume_writing(&carl, target, "looked").await.unwrap();
        }
    }
    stage.node.settle(200).await.unwrap();
    assert!(
        stage
            .company
            .target("chat")
            .account("p1@acme.example")
            .unwrap()
            .active
    );
    let again = app.plan(&carl, false).await.unwrap();
    assert_eq!(summary(&again), Vec::<String>::new());
}

#[tokio::test]
async fn a_leaver_waits_for_a_target_that_is_away_and_is_out_when_it_is_back() {
    let stage = stage(GUARD).await;
    let mut rows = workers(4);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    rows[2] = rows[2].replace("2020-01-01,,", "2020-01-01,2026-11-20,");
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["leaver allow 1"]);
    stage
        .node
        .app
        .apply(&actor("ana"), waves[0].wave, "")
        .await
        .unwrap();
    let chat = stage.company.target("chat");
    // For longer than any number of attempts would last: busy, then not there at all.
    let wait = Duration::from_secs(30);
    chat.order((0..30).map(|_| Fault::Busy(wait)));
    chat.order((0..60).map(|_| Fault::Broken));
    work(&stage, 60).await;
    assert!(
        chat.account("p3@acme.example").unwrap().active,
        "it is still away"
    );
    stage.node.settle(400).await.unwrap();
    assert!(!chat.account("p3@acme.example").unwrap().active);
    let again = stage.node.app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(summary(&again), Vec::<String>::new());
}
