//! Two lists of an app, or a list and an answer, that are written down at the same moment: what the
//! younger of them says stays.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use app::{App, Worker, WorkerSettings};
use model::{Event, Kind, Record, RemoteId, TargetName, Timestamp};
use ports::Store;
use testkit::Node;
use testkit::between::{Between, Call, Happening, nothing};
use testkit::node::actor;

use crate::company::{GUARD, Stage, over, stage, workers};
use crate::handoff::{LOOK, answer, asked, later, lines, list, plant, work};

/// Another node to which `meanwhile` happens right before it first appends what it saw or heard of an
/// account.
fn overtaken(
    stage: &Stage,
    meanwhile: impl Fn() -> Happening + Send + Sync + 'static,
) -> (Node, Arc<AtomicBool>) {
    let came = Arc::new(AtomicBool::new(false));
    let done = Arc::clone(&came);
    let way = Between::new(Arc::clone(&stage.store), move |call| {
        let Call::Append(append) = call else {
            return nothing();
        };
        let saw = |event: &Event| matches!(event, Event::ObjectObserved(_));
        if !append.events.iter().any(saw) || done.swap(true, Ordering::SeqCst) {
            return nothing();
        }
        meanwhile()
    });
    let way: Arc<dyn Store> = Arc::new(way);
    (over(&way, &stage.company, &stage.node.clock), came)
}

async fn known(stage: &Stage, app: &TargetName, remote: &str) -> Record {
    let remote = RemoteId(remote.to_owned());
    let found = stage.store.shadow(app, Kind::Account, &remote).await;
    found.unwrap().unwrap().record
}

fn title(record: &Record) -> &str {
    record.attributes["title"].as_text().unwrap()
}

async fn take(app: &App, rows: &str, taken: Timestamp) -> Result<u64, &'static str> {
    let text = format!("Account,Login,State,Job\n{rows}");
    let file = ("list.csv", text.as_bytes());
    let (pia, plant) = (actor("pia"), plant());
    let read = app.take_extract(&pia, &plant, file, taken, false);
    let run = read.await.map_err(|error| error.code())?.run.unwrap();
    Ok(run.changed)
}

/// An account in the plant that was made by hand and read back, and what its first line asked for.
async fn made() -> (Stage, Vec<String>, String) {
    let (stage, rows) = asked().await;
    let line = lines(&stage).await.remove(0).line;
    let login = line.set["userName"].as_text().unwrap().to_owned();
    answer(&stage, &format!("{},done,Monday,Pia,,4711\n", line.id)).await;
    later(&stage).await;
    stage.node.clock.advance(LOOK);
    list(&stage, &format!("4711,{login},active,Engineering\n")).await;
    stage.node.clock.advance(LOOK);
    (stage, rows, login)
}

#[tokio::test]
async fn an_older_list_does_not_overwrite_a_younger_one_that_came_meanwhile() {
    let (stage, _, login) = made().await;
    let older = stage.node.app.now();
    stage.node.clock.advance(LOOK);
    let younger = stage.node.app.now();
    let (app, row) = (
        Arc::clone(&stage.node.app),
        format!("4711,{login},locked,Plumber\n"),
    );
    let (other, came) = overtaken(&stage, move || {
        let (app, row) = (Arc::clone(&app), row.clone());
        Box::pin(async move {
            assert_eq!(take(&app, &row, younger).await, Ok(1));
            Ok(())
        })
    });
    let rows = format!("4711,{login},active,Welder\n");
    let taken = take(&other.app, &rows, older).await;
    assert!(came.load(Ordering::SeqCst));
    assert_eq!(
        taken,
        Err("TNR-HANDOFF-0007"),
        "it is told, and counts for nothing"
    );
    let record = known(&stage, &plant(), "4711").await;
    assert_eq!((title(&record), record.active), ("Plumber", false));
}

/// A change of their mail address is handed over, and the line that asks for it.
async fn asked_to_rename(stage: &Stage, rows: &mut [String], login: &str) -> String {
    let row = rows.iter_mut().find(|row| row.contains(login)).unwrap();
    *row = row.replace(login, "other@acme.example");
    let ana = actor("ana");
    for wave in stage.deliver(rows).await {
        let applied = stage.node.app.apply(&ana, wave.wave, "go");
        applied.await.unwrap();
    }
    work(stage).await;
    let change = lines(stage).await.into_iter();
    let mut change = change.filter(|open| open.line.task == "change");
    change.next().unwrap().line.id
}

#[tokio::test]
async fn a_list_does_not_overwrite_an_answer_that_came_meanwhile() {
    let (stage, mut rows, login) = made().await;
    let line = asked_to_rename(&stage, &mut rows, &login).await;
    let older = stage.node.app.now();
    stage.node.clock.advance(LOOK);
    let said = format!("{line},done,Monday,Pia,,\n");
    assert_eq!(answer(&stage, &said).await.rows.len(), 1);
    let (app, clock) = (Arc::clone(&stage.node.app), Arc::clone(&stage.node.clock));
    // The worker comes to the answer while the list is compared.
    let (other, came) = overtaken(&stage, move || {
        let worker = Worker::new(Arc::clone(&app), WorkerSettings::new("node-3"));
        let clock = Arc::clone(&clock);
        Box::pin(async move {
            clock.advance(LOOK * 2);
            worker.pass().await.unwrap();
            Ok(())
        })
    });
    stage.node.worker.give_up().await;
    let rows = format!("4711,{login},active,Welder\n0815,backup,active,Operations\n");
    let taken = take(&other.app, &rows, older).await;
    assert!(came.load(Ordering::SeqCst));
    assert_eq!(taken, Ok(1), "the account of which nobody spoke");
    let record = known(&stage, &plant(), "4711").await;
    assert_eq!(record.name, "other@acme.example", "{record:?}");
}

#[tokio::test]
async fn an_answer_does_not_overwrite_a_list_that_came_meanwhile() {
    let (stage, mut rows, login) = made().await;
    let line = asked_to_rename(&stage, &mut rows, &login).await;
    let said = format!("{line},done,Monday,Pia,,\n");
    assert_eq!(answer(&stage, &said).await.rows.len(), 1);
    let (app, row) = (
        Arc::clone(&stage.node.app),
        format!("4711,{login},locked,Plumber\n"),
    );
    let (other, came) = overtaken(&stage, move || {
        let (app, row) = (Arc::clone(&app), row.clone());
        Box::pin(async move {
            let now = app.now();
            assert_eq!(take(&app, &row, now).await, Ok(1));
            Ok(())
        })
    });
    stage.node.worker.give_up().await;
    stage.node.clock.advance(LOOK * 2);
    for _ in 0..3 {
        other.worker.pass().await.unwrap();
        stage.node.clock.advance(Duration::from_secs(2));
    }
    assert!(came.load(Ordering::SeqCst));
    let record = known(&stage, &plant(), "4711").await;
    let now = (record.name.as_str(), title(&record), record.active);
    assert_eq!(now, ("other@acme.example", "Plumber", false));
}

#[tokio::test]
async fn of_two_listings_at_once_the_younger_one_counts() {
    let stage = stage(GUARD).await;
    let waves = stage.deliver(&workers(2)).await;
    stage.apply(&waves).await;
    let chat = TargetName::from("chat");
    let memory = stage.company.target("chat");
    let mut accounts = memory.objects().into_iter();
    let mut account = accounts.find(|(_, object)| object.kind == Kind::Account);
    let remote = account.take().unwrap().0;
    let by_hand = |text: &str| {
        memory.tamper(&remote, |object| {
            object.attributes.insert("title".to_owned(), text.into());
        });
    };
    by_hand("Welder");
    let (app, clock) = (Arc::clone(&stage.node.app), Arc::clone(&stage.node.clock));
    let (same, there) = (Arc::clone(&memory), remote.clone());
    let (other, came) = overtaken(&stage, move || {
        same.tamper(&there, |object| {
            object
                .attributes
                .insert("title".to_owned(), "Plumber".into());
        });
        clock.advance(LOOK);
        let app = Arc::clone(&app);
        Box::pin(async move {
            let chat = TargetName::from("chat");
            app.observe(&actor("ana"), &chat).await.unwrap();
            Ok(())
        })
    });
    let runs = other.app.observe(&actor("ana"), &chat).await.unwrap();
    assert!(came.load(Ordering::SeqCst));
    let record = known(&stage, &chat, &remote.0).await;
    assert_eq!(title(&record), "Plumber");
    let last = stage.store.last_observation(&chat, Kind::Account).await;
    assert_eq!(Some(&runs[0]), last.unwrap().map(|row| row.run).as_ref());
}
