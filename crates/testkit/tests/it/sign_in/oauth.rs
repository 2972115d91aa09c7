//! Attacks on codes, refresh tokens and access tokens.

use std::sync::Arc;
use std::time::Duration;

use super::world::{World, attempt, error_of, redeems, refreshes, request};

/// O2: a code without its verifier, or with another one, gives nothing; and stays what it was.
#[tokio::test]
async fn o2_a_code_is_worth_nothing_without_its_verifier() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let code = world.code("wiki", &mut browser).await;
        let without = format!("grant_type=authorization_code&code={code}");
        let other = format!("{without}&code_verifier={}", "x".repeat(43));
        for body in [without, other] {
            assert_eq!(world.token(0, 0, &body).await, Err("invalid_grant".into()));
        }
        assert!(world.token(1, 0, &redeems(&code)).await.is_ok());
    }
}

/// O3: a code that comes twice ends everything that came of it; another client's code and an old one give
/// nothing.
#[tokio::test]
async fn o3_a_code_counts_once_for_its_own_client_and_for_a_minute() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let code = world.code("wiki", &mut browser).await;
        let stolen = world.token(0, 1, &redeems(&code)).await;
        assert_eq!(stolen, Err("invalid_grant".into()), "another client's");
        let given = world.token(0, 0, &redeems(&code)).await.unwrap();
        let access = given["access_token"].as_str().unwrap();
        assert!(world.counts(1, access).await);
        let again = world.token(1, 0, &redeems(&code)).await;
        assert_eq!(again, Err("invalid_grant".into()));
        assert!(!world.counts(0, access).await, "what came of it has ended");
        let refresh = given["refresh_token"].as_str().unwrap();
        let refreshed = world.token(0, 0, &refreshes(refresh)).await;
        assert_eq!(refreshed, Err("invalid_grant".into()));

        let code = world.code("wiki", &mut browser).await;
        world.clock.advance(Duration::from_secs(60));
        let late = world.token(0, 0, &redeems(&code)).await;
        assert_eq!(late, Err("invalid_grant".into()), "a minute later");
    }
}

/// O4: a refresh token that was exchanged before ends the family, on every node.
#[tokio::test]
async fn o4_a_refresh_token_that_comes_twice_ends_the_family() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let code = world.code("wiki", &mut browser).await;
        let first = world.token(0, 0, &redeems(&code)).await.unwrap();
        let old = first["refresh_token"].as_str().unwrap();
        let second = world.token(1, 0, &refreshes(old)).await.unwrap();
        let new = second["refresh_token"].as_str().unwrap();
        assert_ne!(old, new);
        let other = world.token(0, 1, &refreshes(new)).await;
        assert_eq!(other, Err("invalid_grant".into()), "another client's");
        let again = world.token(0, 0, &refreshes(old)).await;
        assert_eq!(again, Err("invalid_grant".into()));
        let family = world.token(1, 0, &refreshes(new)).await;
        assert_eq!(family, Err("invalid_grant".into()), "the newest one too");
        let access = second["access_token"].as_str().unwrap();
        assert!(!world.counts(0, access).await);
    }
}

/// O10: of many who bring the same code, or the same refresh token, to both nodes at once, one gets
/// something.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o10_of_many_who_bring_the_same_one_is_first() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let world = Arc::new(world);
        for _ in 0..5 {
            let code = world.code("wiki", &mut browser).await;
            let won = at_once(&world, &redeems(&code)).await;
            assert_eq!(won, 1, "a code");
            // Whoever came second has ended what the first got: a fresh one for the refresh token.
            let code = world.code("wiki", &mut browser).await;
            let given = world.token(0, 0, &redeems(&code)).await.unwrap();
            let token = given["refresh_token"].as_str().unwrap().to_owned();
            let won = at_once(&world, &refreshes(&token)).await;
            assert_eq!(won, 1, "a refresh token");
        }
    }
}

async fn at_once(world: &Arc<World>, body: &str) -> usize {
    let calls = (0..8).map(|n| {
        let (world, body) = (Arc::clone(world), body.to_owned());
        tokio::spawn(async move { world.token(n % 2, 0, &body).await.is_ok() })
    });
    let mut won = 0;
    for call in calls.collect::<Vec<_>>() {
        won += usize::from(call.await.unwrap());
    }
    won
}

/// O14: who asks about a token that was made for somebody else is told nothing of it.
#[tokio::test]
async fn o14_another_clients_token_is_inactive() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let code = world.code("wiki", &mut browser).await;
        let given = world.token(0, 0, &redeems(&code)).await.unwrap();
        let token = given["access_token"].as_str().unwrap();
        let own = world.introspected(0, token).await;
        assert_eq!(own["active"], true);
        assert_eq!(own["scope"], "email openid");
        let other = world.introspected(1, token).await;
        assert_eq!(
            serde_json::json!(other),
            serde_json::json!({"active": false})
        );
    }
}

/// O19: what was given out for one purpose opens nothing else.
#[tokio::test]
async fn o19_one_kind_of_text_is_not_taken_for_another() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let session = browser.session.clone().unwrap();
        let code = world.code("wiki", &mut browser).await;
        let page = world.nodes[0].begin(browser.asker(), None);
        for text in [&session, attempt(&page)] {
            assert!(world.token(0, 0, &redeems(text)).await.is_err());
            assert!(world.token(0, 0, &refreshes(text)).await.is_err());
            assert!(!world.counts(0, text).await);
        }
        assert!(world.token(0, 0, &refreshes(&code)).await.is_err());
        for text in [code.as_str(), attempt(&page)] {
            assert!(world.nodes[0].session_of(text).await.unwrap().is_none());
        }
        assert!(world.nodes[0].session_of(&session).await.unwrap().is_some());
    }
}

/// A request of a client that nobody declared, or for a place that is not its own, is shown to the person
/// and sent nowhere; whoever is not given an app is told nothing by it.
#[tokio::test]
async fn o1_nobody_is_sent_to_a_place_that_is_not_the_clients() {
    for world in World::each("any-factor").await {
        let browser = world.enrolled("w001", "p1@acme.example").await;
        let own = "https%3A%2F%2Fwiki.acme.example%2Fcb";
        for other in [
            "https%3A%2F%2Fwiki.acme.example%2Fcb%2F",
            "https%3A%2F%2Fwiki.acme.example%2Fcb%3Fx",
            "https%3A%2F%2Fwiki.acme.example%40evil.example%2Fcb",
            "https%3A%2F%2Fevil.example%2Fcb",
            "http%3A%2F%2Fwiki.acme.example%2Fcb",
            "https%3A%2F%2Fother.acme.example%2Fcb",
        ] {
            let query = request("wiki").replace(own, other);
            let answer = world.nodes[0].authorize(query.as_bytes(), browser.asker());
            let answer = answer.await.unwrap();
            assert!(
                matches!(answer, app::Answer::Refused { person: false, .. }),
                "{other}: {answer:?}"
            );
        }
        let unknown = request("wiki").replace("client_id=wiki", "client_id=evil");
        let answer = world.nodes[0].authorize(unknown.as_bytes(), browser.asker());
        let answer = answer.await.unwrap();
        assert!(matches!(answer, app::Answer::Refused { person: false, .. }));
        // Without a session: an error goes to the client, in the RFC's words.
        let stranger = world.browser();
        let query = format!("{}&prompt=none", request("wiki"));
        let answer = world.nodes[0].authorize(query.as_bytes(), stranger.asker());
        let answer = answer.await.unwrap();
        assert_eq!(error_of(&answer).as_deref(), Some("login_required"));
    }
}

/// O9: a request that is longer than any is refused where it begins, not lost on a later page.
#[tokio::test]
async fn o9_what_is_too_long_is_refused_at_once() {
    let world = World::each("any-factor").await.swap_remove(0);
    let browser = world.browser();
    for raw in [
        format!("{}&x={}", request("wiki"), "y".repeat(8 << 10)).into_bytes(),
        [request("wiki").as_bytes(), b"&x=\xff"].concat(),
    ] {
        let answer = world.nodes[0]
            .authorize(&raw, browser.asker())
            .await
            .unwrap();
        assert!(
            matches!(answer, app::Answer::Refused { person: false, .. }),
            "{answer:?}"
        );
    }
}
