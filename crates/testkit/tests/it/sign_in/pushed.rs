//! Requests that clients push before they send the browser.

use std::sync::Arc;
use std::time::Duration;

use app::{Answer, Given};

use super::world::{Browser, SIGN_ON, World, attempt, call, code_of, error_of, redeems, request};

/// What `client` may bring to the browser for what it pushes: the query that names it.
async fn pushes(world: &World, node: usize, client: usize, body: &str) -> Result<String, String> {
    let header = world.proves(client);
    let headers = [header.as_bytes()];
    match world.nodes[node].push(call(&headers, body)).await.unwrap() {
        Given::Body(body) => {
            assert_eq!(body["expires_in"], 60);
            Ok(body["request_uri"].as_str().unwrap().to_owned())
        }
        Given::Refused(refusal) => Err(refusal.error.code().name().to_owned()),
    }
}

fn names(client: &str, uri: &str) -> String {
    format!("client_id={client}&request_uri={}", uri.replace(':', "%3A"))
}

async fn asks(world: &World, node: usize, query: &str, browser: &mut Browser) -> Answer {
    let answer = world.nodes[node].authorize(query.as_bytes(), browser.asker());
    let answer = answer.await.unwrap();
    browser.keep(&answer);
    answer
}

fn is_refused(answer: &Answer) -> bool {
    matches!(answer, Answer::Refused { person: false, why } if why.starts_with("invalid_request_uri"))
}

/// Pushed at one node, brought to another, by somebody who has yet to sign in: the code is for what was pushed.
#[tokio::test]
async fn a_pushed_request_is_answered_as_it_was_pushed() {
    for world in World::each("any-factor").await {
        world.enrolled("w001", "p1@acme.example").await;
        let uri = pushes(&world, 0, 0, &request("wiki")).await.unwrap();
        assert!(!uri.contains("acme") && uri.len() < 1_024, "{}", uri.len());
        let mut browser = world.browser();
        let changed = format!("{}&scope=openid&state=evil", names("wiki", &uri));
        let page = asks(&world, 1, &changed, &mut browser).await;
        // A slow person is in time: the request came when it counted.
        world.clock.advance(Duration::from_secs(300));
        let password = model::Secret::new(super::world::PASSWORD);
        let name = "p1@acme.example";
        let answer = world.nodes[0].send_password(attempt(&page), name, &password, browser.asker());
        let answer = answer.await.unwrap();
        let code = code_of(&answer).unwrap_or_else(|| panic!("{answer:?}"));
        let Answer::Send {
            response: protocol::oauth::Response::Redirect { location },
            ..
        } = &answer
        else {
            panic!("{answer:?}")
        };
        assert!(
            location.contains("state=s&") || location.ends_with("state=s"),
            "{location}"
        );
        let given = world.token(1, 0, &redeems(&code)).await.unwrap();
        assert_eq!(given["scope"], "email openid");
    }
}

/// O10: a pushed request gives one code, on whichever node and however often it is brought at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o10_a_pushed_request_gives_one_code() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let uri = pushes(&world, 0, 0, &request("wiki")).await.unwrap();
        let first = asks(&world, 1, &names("wiki", &uri), &mut browser).await;
        assert!(code_of(&first).is_some());
        for node in [0, 1] {
            let again = asks(&world, node, &names("wiki", &uri), &mut browser).await;
            assert!(is_refused(&again), "{again:?}");
        }
        let uri = pushes(&world, 1, 0, &request("wiki")).await.unwrap();
        let world = Arc::new(world);
        let calls = (0..8).map(|n| {
            let (world, mut browser, query) =
                (Arc::clone(&world), browser.clone(), names("wiki", &uri));
            tokio::spawn(async move {
                code_of(&asks(&world, n % 2, &query, &mut browser).await).is_some()
            })
        });
        let mut won = 0;
        for call in calls.collect::<Vec<_>>() {
            won += usize::from(call.await.unwrap());
        }
        assert_eq!(won, 1);
    }
}

/// A name counts for a minute, for the client that has it, and to the letter; and a request is never fetched.
#[tokio::test]
async fn o13_a_name_counts_for_its_client_and_a_minute_and_is_never_fetched() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let uri = pushes(&world, 0, 0, &request("wiki")).await.unwrap();
        let other = asks(&world, 0, &names("other", &uri), &mut browser).await;
        assert!(is_refused(&other), "{other:?}");
        let cut = &uri[..uri.len() - 1];
        let mut turned = uri.clone().into_bytes();
        let middle = turned.len() - 20;
        turned[middle] = if turned[middle] == b'A' { b'B' } else { b'A' };
        let turned = String::from_utf8(turned).unwrap();
        for wrong in [
            cut,
            &turned,
            "urn:ietf:params:oauth:request_uri:",
            "urn:ietf:params:oauth:request_uri:a.b",
        ] {
            let refused = asks(&world, 0, &names("wiki", wrong), &mut browser).await;
            assert!(is_refused(&refused), "{wrong}: {refused:?}");
        }
        let elsewhere = format!(
            "{}&request_uri=https%3A%2F%2Fevil.example%2F",
            request("wiki")
        );
        let refused = asks(&world, 0, &elsewhere, &mut browser).await;
        assert_eq!(
            error_of(&refused).as_deref(),
            Some("request_uri_not_supported")
        );
        world.clock.advance(Duration::from_secs(60));
        let late = asks(&world, 0, &names("wiki", &uri), &mut browser).await;
        assert!(is_refused(&late), "{late:?}");
    }
}

/// What would be refused later is refused where it is pushed, to the client alone; and nobody pushes for another.
#[tokio::test]
async fn a_push_is_held_to_the_client_that_pushes() {
    for world in World::each("any-factor").await {
        let evil = request("wiki").replace("wiki.acme", "evil.acme");
        for (client, body, error) in [
            (0, evil, "invalid_request"),
            (
                0,
                request("wiki").replace("openid%20email", "admin"),
                "invalid_scope",
            ),
            (
                0,
                format!("{}&request_uri=urn%3Ax", request("wiki")),
                "invalid_request",
            ),
            (1, request("wiki"), "invalid_request"),
        ] {
            assert_eq!(
                pushes(&world, 0, client, &body).await,
                Err(error.into()),
                "{body}"
            );
        }
        let (bare, headers) = (request("wiki"), []);
        let nobody = world.nodes[0].push(call(&headers, &bare)).await.unwrap();
        assert!(matches!(nobody, Given::Refused(refusal) if refusal.status() == 401));
    }
}

/// A client that has to push gets nothing for a request that came through the browser; and what was pushed
/// before its document was changed is held to the one in force.
#[tokio::test]
async fn a_client_that_has_to_push_is_answered_for_nothing_else() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let strict = SIGN_ON.replacen("method: basic}", "method: basic}\n    require: [pushed]", 1);
        world.documents_with("any-factor", &strict).await;
        let refused = asks(&world, 0, &request("wiki"), &mut browser).await;
        assert_eq!(error_of(&refused).as_deref(), Some("invalid_request"));
        let uri = pushes(&world, 0, 0, &request("wiki")).await.unwrap();
        let given = asks(&world, 1, &names("wiki", &uri), &mut browser).await;
        assert!(code_of(&given).is_some(), "{given:?}");
        let uri = pushes(&world, 0, 0, &request("wiki")).await.unwrap();
        let moved = strict.replacen("wiki.acme.example/cb", "wiki.acme.example/new", 1);
        world.documents_with("any-factor", &moved).await;
        let refused = asks(&world, 1, &names("wiki", &uri), &mut browser).await;
        assert!(
            matches!(refused, Answer::Refused { person: false, .. }),
            "{refused:?}"
        );
    }
}
