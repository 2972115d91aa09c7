//! User names: what one account has, no other is to have.

use std::time::Duration;

use model::plan::About;
use model::{Completeness, Kind, RemoteId, SubjectId};
use testkit::memory::Fault;
use testkit::node::actor;

use crate::company::{GUARD, Stage, documents, stage, summary, workers};

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
    let (app, ana) = (&stage.node.app, actor("ana"));
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
    let (app, ana) = (&stage.node.app, actor("ana"));
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

/// The company whose app makes the names.
async fn naming(name: &str) -> Stage {
    let stage = stage(GUARD).await;
    let files = naming_documents(name);
    let (app, ana) = (&stage.node.app, actor("ana"));
    let accepted = app.accept_documents(&ana, files, false).await;
    assert!(accepted.unwrap().changed);
    stage
}

fn naming_documents(name: &str) -> Vec<(String, String)> {
    let made = |(file, text): (String, String)| {
        let text = text
            .replace("match: [userName]", "match: [nickName]")
            .replace(
                "userName: person.email",
                &format!("nickName: person.worker_key\n      userName: {name}"),
            );
        (file, text)
    };
    documents(GUARD).into_iter().map(made).collect()
}

const FORMS: &str = r#"{unique: ["lower(person.given_name)"], number: true, reserved: [kim3]}"#;

/// People of one given name.
fn kims(keys: &[&str]) -> Vec<String> {
    let row = |key: &&str| format!("{key},Kim,Last,{key}@acme.example,,,2020-01-01,,");
    keys.iter().map(row).collect()
}

/// Worker key and user name of every account.
fn called(stage: &Stage) -> Vec<(String, String)> {
    let objects = stage.company.target("chat").objects();
    let text = |o: &testkit::memory::Object, path| o.attributes[path].to_string();
    let accounts = objects.values().filter(|o| o.kind == Kind::Account);
    let mut all: Vec<_> = accounts
        .map(|o| (text(o, "nickName"), text(o, "userName")))
        .collect();
    all.sort();
    all
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned()));
    owned.collect()
}

#[tokio::test]
async fn who_gets_which_name_follows_from_the_worker_keys_and_not_from_the_order_of_looking() {
    let wanted = pairs(&[
        ("w1", "kim"),
        ("w2", "kim2"),
        ("w3", "kim4"),
        ("w4", "kim5"),
    ]);
    for keys in [["w1", "w2", "w3", "w4"], ["w4", "w2", "w3", "w1"]] {
        let stage = naming(FORMS).await;
        let waves = stage.deliver(&kims(&keys)).await;
        stage.apply(&waves).await;
        assert_eq!(called(&stage), wanted, "{keys:?}");
    }
}

#[tokio::test]
async fn a_plan_that_waits_keeps_its_name_when_somebody_comes_before_it() {
    let stage = naming(FORMS).await;
    let mut waves = stage.deliver(&kims(&["w2"])).await;
    waves.extend(stage.deliver(&kims(&["w1", "w2"])).await);
    let joiners = waves.iter().filter(|w| w.cause.change.as_str() == "joiner");
    assert_eq!(joiners.count(), 2, "{:?}", summary(&waves));
    let (app, ana) = (&stage.node.app, actor("ana"));
    assert_eq!(app.plan(&ana, false).await.unwrap(), vec![]);
    let first = subject(&stage, "w1").await;
    let alone = app.plan_for(&ana, vec![first], false).await.unwrap();
    assert_eq!(alone, vec![], "it still says the same");
    stage.apply(&waves).await;
    assert_eq!(called(&stage), pairs(&[("w1", "kim2"), ("w2", "kim")]));
}

#[tokio::test]
async fn a_name_is_never_changed_once_it_is_given() {
    let stage = naming(FORMS).await;
    let waves = stage.deliver(&kims(&["w1", "w2"])).await;
    stage.apply(&waves).await;
    // The better name becomes free, one is called something else, and somebody renames one by hand.
    let chat = stage.company.target("chat");
    let objects = chat.objects();
    let (remote, _) = objects
        .iter()
        .find(|(_, o)| o.attributes.get("userName") == Some(&"kim".into()))
        .unwrap();
    chat.tamper(remote, |o| {
        o.attributes.insert("userName".to_owned(), "boss".into());
    });
    stage
        .node
        .app
        .observe(&actor("ana"), &"chat".into())
        .await
        .unwrap();
    let rows: Vec<String> = kims(&["w1", "w2"])
        .into_iter()
        .map(|row| row.replace("w2,Kim", "w2,Jim"))
        .collect();
    let waves = stage.deliver(&rows).await;
    stage.apply(&waves).await;
    assert_eq!(called(&stage), pairs(&[("w1", "boss"), ("w2", "kim2")]));
    // Who comes now gets the one that is free.
    let waves = stage.deliver(&[rows, kims(&["w3"])].concat()).await;
    stage.apply(&waves).await;
    assert_eq!(called(&stage)[2], ("w3".to_owned(), "kim".to_owned()));
}

/// As [`FORMS`], with ten days of quarantine.
const KEPT: &str = r#"{unique: ["lower(person.given_name)"], number: true, quarantine_days: 10}"#;

/// Does something to the account of this name in the app, and looks at the app.
async fn by_hand(stage: &Stage, name: &str, act: impl FnOnce(&testkit::memory::Memory, &RemoteId)) {
    let chat = stage.company.target("chat");
    let objects = chat.objects();
    let called = |o: &testkit::memory::Object| o.attributes.get("userName") == Some(&name.into());
    let (remote, _) = objects.iter().find(|(_, o)| called(o)).unwrap();
    act(&chat, remote);
    let (app, ana) = (&stage.node.app, actor("ana"));
    app.observe(&ana, &"chat".into()).await.unwrap();
}

async fn come(stage: &Stage, keys: &[&str]) {
    let waves = stage.deliver(&kims(keys)).await;
    stage.apply(&waves).await;
}

#[tokio::test]
async fn a_name_that_an_account_lost_is_nobody_elses_until_its_quarantine_ends() {
    let stage = naming(KEPT).await;
    come(&stage, &["w1"]).await;
    by_hand(&stage, "kim", |chat, remote| {
        chat.tamper(remote, |o| {
            o.attributes.insert("userName".to_owned(), "boss".into());
        });
    })
    .await;
    come(&stage, &["w1", "w2"]).await;
    assert_eq!(called(&stage)[1], ("w2".to_owned(), "kim2".to_owned()));
    let day = Duration::from_secs(86_400);
    stage
        .node
        .clock
        .advance(day * 10 - Duration::from_secs(3_600));
    come(&stage, &["w1", "w2", "w3"]).await;
    assert_eq!(called(&stage)[2], ("w3".to_owned(), "kim3".to_owned()));
    stage.node.clock.advance(Duration::from_secs(3_600));
    come(&stage, &["w1", "w2", "w3", "w4"]).await;
    assert_eq!(called(&stage)[3], ("w4".to_owned(), "kim".to_owned()));
}

#[tokio::test]
async fn whoever_lost_a_name_gets_it_back_at_once_and_nobody_before_them() {
    let stage = naming(KEPT).await;
    come(&stage, &["w5"]).await;
    by_hand(&stage, "kim", |chat, remote| chat.remove(remote)).await;
    come(&stage, &["w1", "w5"]).await;
    let wanted = pairs(&[("w1", "kim2"), ("w5", "kim")]);
    assert_eq!(called(&stage), wanted);
}

#[tokio::test]
async fn a_name_is_kept_from_others_when_whoever_had_it_is_erased() {
    let stage = naming(KEPT).await;
    come(&stage, &["w1", "w2"]).await;
    let left: Vec<String> = kims(&["w1", "w2"])
        .into_iter()
        .map(|row| row.replace("2020-01-01,,", "2020-01-01,2026-11-20,"))
        .collect();
    let waves = stage.deliver(&left).await;
    stage.apply(&waves).await;
    // The account of the first is gone before they are erased, that of the second only after it.
    by_hand(&stage, "kim", |chat, remote| chat.remove(remote)).await;
    let (app, ana) = (&stage.node.app, actor("ana"));
    app.erase(&ana, "w1", "request 7").await.unwrap();
    app.erase(&ana, "w2", "request 8").await.unwrap();
    let chat = stage.company.target("chat");
    let accounts = chat.objects();
    let accounts = accounts.iter().filter(|(_, o)| o.kind == Kind::Account);
    accounts.for_each(|(remote, _)| chat.remove(remote));
    come(&stage, &["w3"]).await;
    assert_eq!(called(&stage), pairs(&[("w3", "kim3")]));
}

#[tokio::test]
async fn a_name_is_kept_also_if_no_document_declares_its_app_when_they_are_erased() {
    let stage = naming(KEPT).await;
    come(&stage, &["w1", "w2"]).await;
    let left: Vec<String> = kims(&["w1", "w2"])
        .into_iter()
        .map(|row| row.replace("2020-01-01,,", "2020-01-01,2026-11-20,"))
        .collect();
    let waves = stage.deliver(&left).await;
    stage.apply(&waves).await;
    let (app, ana) = (&stage.node.app, actor("ana"));
    let declared = naming_documents(KEPT);
    let without: Vec<(String, String)> = declared
        .iter()
        .filter(|(name, _)| name != "chat.yaml" && name != "rules.yaml")
        .cloned()
        .collect();
    app.accept_documents(&ana, without, false).await.unwrap();
    app.erase(&ana, "w1", "request 7").await.unwrap();
    app.erase(&ana, "w2", "request 8").await.unwrap();
    app.accept_documents(&ana, declared, false).await.unwrap();
    // Their accounts are deleted by hand meanwhile, and nobody has seen them since.
    let chat = stage.company.target("chat");
    let accounts = chat.objects();
    let accounts = accounts.iter().filter(|(_, o)| o.kind == Kind::Account);
    accounts.for_each(|(remote, _)| chat.remove(remote));
    come(&stage, &["w3"]).await;
    assert_eq!(called(&stage), pairs(&[("w3", "kim3")]));
}

#[tokio::test]
async fn without_a_free_name_there_is_no_account_and_a_finding() {
    let stage = naming(r#"{unique: ["lower(person.given_name)"]}"#).await;
    let waves = stage.deliver(&kims(&["w1", "w2"])).await;
    stage.apply(&waves).await;
    assert_eq!(called(&stage), pairs(&[("w1", "kim")]));
    let second = subject(&stage, "w2").await;
    let told = vec![("TNR-PLAN-0008".to_owned(), Some(second))];
    assert_eq!(codes(&stage).await, told);
}

#[test]
fn a_test_of_a_mapping_sees_what_a_person_is_called_where_nobody_else_is() {
    let forms = r#"{unique: [person.department, "lower(person.given_name)"], number: true}"#;
    for (expected, failures) in [("kim", 0), ("kim2", 1)] {
        let test = format!(
            "kind: MappingTest\nmetadata: {{name: kim}}\nspec:\n  app: chat\n  person: {{worker_key: \
             w1, zone: Europe/Berlin, attributes: {{given_name: Kim}}}}\n  expect: {{attributes: \
             {{userName: {expected}}}}}\n"
        );
        let mut files = naming_documents(forms);
        files.push(("test.yaml".to_owned(), test));
        let results = app::test_documents(&files).unwrap();
        assert_eq!(results[0].failures.len(), failures, "{results:#?}");
    }
}
