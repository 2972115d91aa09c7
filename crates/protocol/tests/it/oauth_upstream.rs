//! The other side: what another provider says of itself, of what came back, and of a person.

use model::{Secret, Timestamp};
use protocol::jose::{Algorithm, Jwks, SigningKey, jwt};
use protocol::oauth::upstream::{
    Ask, Back, Expected, IdToken, Provider, Stayed, challenge_of, configuration_url, exchanged,
};
use serde_json::{Map, Value, json};

const ISSUER: &str = "https://op.example/tenant";

fn metadata() -> Map<String, Value> {
    let value = json!({
        "issuer": ISSUER,
        "authorization_endpoint": "https://op.example/authorize?flow=1",
        "token_endpoint": "https://tokens.op.example/token",
        "jwks_uri": "https://op.example/keys",
        "userinfo_endpoint": null,
        "response_types_supported": ["code", "id_token"],
    });
    value.as_object().unwrap().clone()
}

fn read(change: impl FnOnce(&mut Map<String, Value>)) -> Result<Provider, String> {
    let mut metadata = metadata();
    change(&mut metadata);
    let bytes = Value::Object(metadata).to_string();
    Provider::read(bytes.as_bytes(), ISSUER).map_err(|refused| refused.to_string())
}

#[test]
fn metadata_are_found_and_read() {
    let found = "https://op.example/tenant/.well-known/openid-configuration";
    assert_eq!(configuration_url(ISSUER), found);
    assert_eq!(configuration_url("https://op.example/tenant/"), found);
    let provider = read(|_| {}).unwrap();
    assert_eq!(provider.token.as_str(), "https://tokens.op.example/token");
    assert!(!provider.names_itself && provider.userinfo.is_none());
    let name = "authorization_response_iss_parameter_supported";
    assert!(
        read(|m| drop(m.insert(name.to_owned(), true.into())))
            .unwrap()
            .names_itself
    );
}

/// O5: metadata of another issuer, or that send us elsewhere than to who is meant, are refused.
#[test]
fn o5_what_a_provider_says_of_itself_is_held_to_its_issuer() {
    let put = |name: &'static str, value: Value| {
        move |m: &mut Map<String, Value>| drop(m.insert(name.to_owned(), value))
    };
    for (name, value, part) in [
        (
            "issuer",
            json!("https://op.example/tenant/"),
            "another issuer",
        ),
        ("issuer", json!("https://op.example"), "another issuer"),
        ("issuer", json!([ISSUER]), "another issuer"),
        (
            "token_endpoint",
            json!("http://tokens.op.example/token"),
            "no address",
        ),
        ("token_endpoint", json!("/token"), "no address"),
        (
            "token_endpoint",
            json!("https://a@op.example/token"),
            "no address",
        ),
        (
            "token_endpoint",
            json!("https://op.example/token#x"),
            "no address",
        ),
        ("token_endpoint", json!("javascript:alert(1)"), "no address"),
        (
            "authorization_endpoint",
            json!("data:text/html,x"),
            "no address",
        ),
        ("authorization_endpoint", Value::Null, "no address"),
        ("jwks_uri", json!(7), "no address"),
        (
            "jwks_uri",
            json!("https://op.example/".repeat(200)),
            "no address",
        ),
        (
            "userinfo_endpoint",
            json!("http://op.example/u"),
            "no address",
        ),
        (
            "response_types_supported",
            json!(["id_token"]),
            "without `code`",
        ),
        ("response_types_supported", Value::Null, "without `code`"),
        (
            "code_challenge_methods_supported",
            json!(["plain"]),
            "without `S256`",
        ),
        (
            "authorization_response_iss_parameter_supported",
            json!("false"),
            "neither true nor false",
        ),
    ] {
        let refused = read(put(name, value.clone())).unwrap_err();
        assert!(refused.contains(part), "{name} {value}: {refused}");
        assert!(
            !refused.contains("op.example"),
            "nothing is repeated: {refused}"
        );
    }
}

#[test]
fn o5_what_is_no_metadata_of_a_provider_is_refused() {
    for bytes in ["", "[]", "{", r#"{"issuer":"a","issuer":"b"}"#] {
        assert!(Provider::read(bytes.as_bytes(), ISSUER).is_err(), "{bytes}");
    }
    let long = format!("{{\"x\":\"{}\"}}", "a".repeat(300 << 10));
    assert!(Provider::read(long.as_bytes(), ISSUER).is_err());
}

#[test]
fn a_browser_takes_along_what_is_held_to_later() {
    let provider = read(|_| {}).unwrap();
    let ask = Ask {
        client_id: "us",
        redirect_uri: "https://id.acme.example/sign-in/from/op",
        scope: "openid email",
        state: "s t&te",
        nonce: "n",
        challenge: &challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"),
        anew: true,
        max_age_s: 0,
    };
    assert_eq!(
        ask.location(&provider),
        "https://op.example/authorize?flow=1&response_type=code&response_mode=query&client_id=us\
         &redirect_uri=https%3A%2F%2Fid.acme.example%2Fsign-in%2Ffrom%2Fop&scope=openid+email\
         &state=s+t%26te&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
         &code_challenge_method=S256&max_age=0&prompt=login"
    );
}

#[test]
fn what_comes_back_is_one_thing_or_nothing() {
    let provider = read(|_| {}).unwrap();
    let code = |query: &str| {
        let back = Back::read(query.as_bytes()).ok()?;
        let code = back.code(&provider, ISSUER).ok()?;
        Some(code.map(|code| code.expose().to_owned()))
    };
    assert_eq!(code("state=s&code=c"), Some(Ok("c".to_owned())));
    let iss = "iss=https%3A%2F%2Fop.example%2Ftenant";
    assert_eq!(
        code(&format!("{iss}&state=s&code=c&x=1")),
        Some(Ok("c".to_owned()))
    );
    assert_eq!(
        code("state=s&error=access_denied"),
        Some(Err(Stayed::Denied))
    );
    assert_eq!(
        code("state=s&error=server_error"),
        Some(Err(Stayed::Failed))
    );
    for wrong in [
        "",
        "state=s",
        "code=c",
        "state=&code=c",
        "state=s&code=",
        "state=s&code=c&error=x",
        "state=s&code=c&code=c",
        "state=s&state=s&code=c",
        "state=s&code=c&x=1&x=2",
        "state=s&code=c&iss=https%3A%2F%2Fevil.example",
        "state=s&code=%zz",
        "state=s&code=c%0d",
    ] {
        assert_eq!(code(wrong), None, "{wrong}");
    }
    assert_eq!(code(&format!("state={}&code=c", "s".repeat(129))), None);
    // One that always says who it is has said nothing: it is not this one that answers.
    let mut named = provider.clone();
    named.names_itself = true;
    let back = Back::read(b"state=s&code=c").unwrap();
    assert!(back.code(&named, ISSUER).is_err());
    assert!(!format!("{back:?}").contains("\"c\""));
}

#[test]
fn an_answer_without_an_id_token_is_none() {
    let given = |body: &str| exchanged(200, body.as_bytes());
    let good = given(r#"{"token_type":"bearer","access_token":"a","id_token":"t"}"#).unwrap();
    assert_eq!(good.id_token.expose(), "t");
    assert_eq!(good.access_token.unwrap().expose(), "a");
    let bound = given(r#"{"token_type":"DPoP","access_token":"a","id_token":"t"}"#).unwrap();
    assert!(bound.access_token.is_none());
    for wrong in [
        "",
        "[]",
        "{}",
        r#"{"id_token":7}"#,
        r#"{"id_token":"t","id_token":"u"}"#,
    ] {
        assert!(given(wrong).is_err(), "{wrong}");
    }
    let refused = exchanged(400, br#"{"error":"hunter2"}"#)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("400") && !refused.contains("hunter2"),
        "{refused}"
    );
}

#[test]
fn an_id_token_says_who_when_and_how() {
    let (key, _) = SigningKey::generate(Algorithm::Es256).unwrap();
    let keys = json!({"keys": [key.public().to_jwk()]}).to_string();
    let keys = Jwks::parse(keys.as_bytes(), Some(Algorithm::Es256)).unwrap();
    let now = Timestamp::from_micros(1_795_422_600_000_000);
    let seconds = 1_795_422_600;
    let claims = json!({
        "iss": ISSUER, "sub": "u1", "aud": ["us"], "nonce": "n", "exp": seconds + 60,
        "iat": seconds, "auth_time": seconds - 100, "amr": ["pwd"], "acr": "1", "number": 7,
        "email_verified": true,
    });
    let expected = Expected {
        issuer: ISSUER,
        client_id: "us",
        nonce: "n",
        since: Some(Timestamp::from_micros((seconds - 200) * 1_000_000)),
        now,
    };
    let token = jwt::sign(&key, "JWT", claims.as_object().unwrap()).unwrap();
    let mut read = IdToken::verify(&Secret::new(token), &keys, &expected).unwrap();
    assert_eq!((read.sub.as_str(), read.acr.as_deref()), ("u1", Some("1")));
    assert_eq!(read.auth_time.as_micros(), (seconds - 100) * 1_000_000);
    assert!(read.amr.contains("pwd") && !read.doubts_email());
    assert_eq!(read.says("number").as_deref(), Some("7"));
    assert_eq!(read.says("sub").as_deref(), Some("u1"));
    assert_eq!((read.says("email"), read.says("amr")), (None, None));
    assert!(read.adds(br#"{"sub":"u2","email":"a@b.example"}"#).is_err());
    assert!(read.adds(br#"{"email":"a@b.example"}"#).is_err());
    let told = br#"{"sub":"u1","email":"a@b.example","number":8,"email_verified":false}"#;
    read.adds(told).unwrap();
    assert_eq!(read.says("email").as_deref(), Some("a@b.example"));
    assert_eq!(
        read.says("number").as_deref(),
        Some("7"),
        "what is signed counts more"
    );
    assert!(read.doubts_email());
    // The same token for a sign-in that began later.
    let later = Expected {
        since: Some(now),
        ..expected
    };
    let token = jwt::sign(&key, "JWT", claims.as_object().unwrap()).unwrap();
    assert!(IdToken::verify(&Secret::new(token), &keys, &later).is_err());
}
