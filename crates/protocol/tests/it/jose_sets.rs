//! Keys: which are taken, which are passed over, and what of them is shown.

use protocol::jose::{
    Algorithm, Jwks, JwksError, KeyError, KeySet as _, MacKey, PublicKey, SignError, SigningKey,
};
use serde_json::{Value, json};

use crate::jose_keys::{SIGNED_WITH, base64url, hex, key, set};

#[test]
fn secrets_are_not_printed() {
    for algorithm in SIGNED_WITH {
        let (signer, der) = key(algorithm);
        let printed = format!("{signer:?}");
        assert!(printed.len() < 200, "{printed}");
        let hexed: String = der[der.len() - 16..]
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert!(!printed.contains(&hexed) && !printed.contains(&base64url(&der[20..40])));
    }
    let (_, der) = SigningKey::generate(Algorithm::EdDsa).unwrap();
    assert_eq!(format!("{der:?}"), "Pkcs8(..)");
    let secret = MacKey::new(b"0123456789abcdef0123456789abcdef", Some("k".to_owned())).unwrap();
    assert_eq!(format!("{secret:?}"), "MacKey(..)");
}

#[test]
fn nothing_is_signed_with_a_key_of_another_kind() {
    let wrong = SigningKey::generate(Algorithm::Es384).map(drop);
    assert_eq!(wrong, Err(SignError::VerifiedOnly(Algorithm::Es384)));
    for (algorithm, der) in [
        (Algorithm::Es256, &key(Algorithm::EdDsa).1),
        (Algorithm::EdDsa, &key(Algorithm::Rs256).1),
        (Algorithm::Rs256, &key(Algorithm::Es256).1),
    ] {
        let wrong = SigningKey::from_pkcs8(algorithm, der).map(drop);
        assert_eq!(wrong, Err(SignError::Unreadable(algorithm)));
        assert!(SigningKey::from_pkcs8(algorithm, &der[..der.len() - 1]).is_err());
    }
}

#[test]
fn a_set_of_our_own_is_read_by_others() {
    let ours = set(&SIGNED_WITH);
    let text = ours.to_value().to_string();
    let read = Jwks::parse(text.as_bytes(), None).unwrap();
    assert_eq!((&read, read.keys().len()), (&ours, 4));
    let only = Jwks::parse(text.as_bytes(), Some(Algorithm::EdDsa)).unwrap();
    let whys: Vec<&KeyError> = only.skipped().iter().map(|skipped| &skipped.why).collect();
    assert_eq!(whys, [&KeyError::OtherAlgorithm; 3]);
    assert_eq!(only.keys(), [key(Algorithm::EdDsa).0.public().clone()]);
    let twice = vec![only.keys()[0].clone(), only.keys()[0].clone()];
    assert_eq!(Jwks::new(twice), Err(JwksError::SameKid));
}

#[test]
fn a_key_of_another_shape_is_another_key() {
    let jwk = key(Algorithm::Es256).0.public().to_jwk();
    let changed = |change: &dyn Fn(&mut serde_json::Map<String, Value>)| {
        let mut jwk = jwk.clone();
        change(&mut jwk);
        PublicKey::from_jwk(Value::Object(jwk).to_string().as_bytes(), None)
    };
    assert!(changed(&|_| {}).is_ok());
    let with = |name: &'static str, value: Value| {
        changed(&|jwk| drop(jwk.insert(name.to_owned(), value.clone()))).unwrap_err()
    };
    let without = |name: &str| changed(&|jwk| drop(jwk.remove(name))).unwrap_err();
    for name in ["kty", "crv", "x", "y"] {
        assert_eq!(without(name), KeyError::Missing(name));
    }
    let text = |name: &str| jwk[name].as_str().unwrap().to_owned();
    assert_eq!(with("x", text("y").into()), KeyError::NotOnCurve);
    assert_eq!(
        with("x", format!("{}=", text("x")).into()),
        KeyError::Encoding("x")
    );
    assert_eq!(with("x", "".into()), KeyError::Encoding("x"));
    assert_eq!(with("x", "AQ".into()), KeyError::Length("x"));
    assert_eq!(with("x", 1.into()), KeyError::Mistyped("x"));
    assert_eq!(with("d", "AQ".into()), KeyError::Secret);
    assert_eq!(with("k", json!(null)), KeyError::Secret);
    assert_eq!(with("use", "enc".into()), KeyError::NotForSignatures);
    assert_eq!(with("use", json!(null)), KeyError::Mistyped("use"));
    assert_eq!(with("key_ops", json!(["sign"])), KeyError::NotForSignatures);
    assert_eq!(
        with("key_ops", json!(["verify", "verify"])),
        KeyError::Mistyped("key_ops")
    );
    assert_eq!(
        with("key_ops", json!(["verify", "encrypt"])),
        KeyError::Contradiction
    );
    assert_eq!(with("alg", "ES384".into()), KeyError::WrongAlgorithm);
    assert_eq!(with("alg", "HS256".into()), KeyError::UnknownAlgorithm);
    assert_eq!(with("alg", "none".into()), KeyError::UnknownAlgorithm);
    assert_eq!(with("crv", "P-521".into()), KeyError::UnknownCurve);
    assert_eq!(with("crv", "P-384".into()), KeyError::WrongAlgorithm);
    assert_eq!(with("kty", "ec".into()), KeyError::UnknownType);
    assert_eq!(with("kid", "".into()), KeyError::Kid);
    assert_eq!(with("kid", "k".repeat(257).into()), KeyError::Kid);
    let point = |y: &[u8]| {
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(y)}).to_string();
        PublicKey::from_jwk(jwk.as_bytes(), None)
    };
    let mut low = [0; 32];
    for (first, last) in [(0, 0), (1, 0), (0, 0x80), (1, 0x80)] {
        (low[0], low[31]) = (first, last);
        assert_eq!(point(&low), Err(KeyError::SmallOrder));
    }
    let mut high = [0xff; 32];
    for (first, last) in [(0xec, 0x7f), (0xed, 0x7f), (0xff, 0xff)] {
        (high[0], high[31]) = (first, last);
        assert_eq!(point(&high), Err(KeyError::SmallOrder));
    }
    for of_order_8 in [
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ] {
        let mut y = hex(of_order_8);
        assert_eq!(point(&y), Err(KeyError::SmallOrder));
        y[31] |= 0x80;
        assert_eq!(point(&y), Err(KeyError::SmallOrder));
    }
    assert_eq!(point(&[7; 31]), Err(KeyError::Length("x")));
}

#[test]
fn a_set_is_bounded_and_passes_over_what_is_foreign() {
    let ours = Value::Object(key(Algorithm::EdDsa).0.public().to_jwk());
    let parse = |keys: Value| Jwks::parse(json!({ "keys": keys }).to_string().as_bytes(), None);
    let foreign = json!([
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"},
        {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "X25519", "x": "AA"},
        {"kty": "RSA", "alg": "RSA-OAEP", "n": "AA", "e": "AQAB"},
        {"kty": "RSA", "n": "AA", "e": "AQAB"},
        {"kty": "RSA", "alg": "RS256", "n": "-A", "e": "AQAB"},
        {"kty": "EC", "use": "enc"},
        ours,
    ]);
    let read = parse(foreign).unwrap();
    assert_eq!((read.keys().len(), read.skipped().len()), (1, 7));
    assert_eq!(read.skipped()[5].why, KeyError::RsaSize(8));
    assert_eq!(parse(json!([ours, ours])), Err(JwksError::SameKid));
    let secret = parse(json!([ours, {"kty": "oct", "k": "AA"}]));
    let why = KeyError::Secret;
    assert_eq!(secret, Err(JwksError::Key { at: 1, why }));
    let faulty = parse(json!([{"kty": "EC", "crv": "P-256", "x": "AA"}]));
    assert!(matches!(faulty, Err(JwksError::Key { at: 0, .. })));
    assert_eq!(parse(json!({})), Err(JwksError::NoKeys));
    assert_eq!(parse(json!(["k"])), Err(JwksError::NoKeys));
    assert_eq!(Jwks::parse(b"{}", None), Err(JwksError::NoKeys));
    let many = parse(json!(vec![json!({"kty": "none"}); 65]));
    assert!(matches!(many, Err(JwksError::Unreadable { .. })));
    let large = vec![b' '; (256 << 10) + 1];
    assert!(matches!(
        Jwks::parse(&large, None),
        Err(JwksError::Unreadable { .. })
    ));
}
