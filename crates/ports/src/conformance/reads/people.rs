use model::event::{FactsAccepted, FactsWithdrawn, PinsLifted, PinsSet, SubjectAdvanced};
use model::{
    Address, Assignment, Change, DeliveryId, Event, Personal, Rank, Reason, SubjectId, Value, Want,
};

use super::tell;
use crate::conformance::samples::{accepted, at, slack, subject, wave_id};
use crate::store::{Person, Store};

/// What `facts.accepted` must read back as.
fn as_read(e: &FactsAccepted) -> Person {
    let worker = e.personal.known().expect("samples are known");
    Person {
        subject: e.subject,
        source: e.source.clone(),
        key: worker.key.clone(),
        facts: worker.facts.clone(),
        digest: e.digest,
        withdrawn: false,
        delivery: e.delivery,
        change: e.change,
        next_change: e.next_change,
    }
}

fn of_source(source: &str, mut e: FactsAccepted) -> FactsAccepted {
    source.clone_into(&mut e.source);
    e
}

/// A worker is read as last stated, withdrawn and returned.
pub async fn stated(store: &dyn Store) {
    assert_eq!(store.person(subject(1)).await, Ok(None));
    assert_eq!(store.people(&[]).await, Ok(vec![]));
    assert_eq!(store.people_page(None, None, 0).await, Ok(vec![]));

    let first = accepted(1);
    let mut moved = FactsAccepted {
        change: Change::Mover,
        next_change: None,
        ..accepted(1)
    };
    if let Personal::Known(worker) = &mut moved.personal {
        worker
            .facts
            .attributes
            .insert("department".to_owned(), Value::from("Légal % \\ \u{1F600}"));
        worker.facts.starts = Some("2026-01-05T09:00:00".parse().expect("a civil instant"));
    }
    tell(store, vec![Event::FactsAccepted(first.clone())]).await;
    assert_eq!(store.person(subject(1)).await, Ok(Some(as_read(&first))));
    tell(store, vec![Event::FactsAccepted(moved.clone())]).await;
    assert_eq!(store.person(subject(1)).await, Ok(Some(as_read(&moved))));

    let gone = |source: &str| {
        Event::FactsWithdrawn(FactsWithdrawn {
            subject: subject(1),
            source: source.to_owned(),
            delivery: DeliveryId::from_bits(7),
        })
    };
    tell(store, vec![gone("contractors")]).await;
    assert_eq!(
        store.person(subject(1)).await,
        Ok(Some(as_read(&moved))),
        "another source does not take a person away"
    );
    tell(store, vec![gone("hr")]).await;
    let withdrawn = Person {
        withdrawn: true,
        delivery: DeliveryId::from_bits(7),
        change: Change::MissingRow,
        ..as_read(&moved)
    };
    assert_eq!(
        store.person(subject(1)).await,
        Ok(Some(withdrawn.clone())),
        "the last facts stay"
    );
    assert_eq!(
        store.person_by_key("hr", &withdrawn.key).await,
        Ok(Some(withdrawn))
    );

    let back = FactsAccepted {
        change: Change::Rehire,
        ..accepted(1)
    };
    tell(store, vec![Event::FactsAccepted(back.clone())]).await;
    assert_eq!(store.person(subject(1)).await, Ok(Some(as_read(&back))));
}

/// People are found by id, key, page and text.
pub async fn found(store: &dyn Store) {
    // More than one list of parameters holds, so that chunks must be joined.
    let many: Vec<_> = (0..1_100u32)
        .map(|n| {
            let mut e = accepted((n % 250) as u8);
            e.subject = SubjectId::from_bits(u128::from(n) + 1);
            if let Personal::Known(worker) = &mut e.personal {
                worker.key = format!("W{n:04}");
            }
            of_source(if n % 2 == 0 { "hr" } else { "contractors" }, e)
        })
        .collect();
    let events = many.iter().cloned().map(Event::FactsAccepted);
    tell(store, events.collect()).await;
    let all: Vec<_> = many.iter().map(as_read).collect();

    let mut wanted: Vec<_> = all.iter().rev().map(|p| p.subject).collect();
    wanted.push(subject(1));
    wanted.push(SubjectId::from_bits(9_999));
    let people = store.people(&wanted).await;
    assert_eq!(people, Ok(all.clone()), "once each, unknown left out");

    let of = |source: &'static str, key: &'static str| async move {
        store.person_by_key(source, key).await.unwrap()
    };
    assert_eq!(of("hr", "W0004").await, Some(all[4].clone()));
    assert_eq!(of("contractors", "W0004").await, None, "another source");
    assert_eq!(of("hr", "w0004").await, None, "keys are compared exactly");
    assert_eq!(of("hr", "W\0").await, None);

    listed(store, &all).await;
    matching(store, &all).await;
}

async fn listed(store: &dyn Store, all: &[Person]) {
    for source in [None, Some("hr"), Some("nobody")] {
        let mut pages = Vec::new();
        let mut after = None;
        loop {
            let page = store.people_page(source, after, 64).await.unwrap();
            after = page.last().map(|p| p.subject);
            let short = page.len() < 64;
            pages.extend(page);
            if short {
                break;
            }
        }
        let of_source = |p: &&Person| source.is_none_or(|source| p.source == source);
        let expected: Vec<_> = all.iter().filter(of_source).cloned().collect();
        assert_eq!(pages, expected, "{source:?}");
    }
    let every = store.people_page(None, None, u32::MAX).await.unwrap();
    assert_eq!(every.len(), all.len());
    let some = store.people_page(None, None, 0).await.unwrap();
    assert!(!some.is_empty(), "0 rows is not an answer");
}

async fn matching(store: &dyn Store, all: &[Person]) {
    assert_eq!(
        store.people_matching("w0007", 9).await,
        Ok(vec![all[7].clone()]),
        "the key"
    );
    assert_eq!(
        store.people_matching("W000", 4).await,
        Ok(all[..4].to_vec()),
        "in order, so many"
    );
    assert_eq!(
        store
            .people_matching("zErLiNa nG 249", 9)
            .await
            .unwrap()
            .len(),
        4,
        "the name"
    );
    assert_eq!(
        store
            .people_matching(".249@ACME.example", 9)
            .await
            .unwrap()
            .len(),
        4,
        "the email"
    );
    for nobody in ["W0007 zerlina", "W000_", "%", "\\", "w0007\n%", "W0007\0"] {
        assert_eq!(
            store.people_matching(nobody, 9).await,
            Ok(vec![]),
            "{nobody:?}"
        );
    }
    let mut odd = accepted(200);
    odd.subject = SubjectId::from_bits(77_777);
    if let Personal::Known(worker) = &mut odd.personal {
        worker.key = "50%_\\x".to_owned();
    }
    tell(store, vec![Event::FactsAccepted(odd.clone())]).await;
    for text in ["0%_", "%", "_\\X", "\\"] {
        assert_eq!(
            store.people_matching(text, 9).await,
            Ok(vec![as_read(&odd)]),
            "{text:?}"
        );
    }
}

/// Facts that change meaning by themselves are due then, and not before.
pub async fn due(store: &dyn Store) {
    let facts = [3, 1, 2, 4].map(|n| Event::FactsAccepted(accepted(n)));
    tell(store, facts.to_vec()).await;
    assert_eq!(store.people_due(at(0), 9).await, Ok(vec![]));
    assert_eq!(
        store.people_due(at(3), 9).await,
        Ok(vec![subject(1), subject(2), subject(3)])
    );
    assert_eq!(
        store.people_due(at(3), 2).await,
        Ok(vec![subject(1), subject(2)])
    );

    let advance = |n, next_change| {
        Event::SubjectAdvanced(SubjectAdvanced {
            subject: subject(n),
            next_change,
        })
    };
    // The last one names a person whom the store does not know, and who can never be planned.
    tell(
        store,
        vec![
            advance(1, None),
            advance(2, Some(at(10))),
            advance(99, Some(at(0))),
        ],
    )
    .await;
    assert_eq!(
        store.people_due(at(5), 9).await,
        Ok(vec![subject(3), subject(4)])
    );
    let second = store.person(subject(2)).await.unwrap().unwrap();
    assert_eq!(second.next_change, Some(at(10)));
    let first = store.person(subject(1)).await.unwrap().unwrap();
    assert_eq!(first.next_change, None);
}

/// Pins are there until they are lifted, run out or not.
pub async fn pins(store: &dyn Store) {
    let held = |n: u8| Assignment {
        subject: Some(subject(n)),
        about: Address::account(&slack(), subject(n)),
        want: Want::Disabled,
        because: Reason {
            by: "undo".to_owned(),
            text: "held".to_owned(),
            facts: vec![],
        },
        rank: Rank::Undo,
        until: Some(at(5)),
    };
    let set = |n: u8, wave: u8, until| {
        Event::PinsSet(PinsSet {
            subject: subject(n),
            wave: wave_id(wave),
            until,
            personal: Personal::Known(vec![held(n)]),
        })
    };
    tell(
        store,
        vec![
            set(2, 1, at(5)),
            set(1, 1, at(5)),
            set(1, 2, at(6)),
            set(3, 1, at(5)),
        ],
    )
    .await;
    let of_first = store.pins(subject(1)).await.unwrap();
    let told: Vec<_> = of_first.iter().map(|pin| (pin.wave, pin.until)).collect();
    assert_eq!(told, [(wave_id(1), at(5)), (wave_id(2), at(6))]);
    assert_eq!(of_first[0].assignments, [held(1)]);
    assert_eq!(
        store.pinned(None, 9).await,
        Ok(vec![subject(1), subject(2), subject(3)])
    );
    assert_eq!(
        store.pinned(Some(subject(1)), 1).await,
        Ok(vec![subject(2)])
    );

    let lift = PinsLifted {
        subject: subject(1),
        wave: wave_id(1),
    };
    tell(store, vec![Event::PinsLifted(lift)]).await;
    let left = store.pins(subject(1)).await.unwrap();
    assert_eq!(
        left.iter().map(|pin| pin.wave).collect::<Vec<_>>(),
        [wave_id(2)]
    );
}
