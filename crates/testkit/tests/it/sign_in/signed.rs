//! Requests that clients sign.

use app::{Answer, Given};
use ports::Clock as _;
use protocol::jose::{Algorithm, SigningKey, jwt};
use protocol::oauth::Response;
use serde_json::{Value, json};

use super::assertion::{Forge, token};
use super::world::{Browser, World, call, code_of, error_of, redeems, request};

const ISSUER: &str = "https://id.acme.example";

/// The parameters of `forge`'s request, and what stands around them, with other claims in it.
fn claims(world: &World, more: &Value) -> Value {
    let now = world.clock.now().as_micros() / 1_000_000;
    let mut claims = json!({"iss": "forge", "aud": ISSUER, "exp": now + 300});
    for pair in request("forge").split('&') {
        let (name, value) = pair.split_once('=').unwrap();
        let value = value
            .replace("%20", " ")
            .replace("%3A", ":")
            .replace("%2F", "/");
        claims[name] = value.into();
    }
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

fn signs(key: &SigningKey, claims: &Value) -> String {
    jwt::sign(key, "oauth-authz-req+jwt", claims.as_object().unwrap()).unwrap()
}

async fn asks(world: &World, query: &str, browser: &mut Browser) -> Answer {
    let answer = world.nodes[1].authorize(query.as_bytes(), browser.asker());
    let answer = answer.await.unwrap();
    browser.keep(&answer);
    answer
}

/// What is refused of a request object, and told to the person.
fn is_shown(answer: &Answer) -> bool {
    matches!(answer, Answer::Refused { person: false, why } if why.starts_with("invalid_request_object"))
}

async fn pushes(world: &World, forge: &Forge, body: &str) -> Result<String, String> {
    let body = forge.proves(world, body);
    match world.nodes[0].push(call(&[], &body)).await.unwrap() {
        Given::Body(body) => Ok(body["request_uri"].as_str().unwrap().replace(':', "%3A")),
        Given::Refused(refusal) => Err(refusal.error.code().name().to_owned()),
    }
}

/// What is signed is the whole request: nothing that stands beside it counts.
#[tokio::test]
async fn a_signed_request_is_answered_as_it_was_signed() {
    for world in World::each("any-factor").await {
        let forge = Forge::in_force(&world, "").await;
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let object = signs(&forge.keys[1], &claims(&world, &json!({"state": "inside"})));
        let beside = "response_type=code&scope=openid+api:read&state=outside&nonce=other&max_age=0&prompt=none";
        let query = format!("client_id=forge&request={object}&{beside}");
        let answer = asks(&world, &query, &mut browser).await;
        let code = code_of(&answer).unwrap_or_else(|| panic!("{answer:?}"));
        let Answer::Send {
            response: Response::Redirect { location },
            ..
        } = &answer
        else {
            panic!("{answer:?}")
        };
        assert!(location.contains("state=inside"), "{location}");
        let given = token(&world, 0, &forge.proves(&world, &redeems(&code)))
            .await
            .unwrap();
        assert_eq!(given["scope"], "email openid");
        // Without a challenge inside there is none, whatever stands beside.
        let mut bare = claims(&world, &json!({}));
        bare.as_object_mut().unwrap().remove("code_challenge");
        let object = signs(&forge.keys[0], &bare);
        let query = format!("{}&request={object}", request("forge"));
        let answer = asks(&world, &query, &mut browser).await;
        assert_eq!(error_of(&answer).as_deref(), Some("invalid_request"));
    }
}

/// O7: a request that nobody has signed, or somebody else, or for another server or time, goes nowhere.
#[tokio::test]
async fn o7_a_request_object_is_the_clients_own_or_refused() {
    for world in World::each("any-factor").await {
        let forge = Forge::in_force(&world, "").await;
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let now = world.clock.now().as_micros() / 1_000_000;
        let (stranger, _) = SigningKey::generate(Algorithm::Es256).unwrap();
        let good = signs(&forge.keys[0], &claims(&world, &json!({})));
        let body = good.split('.').nth(1).unwrap();
        let mut wrong = vec![
            signs(&stranger, &claims(&world, &json!({}))),
            format!("eyJhbGciOiJub25lIn0.{body}."),
            "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.a.b.c.d".to_owned(),
            forge.asserts(&world, 0, json!({"client_id": "forge"})),
        ];
        for more in [
            json!({"aud": "https://other.example"}),
            json!({"iss": "wiki"}),
            json!({"client_id": "wiki"}),
            json!({"exp": now - 60}),
            json!({"exp": now + 7_200}),
        ] {
            wrong.push(signs(&forge.keys[0], &claims(&world, &more)));
        }
        for object in wrong {
            let query = format!("{}&request={object}", request("forge"));
            let answer = asks(&world, &query, &mut browser).await;
            assert!(is_shown(&answer), "{object}: {answer:?}");
            let pushed = pushes(&world, &forge, &format!("request={object}")).await;
            assert_eq!(pushed, Err("invalid_request_object".into()), "{object}");
        }
        let query = format!("{}&request={good}", request("forge"));
        assert!(code_of(&asks(&world, &query, &mut browser).await).is_some());
        // Another client's name beside it makes it no request of that client.
        let query = format!("client_id=wiki&request={good}");
        let answer = asks(&world, &query, &mut browser).await;
        assert!(code_of(&answer).is_none(), "{answer:?}");
        // Inside of it the address is held to the client like any other.
        let away = json!({"redirect_uri": "https://evil.example/cb"});
        let away = signs(&forge.keys[0], &claims(&world, &away));
        let answer = asks(
            &world,
            &format!("{}&request={away}", request("forge")),
            &mut browser,
        )
        .await;
        assert!(
            matches!(answer, Answer::Refused { person: false, .. }),
            "{answer:?}"
        );
    }
}

/// A document can demand that requests be signed; pushed or not.
#[tokio::test]
async fn a_client_that_has_to_sign_is_answered_for_nothing_else() {
    for world in World::each("any-factor").await {
        let forge = Forge::in_force(&world, "    require: [signed]\n").await;
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let answer = asks(&world, &request("forge"), &mut browser).await;
        assert_eq!(error_of(&answer).as_deref(), Some("invalid_request"));
        let pushed = pushes(&world, &forge, &request("forge")).await;
        assert_eq!(pushed, Err("invalid_request".into()));
        let object = signs(&forge.keys[0], &claims(&world, &json!({})));
        let uri = pushes(&world, &forge, &format!("request={object}&scope=ignored"))
            .await
            .unwrap();
        let named = format!("client_id=forge&request_uri={uri}");
        assert!(code_of(&asks(&world, &named, &mut browser).await).is_some());
        let named = format!("client_id=forge&request={object}");
        assert!(code_of(&asks(&world, &named, &mut browser).await).is_some());
        let both = format!("client_id=forge&request={object}&request_uri={uri}");
        let answer = asks(&world, &both, &mut browser).await;
        assert!(
            matches!(answer, Answer::Refused { person: false, .. }),
            "{answer:?}"
        );
    }
}
