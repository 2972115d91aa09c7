//! What is done by hand when somebody leaves: asked for once in each leaving, whatever happens in
//! between, and never for what nobody released.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{Event, KnownTask, SubjectId, TargetName, Task};
use testkit::node::actor;

use crate::company::{GUARD, Stage, documents, stage, summary, workers};
use crate::passed_over::{World, node};

const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn asking(steps: &str) -> Vec<(String, String)> {
    let mut files = documents(GUARD);
    for (name, text) in &mut files {
        if name == "chat.yaml" {
            let leaver = format!("mode: enforce\n  leaver: {{manual: [{steps}]}}");
            *text = text.replace("mode: enforce", &leaver);
        }
    }
    files
}

pub(crate) const LAPTOP: &str = "{name: laptop, owner: it-desk, due_days: 3, text: Take it back.}";

async fn push(stage: &Stage, files: Vec<(String, String)>) {
    let (app, dora) = (&stage.node.app, actor("dora"));
    let accepted = app.accept_documents(&dora, files, false).await;
    assert!(accepted.unwrap().changed);
}

/// A company of ten, of whom these have left; nothing of it is carried out yet.
async fn leaving(steps: &str, who: &[usize]) -> (Stage, Vec<String>, Vec<app::WavePreview>) {
    let stage = stage(GUARD).await;
    push(&stage, asking(steps)).await;
    let mut rows = workers(10);
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    stage.node.clock.advance(DAY / 24);
    for n in who {
        rows[*n] = rows[*n].replace("2020-01-01,,", "2020-01-01,2026-11-22,");
    }
    let waves = stage.deliver(&rows).await;
    (stage, rows, waves)
}

async fn open(stage: &Stage) -> Vec<KnownTask> {
    let store = stage.node.app.store();
    store.open_tasks(None, None, 99).await.unwrap()
}

async fn codes(stage: &Stage) -> Vec<String> {
    let open = stage.node.app.store().open_findings(99).await.unwrap();
    open.into_iter().map(|f| f.opened.finding.code).collect()
}

#[tokio::test]
async fn what_nobody_released_sends_nobody_anywhere() {
    let (stage, _, waves) = leaving(LAPTOP, &[2, 3, 4, 5]).await;
    assert_eq!(summary(&waves), ["leaver ask 4"]);
    stage.node.settle(50).await.unwrap();
    stage.node.app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(open(&stage).await, []);
    let app = &stage.node.app;
    app.release(&actor("bo"), waves[0].wave, &[], "they left")
        .await
        .unwrap();
    stage.node.settle(50).await.unwrap();
    let tasks = open(&stage).await;
    assert_eq!(tasks.len(), 4, "asked for once each account is closed");
    stage.node.app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(open(&stage).await, tasks, "and not again");
}

#[tokio::test]
async fn an_account_that_is_gone_was_closed_too() {
    // Somebody deletes it in the app while the wave waits: there is nothing left to disable.
    let (stage, _, waves) = leaving(LAPTOP, &[2]).await;
    let chat = stage.company.target("chat");
    let person = stage.node.app.one_person("w003").await.unwrap().person;
    let links = stage.node.app.store().links_of(person.subject).await;
    let account = links.unwrap().remove(0).remote;
    chat.remove(&account);
    let ana = actor("ana");
    stage.node.app.observe(&ana, &"chat".into()).await.unwrap();
    stage.node.app.plan(&ana, false).await.unwrap();
    assert_eq!(open(&stage).await.len(), 1);
    assert_eq!(summary(&waves), ["leaver allow 1"]);

    // Or while the node is about to: what is gone can no longer be used.
    let (stage, _, waves) = leaving(LAPTOP, &[2]).await;
    stage.company.target("chat").remove(&account);
    stage.apply(&waves).await;
    assert_eq!(open(&stage).await.len(), 1);
}

#[tokio::test]
async fn a_node_that_dies_right_after_the_account_was_closed_asks_when_it_is_back() {
    let (stage, _, waves) = leaving(LAPTOP, &[2]).await;
    let (app, ana) = (&stage.node.app, actor("ana"));
    app.apply(&ana, waves[0].wave, "go").await.unwrap();
    // One pass carries the plan out; what comes after it dies with the node.
    stage.node.worker.pass().await.unwrap();
    let plans = app.all_plans_of(waves[0].wave).await.unwrap();
    assert_eq!(plans[0].status.as_str(), "applied");
    let before = open(&stage).await.len();
    app.plan(&ana, false).await.unwrap();
    assert_eq!(open(&stage).await.len(), 1, "{before} before");
}

#[tokio::test]
async fn a_step_counts_as_long_as_a_document_asks_for_it() {
    let (stage, _, waves) = leaving(LAPTOP, &[2]).await;
    stage.apply(&waves).await;
    stage.node.clock.advance(DAY * 5);
    stage.node.worker.tick().await.unwrap();
    assert_eq!(codes(&stage).await, ["TNR-TASK-0001"]);
    let keys = "{name: keys, owner: facility, due_days: 0, text: Take them back.}";
    push(&stage, asking(keys)).await;
    let ana = actor("ana");
    stage.node.app.plan(&ana, false).await.unwrap();
    let tasks = open(&stage).await;
    // Who left before it was written down owes it too, and has as long as everyone.
    let (task, now) = (&tasks[0].task, stage.node.app.now());
    assert_eq!((tasks.len(), task.step.as_str()), (1, "keys"));
    assert!(task.due > now && task.opened == now, "{task:?}");
    assert_eq!(codes(&stage).await, [""; 0], "closed with its task");
}

#[tokio::test]
async fn evidence_is_erased_with_the_person() {
    let (stage, _, waves) = leaving(LAPTOP, &[2]).await;
    stage.apply(&waves).await;
    let (app, it) = (&stage.node.app, actor("it"));
    let id = open(&stage).await[0].task.id;
    let empty = app.finish_task(&it, id, " ", "IT-1", false).await;
    assert_eq!(empty.unwrap_err().code(), "TNR-TASK-0003");
    let evidence = "First3 brought it";
    let would = app.finish_task(&it, id, evidence, "IT-1", true).await;
    assert!(would.unwrap().done.is_some());
    assert_eq!(open(&stage).await.len(), 1, "a dry run");
    app.finish_task(&it, id, evidence, "IT-1", false)
        .await
        .unwrap();
    let person = app.one_person("w003").await.unwrap().person;
    let done = person.tasks[0].done.as_ref().unwrap();
    assert_eq!((done.by.as_str(), done.reason.as_str()), ("it", "IT-1"));
    assert_eq!(done.personal.known().map(String::as_str), Some(evidence));
    app.erase(&actor("ana"), "w003", "asked").await.unwrap();
    assert_eq!(app.store().task(id).await.unwrap(), None);
    let log = app.store().records(0, 10_000).await.unwrap();
    let mut done = log.iter().filter_map(|record| match &record.event {
        Event::TaskDone(done) => Some(done),
        _ => None,
    });
    assert_eq!(done.next().unwrap().personal.known(), None);
}

/// Reasons for which tasks were dropped.
async fn reasons(stage: &Stage) -> Vec<String> {
    let log = stage.node.app.store().records(0, 10_000).await.unwrap();
    let dropped = log.into_iter().filter_map(|record| match record.event {
        Event::TaskDropped(dropped) => Some(dropped.reason),
        _ => None,
    });
    dropped.collect()
}

#[tokio::test]
async fn what_was_done_in_an_earlier_leaving_is_asked_for_again_though_nobody_planned_in_between() {
    let (stage, mut rows, waves) = leaving(LAPTOP, &[2]).await;
    stage.apply(&waves).await;
    let (app, it) = (&stage.node.app, actor("it"));
    let first = open(&stage).await[0].task.clone();
    app.finish_task(&it, first.id, "on the shelf", "IT-1", false)
        .await
        .unwrap();
    // They are back, and leave again, before anybody plans.
    let mut ends = "2026-11-22";
    for end in ["", "2026-11-25"] {
        rows[2] = rows[2].replace(
            &format!("2020-01-01,{ends},"),
            &format!("2020-01-01,{end},"),
        );
        ends = end;
        let bytes = crate::company::csv(&rows);
        let ana = actor("ana");
        let delivered = app.deliver(&ana, "hr", "hr.csv", &bytes, false);
        assert!(!delivered.await.unwrap().refused);
    }
    stage.node.clock.advance(DAY * 4);
    app.plan(&actor("ana"), false).await.unwrap();
    let tasks = open(&stage).await;
    assert_eq!(tasks.len(), 1);
    assert_ne!(tasks[0].task.id, first.id);
    assert!(tasks[0].task.leaving > first.leaving, "{tasks:?}");
    assert_eq!(reasons(&stage).await, ["they have left again since"]);
    app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(open(&stage).await, tasks, "and not again");
}

#[tokio::test]
async fn what_hr_says_of_a_termination_afterwards_is_the_same_leaving() {
    let (stage, mut rows, _) = leaving(LAPTOP, &[]).await;
    let (app, ana) = (&stage.node.app, actor("ana"));
    app.terminate(&actor("legal"), "w003", "for cause", false)
        .await
        .unwrap();
    stage.node.settle(50).await.unwrap();
    let first = open(&stage).await[0].task.clone();
    app.finish_task(&actor("it"), first.id, "taken away", "IT-1", false)
        .await
        .unwrap();
    // The last day that HR types comes after it.
    stage.node.clock.advance(DAY * 3);
    rows[2] = rows[2].replace("2020-01-01,,", "2020-01-01,2026-11-25,");
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    app.plan(&ana, false).await.unwrap();
    let known = app.one_person("w003").await.unwrap().person;
    assert_eq!(known.termination, None, "confirmed");
    assert_eq!(open(&stage).await, []);
    assert_eq!(reasons(&stage).await, [""; 0]);
    assert!(known.tasks[0].done.is_some());
}

/// An account is deleted by hand, and another one disabled.
async fn meddle(stage: &Stage) {
    let chat = stage.company.target("chat");
    for (key, gone) in [("w003", true), ("w004", false)] {
        let person = stage.node.app.one_person(key).await.unwrap().person;
        let links = stage.node.app.store().links_of(person.subject).await;
        let mut links = links.unwrap().into_iter();
        let link = links.find(|l| l.address.kind == model::Kind::Account);
        let account = link.unwrap().remote;
        match gone {
            true => chat.remove(&account),
            false => chat.tamper(&account, |object| object.active = false),
        }
    }
    let ana = actor("ana");
    stage.node.app.observe(&ana, &"chat".into()).await.unwrap();
    stage.node.app.plan(&ana, false).await.unwrap();
    stage.node.app.plan(&ana, false).await.unwrap();
}

#[tokio::test]
async fn what_the_guard_holds_asks_for_nothing_though_somebody_closed_the_account_by_hand() {
    let who = [2, 3, 4, 5];
    let (stage, _, waves) = leaving(LAPTOP, &who).await;
    assert_eq!(summary(&waves), ["leaver ask 4"]);
    meddle(&stage).await;
    assert_eq!(open(&stage).await, []);
    // Once somebody let the others go, it is asked for of those as well.
    let app = &stage.node.app;
    for wave in app.store().undecided_waves(9).await.unwrap() {
        app.release(&actor("bo"), wave.wave, &[], "they left")
            .await
            .unwrap();
    }
    stage.node.settle(50).await.unwrap();
    app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(open(&stage).await.len(), 4);

    // And if it was refused, of nobody.
    let (stage, _, _) = leaving(LAPTOP, &who).await;
    meddle(&stage).await;
    let app = &stage.node.app;
    for wave in app.store().undecided_waves(9).await.unwrap() {
        app.refuse(&actor("bo"), wave.wave, &[], "a mistake")
            .await
            .unwrap();
    }
    stage.node.settle(50).await.unwrap();
    app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(open(&stage).await, []);
}

#[tokio::test]
async fn whoever_was_closed_before_is_asked_for_nothing_while_missing_rows_are_held() {
    let (stage, rows, _) = leaving(LAPTOP, &[]).await;
    let chat = stage.company.target("chat");
    // One of those whose rows will be missing is disabled and in no group: nothing is left to plan.
    let app = &stage.node.app;
    let person = app.one_person("w010").await.unwrap().person;
    let links = app.store().links_of(person.subject).await.unwrap();
    for link in links {
        if link.address.kind == model::Kind::Account {
            chat.tamper(&link.remote, |object| object.active = false);
            let groups = chat.objects().into_iter();
            for (group, _) in groups.filter(|(_, o)| o.kind == model::Kind::Group) {
                chat.tamper(&group, |object| _ = object.members.remove(&link.remote));
            }
        }
    }
    let ana = actor("ana");
    app.observe(&ana, &"chat".into()).await.unwrap();
    let waves = stage.deliver(&rows[..5]).await;
    assert_eq!(summary(&waves), ["missing_row ask 4"]);
    app.plan(&ana, false).await.unwrap();
    assert_eq!(open(&stage).await, []);
    app.release(&actor("bo"), waves[0].wave, &[], "they left")
        .await
        .unwrap();
    stage.node.settle(50).await.unwrap();
    app.plan(&ana, false).await.unwrap();
    assert_eq!(open(&stage).await.len(), 5);
}

type Step = (SubjectId, TargetName, String);

/// What the log alone tells of tasks.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    /// The tasks that stand, and whether they are done.
    stand: BTreeMap<Step, bool>,
    asked: usize,
    dropped: usize,
}

/// # Panics
/// When a step is asked for that was asked for already in the same leaving.
async fn told(world: &World, seed: u64) -> Told {
    let step = |task: &Task| (task.subject, task.target.clone(), task.step.clone());
    let mut told = Told::default();
    let mut after = 0;
    loop {
        let page = world.store.records(after, 1_000).await.unwrap();
        for record in &page {
            match &record.event {
                Event::TaskOpened(e) => {
                    told.asked += 1;
                    let twice = told.stand.insert(step(&e.task), false);
                    assert_eq!(twice, None, "world {seed}: {:?} at {}", e.task, record.at);
                }
                Event::TaskDone(e) => {
                    let before = told.stand.insert(step(&e.task), true);
                    assert_eq!(before, Some(false), "world {seed}");
                }
                Event::TaskDropped(e) => {
                    told.dropped += 1;
                    let step = (e.subject, e.target.clone(), e.step.clone());
                    assert!(told.stand.remove(&step).is_some(), "world {seed}");
                }
                _ => {}
            }
        }
        let Some(last) = page.last() else {
            return told;
        };
        after = last.seq;
    }
}

/// Law: a step is asked for once in each leaving, and a node that remembers nothing has nothing to
/// add. Over the seeded companies of [`crate::passed_over`].
#[tokio::test]
async fn a_step_is_asked_for_once_in_each_leaving() {
    let (mut asked, mut dropped) = (0, 0);
    // In the last of them somebody is back before it was done, which is rare.
    for seed in (1..=6).chain([25]) {
        let mut world = World::new(seed).await;
        for round in 0..20 {
            let waves = world.node.app.plan(&actor("ana"), false).await.unwrap();
            let before = told(&world, seed).await;
            let (clock, salt) = (&world.node.clock, seed + 5_000 + round);
            let anew = node(&world.store, &world.company, clock, salt);
            anew.app.plan(&actor("ana"), false).await.unwrap();
            let after = told(&world, seed).await;
            assert_eq!(after, before, "world {seed}, round {round}");
            world.answer(&waves).await;
            world.happen().await;
        }
        let told = told(&world, seed).await;
        (asked, dropped) = (asked + told.asked, dropped + told.dropped);
    }
    assert!(
        asked > 20 && dropped > 0,
        "{asked} asked, {dropped} dropped"
    );
}
