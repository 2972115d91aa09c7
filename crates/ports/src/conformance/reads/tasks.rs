use model::event::{TaskDone, TaskDropped, TaskOpened};
use model::task::{Done, KnownTask};
use model::{Event, Personal, Task, TaskId};

use super::tell;
use crate::conformance::samples::{accepted, at, slack, subject, task};
use crate::store::Store;

fn opened(task: &Task) -> Event {
    Event::TaskOpened(TaskOpened { task: task.clone() })
}

fn open(task: &Task) -> KnownTask {
    KnownTask {
        task: task.clone(),
        done: None,
    }
}

/// Tasks are listed by when they are due until they are done, kept with their person until they
/// are dropped.
pub async fn tasks(store: &dyn Store) {
    // Due in the other order than they were opened, two of them at once.
    let due = |n: u8, seconds| Task {
        due: at(seconds),
        ..task(n)
    };
    let (late, early, alike) = (due(1, 30), due(2, 10), due(3, 30));
    tell(store, vec![Event::FactsAccepted(accepted(1))]).await;
    tell(store, [&late, &early, &alike].map(opened).to_vec()).await;
    let all = [open(&early), open(&late), open(&alike)];
    assert_eq!(store.open_tasks(None, None, 0).await, Ok(all.to_vec()));
    assert_eq!(store.open_tasks(None, None, 2).await, Ok(all[..2].to_vec()));
    let after = Some((late.due, late.id));
    assert_eq!(
        store.open_tasks(None, after, 9).await,
        Ok(vec![open(&alike)])
    );
    assert_eq!(store.open_tasks(Some(at(9)), None, 9).await, Ok(vec![]));
    let overdue = store.open_tasks(Some(at(10)), None, 9).await;
    assert_eq!(overdue, Ok(vec![open(&early)]));
    assert_eq!(store.task(late.id).await, Ok(Some(open(&late))));
    assert_eq!(store.task(TaskId::from_bits(99)).await, Ok(None));

    with_their_person(store, &late, &[early, alike]).await;
}

/// One person's tasks, of which one is done and then all are dropped; `others` stay open.
async fn with_their_person(store: &dyn Store, late: &Task, others: &[Task; 2]) {
    // Theirs are read with the person, whatever else is: by id, by key, in a page and in a list.
    let second = Task {
        id: TaskId::from_bits(20),
        step: "keys".to_owned(),
        ..late.clone()
    };
    tell(store, vec![opened(&second)]).await;
    let done = TaskDone {
        task: late.clone(),
        by: "it-desk".to_owned(),
        at: at(7),
        reason: "IT-1".to_owned(),
        personal: Personal::Known("it is on the shelf".to_owned()),
    };
    tell(store, vec![Event::TaskDone(done.clone())]).await;
    let known = KnownTask {
        task: late.clone(),
        done: Some(Done {
            by: done.by,
            at: done.at,
            reason: done.reason,
            personal: done.personal,
        }),
    };
    let theirs = vec![known.clone(), open(&second)];
    let person = store.person(subject(1)).await.unwrap().unwrap();
    assert_eq!(person.tasks, theirs);
    assert_eq!(person.engagements.len(), 1);
    let same = Ok(Some(person.clone()));
    let key = person.engagements[0].key.clone();
    assert_eq!(store.person_by_key("hr", &key).await, same);
    let same = Ok(vec![person]);
    assert_eq!(store.people(&[subject(1)]).await, same);
    assert_eq!(store.people_page(None, None, 9).await, same);
    assert_eq!(store.task(late.id).await, Ok(Some(known)));
    let [early, alike] = others.each_ref().map(open);
    let left = vec![early, alike, open(&second)];
    assert_eq!(store.open_tasks(None, None, 9).await, Ok(left));

    let drop = |task: &Task| {
        Event::TaskDropped(TaskDropped {
            task: task.id,
            subject: task.subject,
            target: slack(),
            step: task.step.clone(),
            reason: "they are back".to_owned(),
        })
    };
    tell(store, [late, &second].map(drop).to_vec()).await;
    let person = store.person(subject(1)).await.unwrap().unwrap();
    assert_eq!(person.tasks, []);
    assert_eq!(store.task(late.id).await, Ok(None), "the log has it");
}
