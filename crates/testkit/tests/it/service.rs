//! Accounts that a document calls a workload's, and what people decide about them.

use app::{DecisionReport, DecisionRow};
use model::{Attributes, Kind, RemoteId, Value};
use testkit::node::actor;

use crate::company::{GUARD, Stage, documents, stage, summary, workers};

const SERVICE: &str = "kind: ServiceAccount\nmetadata: {name: backup}\nspec: {app: chat, account: \
                       p2@acme.example, owner: w001, reason: backups, expires: 2027-06-30T00:00:00Z}\n";

/// A company in whose app somebody's name is a backup's account.
async fn estate() -> (Stage, RemoteId) {
    let stage = stage(GUARD).await;
    let name = Attributes::from([("userName".to_owned(), Value::from("p2@acme.example"))]);
    let chat = stage.company.target("chat");
    let remote = chat.plant(Kind::Account, true, name);
    let ana = actor("ana");
    let observed = stage.node.app.observe(&ana, &"chat".into()).await;
    observed.unwrap();
    (stage, remote)
}

async fn declare(stage: &Stage) {
    let mut files = documents(GUARD);
    files.push(("service.yaml".to_owned(), SERVICE.to_owned()));
    let ana = actor("ana");
    let accepted = stage.node.app.accept_documents(&ana, files, false);
    assert!(accepted.await.unwrap().changed);
}

async fn decide(stage: &Stage, remote: &RemoteId, decision: &str, owner: &str) -> DecisionReport {
    let row = DecisionRow {
        line: 2,
        account: remote.to_string(),
        decision: decision.to_owned(),
        owner: owner.to_owned(),
        ..DecisionRow::default()
    };
    let (bo, rows) = (actor("bo"), [row]);
    let decided = stage
        .node
        .app
        .decide_estate(&bo, "chat", &rows, "looked", false);
    decided.await.unwrap()
}

async fn class(stage: &Stage, remote: &RemoteId) -> &'static str {
    let estate = stage.node.app.estate("chat").await.unwrap();
    let found = estate.accounts.iter().find(|a| a.remote == *remote);
    found.unwrap().class.as_str()
}

#[tokio::test]
async fn what_a_document_says_is_not_decided_otherwise() {
    let (stage, remote) = estate().await;
    declare(&stage).await;
    stage.deliver(&workers(3)).await;
    for decision in ["adopt w002", "orphan", "undecided", "not-the-same w002"] {
        let report = decide(&stage, &remote, decision, "").await;
        let problem = &report.diagnostics[0].problem;
        assert!(problem.contains("`service/backup` says"), "{problem}");
        assert!(report.decided.is_empty());
    }
    let report = decide(&stage, &remote, "service", "w001").await;
    assert_eq!((report.unchanged, report.diagnostics.len()), (1, 0));
    assert_eq!(class(&stage, &remote).await, "service");
}

#[tokio::test]
async fn an_account_that_was_said_to_be_somebodys_is_nobodys_once_a_document_says_so() {
    let (stage, remote) = estate().await;
    let waves = stage.deliver(&workers(3)).await;
    let adopts = |waves: &[app::WavePreview]| {
        let plans = waves.iter().flat_map(|w| &w.plans);
        let mut steps = plans.flat_map(|p| &p.plan.steps);
        steps.any(|s| s.address.kind == Kind::Account && s.act.verb() == "adopt")
    };
    assert!(adopts(&waves), "{:?}", summary(&waves));
    let report = decide(&stage, &remote, "adopt w002", "").await;
    assert_eq!(report.decided.len(), 1, "{:?}", report.diagnostics);
    assert_eq!(class(&stage, &remote).await, "adopted");

    declare(&stage).await;
    assert_eq!(class(&stage, &remote).await, "service");
    let waves = stage.node.app.plan(&actor("ana"), true).await.unwrap();
    assert!(!adopts(&waves), "{:?}", summary(&waves));
}
