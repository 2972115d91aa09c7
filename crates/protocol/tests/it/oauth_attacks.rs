//! Attacks on an authorization server that are decided where its messages are read (O1, O2, O5, O9, O22, O25).

use model::Secret;
use protocol::oauth::{ApplicationType, ErrorCode, Params, PkcePolicy, TokenRequest};

use crate::oauth_client::{
    CHALLENGE, Client, REDIRECT, VERIFIER, issuer, location, query, replied, shown,
};

const UNREGISTERED: (ErrorCode, Option<&str>) = (ErrorCode::InvalidRequest, Some("redirect_uri"));

/// O1, O22: everything that once was taken for a registered redirect URI, somewhere.
#[test]
fn o1_a_redirect_uri_that_is_not_registered_to_the_letter_gets_nothing() {
    let client = Client::web();
    for uri in [
        // Wildcards, prefixes, suffixes.
        "https://app.example/cb/",
        "https://app.example/cb/more",
        "https://app.example/c",
        "https://app.example/",
        "https://app.example",
        "https://app.example/*",
        "https://app.example/cb.evil.example",
        "https://app.example.evil.example/cb",
        "https://evil.example/https://app.example/cb",
        "https://xapp.example/cb",
        "https://sub.app.example/cb",
        // Path traversal, encoded slashes and dots.
        "https://app.example/cb/../cb",
        "https://app.example/cb/..",
        "https://app.example/./cb",
        "https://app.example//cb",
        "https://app.example/%63b",
        "https://app.example/%2e%2e/cb",
        "https://app.example/cb%2f..%2fcb",
        "https://app.example%2fcb",
        "https://app.example/cb%00",
        "https://app.example/cb;x",
        // Users, backslashes, slashes.
        "https://app.example@evil.example/cb",
        "https://evil.example@app.example/cb",
        "https://app.example:x@evil.example/cb",
        "https://evil.example\\@app.example/cb",
        "https://evil.example\\.app.example/cb",
        "https:\\\\app.example\\cb",
        "https:/app.example/cb",
        "https:app.example/cb",
        "//app.example/cb",
        "/cb",
        // Case, ports, schemes.
        "https://APP.example/cb",
        "HTTPS://app.example/cb",
        "https://app.example/CB",
        "https://app.example:443/cb",
        "https://app.example:8443/cb",
        "https://app.example./cb",
        "http://app.example/cb",
        "javascript:alert(1)//https://app.example/cb",
        "data:text/html,https://app.example/cb",
        // Queries, fragments, white space.
        "https://app.example/cb?",
        "https://app.example/cb?x=1",
        "https://app.example/cb#",
        "https://app.example/cb#x",
        "https://app.example/cb ",
        " https://app.example/cb",
        "https://app.example/cb\n",
        "https://app.example/cb\u{200b}",
        "https://app.ехample/cb",
    ] {
        let sent = query(&[("redirect_uri", uri)]);
        assert_eq!(shown(&client, &sent), UNREGISTERED, "{uri}");
    }
    let long = format!("{REDIRECT}{}", "x".repeat(4_000));
    for uri in ["", &long] {
        assert_eq!(
            shown(&client, &query(&[("redirect_uri", uri)])),
            UNREGISTERED
        );
    }
    assert!(client.parse(&query(&[])).is_ok());
}

/// O1: the query that is registered is a part of the URI.
#[test]
fn o1_a_registered_query_counts_to_the_letter() {
    let client = Client::with(&["https://app.example/cb?t=%2F"], ApplicationType::Web);
    for uri in [
        "https://app.example/cb",
        "https://app.example/cb?t=/",
        "https://app.example/cb?t=%2f",
        "https://app.example/cb?t=%2F&",
        "https://app.example/cb?t=%2F&t=1",
    ] {
        let sent = query(&[("redirect_uri", uri)]);
        assert_eq!(shown(&client, &sent), UNREGISTERED, "{uri}");
    }
    let right = query(&[("redirect_uri", "https://app.example/cb?t=%2F")]);
    let reply_to = client.parse(&right).unwrap().reply_to;
    assert_eq!(
        location(reply_to.code(&issuer(), &Secret::new("c"))),
        "https://app.example/cb?t=%2F&code=c&state=s&iss=https%3A%2F%2Fid.example"
    );
}

/// O1: IPv6, and prefixes of localhost. Only the port of a loopback literal may vary (RFC 8252 §7.3).
#[test]
fn o1_only_the_port_of_a_loopback_literal_may_vary() {
    let registered = [
        "http://127.0.0.1/cb",
        "http://[::1]:7000/cb?x",
        "http://localhost:3000/cb",
        "com.example.app:/cb",
    ];
    let client = Client::with(&registered, ApplicationType::Native);
    for uri in [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:1/cb",
        "http://127.0.0.1:65535/cb",
        "http://[::1]/cb?x",
        "http://[::1]:7000/cb?x",
        "http://[::1]:7001/cb?x",
        "http://localhost:3000/cb",
        "com.example.app:/cb",
    ] {
        let sent = query(&[("redirect_uri", uri)]);
        let request = client.parse(&sent).expect(uri);
        assert_eq!(request.reply_to.redirect_uri(), uri);
    }
    for uri in [
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:080/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:8080",
        "http://127.0.0.1:8080/",
        "http://127.0.0.1:8080/cb/../cb",
        "http://127.0.0.1:8080@evil.example/cb",
        "http://127.0.0.1:8080.evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1@evil.example/cb",
        "http://127.0.0.1\\@evil.example/cb",
        "http://127.0.0.11/cb",
        "http://127.0.0.2/cb",
        "http://127.1/cb",
        "http://0177.0.0.1/cb",
        "http://2130706433/cb",
        "https://127.0.0.1/cb",
        "http://[::1]:7001/cb",
        "http://[::1%25lo]/cb?x",
        "http://[::ffff:127.0.0.1]/cb",
        "http://[0:0:0:0:0:0:0:1]/cb?x",
        "http://localhost/cb",
        "http://localhost:3001/cb",
        "http://localhost:3000.evil.example/cb",
        "http://localhost.evil.example:3000/cb",
        "com.example.app:/cb2",
        "com.example.app://cb",
    ] {
        let sent = query(&[("redirect_uri", uri)]);
        assert_eq!(shown(&client, &sent), UNREGISTERED, "{uri}");
    }
    let web = Client::with(&["http://127.0.0.1/cb"], ApplicationType::Web);
    let sent = query(&[("redirect_uri", "http://127.0.0.1:8080/cb")]);
    assert_eq!(shown(&web, &sent), UNREGISTERED);
}

/// An open redirector (RFC 9700 §4.11): until client and URI are known good, nobody is sent anywhere.
#[test]
fn o1_an_error_goes_nowhere_before_client_and_uri_are_known() {
    let client = Client::web();
    let name = (ErrorCode::InvalidRequest, Some("client_id"));
    assert_eq!(shown(&client, &query(&[("client_id", "")])), name);
    assert_eq!(shown(&client, &query(&[("client_id", "other")])), name);
    assert_eq!(shown(&client, &query(&[("client_id", "App")])), name);
    assert_eq!(
        shown(&client, &format!("{}&client_id=app", query(&[]))),
        name
    );
    let twice = format!("{}&redirect_uri=https%3A%2F%2Fevil.example", query(&[]));
    assert_eq!(shown(&client, &twice), UNREGISTERED);
    // Whatever else is wrong with it.
    let both = query(&[
        ("redirect_uri", "https://evil.example"),
        ("response_type", "token"),
    ]);
    assert_eq!(shown(&client, &both), UNREGISTERED);
}

/// O2: the method is S256; `plain` is not taken, be it said or meant by saying nothing.
#[test]
fn o2_a_plain_challenge_is_refused() {
    let client = Client::web();
    for method in ["plain", "", "s256", "S512", "S256 plain"] {
        let sent = query(&[("code_challenge_method", method)]);
        let want = (ErrorCode::InvalidRequest, Some("code_challenge_method"));
        assert_eq!(replied(&client, &sent), want, "{method}");
    }
    let longer = format!("{CHALLENGE}A");
    let padded = format!("{CHALLENGE}=");
    for challenge in ["", &CHALLENGE[..42], &longer, &padded, &"*".repeat(43)] {
        let sent = query(&[("code_challenge", challenge)]);
        let got = replied(&client, &sent);
        let want = (ErrorCode::InvalidRequest, Some("code_challenge"));
        assert_eq!(got, want, "{challenge}");
    }
}

/// O2: a public client has no way around the challenge, and a confidential one only by registration.
#[test]
fn o2_a_request_without_a_challenge_is_refused() {
    let without = query(&[("code_challenge", ""), ("code_challenge_method", "")]);
    let want = (ErrorCode::InvalidRequest, Some("code_challenge"));
    let mut client = Client::web();
    assert_eq!(replied(&client, &without), want);
    client.is_public = true;
    client.pkce = PkcePolicy::Optional;
    assert_eq!(replied(&client, &without), want);
    client.is_public = false;
    assert!(client.parse(&without).unwrap().challenge.is_none());
    // Half a challenge is none.
    assert_eq!(replied(&client, &query(&[("code_challenge", "")])), want);
    assert!(client.parse(&query(&[])).unwrap().challenge.is_some());
}

/// O2: a verifier where there was no challenge shows that somebody took it out on the way (RFC 9700 §4.8).
#[test]
fn o2_a_verifier_must_be_that_of_the_challenge() {
    let challenge = Client::web().parse(&query(&[])).unwrap().challenge;
    let redeem = |verifier: &str, challenge| {
        let sent = format!("grant_type=authorization_code&code=c{verifier}");
        let request = TokenRequest::parse(&Params::query(sent.as_bytes()).unwrap()).unwrap();
        let redeemed = request.grant.redeems(REDIRECT, challenge);
        redeemed.map_err(|error| error.code())
    };
    let right = format!("&code_verifier={VERIFIER}");
    assert_eq!(redeem(&right, challenge.as_ref()), Ok(()));
    assert_eq!(redeem("", None), Ok(()), "the legacy profile");
    let grant = Err(ErrorCode::InvalidGrant);
    assert_eq!(redeem(&right, None), grant, "downgrade");
    assert_eq!(redeem("", challenge.as_ref()), grant, "missing");
    assert_eq!(
        redeem("&code_verifier=", challenge.as_ref()),
        grant,
        "empty"
    );
    let plain = format!("&code_verifier={CHALLENGE}");
    assert_eq!(redeem(&plain, challenge.as_ref()), grant, "plain");
}

/// O5: every answer, good or bad, says whose it is (RFC 9207).
#[test]
fn o5_every_answer_has_its_issuer() {
    let client = Client::web();
    let reply_to = client.parse(&query(&[])).unwrap().reply_to;
    let good = location(reply_to.code(&issuer(), &Secret::new("c")));
    assert_eq!(
        good,
        "https://app.example/cb?code=c&state=s&iss=https%3A%2F%2Fid.example"
    );
    let refusal = client
        .parse(&query(&[("response_type", "token")]))
        .unwrap_err();
    let bad = location(refusal.response(&issuer()).unwrap());
    assert!(
        bad.starts_with(
            "https://app.example/cb?error=unsupported_response_type&error_description="
        )
    );
    assert!(
        bad.ends_with("&state=s&iss=https%3A%2F%2Fid.example"),
        "{bad}"
    );
}

/// O9: what is too long is refused, and never left out so that the flow goes on without it.
#[test]
fn o9_an_oversized_parameter_is_refused_and_not_dropped() {
    let client = Client::web();
    for (name, most) in [
        ("state", 1_024),
        ("nonce", 512),
        ("login_hint", 320),
        ("acr_values", 1_024),
        ("code_challenge", 43),
        ("scope", 2_048),
        ("max_age", 10),
        ("prompt", 128),
        ("claims", 8 << 10),
        ("resource", 512),
        ("request", 0),
    ] {
        let fill = if name == "max_age" { "1" } else { "x" };
        let sent = query(&[(name, &fill.repeat(most + 1))]);
        assert!(replied(&client, &sent).1.is_some(), "{name}");
    }
    let state = "x".repeat(1_024);
    let sent = query(&[("state", &state), ("nonce", &"é".repeat(256))]);
    assert!(client.parse(&sent).is_ok());
    let refused = |text: &str| Params::query(text.as_bytes()).is_err();
    assert!(refused(&format!("unknown={}", "x".repeat((32 << 10) + 1))));
    assert!(refused(&format!("{}=1", "x".repeat(129))));
    assert!(refused(&"&".repeat((64 << 10) + 1)));
}

/// O9: ten thousand parameters cost as much as sixty-four.
#[test]
fn o9_a_form_of_ten_thousand_parameters_is_refused() {
    let form = (0..10_000).map(|n| format!("p{n}=")).collect::<Vec<_>>();
    let kind = Some(&b"application/x-www-form-urlencoded"[..]);
    let refused = Params::body(kind, form.join("&").as_bytes()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::InvalidRequest);
    assert!(Params::body(kind, form[..64].join("&").as_bytes()).is_ok());
    assert!(Params::body(kind, form[..65].join("&").as_bytes()).is_err());
}

/// O25: a parameter is there once, known or not, with a value or without; but for `resource`.
#[test]
fn o25_a_parameter_that_is_there_twice_is_refused() {
    let client = Client::web();
    for twice in [
        "state=t",
        "state=s",
        "state=",
        "state",
        "%73tate=t",
        "scope=openid",
        "response_type=code",
        "code_challenge_method=plain",
        "nonce=1&nonce=2",
        "unknown=1&unknown=1",
        "x&x",
        "response_mode=query&response_mode=form_post",
        "prompt=none&prompt=none",
    ] {
        let sent = format!("{}&{twice}", query(&[]));
        assert_eq!(
            replied(&client, &sent).0,
            ErrorCode::InvalidRequest,
            "{twice}"
        );
    }
    // The state that is there twice is not told: nobody knows which is right.
    let refusal = client
        .parse(&format!("{}&state=t", query(&[])))
        .unwrap_err();
    let told = location(refusal.response(&issuer()).unwrap());
    assert!(!told.contains("state=") && told.contains("&iss="), "{told}");
    let several = "resource=https%3A%2F%2Fa.example&resource=urn%3Ab&unknown=1";
    let request = client.parse(&format!("{}&{several}", query(&[]))).unwrap();
    assert_eq!(request.resources.len(), 2);
    let token = "grant_type=client_credentials&scope=a&scope=b";
    let token = TokenRequest::parse(&Params::query(token.as_bytes()).unwrap());
    assert_eq!(token.unwrap_err().code(), ErrorCode::InvalidRequest);
}

/// What would change the meaning of the rest is not ignored.
#[test]
fn o13_nothing_is_fetched_from_where_a_request_says() {
    let client = Client::web();
    for (name, code) in [
        ("request", ErrorCode::RequestNotSupported),
        ("request_uri", ErrorCode::RequestUriNotSupported),
        ("registration", ErrorCode::RegistrationNotSupported),
    ] {
        let sent = query(&[(name, "http://169.254.169.254/latest")]);
        assert_eq!(replied(&client, &sent), (code, Some(name)));
    }
}
