//! Requests that are pushed, and attacks on what names them (O9, O13, O25).

use protocol::oauth::pushed::{LONGEST, PREFIX, Reference, accepted, answer};
use protocol::oauth::{ErrorCode, Params};
use serde_json::json;

use crate::oauth_client::{Client, query};

fn params(text: &str) -> Params {
    Params::query(text.as_bytes()).unwrap()
}

#[test]
fn what_is_pushed_is_read_at_once_and_kept_without_proofs() {
    let client = Client::web();
    let sent = query(&[]);
    let proved =
        format!("{sent}&client_secret=hunter2&client_assertion=a.b.c&client_assertion_type=x");
    let (_, kept) = accepted(&params(&proved), &client.view()).unwrap();
    assert!(
        !kept.contains("hunter2") && !kept.contains("assertion"),
        "{kept}"
    );
    let read = client.parse(&kept).unwrap();
    let plain = client.parse(&sent).unwrap();
    assert_eq!(
        (read.scopes, read.challenge),
        (plain.scopes, plain.challenge)
    );
    for (wrong, code) in [
        (
            query(&[("redirect_uri", "https://evil.example/cb")]),
            ErrorCode::InvalidRequest,
        ),
        (
            query(&[("response_type", "token")]),
            ErrorCode::UnsupportedResponseType,
        ),
        (query(&[("scope", "admin")]), ErrorCode::InvalidScope),
        (
            format!("{sent}&request_uri=urn%3Ax"),
            ErrorCode::InvalidRequest,
        ),
        (
            format!("{sent}&request=a.b.c"),
            ErrorCode::RequestNotSupported,
        ),
        (format!("{sent}&scope=openid"), ErrorCode::InvalidRequest),
    ] {
        let refused = accepted(&params(&wrong), &client.view());
        let refused = refused.map(drop).map_err(|error| error.code());
        assert_eq!(refused, Err(code), "{wrong}");
    }
    let told = json!({"request_uri": "urn:x", "expires_in": 60});
    assert_eq!(json!(answer("urn:x", 60)), told);
}

/// O9: what would not fit into an address line is refused where it is pushed.
#[test]
fn o9_a_pushed_request_that_is_too_long_is_refused() {
    let client = Client::web();
    let fits = query(&[("x", &"x".repeat(LONGEST - 1_024))]);
    assert!(accepted(&params(&fits), &client.view()).is_ok());
    let long = query(&[("x", &"x".repeat(LONGEST))]);
    let refused = accepted(&params(&long), &client.view()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::InvalidRequest);
}

/// O13: a request that lies somewhere else is not looked for.
#[test]
fn o13_a_request_is_named_and_never_fetched() {
    for elsewhere in [
        "https%3A%2F%2Fevil.example%2Frequest",
        "http%3A%2F%2F169.254.169.254%2Flatest%2Fmeta-data",
        "file%3A%2F%2F%2Fetc%2Fpasswd",
        "urn%3Aietf%3Aparams%3Aoauth%3Arequest",
        "URN%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Ax",
    ] {
        let text = format!("{}&request_uri={elsewhere}", query(&[]));
        assert_eq!(Reference::read(&params(&text)), Ok(None), "{elsewhere}");
        let client = Client::web();
        let refused = client.parse(&text).unwrap_err();
        assert_eq!(refused.error().code(), ErrorCode::RequestUriNotSupported);
    }
}

#[test]
fn a_reference_has_its_client_and_stands_alone() {
    let named = format!("request_uri={}name", PREFIX.replace(':', "%3A"));
    let read = |text: &str| {
        let params = params(text);
        let read = Reference::read(&params).map_err(|error| error.code())?;
        Ok(read.map(|one| (one.client_id.to_owned(), one.name.to_owned())))
    };
    let good = Ok(Some(("app".to_owned(), "name".to_owned())));
    assert_eq!(read(&format!("client_id=app&{named}")), good);
    // What stands beside is not looked at, so nobody can change the request by it.
    assert_eq!(
        read(&format!("client_id=app&{named}&scope=admin&state=x")),
        good
    );
    let refused = Err(ErrorCode::InvalidRequest);
    for wrong in [
        named.clone(),
        format!("client_id=app&client_id=app&{named}"),
        format!("client_id=app&{named}&{named}"),
        format!("client_id=app&{named}&request=a.b.c"),
        format!("client_id=app&{named}{}", "x".repeat(8 << 10)),
    ] {
        assert_eq!(read(&wrong), refused, "{wrong:.80}");
    }
}
