//! What is demanded of the claims of a token (RFC 7519 §4, RFC 8725 §3).

use model::Timestamp;
use protocol::jose::jwt::{self, ACCESS_TOKEN, Audience, Claims, Expect, JwtError, Life};
use protocol::jose::{Algorithm, JwsError, Typ};
use serde_json::{Value, json};

use crate::jose_keys::{forged, key, set};

const NOW: i64 = 1_800_000_000;

fn expect<'a>() -> Expect<'a> {
    Expect {
        typ: Typ::Is("at+jwt"),
        issuer: Some("https://id.acme.example"),
        audience: Audience::AnyOf(&["https://api.acme.example", "https://b.acme.example"]),
        life: Life::Ends,
        required: ACCESS_TOKEN,
        now: Timestamp::from_micros(NOW * 1_000_000),
        leeway_s: 10,
    }
}

fn claims() -> Value {
    json!({
        "iss": "https://id.acme.example",
        "aud": "https://api.acme.example",
        "sub": "sub_1",
        "client_id": "c",
        "iat": NOW - 100,
        "exp": NOW + 200,
        "jti": "j",
    })
}

fn judged(expect: &Expect<'_>, claims: &Value) -> Result<Claims, JwtError> {
    let token = jwt::sign(
        &key(Algorithm::Es256).0,
        "at+jwt",
        claims.as_object().unwrap(),
    );
    jwt::verify(&token.unwrap(), &set(&[Algorithm::Es256]), expect)
}

/// The verdict when some claims are changed; `null` takes one away.
fn changed(expect: &Expect<'_>, change: Value) -> Result<Claims, JwtError> {
    let mut claims = claims();
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    judged(expect, &claims)
}

#[test]
fn a_token_that_is_as_expected_is_read() {
    let read = judged(&expect(), &claims()).unwrap();
    assert_eq!(read.sub.as_deref(), Some("sub_1"));
    assert_eq!(read.aud, ["https://api.acme.example"]);
    let seconds = |at: Option<Timestamp>| at.unwrap().as_micros();
    assert_eq!(seconds(read.exp), (NOW + 200) * 1_000_000);
    assert_eq!(read.rest, *json!({"client_id": "c"}).as_object().unwrap());
    let printed = format!("{read:?}");
    assert!(
        printed.contains("client_id") && !printed.contains("sub_1"),
        "{printed}"
    );
    let fine = changed(
        &expect(),
        json!({"iat": 1.5, "exp": 1_800_000_000.25, "nbf": 0}),
    );
    assert_eq!(seconds(fine.unwrap().exp), 1_800_000_000_250_000);
}

#[test]
fn what_is_demanded_is_there() {
    for name in ACCESS_TOKEN.iter().copied() {
        let refused = changed(&expect(), json!({ name: null }));
        assert_eq!(refused, Err(JwtError::Missing(name)));
    }
    let expect = Expect {
        required: &[],
        ..expect()
    };
    for name in ["iss", "aud", "exp"] {
        let refused = changed(&expect, json!({ name: null }));
        assert_eq!(refused, Err(JwtError::Missing(name)));
    }
    assert!(changed(&expect, json!({"sub": null, "jti": null, "iat": null})).is_ok());
    let mut nothing = claims();
    nothing["client_id"] = Value::Null;
    let refused = judged(&self::expect(), &nothing);
    assert_eq!(refused, Err(JwtError::Missing("client_id")));
}

#[test]
fn issuer_and_audience_are_to_the_letter() {
    for issuer in ["https://id.acme.example/", "https://ID.acme.example", "x"] {
        let refused = changed(&expect(), json!({ "iss": issuer }));
        assert_eq!(refused, Err(JwtError::OtherIssuer));
    }
    let us = "https://api.acme.example";
    let both = json!({"aud": [us, "https://other.example"]});
    let other = json!({"aud": ["https://api.acme.example/"]});
    let only = Expect {
        audience: Audience::Only(us),
        ..expect()
    };
    assert!(changed(&expect(), both.clone()).is_ok());
    assert!(changed(&only, json!({"aud": us})).is_ok());
    let listed = changed(&only, json!({"aud": [us]}));
    assert_eq!(
        listed,
        Err(JwtError::OtherAudience),
        "a list of one is a list"
    );
    assert_eq!(changed(&only, both), Err(JwtError::OtherAudience));
    for expect in [expect(), only] {
        assert_eq!(
            changed(&expect, other.clone()),
            Err(JwtError::OtherAudience)
        );
    }
    let nobody = Expect {
        audience: Audience::AnyOf(&[]),
        ..expect()
    };
    assert_eq!(judged(&nobody, &claims()), Err(JwtError::OtherAudience));
}

#[test]
fn a_token_has_its_time() {
    let at = |name: &str, second: i64| changed(&expect(), json!({ name: second })).map(drop);
    assert_eq!(at("exp", NOW - 9), Ok(()));
    assert_eq!(at("exp", NOW - 10), Err(JwtError::Ended));
    assert_eq!(at("nbf", NOW + 10), Ok(()));
    assert_eq!(at("nbf", NOW + 11), Err(JwtError::NotYet));
    assert_eq!(at("iat", NOW + 10), Ok(()));
    assert_eq!(at("iat", NOW + 11), Err(JwtError::FromTheFuture));
    for (life, without_end) in [
        (Life::Ages(60), Ok(())),
        (Life::EndsAndAges(60), Err(JwtError::Missing("exp"))),
    ] {
        let expect = Expect {
            required: &[],
            life,
            ..expect()
        };
        let at = |iat: i64| changed(&expect, json!({ "iat": iat })).map(drop);
        assert_eq!(at(NOW - 70), Ok(()));
        assert_eq!(at(NOW - 71), Err(JwtError::TooOld));
        let timeless = changed(&expect, json!({ "iat": null }));
        assert_eq!(timeless, Err(JwtError::Missing("iat")));
        let endless = changed(&expect, json!({"exp": null, "iat": NOW}));
        assert_eq!(endless.map(drop), without_end);
        let ended = changed(&expect, json!({"exp": NOW - 60, "iat": NOW}));
        assert_eq!(ended, Err(JwtError::Ended));
    }
}

#[test]
fn a_claim_has_its_type() {
    let last = json!(253_402_300_799_u64);
    assert!(changed(&expect(), json!({ "exp": last })).is_ok());
    for name in ["exp", "nbf", "iat"] {
        for wrong in [
            json!("1800000000"),
            json!(true),
            json!([NOW]),
            json!({}),
            json!(-1),
            json!(-0.5),
            json!(1e300),
            json!(253_402_300_800_u64),
            json!(u64::MAX),
            json!(1_800_000_000_000_i64),
        ] {
            let refused = changed(&expect(), json!({ name: wrong }));
            assert_eq!(refused, Err(JwtError::NoDate(name)), "{wrong}");
        }
    }
    for name in ["iss", "sub", "jti"] {
        for wrong in [json!(""), json!(1), json!(["x"]), json!({})] {
            let refused = changed(&expect(), json!({ name: wrong }));
            assert_eq!(refused, Err(JwtError::Mistyped(name)), "{wrong}");
        }
    }
    for wrong in [
        json!([]),
        json!(""),
        json!(1),
        json!([1]),
        json!([""]),
        json!({"a": 1}),
    ] {
        let refused = changed(&expect(), json!({ "aud": wrong }));
        assert_eq!(refused, Err(JwtError::Mistyped("aud")), "{wrong}");
    }
    for name in ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"] {
        let mut claims = claims();
        claims[name] = Value::Null;
        assert!(judged(&expect(), &claims).is_err(), "{name}");
    }
}

/// Each of these is signed well, with a registered key.
#[test]
fn claims_have_one_reading() {
    let keys = set(&[Algorithm::EdDsa]);
    let header = r#"{"alg":"EdDSA","typ":"at+jwt"}"#;
    let expect = Expect {
        required: &[],
        issuer: None,
        audience: Audience::Unbound,
        ..expect()
    };
    let judged = |payload: &[u8]| jwt::verify(&forged(header, payload), &keys, &expect).map(drop);
    assert_eq!(judged(br#"{"exp":1900000000}"#), Ok(()));
    for unreadable in [
        &br#"{"exp":1900000000,"exp":1900000000}"#[..],
        br#"{"exp":1900000000,"a":{"b":1,"b":1}}"#,
        br#"{"exp":1900000000,"a":[{"b":[{"c":1,"c":2}]}]}"#,
        br#"{"exp":1,"\u0065xp":1900000000}"#,
        br#"{"exp":1e999}"#,
        br#"{"exp":1900000000}x"#,
        br#"{"exp":NaN}"#,
        br#""eyJhbGciOiJub25lIn0.e30.""#,
        b"",
        b"null",
        b"\xff",
    ] {
        let refused = judged(unreadable);
        let shown = String::from_utf8_lossy(unreadable);
        assert!(
            matches!(refused, Err(JwtError::Unreadable { .. })),
            "{shown}"
        );
    }
    let deep = format!(
        r#"{{"exp":1900000000,"a":{}{}}}"#,
        "[".repeat(20),
        "]".repeat(20)
    );
    assert!(matches!(
        judged(deep.as_bytes()),
        Err(JwtError::Unreadable { .. })
    ));
    let plain = Expect {
        typ: Typ::Plain,
        ..expect
    };
    let token = forged(header, br#"{"exp":1900000000}"#);
    let refused = jwt::verify(&token, &keys, &plain);
    assert_eq!(refused, Err(JwtError::Jws(JwsError::OtherType)));
}

/// What is said of a refusal holds nothing of the token, not even the name of a claim that it made up.
#[test]
fn a_refusal_tells_nothing_of_the_token() {
    let keys = set(&[Algorithm::EdDsa]);
    let payload = br#"{"ann.archer@acme.example":1,"ann.archer@acme.example":2}"#;
    let token = forged(r#"{"alg":"EdDSA","typ":"at+jwt"}"#, payload);
    let refused = jwt::verify(&token, &keys, &expect()).unwrap_err();
    let (shown, debugged) = (refused.to_string(), format!("{refused:?}"));
    assert!(shown.contains("there twice"), "{shown}");
    assert!(
        !shown.contains("archer") && !debugged.contains("archer"),
        "{debugged}"
    );
}

#[test]
fn a_proof_is_held_to_its_age() {
    let public = Value::Object(key(Algorithm::EdDsa).0.public().to_jwk());
    let header = json!({"alg": "EdDSA", "typ": "dpop+jwt", "jwk": public}).to_string();
    let expect = Expect {
        typ: Typ::Is("dpop+jwt"),
        issuer: None,
        audience: Audience::Unbound,
        life: Life::Ages(60),
        required: &["jti", "htm", "htu", "iat"],
        ..expect()
    };
    let judged = |iat: i64| {
        let claims =
            json!({"jti": "j", "htm": "POST", "htu": "https://id.acme.example/token", "iat": iat});
        let token = forged(&header, claims.to_string().as_bytes());
        jwt::verify_embedded(&token, &[Algorithm::EdDsa, Algorithm::Es256], &expect)
    };
    let (claims, brought) = judged(NOW).unwrap();
    assert_eq!(claims.rest["htm"], "POST");
    assert_eq!(
        brought.thumbprint(),
        key(Algorithm::EdDsa).0.public().thumbprint()
    );
    assert_eq!(judged(NOW - 71), Err(JwtError::TooOld));
}
