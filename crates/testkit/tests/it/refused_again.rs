//! A source whose files are refused for one reason after the other.

use testkit::node::actor;

use crate::company::{GUARD, Stage, csv, stage, workers};

async fn refused(stage: &Stage, file: &[u8]) {
    let app = &stage.node.app;
    let told = app
        .deliver(&actor("ana"), "hr", "hr.csv", file, false)
        .await;
    assert!(told.unwrap().refused);
}

/// When it was opened first, and what it tells.
async fn open(stage: &Stage) -> (String, String) {
    let rows = stage.node.app.store().open_findings(99).await.unwrap();
    let [row] = &rows[..] else {
        panic!("{} findings", rows.len());
    };
    let opened = &row.opened;
    assert_eq!(opened.finding.code, "TNR-SRC-0001");
    (opened.id.to_string(), opened.finding.problem.clone())
}

#[tokio::test]
async fn a_finding_tells_what_is_wrong_with_the_last_file() {
    let stage = stage(GUARD).await;
    let rows = workers(3);
    stage.deliver(&rows).await;
    let whole = csv(&rows);
    let cut = &whole[..whole.len() - 12];
    refused(&stage, cut).await;
    let first = open(&stage).await;
    // The same file again tells nothing new.
    refused(&stage, cut).await;
    assert_eq!(open(&stage).await, first);
    let twice = [rows.clone(), rows[..1].to_vec()].concat();
    refused(&stage, &csv(&twice)).await;
    let second = open(&stage).await;
    assert_ne!(second.0, first.0);
    assert!(second.1.contains("w001") || second.1.contains("twice") || second.1.contains("key"));
    assert_ne!(second.1, first.1);
    stage.deliver(&rows).await;
    let rows = stage.node.app.store().open_findings(99).await.unwrap();
    assert!(rows.is_empty(), "a sound file ends it");
}
