//! The parsers of WebAuthn, codes and recovery codes take any bytes and never panic, and verify nothing that
//! nobody signed.

use model::Timestamp;
use proptest::prelude::*;
use protocol::recovery;
use protocol::totp::Totp;
use protocol::webauthn::{
    Algorithm, Assertion, AttestationPolicy, Challenge, RelyingParty, Stored, UserVerification,
    authenticate,
};
use serde_json::json;

use crate::jose_keys::base64url;
use crate::scim_parsers::{Dice, Parser, rounds, spoil};
use crate::webauthn_authenticator::{
    CHALLENGE, Data, ORIGIN, Registration, answer, client_data, handle, party, registered,
};
use crate::webauthn_keys::{Cbor, Pair, certificate};

pub const PARSERS: [(&str, Parser); 5] = [
    ("registration", |bytes| {
        drop(registered(bytes, &AttestationPolicy::Any));
    }),
    ("attestation object", |bytes| {
        let registration = Registration::of_nobody();
        let response = registration.with_object(bytes);
        drop(registered(&response, &AttestationPolicy::Any));
    }),
    ("assertion", |bytes| {
        drop(Assertion::read(bytes).map(|assertion| verify(&assertion, bytes)));
    }),
    ("authenticator data, signature, key", |bytes| {
        let client_data = serde_json::Value::Object(client_data("webauthn.get")).to_string();
        let response = json!({
            "clientDataJSON": base64url(client_data.as_bytes()),
            "authenticatorData": base64url(bytes),
            "signature": base64url(bytes),
            "userHandle": base64url(handle().as_bytes()),
        });
        let assertion = Assertion::read(&answer(&[0xc1; 32], &response));
        if let Ok(assertion) = assertion {
            verify(&assertion, bytes);
        }
    }),
    ("texts", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let now = Timestamp::from_micros(59_000_000);
        let _ = Totp::new([7; 20]).verify(&text, now, None);
        drop(Totp::new([7; 20]).uri(&text, &text));
        if let Some(code) = recovery::normalise(&text) {
            assert_eq!(recovery::normalise(&code.printable()), Some(code));
        }
        drop(RelyingParty::new(&text, &text, &[&text, ORIGIN]));
    }),
];

/// Nothing that was spoiled is verified: nobody signed it.
fn verify(assertion: &Assertion, key: &[u8]) {
    let stored = Stored {
        credential_id: assertion.credential_id(),
        public_key: key,
        algorithm: Algorithm::Es256,
        sign_count: 0,
        backup_eligible: false,
        user_handle: &handle(),
    };
    let expect = authenticate::Expect {
        party: &party(),
        challenge: &Challenge::new(CHALLENGE),
        allow: &[],
        user_verification: UserVerification::Preferred,
    };
    assert!(assertion.verify(&stored, &expect).is_err());
}

impl Registration {
    /// One whose key nobody has: only for its client data.
    fn of_nobody() -> Self {
        Self {
            client_data: client_data("webauthn.create"),
            data: Data {
                rp_id: "example.com",
                flags: 0,
                count: 0,
                tail: Vec::new(),
            },
            id: vec![0xc1; 32],
        }
    }
}

/// Answers and attestation objects, whole, and pieces to spoil them with.
fn corpus() -> Vec<Vec<u8>> {
    let pair = Pair::p256();
    let registration = Registration::of(&pair);
    let signature = Cbor::Bytes(pair.sign(&registration.signed()));
    let chain = Cbor::Array(vec![Cbor::Bytes(certificate(
        &pair,
        "Authenticator Attestation",
        &[],
    ))]);
    let statement = Cbor::named(vec![
        ("alg", Cbor::Int(-7)),
        ("sig", signature),
        ("x5c", chain),
    ]);
    let object = Cbor::named(vec![
        ("fmt", Cbor::Text("packed")),
        ("attStmt", statement.clone()),
        ("authData", Cbor::Bytes(registration.data.written())),
    ]);
    vec![
        registration.answer("packed", statement),
        registration.unattested(),
        object.written(),
        registration.data.written(),
        Cbor::numbered(pair.cose()).written(),
        b"{\"id\":\"AQ\",\"rawId\":\"AQ\",\"type\":\"public-key\",\"response\":{\"userHandle\":null}}".to_vec(),
        b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58\x25".to_vec(),
        b"755224".to_vec(),
        b"0123A-BCDEF".to_vec(),
    ]
}

#[test]
fn no_parser_of_webauthn_panics_on_spoiled_input() {
    let corpus = corpus();
    let pieces = [
        "\u{1}\u{2}",
        "{\"a\":[",
        "AAAA",
        "xn--",
        "\u{7f}\u{0}",
        "\"challenge\":\"\"",
    ];
    for (name, parser) in PARSERS {
        for seed in &corpus {
            parser(seed);
        }
        for round in 0..rounds() {
            let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (round as u64 + 1));
            let mut input = corpus[dice.roll(corpus.len())].clone();
            for _ in 0..=dice.roll(6) {
                spoil(&mut input, &mut dice, &pieces);
            }
            let result = std::panic::catch_unwind(|| parser(&input));
            assert!(result.is_ok(), "{name}, round {round}: {input:02x?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_parser_of_webauthn_panics_on_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (_, parser) in PARSERS {
            parser(&bytes);
        }
    }
}
