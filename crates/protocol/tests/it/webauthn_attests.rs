//! Attestation, made by the authenticator in software: each thing that is refused, once.

use protocol::webauthn::{Aaguid, Attestation, AttestationPolicy, Refused, StatementFault};

use crate::webauthn_authenticator::{MODEL, Registration, registered};
use crate::webauthn_keys::{Cbor, Pair, certificate, constraints, model};

const POLICY: AttestationPolicy = AttestationPolicy::None;

/// A packed statement, signed by this key.
fn packed(signer: &Pair, alg: i64, signed: &[u8], certificate: Option<Vec<u8>>) -> Cbor {
    let signature = Cbor::Bytes(signer.sign(signed));
    let mut members = vec![("alg", Cbor::Int(alg)), ("sig", signature)];
    if let Some(certificate) = certificate {
        members.push(("x5c", Cbor::Array(vec![Cbor::Bytes(certificate)])));
    }
    Cbor::named(members)
}

#[test]
fn self_attestation_is_the_credentials_own() {
    let demanded = AttestationPolicy::SelfOrBetter;
    for (alg, pair) in Pair::each() {
        let registration = Registration::of(&pair);
        let attest = |signer: &Pair, alg, signed: &[u8]| {
            let statement = packed(signer, alg, signed, None);
            let made = registered(&registration.answer("packed", statement), &demanded);
            made.map(|made| made.attestation)
        };
        let signed = registration.signed();
        assert_eq!(attest(&pair, alg, &signed), Ok(Attestation::Itself));
        let wrong = Err(Refused::Statement(StatementFault::Signature));
        assert_eq!(attest(&pair, alg, &signed[1..]), wrong);
        // The algorithm is the credential's, not the statement's.
        let other = if alg == -7 { -8 } else { -7 };
        for alg in [other, -47] {
            let wrong = Err(Refused::Statement(StatementFault::Algorithm));
            assert_eq!(attest(&pair, alg, &signed), wrong);
        }
    }
    let pair = Pair::p256();
    let registration = Registration::of(&pair);
    let foreign = packed(&Pair::p256(), -7, &registration.signed(), None);
    let wrong = registered(&registration.answer("packed", foreign), &demanded);
    assert_eq!(wrong, Err(StatementFault::Signature.into()));
    let none = registered(&registration.unattested(), &demanded);
    assert_eq!(none, Err(Refused::Unattested));
}

#[test]
fn a_certificate_has_signed_and_is_for_the_model() {
    let (credential, maker) = (Pair::p256(), Pair::p256());
    let registration = Registration::of(&credential);
    let models = |listed| AttestationPolicy::Models(vec![listed]);
    let attest = |signer: &Pair, alg, certificate: Vec<u8>, policy: &AttestationPolicy| {
        let statement = packed(signer, alg, &registration.signed(), Some(certificate));
        let made = registered(&registration.answer("packed", statement), policy);
        made.map(|made| made.attestation)
    };
    let unit = "Authenticator Attestation";
    let good = certificate(&maker, unit, &[constraints(false), model(MODEL, false)]);
    let certified = Ok(Attestation::Certified);
    assert_eq!(attest(&maker, -7, good.clone(), &models(MODEL)), certified);
    assert_eq!(
        attest(&maker, -7, good.clone(), &AttestationPolicy::SelfOrBetter),
        certified
    );
    let unnamed = certificate(&maker, unit, &[constraints(false)]);
    assert_eq!(attest(&maker, -7, unnamed, &models(MODEL)), certified);
    let other = Aaguid([9; 16]);
    assert_eq!(
        attest(&maker, -7, good.clone(), &models(other)),
        Err(Refused::Model)
    );
    let trailing = [&good[..], &[0]].concat();
    let cases = [
        (&credential, -7, good.clone(), StatementFault::Signature),
        (&maker, -8, good.clone(), StatementFault::Algorithm),
        (&maker, -35, good.clone(), StatementFault::Algorithm),
        (&maker, -257, good, StatementFault::Algorithm),
        (&maker, -7, trailing, StatementFault::Certificate),
        (&maker, -7, vec![0x30, 0], StatementFault::Certificate),
        (
            &maker,
            -7,
            certificate(&maker, "Else", &[]),
            StatementFault::CertificateForm,
        ),
        (
            &maker,
            -7,
            certificate(&maker, unit, &[constraints(true)]),
            StatementFault::CertificateForm,
        ),
        (
            &maker,
            -7,
            certificate(&maker, unit, &[model(MODEL, true)]),
            StatementFault::CertificateForm,
        ),
        (
            &maker,
            -7,
            certificate(&maker, unit, &[model(other, false)]),
            StatementFault::Model,
        ),
    ];
    for (at, (signer, alg, certificate, fault)) in cases.into_iter().enumerate() {
        let answer = attest(signer, alg, certificate, &POLICY);
        assert_eq!(answer, Err(fault.into()), "case {at}");
    }
    let own = packed(&credential, -7, &registration.signed(), None);
    let own = registered(&registration.answer("packed", own), &models(MODEL));
    assert_eq!(own, Err(Refused::Unattested));
    let none = Cbor::named(vec![
        ("alg", Cbor::Int(-7)),
        ("sig", Cbor::Bytes(credential.sign(&registration.signed()))),
        ("x5c", Cbor::Array(Vec::new())),
    ]);
    let none = registered(&registration.answer("packed", none), &POLICY);
    assert_eq!(none, Err(StatementFault::Certificate.into()));
}

#[test]
fn u2f_signs_the_point() {
    let (credential, maker) = (Pair::p256(), Pair::p256());
    let attest = |credential: &Pair, chain: usize, first: u8| {
        let registration = Registration::of(credential);
        let Cbor::Bytes(x) = credential.cose()[3].1.clone() else {
            panic!("x")
        };
        let Cbor::Bytes(y) = credential.cose().pop().unwrap().1 else {
            panic!("y")
        };
        let rp_id_hash = &registration.data.written()[..32];
        let id = &registration.id;
        let signed = [
            &[first][..],
            rp_id_hash,
            &registration.hash(),
            id,
            &[4],
            &x,
            &y,
        ]
        .concat();
        let certificate = Cbor::Bytes(certificate(&maker, "any", &[]));
        let statement = Cbor::named(vec![
            ("sig", Cbor::Bytes(maker.sign(&signed))),
            ("x5c", Cbor::Array(vec![certificate; chain])),
        ]);
        let answer = registration.answer("fido-u2f", statement);
        registered(&answer, &POLICY).map(|made| made.attestation)
    };
    assert_eq!(attest(&credential, 1, 0), Ok(Attestation::Certified));
    let fault = |fault| Err(Refused::Statement(fault));
    assert_eq!(attest(&credential, 1, 1), fault(StatementFault::Signature));
    assert_eq!(
        attest(&credential, 2, 0),
        fault(StatementFault::Certificate)
    );
    assert_eq!(
        attest(&credential, 0, 0),
        fault(StatementFault::Certificate)
    );
    let [_, (_, p384), ..] = Pair::each();
    assert_eq!(attest(&p384, 1, 0), fault(StatementFault::Algorithm));
}

#[test]
fn formats_that_are_not_spoken_are_passed_over_only_where_nothing_is_asked() {
    let registration = Registration::of(&Pair::p256());
    for format in [
        "tpm",
        "android-key",
        "apple",
        "android-safetynet",
        "compound",
        "Packed",
        "",
    ] {
        let statement = Cbor::named(vec![("ver", Cbor::Text("2.0"))]);
        let answer = registration.answer(format, statement);
        let made = registered(&answer, &AttestationPolicy::Any).unwrap();
        assert_eq!(made.attestation, Attestation::None);
        for policy in [
            POLICY,
            AttestationPolicy::SelfOrBetter,
            AttestationPolicy::Models(vec![MODEL]),
        ] {
            assert_eq!(
                registered(&answer, &policy),
                Err(Refused::Format),
                "{format}"
            );
        }
    }
}
