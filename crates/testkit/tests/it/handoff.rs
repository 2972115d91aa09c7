//! An app that nobody but its own people can reach: one line for one step whatever dies, no lease kept
//! while people think, a leaver's line at once, and evidence that goes with the person.

use std::sync::Arc;
use std::time::Duration;

use app::{AnswersReport, OpenLine, Taken, Worker, WorkerSettings};
use model::event::StepChanged;
use model::plan::StepStatus;
use model::{Actor, Event, TargetName};
use ports::store::{Append, Expect, Stream};
use testkit::node::actor;

use crate::company::{GUARD, Stage, documents, stage, workers};

/// How often an open line is looked at, and a second.
pub const LOOK: Duration = Duration::from_secs(301);
const HEAD: &str = "line,answer,answered on,answered by,note,new account\n";

const PLANT: &str = r#"kind: App
metadata: {name: plant}
spec:
  handoff:
    owner: Plant administrators
    due_days: 5
    extract:
      key: Account
      active: {column: State, yes: [active], no: [locked]}
      attributes: {userName: {column: Login}, title: {column: Job}}
      delivery: full
  mode: enforce
  account:
    match: [userName]
    attributes: {userName: person.email, title: person.department}
"#;

const RULE: &str = r#"kind: BirthrightRule
metadata: {name: plant}
spec:
  when: person.department.orValue("") == "Engineering"
  grants: [{app: plant}]
"#;

pub fn plant() -> TargetName {
    TargetName::from("plant")
}

/// The first two of a company are engineers, and nobody has an account in the plant.
pub async fn asked() -> (Stage, Vec<String>) {
    let stage = stage(GUARD).await;
    let mut files = documents(GUARD);
    files.push(("plant.yaml".to_owned(), PLANT.to_owned()));
    files.push(("plant-rule.yaml".to_owned(), RULE.to_owned()));
    let dora = actor("dora");
    stage
        .node
        .app
        .accept_documents(&dora, files, false)
        .await
        .unwrap();
    list(&stage, "").await;
    let rows = workers(2);
    let waves = stage.deliver(&rows).await;
    for wave in &waves {
        stage
            .node
            .app
            .apply(&actor("ana"), wave.wave, "go")
            .await
            .unwrap();
    }
    work(&stage).await;
    (stage, rows)
}

pub async fn list(stage: &Stage, rows: &str) {
    let text = format!("Account,Login,State,Job\n{rows}");
    let (app, pia) = (&stage.node.app, actor("pia"));
    let read = app
        .take_extract(
            &pia,
            &plant(),
            ("list.csv", text.as_bytes()),
            app.now(),
            false,
        )
        .await
        .unwrap();
    assert!(!read.refused, "{:?}", read.diagnostics);
}

pub async fn lines(stage: &Stage) -> Vec<OpenLine> {
    stage.node.app.open_lines(&plant()).await.unwrap()
}

pub async fn answer(stage: &Stage, rows: &str) -> AnswersReport {
    let text = format!("{HEAD}{rows}");
    let file = ("reply.csv", text.as_bytes());
    let taken = stage
        .node
        .app
        .take_answers(&actor("pia"), &plant(), file, "mail", false)
        .await;
    taken.unwrap()
}

/// The node works until it only waits for people.
pub async fn work(stage: &Stage) {
    let soon = |now: model::Timestamp| now.plus(Duration::from_secs(10));
    for _ in 0..50 {
        let next = stage.node.worker.pass().await.unwrap().next;
        match next.filter(|next| *next < soon(stage.node.app.now())) {
            Some(next) => stage.node.clock.advance_to(next),
            None => return,
        }
    }
    panic!("still busy");
}

/// As long passes as a line is left alone, and the node works.
pub async fn later(stage: &Stage) {
    stage.node.clock.advance(LOOK);
    stage.node.worker.tick().await.unwrap();
    work(stage).await;
}

/// How every step in the plant stands now, by what the log says.
async fn steps(stage: &Stage) -> Vec<StepChanged> {
    let log = stage.node.app.store().records(0, 10_000).await.unwrap();
    let mut steps: Vec<StepChanged> = Vec::new();
    for record in log {
        if let Event::StepChanged(step) = record.event
            && step.address.target == plant()
        {
            steps.retain(|known| known.step != step.step);
            steps.push(step);
        }
    }
    steps
}

#[tokio::test]
async fn a_step_is_one_line_however_often_it_is_written_and_whatever_dies() {
    let (stage, _) = asked().await;
    let first = lines(&stage).await;
    assert_eq!(first.len(), 2);
    let app = &stage.node.app;
    assert_eq!(app.sheet(&plant()).await, app.sheet(&plant()).await);
    // The node dies after it wrote the intent down and before the step was handed over.
    let open = first[0].step;
    let row = app.store().plan(open.plan).await.unwrap().unwrap();
    let last = row.steps[usize::from(open.no)].last.clone().unwrap();
    let died = StepChanged {
        status: StepStatus::Sent,
        outcome: None,
        not_before: None,
        ..last
    };
    let append = Append::of(Actor::system(), vec![Event::StepChanged(died)]);
    let append = append.on(Stream::new("plan", open.plan), row.head);
    app.store().append(append).await.unwrap();
    assert_eq!(lines(&stage).await.len(), 1, "nobody is asked for it now");
    later(&stage).await;
    let ids = |lines: &[OpenLine]| {
        let mut ids: Vec<String> = lines.iter().map(|open| open.line.id.clone()).collect();
        ids.sort();
        ids
    };
    assert_eq!(
        ids(&lines(&stage).await),
        ids(&first),
        "the same lines, each once"
    );
    // Another node goes on where this one stands.
    let worker = Worker::new(Arc::clone(app), WorkerSettings::new("node-2"));
    stage.node.worker.give_up().await;
    stage.node.clock.advance(LOOK * 2);
    worker.pass().await.unwrap();
    assert_eq!(ids(&lines(&stage).await), ids(&first));
    let sent = steps(&stage).await;
    assert!(
        sent.iter().all(|step| step.status == StepStatus::Handed),
        "{sent:?}"
    );
}

#[tokio::test]
async fn nobody_waits_while_people_think() {
    let (stage, _) = asked().await;
    let before = steps(&stage).await;
    for _ in 0..30 {
        later(&stage).await;
    }
    assert_eq!(steps(&stage).await, before, "looking writes nothing down");
    // No lease is kept: another node can take it between two looks.
    stage.node.clock.advance(LOOK * 2);
    let store = stage.node.app.store();
    let lease = store.acquire("target/plant", "node-2", LOOK).await.unwrap();
    assert!(lease.is_some());
    // And it is written to the plan under a fence of nobody's, so a closed app stays closed.
    let stopped = Append::of(Actor::system(), vec![Event::StepChanged(before[0].clone())]);
    let fence = Expect::Fence("target/plant".to_owned(), u64::MAX);
    assert!(store.append(stopped.expecting(fence)).await.is_err());
}

#[tokio::test]
async fn whoever_is_terminated_does_not_wait_for_an_older_line() {
    let (stage, mut rows) = asked().await;
    let open = lines(&stage).await;
    let answers: Vec<String> = open
        .iter()
        .enumerate()
        .map(|(n, open)| format!("{},done,Monday,Pia,,47{n}\n", open.line.id))
        .collect();
    let taken = answer(&stage, &answers.concat()).await;
    assert_eq!(
        (taken.rows.len(), taken.diagnostics.len()),
        (2, 0),
        "{taken:?}"
    );
    later(&stage).await;
    assert_eq!(lines(&stage).await, []);
    // A new title lies on somebody's desk when they are out.
    rows[1] = rows[1].replace("w002,First2,Last2", "w002,First2,Other");
    rows[1] = rows[1].replace("p2@acme", "other2@acme");
    let waves = stage.deliver(&rows).await;
    for wave in &waves {
        stage
            .node
            .app
            .apply(&actor("ana"), wave.wave, "go")
            .await
            .unwrap();
    }
    work(&stage).await;
    let change = lines(&stage).await;
    assert_eq!((change.len(), change[0].line.task), (1, "change"));
    let app = &stage.node.app;
    app.terminate(&actor("bo"), "w002", "theft", false)
        .await
        .unwrap();
    later(&stage).await;
    later(&stage).await;
    let now = lines(&stage).await;
    assert_eq!((now.len(), now[0].line.task), (1, "disable"), "{now:?}");
    // The old one was done all the same: that is known, and changes nothing about the new one.
    let late = answer(
        &stage,
        &format!("{},done,Monday,Pia,,\n", change[0].line.id),
    )
    .await;
    assert_eq!(late.rows[0].taken, Taken::Late, "{late:?}");
    later(&stage).await;
    assert_eq!(lines(&stage).await[0].line.task, "disable");
    let again = answer(
        &stage,
        &format!("{},done,Monday,Pia,,\n", change[0].line.id),
    )
    .await;
    assert_eq!(again.rows[0].taken, Taken::Again);
}

#[tokio::test]
async fn what_people_say_is_not_what_was_read_back() {
    let (stage, _) = asked().await;
    let line = &lines(&stage).await[0].line;
    let login = line.set["userName"].as_text().unwrap().to_owned();
    answer(&stage, &format!("{},done,Monday,Pia,,4711\n", line.id)).await;
    later(&stage).await;
    let status = |steps: &[StepChanged]| {
        let mut all: Vec<&str> = steps.iter().map(|step| step.status.as_str()).collect();
        all.sort_unstable();
        all.join(" ")
    };
    assert_eq!(status(&steps(&stage).await), "confirmed handed");
    stage.node.clock.advance(LOOK);
    list(&stage, &format!("4711,{login},active,Engineering\n")).await;
    assert_eq!(status(&steps(&stage).await), "handed verified");
    // The same words, and a list that shows otherwise.
    stage.node.clock.advance(LOOK);
    list(&stage, &format!("4711,{login},locked,Engineering\n")).await;
    let app = &stage.node.app;
    let waves = app.store().undecided_waves(9).await.unwrap();
    assert_eq!(waves.len(), 1, "it drifted");
}

#[tokio::test]
async fn what_was_written_beside_an_answer_is_erased_with_the_person() {
    let (stage, mut rows) = asked().await;
    let line = &lines(&stage).await[0];
    let who = line.subject.unwrap();
    answer(
        &stage,
        &format!(
            "{},refused,Monday,Pia,his brother works there,\n",
            line.line.id
        ),
    )
    .await;
    later(&stage).await;
    let app = &stage.node.app;
    let findings = app.store().open_findings(99).await.unwrap();
    let told: Vec<&str> = findings
        .iter()
        .map(|f| f.opened.finding.problem.as_str())
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        !told[0].contains("brother") && told[0].contains("will not do it"),
        "{told:?}"
    );
    let noted = |log: Vec<app::rows::LogRecord>| {
        let mut notes = log.into_iter().filter_map(|record| match record.event {
            Event::LineAnswered(line) => Some(line.personal.known().cloned()),
            _ => None,
        });
        notes.next().unwrap()
    };
    let log = app.store().records(0, 10_000).await.unwrap();
    assert_eq!(noted(log).unwrap().note, "his brother works there");
    for row in &mut rows {
        *row = row.replace("2020-01-01,,", "2020-01-01,2020-02-01,");
    }
    for wave in stage.deliver(&rows).await {
        app.apply(&actor("ana"), wave.wave, "go").await.unwrap();
    }
    work(&stage).await;
    let person = who.to_string();
    app.erase(&actor("ana"), &person, "asked").await.unwrap();
    let log = app.store().records(0, 10_000).await.unwrap();
    assert_eq!(noted(log), None);
}

#[tokio::test]
async fn a_list_that_cannot_be_right_changes_nothing() {
    let (stage, _) = asked().await;
    let line = &lines(&stage).await[0].line;
    answer(&stage, &format!("{},done,Monday,Pia,,4711\n", line.id)).await;
    later(&stage).await;
    let (app, pia) = (&stage.node.app, actor("pia"));
    let try_it = async |rows: &str, at| {
        let text = format!("Account,Login,State,Job\n{rows}");
        let file = ("list.csv", text.as_bytes());
        app.take_extract(&pia, &plant(), file, at, false)
            .await
            .map_err(|e| e.code())
    };
    let before = steps(&stage).await;
    assert_eq!(try_it("", app.now()).await.unwrap_err(), "TNR-HANDOFF-0006");
    let tomorrow = app.now().plus(LOOK);
    assert_eq!(
        try_it("1,a,active,x\n", tomorrow).await.unwrap_err(),
        "TNR-HANDOFF-0005"
    );
    let old = testkit::node::morning();
    assert_eq!(
        try_it("1,a,active,x\n", old).await.unwrap_err(),
        "TNR-HANDOFF-0007"
    );
    assert!(
        try_it("1,a,active,x\n1,b,active,x\n", app.now())
            .await
            .unwrap()
            .refused
    );
    assert_eq!(steps(&stage).await, before);
    assert_eq!(
        app.observe(&pia, &plant()).await.unwrap_err().code(),
        "TNR-HANDOFF-0008"
    );
    let chat = app.open_lines(&TargetName::from("chat")).await;
    assert_eq!(chat.unwrap_err().code(), "TNR-HANDOFF-0004");
}

#[tokio::test]
async fn one_account_is_nobodys_twice_and_nobody_elses() {
    let (stage, _) = asked().await;
    let open = lines(&stage).await;
    let (one, two) = (&open[0].line.id, &open[1].line.id);
    // The same account in two lines of one file: the first one's, whoever is asked next.
    let rows = format!("{one},done,Monday,Pia,,4711\n{two},done,Monday,Pia,,4711\n");
    let told = answer(&stage, &rows).await;
    assert_eq!(told.rows.len(), 1, "{told:?}");
    assert_eq!(told.diagnostics.len(), 1);
    assert_eq!(told.diagnostics[0].code, "TNR-HANDOFF-0013");
    later(&stage).await;
    let told = answer(&stage, &format!("{two},done,Monday,Pia,,4711\n")).await;
    assert!(told.rows.is_empty(), "it is somebody else's: {told:?}");
    // A correction is no repetition.
    let told = answer(&stage, &format!("{one},done,Monday,Pia,,4712\n")).await;
    assert!(told.rows.is_empty(), "{told:?}");
    assert!(told.diagnostics[0].problem.contains("another account"));
    // An account that a list shows under another name is nobody's to give away.
    stage.node.clock.advance(LOOK);
    list(&stage, "9999,backup@acme.example,active,Operations\n").await;
    let told = answer(&stage, &format!("{two},done,Monday,Pia,,9999\n")).await;
    assert!(told.rows.is_empty(), "{told:?}");
    assert!(told.diagnostics[0].problem.contains("was there before"));
    let told = answer(&stage, &format!("{two},done,Monday,Pia,,4713\n")).await;
    assert_eq!(told.rows.len(), 1, "{told:?}");
}

#[tokio::test]
async fn a_step_that_one_list_did_not_show_is_read_back_by_a_later_one() {
    let (stage, _) = asked().await;
    let open = lines(&stage).await;
    let login = open[0].line.set["userName"].as_text().unwrap().to_owned();
    answer(
        &stage,
        &format!("{},done,Monday,Pia,,4711\n", open[0].line.id),
    )
    .await;
    later(&stage).await;
    stage.node.clock.advance(LOOK);
    // Somebody mistyped the job there, and mends it for the next list.
    list(&stage, &format!("4711,{login},active,Enginering\n")).await;
    let status = |steps: &[StepChanged]| {
        steps
            .iter()
            .filter(|s| s.status == StepStatus::Verified)
            .count()
    };
    assert_eq!(status(&steps(&stage).await), 0);
    stage.node.clock.advance(LOOK);
    list(&stage, &format!("4711,{login},active,Engineering\n")).await;
    assert_eq!(status(&steps(&stage).await), 1);
}
