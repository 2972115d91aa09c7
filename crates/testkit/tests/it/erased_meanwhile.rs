//! An erasure that comes between the look of a planning, or of somebody who says that something was
//! done by hand, and what they write: nothing of the person stays, and nothing comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use app::App;
use model::event::DocumentsAccepted;
use model::{Event, SubjectId};
use ports::Store;
use ports::store::Append;
use testkit::between::{Between, Call, nothing};
use testkit::node::{actor, morning};
use testkit::{Company, Node, SimClock};

use crate::by_hand::{LAPTOP, asking};
use crate::company::{csv, over, workers};

const DAY: Duration = Duration::from_secs(86_400);

/// A company of three over one store, of whom the third has left; their laptop is owed.
struct Stage {
    store: Arc<dyn Store>,
    company: Company,
    clock: Arc<SimClock>,
    node: Node,
    subject: SubjectId,
}

async fn stage() -> Stage {
    let clock = Arc::new(SimClock::at(morning()));
    let store = crate::company::store(&clock);
    let company = Company::with(&["chat"]);
    let node = over(&store, &company, &clock);
    let (app, ana) = (&node.app, actor("ana"));
    let accepted = app.accept_documents(&ana, asking(LAPTOP), false);
    accepted.await.unwrap();
    let token = model::Secret::new("s3cret");
    let set = app.set_secret(&ana, "chat-token", "chat", "127.0.0.1:1", &token);
    set.await.unwrap();
    let mut rows = workers(3);
    for end in ["", "2026-11-22"] {
        rows[2] = rows[2].replace("2020-01-01,,", &format!("2020-01-01,{end},"));
        let bytes = csv(&rows);
        let delivered = app.deliver(&ana, "hr", "hr.csv", &bytes, false).await;
        assert!(!delivered.unwrap().refused);
        for wave in app.plan(&ana, false).await.unwrap() {
            app.apply(&ana, wave.wave, "go").await.unwrap();
        }
        node.settle(50).await.unwrap();
        clock.advance(DAY);
    }
    let subject = app.one_person("w003").await.unwrap().person.subject;
    Stage {
        store,
        company,
        clock,
        node,
        subject,
    }
}

impl Stage {
    /// A node that erases the third person as soon as another one is about to append what `when`
    /// says.
    fn overtaken(&self, when: fn(&Event) -> bool) -> (Node, Arc<AtomicBool>) {
        let erased = Arc::new(AtomicBool::new(false));
        let (done, app) = (Arc::clone(&erased), Arc::clone(&self.node.app));
        let way = Between::new(Arc::clone(&self.store), move |call| {
            let Call::Append(append) = call else {
                return nothing();
            };
            if !append.events.iter().any(when) || done.swap(true, Ordering::SeqCst) {
                return nothing();
            }
            let app: Arc<App> = Arc::clone(&app);
            Box::pin(async move {
                app.erase(&actor("ana"), "w003", "asked").await.unwrap();
                Ok(())
            })
        });
        let way: Arc<dyn Store> = Arc::new(way);
        (over(&way, &self.company, &self.clock), erased)
    }

    /// # Panics
    /// When anything is known of the third person.
    async fn nothing_is_left(&self) {
        assert_eq!(self.store.person(self.subject).await.unwrap(), None);
        assert_eq!(self.store.open_tasks(None, None, 99).await.unwrap(), []);
        let log = self.store.records(0, 10_000).await.unwrap();
        let erased = |event: &Event| match event {
            Event::SubjectErased(erased) => erased.subject == self.subject,
            _ => false,
        };
        let at = log.iter().position(|record| erased(&record.event)).unwrap();
        let after: Vec<_> = log[at + 1..]
            .iter()
            .filter(|record| record.event.subject() == Some(self.subject))
            .collect();
        assert!(after.is_empty(), "{after:#?}");
    }
}

#[tokio::test]
async fn a_planning_that_read_them_before_opens_no_task_for_who_is_erased() {
    let stage = stage().await;
    // Another step is asked for from now on.
    let keys = "{name: keys, owner: facility, due_days: 0, text: Take them back.}";
    let both = asking(&format!("{LAPTOP}, {keys}"));
    let ana = actor("ana");
    let accepted = stage.node.app.accept_documents(&ana, both, false);
    accepted.await.unwrap();
    let (node, erased) = stage.overtaken(|event| matches!(event, Event::TaskOpened(_)));
    let planned = node.app.plan(&actor("ana"), false).await;
    assert!(erased.load(Ordering::SeqCst));
    assert!(planned.is_err(), "it has to look again");
    stage.nothing_is_left().await;
    node.app.plan(&actor("ana"), false).await.unwrap();
    stage.nothing_is_left().await;
}

#[tokio::test]
async fn who_says_that_it_was_done_is_told_that_there_is_nothing_to_do() {
    let stage = stage().await;
    let task = stage.store.open_tasks(None, None, 9).await.unwrap()[0]
        .task
        .id;
    let (node, erased) = stage.overtaken(|event| matches!(event, Event::TaskDone(_)));
    let it = actor("it");
    let done = node
        .app
        .finish_task(&it, task, "on the shelf", "IT-1", false);
    assert!(done.await.is_err());
    assert!(erased.load(Ordering::SeqCst));
    stage.nothing_is_left().await;
    let again = node
        .app
        .finish_task(&it, task, "on the shelf", "IT-1", false);
    assert_eq!(again.await.unwrap_err().kind(), app::ErrorKind::Missing);
}

#[tokio::test]
async fn a_task_that_is_opened_while_an_erasure_looks_is_erased_with_them() {
    let stage = stage().await;
    let keys = "{name: keys, owner: facility, due_days: 0, text: Take them back.}";
    let both = asking(&format!("{LAPTOP}, {keys}"));
    let ana = actor("ana");
    let accepted = stage.node.app.accept_documents(&ana, both, false);
    accepted.await.unwrap();
    let planned = Arc::new(AtomicBool::new(false));
    let (done, app) = (Arc::clone(&planned), Arc::clone(&stage.node.app));
    let way = Between::new(Arc::clone(&stage.store), move |call| {
        let Call::Append(append) = call else {
            return nothing();
        };
        let erases = |event: &Event| matches!(event, Event::SubjectErased(_));
        if !append.events.iter().any(erases) || done.swap(true, Ordering::SeqCst) {
            return nothing();
        }
        let app: Arc<App> = Arc::clone(&app);
        Box::pin(async move {
            app.plan(&actor("ana"), false).await.unwrap();
            Ok(())
        })
    });
    let way: Arc<dyn Store> = Arc::new(way);
    let node = over(&way, &stage.company, &stage.clock);
    node.app
        .erase(&actor("ana"), "w003", "asked")
        .await
        .unwrap();
    assert!(planned.load(Ordering::SeqCst));
    stage.nothing_is_left().await;
}

#[tokio::test]
async fn an_erasure_needs_no_documents_that_can_be_read() {
    let stage = stage().await;
    let known = stage.store.documents().await.unwrap().unwrap();
    let mut documents = known.documents;
    documents[0].text = "kind: Something that a later version knows".to_owned();
    let accepted = Event::DocumentsAccepted(DocumentsAccepted {
        revision: known.revision + 1,
        author: "later".to_owned(),
        documents,
    });
    let append = Append::of(actor("later"), vec![accepted]);
    stage.store.append(append).await.unwrap();
    let fresh = over(&stage.store, &stage.company, &stage.clock);
    let plan = fresh.app.plan(&actor("ana"), false).await;
    assert_eq!(plan.unwrap_err().code(), "TNR-APP-0003");
    let erased = fresh.app.erase(&actor("ana"), "w003", "asked").await;
    assert_eq!(erased.unwrap(), stage.subject);
    stage.nothing_is_left().await;
    // What their account was called is kept from others all the same.
    let log = stage.store.records(0, 10_000).await.unwrap();
    let lost = log.iter().filter(|r| matches!(r.event, Event::NameLost(_)));
    assert_eq!(lost.count(), 1);
}
