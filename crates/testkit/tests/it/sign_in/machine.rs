//! Clients that act for themselves.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use app::Given;
use model::Event;
use model::event::ClientGranted;
use ports::Clock as _;
use ports::store::StoreError;
use testkit::between::{Between, Call, nothing};

use super::world::{SIGN_ON, World, call};

const GRANT: &str = "grant_type=client_credentials";
const ROBOT: usize = 2;
const PROBE: usize = 3;

/// A token says whose it is and what it may: signed for an API that reads it itself, sealed for one that
/// asks. It tells nothing of anybody, and ends by itself.
#[tokio::test]
async fn a_client_gets_a_token_for_itself() {
    for world in World::each("any-factor").await {
        for (client, name, scopes, seconds) in [
            (ROBOT, "robot", "api:read api:write", 600),
            (PROBE, "probe", "probe:read", 300),
        ] {
            let given = world.token(0, client, GRANT).await.unwrap();
            assert_eq!(given["expires_in"], seconds);
            assert_eq!(given["scope"], scopes, "nothing that is about a person");
            for absent in ["refresh_token", "id_token"] {
                assert!(!given.contains_key(absent), "{absent}");
            }
            let token = given["access_token"].as_str().unwrap();
            let told = world.introspected(client, token).await;
            assert_eq!(told["active"], true);
            assert_eq!(
                (&told["sub"], &told["client_id"]),
                (&name.into(), &name.into())
            );
            assert_eq!(told["scope"], scopes);
            assert!(!world.counts(0, token).await, "it is about nobody");
            assert_eq!(
                world.introspected(0, token).await["active"],
                false,
                "whose is it?"
            );
            let revoked = world.revokes(client, token).await;
            assert_eq!(revoked, Err("unsupported_token_type".into()));

            let again = world.token(1, client, GRANT).await.unwrap();
            assert_ne!(again["access_token"], given["access_token"]);
            world.clock.advance(Duration::from_secs(seconds));
            assert_eq!(world.introspected(client, token).await["active"], false);
        }
    }
}

/// RFC 9700 §4.15: a client is never taken for a person, and gets nothing that is about one.
#[tokio::test]
async fn a_client_for_itself_gets_only_what_is_its_own() {
    for world in World::each("any-factor").await {
        let asks = |scope: &str| format!("{GRANT}&scope={scope}");
        let fewer = world.token(0, ROBOT, &asks("api%3Aread")).await.unwrap();
        assert_eq!(fewer["scope"], "api:read");
        for scope in [
            "openid",
            "profile",
            "api%3Aread+openid",
            "offline_access",
            "api%3Aall",
        ] {
            let refused = world.token(0, ROBOT, &asks(scope)).await;
            assert_eq!(refused, Err("invalid_scope".into()), "{scope}");
        }
        let other = world.token(0, 0, GRANT).await;
        assert_eq!(
            other,
            Err("unauthorized_client".into()),
            "its document does not say so"
        );
        let elsewhere = format!("{GRANT}&resource=https%3A%2F%2Fother.acme.example");
        let refused = world.token(0, ROBOT, &elsewhere).await;
        assert_eq!(refused, Err("invalid_target".into()));
    }
}

/// A token counts no longer once its client is not declared any more, or may not have it.
#[tokio::test]
async fn a_clients_token_ends_with_its_document() {
    for world in World::each("any-factor").await {
        let mut tokens = Vec::new();
        for client in [ROBOT, PROBE] {
            let given = world.token(0, client, GRANT).await.unwrap();
            tokens.push((client, given["access_token"].as_str().unwrap().to_owned()));
        }
        let parties = SIGN_ON.replace(", client_credentials]", "]");
        world.documents_with("any-factor", &parties).await;
        for (client, token) in tokens {
            assert_eq!(world.introspected(client, &token).await["active"], false);
            let refused = world.token(1, client, GRANT).await;
            assert_eq!(refused, Err("unauthorized_client".into()));
        }
    }
}

/// What was given stands in the log, without the token; where nobody writes records together, before it is
/// answered.
#[tokio::test]
async fn what_a_client_got_stands_in_the_log() {
    for world in World::each("any-factor").await {
        let given = world.token(0, ROBOT, GRANT).await.unwrap();
        let token = given["access_token"].as_str().unwrap();
        let records = granted(&world).await;
        let [(actor, event)] = records.as_slice() else {
            panic!("{records:?}");
        };
        assert_eq!(
            (actor.as_str(), event.relying_party.as_str()),
            ("client robot", "robot")
        );
        assert_eq!(event.scopes, ["api:read", "api:write"]);
        assert_eq!(event.ends, world.clock.now().plus(Duration::from_secs(600)));
        let text = format!("{:?}", world.store.records(0, 1_000).await.unwrap());
        assert!(!text.contains(token.rsplit('.').next().unwrap()));
    }
}

/// Grants, as the log tells them, with who acted.
async fn granted(world: &World) -> Vec<(String, ClientGranted)> {
    let records = world.store.records(0, 1_000).await.unwrap();
    let granted = records.into_iter().filter_map(|record| match record.event {
        Event::ClientGranted(e) => Some((record.actor.principal, e)),
        _ => None,
    });
    granted.collect()
}

/// A node that serves writes records together, soon after the answers; none is lost when it stops, and each stands
/// there once.
#[tokio::test]
async fn records_of_grants_are_written_together_and_the_last_when_a_node_stops() {
    for world in World::each("any-factor").await {
        let (served, nobody_left) = tokio::sync::watch::channel(false);
        let app = world.nodes[0].clone();
        let keeping = tokio::spawn(async move { app.keep_trail(nobody_left).await });
        tokio::task::yield_now().await;
        for _ in 0..5 {
            world.token(0, ROBOT, GRANT).await.unwrap();
        }
        world.token(0, PROBE, GRANT).await.unwrap();
        let soon = std::time::Instant::now();
        while granted(&world).await.len() < 6 {
            assert!(soon.elapsed() < Duration::from_secs(20), "nothing comes");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        world.token(0, ROBOT, GRANT).await.unwrap();
        served.send_replace(true);
        keeping.await.unwrap();
        let told = granted(&world).await;
        let of = |name: &str| told.iter().filter(|(actor, _)| actor == name).count();
        assert_eq!((of("client robot"), of("client probe")), (6, 1));
        let each: BTreeSet<_> = told.iter().map(|(_, e)| e.token).collect();
        assert_eq!(each.len(), 7, "once each");
    }
}

/// Nothing is given on credit while nothing can be written; what was given before is written when it can be.
#[tokio::test]
async fn nothing_is_given_while_what_was_given_cannot_be_written() {
    for mut world in World::each("any-factor").await {
        let stands = Arc::new(AtomicBool::new(false));
        let fails = Arc::clone(&stands);
        let way = Between::new(Arc::clone(&world.store), move |call| match call {
            Call::Append(_) if fails.load(Ordering::SeqCst) => {
                Box::pin(async { Err(StoreError::Unavailable("it is away".to_owned())) })
            }
            Call::Append(_) | Call::Read(_) => nothing(),
        });
        let app = world.node_through(way);
        world.nodes[0] = app.clone();
        // Its key is made by then.
        world.token(0, ROBOT, GRANT).await.unwrap();
        let mut answered = 1;
        let (served, nobody_left) = tokio::sync::watch::channel(false);
        let keeping = tokio::spawn(async move { app.keep_trail(nobody_left).await });
        tokio::task::yield_now().await;
        stands.store(true, Ordering::SeqCst);
        let header = world.proves(ROBOT);
        let soon = std::time::Instant::now();
        while let Ok(given) = world.nodes[0]
            .token(call(&[header.as_bytes()], GRANT))
            .await
        {
            assert!(matches!(given, Given::Body(_)));
            answered += 1;
            assert!(soon.elapsed() < Duration::from_secs(20), "on credit still");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(answered > 1, "the first is answered before anybody knows");
        stands.store(false, Ordering::SeqCst);
        served.send_replace(true);
        keeping.await.unwrap();
        let told = granted(&world).await;
        let each: BTreeSet<_> = told.iter().map(|(_, e)| e.token).collect();
        assert_eq!((told.len(), each.len()), (answered, answered), "once each");
    }
}

/// Whoever wrote records together is gone, whatever became of them: grants are recorded before their answers again.
#[tokio::test]
async fn grants_are_recorded_at_once_when_whoever_wrote_them_together_is_gone() {
    for world in World::each("any-factor").await {
        let (_served, nobody_left) = tokio::sync::watch::channel(false);
        let app = world.nodes[0].clone();
        let keeping = tokio::spawn(async move { app.keep_trail(nobody_left).await });
        tokio::task::yield_now().await;
        keeping.abort();
        assert!(keeping.await.is_err());
        world.token(0, ROBOT, GRANT).await.unwrap();
        assert_eq!(granted(&world).await.len(), 1);
    }
}
