//! What every store must do: the write door, leases and the log.
//!
//! Each function is one promise, on a store of its own. [`run`] checks them all.

use std::time::Duration;

use async_trait::async_trait;
use model::canonical::Digest;
use model::event::CallMade;
use model::{Actor, Event, Timestamp};

use crate::store::{Append, Door, Lease, Log, LogRecord, OneTime};

mod appends;
mod guards;
mod keeping;

pub use appends::{
    a_failing_append_fails_alone, a_one_time_value_is_spent_once, a_stream_has_one_next_writer,
    appends_are_numbered_and_come_back, malformed_appends_are_refused, time_never_runs_backwards,
};
pub use guards::{a_fence_guards, leases_have_one_holder, the_kill_switch_stops_appends};
pub use keeping::{
    a_node_sees_what_another_did, erasure_destroys_what_is_personal, projections_equal_a_rebuild,
    reopening_keeps_everything, two_nodes_share_one_log,
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
        about: None,
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
    a_node_sees_what_another_did(harness).await;
}
