//! Laws of authorization requests: what is sent is what is read, and what is refused is refused by its name.

use proptest::prelude::*;
use protocol::oauth::authorize::Sender;
use protocol::oauth::params::encode;
use protocol::oauth::{
    CodeChallenge, ErrorCode, GrantType, Params, RegisteredRedirect, Response, ResponseMode, Scopes,
};

use crate::oauth_client::{CHALLENGE, Client, issuer, query, replied};

#[test]
fn a_request_is_read() {
    let sent = query(&[
        ("scope", "openid profile salary"),
        ("response_mode", "form_post"),
        ("nonce", "n é"),
        ("prompt", "login consent"),
        ("max_age", "0"),
        ("login_hint", "ann@acme.example"),
        ("id_token_hint", "a.b.c"),
        ("acr_values", "phrh phr"),
        ("claims", r#"{"id_token":{"auth_time":{"essential":true}}}"#),
        ("ui_locales", "de-CH en"),
        ("resource", "https://api.example"),
        ("display", "popup"),
        ("unknown", "x"),
    ]);
    let params = Params::query(sent.as_bytes()).unwrap();
    let sender = Sender::read(&params).unwrap();
    assert_eq!(sender.client_id, "app");
    let request = Client::web().parse(&sent).unwrap();
    assert_eq!(request.client_id, "app");
    assert_eq!(request.reply_to.redirect_uri(), sender.redirect_uri);
    assert_eq!(request.reply_to.mode(), ResponseMode::FormPost);
    assert_eq!(request.scopes, Scopes::parse("openid profile").unwrap());
    assert!(request.is_openid() && request.is_narrowed);
    assert_eq!(request.challenge, CodeChallenge::parse(CHALLENGE).ok());
    assert_eq!(request.nonce.as_deref(), Some("n é"));
    assert!(request.prompt.login && request.prompt.consent && !request.prompt.none);
    assert_eq!(request.max_age_s, Some(0));
    let hint = request.login_hint.as_ref().and_then(|hint| hint.known());
    assert_eq!(hint.map(String::as_str), Some("ann@acme.example"));
    assert_eq!(request.id_token_hint.as_ref().unwrap().expose(), "a.b.c");
    assert_eq!(request.acr_values, ["phrh", "phr"]);
    assert!(request.claims.id_token["auth_time"].essential);
    assert_eq!(request.ui_locales, ["de-CH", "en"]);
    assert_eq!(request.resources[0].as_str(), "https://api.example");
    let printed = format!("{request:?}");
    for kept in ["ann@", "a.b.c", "n é", CHALLENGE] {
        assert!(!printed.contains(kept), "{printed}");
    }
}

#[test]
fn a_request_that_says_little_is_read() {
    let request = Client::web().parse(&query(&[("state", "")])).unwrap();
    assert_eq!(request.reply_to.mode(), ResponseMode::Query);
    assert!(!request.is_narrowed && request.nonce.is_none() && request.max_age_s.is_none());
    let plain = Client::web().parse(&query(&[("scope", "email")])).unwrap();
    assert!(!plain.is_openid());
}

/// Attack rows beside: every refusal has the code of its RFC.
#[test]
fn each_refusal_has_its_code() {
    let client = Client::web();
    let invalid = ErrorCode::InvalidRequest;
    for (name, value, code) in [
        ("response_type", "", invalid),
        ("response_type", "token", ErrorCode::UnsupportedResponseType),
        (
            "response_type",
            "code id_token",
            ErrorCode::UnsupportedResponseType,
        ),
        ("response_type", "Code", ErrorCode::UnsupportedResponseType),
        ("response_mode", "fragment", invalid),
        ("response_mode", "web_message", invalid),
        ("prompt", "none login", invalid),
        ("prompt", "none consent select_account", invalid),
        ("prompt", "create", invalid),
        ("max_age", "-1", invalid),
        ("max_age", "+1", invalid),
        ("max_age", "1.5", invalid),
        ("max_age", "1e3", invalid),
        ("max_age", "4294967296", invalid),
        ("max_age", "99999999999999999999", invalid),
        ("scope", "", ErrorCode::InvalidScope),
        ("scope", "salary", ErrorCode::InvalidScope),
        ("scope", "openid  profile", ErrorCode::InvalidScope),
        ("scope", "openid \"", ErrorCode::InvalidScope),
        ("state", "a\u{1}", invalid),
        ("state", "é", invalid),
        ("nonce", "a\nb", invalid),
        ("login_hint", "a\rb", invalid),
        ("acr_values", "a  b", invalid),
        ("ui_locales", " de", invalid),
        ("claims", "{", invalid),
        ("claims", r#"{"userinfo":{"email":true}}"#, invalid),
        ("resource", "api", ErrorCode::InvalidTarget),
        (
            "resource",
            "https://api.example/#a",
            ErrorCode::InvalidTarget,
        ),
    ] {
        let (got, blamed) = replied(&client, &query(&[(name, value)]));
        assert_eq!((got, blamed), (code, Some(name)), "{value:?}");
    }
    let nine = (0..9)
        .map(|n| format!("&resource=urn%3A{n}"))
        .collect::<String>();
    let (code, _) = replied(&client, &(query(&[]) + &nine));
    assert_eq!(code, ErrorCode::InvalidTarget);
    let mut machine = Client::web();
    machine.grants = vec![GrantType::ClientCredentials];
    assert_eq!(
        replied(&machine, &query(&[])).0,
        ErrorCode::UnauthorizedClient
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_encoded_is_read(pairs in proptest::collection::btree_map(".{1,20}", ".{1,40}", 0..20)) {
        let text = encode(&pairs);
        let params = Params::query(text.as_bytes()).unwrap();
        prop_assert!(params.once().is_ok());
        // `get` takes names that are known, so it is the printed form that is compared.
        let names = format!("Params{:?}", pairs.keys().collect::<Vec<_>>());
        prop_assert_eq!(format!("{params:?}"), names);
    }

    #[test]
    fn a_value_is_read_as_it_was_meant(value in ".{1,200}") {
        let text = encode([("value", &value)]);
        let params = Params::query(text.as_bytes()).unwrap();
        prop_assert_eq!(params.get("value"), Ok(Some(value.as_str())));
    }

    #[test]
    fn a_state_comes_back(state in "[ -~]{1,1024}") {
        let client = Client::web();
        for mode in ["query", "form_post"] {
            let sent = query(&[("state", &state), ("response_mode", mode)]);
            let to = client.parse(&sent).unwrap().reply_to;
            let got = match to.code(&issuer(), &model::Secret::new("c")) {
                Response::Redirect { location } => {
                    let (_, query) = location.split_once('?').unwrap();
                    let params = Params::query(query.as_bytes()).unwrap();
                    params.get("state").unwrap().map(str::to_owned)
                }
                Response::FormPost { fields, .. } => {
                    let found = fields.into_iter().find(|(name, _)| *name == "state");
                    found.map(|(_, value)| value)
                }
            };
            prop_assert_eq!(got.as_deref(), Some(state.as_str()));
        }
    }

    #[test]
    fn scopes_are_read_as_they_are_written(names in proptest::collection::btree_set("[!#-\\[\\]-~]{1,30}", 1..40)) {
        let text = names.into_iter().collect::<Vec<_>>().join(" ");
        let scopes = Scopes::parse(&text).unwrap();
        prop_assert_eq!(Scopes::parse(&scopes.to_string()), Ok(scopes));
    }

    #[test]
    fn a_challenge_is_read_as_it_is_written(bytes in any::<[u8; 32]>(), verifier in "[A-Za-z0-9._~-]{43,128}") {
        use base64::Engine as _;
        let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        let challenge = CodeChallenge::parse(&text).unwrap();
        prop_assert_eq!(challenge.to_string(), text);
        // Of other bytes than the hash.
        prop_assert!(CodeChallenge::check(Some(&challenge), Some(&verifier)).is_err());
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
        let text = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash);
        let challenge = CodeChallenge::parse(&text).unwrap();
        prop_assert_eq!(CodeChallenge::check(Some(&challenge), Some(&verifier)), Ok(()));
    }

    /// Whatever is registered is allowed, is where a browser goes, and allows nothing of another host.
    #[test]
    fn what_is_registered_has_one_spelling(text in "(https|http|com\\.a|javascript):/{0,3}[a-z0-9.@:\\[\\]*%\\\\]{0,20}[/a-z.%?#=]{0,20}") {
        use protocol::oauth::ApplicationType::Native;
        if let Ok(registered) = RegisteredRedirect::new(&text, Native) {
            prop_assert!(registered.allows(&text));
            let url = url::Url::parse(&text).unwrap();
            let slashed = format!("{text}/");
            prop_assert!([&text, &slashed].iter().any(|one| *one == url.as_str()));
            prop_assert_eq!(url.host_str().map(str::to_owned), registered.host());
        }
    }

    /// What a native client is allowed beside the registered URI differs by the port alone, and is on
    /// the same host for a browser as well.
    #[test]
    fn what_is_allowed_on_loopback_is_on_loopback(port in "[:0-9@.a-z\\\\/]{0,8}", path in "[/?a-z.@#\\\\]{0,8}") {
        use protocol::oauth::ApplicationType::Native;
        let registered = RegisteredRedirect::new("http://127.0.0.1/cb", Native).unwrap();
        for behind in [&path, "/cb"] {
            let asked = format!("http://127.0.0.1{port}{behind}");
            if registered.allows(&asked) {
                let url = url::Url::parse(&asked).unwrap();
                prop_assert_eq!(url.host_str(), Some("127.0.0.1"));
                prop_assert_eq!((url.path(), url.query(), url.username()), ("/cb", None, ""));
            }
        }
    }
}
