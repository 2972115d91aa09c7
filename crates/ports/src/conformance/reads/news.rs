use model::Event;
use model::event::{SubjectAdvanced, SubjectErased};

use super::tell;
use crate::conformance::samples::{accepted, at, subject, terminated};
use crate::store::Store;

/// What is told of people is found by the records that tell it, whoever is erased is not.
pub async fn news(store: &dyn Store) {
    let told = vec![
        Event::FactsAccepted(accepted(1)),
        Event::SubjectTerminated(terminated(1)),
    ];
    let first = tell(store, told).await;
    let advanced = Event::SubjectAdvanced(SubjectAdvanced {
        subject: subject(2),
        next_change: None,
    });
    let second = tell(store, vec![advanced]).await.last;
    let all = store.news(0, u64::MAX, 0).await.unwrap();
    assert!(
        all.is_sorted() && all.contains(&(second, subject(2))),
        "{all:?}"
    );
    let mine = all.iter().filter(|(_, who)| *who == subject(1));
    assert_eq!(mine.count(), 2, "facts and a termination");
    assert_eq!(
        store.news(first.last, second, 9).await,
        Ok(vec![(second, subject(2))]),
        "`after` is exclusive, `until` is not"
    );
    assert_eq!(store.news(first.last, second - 1, 9).await, Ok(vec![]));
    assert_eq!(store.news(0, u64::MAX, 1).await.unwrap(), all[..1]);
    let erased = Event::SubjectErased(SubjectErased {
        subject: subject(2),
        reason: "request".to_owned(),
    });
    tell(store, vec![erased]).await;
    assert_eq!(store.news(first.last, u64::MAX, 9).await, Ok(vec![]));
}

/// Whose instants were announced is found by the instants, also when they are over.
pub async fn announced(store: &dyn Store) {
    let advance = |n, next_change| {
        Event::SubjectAdvanced(SubjectAdvanced {
            subject: subject(n),
            next_change,
        })
    };
    let events = vec![
        advance(1, Some(at(20))),
        advance(2, Some(at(10))),
        advance(3, Some(at(20))),
        advance(1, None),
        advance(4, Some(at(30))),
    ];
    let first = tell(store, events).await.first;
    let all = store.announced(at(10), at(30), None, 9).await.unwrap();
    let expected = vec![
        (at(10), first + 1, subject(2)),
        (at(20), first, subject(1)),
        (at(20), first + 2, subject(3)),
    ];
    assert_eq!(all, expected, "the end is exclusive, what is over is there");
    let after = |n: usize| Some((expected[n].0, expected[n].1));
    let rest = store.announced(at(10), at(30), after(1), 9).await;
    assert_eq!(rest.as_deref(), Ok(&expected[2..]));
    let one = store.announced(at(11), at(30), None, 1).await;
    assert_eq!(one.as_deref(), Ok(&expected[1..2]));
}
