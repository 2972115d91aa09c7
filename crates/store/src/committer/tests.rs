//! Laws of the core: a batch is its appends one after the other, and a failing one is as if it
//! had never been.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use model::canonical::Digest;
use model::event::{CallMade, SubjectErased, WritingResumed, WritingStopped};
use model::{Actor, Event, SubjectId, TargetName, Timestamp};
use ports::conformance::doubles::SeededEntropy;
use ports::conformance::samples;
use ports::store::{Append, AppendError, Expect, OneTime, Stream};
use ports::{Entropy, Sealed};
use proptest::prelude::*;

use super::*;
use crate::LocalKeyRing;
use crate::ground;
use crate::table::{Cell, RowOp};

const NOW: Timestamp = Timestamp::from_micros(1_764_000_000_000_000);

fn sealer(seed: u64) -> Sealer {
    let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(seed));
    let ring = LocalKeyRing::new(&[7; 32], &[], Arc::clone(&entropy)).unwrap();
    Sealer::new(Arc::new(ring), entropy)
}

fn empty() -> Snapshot {
    let head = Head {
        seq: 0,
        hash: Digest::default(),
        at: Timestamp::EPOCH,
    };
    let mut snapshot = Snapshot::at_head(head, NOW);
    let until = Timestamp::from_micros(NOW.as_micros() + 1);
    snapshot
        .leases
        .insert("held".to_owned(), LeaseRow { fence: 3, until });
    snapshot.leases.insert(
        "over".to_owned(),
        LeaseRow {
            fence: 3,
            until: NOW,
        },
    );
    snapshot
}

/// What a database that wrote these changes would load next: everything it has.
fn written(mut state: Snapshot, changes: &Changes) -> Snapshot {
    for (space, value, _) in &changes.used {
        assert!(
            state.used.insert((space.clone(), value.clone())),
            "used twice"
        );
    }
    let text = |cell: &Cell| match cell {
        Cell::Text(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let int = |cell: &Cell| match cell {
        Cell::Int(n) => n.cast_unsigned(),
        other => panic!("{other:?}"),
    };
    let bytes = |cell: &Cell| match cell {
        Cell::Blob(bytes) => bytes.clone(),
        other => panic!("{other:?}"),
    };
    for op in &changes.ops {
        match op {
            RowOp::Put(t, row) if **t == ground::STREAM => {
                state.streams.insert(text(&row[0]), int(&row[1]));
            }
            RowOp::Put(t, row) if **t == ground::HEAD => {
                let hash = Digest(bytes(&row[2]).try_into().unwrap());
                let at = Timestamp::from_micros(int(&row[3]).cast_signed());
                state.head = Head {
                    seq: int(&row[1]),
                    hash,
                    at,
                };
            }
            RowOp::Put(t, row) if **t == ground::SUBJECT_KEY => {
                let sealed = Sealed {
                    key: text(&row[2]),
                    bytes: bytes(&row[3]),
                };
                state.keys.insert(
                    text(&row[0]),
                    KeyRow {
                        minted: int(&row[1]),
                        sealed,
                    },
                );
            }
            RowOp::Delete(t, key) if **t == ground::SUBJECT_KEY => {
                state.keys.remove(&text(&key[0]));
            }
            RowOp::Put(t, row) if t.name == "stop" => {
                state.stops.insert(text(&row[0]));
            }
            RowOp::Delete(t, key) if t.name == "stop" => {
                state.stops.remove(&text(&key[0]));
            }
            _ => {}
        }
    }
    state
}

fn call() -> Event {
    Event::CallMade(CallMade {
        about: None,
        method: "GET".to_owned(),
        route: "/".to_owned(),
        status: 200,
        remote: String::new(),
        reason: None,
    })
}

fn event() -> impl Strategy<Value = Event> {
    let target = || prop_oneof![Just(None), Just(Some(TargetName::from("slack")))];
    let reason = String::new;
    prop_oneof![
        3 => Just(call()),
        3 => (1..4u8).prop_map(|n| Event::FactsAccepted(samples::accepted(n))),
        1 => (1..4u8).prop_map(move |n| Event::SubjectErased(SubjectErased {
            subject: samples::subject(n),
            reason: reason(),
        })),
        1 => target().prop_map(move |target| {
            Event::WritingStopped(WritingStopped { target, reason: reason() })
        }),
        2 => target().prop_map(move |target| {
            Event::WritingResumed(WritingResumed { target, reason: reason() })
        }),
        1 => Just(Event::WritingStopped(WritingStopped {
            target: Some(TargetName::from("a\0b")),
            reason: reason(),
        })),
    ]
}

fn expect() -> impl Strategy<Value = Expect> {
    let head = prop_oneof![2 => Just(None), 3 => (1..12u64).prop_map(Some)];
    prop_oneof![
        4 => (0..3u8, head).prop_map(|(n, head)| Expect::Head(Stream::new("s", n), head)),
        1 => (2..4u64).prop_map(|fence| Expect::Fence("held".to_owned(), fence)),
        1 => Just(Expect::Fence("over".to_owned(), 3)),
        2 => Just(Expect::Writing(TargetName::from("slack"))),
    ]
}

fn append() -> impl Strategy<Value = Append> {
    let some = |n| 0..n;
    let one = (0..4u8).prop_map(|n| OneTime {
        space: "code",
        value: Digest::of(&[n]),
    });
    (
        proptest::collection::vec(event(), 1..4),
        proptest::collection::vec(expect(), some(2)),
        proptest::collection::vec(one, some(2)),
        proptest::collection::vec((0..3u8).prop_map(|n| Stream::new("s", n)), some(2)),
    )
        .prop_map(|(events, expect, consume, bump)| Append {
            expect,
            consume,
            bump,
            ..Append::of(Actor::system(), events)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_batch_is_its_appends_one_after_the_other(
        appends in proptest::collection::vec(append(), 1..12), seed: u64,
    ) {
        // What no database can store is not even prepared.
        let (good, bad): (Vec<_>, Vec<_>) = appends.into_iter().map(prepare).partition(Result::is_ok);
        for refused in bad {
            prop_assert!(matches!(refused, Err(AppendError::Invalid(_))));
        }
        let prepared: Vec<Prepared> = good.into_iter().map(Result::unwrap).collect();
        let batch: Vec<&Prepared> = prepared.iter().collect();
        let together = decide(&batch, empty(), &sealer(seed), NOW);

        let one_sealer = sealer(seed);
        let (mut state, mut answers, mut records) = (empty(), Vec::new(), Vec::new());
        let mut ops = Vec::new();
        for one in &batch {
            let before = state.clone();
            let mut decision = decide(&[one], state, &one_sealer, NOW);
            if decision.answers[0].is_err() {
                prop_assert!(decision.changes.records.is_empty());
                prop_assert!(decision.changes.used.is_empty() && decision.changes.ops.is_empty());
            }
            state = written(before, &decision.changes);
            answers.append(&mut decision.answers);
            records.extend(decision.changes.records);
            ops.extend(decision.changes.ops);
        }
        prop_assert_eq!(&together.answers, &answers);
        let ends = written(empty(), &together.changes);
        prop_assert_eq!(ends.head, state.head);
        prop_assert_eq!(&ends.streams, &state.streams);
        prop_assert_eq!(&ends.used, &state.used);
        prop_assert_eq!(&ends.stops, &state.stops);
        let known = |s: &Snapshot| -> Vec<(String, u64)> {
            s.keys.iter().map(|(name, key)| (name.clone(), key.minted)).collect()
        };
        prop_assert_eq!(known(&ends), known(&state));
        // A failing append may have drawn a key, so sealed bytes may differ; all else does not.
        if answers.iter().all(Result::is_ok) {
            prop_assert_eq!(&together.changes.records, &records);
        }
        // The chain of what is written is sound, and the answers tell its numbers.
        let mut check = evidence::Check::without_checkpoints();
        together.changes.records.iter().for_each(|record| check.push(record));
        let report = check.finish();
        prop_assert!(report.is_sound(), "{:?}", report.problems);
        let mut next = 1;
        for (one, answer) in batch.iter().zip(&together.answers) {
            if let Ok(done) = answer {
                prop_assert_eq!(done.first, next);
                prop_assert_eq!(done.last, next + one.events.len() as u64 - 1);
                next = done.last + 1;
            }
        }
        prop_assert_eq!(report.head.0, next - 1);
    }
}

fn decide_one(append: Append, state: Snapshot) -> Answer {
    let prepared = prepare(append).unwrap();
    decide(&[&prepared], state, &sealer(1), NOW)
        .answers
        .pop()
        .unwrap()
}

#[test]
fn a_lease_that_ends_now_is_over() {
    let under = |name: &str, fence| {
        let append = Append::of(Actor::system(), vec![call()]);
        decide_one(
            append.expecting(Expect::Fence(name.to_owned(), fence)),
            empty(),
        )
    };
    assert!(under("held", 3).is_ok());
    for (name, fence) in [("held", 2), ("held", 4), ("over", 3), ("never", 0)] {
        assert_eq!(
            under(name, fence),
            Err(AppendError::FenceLost(name.to_owned()))
        );
    }
}

#[test]
fn personal_parts_leave_the_body_and_open_again() {
    let event = Event::FactsAccepted(samples::accepted(1));
    let prepared = prepare(Append::of(Actor::system(), vec![event])).unwrap();
    let sealer = sealer(1);
    let decision = decide(&[&prepared], empty(), &sealer, NOW);
    let record = &decision.changes.records[0];
    assert!(!record.body.contains(samples::PERSONAL), "{}", record.body);
    assert!(record.body.contains(r#""personal":null"#));
    let plain = prepared.events[0].personal.clone().unwrap();
    assert!(String::from_utf8_lossy(&plain).contains(samples::PERSONAL));
    let keys = written(empty(), &decision.changes).keys;
    let name = samples::subject(1).to_string();
    let sealed = record.sealed.as_ref().unwrap();
    let open = |name: &str, row, kind: &str, sealed: &[u8]| sealer.open(name, row, kind, sealed);
    let row = keys.get(&name);
    use crate::sealer::Opened;
    assert_eq!(
        open(&name, row, &record.kind, sealed),
        Ok(Opened::Known(plain))
    );
    assert_eq!(open(&name, None, &record.kind, sealed), Ok(Opened::Erased));
    // Bound to its subject, its kind and its bytes.
    let other = SubjectId::from_bits(99).to_string();
    assert!(open(&other, row, &record.kind, sealed).is_err());
    assert!(open(&name, row, "other/1", sealed).is_err());
    for at in 8..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(
            open(&name, row, &record.kind, &changed).is_err(),
            "byte {at}"
        );
    }
}

#[test]
fn a_key_is_not_minted_for_an_append_that_fails() {
    let events = vec![
        Event::FactsAccepted(samples::accepted(1)),
        Event::FactsAccepted(samples::accepted(2)),
    ];
    let prepared = prepare(Append::of(Actor::system(), events)).unwrap();
    let second = prepared.events[1].key_name();
    assert_ne!(prepared.events[0].key_name(), second);
    let mut snapshot = empty();
    let unopenable = KeyRow {
        minted: 1,
        sealed: Sealed {
            key: "none".to_owned(),
            bytes: vec![0; 60],
        },
    };
    snapshot.keys.insert(second, unopenable);
    let decision = decide(&[&prepared], snapshot, &sealer(1), NOW);
    assert!(matches!(decision.answers[..], [Err(AppendError::Busy(_))]));
    assert!(decision.changes.ops.is_empty() && decision.changes.records.is_empty());
}

#[test]
fn what_no_database_can_store_is_not_prepared() {
    let stop = WritingStopped {
        target: Some(TargetName::from("a\0b")),
        reason: String::new(),
    };
    let events = vec![Event::WritingStopped(stop)];
    let refused = prepare(Append::of(Actor::system(), events));
    assert!(matches!(refused, Err(AppendError::Invalid(_))));
}

#[test]
fn rows_that_were_taken_are_drawn_up_anew() {
    let events = vec![Event::FactsAccepted(samples::accepted(1))];
    let prepared = prepare(Append::of(Actor::system(), events)).unwrap();
    let first = prepared.rows().unwrap();
    assert!(!first[0].is_empty());
    assert_eq!(prepared.rows().unwrap(), first);
}
