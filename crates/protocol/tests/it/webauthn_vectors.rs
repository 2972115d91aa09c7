//! The test vectors of WebAuthn L3 §16.
//!
//! They lie beside the project (`shared/data/webauthn`), or where `TENURE_WEBAUTHN_VECTORS` says. Each pair of a
//! registration and an assertion goes the way of the product. What is refused is listed with its reason.

use std::collections::BTreeMap;
use std::path::PathBuf;

use protocol::webauthn::{
    Assertion, Attestation, AttestationPolicy, Challenge, CoseFault, Descriptor, Refused,
    RelyingParty, Stored, UserVerification, authenticate, register,
};
use serde_json::{Value, json};

use crate::jose_keys::{base64url, hex};
use crate::webauthn_authenticator::{answer, handle};

/// The values of one ceremony by their names.
type Values = BTreeMap<String, Vec<u8>>;

/// The registrations and assertions of the specification, by their headings.
fn vectors() -> BTreeMap<String, (Values, Values)> {
    let folder = std::env::var_os("TENURE_WEBAUTHN_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/webauthn"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(folder.join("w3c/test_vectors_section.bs")) else {
        println!("skipped: the folder of vectors is not here (w3c/test_vectors_section.bs)");
        return BTreeMap::new();
    };
    let sections = text.split("\n## ").skip(1).filter_map(|section| {
        let (heading, body) = section.split_once(" ## ")?;
        let (made, used) = body.split_once("[=authentication ceremony|")?;
        Some((heading.to_owned(), (values(made), values(used))))
    });
    let found: BTreeMap<_, _> = sections.filter(|(_, (made, _))| !made.is_empty()).collect();
    assert_eq!(found.len(), 15, "{:?}", found.keys());
    found
}

/// Lines like `name = h'00ff'   ; comment`.
fn values(text: &str) -> Values {
    let lines = text.lines().filter_map(|line| {
        let (name, rest) = line.split_once(" = h'")?;
        let (digits, _) = rest.split_once('\'')?;
        Some((name.to_owned(), hex(digits)))
    });
    lines.collect()
}

fn party() -> RelyingParty {
    RelyingParty::new("example.org", "Example", &["https://example.org"]).unwrap()
}

fn challenge(values: &Values) -> Challenge {
    Challenge::new(*values["challenge"].first_chunk().unwrap())
}

fn made(values: &Values, policy: &AttestationPolicy) -> Result<register::Registered, Refused> {
    let response = json!({
        "clientDataJSON": base64url(&values["clientDataJSON"]),
        "attestationObject": base64url(&values["attestationObject"]),
    });
    let expect = register::Expect {
        party: &party(),
        challenge: &challenge(values),
        user_verification: UserVerification::Preferred,
        attestation: policy,
    };
    register::verify(&answer(&values["credential_id"], &response), &expect)
}

/// The assertion, with the signature or with one that is changed in one bit.
fn used(
    credential: &register::Registered,
    values: &Values,
    change: u8,
) -> Result<authenticate::Authenticated, Refused> {
    let mut signature = values["signature"].clone();
    *signature.last_mut().unwrap() ^= change;
    let response: Value = json!({
        "clientDataJSON": base64url(&values["clientDataJSON"]),
        "authenticatorData": base64url(&values["authenticatorData"]),
        "signature": base64url(&signature),
    });
    let id = &credential.credential_id;
    let stored = Stored {
        credential_id: id,
        public_key: &credential.public_key,
        algorithm: credential.algorithm,
        sign_count: credential.sign_count,
        backup_eligible: credential.backup_eligible,
        user_handle: &handle(),
    };
    let transports = Vec::new();
    let expect = authenticate::Expect {
        party: &party(),
        challenge: &challenge(values),
        allow: &[Descriptor {
            id: id.clone(),
            transports,
        }],
        user_verification: UserVerification::Preferred,
    };
    Assertion::read(&answer(id, &response))?.verify(&stored, &expect)
}

/// Registers and authenticates with each pair that has one of these headings.
fn accepted(policy: &AttestationPolicy, proved: Attestation, headings: &[&str]) {
    let vectors = vectors();
    for heading in headings.iter().filter(|_| !vectors.is_empty()) {
        let (registration, assertion) = &vectors[*heading];
        let made = made(registration, policy).unwrap();
        assert_eq!(made.attestation, proved, "{heading}");
        assert_eq!(
            made.aaguid.0.as_slice(),
            registration["aaguid"],
            "{heading}"
        );
        let found = used(&made, assertion, 0);
        assert!(found.is_ok(), "{heading}: {found:?}");
        assert_eq!(
            used(&made, assertion, 1),
            Err(Refused::Signature),
            "{heading}"
        );
    }
}

fn refused(reason: &Refused, headings: &[&str]) {
    let vectors = vectors();
    for heading in headings.iter().filter(|_| !vectors.is_empty()) {
        let refused = made(&vectors[*heading].0, &AttestationPolicy::None);
        assert_eq!(refused.as_ref(), Err(reason), "{heading}");
    }
}

/// With formats that are not spoken.
const FOREIGN: [&str; 3] = [
    "TPM Attestation with ES256 Credential",
    "Android Key Attestation with ES256 Credential",
    "Apple Anonymous Attestation with ES256 Credential",
];

#[test]
fn vectors_that_are_accepted() {
    let unattested = [
        "ES256 Credential with No Attestation",
        "ES256 Credential with very long credential ID",
    ];
    accepted(&AttestationPolicy::None, Attestation::None, &unattested);
    let own = ["ES256 Credential with Self Attestation"];
    accepted(&AttestationPolicy::SelfOrBetter, Attestation::Itself, &own);
    let certified = [
        "Packed Attestation with ES256 Credential",
        "Packed Attestation with ES384 Credential",
        "Packed Attestation with RS256 Credential",
        "Packed Attestation with Ed25519 Credential",
        "FIDO U2F Attestation with ES256 Credential",
    ];
    accepted(
        &AttestationPolicy::SelfOrBetter,
        Attestation::Certified,
        &certified,
    );
    accepted(&AttestationPolicy::Any, Attestation::None, &FOREIGN);
}

#[test]
fn vectors_that_are_refused() {
    let framed = [
        "ES256 Credential with \"crossOrigin\": true in clientDataJSON",
        "ES256 Credential with \"topOrigin\" in clientDataJSON",
    ];
    refused(&Refused::CrossOrigin, &framed);
    // Ed448 is not offered, nor is P-521, whose challenge moreover has 128 bytes.
    let other_key = ["Packed Attestation with Ed448 Credential"];
    refused(&Refused::Key(CoseFault::Algorithm), &other_key);
    let long = ["Packed Attestation with ES512 Credential"];
    refused(&Refused::Challenge, &long);
    refused(&Refused::Format, &FOREIGN);
}
