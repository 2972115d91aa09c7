//! Termination for cause: out now, whatever HR says.

use app::ErrorKind;
use testkit::node::actor;

use crate::company::{GUARD, Stage, stage, summary, workers};

async fn at_work() -> (Stage, Vec<String>) {
    let stage = stage(GUARD).await;
    let rows = workers(10);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    (stage, rows)
}

fn is_active(stage: &Stage, n: usize) -> bool {
    let account = stage
        .company
        .target("chat")
        .account(&format!("p{n}@acme.example"));
    account.unwrap().active
}

fn groups(stage: &Stage) -> usize {
    let chat = stage.company.target("chat");
    chat.members_of("Sales").len() + chat.members_of("Engineering").len()
}

#[tokio::test]
async fn it_begins_at_once_and_no_later_row_gives_anything_back() {
    let (stage, mut rows) = at_work().await;
    let app = &stage.node.app;
    let bo = actor("bo");
    let would = app.terminate(&bo, "w003", "the till", true).await.unwrap();
    assert_eq!(summary(&would.waves), ["termination allow 1"]);
    assert!(is_active(&stage, 3), "a dry run does nothing");

    let done = app.terminate(&bo, "w003", "the till", false).await.unwrap();
    assert_eq!(summary(&done.waves), ["termination allow 1"]);
    stage.node.settle(50).await.unwrap();
    assert!(!is_active(&stage, 3));
    assert_eq!(groups(&stage), 9);
    let again = app
        .terminate(&bo, "w003", "again", false)
        .await
        .unwrap_err();
    assert_eq!(again.code(), "TNR-TERM-0001");

    // HR still has them, moves them, takes them out of its file and puts them in again.
    rows[2] = rows[2].replace("Sales", "Engineering");
    assert_eq!(summary(&stage.deliver(&rows).await), Vec::<String>::new());
    let gone = rows.remove(2);
    stage.deliver(&rows).await;
    rows.insert(2, gone);
    assert_eq!(summary(&stage.deliver(&rows).await), Vec::<String>::new());
    stage.node.settle(50).await.unwrap();
    assert!(!is_active(&stage, 3));

    let why = app.why_access("w003", "chat").await.unwrap();
    assert!(why.terminated);
    let because = &why.items[0].because;
    assert!(
        because
            .iter()
            .any(|r| r.by == "lifecycle/termination" && r.text.contains("bo")),
        "{because:?}"
    );
    assert!(
        !format!("{because:?}").contains("till"),
        "the reason stays with who may see it"
    );
}

#[tokio::test]
async fn hr_confirms_it_and_then_its_word_counts_again() {
    let (stage, mut rows) = at_work().await;
    let app = &stage.node.app;
    app.terminate(&actor("bo"), "w003", "the till", false)
        .await
        .unwrap();
    stage.node.settle(50).await.unwrap();
    let working = rows[2].clone();
    rows[2] = working.replace("2020-01-01,,", "2020-01-01,2026-11-20,");
    stage.deliver(&rows).await;
    let person = app.one_person("w003").await.unwrap().person;
    assert_eq!(person.termination, None, "HR says that they have left");
    stage.node.settle(50).await.unwrap();
    assert!(!is_active(&stage, 3));
    rows[2] = working;
    let back = stage.deliver(&rows).await;
    assert_eq!(summary(&back), ["rehire allow 1"]);
    stage.apply(&back).await;
    assert!(is_active(&stage, 3));
}

/// HR takes a last day back at the very instant at which it comes, and before any timer has looked.
#[tokio::test]
async fn a_last_day_that_came_confirms_it_although_nobody_had_looked_yet() {
    let (stage, mut rows) = at_work().await;
    let app = &stage.node.app;
    app.terminate(&actor("bo"), "w003", "the till", false)
        .await
        .unwrap();
    stage.node.settle(50).await.unwrap();
    let working = rows[2].clone();
    rows[2] = working.replace("2020-01-01,,", "2020-01-01,2026-11-27,");
    stage.deliver(&rows).await;
    let person = app.one_person("w003").await.unwrap().person;
    let last_day = person.next_change.expect("the last day is known");
    assert!(person.termination.is_some(), "it is still to come");
    stage.node.clock.advance_to(last_day);
    rows[2] = working;
    let back = stage.deliver(&rows).await;
    let person = app.one_person("w003").await.unwrap().person;
    assert_eq!(person.termination, None, "HR had said that they left");
    assert_eq!(summary(&back), ["rehire allow 1"]);
}

#[tokio::test]
async fn somebody_else_can_lift_it_and_an_undo_cannot() {
    let (stage, _) = at_work().await;
    let app = &stage.node.app;
    let (bo, carl) = (actor("bo"), actor("carl"));
    let done = app.terminate(&bo, "w003", "the till", false).await.unwrap();
    stage.node.settle(50).await.unwrap();
    let undo = app.undo(&carl, done.waves[0].wave, "no", false).await;
    assert_eq!(undo.unwrap_err().code(), "TNR-UNDO-0003");
    let own = app.lift_termination(&bo, "w003", "a mistake", false).await;
    assert_eq!(own.unwrap_err().kind(), ErrorKind::Denied);
    let lifted = app
        .lift_termination(&carl, "w003", "a mistake", false)
        .await;
    stage.apply(&lifted.unwrap().waves).await;
    assert!(is_active(&stage, 3));
    assert_eq!(groups(&stage), 10);
    let none = app.lift_termination(&carl, "w003", "again", false).await;
    assert_eq!(none.unwrap_err().code(), "TNR-TERM-0002");
}

#[tokio::test]
async fn a_plan_that_was_let_go_before_gives_them_nothing_more() {
    let (stage, mut rows) = at_work().await;
    let app = &stage.node.app;
    rows[2] = rows[2].replace("Sales", "Engineering");
    let mover = stage.deliver(&rows).await;
    app.apply(&actor("ana"), mover[0].wave, "as planned")
        .await
        .unwrap();
    app.terminate(&actor("bo"), "w003", "the till", false)
        .await
        .unwrap();
    for _ in 0..5 {
        stage.node.settle(50).await.unwrap();
        app.plan(&actor("ana"), false).await.unwrap();
    }
    assert!(!is_active(&stage, 3));
    let chat = stage.company.target("chat");
    let third = "p3@acme.example".to_owned();
    assert!(!chat.members_of("Engineering").contains(&third));
    assert!(!chat.members_of("Sales").contains(&third));
}

#[tokio::test]
async fn stopped_between_the_word_and_the_plan_the_same_command_goes_on() {
    let (stage, _) = at_work().await;
    let app = &stage.node.app;
    let bo = actor("bo");
    let subject = app.one_person("w003").await.unwrap().person.subject;
    let said = model::Event::SubjectTerminated(model::event::SubjectTerminated {
        subject,
        by: "bo".to_owned(),
        personal: model::Personal::Known("the till".to_owned()),
    });
    let append = app::rows::Append::of(bo.clone(), vec![said]);
    app.store().append(append).await.unwrap();
    let done = app.terminate(&bo, "w003", "the till", false).await.unwrap();
    assert_eq!(summary(&done.waves), ["termination allow 1"]);
    stage.node.settle(50).await.unwrap();
    assert!(!is_active(&stage, 3));
}

#[tokio::test]
async fn protected_people_are_asked_about_even_so() {
    let guard = GUARD.replace("  apply: manual", "  protected: [w003]\n  apply: manual");
    let stage = stage(&guard).await;
    let waves = stage.deliver(&workers(5)).await;
    stage.apply(&waves).await;
    let app = &stage.node.app;
    let done = app
        .terminate(&actor("bo"), "w003", "the till", false)
        .await
        .unwrap();
    assert_eq!(summary(&done.waves), ["termination ask 1"]);
    let own = app
        .release(&actor("bo"), done.waves[0].wave, &[], "go")
        .await;
    assert_eq!(own.unwrap_err().code(), "TNR-WAVE-0001");
    app.release(&actor("carl"), done.waves[0].wave, &[], "seen")
        .await
        .unwrap();
    stage.node.settle(50).await.unwrap();
    assert!(!is_active(&stage, 3));
}
