//! What every store must do: the write door, leases and the log.
//!
//! Each function is one promise, on a store of its own. [`run`] checks them all.

use std::time::Duration;

use async_trait::async_trait;
use model::canonical::Digest;
use model::event::{CallMade, SubjectErased, WritingResumed, WritingStopped};
use model::{Actor, Event, Personal, TargetName, Timestamp};

use super::samples;
use crate::store::{
    Append, AppendError, Committed, Door, Expect, Lease, Log, LogRecord, OneTime, Stream,
};

/// How a suite gets at an adapter.
#[async_trait]
pub trait Harness: Send + Sync {
    /// The store.
    type Store: Door + Lease + Log + Clone + Send + Sync + 'static;

    /// A new store on an empty database.
    async fn fresh(&self) -> Self::Store;
    /// The same database, opened anew, after this store was closed.
    async fn reopened(&self, store: Self::Store) -> Self::Store;
    /// A second node on the same database, where the adapter allows that.
    async fn another_node(&self, store: &Self::Store) -> Option<Self::Store>;
    /// Moves the clock of all stores of this harness.
    fn set_clock(&self, now: Timestamp);
    /// Lets this much time pass for leases.
    async fn pass(&self, time: Duration);
    /// What is wrong with the chain; empty if nothing.
    async fn chain_problems(&self, store: &Self::Store) -> Vec<String>;
    /// Where the projections differ from a rebuild; empty if nowhere.
    async fn rebuild_differences(&self, store: &Self::Store) -> Vec<String>;
}

/// A small event without personal data.
#[must_use]
pub fn call(n: u64) -> Event {
    Event::CallMade(CallMade {
        method: "GET".to_owned(),
        route: format!("/api/v1/people/{n}"),
        status: 200,
        remote: "127.0.0.1".to_owned(),
        reason: None,
    })
}

fn one(event: Event) -> Append {
    Append::of(Actor::named("ana@acme.example"), vec![event])
}

fn code(n: u64) -> OneTime {
    OneTime {
        space: "code",
        value: Digest::of(&n.to_be_bytes()),
    }
}

async fn all_records<S: Log>(store: &S) -> Vec<LogRecord> {
    let mut records = Vec::new();
    loop {
        let after = records.last().map_or(0, |r: &LogRecord| r.seq);
        let page = store.records(after, 500).await.unwrap();
        if page.is_empty() {
            return records;
        }
        records.extend(page);
    }
}

async fn assert_sound<H: Harness>(harness: &H, store: &H::Store) {
    let records = all_records(store).await;
    for (record, seq) in records.iter().zip(1..) {
        assert_eq!(record.seq, seq, "there is a gap in the log");
    }
    assert!(
        records.is_sorted_by_key(|r| r.at),
        "time runs backwards in the log"
    );
    let last = records
        .last()
        .map_or((0, Digest::default()), |r| (r.seq, r.hash));
    assert_eq!(
        store.head().await.unwrap(),
        last,
        "the head is not the last record"
    );
    assert_eq!(harness.chain_problems(store).await, Vec::<String>::new());
}

/// All promises.
pub async fn run<H: Harness>(harness: &H) {
    appends_are_numbered_and_come_back(harness).await;
    malformed_appends_are_refused(harness).await;
    a_stream_has_one_next_writer(harness).await;
    a_failing_append_fails_alone(harness).await;
    a_one_time_value_is_spent_once(harness).await;
    a_fence_guards(harness).await;
    leases_have_one_holder(harness).await;
    the_kill_switch_stops_appends(harness).await;
    time_never_runs_backwards(harness).await;
    reopening_keeps_everything(harness).await;
    erasure_destroys_what_is_personal(harness).await;
    projections_equal_a_rebuild(harness).await;
    two_nodes_share_one_log(harness).await;
}

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
    let about = store.records_about(samples::subject(1), 3).await.unwrap();
    assert_eq!(about.len(), 3);
    assert!(about.is_sorted_by(|a, b| a.seq > b.seq), "newest first");
    assert!(
        about
            .iter()
            .all(|r| r.event.subject() == Some(samples::subject(1)))
    );
    assert_eq!(
        store.records(done.last, 10).await.unwrap().len(),
        1,
        "`after` is exclusive"
    );
    assert_sound(harness, &store).await;
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

/// Nothing is appended under a fence that was lost or has run out.
pub async fn a_fence_guards<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    let ttl = Duration::from_millis(400);
    let under = |fence| one(call(fence)).expecting(Expect::Fence("target/slack".to_owned(), fence));
    let lost = || Err(AppendError::FenceLost("target/slack".to_owned()));
    assert_eq!(store.append(under(1)).await, lost(), "nobody ever held it");
    let held = store
        .acquire("target/slack", "a", Duration::from_secs(60))
        .await
        .unwrap()
        .unwrap();
    store.append(under(held.fence)).await.unwrap();
    assert_eq!(store.append(under(held.fence + 1)).await, lost());
    store
        .release("target/slack", "a", held.fence)
        .await
        .unwrap();
    assert_eq!(store.append(under(held.fence)).await, lost(), "released");
    let short = store
        .acquire("target/slack", "a", ttl)
        .await
        .unwrap()
        .unwrap();
    harness.pass(ttl * 2).await;
    assert_eq!(
        store.append(under(short.fence)).await,
        lost(),
        "run out, taken by nobody"
    );
    let taken = store
        .acquire("target/slack", "b", Duration::from_secs(60))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(store.append(under(short.fence)).await, lost(), "taken");
    store.append(under(taken.fence)).await.unwrap();
    assert_sound(harness, &store).await;
}

/// A lease has one holder; fences grow and are never given out twice.
pub async fn leases_have_one_holder<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    let ttl = Duration::from_millis(400);
    let long = Duration::from_secs(60);
    let first = store.acquire("l", "a", long).await.unwrap().unwrap();
    assert_eq!(
        store.acquire("l", "b", long).await.unwrap(),
        None,
        "held by another"
    );
    let renewed = store.acquire("l", "a", long * 2).await.unwrap().unwrap();
    assert_eq!(renewed.fence, first.fence, "a renewal keeps its fence");
    assert!(renewed.until > first.until);
    store.release("l", "b", first.fence).await.unwrap();
    store.release("l", "a", first.fence + 1).await.unwrap();
    assert_eq!(
        store.acquire("l", "b", long).await.unwrap(),
        None,
        "not theirs to release"
    );
    store.release("l", "a", first.fence).await.unwrap();
    let second = store.acquire("l", "b", ttl).await.unwrap().unwrap();
    assert!(second.fence > first.fence);
    harness.pass(ttl * 2).await;
    let third = store.acquire("l", "b", ttl).await.unwrap().unwrap();
    assert!(
        third.fence > second.fence,
        "the same holder, after it ran out"
    );
    harness.pass(ttl * 2).await;
    let fourth = store.acquire("l", "a", long).await.unwrap().unwrap();
    assert!(fourth.fence > third.fence);
    let other = store.acquire("m", "b", long).await.unwrap();
    assert!(other.is_some(), "leases of different names do not collide");
    let mut tasks = Vec::new();
    for n in 0..16 {
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            store
                .acquire("race", &format!("node-{n}"), Duration::from_secs(60))
                .await
                .unwrap()
        }));
    }
    let mut holders = 0;
    for task in tasks {
        holders += usize::from(task.await.unwrap().is_some());
    }
    assert_eq!(holders, 1);
}

/// While writing is stopped, nothing that expects it is appended.
pub async fn the_kill_switch_stops_appends<H: Harness>(harness: &H) {
    let store = harness.fresh().await;
    let (slack, zoom) = (TargetName::from("slack"), TargetName::from("zoom"));
    let write = |to: &TargetName| one(call(1)).expecting(Expect::Writing(to.clone()));
    let stop = |target| {
        one(Event::WritingStopped(WritingStopped {
            target,
            reason: "drill".to_owned(),
        }))
    };
    let resume = |target| {
        one(Event::WritingResumed(WritingResumed {
            target,
            reason: "over".to_owned(),
        }))
    };
    store.append(write(&slack)).await.unwrap();
    store.append(stop(Some(slack.clone()))).await.unwrap();
    let stopped = |to: &TargetName| Err(AppendError::WritingStopped(to.clone()));
    assert_eq!(store.append(write(&slack)).await, stopped(&slack));
    store.append(write(&zoom)).await.unwrap();
    store.append(stop(None)).await.unwrap();
    assert_eq!(store.append(write(&zoom)).await, stopped(&zoom));
    store.append(resume(Some(slack.clone()))).await.unwrap();
    assert_eq!(
        store.append(write(&slack)).await,
        stopped(&slack),
        "all are still stopped"
    );
    store.append(resume(None)).await.unwrap();
    store.append(write(&slack)).await.unwrap();
    // Within one batch, too, what comes after the stop is stopped.
    let stopping = store.append(stop(None));
    let writing = store.append(write(&zoom));
    let (stopping, writing) = tokio::join!(stopping, writing);
    let stopping = stopping.unwrap();
    match writing {
        Ok(committed) => assert!(committed.last < stopping.first),
        Err(error) => assert_eq!(error, AppendError::WritingStopped(zoom)),
    }
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
        .records_about(samples::subject(1), 100)
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
