//! Claims that a client asks for by name (OpenID Connect Core §5.5), and what userinfo tells of them.

use app::{Answer, Ask, UserCall, UserTold};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use protocol::jose::jwt::{self, Audience, Expect, Life};
use protocol::jose::{Jwks, PublicKey, Typ};
use protocol::oauth::Object;
use rules::sign_on::Strength;
use serde_json::{Value, json};

use super::login::shown;
use super::provider::encoded;
use super::world::{
    Browser, PASSWORD, SIGN_ON, World, attempt, code_of, error_of, redeems, refreshes, request,
};

const FORM: &[u8] = b"application/x-www-form-urlencoded";

/// The company with a wiki that has a claim for a scope it may not ask for, and one of its own.
async fn in_force(world: &World, more: &str) {
    let claims = format!(
        "claims: {{email: person.email, name: person.given_name, level: '\"seven\"'}}\n{more}"
    );
    let parties = SIGN_ON.replacen("claims: {email: person.email}\n", &claims, 1);
    assert_ne!(parties, SIGN_ON);
    world.documents_with("any-factor", &parties).await;
}

/// The wiki's request with no scope but `openid`, asking for claims.
fn asking(claims: &Value) -> String {
    let plain = request("wiki").replace("openid%20email", "openid");
    format!("{plain}&claims={}", encoded(&claims.to_string()))
}

/// What comes of a request by somebody who is signed in.
async fn sends(world: &World, query: &str, browser: &mut Browser) -> Answer {
    let answer = world.nodes[0].authorize(query.as_bytes(), browser.asker());
    let answer = answer.await.unwrap();
    browser.keep(&answer);
    answer
}

async fn given(world: &World, claims: &Value, browser: &mut Browser) -> Object {
    let answer = sends(world, &asking(claims), browser).await;
    let code = code_of(&answer).unwrap_or_else(|| panic!("{answer:?}"));
    world.token(1, 0, &redeems(&code)).await.unwrap()
}

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn text<'o>(object: &'o Object, name: &str) -> &'o str {
    object[name].as_str().unwrap()
}

async fn told(world: &World, call: UserCall<'_>) -> UserTold {
    world.nodes[1].userinfo(call).await.unwrap()
}

/// What userinfo says of the bearer of a token.
async fn userinfo(world: &World, token: &str) -> Value {
    let header = format!("Bearer {token}");
    let call = UserCall {
        method: "GET",
        authorization: &[header.as_bytes()],
        proofs: &[],
        content_type: None,
        body: &[],
        door: app::Door::Open,
    };
    match told(world, call).await {
        UserTold::Claims(claims) => Value::Object(claims),
        other => panic!("{other:?}"),
    }
}

/// Where a claim is asked for, it is told, and nowhere else; and not for the name alone where the client may not
/// have the scope that it is for.
#[tokio::test]
async fn a_claim_is_told_where_it_was_asked_for() {
    for world in World::each("any-factor").await {
        in_force(&world, "").await;
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let plain = given(&world, &json!({}), &mut browser).await;
        let id_token = part(text(&plain, "id_token"), 1);
        assert!(id_token.get("level").is_none() && id_token.get("email").is_none());
        let said = userinfo(&world, text(&plain, "access_token")).await;
        assert_eq!(said, json!({"sub": id_token["sub"], "level": "seven"}));

        let wish = json!({
            "userinfo": {"email": {"essential": true}, "name": null, "salary": null},
            "id_token": {"level": null, "name": {"essential": true}, "sub": null, "auth_time": {"essential": true}},
        });
        let asked = given(&world, &wish, &mut browser).await;
        let id_token = part(text(&asked, "id_token"), 1);
        assert_eq!(id_token["level"], "seven");
        assert!(id_token["auth_time"].is_i64());
        for hidden in ["name", "email", "salary"] {
            assert!(id_token.get(hidden).is_none(), "{hidden}: {id_token}");
        }
        let said = userinfo(&world, text(&asked, "access_token")).await;
        let want = json!({"sub": id_token["sub"], "level": "seven", "email": "p1@acme.example"});
        assert_eq!(said, want);
        let again = refreshes(text(&asked, "refresh_token"));
        let again = world.token(0, 0, &again).await.unwrap();
        assert_eq!(part(text(&again, "id_token"), 1)["level"], "seven");
        // A document that takes the claim away takes it from what was asked for before.
        world.documents("any-factor").await;
        let later = refreshes(text(&again, "refresh_token"));
        let later = world.token(0, 0, &later).await.unwrap();
        assert!(part(text(&later, "id_token"), 1).get("level").is_none());
    }
}

/// A value that a client wants is compared, and told to nobody.
#[tokio::test]
async fn a_claim_that_is_wanted_otherwise_is_not_told() {
    for world in World::each("any-factor").await {
        in_force(&world, "").await;
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        for (wish, is_told) in [
            (json!({"value": "p1@acme.example"}), true),
            (json!({"values": ["x", "p1@acme.example"]}), true),
            (json!({"value": "somebody@else.example"}), false),
            (json!({"essential": true, "values": [1, true]}), false),
        ] {
            let asked = json!({"userinfo": {"email": wish}, "id_token": {"email": wish}});
            let given = given(&world, &asked, &mut browser).await;
            let said = userinfo(&world, text(&given, "access_token")).await;
            assert_eq!(said.get("email").is_some(), is_told, "{asked}");
            let id_token = part(text(&given, "id_token"), 1);
            assert_eq!(id_token.get("email").is_some(), is_told, "{asked}");
        }
        let sessions = world.nodes[0].sessions_told("w001", false).await.unwrap();
        let session = sessions[0].row.id;
        let kept = world
            .store
            .authorizations_in(session, None, 100)
            .await
            .unwrap();
        assert_eq!(kept.len(), 4);
        assert!(!format!("{kept:?}").contains("else.example"), "{kept:?}");
    }
}

/// A class of logins that is essential has to be reached, and is told by the name that was asked for.
#[tokio::test]
async fn a_class_that_is_demanded_is_reached_or_refused() {
    let class = |values: Value| json!({"id_token": {"acr": {"essential": true, "values": values}}});
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let either = asking(&class(json!(["phr", "multi-factor"])));
        let quiet = format!("{}&prompt=none", asking(&class(json!(["phr"]))));
        let answer = sends(&world, &quiet, &mut browser).await;
        assert_eq!(error_of(&answer).as_deref(), Some("interaction_required"));
        for unknown in [json!(["phrh", "urn:mace:incommon:iap:silver"]), json!([1])] {
            let answer = sends(&world, &asking(&class(unknown)), &mut browser).await;
            let error = error_of(&answer);
            assert_eq!(error.as_deref(), Some("unmet_authentication_requirements"));
        }
        let given = given(&world, &class(json!(["any-factor", "phrh"])), &mut browser).await;
        assert_eq!(part(text(&given, "id_token"), 1)["acr"], "any-factor");

        // Nobody is led to a page on which they have nothing to type.
        let answer = sends(&world, &either, &mut browser).await;
        let unmet = Some("unmet_authentication_requirements");
        assert_eq!(error_of(&answer).as_deref(), unmet);
        let typed = types_in(&world, &either).await;
        assert_eq!(error_of(&typed.1).as_deref(), unmet);
        assert!(typed.0.session.is_none(), "nothing came of it");

        let printed = sets_codes_up(&world, &browser).await;
        let mut other = types_in(&world, &either).await;
        assert!(asks_more(&other.1), "{:?}", other.1);
        let sent = world.nodes[1].send_code(attempt(&other.1), &printed, other.0.asker());
        let answer = sent.await.unwrap();
        let code = code_of(&answer).unwrap_or_else(|| panic!("{answer:?}"));
        other.0.keep(&answer);
        let given = world.token(0, 0, &redeems(&code)).await.unwrap();
        assert_eq!(part(text(&given, "id_token"), 1)["acr"], "multi-factor");
        let strong = asking(&class(json!(["phr"])));
        let answer = sends(&world, &strong, &mut other.0).await;
        assert_eq!(error_of(&answer).as_deref(), unmet, "codes can be phished");
    }
}

/// What is liked and not demanded (`acr_values`, §3.1.2.1) is asked of whoever can prove it, where a page may be
/// shown; whoever cannot is let in and told as what they are.
#[tokio::test]
async fn a_class_that_is_liked_is_asked_for_where_it_can_be_reached() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let likes = |classes: &str| format!("{}&acr_values={classes}", request("wiki"));
        for classes in [
            "multi-factor",
            "phr%20multi-factor",
            "phr",
            "nobody%3Aknows",
        ] {
            let given = sends_for(&world, &likes(classes), &mut browser).await;
            assert_eq!(
                part(text(&given, "id_token"), 1)["acr"],
                "any-factor",
                "{classes}"
            );
        }
        let printed = sets_codes_up(&world, &browser).await;
        let mut other = types_in(&world, &likes("phr%20multi-factor")).await;
        assert!(asks_more(&other.1), "{:?}", other.1);
        // What nobody asks for, they are not asked for, and what they have not got either.
        for classes in ["any-factor%20phr", "phr", "nobody%3Aknows"] {
            let typed = types_in(&world, &likes(classes)).await;
            assert!(code_of(&typed.1).is_some(), "{classes}: {:?}", typed.1);
        }
        let quiet = format!("{}&prompt=none", likes("multi-factor"));
        let mut weak = types_in(&world, &likes("any-factor")).await.0;
        let given = sends_for(&world, &quiet, &mut weak).await;
        assert_eq!(part(text(&given, "id_token"), 1)["acr"], "any-factor");
        let sent = world.nodes[1].send_code(attempt(&other.1), &printed, other.0.asker());
        let answer = sent.await.unwrap();
        other.0.keep(&answer);
        let given = sends_for(&world, &likes("multi-factor"), &mut other.0).await;
        assert_eq!(part(text(&given, "id_token"), 1)["acr"], "multi-factor");
    }
}

/// What is given for a request by somebody who is signed in.
async fn sends_for(world: &World, query: &str, browser: &mut Browser) -> Object {
    let answer = sends(world, query, browser).await;
    let code = code_of(&answer).unwrap_or_else(|| panic!("{answer:?}"));
    world.token(1, 0, &redeems(&code)).await.unwrap()
}

/// Ana's password, in a browser in which nobody is signed in.
async fn types_in(world: &World, query: &str) -> (Browser, Answer) {
    let mut browser = world.browser();
    let page = sends(world, query, &mut browser).await;
    let (node, password) = (&world.nodes[1], model::Secret::new(PASSWORD));
    let sent = node.send_password(
        attempt(&page),
        "p1@acme.example",
        &password,
        browser.asker(),
    );
    let answer = sent.await.unwrap();
    browser.keep(&answer);
    (browser, answer)
}

fn asks_more(answer: &Answer) -> bool {
    let more = Ask::More(Strength::MultiFactor);
    matches!(answer, Answer::Ask { ask, .. } if *ask == more)
}

/// Gives whoever is signed in one-time codes; a code on paper.
pub async fn sets_codes_up(world: &World, browser: &Browser) -> String {
    let app = &world.nodes[0];
    let page = app.factors(browser.asker(), None).await.unwrap().unwrap();
    let secret = page.codes.secret.expose().replace(' ', "");
    let code = shown(&secret, app.now().as_micros() / 1_000_000);
    let kept = app.set_codes_up(&page.codes.sealed, &code, browser.asker());
    let kept = kept.await.unwrap().unwrap();
    kept.printed[0].expose().to_owned()
}

/// A request about one person is not answered with another one, whoever is signed in or signs in.
#[tokio::test]
async fn a_request_about_one_person_tells_of_no_other() {
    for world in World::each("any-factor").await {
        let mut ana = world.enrolled("w001", "p1@acme.example").await;
        world.enrolled("w002", "p2@acme.example").await;
        let first = given(&world, &json!({}), &mut ana).await;
        let sub = part(text(&first, "id_token"), 1)["sub"].clone();
        let about = |place: &str, sub: &Value| asking(&json!({place: {"sub": {"value": sub}}}));
        for place in ["id_token", "userinfo"] {
            let answer = sends(&world, &about(place, &sub), &mut ana).await;
            assert!(code_of(&answer).is_some(), "{answer:?}");
            let answer = sends(&world, &about(place, &"sub_other".into()), &mut ana).await;
            assert_eq!(error_of(&answer).as_deref(), Some("login_required"));
        }
        for (name, is_in) in [("p2@acme.example", false), ("p1@acme.example", true)] {
            let mut browser = world.browser();
            let page = sends(&world, &about("id_token", &sub), &mut browser).await;
            let password = model::Secret::new(PASSWORD);
            let node = &world.nodes[1];
            let answer = node.send_password(attempt(&page), name, &password, browser.asker());
            let answer = answer.await.unwrap();
            browser.keep(&answer);
            assert_eq!(code_of(&answer).is_some(), is_in, "{answer:?}");
            assert_eq!(browser.session.is_some(), is_in, "{name}");
            let error = error_of(&answer);
            assert_eq!(error.as_deref(), (!is_in).then_some("login_required"));
        }
    }
}

/// A token may stand in a form (RFC 6750 §2.2), where there is a form and it is the only one.
#[tokio::test]
async fn a_token_in_a_form_counts_as_one_in_the_header() {
    for world in World::each("any-factor").await {
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let given = given(&world, &json!({}), &mut browser).await;
        let (header, form) = (
            format!("Bearer {}", text(&given, "access_token")),
            format!("access_token={}", text(&given, "access_token")),
        );
        let twice = format!("{form}&{form}");
        let call = |method, header: bool, media, body| (method, header, media, body);
        for (call, status) in [
            (call("POST", false, Some(FORM), &*form), 200),
            (call("POST", true, Some(FORM), ""), 200),
            (call("POST", true, Some(&b"text/plain"[..]), &*form), 200),
            (call("POST", true, Some(FORM), &*form), 400),
            (call("POST", false, Some(FORM), &*twice), 400),
            (call("GET", false, Some(FORM), &*form), 401),
            (
                call("POST", false, Some(&b"application/json"[..]), &*form),
                401,
            ),
            (call("POST", false, None, &*form), 401),
            (call("POST", false, Some(FORM), "access_token=tnm_x.y"), 401),
        ] {
            let (method, with_header, content_type, body) = call;
            let headers = [header.as_bytes()];
            let call = UserCall {
                method,
                authorization: if with_header { &headers } else { &[] },
                proofs: &[],
                content_type,
                body: body.as_bytes(),
                door: app::Door::Open,
            };
            let came = match told(&world, call).await {
                UserTold::Claims(_) | UserTold::Signed(_) => 200,
                UserTold::Refused(status, _) => status,
            };
            assert_eq!(came, status, "{method} {with_header} {content_type:?}");
        }
    }
}

/// O19: an answer that is signed says to whom, is verified by a published key, and is no other token.
#[tokio::test]
async fn o19_a_signed_answer_of_userinfo_is_no_other_token() {
    for world in World::each("any-factor").await {
        in_force(&world, "    userinfo_alg: PS256\n").await;
        let mut browser = world.enrolled("w001", "p1@acme.example").await;
        let given = given(&world, &json!({}), &mut browser).await;
        let header = format!("Bearer {}", text(&given, "access_token"));
        let call = UserCall {
            method: "GET",
            authorization: &[header.as_bytes()],
            proofs: &[],
            content_type: None,
            body: &[],
            door: app::Door::Open,
        };
        let UserTold::Signed(token) = told(&world, call).await else {
            panic!("it is not signed")
        };
        let token = token.expose();
        let header = part(token, 0);
        assert_eq!(
            (&header["alg"], &header["typ"]),
            (&"PS256".into(), &"userinfo+jwt".into())
        );
        let keys = world.nodes[0].jwks().await.unwrap();
        let keys: serde_json::Value = serde_json::from_str(&keys).unwrap();
        let keys = keys["keys"].as_array().unwrap().iter();
        let keys = keys.map(|key| PublicKey::from_jwk(key.to_string().as_bytes(), None).unwrap());
        let expect = Expect {
            typ: Typ::Is("userinfo+jwt"),
            issuer: Some("https://id.acme.example"),
            audience: Audience::Only("wiki"),
            life: Life::Hints,
            required: &["sub", "iss", "aud"],
            now: world.nodes[0].now(),
            leeway_s: 0,
        };
        let keys = Jwks::new(keys.collect()).unwrap();
        let claims = jwt::verify(token, &keys, &expect).unwrap();
        assert_eq!(claims.rest["level"], "seven");
        assert_eq!(
            claims.sub.as_deref(),
            part(text(&given, "id_token"), 1)["sub"].as_str()
        );
        assert!(!world.counts(0, token).await);
        let hinted = format!("{}&id_token_hint={token}", request("wiki"));
        let answer = sends(&world, &hinted, &mut browser).await;
        assert_eq!(error_of(&answer).as_deref(), Some("login_required"));
        let hinted = format!(
            "{}&id_token_hint={}",
            request("wiki"),
            text(&given, "id_token")
        );
        assert!(code_of(&sends(&world, &hinted, &mut browser).await).is_some());
    }
}
