//! The database server crashes while appends are under way.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::event::CallMade;
use model::{Actor, Event};
use ports::conformance::cluster::Cluster;
use ports::conformance::doubles::ManualClock;
use ports::conformance::samples;
use ports::store::{Append, AppendError, Door as _, Log as _};
use store::{PostgresOptions, TenureStore};

use crate::harness::{Stores, TENANT, ports};

fn numbered(n: u64) -> Append {
    let call = CallMade {
        about: None,
        method: "GET".to_owned(),
        route: n.to_string(),
        status: 200,
        remote: String::new(),
        reason: None,
    };
    Append::of(Actor::system(), vec![Event::CallMade(call)])
}

/// What a writer was answered.
#[derive(Default)]
struct Answers {
    done: BTreeSet<u64>,
    unknown: BTreeSet<u64>,
}

async fn write(store: TenureStore, first: u64, stop: Arc<AtomicBool>) -> Answers {
    let mut answers = Answers::default();
    let mut n = first;
    while !stop.load(Ordering::Relaxed) {
        match store.append(numbered(n)).await {
            Ok(_) => answers.done.insert(n),
            Err(AppendError::Broken(_)) => answers.unknown.insert(n),
            Err(AppendError::Busy(_)) => false,
            Err(other) => panic!("{other}"),
        };
        n += 8;
    }
    answers
}

/// The numbers that are in the log, each once.
async fn there(store: &TenureStore) -> BTreeSet<u64> {
    let (mut there, mut after) = (BTreeSet::new(), 0);
    loop {
        let page = store.records(after, 1000).await.unwrap();
        let Some(last) = page.last() else {
            return there;
        };
        after = last.seq;
        for record in &page {
            let Event::CallMade(call) = &record.event else {
                panic!("{:?}", record.event)
            };
            assert!(
                there.insert(call.route.parse().unwrap()),
                "an append happened twice"
            );
        }
    }
}

/// Each append is answered truly, and the store goes on by itself when the server is back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_postgres_is_found_again() {
    if Stores::postgres().is_none() {
        return;
    }
    // A server of its own: others must not lose theirs.
    let dir = tempfile::Builder::new().prefix("tenure").tempdir().unwrap();
    let cluster = Arc::new(Cluster::start(dir.path()).unwrap());
    let clock = Arc::new(ManualClock::at(samples::at(0)));
    let options = PostgresOptions::default();
    let url = cluster.database();
    let store = TenureStore::open_postgres(&url, options, ports(clock, 1))
        .await
        .unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|first| tokio::spawn(write(store.clone(), first, Arc::clone(&stop))))
        .collect();
    let server = Arc::clone(&cluster);
    let restarts = move || (0..3).for_each(|_| server.crash_and_restart());
    tokio::task::spawn_blocking(restarts).await.unwrap();
    let mut answer = store.append(numbered(u64::MAX)).await;
    while matches!(answer, Err(AppendError::Busy(_))) {
        answer = store.append(numbered(u64::MAX)).await;
    }
    answer.unwrap();
    stop.store(true, Ordering::Relaxed);
    let mut all = Answers {
        done: BTreeSet::from([u64::MAX]),
        ..Answers::default()
    };
    for writer in writers {
        let Answers { done, unknown } = writer.await.unwrap();
        all.done.extend(done);
        all.unknown.extend(unknown);
    }
    let there = there(&store).await;
    assert!(
        all.done.len() > 8,
        "nothing was written: this shows nothing"
    );
    assert!(
        all.done.is_subset(&there),
        "an acknowledged append is missing"
    );
    let unexplained: Vec<_> = there.difference(&all.done).collect();
    let unexplained: Vec<_> = unexplained
        .into_iter()
        .filter(|n| !all.unknown.contains(n))
        .collect();
    assert!(
        unexplained.is_empty(),
        "answered as not done, but there: {unexplained:?}"
    );
    assert!(store.verify(TENANT, Vec::new()).await.unwrap().is_sound());
}
