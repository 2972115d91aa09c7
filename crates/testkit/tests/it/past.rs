//! Law: what was answered at an instant is what is reconstructed of it later, from the log alone.
//! Over the seeded companies of [`crate::passed_over`].

use std::collections::BTreeMap;
use std::time::Duration;

use app::{When, WhyAccess};
use model::Timestamp;
use ports::conformance::cluster;
use testkit::node::actor;

use crate::passed_over::{APPS, PEOPLE, World};

/// An answer without what a person's own records do not hold: which waves wait.
fn comparable(mut why: WhyAccess) -> WhyAccess {
    why.told = None;
    for item in &mut why.items {
        item.waits = None;
        item.seat = None;
    }
    why
}

type Answers = BTreeMap<(String, &'static str), WhyAccess>;

/// Whatever the node says of everyone now. Of whom was never delivered nothing is known.
async fn ask(world: &World) -> Answers {
    let mut answers = Answers::new();
    for who in (0..PEOPLE).map(|n| format!("w{n}")) {
        for app in APPS {
            if let Ok(why) = world.node.app.why_access(&who, app).await {
                answers.insert((who.clone(), app), comparable(why));
            }
        }
    }
    answers
}

async fn live(postgres: Option<&str>, seed: u64) -> (World, Vec<(Timestamp, Answers)>) {
    // Who was above somebody is not reconstructed, and the answer says so.
    let mut world = World::on(postgres, seed, false).await;
    let mut told = Vec::new();
    for _ in 0..12 {
        let waves = world.node.app.plan(&actor("ana"), false).await.unwrap();
        world.answer(&waves).await;
        world.happen().await;
        told.push((world.node.app.now(), ask(&world).await));
        // What happens next happens later.
        world.node.clock.advance(Duration::from_millis(1));
    }
    (world, told)
}

/// How many answers were compared, and how many of them are other ones now.
async fn compare(postgres: Option<&str>, seed: u64) -> (usize, usize) {
    let (mut compared, mut different) = (0, 0);
    let (world, told) = live(postgres, seed).await;
    let now = ask(&world).await;
    for (at, answers) in &told {
        let text = at.to_string();
        let when = When {
            as_of: Some(&text),
            known_at: Some(&text),
        };
        for ((who, app), then) in answers {
            let found = world.node.app.why_access_at(who, app, when).await;
            let found = comparable(found.unwrap_or_else(|e| panic!("{seed} {at} {who}: {e}")));
            assert_eq!(found, *then, "world {seed}: {who} in {app} at {at}");
            compared += 1;
            different += usize::from(now[&(who.clone(), *app)] != *then);
        }
    }
    (compared, different)
}

#[tokio::test]
async fn what_was_answered_then_is_what_is_reconstructed_of_then() {
    let (mut compared, mut different) = (0, 0);
    for seed in 1..=4 {
        let more = compare(None, seed).await;
        (compared, different) = (compared + more.0, different + more.1);
    }
    assert!(compared > 400, "{compared} answers are a law over nothing");
    assert!(
        different > 200,
        "only {different} of {compared} are other ones now"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_on_postgres() {
    let Some(cluster) = cluster::shared() else {
        return;
    };
    let (compared, different) = compare(Some(&cluster.database()), 4).await;
    assert!(
        compared > 100 && different > 20,
        "{different} of {compared}"
    );
}
