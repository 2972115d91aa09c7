//! Accounts that are kept no longer: what has to be true when one is deleted, and not only when its
//! plan was made.

use std::time::Duration;

use app::WavePreview;
use model::plan::PlanStatus;
use model::{Kind, RemoteId};
use testkit::memory::Fault;
use testkit::node::actor;

use crate::company::{GUARD, Stage, documents, stage, summary, workers};

const DAY: Duration = Duration::from_secs(86_400);

fn retaining(guard: &str) -> Vec<(String, String)> {
    let mut files = documents(guard);
    for (name, text) in &mut files {
        if name == "chat.yaml" {
            *text = text.replace(
                "mode: enforce",
                "mode: enforce\n  leaver: {delete_after_days: 10}",
            );
        }
    }
    files
}

async fn push(stage: &Stage, files: Vec<(String, String)>) {
    let (app, dora) = (&stage.node.app, actor("dora"));
    let accepted = app.accept_documents(&dora, files, false).await;
    assert!(accepted.unwrap().changed);
}

/// A company of ten, the third of whom has left and been disabled.
async fn left(guard: &str) -> (Stage, Vec<String>) {
    let stage = stage(guard).await;
    push(&stage, retaining(guard)).await;
    let mut rows = workers(10);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    stage.node.clock.advance(DAY / 24);
    rows[2] = rows[2].replace("2020-01-01,,", "2020-01-01,2026-11-22,");
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["leaver allow 1"]);
    stage.apply(&waves).await;
    (stage, rows)
}

/// Ten days on, what the timers propose.
async fn over(stage: &Stage) -> Vec<WavePreview> {
    stage.node.clock.advance(DAY * 10);
    stage.node.worker.tick().await.unwrap();
    stage.node.app.plan(&actor("ana"), true).await.unwrap()
}

/// The only wave that is open.
async fn open_wave(stage: &Stage) -> ports::store::WaveRow {
    let filter = ports::store::WaveFilter {
        open: true,
        ..Default::default()
    };
    let mut open = stage.node.app.store().waves(filter).await.unwrap();
    assert_eq!(open.len(), 1, "{open:?}");
    open.remove(0)
}

fn account(stage: &Stage) -> Option<(RemoteId, bool)> {
    let objects = stage.company.target("chat").objects();
    let mut found = objects.into_iter().filter(|(_, o)| {
        let name = o.attributes.get("userName");
        o.kind == Kind::Account && name.is_some_and(|n| n.to_string() == "p3@acme.example")
    });
    found.next().map(|(remote, o)| (remote, o.active))
}

async fn codes(stage: &Stage) -> Vec<String> {
    let open = stage.node.app.store().open_findings(99).await.unwrap();
    open.into_iter().map(|f| f.opened.finding.code).collect()
}

#[tokio::test]
async fn it_is_proposed_by_itself_asked_and_the_link_ends_with_the_account() {
    let (stage, mut rows) = left(GUARD).await;
    let app = &stage.node.app;
    let (before, _) = account(&stage).unwrap();
    assert_eq!(over(&stage).await, vec![], "it waits already");
    let wave = open_wave(&stage).await;
    assert_eq!(
        (wave.cause.to_string(), wave.author.as_str()),
        ("deletion (clock)".to_owned(), "system")
    );
    let held = app.apply(&actor("ana"), wave.wave, "go").await.unwrap_err();
    assert!(held.to_string().contains("deleted for good"), "{held}");

    app.release(&actor("bo"), wave.wave, &[], "go")
        .await
        .unwrap();
    stage.node.settle(50).await.unwrap();
    assert_eq!(account(&stage), None);
    let person = app.one_person("w003").await.unwrap().person;
    let links = app.store().links_of(person.subject).await.unwrap();
    assert_eq!(links, vec![], "nothing is linked any more");
    assert_eq!(app.plan(&actor("ana"), false).await.unwrap(), vec![]);
    let why = app.why_access("w003", "chat").await.unwrap();
    assert_eq!(
        (why.items[0].wanted, why.items[0].seen),
        ("absent", "absent")
    );
    let undo = app.undo(&actor("carl"), wave.wave, "no", false).await;
    assert_eq!(undo.unwrap_err().code(), "TNR-UNDO-0004");

    rows[2] = rows[2].replace("2026-11-22", "");
    let back = stage.deliver(&rows).await;
    assert_eq!(summary(&back), ["rehire allow 1"]);
    stage.apply(&back).await;
    let (after, active) = account(&stage).unwrap();
    assert!(active && after != before, "a new account");
}

#[tokio::test]
async fn a_hold_that_comes_after_the_release_still_counts() {
    let (stage, _) = left(GUARD).await;
    over(&stage).await;
    let app = &stage.node.app;
    let wave = open_wave(&stage).await;
    app.release(&actor("bo"), wave.wave, &[], "go")
        .await
        .unwrap();
    let mut files = retaining(GUARD);
    let hold = "kind: Hold\nmetadata: {name: case-7}\nspec: {person: w003, owner: w001, reason: \
                evidence, until: 2027-06-30T00:00:00Z}\n";
    files.push(("hold.yaml".to_owned(), hold.to_owned()));
    push(&stage, files).await;
    stage.node.settle(50).await.unwrap();
    assert_eq!(account(&stage).map(|(_, active)| active), Some(false));
    let plans = app.all_plans_of(wave.wave).await.unwrap();
    assert_eq!(plans[0].status, PlanStatus::Stale);
    assert_eq!(app.plan(&actor("ana"), false).await.unwrap(), vec![]);
    let why = app.why_access("w003", "chat").await.unwrap();
    let held = why.items[0].because.iter().find(|r| r.by == "hold/case-7");
    assert!(held.is_some_and(|r| r.text.contains("evidence")), "{why:?}");

    // When it is taken away, whoever did that may not release what follows.
    push(&stage, retaining(GUARD)).await;
    let waves = app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(summary(&waves), ["deletion ask 1"]);
    let own = app.release(&actor("dora"), waves[0].wave, &[], "go").await;
    assert_eq!(own.unwrap_err().code(), "TNR-WAVE-0001");
}

#[tokio::test]
async fn whoever_is_back_before_it_was_carried_out_keeps_their_account() {
    let (stage, mut rows) = left(GUARD).await;
    over(&stage).await;
    let app = &stage.node.app;
    let wave = open_wave(&stage).await;
    app.release(&actor("bo"), wave.wave, &[], "go")
        .await
        .unwrap();
    let before = account(&stage).unwrap().0;
    rows[2] = rows[2].replace("2026-11-22", "");
    stage.deliver(&rows).await;
    stage.node.settle(50).await.unwrap();
    let again = app.plan(&actor("ana"), false).await.unwrap();
    for wave in &again {
        app.apply(&actor("ana"), wave.wave, "back").await.unwrap();
    }
    let open = app.store().waves(Default::default()).await.unwrap();
    for row in open.iter().filter(|w| w.count(PlanStatus::Waiting) > 0) {
        app.apply(&actor("ana"), row.wave, "back").await.unwrap();
    }
    stage.node.settle(50).await.unwrap();
    assert_eq!(
        account(&stage),
        Some((before, true)),
        "enabled, not made anew"
    );
}

#[tokio::test]
async fn nothing_is_deleted_that_no_complete_listing_shows_disabled() {
    let (stage, _) = left(GUARD).await;
    let chat = stage.company.target("chat");
    // The look before the deletion fails.
    chat.order(vec![Fault::Broken; 2]);
    assert_eq!(over(&stage).await, vec![]);
    assert_eq!(codes(&stage).await, ["TNR-PLAN-0009"]);
    let waves = stage.node.app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(
        summary(&waves),
        ["deletion ask 1"],
        "the next look succeeds"
    );
    stage.node.app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(codes(&stage).await, Vec::<String>::new());

    // Somebody enables it behind our back; it is seen while the wave waits.
    let (remote, _) = account(&stage).unwrap();
    chat.tamper(&remote, |o| o.active = true);
    let app = &stage.node.app;
    app.observe(&actor("ana"), &"chat".into()).await.unwrap();
    app.release(&actor("bo"), waves[0].wave, &[], "go")
        .await
        .unwrap();
    stage.node.settle(50).await.unwrap();
    assert!(account(&stage).is_some());
    let waves = app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(summary(&waves), ["leaver allow 1"], "closed first");
    app.apply(&actor("ana"), waves[0].wave, "go").await.unwrap();
    stage.node.settle(50).await.unwrap();
    let waves = app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(summary(&waves), ["deletion ask 1"], "and asked again");
}

#[tokio::test]
async fn a_tenant_may_let_a_few_go_unasked() {
    let guard = GUARD.replace(
        "  apply: manual",
        "  deletions: {max_count: 1, max_share_percent: 0}\n  apply: automatic",
    );
    let (stage, _) = left(&guard).await;
    over(&stage).await;
    stage.node.settle(50).await.unwrap();
    assert_eq!(account(&stage), None);
}

#[tokio::test]
async fn a_missing_row_and_a_pinned_account_are_never_deleted() {
    let (stage, mut rows) = left(GUARD).await;
    let app = &stage.node.app;
    // The fourth is no longer in the file: nobody said that they have left.
    rows.remove(3);
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["missing_row allow 1"]);
    stage.apply(&waves).await;
    // The third is taken back a day before the retention ends.
    stage.node.clock.advance(DAY * 9);
    let filter = ports::store::WaveFilter::default();
    let all = app.store().waves(filter).await.unwrap();
    let leaver = all.iter().find(|w| w.cause.change.as_str() == "leaver");
    let bo = actor("bo");
    let undo = app.undo(&bo, leaver.unwrap().wave, "wrong", false).await;
    let undo = undo.unwrap();
    for wave in &undo.waves {
        app.apply(&actor("bo"), wave.wave, "wrong").await.unwrap();
    }
    stage.node.settle(50).await.unwrap();
    assert_eq!(account(&stage).map(|(_, active)| active), Some(true));
    stage.node.clock.advance(DAY * 2);
    stage.node.worker.tick().await.unwrap();
    let open = ports::store::WaveFilter {
        open: true,
        ..filter
    };
    let open = app.store().waves(open).await.unwrap();
    assert_eq!(open, vec![], "the undo still holds");
    stage.node.clock.advance(DAY * 400);
    let waves = app.plan(&actor("ana"), false).await.unwrap();
    let plans = waves.iter().map(|w| w.plans.len()).sum::<usize>();
    assert_eq!(
        (summary(&waves), plans),
        (vec!["leaver allow 1".to_owned()], 1)
    );
}
