//! References to managers whose accounts are made by other plans.

use app::WavePreview;
use model::plan::{About, PlanStatus};
use model::{Act, SubjectId};
use testkit::node::actor;

use crate::company::{GUARD, Stage, stage, summary, workers};

/// Two workers who have accounts; then the second gets a new manager and another department.
async fn moving(stage: &Stage) -> Vec<WavePreview> {
    let waves = stage.deliver(&workers(2)).await;
    stage.apply(&waves).await;
    stage.deliver(&moved()).await
}

fn moved() -> Vec<String> {
    let mut rows = workers(3);
    rows[1] = rows[1].replace("Engineering,w001", "Sales,w003");
    rows
}

fn of<'w>(waves: &'w [WavePreview], change: &str) -> &'w WavePreview {
    let mut found = waves.iter().filter(|w| w.cause.change.as_str() == change);
    found.next().unwrap()
}

/// The verbs of a wave's first plan.
fn verbs(wave: &WavePreview) -> Vec<&'static str> {
    let steps = wave.plans[0].plan.steps.iter();
    steps.map(|step| step.act.verb()).collect()
}

/// Whether the second worker's account refers to that of the third.
fn refers(stage: &Stage) -> bool {
    let chat = stage.company.target("chat");
    let objects = chat.objects();
    let of = |name: &str| {
        let called =
            |o: &&testkit::memory::Object| o.attributes.get("userName") == Some(&name.into());
        objects.values().find(called).cloned()
    };
    let third = objects
        .iter()
        .find(|(_, o)| o.attributes.get("userName") == Some(&"p3@acme.example".into()));
    let manager =
        of("p2@acme.example").and_then(|o| o.attributes.get(documents::MANAGER_PATH).cloned());
    match (third, manager) {
        (Some((remote, _)), Some(manager)) => manager == remote.0.as_str().into(),
        _ => false,
    }
}

async fn subject(stage: &Stage, key: &str) -> SubjectId {
    let found = stage.node.app.store().person_by_key("hr", key).await;
    found.unwrap().unwrap().subject
}

async fn start(stage: &Stage, wave: &WavePreview) {
    let (app, ana) = (&stage.node.app, actor("ana"));
    app.apply(&ana, wave.wave, "test").await.unwrap();
    stage.node.settle(500).await.unwrap();
}

#[tokio::test]
async fn whichever_of_the_two_waves_is_started_first_both_are_carried_out() {
    for first in ["joiner", "mover"] {
        let stage = stage(GUARD).await;
        let waves = moving(&stage).await;
        assert_eq!(summary(&waves), ["joiner allow 1", "mover allow 1"]);
        let steps = ["update", "update", "revoke", "grant"];
        assert_eq!(verbs(of(&waves, "mover")), steps, "the reference alone");
        let second = match first {
            "joiner" => "mover",
            _ => "joiner",
        };
        let (app, ana) = (&stage.node.app, actor("ana"));
        for change in [first, second] {
            let wave = of(&waves, change).wave;
            app.apply(&ana, wave, "test").await.unwrap();
        }
        stage.node.settle(500).await.unwrap();
        assert!(refers(&stage), "{first} first");
        assert_eq!(app.plan(&ana, false).await.unwrap(), vec![]);
    }
}

#[tokio::test]
async fn waiting_plans_are_the_same_however_often_one_plans_and_whoever_is_looked_at() {
    let stage = stage(GUARD).await;
    let waves = moving(&stage).await;
    assert_eq!(summary(&waves), ["joiner allow 1", "mover allow 1"]);
    let (app, ana) = (&stage.node.app, actor("ana"));
    assert_eq!(app.plan(&ana, false).await.unwrap(), vec![]);
    let second = subject(&stage, "w002").await;
    let alone = app.plan_for(&ana, vec![second], false).await.unwrap();
    assert_eq!(alone, vec![]);
    stage.apply(&waves).await;
    assert!(refers(&stage));
}

#[tokio::test]
async fn a_plan_that_waits_for_a_manager_who_is_not_to_be_made_goes_on_without() {
    let stage = stage(GUARD).await;
    let waves = moving(&stage).await;
    let (app, ana, bo) = (&stage.node.app, actor("ana"), actor("bo"));
    // Started while the manager's plan waits for somebody: the rest of it is planned again at once.
    start(&stage, of(&waves, "mover")).await;
    assert!(!refers(&stage));
    let second = About::Subject(subject(&stage, "w002").await);
    let plans = app.store().plans_about(&second, 9).await.unwrap();
    let stale = plans
        .iter()
        .filter(|p| p.status == PlanStatus::Stale)
        .count();
    assert_eq!(stale, 1, "{plans:#?}");
    let again = app.plan(&ana, false).await.unwrap();
    stage.node.settle(500).await.unwrap();
    let refers_again = |w: &WavePreview| {
        let steps = w.plans.iter().flat_map(|p| &p.plan.steps);
        steps.filter(|s| matches!(&s.act, Act::Update { set, .. } if set.contains_key(documents::MANAGER_PATH))).count()
    };
    assert_eq!(
        again.iter().map(refers_again).sum::<usize>(),
        0,
        "{:?}",
        summary(&again)
    );

    // Refused: nobody refers to whom there is not.
    let joiner = of(&waves, "joiner").wave;
    app.refuse(&bo, joiner, &[], "test").await.unwrap();
    assert_eq!(app.plan(&ana, false).await.unwrap(), vec![]);
    // The manager is to be made after all, with other facts.
    let mut rows = moved();
    rows[2] = rows[2].replace("Sales", "Engineering");
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    assert!(refers(&stage));
}
