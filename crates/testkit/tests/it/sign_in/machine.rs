//! Clients that act for themselves.

use std::time::Duration;

use model::Event;
use ports::Clock as _;

use super::world::{SIGN_ON, World};

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

/// What was given stands in the log before it is answered, without the token.
#[tokio::test]
async fn what_a_client_got_stands_in_the_log() {
    for world in World::each("any-factor").await {
        let given = world.token(0, ROBOT, GRANT).await.unwrap();
        let token = given["access_token"].as_str().unwrap();
        let records = world.store.records(0, 1_000).await.unwrap();
        let told: Vec<_> = records
            .iter()
            .filter_map(|record| match &record.event {
                Event::ClientGranted(e) => Some((record.actor.principal.as_str(), e)),
                _ => None,
            })
            .collect();
        let [(actor, event)] = told.as_slice() else {
            panic!("{told:?}");
        };
        assert_eq!(
            (*actor, event.relying_party.as_str()),
            ("client robot", "robot")
        );
        assert_eq!(event.scopes, ["api:read", "api:write"]);
        assert_eq!(event.ends, world.clock.now().plus(Duration::from_secs(600)));
        let text = format!("{records:?}");
        assert!(!text.contains(token.rsplit('.').next().unwrap()));
    }
}
