//! Runs of drills.

use model::event::DrillChanged;
use model::{Actor, Event};

use crate::conformance::samples::{at, drilled};
use crate::store::{Append, AppendError, Store, Stream};

/// A run goes in whole, under its drill's stream, and comes out open until it has ended; the newest
/// run of a drill is first.
pub async fn drills(store: &dyn Store) {
    assert!(store.open_drills(0).await.unwrap().is_empty());
    assert!(store.drill_runs("nightly", 0).await.unwrap().is_empty());
    let stream = Stream::new("drill", "nightly");
    let put = |event: &DrillChanged, head| {
        let events = vec![Event::DrillChanged(event.clone())];
        store.append(Append::of(Actor::system(), events).on(stream.clone(), head))
    };
    let mut first = drilled(1);
    let head = put(&first, None).await.unwrap().last;
    // Of two nodes that begin it one is first.
    let second = put(&drilled(1), None).await;
    assert!(
        matches!(second, Err(AppendError::Conflict { .. })),
        "{second:?}"
    );
    let open = store.open_drills(0).await.unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].head, &open[0].run), (Some(head), &first.run));

    first.run.ended = Some(at(9));
    let head = put(&first, Some(head)).await.unwrap().last;
    assert!(store.open_drills(0).await.unwrap().is_empty());
    let head = put(&drilled(2), Some(head)).await.unwrap().last;
    let mut other = drilled(1);
    other.run.drill = "weekly".to_owned();
    store
        .append(Append::of(
            Actor::system(),
            vec![Event::DrillChanged(other)],
        ))
        .await
        .unwrap();
    let runs = store.drill_runs("nightly", 0).await.unwrap();
    let told: Vec<_> = runs.iter().map(|r| (r.run.number, r.run.ended)).collect();
    assert_eq!(told, [(2, None), (1, Some(at(9)))]);
    assert_eq!(runs[0].head, Some(head));
    assert_eq!(store.drill_runs("nightly", 1).await.unwrap(), runs[..1]);
    let open = store.open_drills(0).await.unwrap();
    let open: Vec<_> = open.iter().map(|r| r.run.drill.as_str()).collect();
    assert_eq!(open, ["nightly", "weekly"]);
    assert!(store.drill_runs("hourly", 0).await.unwrap().is_empty());
}
