//! What clients say of themselves, read and told.
#![allow(clippy::unwrap_used)]
use super::*;

fn read(mut given: Value) -> Result<Metadata, String> {
    let uris = json!(["https://a.example/cb"]);
    let object = given.as_object_mut().unwrap();
    object.entry("redirect_uris").or_insert(uris);
    Metadata::parse(given.to_string().as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn what_is_left_out_is_what_the_specification_says() {
    let read = read(json!({"unknown": {"a": [1]}, "logo_uri": "https://a.example/l"})).unwrap();
    assert_eq!(read.auth_method, AuthMethod::ClientSecretBasic);
    assert_eq!(read.grant_types, [GrantType::AuthorizationCode]);
    assert_eq!(read.id_token_alg, Algorithm::Rs256);
    assert!(!read.is_pairwise && read.client_name.is_none());
    let told = read.to_json();
    assert!(!told.contains_key("logo_uri") && !told.contains_key("unknown"));
    assert_eq!(
        Metadata::of(&told),
        Ok(read),
        "what is kept reads as it was"
    );
}

#[test]
fn everything_that_is_taken_comes_back() {
    let key = json!({"kty": "EC", "crv": "P-256", "x": "x", "y": "y", "x5c": ["c"]});
    let read = read(json!({
        "token_endpoint_auth_method": "private_key_jwt", "application_type": "native",
        "grant_types": ["refresh_token", "authorization_code", "refresh_token"],
        "client_name": "Printer", "scope": "openid email", "subject_type": "pairwise",
        "jwks": {"keys": [key, {"kty": "RSA", "use": "enc"}]},
        "id_token_signed_response_alg": "ES256", "userinfo_signed_response_alg": "PS256",
        "post_logout_redirect_uris": ["https://a.example/bye"],
        "backchannel_logout_uri": "https://a.example/b", "dpop_bound_access_tokens": true,
        "tls_client_certificate_bound_access_tokens": true,
        "require_pushed_authorization_requests": true, "require_signed_request_object": true,
    }))
    .unwrap();
    assert_eq!(read.keys.len(), 1, "one for encryption is not kept");
    assert!(!read.keys[0].contains_key("x5c"));
    assert!(read.pushed && read.dpop && read.certificate && read.signed && read.is_pairwise);
    assert_eq!(Metadata::of(&read.to_json()), Ok(read));
}

#[test]
fn what_is_not_spoken_is_refused_and_not_repeated() {
    for (member, value) in [
        ("redirect_uris", json!([])),
        ("redirect_uris", json!([1])),
        ("redirect_uris", json!("https://a.example/cb")),
        ("jwks_uri", json!("https://zerlina.example/k")),
        ("sector_identifier_uri", json!("https://zerlina.example/s")),
        ("request_uris", json!(["https://zerlina.example/r"])),
        ("software_statement", json!("zerlina")),
        ("response_types", json!(["code", "token"])),
        ("response_types", json!(["id_token"])),
        ("grant_types", json!(["implicit"])),
        ("grant_types", json!(["client_credentials"])),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("jwks", json!({"keys": [{"kty": "EC"}]})),
        ("jwks", json!({"keys": [{"kty": "oct", "k": "zerlina"}]})),
        ("jwks", json!([1])),
        ("id_token_signed_response_alg", json!("none")),
        ("id_token_signed_response_alg", json!("HS256")),
        ("id_token_encrypted_response_alg", json!("RSA-OAEP")),
        ("scope", json!("a  b")),
        ("subject_type", json!("zerlina")),
        ("application_type", json!("zerlina")),
        ("client_name", json!("zerlina\u{202e}")),
        ("client_name", json!("z".repeat(61))),
        ("client_name", json!(7)),
        ("dpop_bound_access_tokens", json!("true")),
        ("default_max_age", json!(1)),
        ("token_endpoint_auth_method", json!("tls_client_auth")),
        (
            "token_endpoint_auth_method",
            json!("self_signed_tls_client_auth"),
        ),
        ("tls_client_auth_san_dns", json!("zerlina.example")),
        ("tls_client_certificate_bound_access_tokens", json!("true")),
    ] {
        let said = read(json!({ (member): value })).unwrap_err();
        assert!(said.contains(member), "{member}: {said}");
        assert!(!said.contains("zerlina"), "{said}");
    }
    let said = read(json!({"token_endpoint_auth_method": "private_key_jwt"})).unwrap_err();
    assert!(said.contains("jwks"), "{said}");
}

#[test]
fn bodies_have_bounds() {
    let deep = format!("{}{}", "[".repeat(7), "]".repeat(7));
    let deep = format!(r#"{{"redirect_uris":["https://a.example/cb"],"x":{deep}}}"#);
    let many = json!({"redirect_uris": vec!["https://a.example/cb"; 51]}).to_string();
    let long = json!({"redirect_uris": ["https://a.example/cb"], "x": "x".repeat(4097)});
    let twice =
        r#"{"redirect_uris":["https://a.example/cb"],"redirect_uris":["https://b.example/"]}"#;
    for wrong in [
        &deep,
        &many,
        &long.to_string(),
        twice,
        "[]",
        "",
        "{",
        "\u{feff}{}",
    ] {
        let error = Metadata::parse(wrong.as_bytes()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidClientMetadata);
    }
}

#[test]
fn a_change_sends_back_nothing_that_was_given_for_it_alone() {
    let whole = |more: &str| {
        format!(r#"{{"client_id":"c","redirect_uris":["https://a.example/cb"]{more}}}"#)
    };
    assert_eq!(Update::parse(whole("").as_bytes()).unwrap().client_id, "c");
    for more in [
        r#","registration_access_token":"t""#,
        r#","registration_client_uri":"u""#,
        r#","client_secret_expires_at":0"#,
        r#","client_id_issued_at":0"#,
    ] {
        assert!(Update::parse(whole(more).as_bytes()).is_err(), "{more}");
    }
    assert!(Update::parse(br#"{"redirect_uris":["https://a.example/cb"]}"#).is_err());
}
