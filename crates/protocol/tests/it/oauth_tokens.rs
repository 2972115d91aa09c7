//! Token requests, how clients prove who they are, and what they get.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Secret;
use protocol::oauth::token::{AuthMethod, Grant, JWT_BEARER, NO_STORE, Refusal};
use protocol::oauth::{
    Bound, ClientAuth, ErrorCode, GrantType, Params, Scopes, TokenRequest, TokenResponse,
};
use serde_json::json;

use crate::oauth_client::{REDIRECT, VERIFIER, well_told};

fn params(text: &str) -> Params {
    Params::query(text.as_bytes()).unwrap()
}

fn parse(text: &str) -> Result<TokenRequest, ErrorCode> {
    TokenRequest::parse(&params(text)).map_err(|error| {
        well_told(&error);
        error.code()
    })
}

fn header(pair: &str) -> Vec<u8> {
    format!("Basic {}", STANDARD.encode(pair)).into_bytes()
}

fn extract(headers: &[&[u8]], body: &str) -> Result<ClientAuth, Refusal> {
    ClientAuth::extract(headers, &params(body))
}

#[test]
fn each_grant_is_read() {
    let sent = format!(
        "grant_type=authorization_code&code=c&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&code_verifier={VERIFIER}&resource=urn%3Aa&x=y"
    );
    let request = parse(&sent).unwrap();
    assert_eq!(request.grant.grant_type(), GrantType::AuthorizationCode);
    assert_eq!(request.resources[0].as_str(), "urn:a");
    let Grant::AuthorizationCode {
        code,
        redirect_uri,
        code_verifier,
    } = request.grant
    else {
        panic!("a code");
    };
    assert_eq!(
        (code.expose(), redirect_uri.as_deref()),
        ("c", Some(REDIRECT))
    );
    assert_eq!(code_verifier.unwrap().expose(), VERIFIER);

    let request = parse("grant_type=refresh_token&refresh_token=r&scope=a+b").unwrap();
    let Grant::RefreshToken {
        refresh_token,
        scopes,
    } = request.grant
    else {
        panic!("a refresh token");
    };
    assert_eq!(
        (refresh_token.expose(), scopes),
        ("r", Scopes::parse("b a").ok())
    );

    let request = parse("grant_type=client_credentials").unwrap();
    assert!(matches!(
        request.grant,
        Grant::ClientCredentials { scopes: None }
    ));
}

#[test]
fn each_refusal_of_a_token_request_has_its_code() {
    for (sent, code) in [
        ("", ErrorCode::InvalidRequest),
        ("grant_type=", ErrorCode::InvalidRequest),
        (
            "grant_type=password&username=a&password=b",
            ErrorCode::UnsupportedGrantType,
        ),
        ("grant_type=implicit", ErrorCode::UnsupportedGrantType),
        (
            "grant_type=Authorization_Code&code=c",
            ErrorCode::UnsupportedGrantType,
        ),
        ("grant_type=authorization_code", ErrorCode::InvalidRequest),
        (
            "grant_type=authorization_code&code=%E9",
            ErrorCode::InvalidRequest,
        ),
        (
            "grant_type=authorization_code&code=%C3%A9",
            ErrorCode::InvalidRequest,
        ),
        (
            "grant_type=authorization_code&code=c&code=d",
            ErrorCode::InvalidRequest,
        ),
        ("grant_type=refresh_token", ErrorCode::InvalidRequest),
        (
            "grant_type=refresh_token&refresh_token=r&scope=%22",
            ErrorCode::InvalidScope,
        ),
        (
            "grant_type=client_credentials&resource=x",
            ErrorCode::InvalidTarget,
        ),
    ] {
        let got = match Params::query(sent.as_bytes()) {
            Ok(_) => parse(sent).map(drop),
            Err(error) => Err(error.code()),
        };
        assert_eq!(got, Err(code), "{sent}");
    }
}

/// Attack O3, as far as it is decided here: a code is redeemed for the URI that it was sent to.
#[test]
fn o3_a_redirect_uri_that_is_said_again_is_the_same() {
    let redeems = |more: &str, kept: &str| {
        let request = parse(&format!("grant_type=authorization_code&code=c{more}")).unwrap();
        request.grant.redeems(kept, None).is_ok()
    };
    assert!(redeems("", REDIRECT), "OAuth 2.1 says it no longer");
    assert!(redeems(
        "&redirect_uri=https%3A%2F%2Fapp.example%2Fcb",
        REDIRECT
    ));
    assert!(!redeems(
        "&redirect_uri=https%3A%2F%2Fapp.example%2Fcb2",
        REDIRECT
    ));
    // The port of a loopback address was chosen when the code was asked for.
    assert!(!redeems(
        "&redirect_uri=http%3A%2F%2F127.0.0.1%3A2%2F",
        "http://127.0.0.1:1/"
    ));
    let refresh = parse("grant_type=refresh_token&refresh_token=r").unwrap();
    assert!(refresh.grant.redeems(REDIRECT, None).is_err());
}

#[test]
fn a_client_proves_itself_in_one_way() {
    let basic = header("app:s%2Bcr+t%3A%C3%A9:x");
    let Ok(ClientAuth::Basic { client_id, secret }) = extract(&[&basic], "client_id=app") else {
        panic!("basic");
    };
    assert_eq!((client_id.as_str(), secret.expose()), ("app", "s+cr t:é:x"));
    let post = extract(&[], "client_id=app&client_secret=s").unwrap();
    let assertion = format!("client_assertion=a.b.c&client_assertion_type={JWT_BEARER}");
    let assertion = assertion.replace(':', "%3A");
    let signed = extract(&[], &assertion).unwrap();
    let none = extract(&[], "client_id=app").unwrap();
    let basic = extract(&[&basic], "").unwrap();
    assert_eq!((post.client_id(), signed.client_id()), (Some("app"), None));
    let methods = [
        (AuthMethod::ClientSecretBasic, [true, false, false, false]),
        (AuthMethod::ClientSecretPost, [false, true, false, false]),
        (AuthMethod::ClientSecretJwt, [false, false, true, false]),
        (AuthMethod::PrivateKeyJwt, [false, false, true, false]),
        (AuthMethod::TlsClientAuth, [false, false, false, true]),
        (
            AuthMethod::SelfSignedTlsClientAuth,
            [false, false, false, true],
        ),
        (AuthMethod::None, [false, false, false, true]),
    ];
    for (method, fits) in methods {
        let got = [&basic, &post, &signed, &none].map(|proof| proof.fits(method));
        assert_eq!(got, fits, "{method:?}");
    }
    let printed = format!("{basic:?} {post:?} {signed:?}");
    assert!(
        !printed.contains("s+cr") && !printed.contains("a.b.c"),
        "{printed}"
    );
}

#[test]
fn several_proofs_are_none() {
    let basic = header("app:s");
    let basic: &[u8] = &basic;
    let jwt = JWT_BEARER.replace(':', "%3A");
    let signed = format!("client_assertion=a.b.c&client_assertion_type={jwt}");
    let invalid = ErrorCode::InvalidRequest;
    let client = ErrorCode::InvalidClient;
    for (headers, body, code) in [
        (&[basic][..], "client_secret=s".to_owned(), invalid),
        (&[basic], signed.clone(), invalid),
        (&[basic, basic], String::new(), invalid),
        (&[basic], "client_id=other".to_owned(), invalid),
        (
            &[],
            format!("client_id=app&client_secret=s&{signed}"),
            invalid,
        ),
        (&[], "client_secret=s".to_owned(), invalid),
        (&[], String::new(), invalid),
        (&[], "client_id=app&client_id=app".to_owned(), invalid),
        (&[], "client_assertion=a.b.c".to_owned(), invalid),
        (
            &[],
            format!("client_id=app&client_assertion_type={jwt}"),
            invalid,
        ),
        (
            &[],
            "client_assertion=a&client_assertion_type=x".to_owned(),
            client,
        ),
    ] {
        let refusal = extract(headers, &body).unwrap_err();
        well_told(&refusal.error);
        assert_eq!(refusal.error.code(), code, "{body}");
        let told = refusal.www_authenticate().is_some();
        assert_eq!(told, code == client && !headers.is_empty(), "{body}");
    }
}

/// RFC 6749 §5.2: who tried the header is told of the header.
#[test]
fn a_header_that_is_no_proof_is_answered_with_a_challenge() {
    let long = header(&format!("app:{}", "s".repeat(9_000)));
    let secret = header(&format!("app:{}", "s".repeat(1_025)));
    let others = [
        header("app"),
        header("app:"),
        header(":s"),
        header(""),
        header("a%zz:s"),
        header("app:%ff"),
        header("app: "),
        header("app:é"),
        b"Basic".to_vec(),
        b"Basic ".to_vec(),
        b"Basic !!!".to_vec(),
        b"Basic YTpi=".to_vec(),
        b"Bearer abc".to_vec(),
        b"Digest x".to_vec(),
        Vec::new(),
        b"\xff\xff".to_vec(),
        long,
    ];
    for other in others {
        let refusal = extract(&[&other], "client_id=app").unwrap_err();
        let shown = String::from_utf8_lossy(&other);
        assert_eq!(refusal.status(), 401, "{shown}");
        let challenge = refusal.www_authenticate();
        assert_eq!(
            challenge,
            Some("Basic realm=\"token\", charset=\"UTF-8\""),
            "{shown}"
        );
    }
    // Readable, and longer than is taken: as everywhere.
    let refusal = extract(&[&secret], "").unwrap_err();
    assert_eq!(refusal.error.code(), ErrorCode::InvalidRequest);
    // Readable, and wrong: that is found out by the caller.
    let proof = extract(&[&header("app:wrong")], "").unwrap();
    assert!(proof.refused().www_authenticate().is_some());
    let proof = extract(&[], "client_id=app&client_secret=wrong").unwrap();
    let refusal = proof.refused();
    assert_eq!((refusal.status(), refusal.www_authenticate()), (401, None));
    assert_eq!(refusal.to_json()["error"], "invalid_client");
}

#[test]
fn a_response_has_what_there_is() {
    let mut response = TokenResponse {
        access_token: Secret::new("a"),
        bound: None,
        expires_in_s: 300,
        refresh_token: None,
        id_token: None,
        scopes: Scopes::default(),
    };
    let want = json!({"access_token": "a", "token_type": "Bearer", "expires_in": 300});
    assert_eq!(json!(response.to_json()), want);
    response.bound = Some(Bound::Key("t".to_owned()));
    assert_eq!(response.to_json()["token_type"], "DPoP");
    response.bound = Some(Bound::Certificate("t".to_owned()));
    response.refresh_token = Some(Secret::new("r"));
    response.id_token = Some(Secret::new("i"));
    response.scopes = Scopes::parse("openid a").unwrap();
    let want = json!({"access_token": "a", "token_type": "Bearer", "expires_in": 300,
        "refresh_token": "r", "id_token": "i", "scope": "a openid"});
    assert_eq!(json!(response.to_json()), want);
    assert!(NO_STORE.contains(&("Cache-Control", "no-store")));
}
