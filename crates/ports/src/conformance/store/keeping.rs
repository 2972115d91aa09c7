//! What stays, what goes, and what two nodes see.

use std::time::Duration;

use model::event::SubjectErased;
use model::{Actor, Event, Personal};

use super::{Harness, all_records, assert_sound, call, code, one};
use crate::conformance::samples;
use crate::store::{Append, Committed, Door, Lease, Log, LogRecord, Stream};

/// What was acknowledged is there after reopening.
pub async fn reopening_keeps_everything<H: Harness>(harness: &H) {
    let mut store = harness.fresh().await;
    let mut expected: Vec<Committed> = Vec::new();
    for round in 0..4 {
        for n in 0..5 {
            let events = samples::about_person(n + 1);
            let events = events
                .into_iter()
                .filter(|e| !matches!(e, Event::SubjectErased(_)));
            let append = Append::of(Actor::system(), events.collect());
            expected.push(
                store
                    .append(append.bumping(Stream::new("round", round)))
                    .await
                    .unwrap(),
            );
        }
        let before = all_records(&store).await;
        store = harness.reopened(store).await;
        assert_eq!(all_records(&store).await, before);
        let head = store.head_of(&Stream::new("round", round)).await.unwrap();
        assert_eq!(head, expected.last().map(|c| c.last));
    }
    assert_sound(harness, &store).await;
    assert_eq!(
        harness.rebuild_differences(&store).await,
        Vec::<String>::new()
    );
}

/// Erasure takes what is personal out of the log, for ever and for this subject alone; what is
/// written about them afterwards is new.
pub async fn erasure_destroys_what_is_personal<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    let accepted = |n| Event::FactsAccepted(samples::accepted(n));
    let erase = |n| {
        let subject = samples::subject(n);
        Event::SubjectErased(SubjectErased {
            subject,
            reason: "request 7".to_owned(),
        })
    };
    for n in [1, 2] {
        store.append(one(accepted(n))).await.unwrap();
    }
    let before = all_records(&store).await;
    assert_eq!(before[0].event, accepted(1));
    store.append(one(erase(1))).await.unwrap();
    let known = |records: &[LogRecord]| -> Vec<bool> {
        let known = |record: &LogRecord| match &record.event {
            Event::FactsAccepted(e) => Some(e.personal != Personal::Erased),
            _ => None,
        };
        records.iter().filter_map(known).collect()
    };
    let after = all_records(&store).await;
    assert_eq!(known(&after), [false, true]);
    assert_eq!(
        after[0].hash, before[0].hash,
        "the record itself is the same"
    );
    // Read closed, nobody's is known, and everything else is the same.
    let closed = store.closed_records(0, 500).await.unwrap();
    assert_eq!(known(&closed), [false, false]);
    let open = |records: &[LogRecord]| -> Vec<_> {
        let open = |r: &LogRecord| (r.seq, r.at, r.actor.clone(), r.event.subject(), r.hash);
        records.iter().map(open).collect()
    };
    assert_eq!(open(&closed), open(&after));
    assert_eq!(store.closed_records(1, 1).await.unwrap(), closed[1..2]);
    assert_sound(harness, &store).await;
    store.append(one(accepted(1))).await.unwrap();
    assert_eq!(known(&all_records(&store).await), [false, true, true]);
    // Erased and known again, in one append.
    let both = vec![accepted(2), erase(2), accepted(2)];
    store
        .append(Append::of(Actor::system(), both))
        .await
        .unwrap();
    assert_eq!(
        known(&all_records(&store).await),
        [false, false, true, false, true]
    );
    let store = harness.reopened(store).await;
    assert_eq!(
        known(&all_records(&store).await),
        [false, false, true, false, true]
    );
    assert_sound(harness, &store).await;
    assert_eq!(
        harness.rebuild_differences(&store).await,
        Vec::<String>::new()
    );
}

/// The tables are what the log says, whatever was appended in whatever batches.
pub async fn projections_equal_a_rebuild<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    let mut tasks = Vec::new();
    for n in 0..24u8 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            // Few people, so that batches touch the same rows; some are erased in between.
            let mut events = samples::about_person(n % 5 + 1);
            if n % 4 != 0 {
                events.retain(|event| !matches!(event, Event::SubjectErased(_)));
            }
            events.extend(samples::about_nobody());
            store
                .append(Append::of(Actor::system(), events))
                .await
                .unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_sound(harness, &store).await;
    assert_eq!(
        harness.rebuild_differences(&store).await,
        Vec::<String>::new()
    );
}

/// Two nodes on one database: one log, one winner, and each sees what the other was answered.
pub async fn two_nodes_share_one_log<H: Harness>(harness: &H) {
    let first = harness.fresh().await;
    let Some(second) = harness.another_node(&first).await else {
        return;
    };
    let mut tasks = Vec::new();
    for n in 0..200u64 {
        let store = if n % 2 == 0 {
            first.clone()
        } else {
            second.clone()
        };
        tasks.push(tokio::spawn(async move {
            let spent = store.append(one(call(n)).consuming(code(n / 4))).await;
            let facts = Event::FactsAccepted(samples::accepted((n % 7) as u8 + 1));
            store.append(one(facts)).await.unwrap();
            spent.is_ok()
        }));
    }
    let mut winners = 0;
    for task in tasks {
        winners += usize::from(task.await.unwrap());
    }
    assert_eq!(winners, 50, "each value once, whichever node spends it");
    assert_eq!(first.head().await.unwrap().0, 250);
    assert_eq!(first.head().await.unwrap(), second.head().await.unwrap());
    assert_sound(harness, &second).await;
    assert_eq!(
        harness.rebuild_differences(&second).await,
        Vec::<String>::new()
    );
}

/// What one node was answered, the other sees at once.
pub async fn a_node_sees_what_another_did<H: Harness>(harness: &H) {
    let first = harness.fresh().await;
    let Some(second) = harness.another_node(&first).await else {
        return;
    };
    for n in 1..4 {
        first
            .append(one(Event::FactsAccepted(samples::accepted(n))))
            .await
            .unwrap();
        second
            .append(one(Event::FactsAccepted(samples::accepted(n))))
            .await
            .unwrap();
    }
    for n in 0..20 {
        let (writer, reader) = if n % 2 == 0 {
            (&first, &second)
        } else {
            (&second, &first)
        };
        let done = writer
            .append(one(call(n)).bumping(Stream::new("seen", n)))
            .await
            .unwrap();
        let seen = reader.head_of(&Stream::new("seen", n)).await.unwrap();
        assert_eq!(seen, Some(done.last));
    }
    // A subject erased by one node is erased for the other, which had opened their key.
    let erased = SubjectErased {
        subject: samples::subject(1),
        reason: "request 8".to_owned(),
    };
    first
        .append(one(Event::SubjectErased(erased)))
        .await
        .unwrap();
    let about = second
        .records_about(samples::subject(1), None, 100)
        .await
        .unwrap();
    let known = about.iter().any(|record| match &record.event {
        Event::FactsAccepted(facts) => facts.personal != Personal::Erased,
        _ => false,
    });
    assert!(!known, "the second node still reads what the first erased");
    let held = first
        .acquire("l", "a", Duration::from_secs(60))
        .await
        .unwrap();
    assert!(held.is_some());
    assert_eq!(
        second
            .acquire("l", "b", Duration::from_secs(60))
            .await
            .unwrap(),
        None
    );
    assert_sound(harness, &second).await;
    assert_eq!(
        harness.rebuild_differences(&second).await,
        Vec::<String>::new()
    );
}
