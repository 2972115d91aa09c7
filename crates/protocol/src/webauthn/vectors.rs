//! Answers of real authenticators, from the tests of fido2-net-lib (MIT).
//!
//! They lie beside the project (`shared/data/webauthn`), or where `TENURE_WEBAUTHN_VECTORS` says. Here and not
//! among the other tests, because most of their challenges have not 32 bytes, which a
//! [`Challenge`](super::Challenge) has to.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use serde_json::Value;

use super::register::{self, Expect};
use super::{
    Assertion, Attestation, AttestationPolicy, Challenge, CoseFault, Descriptor, Refused,
    Registered, RelyingParty, Stored, UserHandle, UserVerification, authenticate,
};
use crate::jose::base64url;

fn file(name: &str) -> Option<Value> {
    let folder = std::env::var_os("TENURE_WEBAUTHN_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/webauthn"),
        PathBuf::from,
    );
    let Ok(bytes) = std::fs::read(folder.join("fido2-net-lib").join(name)) else {
        println!("skipped: the folder of vectors is not here ({name})");
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}

fn party(id: &str, origin: &str) -> RelyingParty {
    RelyingParty::new(id, "Test", &[origin]).unwrap()
}

/// Registers the answer in one file with the challenge in the other.
fn made(
    options: &str,
    response: &str,
    policy: &AttestationPolicy,
) -> Option<Result<Registered, Refused>> {
    let (options, response) = (file(options)?, file(response)?);
    let challenge = options["challenge"].as_str().unwrap().trim_end_matches('=');
    let party = match options["rp"]["id"].as_str() {
        Some("localhost") => party("localhost", "https://localhost:44329"),
        _ => party("6cc3c9e7967a.ngrok.io", "https://6cc3c9e7967a.ngrok.io"),
    };
    Some(answered(challenge, &response, &party, policy))
}

fn answered(
    challenge: &str,
    response: &Value,
    party: &RelyingParty,
    attestation: &AttestationPolicy,
) -> Result<Registered, Refused> {
    let expect = Expect {
        party,
        challenge: &Challenge::new([0; 32]),
        user_verification: UserVerification::Preferred,
        attestation,
    };
    register::against(response.to_string().as_bytes(), challenge, &expect)
}

#[test]
fn registrations_of_real_authenticators() {
    let registered = [
        ("OptionsNone", "ResultsNone", Attestation::None),
        ("NoneOptions", "NoneResponse", Attestation::None),
        ("OptionsPacked", "ResultsPacked", Attestation::Certified),
        ("OptionsATKey", "ResultsATKey", Attestation::Certified),
        (
            "OptionsTrustKeyT110",
            "ResultTrustKeyT110",
            Attestation::Certified,
        ),
        ("OptionsU2F", "ResultsU2F", Attestation::Certified),
    ];
    let name = |stem: &str| format!("attestation{stem}.json");
    for (options, response, expected) in registered {
        let made = made(&name(options), &name(response), &AttestationPolicy::None);
        let Some(made) = made else { return };
        assert_eq!(
            made.map(|made| made.attestation),
            Ok(expected),
            "{response}"
        );
    }
    let old = made("options1.json", "json1.json", &AttestationPolicy::None);
    let old = old.map(|made| made.map(|made| made.attestation));
    assert_eq!(old, Some(Ok(Attestation::Certified)));
    // ECDSA on P-521 and RSA with SHA-1 are not offered.
    let foreign = [
        ("OptionsPacked512", "ResultsPacked512"),
        ("TPMSHA1Options", "TPMSHA1Response"),
    ];
    for (options, response) in foreign {
        let refused = made(&name(options), &name(response), &AttestationPolicy::Any);
        assert_eq!(refused, Some(Err(Refused::Key(CoseFault::Algorithm))));
    }
}

#[test]
fn formats_that_are_not_spoken() {
    for stem in ["AndroidKey", "TPMSHA256"] {
        let (options, response) = (
            format!("attestation{stem}Options.json"),
            format!("attestation{stem}Response.json"),
        );
        let refused = made(&options, &response, &AttestationPolicy::None);
        let Some(refused) = refused else { return };
        assert_eq!(refused, Err(Refused::Format), "{stem}");
        let passed = made(&options, &response, &AttestationPolicy::Any);
        let passed = passed.map(|made| made.map(|made| made.attestation));
        assert_eq!(passed, Some(Ok(Attestation::None)), "{stem}");
    }
}

/// The ids around the answer in this file are those of another one.
#[test]
fn an_answer_with_the_id_of_another() {
    let (options, response) = (
        "attestationAppleOptions.json",
        "attestationAppleResponse.json",
    );
    let refused = made(options, response, &AttestationPolicy::Any);
    assert!(refused.is_none_or(|refused| refused == Err(Refused::CredentialIds)));
}

/// The options beside it are those of another registration, and it is older than `type`.
#[test]
fn a_registration_with_the_options_of_another() {
    let policy = AttestationPolicy::None;
    let (Some(options), Some(mut response)) = (file("options2.json"), file("json2.json")) else {
        return;
    };
    let party = party("webauthn.org", "https://webauthn.org");
    let typeless = answered("", &response, &party, &policy);
    assert_eq!(typeless, Err(Refused::Member("type")));
    response["type"] = "public-key".into();
    let other = options["challenge"].as_str().unwrap().trim_end_matches('=');
    let refused = answered(other, &response, &party, &policy);
    assert_eq!(refused, Err(Refused::Challenge));
    let own =
        "uVX88IgRa0SSrMIRT_q7cRcdfgfRBxCgn_pkpUAnXJK2zOb307wd1OLXQ0AuNaMtBR3amk6HYzp-_VxJTPpwGw";
    let made = answered(own, &response, &party, &policy);
    assert_eq!(
        made.map(|made| made.attestation),
        Ok(Attestation::Certified)
    );
}

#[test]
fn an_assertion_of_a_real_authenticator() {
    let names = (
        "attestationNoneOptions.json",
        "attestationNoneResponse.json",
    );
    let Some(made) = made(names.0, names.1, &AttestationPolicy::None) else {
        return;
    };
    let made = made.unwrap();
    let (options, response) = (
        file("assertionNoneOptions.json"),
        file("assertionNoneResponse.json"),
    );
    let (options, mut response) = (options.unwrap(), response.unwrap());
    // In the file the signature is written in hexadecimal digits, which nobody there verifies.
    let digits = response["response"]["signature"]
        .as_str()
        .unwrap()
        .as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    let signature: Vec<u8> = digits.chunks(2).map(byte).collect();
    response["response"]["signature"] = base64url::encode(signature).into();
    let response = response.to_string();
    let handle = UserHandle::new(b"anyone").unwrap();
    let stored = Stored {
        credential_id: &made.credential_id,
        public_key: &made.public_key,
        algorithm: made.algorithm,
        sign_count: made.sign_count,
        backup_eligible: made.backup_eligible,
        user_handle: &handle,
    };
    let id = made.credential_id.clone();
    let expect = authenticate::Expect {
        party: &party("localhost", "https://localhost:44329"),
        challenge: &Challenge::new([0; 32]),
        allow: &[Descriptor {
            id,
            transports: Vec::new(),
        }],
        user_verification: UserVerification::Preferred,
    };
    let assertion = Assertion::read(response.as_bytes()).unwrap();
    let challenge = options["challenge"].as_str().unwrap();
    let found = assertion.against(&stored, challenge, &expect).unwrap();
    assert_eq!(found.sign_count, 0x34);
}
