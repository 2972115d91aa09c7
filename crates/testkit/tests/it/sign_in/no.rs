//! Somebody who does not want to go on, and says so.

use app::{Answer, Ask, Wrong};
use model::{Event, Secret};
use protocol::oauth::Response;

use super::login::asks;
use super::world::{Browser, PASSWORD, World, attempt, error_of, request};

/// A world that demands two factors, and somebody who has a password alone.
async fn worlds() -> Vec<World> {
    let worlds = World::each("any-factor").await;
    for world in &worlds {
        world.enrolled("w001", "p1@acme.example").await;
        world.documents("multi-factor").await;
    }
    worlds
}

async fn comes(world: &World, browser: &Browser) -> Answer {
    let query = request("wiki");
    let asked = world.nodes[0].authorize(query.as_bytes(), browser.asker());
    asked.await.unwrap()
}

async fn says_no(world: &World, page: &Answer, browser: &Browser) -> Answer {
    let said = world.nodes[1].say_no(attempt(page), browser.asker());
    said.await.unwrap()
}

/// Why each decision was as it was, in order.
async fn decided(world: &World) -> Vec<String> {
    let records = world.store.records(0, 10_000).await.unwrap();
    let told = records.into_iter().filter_map(|record| match record.event {
        Event::SignInDecided(decided) => Some(decided.reason),
        _ => None,
    });
    told.collect()
}

fn may_say_no(page: &Answer) -> bool {
    match page {
        Answer::Ask { offers, .. } => offers.no,
        other => panic!("no page that asks: {other:?}"),
    }
}

/// Somebody who says no is in nowhere; the app is told that, to which request it was, and nothing of who it was. Who
/// had proved something is written down.
#[tokio::test]
async fn whoever_says_no_is_told_of_as_nobody() {
    for world in worlds().await {
        let browser = world.browser();
        let asked = comes(&world, &browser).await;
        assert!(may_say_no(&asked), "an app waits for an answer");
        let before = decided(&world).await.len();
        let said = says_no(&world, &asked, &browser).await;
        let Answer::Send {
            response: Response::Redirect { location },
            signed_in: None,
        } = &said
        else {
            panic!("{said:?}");
        };
        let place = "https://wiki.acme.example/cb?";
        assert!(location.starts_with(place), "{location}");
        for part in [
            "error=access_denied",
            "state=s",
            "iss=https%3A%2F%2Fid.acme.example",
        ] {
            assert!(location.contains(part), "{location}");
        }
        assert_eq!(decided(&world).await.len(), before, "nobody is known yet");

        let password = Secret::new(PASSWORD);
        let (page, name) = (attempt(&asked), "p1@acme.example");
        let more = world.nodes[0].send_password(page, name, &password, browser.asker());
        let more = more.await.unwrap();
        assert!(matches!(asks(&more).0, Ask::More(_)) && may_say_no(&more));
        let said = says_no(&world, &more, &browser).await;
        assert_eq!(error_of(&said).as_deref(), Some("access_denied"));
        let last = decided(&world).await.pop();
        assert_eq!(last.as_deref(), Some("the person said no"));
    }
}

/// Nobody says no in another browser's place, and there is nobody to tell on our own pages.
#[tokio::test]
async fn only_whom_an_app_has_asked_says_no() {
    for world in worlds().await {
        let (browser, other) = (world.browser(), world.browser());
        let asked = comes(&world, &browser).await;
        let said = says_no(&world, &asked, &other).await;
        assert_eq!(asks(&said), (Ask::Name, Some(Wrong::TooOld)));
        let own = world.nodes[0].begin(browser.asker(), None);
        assert!(!may_say_no(&own));
        let said = says_no(&world, &own, &browser).await;
        assert_eq!(asks(&said), (Ask::Name, None));
    }
}
