//! Attacks on the way to another identity provider and back, and on whom its word is taken for.

use std::sync::Arc;
use std::time::Duration;

use app::{Answer, Wrong};
use model::{Factor, Secret};
use serde_json::{Map, Value, json};
use testkit::node::actor;

use super::login::asks;
use super::upstream::{ENGINEERS, ana, policy, provider};
use super::world::{Browser, World};

type Claims = Map<String, Value>;

fn set(claims: &mut Claims, name: &str, value: Value) {
    claims.insert(name.to_owned(), value);
}

async fn brings(world: &World, browser: &Browser, query: &str, trip: Option<&Secret>) -> Answer {
    let app = &world.nodes[1];
    let back = app.come_back("elsewhere", query.as_bytes(), trip, browser.asker());
    back.await.unwrap()
}

/// What is brought back counts for whoever left, with what they left with, and once.
#[tokio::test]
async fn what_comes_back_is_what_left_and_counts_once() {
    for world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        let (mine, theirs) = (world.browser(), world.browser());
        let now = world.nodes[0].now();
        let (location, trip) = world.leaves(&mine, "").await;
        let query = world.elsewhere.vouches(&location, ana(), now, |_| {});
        let too_old = |answer: &Answer| assert_eq!(asks(answer).1, Some(Wrong::TooOld));
        // Somebody else's browser, none that left, another state, none, and one that is there twice.
        too_old(&brings(&world, &theirs, &query, Some(&trip)).await);
        too_old(&brings(&world, &mine, &query, None).await);
        let (_, other) = world.leaves(&mine, "").await;
        too_old(&brings(&world, &mine, &query, Some(&other)).await);
        let (code, _) = query.split_once("&state=").unwrap();
        too_old(&brings(&world, &mine, code, Some(&trip)).await);
        let twice = format!("{query}&{code}");
        too_old(&brings(&world, &mine, &twice, Some(&trip)).await);
        // The path of another provider.
        let app = &world.nodes[1];
        let back = app.come_back("other", query.as_bytes(), Some(&trip), mine.asker());
        too_old(&back.await.unwrap());
        assert!(
            !world
                .elsewhere
                .asked()
                .iter()
                .any(|url| url.ends_with("/token")),
            "nothing was exchanged for any of that"
        );
        let answer = brings(&world, &mine, &query, Some(&trip)).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        too_old(&brings(&world, &mine, &query, Some(&trip)).await);
        // A way that took too long.
        let (location, trip) = world.leaves(&mine, "").await;
        let query = world.elsewhere.vouches(&location, ana(), now, |_| {});
        world.clock.advance(Duration::from_secs(15 * 60));
        too_old(&brings(&world, &mine, &query, Some(&trip)).await);
    }
}

/// O5: an answer of one provider is not taken for another's (RFC 9207, RFC 9700 §4.4).
#[tokio::test]
async fn o5_providers_are_not_mixed_up() {
    for world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        let browser = world.browser();
        let now = world.nodes[0].now();
        for (iss, good) in [
            ("&iss=https%3A%2F%2Felsewhere.example", true),
            ("&iss=https%3A%2F%2Felsewhere.example%2F", false),
            ("&iss=https%3A%2F%2Fevil.example", false),
            ("", false),
        ] {
            let (location, trip) = world.leaves(&browser, "").await;
            let query = world.elsewhere.vouches(&location, ana(), now, |_| {});
            let (query, _) = query.split_once("&iss").unwrap();
            let query = format!("{query}{iss}");
            world.elsewhere.asked().clear();
            let answer = brings(&world, &browser, &query, Some(&trip)).await;
            let exchanged = world.elsewhere.asked();
            let exchanged = exchanged.iter().any(|url| url.ends_with("/token"));
            assert_eq!(exchanged, good, "{iss}: no code goes anywhere before");
            match good {
                true => assert!(matches!(answer, Answer::Home { .. }), "{iss}: {answer:?}"),
                false => assert_eq!(asks(&answer).1, Some(Wrong::Elsewhere), "{iss}"),
            }
        }
    }
}

/// What is made wrong of the claims.
type Lie = fn(&mut Claims);

/// What is wrong with a token.
const LIES: &[(&str, Lie)] = &[
    ("another sign-in", |c| set(c, "nonce", "another".into())),
    ("no nonce", |c| drop(c.remove("nonce"))),
    ("another issuer", |c| {
        set(c, "iss", "https://evil.example".into())
    }),
    ("another client", |c| set(c, "aud", "other".into())),
    ("others beside us", |c| {
        set(c, "aud", json!(["tenure", "other"]))
    }),
    ("given to another", |c| set(c, "azp", "other".into())),
    ("no sub", |c| drop(c.remove("sub"))),
    ("a sub that is no text", |c| set(c, "sub", 7.into())),
    ("a sub that is too long", |c| {
        set(c, "sub", "x".repeat(256).into())
    }),
    ("no end", |c| drop(c.remove("exp"))),
    ("an end that is over", |c| {
        set(c, "exp", 1_700_000_000.into())
    }),
    ("made long ago", |c| {
        let iat = c["iat"].as_i64().unwrap_or_default();
        set(c, "iat", (iat - 3_600).into());
    }),
    ("no time of proof", |c| drop(c.remove("auth_time"))),
    ("a time of proof that is to come", |c| {
        let iat = c["iat"].as_i64().unwrap_or_default();
        set(c, "auth_time", (iat + 3_600).into());
    }),
    ("words that are none", |c| set(c, "amr", "mfa".into())),
    ("a class that is none", |c| set(c, "acr", 2.into())),
    ("another key", |c| set(c, "forged", true.into())),
];

#[tokio::test]
async fn no_token_is_believed_that_is_not_what_was_asked_for() {
    for world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        for (name, lie) in LIES {
            let mut browser = world.browser();
            let trip = world.leaves(&browser, "").await;
            let answer = world.back_lying(&mut browser, trip, ana(), lie).await;
            assert_eq!(asks(&answer).1, Some(Wrong::Elsewhere), "{name}");
            assert!(browser.session.is_none(), "{name}");
        }
        let told = world.nodes[0].credentials_told("w001").await.unwrap();
        assert_eq!(told, [], "nobody is linked by a lie");
    }
}

/// P7: a link is made by what the documents declare, and by nothing else.
#[tokio::test]
async fn p7_nobody_is_linked_by_a_name_that_both_sides_happen_to_know() {
    for world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        let email = "{claim: email, email_domains: [acme.example]}";
        let by_email = provider(email);
        let strangers = [
            json!({"sub": "x", "email": "p1@acme.example"}),
            json!({"sub": "x", "employee_id": "w999"}),
            json!({"sub": "x", "employee_id": "p1@acme.example"}),
            json!({"sub": "x", "employee_id": ["w001"]}),
            json!({"sub": "x", "employee_id": ""}),
            json!({"sub": "w001"}),
            // Sales sign in here.
            json!({"sub": "x", "employee_id": "w003"}),
        ];
        for says in strangers {
            refused(&world, says).await;
        }
        world
            .policy_is(&policy("any-factor", ENGINEERS), &by_email)
            .await;
        let strangers = [
            json!({"sub": "x", "employee_id": "w001"}),
            json!({"sub": "x", "email": "p1@evil.example"}),
            json!({"sub": "x", "email": "p1@acme.example.evil.example"}),
            json!({"sub": "x", "email": "p1@evil.example@acme.example"}),
            json!({"sub": "x", "email": "@acme.example"}),
            json!({"sub": "x", "email": "w001"}),
            json!({"sub": "x", "email": "p1@acme.example", "email_verified": false}),
            json!({"sub": "x", "email": "p1@acme.example", "email_verified": "true"}),
        ];
        for says in strangers {
            refused(&world, says).await;
        }
        // Not by what is told of somebody else.
        let told = json!({"sub": "00u7", "email": "p1@acme.example"});
        let mut browser = world.browser();
        let trip = world.leaves(&browser, "").await;
        let says = json!({"sub": "x", "userinfo": told});
        let answer = world.back(&mut browser, trip, says).await;
        assert_eq!(asks(&answer).1, Some(Wrong::Elsewhere));
        refused(
            &world,
            json!({"sub": "00u7", "email": "p9@acme.example", "userinfo": told}),
        )
        .await;
        let doubted = json!({"sub": "x", "email": "p1@acme.example", "email_verified": false});
        refused(&world, json!({"sub": "x", "userinfo": doubted})).await;
        let mut browser = world.browser();
        let trip = world.leaves(&browser, "").await;
        let told = json!({"sub": "00u2", "email": "p2@acme.example"});
        let answer = world
            .back(&mut browser, trip, json!({"sub": "00u2", "userinfo": told}))
            .await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
        let mut browser = world.browser();
        let trip = world.leaves(&browser, "").await;
        let says = json!({"sub": "00u1", "email": "P1@Acme.Example"});
        let answer = world.back(&mut browser, trip, says).await;
        assert!(matches!(answer, Answer::Home { .. }), "{answer:?}");
    }
}

async fn refused(world: &World, says: Value) {
    let mut browser = world.browser();
    let trip = world.leaves(&browser, "").await;
    let answer = world.back(&mut browser, trip, says.clone()).await;
    let is_refused = matches!(answer, Answer::Refused { person: true, .. });
    assert!(is_refused, "{says}: {answer:?}");
}

/// Whoever is linked is linked to one account there; what was undone is not made again by itself.
#[tokio::test]
async fn a_link_is_to_one_account_and_what_was_undone_stays_so() {
    for world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        let mut browser = world.browser();
        let trip = world.leaves(&browser, "").await;
        world.back(&mut browser, trip, ana()).await;
        // Somebody there has made themselves the number of somebody here.
        refused(&world, json!({"sub": "evil", "employee_id": "w001"})).await;
        // The number says nothing any more where somebody is linked.
        let mut browser = world.browser();
        let trip = world.leaves(&browser, "").await;
        let says = json!({"sub": "00u1", "employee_id": "w002"});
        let answer = world.back(&mut browser, trip, says).await;
        browser.keep(&answer);
        let session = browser.session.clone().unwrap();
        let opened = world.nodes[0].session_of(&session).await.unwrap().unwrap();
        assert_eq!(opened.known.identity.key, "w001");
        // A command undoes it, and ends the sessions.
        let told = world.nodes[0].credentials_told("w001").await.unwrap();
        let link = told
            .iter()
            .find(|one| one.factor == Factor::Upstream)
            .unwrap();
        let desk = actor("desk");
        let ended = world.nodes[0].end_credential(&desk, link.id, "mistaken", true);
        assert!(ended.await.unwrap().sessions > 0);
        assert!(world.nodes[1].session_of(&session).await.unwrap().is_none());
        refused(&world, ana()).await;
        refused(&world, json!({"sub": "evil", "employee_id": "w001"})).await;
        // They sign in here, whatever the routes say.
        let browser = world.enrolled("w001", "p1@acme.example").await;
        assert!(browser.session.is_some());
    }
}

/// Of many who come back at once with the same link to be made, one makes it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_first_links_at_once_one_is_made() {
    for world in World::each("any-factor").await {
        world.routed("any-factor", ENGINEERS).await;
        let world = Arc::new(world);
        let mut trips = Vec::new();
        for n in 0..6 {
            let browser = world.browser();
            let trip = world.leaves(&browser, "").await;
            let says = json!({"sub": format!("00u{}", n % 2), "employee_id": "w001"});
            trips.push((n, browser, trip, says));
        }
        let tries = trips
            .into_iter()
            .map(|(n, browser, (location, trip), says)| {
                let world = Arc::clone(&world);
                tokio::spawn(async move {
                    let now = world.nodes[0].now();
                    let query = world.elsewhere.vouches(&location, says, now, |_| {});
                    let app = &world.nodes[n % 2];
                    let back =
                        app.come_back("elsewhere", query.as_bytes(), Some(&trip), browser.asker());
                    back.await.unwrap();
                })
            });
        for one in tries.collect::<Vec<_>>() {
            one.await.unwrap();
        }
        let told = world.nodes[0].credentials_told("w001").await.unwrap();
        assert_eq!(told.len(), 1, "{told:?}");
    }
}
