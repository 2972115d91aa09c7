//! Whoever has left is out with the word of it, on every node, whatever they hold.

use std::time::Duration;

use app::Answer;
use model::Secret;
use testkit::node::actor;

use super::world::{PASSWORD, World, attempt, error_of, redeems, refreshes, request};

/// What somebody holds who is signed in to an app: browser, access token, refresh token.
async fn signed_in(world: &World) -> (super::world::Browser, String, String) {
    let mut browser = world.enrolled("w002", "p2@acme.example").await;
    let code = world.code("wiki", &mut browser).await;
    let given = world.token(0, 0, &redeems(&code)).await.unwrap();
    let text = |name: &str| given[name].as_str().unwrap().to_owned();
    assert!(world.counts(1, &text("access_token")).await);
    (browser, text("access_token"), text("refresh_token"))
}

async fn is_out(world: &World, browser: &super::world::Browser, access: &str, refresh: &str) {
    let session = browser.session.as_deref().unwrap();
    for node in [0, 1] {
        assert!(!world.counts(node, access).await, "the access token");
        let opened = world.nodes[node].session_of(session).await.unwrap();
        assert!(opened.is_none(), "the session");
        let refreshed = world.token(node, 0, &refreshes(refresh)).await;
        assert_eq!(refreshed, Err("invalid_grant".into()), "the refresh token");
    }
    let app = &world.nodes[1];
    let stranger = world.browser();
    let begun = app.begin(stranger.asker(), None);
    let password = Secret::new(PASSWORD);
    let sent = app.send_password(
        attempt(&begun),
        "p2@acme.example",
        &password,
        stranger.asker(),
    );
    let answer = sent.await.unwrap();
    assert!(
        matches!(answer, Answer::Refused { person: true, .. }),
        "the password: {answer:?}"
    );
}

#[tokio::test]
async fn whoever_is_terminated_for_cause_is_out_at_once() {
    for world in World::each("any-factor").await {
        let (browser, access, refresh) = signed_in(&world).await;
        let (ana, desk) = (actor("ana"), actor("desk"));
        let done = world.nodes[0].terminate(&ana, "w002", "theft", false);
        done.await.unwrap();
        is_out(&world, &browser, &access, &refresh).await;
        let pass = world.nodes[0].issue_pass(&desk, "w002", Duration::from_secs(600), "in person");
        assert_eq!(pass.await.unwrap_err().code(), "TNR-SIGN-0004");
    }
}

#[tokio::test]
async fn whoever_has_an_end_is_out_at_its_instant() {
    for mut world in World::each("any-factor").await {
        let (browser, access, refresh) = signed_in(&world).await;
        let today = world.nodes[0].now().to_string();
        let today = &today[..10];
        world.rows[1] = world.rows[1].replace("2020-01-01,,", &format!("2020-01-01,{today},"));
        world.hears().await;
        assert!(world.counts(1, &access).await, "until 17:00 in their zone");
        // 17:00 in Berlin is 16:00 UTC in winter.
        let noon = world.nodes[0].now();
        let evening: model::Timestamp = format!("{today}T16:00:00Z").parse().unwrap();
        assert!(evening > noon, "{noon}");
        world.clock.advance_to(evening);
        is_out(&world, &browser, &access, &refresh).await;
    }
}

/// Who moves out of the group that an app is given to has it no longer, and keeps what else they have.
#[tokio::test]
async fn whoever_moves_away_from_an_app_is_given_nothing_more_for_it() {
    for mut world in World::each("any-factor").await {
        let (browser, _, refresh) = signed_in(&world).await;
        world.rows[1] = world.rows[1].replace("Engineering", "Sales");
        world.hears().await;
        let refreshed = world.token(1, 0, &refreshes(&refresh)).await;
        assert_eq!(refreshed, Err("invalid_grant".into()));
        let query = request("wiki");
        let asked = world.nodes[0].authorize(query.as_bytes(), browser.asker());
        assert_eq!(
            error_of(&asked.await.unwrap()).as_deref(),
            Some("access_denied")
        );
        let session = browser.session.as_deref().unwrap();
        assert!(world.nodes[0].session_of(session).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_session_ends_when_it_is_idle_and_when_it_is_old() {
    for world in World::each("any-factor").await {
        let browser = world.enrolled("w001", "p1@acme.example").await;
        let session = browser.session.as_deref().unwrap();
        let open = || async { world.nodes[1].session_of(session).await.unwrap().is_some() };
        // An hour idle, twelve in all, as the documents leave it.
        for _ in 0..15 {
            world.clock.advance(Duration::from_secs(45 * 60));
            assert!(open().await);
        }
        world.clock.advance(Duration::from_secs(46 * 60));
        assert!(!open().await, "twelve hours are over");
        let browser = world.enrolled("w003", "p3@acme.example").await;
        let session = browser.session.as_deref().unwrap();
        world.clock.advance(Duration::from_secs(60 * 60));
        assert!(world.nodes[0].session_of(session).await.unwrap().is_none());
    }
}
