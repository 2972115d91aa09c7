//! Fences, leases and the kill switch.

use std::time::Duration;

use model::event::{WritingResumed, WritingStopped};
use model::{Event, TargetName};

use super::{Harness, assert_sound, call, one};
use crate::store::{AppendError, Door, Expect, Lease};

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
