//! Registrations, made by the authenticator in software: each thing that is refused, once.

use protocol::jose::KeyError;
use protocol::webauthn::{
    Algorithm, Attestation, AttestationPolicy, CborFault, CoseFault, DataFault, MAX_CREDENTIAL_ID,
    Refused, StatementFault, Transport,
};
use serde_json::{Value, json};

use crate::webauthn_authenticator::{FLAGS, MODEL, Registration, attested, registered};
use crate::webauthn_keys::{Cbor, Pair};

const POLICY: AttestationPolicy = AttestationPolicy::None;

/// Spoils a registration without attestation.
fn refused(spoil: impl Fn(&mut Registration)) -> Refused {
    let mut registration = Registration::of(&Pair::p256());
    spoil(&mut registration);
    registered(&registration.unattested(), &POLICY).unwrap_err()
}

/// With another key, written as these parameters.
fn refused_key(parameters: &[(i64, Cbor)]) -> Refused {
    refused(|registration| {
        let key = Cbor::numbered(parameters.to_vec()).written();
        registration.data.tail = attested(MODEL, &registration.id, &key);
    })
}

#[test]
fn a_credential_of_each_algorithm_is_registered() {
    for (number, pair) in Pair::each() {
        let mut registration = Registration::of(&pair);
        registration.data.flags = FLAGS | 0x18;
        registration.data.count = 7;
        let made = registered(&registration.unattested(), &POLICY).unwrap();
        assert_eq!(made.algorithm.number(), number);
        assert_eq!(Algorithm::numbered(number), Some(made.algorithm));
        assert_eq!(made.public_key, Cbor::numbered(pair.cose()).written());
        assert_eq!((made.credential_id, made.aaguid), (registration.id, MODEL));
        assert_eq!((made.sign_count, made.attestation), (7, Attestation::None));
        let flags = [made.user_verified, made.backup_eligible, made.backup_state];
        assert_eq!(flags, [true; 3]);
        assert_eq!(made.transports, [Transport::Hybrid, Transport::Internal]);
    }
}

#[test]
fn what_the_browser_says_is_refused() {
    let said = |name: &'static str, value: Value| {
        refused(|registration| {
            registration
                .client_data
                .insert(name.to_owned(), value.clone());
        })
    };
    assert_eq!(said("type", json!("webauthn.get")), Refused::Type);
    let other = "A".repeat(43);
    assert_eq!(said("challenge", json!(other)), Refused::Challenge);
    for origin in [
        "https://example.com",
        "https://id.example.com.evil.test",
        "https://xid.example.com",
    ] {
        assert_eq!(said("origin", json!(origin)), Refused::Origin);
    }
    assert_eq!(said("crossOrigin", json!(true)), Refused::CrossOrigin);
    assert_eq!(
        said("topOrigin", json!("https://id.example.com")),
        Refused::TopOrigin
    );
}

#[test]
fn what_the_authenticator_says_is_refused() {
    let other = refused(|registration| registration.data.rp_id = "id.example.com");
    assert_eq!(other, Refused::RpId);
    for (flags, reason) in [
        (FLAGS & !1, Refused::UserNotPresent),
        (FLAGS & !4, Refused::UserNotVerified),
        (FLAGS | 0x10, Refused::BackupState),
        (FLAGS & !0x40, DataFault::Trailing.into()),
        (FLAGS | 0x80, DataFault::Cbor(CborFault::CutOff).into()),
    ] {
        assert_eq!(
            refused(|registration| registration.data.flags = flags),
            reason
        );
    }
    let none = refused(|registration| {
        registration.data.flags = FLAGS & !0x40;
        registration.data.tail.clear();
    });
    assert_eq!(none, DataFault::NoCredential.into());
    let more = refused(|registration| registration.data.tail.push(0));
    assert_eq!(more, DataFault::Trailing.into());
    let cut = refused(|registration| registration.data.tail.truncate(60));
    assert_eq!(cut, DataFault::Cbor(CborFault::CutOff).into());
}

#[test]
fn ids_have_bounds_and_are_the_same() {
    let pair = Pair::p256();
    let key = Cbor::numbered(pair.cose()).written();
    let with_id = |outside: usize, inside: usize| {
        let mut registration = Registration::of(&pair);
        registration.id = vec![1; outside];
        registration.data.tail = attested(MODEL, &vec![1; inside], &key);
        registered(&registration.unattested(), &POLICY).map(|made| made.credential_id.len())
    };
    assert_eq!(
        with_id(MAX_CREDENTIAL_ID, MAX_CREDENTIAL_ID),
        Ok(MAX_CREDENTIAL_ID)
    );
    let most = MAX_CREDENTIAL_ID;
    for (outside, inside) in [(most + 1, most + 1), (most, most + 1), (0, 0), (32, 0)] {
        let length = Err(Refused::CredentialIdLength);
        assert_eq!(with_id(outside, inside), length);
    }
    assert_eq!(with_id(32, 33), Err(Refused::CredentialIds));
}

/// With this key, in which one parameter is another.
fn refused_with(pair: &Pair, number: i64, value: &Cbor) -> Refused {
    let mut parameters = pair.cose();
    for (known, parameter) in &mut parameters {
        if *known == number {
            *parameter = value.clone();
        }
    }
    refused_key(&parameters)
}

#[test]
fn a_key_is_of_its_algorithm() {
    let [(_, p256), (_, p384), (_, ed25519), (_, rsa)] = Pair::each();
    for (pair, number, value, fault) in [
        (&p256, 3, -8, CoseFault::Mismatch),
        (&p256, 3, -35, CoseFault::Mismatch),
        (&p256, 3, -257, CoseFault::Mismatch),
        (&p384, 3, -7, CoseFault::Mismatch),
        (&ed25519, 3, -7, CoseFault::Mismatch),
        (&rsa, 3, -7, CoseFault::Mismatch),
        (&p256, 3, -47, CoseFault::Algorithm),
        (&p256, 3, -36, CoseFault::Algorithm),
        (&rsa, 3, -65_535, CoseFault::Algorithm),
        (&rsa, 3, -37, CoseFault::Algorithm),
        (&p256, 3, 5, CoseFault::Algorithm),
        (&p256, 1, 1, CoseFault::Mismatch),
        (&p256, -1, 8, CoseFault::Mismatch),
        (&ed25519, -1, 7, CoseFault::Mismatch),
        // A sign bit in place of a coordinate.
        (&p256, -3, 1, CoseFault::Parameters),
    ] {
        let refused = refused_with(pair, number, &Cbor::Int(value));
        assert_eq!(refused, Refused::Key(fault), "{number}: {value}");
    }
}

#[test]
fn a_key_is_a_key() {
    let [(_, p256), _, (_, ed25519), (_, rsa)] = Pair::each();
    let bytes = |byte, length| Cbor::Bytes(vec![byte; length]);
    for (pair, number, value, fault) in [
        (&p256, -3, bytes(7, 32), CoseFault::NotOnCurve),
        (&p256, -3, bytes(7, 31), CoseFault::Length),
        (&p256, -2, bytes(7, 48), CoseFault::Length),
        (&ed25519, -2, bytes(7, 31), CoseFault::Length),
        (&ed25519, -2, bytes(0, 32), CoseFault::SmallOrder),
        (
            &rsa,
            -1,
            bytes(0xa7, 128),
            CoseFault::Rsa(KeyError::RsaSize(1024)),
        ),
        (
            &rsa,
            -1,
            bytes(0, 256),
            CoseFault::Rsa(KeyError::Encoding("n")),
        ),
        (&rsa, -2, bytes(1, 1), CoseFault::Rsa(KeyError::RsaBroken)),
    ] {
        let refused = refused_with(pair, number, &value);
        assert_eq!(refused, Refused::Key(fault));
    }
    // A parameter too many, and one too few.
    let mut more = p256.cose();
    more.push((2, bytes(1, 1)));
    for parameters in [&more[..], &more[..4]] {
        assert_eq!(refused_key(parameters), Refused::Key(CoseFault::Parameters));
    }
}

#[test]
fn cbor_has_one_reading() {
    let pair = Pair::p256();
    let mut twice = pair.cose();
    twice.push((3, Cbor::Int(-7)));
    let fault = |fault| Refused::from(DataFault::Cbor(fault));
    assert_eq!(refused_key(&twice), fault(CborFault::Twice));
    let registration = Registration::of(&pair);
    let object = |statement: Cbor| {
        Cbor::named(vec![
            ("fmt", Cbor::Text("none")),
            ("attStmt", statement),
            ("authData", Cbor::Bytes(registration.data.written())),
        ])
    };
    let refused =
        |object: &[u8]| registered(&registration.with_object(object), &POLICY).unwrap_err();
    let good = object(Cbor::Map(Vec::new())).written();
    assert!(registered(&registration.with_object(&good), &POLICY).is_ok());
    let trailing = [&good[..], &[0]].concat();
    assert_eq!(
        refused(&trailing),
        Refused::AttestationObject(CborFault::Trailing)
    );
    let mut nested = Cbor::Array(Vec::new());
    for _ in 0..4 {
        nested = Cbor::Array(vec![nested]);
    }
    let bomb = object(Cbor::named(vec![("a", nested)])).written();
    assert_eq!(
        refused(&bomb),
        Refused::AttestationObject(CborFault::TooDeep)
    );
    let indefinite = [&[0xbf], &good[1..], &[0xff]].concat();
    assert_eq!(
        refused(&indefinite),
        Refused::AttestationObject(CborFault::Indefinite)
    );
    let empty = Cbor::Map(Vec::new()).written();
    assert_eq!(refused(&empty), Refused::AttestationParts);
    let members = object(Cbor::named(vec![("sig", Cbor::Bytes(vec![1]))])).written();
    assert_eq!(refused(&members), StatementFault::Members.into());
}

#[test]
fn the_answer_is_what_a_browser_gives() {
    let good = Registration::of(&Pair::p256()).unattested();
    let good = String::from_utf8(good).unwrap();
    for (from, to, reason) in [
        (
            "\"type\":\"public-key\"",
            "\"type\":\"password\"",
            Refused::Member("type"),
        ),
        (
            "\"rawId\":\"wcHB",
            "\"rawId\":\"wcHC",
            Refused::CredentialIds,
        ),
        ("\"rawId\"", "\"raw\"", Refused::Member("rawId")),
        ("\"response\"", "\"respond\"", Refused::Member("response")),
        (
            "\"clientDataJSON\":\"",
            "\"clientDataJSON\":\"=",
            Refused::Member("clientDataJSON"),
        ),
        (
            "\"attestationObject\"",
            "\"object\"",
            Refused::Member("attestationObject"),
        ),
        ("\"carrier-pigeon\"", "7", Refused::Member("transports")),
        ("{", "{\"id\":\"\",", Refused::Response),
        ("{", "[", Refused::Response),
    ] {
        assert!(good.contains(from), "{from}");
        let spoiled = good.replacen(from, to, 1);
        assert_eq!(
            registered(spoiled.as_bytes(), &POLICY),
            Err(reason),
            "{from}"
        );
    }
    let long = format!("{good}{}", " ".repeat(64 << 10));
    assert_eq!(registered(long.as_bytes(), &POLICY), Err(Refused::Response));
}
