//! Who is never taken away unasked, and who is never forgotten.

use testkit::node::actor;

use crate::company::{documents, stage, summary, workers};

const GUARD: &str = "kind: Guard
metadata: {name: guard}
spec:
  removals: {max_count: 50, max_share_percent: 100}
  creations: {max_count: 100, max_share_percent: 100}
  protected: [w002]
  last_admin: [{app: chat, group: sales}]
  apply: manual
";

fn leave(row: &mut String) {
    *row = row.replace("2020-01-01,,", "2020-01-01,2026-11-20,");
}

#[tokio::test]
async fn a_protected_person_is_asked_about_whatever_the_share() {
    let stage = stage(GUARD).await;
    let mut rows = workers(10);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    leave(&mut rows[3]);
    assert_eq!(summary(&stage.deliver(&rows).await), ["leaver allow 1"]);
    leave(&mut rows[1]);
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["leaver ask 1"]);
    assert!(
        waves[0].verdict.because()[0].contains("First2"),
        "{:?}",
        waves[0].verdict
    );
}

/// A leaver who is a break-glass account never goes unnoticed with the others.
#[tokio::test]
async fn a_break_glass_account_is_asked_about_whatever_the_share() {
    let stage = stage(GUARD).await;
    let mut files = documents(GUARD);
    let policy = "kind: Channel
metadata: {name: mail}
spec:
  smtp: {host: mail.acme.example, from: a@acme.example, to: [b@acme.example]}
---
kind: Alarm
metadata: {name: glass}
spec: {about: [break-glass], channels: [mail], acknowledge_within_minutes: 15, escalate_to: [mail]}
---
kind: SignOnPolicy
metadata: {name: all}
spec:
  login: person.email
  rules: [{name: all, demand: multi-factor}]
  break_glass: {people: [w004, {source: hr, key: w005}]}
";
    files.push(("sign-on.yaml".to_owned(), policy.to_owned()));
    let ana = actor("ana");
    let accepted = stage.node.app.accept_documents(&ana, files, false);
    accepted.await.unwrap();
    let mut rows = workers(10);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    leave(&mut rows[4]);
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["leaver ask 1"]);
    let because = &waves[0].verdict.because()[0];
    assert!(
        because.contains("First5 Last5 (a break-glass account)"),
        "{because}"
    );
}

#[tokio::test]
async fn the_last_member_of_a_group_under_last_admin_is_asked_about() {
    let stage = stage(GUARD).await;
    // w003 and w006 are in Sales.
    let mut rows = workers(6);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    leave(&mut rows[2]);
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["leaver allow 1"], "one of two");
    stage.apply(&waves).await;
    leave(&mut rows[5]);
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["leaver ask 1"], "the last one");
    assert!(waves[0].verdict.because()[0].contains("chat/sales"));
}

#[tokio::test]
async fn nobody_is_erased_while_an_account_of_theirs_is_active() {
    let stage = stage(GUARD).await;
    let mut rows = workers(5);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    leave(&mut rows[3]);
    let left = stage.deliver(&rows).await;
    stage.apply(&left).await;
    let app = &stage.node.app;
    let bo = actor("bo");
    let undo = app.undo(&bo, left[0].wave, "not yet", false).await.unwrap();
    stage.apply(&undo.waves).await;
    let refused = app.erase(&bo, "w004", "asked for it").await.unwrap_err();
    assert_eq!(refused.code(), "TNR-APP-0053");
    rows[3] = rows[3].replace("2026-11-20", "2026-11-21");
    let left = stage.deliver(&rows).await;
    stage.apply(&left).await;
    app.erase(&bo, "w004", "asked for it").await.unwrap();
}
