//! User names: what one account has, no other is to have.

use model::plan::About;
use model::{Completeness, SubjectId};
use testkit::memory::Fault;

use crate::company::{GUARD, Stage, stage, summary, workers};

/// Three workers, the first and the last of whom are to have the same name.
fn alike() -> Vec<String> {
    let mut rows = workers(3);
    rows[2] = rows[2].replace("p3@", "P1@");
    rows
}

async fn subject(stage: &Stage, key: &str) -> SubjectId {
    let found = stage.node.app.store().person_by_key("hr", key).await;
    found.unwrap().unwrap().subject
}

async fn codes(stage: &Stage) -> Vec<(String, Option<SubjectId>)> {
    let open = stage.node.app.store().open_findings(99).await.unwrap();
    let mut all: Vec<_> = open
        .into_iter()
        .map(|f| (f.opened.finding.code, f.opened.finding.subject))
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_planning_of_one_person_gives_no_name_that_the_waiting_plan_of_another_gives() {
    let stage = stage(GUARD).await;
    stage.deliver(&alike()[..1]).await;
    let delivered = crate::company::csv(&alike());
    let (app, ana) = (&stage.node.app, testkit::node::actor("ana"));
    app.deliver(&ana, "hr", "hr.csv", &delivered, false)
        .await
        .unwrap();
    let (first, third) = (subject(&stage, "w001").await, subject(&stage, "w003").await);
    let waves = app.plan_for(&ana, vec![third], false).await.unwrap();
    assert_eq!(waves, vec![]);
    let told = vec![("TNR-PLAN-0007".to_owned(), Some(third))];
    assert_eq!(codes(&stage).await, told);

    // The first one's plan waits as it was, whoever is looked at.
    let waves = app.plan(&ana, false).await.unwrap();
    let abouts: Vec<&About> = waves
        .iter()
        .flat_map(|w| &w.plans)
        .map(|p| &p.plan.about)
        .collect();
    let second = About::Subject(subject(&stage, "w002").await);
    assert_eq!(abouts, [&second]);
    let mine = app.store().open_plans_about(&[About::Subject(first)]).await;
    assert_eq!(mine.unwrap().len(), 1);
}

#[tokio::test]
async fn a_new_name_is_not_known_to_be_free_where_the_app_was_not_listed_completely() {
    let stage = stage(GUARD).await;
    let waves = stage.deliver(&workers(3)).await;
    stage.apply(&waves).await;
    let (app, ana) = (&stage.node.app, testkit::node::actor("ana"));
    // No listing succeeds, now and before the next planning.
    let chat = stage.company.target("chat");
    chat.order(vec![Fault::Broken; 4]);
    let runs = app.observe(&ana, &"chat".into()).await.unwrap();
    assert!(runs.iter().all(|r| r.completeness != Completeness::Full));
    let mut rows = workers(3);
    rows[0] = rows[0].replace("p1@", "q1@");
    assert_eq!(stage.deliver(&rows).await, vec![]);
    let first = subject(&stage, "w001").await;
    let told = vec![("TNR-PLAN-0006".to_owned(), Some(first))];
    assert_eq!(codes(&stage).await, told);

    let waves = app.plan(&ana, false).await.unwrap();
    assert_eq!(summary(&waves), ["mover allow 1"]);
}
