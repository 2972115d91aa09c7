//! The readers of what clients send take any bytes and never panic, and hold what they read to its bounds.

use proptest::prelude::*;
use protocol::oauth::authorize::{ClaimsRequest, Prompt, Refusal, Sender};
use protocol::oauth::introspect::IntrospectionRequest;
use protocol::oauth::logout::LogoutRequest;
use protocol::oauth::params::encode;
use protocol::oauth::pushed::{Reference, accepted};
use protocol::oauth::revoke::RevocationRequest;
use protocol::oauth::{
    ApplicationType, AuthorizationRequest, ClientAuth, CodeChallenge, Issuer, Params,
    RegisteredRedirect, Resource, Response, Scopes, TokenRequest, bearer, dpop,
};

use crate::oauth_client::{Client, issuer, well_told};
use crate::scim_parsers::{Dice, Parser, rounds, spoil};

pub const PARSERS: [(&str, Parser); 6] = [
    ("authorization request", |bytes| {
        let Ok(params) = Params::query(bytes).inspect_err(well_told) else {
            return;
        };
        let uris = ["http://127.0.0.1/cb", "https://app.example/cb"];
        let client = Client::with(&uris, ApplicationType::Native);
        drop(Reference::read(&params).inspect_err(well_told));
        if let Ok((_, kept)) = accepted(&params, &client.view()).inspect_err(well_told) {
            let kept = Params::query(kept.as_bytes()).expect("what was kept is read");
            assert!(AuthorizationRequest::parse(&kept, &client.view()).is_ok());
        }
        let read = AuthorizationRequest::parse(&params, &client.view());
        let to = match &read {
            Ok(request) => &request.reply_to,
            Err(Refusal::Shown(error)) => return well_told(error),
            Err(Refusal::Replied { to, error }) => {
                well_told(error);
                to
            }
        };
        // Whoever is answered is answered where they registered, and the answer can be read.
        let sender = Sender::read(&params).expect("it was read before");
        assert_eq!(
            (sender.client_id, sender.redirect_uri),
            ("app", to.redirect_uri())
        );
        let loopback = to.redirect_uri().starts_with("http://127.0.0.1");
        assert!(loopback || to.redirect_uri() == uris[1]);
        if let Response::Redirect { location } = to.code(&issuer(), &model::Secret::new("c")) {
            let (uri, query) = location.split_once('?').expect("it has a query");
            assert_eq!(uri, to.redirect_uri());
            let answer = Params::query(query.as_bytes()).expect("what was written is read");
            assert_eq!(answer.get("iss"), Ok(Some("https://id.example")));
            assert_eq!(answer.get("code"), Ok(Some("c")));
        }
    }),
    ("token request", |bytes| {
        let kind = Some(&b"application/x-www-form-urlencoded"[..]);
        let Ok(params) = Params::body(kind, bytes) else {
            return;
        };
        drop(TokenRequest::parse(&params).inspect_err(well_told));
        drop(IntrospectionRequest::parse(&params).inspect_err(well_told));
        drop(RevocationRequest::parse(&params).inspect_err(well_told));
        for headers in [&[][..], &[bytes]] {
            if let Err(refusal) = ClientAuth::extract(headers, &params) {
                well_told(&refusal.error);
            }
        }
    }),
    ("logout request", |bytes| {
        let Ok(params) = Params::query(bytes) else {
            return;
        };
        let Ok(request) = LogoutRequest::parse(&params).inspect_err(well_told) else {
            return;
        };
        let uri = "https://app.example/bye?x";
        let registered = RegisteredRedirect::new(uri, ApplicationType::Web).expect("right");
        if let Ok(Some(location)) = request.location(&[registered]) {
            assert!(location.starts_with(uri));
        }
    }),
    ("header", |bytes| {
        let mut bearing = b"Bearer ".to_vec();
        bearing.extend_from_slice(bytes);
        let token = bearer::token(&[&bearing]).inspect_err(well_told);
        if let Ok(Some((token, _))) = token {
            assert_eq!(token.expose().as_bytes(), bytes);
        }
        drop(bearer::token(&[bytes]));
        let request = dpop::Request {
            method: "POST",
            url: "https://id.example/token",
            token: None,
            algorithms: &dpop::ALGORITHMS,
            now: model::Timestamp::from_micros(0),
        };
        drop(dpop::Proof::read(&[bytes], &request).inspect_err(well_told));
        let mut basic = b"Basic ".to_vec();
        basic.extend_from_slice(bytes);
        drop(ClientAuth::extract(&[&basic], &Params::default()));
        drop(Params::body(Some(bytes), b"a=1"));
    }),
    ("values", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        drop(ClaimsRequest::parse(&text).inspect_err(well_told));
        drop(Prompt::parse(&text).inspect_err(well_told));
        drop(Resource::new(&text).inspect_err(well_told));
        drop(CodeChallenge::parse(&text).inspect_err(well_told));
        let challenge = CodeChallenge::parse(crate::oauth_client::CHALLENGE).ok();
        let held = CodeChallenge::check(challenge.as_ref(), Some(&text));
        assert_eq!(held.is_ok(), text == crate::oauth_client::VERIFIER);
        if let Ok(scopes) = Scopes::parse(&text).inspect_err(well_told) {
            assert_eq!(Scopes::parse(&scopes.to_string()), Ok(scopes));
        }
    }),
    ("registration", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        for application in [ApplicationType::Web, ApplicationType::Native] {
            if let Ok(redirect) = RegisteredRedirect::new(&text, application) {
                assert!(redirect.allows(&text) && !text.contains(['#', '@', '*', '\\']));
            }
        }
        if let Ok(issuer) = Issuer::new(&text) {
            let paths = [
                issuer.openid_configuration_path(),
                issuer.oauth_metadata_path(),
            ];
            assert!(paths.iter().all(|path| path.starts_with('/')), "{text}");
        }
    }),
];

const CORPUS: [&str; 10] = [
    "client_id=app&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&response_type=code&scope=openid+profile&state=s&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&nonce=n&prompt=login&max_age=10",
    "client_id=app&redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fcb&response_type=code&response_mode=form_post&scope=openid&claims=%7B%22userinfo%22%3A%7B%22email%22%3Anull%7D%7D&resource=urn%3Aa&resource=urn%3Ab&acr_values=phr+phrh&ui_locales=de",
    "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&client_id=app&client_secret=s",
    "grant_type=refresh_token&refresh_token=r&scope=a+b&client_assertion=a.b.c&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer",
    "token=t&token_type_hint=access_token",
    "id_token_hint=a.b.c&post_logout_redirect_uri=https%3A%2F%2Fapp.example%2Fbye%3Fx&state=s&client_id=app",
    "YXBwOnMlMkJjcg==",
    r#"{"userinfo":{"given_name":{"essential":true},"email":null},"id_token":{"acr":{"values":["phr"]}}}"#,
    "https://app.example:8443/cb?x=1",
    "none login consent select_account",
];

#[test]
fn no_reader_of_requests_panics_on_spoiled_input() {
    for (name, parser) in PARSERS {
        for seed in CORPUS {
            parser(seed.as_bytes());
        }
        for round in 0..rounds() {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (round as u64 + 1));
            let mut input = CORPUS[dice.roll(CORPUS.len())].as_bytes().to_vec();
            for _ in 0..=dice.roll(6) {
                spoil(&mut input, &mut dice, &CORPUS);
            }
            let result = std::panic::catch_unwind(|| parser(&input));
            let shown = String::from_utf8_lossy(&input).into_owned();
            assert!(result.is_ok(), "{name}, round {round}: {shown}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_reader_of_requests_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (_, parser) in PARSERS {
            parser(&bytes);
        }
    }

    /// Well encoded, so that more than the encoding is tried.
    #[test]
    fn no_reader_of_requests_panics_on_any_values(values in proptest::collection::vec(".{0,40}", 12)) {
        const NAMES: [&str; 12] = [
            "state", "nonce", "scope", "prompt", "max_age", "claims", "resource", "acr_values",
            "response_mode", "code_verifier", "login_hint", "token",
        ];
        let sent = crate::oauth_client::query(&[("state", ""), ("scope", "")]);
        let more = encode(NAMES.iter().zip(&values));
        for (_, parser) in PARSERS {
            parser(format!("{sent}&{more}").as_bytes());
            parser(format!("grant_type=authorization_code&code=c&{more}").as_bytes());
        }
    }
}
