//! Appends: numbering, conditions, isolation, one-time values, time.

use std::time::Duration;

use model::canonical::Digest;
use model::event::WritingStopped;
use model::{Actor, Event, TargetName};

use super::{Harness, all_records, assert_sound, call, code, one};
use crate::conformance::samples;
use crate::store::{Append, AppendError, Door, Log, LogRecord, OneTime, Stir, Stream};

/// Sequence numbers have no gaps, an append is contiguous, and events come back as they were.
pub async fn appends_are_numbered_and_come_back<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    assert_eq!(store.head().await.unwrap(), (0, Digest::default()));
    let mut events = samples::about_nobody();
    events.extend(samples::about_person(1));
    events.retain(|event| !matches!(event, Event::SubjectErased(_)));
    let append = Append::of(Actor::named("ana"), events.clone());
    let done = store.append(append).await.unwrap();
    assert_eq!((done.first, done.last), (1, events.len() as u64));
    let next = store.append(one(call(7))).await.unwrap();
    assert_eq!((next.first, next.last), (done.last + 1, done.last + 1));
    let records = all_records(&store).await;
    let mut stored: Vec<Event> = records.iter().map(|r| r.event.clone()).collect();
    assert_eq!(stored.pop(), Some(call(7)));
    assert_eq!(stored, events);
    assert_eq!(records[0].actor, Actor::named("ana"));
    let about = store.records_about(samples::subject(1), None, 3);
    let about = about.await.unwrap();
    assert_eq!(about.len(), 3);
    let older = store.records_about(samples::subject(1), Some(about[0].seq), 2);
    assert_eq!(older.await.unwrap(), about[1..], "before one, without it");
    let first = store.records_about(samples::subject(1), Some(1), 2);
    assert_eq!(first.await.unwrap(), [], "nothing is before the first");
    assert!(about.is_sorted_by(|a, b| a.seq > b.seq), "newest first");
    assert!(
        about
            .iter()
            .all(|r| r.event.subject() == Some(samples::subject(1)))
    );
    let stirred = |r: &LogRecord| (r.seq, kind_of(&r.event), r.event.subject());
    let subject = samples::subject(1);
    let kinds = ["plan.drafted/1", "facts.accepted/2"];
    let newest = events.iter().rev().find_map(|event| match event {
        Event::PlanDrafted(_) => Some(kinds[0]),
        Event::FactsAccepted(_) => Some(kinds[1]),
        _ => None,
    });
    let found = store.last_stir(subject, &kinds).await.unwrap();
    assert_eq!(found.as_ref().map(|s| s.kind.as_str()), newest);
    let same = |s: Stir| {
        records
            .iter()
            .map(stirred)
            .any(|r| r == (s.seq, s.kind.clone(), s.subject))
    };
    assert!(found.is_some_and(same));
    let other = store.last_stir(samples::subject(9), &kinds).await;
    assert_eq!(other, Ok(None));
    assert_eq!(store.last_stir(subject, &["call.made/1"]).await, Ok(None));
    about_some(&store, &records).await;
    let stirs = store.stirs(2, 10_000).await.unwrap();
    let expected: Vec<_> = records.iter().skip(2).map(stirred).collect();
    let found: Vec<_> = stirs
        .into_iter()
        .map(|s| (s.seq, s.kind, s.subject))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(store.stirs(2, 3).await.unwrap().len(), 3);
    assert_eq!(
        store.records(done.last, 10).await.unwrap().len(),
        1,
        "`after` is exclusive"
    );
    assert_sound(harness, &store).await;
}

/// Records about some people, of some kinds, without what is personal in them.
async fn about_some(store: &impl Log, records: &[LogRecord]) {
    let subjects = [samples::subject(1), samples::subject(9)];
    let kinds = ["plan.drafted/1", "step.changed/1"];
    let found = store.told_about(&subjects, &kinds, 0, 100).await.unwrap();
    let mine = |r: &&LogRecord| {
        r.event.subject() == Some(subjects[0]) && kinds.contains(&kind_of(&r.event).as_str())
    };
    let expected: Vec<_> = records.iter().filter(mine).map(|r| (r.seq, r.at)).collect();
    assert!(expected.len() > 1, "{expected:?}");
    let told: Vec<_> = found.iter().map(|(_, told)| (told.seq, told.at)).collect();
    assert_eq!(told, expected);
    for (who, told) in &found {
        assert_eq!(*who, subjects[0]);
        if let Event::PlanDrafted(drafted) = &told.event {
            assert_eq!(drafted.personal.known(), None, "it opens nothing");
            assert!(!drafted.steps.is_empty());
        }
    }
    let after = found[0].1.seq;
    let rest = store.told_about(&subjects, &kinds, after, 100).await;
    assert_eq!(rest.as_deref(), Ok(&found[1..]), "`after` is exclusive");
    let one = store.told_about(&subjects, &kinds, 0, 1).await;
    assert_eq!(one.as_deref(), Ok(&found[..1]));
    assert_eq!(store.told_about(&[], &kinds, 0, 9).await, Ok(vec![]));
}

/// An append that is not well formed is refused and leaves nothing.
pub async fn malformed_appends_are_refused<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    let nul = WritingStopped {
        target: Some(TargetName::from("a\0b")),
        reason: "a NUL in a projected column".to_owned(),
    };
    let long = WritingStopped {
        target: Some(TargetName("x".repeat(5000))),
        reason: "a key that no index holds".to_owned(),
    };
    for append in [
        Append::of(Actor::system(), Vec::new()),
        Append::of(Actor::system(), vec![call(1); 10_001]),
        Append::of(Actor::named(""), vec![call(1)]),
        one(call(1)).bumping(Stream("a\0b".to_owned())),
        one(call(1)).bumping(Stream("x".repeat(5000))),
        one(Event::WritingStopped(nul)),
        one(Event::WritingStopped(long)),
    ] {
        let answer = store.append(append).await;
        assert!(matches!(answer, Err(AppendError::Invalid(_))), "{answer:?}");
    }
    let store = harness.reopened(store).await;
    assert_eq!(store.head().await.unwrap().0, 0);
    let many = Append::of(Actor::system(), vec![call(1); 10_000]);
    assert_eq!(store.append(many).await.unwrap().last, 10_000);
    assert_sound(harness, &store).await;
}

/// Of all who saw the same head of a stream, one appends.
pub async fn a_stream_has_one_next_writer<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    let plan = Stream::new("plan", "p1");
    assert_eq!(store.head_of(&plan).await.unwrap(), None);
    let wrong = store.append(one(call(0)).on(plan.clone(), Some(1))).await;
    let conflict = AppendError::Conflict {
        stream: "plan/p1".to_owned(),
        actual: None,
    };
    assert_eq!(wrong, Err(conflict));
    let two = Append::of(Actor::system(), vec![call(1), call(2)]);
    let done = store.append(two.on(plan.clone(), None)).await.unwrap();
    assert_eq!(
        store.head_of(&plan).await.unwrap(),
        Some(done.last),
        "the last event of it"
    );
    let mut tasks = Vec::new();
    for n in 0..32 {
        let store = store.clone();
        let append = one(call(n)).on(plan.clone(), Some(done.last));
        tasks.push(tokio::spawn(async move { store.append(append).await }));
    }
    let mut winners = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(committed) => winners.push(committed.last),
            Err(AppendError::Conflict { stream, actual }) => {
                assert_eq!(stream, "plan/p1");
                assert!(
                    actual > Some(done.last),
                    "a conflict names the head that is there now"
                );
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(winners.len(), 1, "exactly one of 32");
    assert_eq!(store.head_of(&plan).await.unwrap(), Some(winners[0]));
    let other = Stream::new("plan", "p2");
    store.append(one(call(40)).on(other, None)).await.unwrap();
    let bumped = store
        .append(one(call(41)).bumping(plan.clone()))
        .await
        .unwrap();
    assert_eq!(store.head_of(&plan).await.unwrap(), Some(bumped.last));
    assert_sound(harness, &store).await;
}

/// Appends that fail do not disturb those that share their batch.
pub async fn a_failing_append_fails_alone<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    let mut tasks = Vec::new();
    for n in 0..60 {
        let store = store.clone();
        let append = match n % 3 {
            0 => one(call(n))
                .on(Stream::new("doc", n), None)
                .consuming(code(n)),
            1 => one(call(n))
                .on(Stream::new("doc", n), Some(999))
                .consuming(code(n)),
            _ => one(Event::WritingStopped(WritingStopped {
                target: Some(TargetName(format!("bad\0{n}"))),
                reason: String::new(),
            })),
        };
        tasks.push((n, tokio::spawn(async move { store.append(append).await })));
    }
    for (n, task) in tasks {
        let answer = task.await.unwrap();
        match n % 3 {
            0 => assert!(answer.is_ok(), "{n}: {answer:?}"),
            1 => assert!(
                matches!(answer, Err(AppendError::Conflict { .. })),
                "{n}: {answer:?}"
            ),
            _ => assert!(
                matches!(answer, Err(AppendError::Invalid(_))),
                "{n}: {answer:?}"
            ),
        }
    }
    assert_eq!(store.head().await.unwrap().0, 20);
    // A failed append used nothing up and moved no stream.
    store
        .append(
            one(call(1))
                .on(Stream::new("doc", 1), None)
                .consuming(code(1)),
        )
        .await
        .unwrap();
    assert_sound(harness, &store).await;
    assert_eq!(
        harness.rebuild_differences(&store).await,
        Vec::<String>::new()
    );
}

/// A one-time value has one winner among 64, for ever.
pub async fn a_one_time_value_is_spent_once<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    let mut tasks = Vec::new();
    for n in 0..64 {
        let store = store.clone();
        let append = one(call(n)).consuming(code(1));
        tasks.push(tokio::spawn(async move { store.append(append).await }));
    }
    let mut winners = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => winners += 1,
            Err(AppendError::AlreadyUsed("code")) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(winners, 1, "exactly one of 64");
    assert_eq!(store.head().await.unwrap().0, 1);
    let elsewhere = OneTime {
        space: "challenge",
        ..code(1)
    };
    store
        .append(one(call(65)).consuming(elsewhere))
        .await
        .unwrap();
    let twice = one(call(66)).consuming(code(2)).consuming(code(2));
    assert_eq!(
        store.append(twice).await,
        Err(AppendError::AlreadyUsed("code"))
    );
    let half = one(call(67)).consuming(code(2)).consuming(code(1));
    assert_eq!(
        store.append(half).await,
        Err(AppendError::AlreadyUsed("code"))
    );
    store
        .append(one(call(68)).consuming(code(2)))
        .await
        .unwrap();
    let store = harness.reopened(store).await;
    let again = one(call(69)).consuming(code(1));
    assert_eq!(
        store.append(again).await,
        Err(AppendError::AlreadyUsed("code"))
    );
    assert_sound(harness, &store).await;
}

/// A clock that is set back does not set the log back.
pub async fn time_never_runs_backwards<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    let noon = samples::at(0).plus(Duration::from_secs(43_200));
    harness.set_clock(noon);
    let first = store.append(one(call(1))).await.unwrap();
    assert_eq!(first.at, noon);
    harness.set_clock(samples::at(0));
    let second = store.append(one(call(2))).await.unwrap();
    assert_eq!(second.at, noon);
    let later = noon.plus(Duration::from_micros(1));
    harness.set_clock(later);
    let store = harness.reopened(store).await;
    harness.set_clock(samples::at(1));
    assert_eq!(store.append(one(call(3))).await.unwrap().at, noon);
    harness.set_clock(later);
    assert_eq!(store.append(one(call(4))).await.unwrap().at, later);
    assert_sound(harness, &store).await;
}

/// The name under which an event is stored.
fn kind_of(event: &Event) -> String {
    let stored = serde_json::to_value(event).unwrap();
    stored["kind"].as_str().unwrap().to_owned()
}
