//! More appends than the store takes.

use futures_util::future::join_all;
use model::Actor;
use ports::conformance::store::{Harness as _, call};
use ports::store::{Append, AppendError, Door as _, Log as _};
use rusqlite::Connection;

use crate::harness::{Kind, Stores};

/// While the file is locked by another, what does not fit the queue is refused at once, and what
/// was taken is done when the lock is gone.
#[tokio::test]
async fn what_does_not_fit_the_queue_is_refused() {
    let stores = Stores::new(Kind::File);
    let store = stores.fresh().await;
    let other = Connection::open(stores.place()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let appends: Vec<_> = (0..6000)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .append(Append::of(Actor::system(), vec![call(n)]))
                    .await
            })
        })
        .collect();
    // On one thread they are all begun, in order, before this one goes on.
    let begun = tokio::spawn(async {});
    begun.await.unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    let (mut done, mut refused) = (0, 0);
    for answer in join_all(appends).await {
        match answer.unwrap() {
            Ok(_) => done += 1,
            Err(AppendError::Busy(why)) => {
                assert!(why.contains("waiting"), "{why}");
                refused += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
    // The queue holds 4096; the committer holds the batch that waits for the lock, at most 512.
    assert!((4096..=4096 + 512).contains(&done), "{done} were taken");
    assert_eq!(done + refused, 6000);
    assert_eq!(store.head().await.unwrap().0, done);
    store.close().await;
    let late = store
        .append(Append::of(Actor::system(), vec![call(0)]))
        .await;
    assert!(matches!(late, Err(AppendError::Busy(_))), "{late:?}");
}
