use std::sync::Arc;

use model::event::{
    FactsAccepted, FactsWithdrawn, PinsLifted, PinsSet, SubjectAdvanced, SubjectErased,
    TerminationEnd, TerminationEnded, WorkerMatched,
};
use model::{
    Address, Assignment, Change, DeliveryId, Engagement, EngagementId, Event, Personal, Rank,
    Reason, SubjectId, Value, Want,
};

use super::tell;
use crate::conformance::samples::{
    accepted, at, engagement, matched, of_old, slack, subject, terminated, wave_id,
};
use crate::store::{Person, Store, WorkerDigest, WorkerMatch};

/// What `facts.accepted` must read back as.
fn as_read(e: &FactsAccepted) -> Person {
    Person {
        subject: e.subject,
        engagements: vec![engaged(e)],
        news: e.engagement,
        next_change: e.next_change,
        termination: None,
        tasks: Vec::new(),
    }
}

fn engaged(e: &FactsAccepted) -> Engagement {
    let worker = e.personal.known().expect("samples are known");
    Engagement {
        id: e.engagement,
        source: e.source.clone(),
        key: worker.key.clone(),
        facts: Arc::new(worker.facts.clone()),
        digest: e.digest,
        withdrawn: false,
        delivery: e.delivery,
        change: e.change,
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

    let gone = |engagement| {
        Event::FactsWithdrawn(FactsWithdrawn {
            subject: subject(1),
            engagement,
            source: "hr".to_owned(),
            delivery: DeliveryId::from_bits(7),
        })
    };
    tell(store, vec![gone(EngagementId::from_bits(99))]).await;
    assert_eq!(
        store.person(subject(1)).await,
        Ok(Some(as_read(&moved))),
        "another engagement does not take this one away"
    );
    tell(store, vec![gone(engagement(1))]).await;
    let mut withdrawn = as_read(&moved);
    withdrawn.engagements[0].withdrawn = true;
    withdrawn.engagements[0].delivery = DeliveryId::from_bits(7);
    withdrawn.engagements[0].change = Change::MissingRow;
    assert_eq!(
        store.person(subject(1)).await,
        Ok(Some(withdrawn.clone())),
        "the last facts stay"
    );
    assert_eq!(
        store
            .person_by_key("hr", &withdrawn.engagements[0].key)
            .await,
        Ok(Some(withdrawn))
    );

    let back = FactsAccepted {
        change: Change::Rehire,
        ..accepted(1)
    };
    tell(store, vec![Event::FactsAccepted(back.clone())]).await;
    assert_eq!(store.person(subject(1)).await, Ok(Some(as_read(&back))));
}

/// A person of several engagements is one person, found by each.
pub async fn engaged_twice(store: &dyn Store) {
    let first = accepted(1);
    let second = FactsAccepted {
        engagement: EngagementId::from_bits(500),
        next_change: Some(at(77)),
        ..of_source("contractors", accepted(1))
    };
    let events = [first.clone(), second.clone(), accepted(2)];
    tell(store, events.map(Event::FactsAccepted).to_vec()).await;
    let both = Person {
        engagements: vec![engaged(&second), engaged(&first)],
        news: second.engagement,
        next_change: Some(at(77)),
        ..as_read(&first)
    };
    assert_eq!(store.person(subject(1)).await, Ok(Some(both.clone())));
    let key = both.engagements[0].key.clone();
    for source in ["hr", "contractors"] {
        let found = store.person_by_key(source, &key).await;
        assert_eq!(found, Ok(Some(both.clone())), "{source}");
    }
    let page = store.people_page(Some("contractors"), None, 9).await;
    assert_eq!(page, Ok(vec![both.clone()]), "whole, from either source");
    let page = store.people_page(None, None, 1).await;
    assert_eq!(page, Ok(vec![both.clone()]), "a page counts people");
    assert_eq!(
        store.people_matching("ng 1", 9).await,
        Ok(vec![both.clone()])
    );

    let gone = Event::FactsWithdrawn(FactsWithdrawn {
        subject: subject(1),
        engagement: second.engagement,
        source: "contractors".to_owned(),
        delivery: DeliveryId::from_bits(7),
    });
    tell(store, vec![gone]).await;
    let left = store.person(subject(1)).await.unwrap().unwrap();
    let withdrawn: Vec<_> = left.engagements.iter().map(|e| e.withdrawn).collect();
    assert_eq!(withdrawn, [true, false]);
    assert_eq!(left.news, second.engagement);
    tell(store, vec![Event::FactsAccepted(first.clone())]).await;
    let told = store.person(subject(1)).await.unwrap().unwrap();
    assert_eq!(told.news, first.engagement);
}

/// Workers are compared by digest, and decisions about them are kept.
pub async fn workers(store: &dyn Store) {
    let second = FactsAccepted {
        engagement: EngagementId::from_bits(500),
        ..of_source("contractors", accepted(1))
    };
    let gone = Event::FactsWithdrawn(FactsWithdrawn {
        subject: subject(2),
        engagement: engagement(2),
        source: "hr".to_owned(),
        delivery: DeliveryId::from_bits(7),
    });
    let told = [accepted(1), second.clone(), accepted(2)].map(Event::FactsAccepted);
    tell(store, told.to_vec()).await;
    tell(store, vec![gone]).await;
    let digest = |e: &FactsAccepted, withdrawn| WorkerDigest {
        engagement: e.engagement,
        subject: e.subject,
        key: engaged(e).key,
        digest: e.digest,
        withdrawn,
    };
    let (first, last) = (digest(&accepted(1), false), digest(&accepted(2), true));
    let of_hr = store.worker_digests("hr", None, 9).await;
    assert_eq!(of_hr, Ok(vec![first.clone(), last.clone()]));
    let one = store.worker_digests("hr", None, 1).await;
    assert_eq!(one, Ok(vec![first.clone()]));
    let rest = store.worker_digests("hr", Some(first.engagement), 9).await;
    assert_eq!(rest, Ok(vec![last]));
    let keys = ["nobody", first.key.as_str(), first.key.as_str()];
    let named = store.worker_digests_of("hr", &keys).await;
    assert_eq!(
        named,
        Ok(vec![first.clone()]),
        "once, unknown ones left out"
    );
    let elsewhere = store.worker_digests_of("contractors", &[&first.key]).await;
    assert_eq!(elsewhere, Ok(vec![digest(&second, false)]), "the same key");
    assert_eq!(store.worker_digests_of("hr", &[]).await, Ok(vec![]));
    let of_others = store.worker_digests("contractors", None, 9).await;
    assert_eq!(of_others, Ok(vec![digest(&second, false)]));

    assert_eq!(store.worker_matches("hr").await, Ok(vec![]));
    let decide = |n, same| Event::WorkerMatched(WorkerMatched { same, ..matched(n) });
    tell(
        store,
        vec![decide(2, true), decide(1, false), decide(2, false)],
    )
    .await;
    let kept = |n| WorkerMatch {
        key: "K1".to_owned(),
        subject: subject(n),
        same: false,
    };
    let found = store.worker_matches("hr").await;
    assert_eq!(found, Ok(vec![kept(1), kept(2)]), "the last word counts");
    assert_eq!(store.worker_matches("contractors").await, Ok(vec![]));
}

/// What older versions wrote reads as today's words for the same.
pub async fn told_of_old(store: &dyn Store) {
    let old = of_old(1);
    tell(store, old[..1].to_vec()).await;
    assert_eq!(
        store.person(subject(1)).await,
        Ok(Some(as_read(&accepted(1))))
    );
    tell(store, old[1..].to_vec()).await;
    let left = store.person(subject(1)).await.unwrap().unwrap();
    assert!(left.engagements[0].withdrawn);
}

/// A termination for cause stands until it ends, whatever else is said.
pub async fn terminations(store: &dyn Store) {
    let events = vec![
        Event::FactsAccepted(accepted(1)),
        Event::FactsAccepted(accepted(2)),
        Event::SubjectTerminated(terminated(1)),
        Event::FactsAccepted(accepted(1)),
    ];
    tell(store, events).await;
    let found = store.person(subject(1)).await.unwrap().unwrap();
    let termination = found.termination.expect("it stands");
    assert_eq!(termination.by, "ana");
    assert!(termination.reason.ends_with("took the till"));
    assert_eq!(store.termination(subject(1)).await, Ok(Some(termination)));
    let other = store.person(subject(2)).await.unwrap().unwrap();
    assert_eq!(other.termination, None);
    assert_eq!(store.termination(subject(2)).await, Ok(None));

    let ended = Event::TerminationEnded(TerminationEnded {
        subject: subject(1),
        how: TerminationEnd::Lifted,
        by: "ben".to_owned(),
        personal: Personal::Known("a mistake".to_owned()),
    });
    tell(store, vec![ended]).await;
    assert_eq!(
        store.person(subject(1)).await,
        Ok(Some(as_read(&accepted(1))))
    );
}

/// People are found by id, key, page and text.
pub async fn found(store: &dyn Store) {
    // More than one list of parameters holds, so that chunks must be joined.
    let many: Vec<_> = (0..1_100u32)
        .map(|n| {
            let mut e = accepted((n % 250) as u8);
            e.subject = SubjectId::from_bits(u128::from(n) + 1);
            e.engagement = EngagementId::only_of(e.subject);
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
        let of_source = |p: &&Person| source.is_none_or(|source| p.engagements[0].source == source);
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
    odd.engagement = EngagementId::only_of(odd.subject);
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
