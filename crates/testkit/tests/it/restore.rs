//! A restored store writes nothing until everything was seen again.

use model::{Scope, Timestamp};
use std::time::Duration;
use testkit::node::actor;

use crate::company::{GUARD, stage, summary, workers};

#[tokio::test]
async fn a_restore_stops_writing_voids_plans_revokes_tokens_and_looks_first() {
    let stage = stage(GUARD).await;
    let app = &stage.node.app;
    let mut rows = workers(10);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    let ana = actor("ana");
    let day = Duration::from_secs(86_400);
    let (_, secret) = app
        .issue_token(None, &ana, "ana", &[Scope::Read], day, &[])
        .await
        .unwrap();
    let home = "127.0.0.1".parse().unwrap();
    assert!(app.authenticate(secret.expose(), home).await.is_ok());
    rows[1] = rows[1].replace("Engineering", "Sales");
    let waves = stage.deliver(&rows).await;
    app.apply(&ana, waves[0].wave, "").await.unwrap();

    app.restored(&ana, 1, Timestamp::EPOCH).await.unwrap();
    let chat = stage.company.target("chat");
    chat.clear_journal();
    assert!(app.authenticate(secret.expose(), home).await.is_err());
    assert_eq!(
        stage.node.settle(50).await.unwrap(),
        0,
        "the released plan is void"
    );
    // Even a new plan sends nothing while writing is off.
    let waves = app.plan(&ana, false).await.unwrap();
    assert_eq!(summary(&waves), ["mover allow 1"]);
    app.apply(&ana, waves[0].wave, "").await.unwrap();
    for _ in 0..5 {
        let pass = stage.node.worker.pass().await.unwrap();
        stage.node.clock.advance_to(pass.next.unwrap());
    }
    assert_eq!(chat.journal(), vec![]);
    // A target that cannot be seen keeps the switch on.
    chat.order([testkit::Fault::Broken]);
    assert_eq!(
        app.resume_writing(&ana, None, "checked")
            .await
            .unwrap_err()
            .code(),
        "TNR-APP-0060"
    );
    app.resume_writing(&ana, None, "checked").await.unwrap();
    stage.node.settle(50).await.unwrap();
    assert!(
        chat.members_of("Sales")
            .contains(&"p2@acme.example".to_owned())
    );
}
