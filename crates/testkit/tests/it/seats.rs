//! Apps with so many seats: who gets one, and that none is given twice.

use std::sync::Arc;
use std::time::Duration;

use app::WavePreview;
use lifecycle::mutants::{self, Mutant};
use model::plan::{About, PlanStatus};
use model::{Kind, Secret, SubjectId};
use testkit::memory::Fault;
use testkit::node::{actor, keyring, morning};
use testkit::{Company, Node, SeededEntropy, SimClock};

use crate::company::{GUARD, Stage, documents, stage, summary, workers};

/// The company whose app has so many seats.
async fn seated(seats: u32) -> Stage {
    let stage = stage(GUARD).await;
    buy(&stage, seats, "userName: person.email").await;
    stage
}

/// From now on the app has so many seats, and its accounts are called so.
async fn buy(stage: &Stage, seats: u32, name: &str) {
    let (app, ana) = (&stage.node.app, actor("ana"));
    let accepted = app.accept_documents(&ana, documents_with(seats, name), false);
    assert!(accepted.await.unwrap().changed);
}

fn documents_with(seats: u32, name: &str) -> Vec<(String, String)> {
    let with = |(file, text): (String, String)| {
        let text = text
            .replace("mode: enforce", &format!("mode: enforce\n  seats: {seats}"))
            .replace("userName: person.email", name);
        let text = match name.contains("unique") {
            true => text.replace("match: [userName]", "match: [title]"),
            false => text,
        };
        (file, text)
    };
    documents(GUARD).into_iter().map(with).collect()
}

/// Workers who begin so, in the order of their keys.
fn beginning(days: &[&str]) -> Vec<String> {
    let rows = days.iter().zip(1..);
    let row =
        |(day, n): (&&str, usize)| format!("w{n:03},First{n},Last{n},p{n}@acme.example,,,{day},,");
    rows.map(row).collect()
}

async fn subject(stage: &Stage, key: &str) -> SubjectId {
    let found = stage.node.app.store().person_by_key("hr", key).await;
    found.unwrap().unwrap().subject
}

/// The worker keys of those for whom these waves create or enable an account, sorted.
async fn given(stage: &Stage, waves: &[WavePreview]) -> Vec<String> {
    let mut keys = Vec::new();
    for plan in waves.iter().flat_map(|wave| &wave.plans) {
        let About::Subject(subject) = plan.plan.about else {
            continue;
        };
        if lifecycle::seats::taking(&plan.plan).next().is_some() {
            let person = stage.node.app.store().person(subject).await.unwrap();
            keys.push(person.unwrap().engagements[0].key.clone());
        }
    }
    keys.sort();
    keys
}

/// Code and worker key of every open finding about a seat.
async fn told(stage: &Stage) -> Vec<String> {
    let store = stage.node.app.store();
    let mut told = Vec::new();
    for row in store.open_findings(99).await.unwrap() {
        let finding = row.opened.finding;
        if !finding.code.starts_with("TNR-SEAT") {
            continue;
        }
        let key = match finding.subject {
            Some(subject) => store.person(subject).await.unwrap().unwrap().engagements[0]
                .key
                .clone(),
            None => "-".to_owned(),
        };
        told.push(format!("{} {key}", finding.code));
    }
    told.sort();
    told
}

fn usable(stage: &Stage) -> usize {
    let objects = stage.company.target("chat").objects();
    let accounts = objects.values().filter(|o| o.kind == Kind::Account);
    accounts.filter(|o| o.active).count()
}

async fn release(stage: &Stage, waves: &[WavePreview]) {
    let (app, ana) = (&stage.node.app, actor("ana"));
    for wave in waves {
        app.apply(&ana, wave.wave, "test").await.unwrap();
    }
    stage.node.settle(500).await.unwrap();
}

fn plant(stage: &Stage, name: &str) -> model::RemoteId {
    let name = [("userName".to_owned(), name.into())];
    stage
        .company
        .target("chat")
        .plant(Kind::Account, true, name.into())
}

async fn look(stage: &Stage) {
    let (app, ana) = (&stage.node.app, actor("ana"));
    app.observe(&ana, &"chat".into()).await.unwrap();
}

#[tokio::test]
async fn an_app_without_seats_gives_an_account_to_everyone() {
    let stage = stage(GUARD).await;
    let waves = stage.deliver(&workers(9)).await;
    stage.apply(&waves).await;
    assert_eq!(usable(&stage), 9);
    assert_eq!(told(&stage).await, Vec::<String>::new());
}

#[tokio::test]
async fn whoever_ignores_seats_gives_more_than_there_are() {
    mutants::switch(Some(Mutant::IgnoredSeats));
    let stage = seated(3).await;
    let waves = stage.deliver(&workers(5)).await;
    release(&stage, &waves).await;
    mutants::switch(None);
    assert_eq!(usable(&stage), 5, "the lie is told");
}

#[tokio::test]
async fn a_planning_of_one_person_leaves_the_seat_of_somebody_who_waits() {
    let stage = seated(2).await;
    let bot = plant(&stage, "bot");
    let waves = stage
        .deliver(&beginning(&["2026-01-05", "2026-02-05"]))
        .await;
    assert_eq!(given(&stage, &waves).await, ["w001"]);
    release(&stage, &waves).await;
    assert_eq!(told(&stage).await, ["TNR-SEAT-0001 w002"]);
    stage
        .company
        .target("chat")
        .tamper(&bot, |o| o.active = false);
    look(&stage).await;
    // One who comes later is planned for alone, and then one who comes earlier.
    let (app, ana) = (&stage.node.app, actor("ana"));
    let rows = beginning(&["2026-01-05", "2026-02-05", "2026-03-05", "2026-02-01"]);
    let csv = crate::company::csv(&rows);
    app.deliver(&ana, "hr", "hr.csv", &csv, false)
        .await
        .unwrap();
    let alone = |key| {
        let stage = &stage;
        async move {
            let who = vec![subject(stage, key).await];
            let waves = stage.node.app.plan_for(&actor("ana"), who, false).await;
            given(stage, &waves.unwrap()).await
        }
    };
    assert_eq!(alone("w003").await, Vec::<String>::new());
    assert_eq!(
        told(&stage).await,
        ["TNR-SEAT-0001 w002", "TNR-SEAT-0001 w003"]
    );
    assert_eq!(alone("w004").await, ["w004"]);
    // The seat is promised now, whoever is looked at.
    assert_eq!(alone("w002").await, Vec::<String>::new());
    assert_eq!(app.plan(&ana, false).await.unwrap(), vec![]);
}

#[tokio::test]
async fn a_seat_that_is_freed_is_given_without_anybody_asking() {
    let stage = seated(2).await;
    let mut rows = beginning(&["2026-01-05", "2026-01-06", "2026-01-07"]);
    let waves = stage.deliver(&rows).await;
    release(&stage, &waves).await;
    assert_eq!(told(&stage).await, ["TNR-SEAT-0001 w003"]);
    rows[0] = rows[0].replace("2026-01-05,,", "2026-01-05,2026-11-20,");
    let waves = stage.deliver(&rows).await;
    assert_eq!(summary(&waves), ["leaver allow 1"], "nothing is free yet");
    let app = &stage.node.app;
    for wave in &waves {
        app.apply(&actor("ana"), wave.wave, "test").await.unwrap();
    }
    stage.node.settle(500).await.unwrap();
    let third = About::Subject(subject(&stage, "w003").await);
    let open = app.store().open_plans_about(&[third]).await.unwrap();
    assert_eq!(open.len(), 1, "planned for as soon as it was free");
    assert_eq!(told(&stage).await, Vec::<String>::new());
    let freed = app.plan(&actor("ana"), false).await.unwrap();
    assert_eq!(freed, vec![], "once");
}

#[tokio::test]
async fn what_becomes_free_by_itself_is_found_by_the_next_round() {
    let stage = seated(1).await;
    let waves = stage
        .deliver(&beginning(&["2026-01-05", "2026-01-06"]))
        .await;
    assert_eq!(given(&stage, &waves).await, ["w001"]);
    let (app, round) = (&stage.node.app, &stage.node.worker);
    round.round().await.unwrap();
    let waiting = About::Subject(subject(&stage, "w002").await);
    let about = [waiting];
    assert_eq!(app.store().open_plans_about(&about).await.unwrap(), vec![]);
    let joiners = waves.iter().filter(|w| w.cause.change.as_str() == "joiner");
    let bo = actor("bo");
    for wave in joiners {
        app.refuse(&bo, wave.wave, &[], "not here").await.unwrap();
    }
    round.round().await.unwrap();
    assert_eq!(app.store().open_plans_about(&about).await.unwrap().len(), 1);
    let head = app.store().head().await.unwrap();
    stage.node.clock.advance(Duration::from_secs(60));
    round.round().await.unwrap();
    assert_eq!(
        app.store().head().await.unwrap(),
        head,
        "there is nothing to do"
    );
}

#[tokio::test]
async fn what_was_refused_and_who_gets_no_name_keep_no_seat() {
    let stage = stage(GUARD).await;
    let name = r#"userName: {unique: ["lower(person.given_name)"]}"#;
    buy(&stage, 2, name).await;
    // The first two are called alike, and there is one form: the second gets nothing at all.
    let mut rows = beginning(&["2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08"]);
    rows[1] = rows[1].replace("First2", "First1");
    let rows: Vec<String> = rows
        .iter()
        .map(|r| r.replace(",,,20", ",Sales,,20"))
        .collect();
    let waves = stage.deliver(&rows).await;
    assert_eq!(given(&stage, &waves).await, ["w001", "w003"]);
    let app = &stage.node.app;
    assert_eq!(told(&stage).await, ["TNR-SEAT-0001 w004"]);
    let first = About::Subject(subject(&stage, "w001").await);
    let wave = waves.iter().find(|w| w.cause.change.as_str() == "joiner");
    let wave = wave.unwrap();
    let plan = wave.plans.iter().find(|p| p.plan.about == first).unwrap();
    let (bo, plans) = (actor("bo"), [plan.id]);
    let refused = app.refuse(&bo, wave.wave, &plans, "not here").await;
    refused.unwrap();
    let waves = app.plan(&actor("ana"), false).await.unwrap();
    // Nobody else is called what would be given again.
    assert_eq!(given(&stage, &waves).await, ["w004"]);
    assert_eq!(told(&stage).await, Vec::<String>::new());
    assert_eq!(app.plan(&actor("ana"), false).await.unwrap(), vec![]);
}

#[tokio::test]
async fn whoever_waits_takes_no_name() {
    let stage = stage(GUARD).await;
    let name = r#"userName: {unique: ["lower(person.given_name)"], number: true}"#;
    buy(&stage, 1, name).await;
    let mut rows = beginning(&["2026-01-06", "2026-01-05"]);
    rows[1] = rows[1].replace("First2", "First1");
    let rows: Vec<String> = rows
        .iter()
        .map(|r| r.replace(",,,20", ",Sales,,20"))
        .collect();
    let waves = stage.deliver(&rows).await;
    assert_eq!(given(&stage, &waves).await, ["w002"]);
    release(&stage, &waves).await;
    let chat = stage.company.target("chat");
    let named = chat
        .objects()
        .into_values()
        .filter(|o| o.kind == Kind::Account);
    let named: Vec<String> = named
        .map(|o| o.attributes["userName"].to_string())
        .collect();
    assert_eq!(named, ["first1"], "w001 comes first by key, and waits");
}

#[tokio::test]
async fn nobody_gets_a_seat_while_nobody_knows_how_many_are_taken() {
    let stage = seated(5).await;
    let rows = beginning(&["2026-01-05", "2026-01-06"]);
    let waves = stage.deliver(&rows).await;
    release(&stage, &waves).await;
    let chat = stage.company.target("chat");
    let objects = chat.objects();
    let (remote, _) = objects
        .iter()
        .find(|(_, o)| o.kind == Kind::Account)
        .unwrap();
    chat.tamper(remote, |o| o.active = false);
    look(&stage).await;
    // No listing succeeds, now and before the next planning.
    chat.order(vec![Fault::Broken; 4]);
    look(&stage).await;
    let (app, ana) = (&stage.node.app, actor("ana"));
    let waves = app.plan(&ana, false).await.unwrap();
    assert_eq!(given(&stage, &waves).await, Vec::<String>::new());
    assert_eq!(told(&stage).await, ["TNR-SEAT-0002 w001"]);
    look(&stage).await;
    let waves = app.plan(&ana, false).await.unwrap();
    assert_eq!(given(&stage, &waves).await, ["w001"]);
    assert_eq!(told(&stage).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_manager_who_waits_for_a_seat_is_referred_to_by_nobody() {
    let stage = seated(2).await;
    let mut rows = workers(3);
    // The manager of the others begins last.
    rows[0] = rows[0].replace("2020-01-01", "2026-01-05");
    let waves = stage.deliver(&rows).await;
    assert_eq!(given(&stage, &waves).await, ["w002", "w003"]);
    release(&stage, &waves).await;
    let objects = stage.company.target("chat").objects();
    let accounts = objects.values().filter(|o| o.kind == Kind::Account);
    let managed = accounts.filter(|o| o.attributes.contains_key(documents::MANAGER_PATH));
    assert_eq!(managed.count(), 0);
    buy(&stage, 3, "userName: person.email").await;
    let app = &stage.node.app;
    let waves = app.plan(&actor("ana"), false).await.unwrap();
    stage.apply(&waves).await;
    let objects = stage.company.target("chat").objects();
    let accounts = objects.values().filter(|o| o.kind == Kind::Account);
    let managed = accounts.filter(|o| o.attributes.contains_key(documents::MANAGER_PATH));
    assert_eq!(managed.count(), 2);
}

#[tokio::test]
async fn what_somebody_made_by_hand_meanwhile_is_seen_before_one_more_is_made() {
    let stage = seated(2).await;
    let waves = stage
        .deliver(&beginning(&["2026-01-05", "2026-01-06"]))
        .await;
    assert_eq!(given(&stage, &waves).await, ["w001", "w002"]);
    plant(&stage, "guest");
    look(&stage).await;
    release(&stage, &waves).await;
    assert_eq!(usable(&stage), 2, "the guest's and one more");
    let mut stale = Vec::new();
    for key in ["w001", "w002"] {
        let about = About::Subject(subject(&stage, key).await);
        let plans = stage.node.app.store().plans_about(&about, 1).await.unwrap();
        stale.extend(plans.iter().map(|p| p.status));
    }
    stale.sort_by_key(|status| status.as_str());
    assert_eq!(stale, [PlanStatus::Applied, PlanStatus::Stale]);
    assert_eq!(told(&stage).await.len(), 1, "whoever got none waits");
}

#[tokio::test]
async fn two_nodes_that_plan_at_once_give_a_seat_once() {
    let company = Company::with(&["chat"]);
    let clock = Arc::new(SimClock::at(morning()));
    let store = crate::company::store(&clock);
    let node = |holder: &str, seed| {
        let (entropy, keyring) = (SeededEntropy::new(seed), keyring().unwrap());
        let (store, clock, apps) = (store.clone(), clock.clone(), company.clone());
        Node::over(
            store,
            clock,
            entropy.into(),
            keyring.into(),
            Arc::new(apps),
            holder,
        )
    };
    let (node, other) = (node("node-1", 2), node("node-2", 3));
    let stage = Stage {
        node,
        company: company.clone(),
        store: store.clone(),
    };
    buy(&stage, 1, "userName: person.email").await;
    let (app, ana) = (&stage.node.app, actor("ana"));
    let token = Secret::new("s3cret");
    let set = app.set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token);
    set.await.unwrap();
    let rows = crate::company::csv(&beginning(&["2026-01-05", "2026-01-06"]));
    app.deliver(&ana, "hr", "hr.csv", &rows, false)
        .await
        .unwrap();
    look(&stage).await;
    let second = vec![subject(&stage, "w002").await];
    let (one, two) = tokio::join!(
        app.plan(&ana, false),
        other.app.plan_for(&ana, second, false)
    );
    let mut all = Vec::new();
    for planned in [one, two] {
        match planned {
            Ok(waves) => all.extend(waves),
            Err(error) => assert_eq!(error.kind(), app::ErrorKind::Conflict, "{error}"),
        }
    }
    assert_eq!(given(&stage, &all).await.len(), 1);
    let open = app.store().open_plans(None, 99).await.unwrap();
    let people = open.iter().filter(|p| matches!(p.about, About::Subject(_)));
    assert_eq!(people.count(), 1);
}

#[tokio::test]
async fn a_preview_names_those_who_would_wait() {
    let stage = stage(GUARD).await;
    let waves = stage.deliver(&workers(3)).await;
    stage.apply(&waves).await;
    let (app, ana) = (&stage.node.app, actor("ana"));
    let mut rows = workers(5);
    rows[4] = rows[4].replace("2020-01-01", "2019-01-01");
    let csv = crate::company::csv(&rows);
    app.deliver(&ana, "hr", "hr.csv", &csv, false)
        .await
        .unwrap();
    let files = documents_with(4, "userName: person.email");
    let preview = app.preview(&ana, files).await.unwrap();
    let mut problems = preview.problems.iter();
    let waits = problems.find(|p| p.code == "TNR-SEAT-0001").unwrap();
    assert_eq!(
        (waits.total, &waits.people[..]),
        (1, &["First4 Last4".to_owned()][..])
    );
    assert_eq!(given(&stage, &preview.waves).await, ["w005"]);
    let files = documents_with(2, "userName: person.email");
    let preview = app.preview(&ana, files).await.unwrap();
    let codes: Vec<&str> = preview.problems.iter().map(|p| p.code.as_str()).collect();
    assert_eq!(codes, ["TNR-SEAT-0001", "TNR-SEAT-0003"]);
}
