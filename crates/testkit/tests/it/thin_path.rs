//! One HR file, one app: people come, move and go, and the app agrees.

use model::PlanId;
use testkit::node::actor;

use crate::company::{GUARD, stage, summary, workers};

#[tokio::test]
async fn ten_workers_arrive_and_the_second_plan_is_empty() {
    let stage = stage(GUARD).await;
    let waves = stage.deliver(&workers(10)).await;
    assert_eq!(summary(&waves), ["joiner allow 10", "rule allow 1"]);
    stage.apply(&waves).await;
    let chat = stage.company.target("chat");
    let p2 = chat.account("p2@acme.example").unwrap();
    assert!(p2.active);
    assert_eq!(p2.attributes["title"], "Engineering".into());
    let boss = chat
        .objects()
        .into_iter()
        .find(|(_, o)| o.external == chat.account("p1@acme.example").unwrap().external);
    let manager = documents::MANAGER_PATH;
    assert_eq!(p2.attributes[manager].to_string(), boss.unwrap().0.0);
    assert_eq!(
        chat.members_of("Sales"),
        ["p3@acme.example", "p6@acme.example", "p9@acme.example"]
    );
    assert_eq!(chat.members_of("Engineering").len(), 7);
    // The same file again changes nothing.
    let waves = stage.deliver(&workers(10)).await;
    assert_eq!(summary(&waves), Vec::<String>::new());
}

#[tokio::test]
async fn a_mover_moves_a_leaver_leaves_and_both_are_explained() {
    let stage = stage(GUARD).await;
    let mut rows = workers(10);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    rows[1] = rows[1].replace("Engineering", "Sales");
    rows[3] = rows[3].replace("2020-01-01,,", "2020-01-01,2026-11-20,");
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["leaver allow 1", "mover allow 1"]);
    stage.apply(&waves).await;
    let chat = stage.company.target("chat");
    assert!(
        chat.members_of("Sales")
            .contains(&"p2@acme.example".to_owned())
    );
    assert!(
        !chat
            .members_of("Engineering")
            .contains(&"p2@acme.example".to_owned())
    );
    assert!(!chat.account("p4@acme.example").unwrap().active);
    assert!(
        !chat
            .members_of("Engineering")
            .contains(&"p4@acme.example".to_owned())
    );
    let why = stage.node.app.why_access("w004", "chat").await.unwrap();
    assert_eq!(
        (why.items[0].wanted, why.items[0].seen),
        ("disabled", "disabled")
    );
    assert_eq!(why.items[0].because[0].by, "lifecycle/leaver");
    let why = stage
        .node
        .app
        .why_access("p2@acme.example", "chat")
        .await
        .unwrap();
    assert!(
        why.items
            .iter()
            .any(|i| i.seen == "member" && i.because[0].by == "rule/sellers")
    );
}

#[tokio::test]
async fn missing_rows_are_held_while_the_explicit_leaver_goes() {
    let stage = stage(GUARD).await;
    let mut rows = workers(20);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    rows[0] = rows[0].replace("2020-01-01,,", "2020-01-01,2026-11-20,");
    rows.truncate(12);
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["leaver allow 1", "missing_row ask 8"]);
    let app = &stage.node.app;
    let held = &waves[1];
    let refused = app.apply(&actor("ana"), held.wave, "").await.unwrap_err();
    assert_eq!(refused.code(), "TNR-WAVE-0003");
    let own = app
        .release(&actor("ana"), held.wave, &[], "mine")
        .await
        .unwrap_err();
    assert_eq!(own.code(), "TNR-WAVE-0001", "the author may not release it");
    // One row is released by someone else, the others are refused.
    let one: Vec<PlanId> = held.plans.iter().take(1).map(|p| p.id).collect();
    assert_eq!(
        app.release(&actor("bo"), held.wave, &one, "really left")
            .await
            .unwrap(),
        1
    );
    assert_eq!(
        app.refuse(&actor("bo"), held.wave, &[], "truncated file")
            .await
            .unwrap(),
        7
    );
    app.apply(&actor("ana"), waves[0].wave, "").await.unwrap();
    stage.node.settle(100).await.unwrap();
    let active = |o: &&testkit::memory::Object| o.active && o.kind == model::Kind::Account;
    let chat = stage.company.target("chat");
    assert_eq!(chat.objects().values().filter(active).count(), 18);
    // What was refused is not proposed again.
    let again = app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(summary(&again), Vec::<String>::new());
}

#[tokio::test]
async fn an_empty_file_halts() {
    let stage = stage(GUARD).await;
    let waves = stage.deliver(&workers(5)).await;
    stage.apply(&waves).await;
    let waves = stage.deliver(&[]).await;
    assert_eq!(summary(&waves), ["missing_row halt 5"]);
    let app = &stage.node.app;
    let error = app
        .release(&actor("bo"), waves[0].wave, &[], "")
        .await
        .unwrap_err();
    assert_eq!(error.code(), "TNR-WAVE-0002");
}

#[tokio::test]
async fn undo_brings_back_what_a_wave_took_away() {
    let stage = stage(GUARD).await;
    let mut rows = workers(10);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    let chat = stage.company.target("chat");
    let before = chat.objects();
    rows[1] = rows[1].replace("Engineering", "Sales");
    rows[3] = rows[3].replace("2020-01-01,,", "2020-01-01,2026-11-20,");
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    assert_ne!(plain(&before), plain(&chat.objects()));
    for wave in &waves {
        let bo = actor("bo");
        let undo = stage
            .node
            .app
            .undo(&bo, wave.wave, "wrong person", false)
            .await
            .unwrap();
        assert_eq!(undo.waves.len(), 1);
        stage.apply(&undo.waves).await;
    }
    assert_eq!(
        plain(&before),
        plain(&chat.objects()),
        "everything is as it was"
    );
    // News of the leaver end the undo.
    rows[3] = rows[3].replace("2026-11-20", "2026-11-21");
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["leaver allow 1"]);
    stage.apply(&waves).await;
    assert!(!chat.account("p4@acme.example").unwrap().active);
}

type Plain = Vec<(String, bool, model::Attributes, Vec<String>)>;

fn plain(objects: &std::collections::BTreeMap<model::RemoteId, testkit::memory::Object>) -> Plain {
    objects
        .iter()
        .map(|(remote, o)| {
            let members = o.members.iter().map(ToString::to_string).collect();
            (remote.to_string(), o.active, o.attributes.clone(), members)
        })
        .collect()
}
