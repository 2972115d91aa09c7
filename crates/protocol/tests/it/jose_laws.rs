//! Laws of signed tokens: what is signed verifies, what was touched does not, and the key decides.

use proptest::prelude::*;
use protocol::jose::{
    Algorithm, Jwks, JwsError, Key as _, KeyError, KeySet as _, MacKey, MacKeys, SignError,
    SigningKey, Typ, jws,
};
use serde_json::{Value, json};

use crate::jose_keys::{SIGNED_WITH, base64url, closed, forged, key, set};

const AT: Typ<'static> = Typ::Is("at+jwt");

fn secrets(secret: &[u8]) -> MacKeys {
    MacKeys::new(vec![MacKey::new(secret, None).unwrap()]).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_signed_verifies(payload in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let keys = set(&SIGNED_WITH);
        for algorithm in SIGNED_WITH {
            let (signer, der) = key(algorithm);
            let again = SigningKey::from_pkcs8(algorithm, der).unwrap();
            prop_assert_eq!(again.public(), signer.public());
            for signer in [signer, &again] {
                let token = jws::sign(signer, "at+jwt", &payload).unwrap();
                let verified = jws::verify(&token, &keys, AT).unwrap();
                prop_assert_eq!(&verified.payload, &payload);
                prop_assert_eq!(verified.key, signer.public());
                prop_assert_eq!(verified.header.typ(), Some("at+jwt"));
            }
        }
        let secret = MacKey::new(&[7; 32], None).unwrap();
        let token = jws::sign_mac(&secret, "JWT", &payload).unwrap();
        let shared = secrets(&[7; 32]);
        let verified = jws::verify(&token, &shared, Typ::Plain).unwrap();
        prop_assert_eq!(verified.payload, payload);
    }
}

/// Every bit of every byte, in the header, the payload, the signature and the points between. The last
/// character of a part has bits that stand for nothing; they count as well.
#[test]
fn a_token_that_was_touched_is_refused() {
    let keys = set(&SIGNED_WITH);
    let refused = |token: &str, at: usize, touched: &dyn Fn(&str) -> bool| {
        for bit in 0..7 {
            let mut bytes = token.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let other = String::from_utf8(bytes).unwrap();
            assert!(!touched(&other), "byte {at}, bit {bit}");
        }
    };
    for algorithm in SIGNED_WITH {
        for payload in ["", "a", "ab", "abc"] {
            let token = jws::sign(&key(algorithm).0, "at+jwt", payload.as_bytes()).unwrap();
            for at in 0..token.len() {
                refused(&token, at, &|token| jws::verify(token, &keys, AT).is_ok());
                assert!(jws::verify(&token[..at], &keys, AT).is_err(), "cut at {at}");
            }
            for tail in ["=", "A", ".", " ", "\n", ".A"] {
                let longer = format!("{token}{tail}");
                assert!(jws::verify(&longer, &keys, AT).is_err(), "{tail:?}");
            }
        }
    }
    let shared = secrets(&[7; 32]);
    let token = jws::sign_mac(&shared.keys()[0], "JWT", b"ab").unwrap();
    for at in 0..token.len() {
        let verifies = |token: &str| jws::verify(token, &shared, Typ::Plain).is_ok();
        refused(&token, at, &verifies);
    }
}

/// CVE-2015-9235 and its heirs (attack O6).
#[test]
fn the_key_decides_the_algorithm() {
    let names = [
        "none", "None", "NONE", "nOnE", "", "HS256", "HS384", "ES256", "ES384", "EdDSA", "Ed25519",
        "RS256", "RS512", "PS256", "es256", "rs256",
    ];
    let keys = set(&SIGNED_WITH);
    for algorithm in SIGNED_WITH {
        let signer = &key(algorithm).0;
        let token = jws::sign(signer, "JWT", b"{}").unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        for name in names.iter().filter(|name| **name != algorithm.name()) {
            for kid in [signer.public().kid(), None] {
                let mut header = json!({"alg": name, "typ": "JWT"});
                if let Some(kid) = kid {
                    header["kid"] = kid.into();
                }
                let header = base64url(header.to_string().as_bytes());
                for token in [format!("{header}.{rest}"), format!("{header}.e30.")] {
                    let refused = jws::verify(&token, &keys, Typ::Plain);
                    assert!(refused.is_err(), "{algorithm} as {name:?}");
                }
            }
        }
    }
}

/// A public key is public: whoever knows it must not be able to sign with it as a secret.
#[test]
fn a_public_key_is_no_shared_secret() {
    for algorithm in SIGNED_WITH {
        let keys = set(&[algorithm]);
        let public = key(algorithm).0.public();
        let jwk = Value::Object(public.to_jwk()).to_string();
        let material = public.to_jwk();
        let longest = ["n", "x"].iter().find_map(|name| material.get(*name));
        let longest = longest.and_then(Value::as_str).unwrap();
        for secret in [
            jwk.as_bytes(),
            longest.as_bytes(),
            public.thumbprint().as_bytes(),
        ] {
            for kid in [public.kid().map(str::to_owned), None] {
                let secret = MacKey::new(secret, kid).unwrap();
                let token = jws::sign_mac(&secret, "JWT", b"{}").unwrap();
                let refused = jws::verify(&token, &keys, Typ::Plain);
                assert_eq!(refused, Err(JwsError::OtherAlgorithm));
            }
        }
        assert_eq!(
            MacKey::from_jwk(jwk.as_bytes()).unwrap_err(),
            KeyError::UnknownType
        );
    }
}

/// One modulus for two algorithms: a signature by the one is none by the other.
#[test]
fn rs256_is_not_ps256() {
    let der = &key(Algorithm::Rs256).1;
    let pair = [Algorithm::Rs256, Algorithm::Ps256];
    let [pkcs1, pss] = pair.map(|algorithm| SigningKey::from_pkcs8(algorithm, der).unwrap());
    assert_eq!(pkcs1.public().thumbprint(), pss.public().thumbprint());
    let token = jws::sign(&pkcs1, "JWT", b"{}").unwrap();
    let signature = token.rsplit('.').next().unwrap();
    let keys = Jwks::new(vec![pss.public().clone()]).unwrap();
    let refused = jws::verify(&token, &keys, Typ::Plain);
    assert_eq!(refused, Err(JwsError::OtherAlgorithm));
    let header = base64url(br#"{"alg":"PS256"}"#);
    let refused = jws::verify(&format!("{header}.e30.{signature}"), &keys, Typ::Plain);
    assert_eq!(refused, Err(JwsError::Signature));
}

/// What a header brings or demands that is refused, and why.
const REFUSED: [(&str, JwsError); 17] = [
    (r#""crit":["exp"],"exp":1"#, JwsError::Critical),
    (r#""crit":[]"#, JwsError::Critical),
    (r#""crit":["b64"],"b64":false"#, JwsError::Critical),
    (r#""b64":true"#, JwsError::Unencoded),
    (r#""jku":"https://e.example/k""#, JwsError::RemoteKey("jku")),
    (r#""x5u":"https://e.example/k""#, JwsError::RemoteKey("x5u")),
    (r#""x5u":null"#, JwsError::RemoteKey("x5u")),
    (r#""jwk":{}"#, JwsError::EmbeddedKey),
    (r#""jwk":null"#, JwsError::HeaderMistyped("jwk")),
    (r#""kid":1"#, JwsError::HeaderMistyped("kid")),
    (r#""kid":null"#, JwsError::HeaderMistyped("kid")),
    (r#""kid":"nobody""#, JwsError::UnknownKey),
    (r#""kid":"""#, JwsError::UnknownKey),
    (r#""typ":null"#, JwsError::HeaderMistyped("typ")),
    (r#""typ":"at+jwt""#, JwsError::OtherType),
    (r#""typ":"""#, JwsError::OtherType),
    (r#""typ":"JWT ""#, JwsError::OtherType),
];

/// Each of these is signed well, with a registered key.
#[test]
fn headers_that_bring_or_demand_something_are_refused() {
    let keys = set(&[Algorithm::EdDsa]);
    let verdict = |header: &str| {
        let verified = jws::verify(&forged(header, b"{}"), &keys, Typ::Plain);
        verified.map(drop)
    };
    for fine in [
        r#"{"alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","typ":"jwt","x5c":["MII"],"foo":[1]}"#,
    ] {
        assert_eq!(verdict(fine), Ok(()), "{fine}");
        let refused = jws::verify(&forged(fine, b"{}"), &keys, AT).map(drop);
        assert_eq!(refused, Err(JwsError::OtherType), "{fine}");
    }
    for (members, why) in REFUSED {
        let header = format!(r#"{{"alg":"EdDSA",{members}}}"#);
        assert_eq!(verdict(&header), Err(why), "{header}");
    }
    let mistyped = JwsError::HeaderMistyped("alg");
    for (header, why) in [
        (r#"{"alg":["EdDSA"]}"#, mistyped),
        (r#"{"typ":"JWT"}"#, JwsError::NoAlgorithm),
        (r#"{"alg":"none"}"#, JwsError::Unsigned),
        (r#"{"alg":"eddsa"}"#, JwsError::UnknownAlgorithm),
    ] {
        assert_eq!(verdict(header), Err(why), "{header}");
    }
    for unreadable in [
        r#"{"alg":"EdDSA","alg":"EdDSA"}"#,
        r#"{"alg":"none","\u0061lg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","x":{"a":1,"a":2}}"#,
        r#"{"alg":"EdDSA","x":[[[[]]]]}"#,
        r#"{"alg":"EdDSA"} {}"#,
        r#"["EdDSA"]"#,
        "",
        "\u{feff}{\"alg\":\"EdDSA\"}",
    ] {
        let refused = verdict(unreadable);
        assert!(
            matches!(refused, Err(JwsError::HeaderUnreadable { .. })),
            "{unreadable}"
        );
    }
    let long = format!(r#"{{"alg":"EdDSA","x":"{}"}}"#, "x".repeat(5_000));
    assert!(matches!(
        verdict(&long),
        Err(JwsError::HeaderUnreadable { .. })
    ));
}

/// Each of these is signed well, as it stands there.
#[test]
fn padding_is_refused() {
    let keys = set(&[Algorithm::EdDsa]);
    let verdict = |input: &str| jws::verify(&closed(input), &keys, Typ::Plain).map(drop);
    // {"alg":"EdDSA"} has no padding, and with a space it has.
    let [whole, short] = ["eyJhbGciOiJFZERTQSJ9", "eyJhbGciOiJFZERTQSJ9IA"];
    for header in [whole, short] {
        assert_eq!(verdict(&format!("{header}.VGVzdA")), Ok(()));
        for payload in [
            "VGVzdA==", "VGVzdA=", "VGVzdB", "VGVzd", "VGVz dA", "VGVzdA?",
        ] {
            let refused = verdict(&format!("{header}.{payload}"));
            assert_eq!(refused, Err(JwsError::PayloadEncoding), "{payload}");
        }
    }
    for header in [
        format!("{short}=="),
        format!("{whole}="),
        format!("{whole}IB"),
    ] {
        let refused = verdict(&format!("{header}.VGVzdA"));
        assert_eq!(refused, Err(JwsError::HeaderEncoding), "{header}");
    }
}

#[test]
fn a_token_has_three_parts_and_a_size() {
    let keys = set(&[Algorithm::EdDsa]);
    let verdict = |token: &str| jws::verify(token, &keys, Typ::Plain).map(drop);
    for (token, parts) in [
        ("", 1),
        ("e30", 1),
        ("e30.e30", 2),
        ("a.b.c.d", 4),
        ("a.b.c.d.e.f", 6),
    ] {
        assert_eq!(verdict(token), Err(JwsError::Parts(parts)), "{token}");
    }
    assert_eq!(verdict("a.b.c.d.e"), Err(JwsError::Encrypted));
    assert_eq!(verdict("...."), Err(JwsError::Encrypted));
    assert_eq!(verdict(&".".repeat(40_000)), Err(JwsError::TooLong(40_000)));
    assert_eq!(verdict("e30=.e30.AA"), Err(JwsError::HeaderEncoding));
    let token = forged(r#"{"alg":"EdDSA"}"#, b"{}");
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(
        verdict(&format!("{signed}.AB")),
        Err(JwsError::SignatureEncoding)
    );
    assert_eq!(verdict(&format!("{signed}.")), Err(JwsError::Signature));
    let large = vec![b'x'; 32 << 10];
    let refused = jws::sign(&key(Algorithm::EdDsa).0, "JWT", &large);
    assert_eq!(refused, Err(SignError::TooLong));
}

#[test]
fn a_key_is_found_by_its_name_or_by_being_the_only_one() {
    let (first, _) = SigningKey::generate(Algorithm::EdDsa).unwrap();
    let both = vec![
        first.public().clone(),
        key(Algorithm::EdDsa).0.public().clone(),
    ];
    let both = Jwks::new(both).unwrap();
    let nameless = forged(r#"{"alg":"EdDSA"}"#, b"{}");
    let refused = jws::verify(&nameless, &both, Typ::Plain);
    assert_eq!(refused, Err(JwsError::Ambiguous));
    let none = Jwks::default();
    let refused = jws::verify(&nameless, &none, Typ::Plain);
    assert_eq!(refused, Err(JwsError::UnknownKey));
    let others = set(&[Algorithm::Es256]);
    let refused = jws::verify(&nameless, &others, Typ::Plain);
    assert_eq!(refused, Err(JwsError::OtherAlgorithm));
    // The other key's name does not make it the other key's token.
    let kid = first.public().kid().unwrap();
    let other = forged(&json!({"alg": "EdDSA", "kid": kid}).to_string(), b"{}");
    assert_eq!(
        jws::verify(&other, &both, Typ::Plain),
        Err(JwsError::Signature)
    );
    let token = jws::sign(&first, "JWT", b"{}").unwrap();
    let verified = jws::verify(&token, &both, Typ::Plain).unwrap();
    assert_eq!(verified.key, first.public());
}

/// A proof of possession brings its key, and nothing that should stay at home.
#[test]
fn a_proof_brings_a_public_key() {
    let typ = Typ::Is("dpop+jwt");
    let public = key(Algorithm::EdDsa).0.public();
    let proof = |jwk: Value| {
        let header = json!({"alg": "EdDSA", "typ": "dpop+jwt", "jwk": jwk}).to_string();
        jws::verify_embedded(&forged(&header, b"{}"), &[Algorithm::EdDsa], typ)
    };
    let mut jwk = Value::Object(public.to_jwk());
    let verified = proof(jwk.clone()).unwrap();
    assert_eq!(verified.key.thumbprint(), public.thumbprint());
    let another = SigningKey::generate(Algorithm::EdDsa).unwrap().0;
    let refused = proof(Value::Object(another.public().to_jwk()));
    assert_eq!(refused, Err(JwsError::Signature));
    let refused = proof(Value::Object(key(Algorithm::Es256).0.public().to_jwk()));
    let other = JwsError::EmbeddedKeyRefused(KeyError::OtherAlgorithm);
    assert_eq!(refused, Err(other));
    jwk["d"] = "AAAA".into();
    let secret = JwsError::EmbeddedKeyRefused(KeyError::Secret);
    assert_eq!(proof(jwk), Err(secret));
    let bare = forged(r#"{"alg":"EdDSA","typ":"dpop+jwt"}"#, b"{}");
    let refused = jws::verify_embedded(&bare, &[Algorithm::EdDsa], typ);
    assert_eq!(refused, Err(JwsError::NoEmbeddedKey));
    let refused = jws::verify_embedded(&bare, &[Algorithm::EdDsa], AT);
    assert_eq!(refused, Err(JwsError::OtherType));
}
