//! Clients that register themselves, and change what they are (RFC 7591, RFC 7592).

use std::time::Duration;

use app::{Answer, RegistrationAnswer, RegistrationCall};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use model::{Digest, Event};
use protocol::oauth::Object;
use serde_json::{Value, json};
use testkit::node::actor;

use super::world::{Browser, SIGN_ON, VERIFIER, World, call, code_of, error_of, redeems};

const ALLOWED: &str = r#"---
kind: ClientRegistration
metadata: {name: partners}
spec:
  groups: [engineers]
  clients: 2
  days: 30
  hosts: [apps.acme.example]
  oidc:
    grants: [authorization_code, refresh_token]
    scopes: [openid, email, "api:read"]
    claims: {email: person.email}
"#;

const HOUR: Duration = Duration::from_secs(3_600);

/// Worlds whose documents let clients register.
async fn worlds() -> Vec<World> {
    let worlds = World::each("any-factor").await;
    for world in &worlds {
        allows(world, ALLOWED).await;
    }
    worlds
}

async fn allows(world: &World, allowed: &str) {
    let parties = format!("{SIGN_ON}{allowed}");
    world.documents_with("any-factor", &parties).await;
}

/// A token with which so many clients may register.
async fn access(world: &World, uses: u16) -> String {
    let admin = actor("admin");
    let made = world.nodes[0].make_initial_access(&admin, "partners", (uses, HOUR), "TICKET-1");
    made.await.unwrap().secret.expose().to_owned()
}

/// Status and body of a call.
async fn calls(
    world: &World,
    node: usize,
    (method, client): (&str, Option<&str>),
    token: &str,
    body: &Value,
) -> (u16, Object) {
    let (header, body) = (format!("Bearer {token}"), body.to_string());
    let authorization: &[&[u8]] = match token {
        "" => &[],
        _ => &[header.as_bytes()],
    };
    let answer = world.nodes[node].registration(RegistrationCall {
        method,
        client,
        authorization,
        content_type: Some(b"application/json; charset=utf-8"),
        body: body.as_bytes(),
    });
    match answer.await.unwrap() {
        RegistrationAnswer::Made(body) => (201, body),
        RegistrationAnswer::Told(body) => (200, body),
        RegistrationAnswer::Gone => (204, Object::new()),
        RegistrationAnswer::Refused(status, error, challenge) => {
            assert_eq!(status == 401, challenge.is_some(), "{error}");
            (status, error.to_json())
        }
    }
}

async fn registers(world: &World, token: &str, more: Value) -> (u16, Object) {
    let mut body = json!({
        "redirect_uris": ["https://apps.acme.example/cb"],
        "client_name": "Printer",
        "grant_types": ["authorization_code", "refresh_token"],
        "id_token_signed_response_alg": "ES256",
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    calls(world, 0, ("POST", None), token, &body).await
}

fn text<'o>(object: &'o Object, member: &str) -> &'o str {
    object[member].as_str().unwrap()
}

fn query(client: &Object) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Digest::of(VERIFIER.as_bytes()).0);
    format!(
        "client_id={}&redirect_uri=https%3A%2F%2Fapps.acme.example%2Fcb&response_type=code\
         &scope=openid%20email&state=s&nonce=n&code_challenge={challenge}&code_challenge_method=S256",
        text(client, "client_id")
    )
}

/// Where a browser comes that a client sends to the other node.
async fn goes(world: &World, client: &Object, browser: &Browser) -> Answer {
    let query = query(client);
    let answer = world.nodes[1].authorize(query.as_bytes(), browser.asker());
    answer.await.unwrap()
}

/// What a client is told at the token endpoint, proving itself by this secret.
async fn token(world: &World, client: &Object, secret: &str, body: &str) -> Result<Object, String> {
    let pair = format!("{}:{secret}", text(client, "client_id"));
    let header = format!("Basic {}", STANDARD.encode(pair));
    match world.nodes[1]
        .token(call(&[header.as_bytes()], body))
        .await
        .unwrap()
    {
        app::Given::Body(body) => Ok(body),
        app::Given::Refused(refusal) => Err(refusal.error.code().name().to_owned()),
    }
}

/// A client registers at one node, and people sign in to it at both: it is told who they are, and refreshes.
#[tokio::test]
async fn a_client_registers_and_people_sign_in_to_it() {
    for world in worlds().await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let given = access(&world, 1).await;
        let (status, client) = registers(&world, &given, json!({})).await;
        assert_eq!(status, 201, "{client:?}");
        let place = format!(
            "https://id.acme.example/oauth2/register/{}",
            text(&client, "client_id")
        );
        assert_eq!(client["registration_client_uri"], place);
        assert_eq!(client["response_types"], json!(["code"]));
        assert!(text(&client, "client_id").starts_with("reg_"));
        let answer = goes(&world, &client, &browser).await;
        browser.keep(&answer);
        let code = code_of(&answer).unwrap();
        let secret = text(&client, "client_secret");
        let tokens = token(&world, &client, secret, &redeems(&code))
            .await
            .unwrap();
        assert!(world.counts(0, text(&tokens, "access_token")).await);
        assert!(tokens.contains_key("refresh_token") && tokens.contains_key("id_token"));

        let parties = world.nodes[1].relying_parties().await.unwrap();
        let party = parties
            .iter()
            .find(|one| one.client_id == text(&client, "client_id"))
            .unwrap();
        assert_eq!(
            party.title, "Printer (apps.acme.example)",
            "its word, and its host"
        );
        assert_eq!(party.risks.len(), 1, "{:?}", party.risks);
        let metadata = world.nodes[1].metadata().await.unwrap();
        let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
        let endpoint = "https://id.acme.example/oauth2/register";
        assert_eq!(metadata["registration_endpoint"], endpoint);

        let listed = world.nodes[1].registrations().await.unwrap();
        assert_eq!(listed.len(), 1, "the token is used up: {listed:?}");
        let records = world.store.records(0, 10_000).await.unwrap();
        let all = format!("{records:?}");
        for kept in [&given, secret, text(&client, "registration_access_token")] {
            assert!(!all.contains(kept), "the log lets nobody in");
        }
        let acts = records.iter().filter_map(|record| match &record.event {
            Event::RegistrationChanged(change) => {
                Some((record.actor.principal.as_str(), change.act.as_str()))
            }
            _ => None,
        });
        let acts: Vec<_> = acts.collect();
        assert_eq!(acts[0], ("admin", "access_made"));
        assert_eq!(acts[1].1, "registered");
    }
}

/// L8: nobody registers without a token of an administrator, with one that is over or used up, or where no document
/// lets anybody.
#[tokio::test]
async fn l8_nobody_registers_without_a_token_that_counts() {
    for world in worlds().await {
        let one = access(&world, 1).await;
        let session = world
            .enrolled("w001", "p1@acme.example")
            .await
            .session
            .unwrap();
        for wrong in [
            "",
            "x",
            &session,
            &one.replace("reg_", "reg_0"),
            &format!("{one}0"),
        ] {
            let (status, _) = registers(&world, wrong, json!({})).await;
            assert_eq!(status, 401, "{wrong}");
        }
        let (status, client) = registers(&world, &one, json!({})).await;
        assert_eq!(status, 201);
        assert_eq!(
            registers(&world, &one, json!({})).await.0,
            401,
            "it was for one"
        );
        let secret = text(&client, "client_secret");
        assert_eq!(registers(&world, secret, json!({})).await.0, 401);

        let other = access(&world, 5).await;
        world.clock.advance(HOUR);
        assert_eq!(
            registers(&world, &other, json!({})).await.0,
            401,
            "an hour later"
        );
        let ended = access(&world, 5).await;
        let id = ended.split('.').next().unwrap();
        let admin = actor("admin");
        let end = world.nodes[1].end_registration(&admin, id, true, "a leak");
        end.await.unwrap();
        assert_eq!(registers(&world, &ended, json!({})).await.0, 401, "ended");

        let third = access(&world, 5).await;
        world.documents("any-factor").await;
        let header = format!("Bearer {third}");
        let call = RegistrationCall {
            method: "POST",
            client: None,
            authorization: &[header.as_bytes()],
            content_type: Some(b"application/json"),
            body: b"{}",
        };
        let off = world.nodes[0].registration(call).await.unwrap_err();
        assert_eq!(off.kind(), app::ErrorKind::Missing);
        let parties = world.nodes[0].relying_parties().await.unwrap();
        let there = parties
            .iter()
            .any(|one| one.client_id == text(&client, "client_id"));
        assert!(!there, "no document allows it");
    }
}

/// Of many that come at once with a token for two, on two nodes, two are registered.
#[tokio::test]
async fn a_token_for_two_lets_two_in_however_many_come_at_once() {
    for world in worlds().await {
        let given = access(&world, 2).await;
        let body = json!({"redirect_uris": ["https://apps.acme.example/cb"]});
        let one = |node| calls(&world, node, ("POST", None), &given, &body);
        let answers = tokio::join!(one(0), one(1), one(0), one(1), one(0));
        let (a, b, c, d, e) = &answers;
        let made = [a, b, c, d, e]
            .into_iter()
            .filter(|(status, _)| *status == 201)
            .count();
        assert_eq!(made, 2, "{answers:?}");
        assert_eq!(world.nodes[0].registrations().await.unwrap().len(), 2);
    }
}

/// What a client may not be, and in which words it is told.
fn too_much() -> Vec<(Value, &'static str)> {
    const URI: &str = "invalid_redirect_uri";
    const METADATA: &str = "invalid_client_metadata";
    vec![
        (json!({"redirect_uris": ["https://evil.example/cb"]}), URI),
        (
            json!({"redirect_uris": ["https://apps.acme.example.evil.example/"]}),
            URI,
        ),
        (
            json!({"redirect_uris": ["https://apps.acme.example/cb#x"]}),
            URI,
        ),
        (
            json!({"redirect_uris": ["http://apps.acme.example/cb"]}),
            URI,
        ),
        (json!({"redirect_uris": ["http://127.0.0.1/cb"]}), URI),
        (
            json!({"redirect_uris": ["http://127.0.0.1/cb"], "application_type": "native"}),
            URI,
        ),
        (json!({"redirect_uris": ["javascript:alert(1)"]}), URI),
        (
            json!({"redirect_uris": ["https://a@apps.acme.example/cb"]}),
            URI,
        ),
        (json!({"redirect_uris": ["https://*.acme.example/cb"]}), URI),
        (json!({"scope": "openid profile"}), METADATA),
        (json!({"scope": "email"}), METADATA),
        (
            json!({"grant_types": ["authorization_code", "client_credentials"]}),
            METADATA,
        ),
        (
            json!({"jwks_uri": "http://169.254.169.254/latest"}),
            METADATA,
        ),
        (
            json!({"sector_identifier_uri": "http://127.0.0.1/"}),
            METADATA,
        ),
        (
            json!({"backchannel_logout_uri": "https://127.0.0.1/out"}),
            METADATA,
        ),
        (
            json!({"frontchannel_logout_uri": "https://evil.example/out"}),
            METADATA,
        ),
        (
            json!({"post_logout_redirect_uris": ["javascript:x"]}),
            METADATA,
        ),
        (
            json!({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [
                {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "a"}
            ]}}),
            METADATA,
        ),
    ]
}

/// O13: a client gets what the document allows and no more: not another host, scope, grant or kind of address, nothing
/// that would be fetched, and not more of them than it says.
#[tokio::test]
async fn o13_a_registered_client_gets_no_more_than_the_document_allows() {
    for world in worlds().await {
        let given = access(&world, 9).await;
        for (more, error) in too_much() {
            let (status, said) = registers(&world, &given, more.clone()).await;
            let named = said.get("error").and_then(Value::as_str);
            assert_eq!((status, named), (400, Some(error)), "{more}");
        }
        for _ in 0..2 {
            assert_eq!(registers(&world, &given, json!({})).await.0, 201);
        }
        let (status, said) = registers(&world, &given, json!({})).await;
        assert_eq!(
            (status, text(&said, "error")),
            (403, "access_denied"),
            "two are enough"
        );
    }
}

/// A client reads, changes and ends itself by its own token alone, which each change replaces along with its secret.
#[tokio::test]
async fn a_client_manages_itself_by_a_token_that_turns() {
    for world in worlds().await {
        let given = access(&world, 2).await;
        let (_, client) = registers(&world, &given, json!({})).await;
        let (_, second) = registers(&world, &given, json!({})).await;
        let (id, own) = (
            text(&client, "client_id"),
            text(&client, "registration_access_token"),
        );
        let other = text(&second, "registration_access_token");
        let (status, read) = calls(&world, 1, ("GET", Some(id)), own, &json!({})).await;
        assert_eq!((status, &read), (200, &client));
        for wrong in ["", &given, other, text(&client, "client_secret")] {
            for method in ["GET", "PUT", "DELETE"] {
                let (status, _) = calls(&world, 1, (method, Some(id)), wrong, &json!({})).await;
                assert_eq!(status, 401, "{method} {wrong}");
            }
        }
    }
}

/// A change replaces all that was registered, the token and the secret; an end is one.
#[tokio::test]
async fn each_change_of_a_client_turns_its_token_and_its_secret() {
    for world in worlds().await {
        let given = access(&world, 2).await;
        let (_, client) = registers(&world, &given, json!({})).await;
        let (_, second) = registers(&world, &given, json!({})).await;
        let (id, own) = (
            text(&client, "client_id"),
            text(&client, "registration_access_token"),
        );
        let change = json!({
            "client_id": id, "client_secret": client["client_secret"], "client_name": "Plotter",
            "redirect_uris": ["https://apps.acme.example/other"],
        });
        for (member, value) in [
            ("client_id", json!(text(&second, "client_id"))),
            ("client_secret", json!("of-my-own-choice")),
            ("registration_access_token", json!(own)),
            ("redirect_uris", json!(["https://evil.example/cb"])),
        ] {
            let mut wrong = change.clone();
            wrong[member] = value;
            let (status, _) = calls(&world, 0, ("PUT", Some(id)), own, &wrong).await;
            assert_eq!(status, 400, "{member}");
        }
        let (status, changed) = calls(&world, 0, ("PUT", Some(id)), own, &change).await;
        assert_eq!(status, 200, "{changed:?}");
        assert_eq!(changed["client_name"], "Plotter");
        assert_eq!(
            changed["grant_types"],
            json!(["authorization_code"]),
            "it is replaced whole"
        );
        for member in ["registration_access_token", "client_secret"] {
            assert_ne!(changed[member], client[member], "{member}");
        }
        assert_eq!(
            calls(&world, 1, ("GET", Some(id)), own, &json!({})).await.0,
            401
        );
        let browser = world.enrolled("w001", "p1@acme.example").await;
        let answer = goes(&world, &client, &browser).await;
        assert!(
            code_of(&answer).is_none() && error_of(&answer).is_none(),
            "{answer:?}"
        );
        let grant = "grant_type=refresh_token&refresh_token=x";
        let old = token(&world, &client, text(&client, "client_secret"), grant).await;
        assert_eq!(old, Err("invalid_client".into()), "the secret has turned");

        let own = text(&changed, "registration_access_token");
        assert_eq!(
            calls(&world, 1, ("DELETE", Some(id)), own, &json!({}))
                .await
                .0,
            204
        );
        assert_eq!(
            calls(&world, 0, ("GET", Some(id)), own, &json!({})).await.0,
            401
        );
        let secret = text(&changed, "client_secret");
        let gone = token(&world, &changed, secret, grant).await;
        assert_eq!(gone, Err("invalid_client".into()));
    }
}

/// An administrator ends a client: nothing that it was given counts any more, on any node. So does the end of its
/// time, and a document that allows it no longer.
#[tokio::test]
async fn a_registered_client_ends_with_whoever_allows_it() {
    for world in worlds().await {
        let given = access(&world, 9).await;
        let browser = world.enrolled("w001", "p1@acme.example").await;
        let (_, client) = registers(&world, &given, json!({})).await;
        let signs_in = async |browser: &Browser| {
            let answer = goes(&world, &client, browser).await;
            let code = code_of(&answer).unwrap();
            let secret = text(&client, "client_secret");
            let tokens = token(&world, &client, secret, &redeems(&code))
                .await
                .unwrap();
            text(&tokens, "access_token").to_owned()
        };
        let access = signs_in(&browser).await;
        assert!(world.counts(0, &access).await);
        allows(
            &world,
            &ALLOWED.replace("[apps.acme.example]", "[other.acme.example]"),
        )
        .await;
        assert!(
            !world.counts(0, &access).await,
            "its address is not allowed any more"
        );
        allows(&world, ALLOWED).await;
        assert!(world.counts(0, &access).await);
        let (admin, id) = (actor("admin"), text(&client, "client_id"));
        let looked = world.nodes[0].end_registration(&admin, id, false, "").await;
        assert!(
            looked.is_ok() && world.counts(1, &access).await,
            "a dry run ends nothing"
        );
        let ended = world.nodes[0]
            .end_registration(&admin, id, true, "a leak")
            .await;
        assert_eq!(ended.unwrap().id.to_string(), id);
        for node in [0, 1] {
            assert!(!world.counts(node, &access).await);
        }
        assert!(
            world.nodes[1]
                .end_registration(&admin, id, true, "again")
                .await
                .is_err()
        );

        let (_, next) = registers(&world, &given, json!({})).await;
        let own = text(&next, "registration_access_token");
        let next = text(&next, "client_id");
        assert_eq!(
            calls(&world, 1, ("GET", Some(next)), own, &json!({}))
                .await
                .0,
            200
        );
        world.clock.advance(HOUR * 24 * 30);
        assert_eq!(
            calls(&world, 1, ("GET", Some(next)), own, &json!({}))
                .await
                .0,
            401
        );
        assert!(world.nodes[1].registrations().await.unwrap().is_empty());
    }
}
