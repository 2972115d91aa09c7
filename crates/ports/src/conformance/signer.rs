//! What everybody who holds signing keys must do.

use crate::Sealed;
use crate::signer::{KeyName, Signer, SignerError, SigningUse};

/// Whether a signature over a message is that of a JWK, by an algorithm: algorithm, JWK, message, signature.
pub type Verifies<'a> =
    dyn Fn(&str, &serde_json::Map<String, serde_json::Value>, &[u8], &[u8]) -> bool + 'a;

/// A message of each purpose, in its form.
fn message(purpose: SigningUse) -> &'static [u8] {
    match purpose {
        SigningUse::Jws => b"eyJhbGciOiJFUzI1NiJ9.e30",
        SigningUse::Saml => b"<ds:SignedInfo/>",
    }
}

/// Runs the whole suite.
pub fn conforms(signer: &dyn Signer, verifies: &Verifies<'_>) {
    signs_by_each_algorithm_for_its_purpose(signer, verifies);
    refuses_to_sign_for_the_other_purpose(signer);
    forgets_and_is_shown_again(signer);
    refuses_what_it_did_not_make(signer);
    refuses_algorithms_that_are_not_signed_by(signer);
}

fn signs_by_each_algorithm_for_its_purpose(signer: &dyn Signer, verifies: &Verifies<'_>) {
    let before = signer.held().unwrap().len();
    let all = [
        (SigningUse::Jws, "ES256"),
        (SigningUse::Jws, "EdDSA"),
        (SigningUse::Jws, "RS256"),
        (SigningUse::Jws, "PS256"),
        (SigningUse::Saml, "RS256"),
    ];
    for (purpose, algorithm) in all {
        let made = signer.generate(purpose, algorithm).unwrap();
        let key = KeyName {
            purpose,
            algorithm,
            kid: &made.kid,
        };
        let signature = signer.sign(key, message(purpose)).unwrap();
        assert!(
            verifies(algorithm, &made.public, message(purpose), &signature),
            "{algorithm}"
        );
        assert!(
            !verifies(algorithm, &made.public, b"something else", &signature),
            "{algorithm}"
        );
        let held = signer.held().unwrap();
        let own = held.iter().find(|one| one.public == made.public).unwrap();
        assert_eq!((own.purpose, own.algorithm.as_str()), (purpose, algorithm));
    }
    assert_eq!(signer.held().unwrap().len(), before + all.len());
}

fn refuses_to_sign_for_the_other_purpose(signer: &dyn Signer) {
    for (mine, other) in [
        (SigningUse::Jws, SigningUse::Saml),
        (SigningUse::Saml, SigningUse::Jws),
    ] {
        let made = signer.generate(mine, "RS256").unwrap();
        let key = |purpose| KeyName {
            purpose,
            algorithm: "RS256",
            kid: &made.kid,
        };
        // Under its own name, what the other one signs; under the other's name, anything.
        for (asked, said) in [(mine, other), (other, other), (other, mine)] {
            let refused = signer.sign(key(asked), message(said));
            assert!(
                matches!(refused, Err(SignerError::Refused(_))),
                "{refused:?}"
            );
        }
        signer.forget(&made.kid).unwrap();
        // Nor is it taken for the other one when it is shown again.
        let refused = signer.show(key(other), &made.sealed);
        assert!(
            matches!(refused, Err(SignerError::Refused(_))),
            "{refused:?}"
        );
        signer.show(key(mine), &made.sealed).unwrap();
        signer.sign(key(mine), message(mine)).unwrap();
    }
}

fn forgets_and_is_shown_again(signer: &dyn Signer) {
    let made = signer.generate(SigningUse::Jws, "ES256").unwrap();
    let key = KeyName {
        purpose: SigningUse::Jws,
        algorithm: "ES256",
        kid: &made.kid,
    };
    let said = message(SigningUse::Jws);
    signer.forget(&made.kid).unwrap();
    signer.forget(&made.kid).unwrap();
    assert_eq!(signer.sign(key, said), Err(SignerError::NotHeld));
    signer.show(key, &made.sealed).unwrap();
    signer.sign(key, said).unwrap();
}

fn refuses_what_it_did_not_make(signer: &dyn Signer) {
    let made = signer.generate(SigningUse::Jws, "ES256").unwrap();
    let other = signer.generate(SigningUse::Jws, "ES256").unwrap();
    let key = KeyName {
        purpose: SigningUse::Jws,
        algorithm: "ES256",
        kid: &made.kid,
    };
    let mut bent = made.sealed.clone();
    if let Some(last) = bent.bytes.last_mut() {
        *last ^= 1;
    }
    let strange = Sealed {
        key: "k0000000000000000".to_owned(),
        bytes: made.sealed.bytes.clone(),
    };
    for wrong in [bent, strange, other.sealed] {
        let refused = signer.show(key, &wrong);
        assert!(
            matches!(refused, Err(SignerError::Refused(_))),
            "{refused:?}"
        );
    }
}

fn refuses_algorithms_that_are_not_signed_by(signer: &dyn Signer) {
    let all = [
        (SigningUse::Jws, "none"),
        (SigningUse::Jws, "HS256"),
        (SigningUse::Jws, "ES384"),
        (SigningUse::Jws, ""),
        (SigningUse::Saml, "EdDSA"),
        (SigningUse::Saml, "PS256"),
    ];
    for (purpose, algorithm) in all {
        let refused = signer.generate(purpose, algorithm);
        assert!(
            matches!(refused, Err(SignerError::Refused(_))),
            "{refused:?}"
        );
    }
}
