//! From where people sign in: whole for some days, shortened for good.

use std::time::Duration;

use app::App;
use model::{Event, Personal, SubjectId};

use super::login::types;
use super::world::World;

const ANA: &str = "p1@acme.example";
const WHOLE: &str = "198.51.100.77";
const SHORT: &str = "198.51.100.0";
const DAY: Duration = Duration::from_secs(86_400);

/// Ana signs in from an address, and once types a wrong password.
async fn signs_in(world: &World) -> SubjectId {
    world.enrolled("w001", ANA).await;
    let mut browser = world.browser();
    browser.from.network = WHOLE.parse().unwrap();
    let answer = types(world, &browser, ANA, super::world::PASSWORD).await;
    browser.keep(&answer);
    assert!(browser.session.is_some(), "{answer:?}");
    types(world, &browser, ANA, "a wrong one").await;
    let recent = world.nodes[0].recent_sign_ins(browser.asker()).await;
    let recent = recent.unwrap().unwrap();
    let own = recent.iter().filter(|one| one.network == WHOLE);
    assert!(own.count() >= 2, "{recent:?}");
    let known = world.nodes[0].one_person("w001").await.unwrap();
    known.person.subject
}

/// The addresses that a node tells of Ana's last two attempts.
async fn told(app: &App, subject: SubjectId) -> Vec<String> {
    let records = app.store().records_about(subject, None, 200).await;
    let records = app.with_addresses(records.unwrap()).await.unwrap();
    let networks = records.into_iter().filter_map(|record| match record.event {
        Event::SignInDecided(decided) => match decided.personal {
            Personal::Known(basis) => Some(basis.origin.network),
            Personal::Erased => None,
        },
        Event::SignInFailed(failed) => match failed.personal {
            Personal::Known(origin) => Some(origin.network),
            Personal::Erased => None,
        },
        _ => None,
    });
    networks.take(2).collect()
}

/// What is written down for good, opened.
async fn written(world: &World, subject: SubjectId) -> String {
    let records = world.store.records_about(subject, None, 200).await;
    let events = records.unwrap().into_iter().map(|record| record.event);
    serde_json::to_string(&events.collect::<Vec<_>>()).unwrap()
}

async fn keys(world: &World) -> usize {
    let names = world.store.secret_names().await.unwrap();
    let own = names.iter();
    own.filter(|row| row.name.starts_with("address-key/"))
        .count()
}

#[tokio::test]
async fn an_address_is_whole_for_its_days_and_nobody_finds_it_out_afterwards() {
    for world in World::each("any-factor").await {
        let subject = signs_in(&world).await;
        let log = written(&world, subject).await;
        assert!(log.contains(SHORT) && !log.contains(WHOLE), "{log}");
        let made = keys(&world).await;
        assert!(made > 0);
        assert_eq!(told(&world.nodes[1], subject).await, [WHOLE, WHOLE]);
        let listed = world.nodes[0].secret_names().await.unwrap();
        assert!(listed.iter().all(|row| !row.name.contains("address-key")));

        world.clock.advance(29 * DAY);
        world.nodes[1].shorten_addresses().await.unwrap();
        assert_eq!(keys(&world).await, made, "their days are not over");
        assert_eq!(told(&world.nodes[1], subject).await, [WHOLE, WHOLE]);
        world.clock.advance(DAY);
        assert_eq!(told(&world.nodes[1], subject).await, [SHORT, SHORT]);
        world.nodes[1].shorten_addresses().await.unwrap();
        assert_eq!(keys(&world).await, 0);
        // Not hidden: gone. A node that would keep them for ten years has nothing to open them with.
        let keeps = world.nodes[0].clone().keeping_addresses(3_650);
        assert_eq!(told(&keeps, subject).await, [SHORT, SHORT]);
    }
}

#[tokio::test]
async fn a_node_that_keeps_no_whole_addresses_writes_none_down() {
    for world in World::each("any-factor").await {
        world.enrolled("w001", ANA).await;
        let known = world.nodes[0].one_person("w001").await.unwrap();
        let before = keys(&world).await;
        let keeps_none = world.nodes[0].clone().keeping_addresses(0);
        let mut browser = world.browser();
        browser.from.network = "2001:db8:85a3:8d3::7".parse().unwrap();
        let page = keeps_none.begin(browser.asker(), None);
        let password = model::Secret::new("a wrong one");
        let page = super::world::attempt(&page).to_owned();
        let sent = keeps_none.send_password(&page, ANA, &password, browser.asker());
        sent.await.unwrap();
        let log = written(&world, known.person.subject).await;
        assert!(log.contains("\"2001:db8:85a3::\""), "{log}");
        assert!(!log.contains("8d3"), "{log}");
        let last = told(&world.nodes[1], known.person.subject).await;
        assert_eq!(last[0], "2001:db8:85a3::");
        assert_eq!(keys(&world).await, before);
    }
}
