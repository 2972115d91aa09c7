//! Assertions, made by the authenticator in software: each thing that is refused, once.

use aws_lc_rs::digest::{SHA256, digest};
use protocol::webauthn::{
    Algorithm, Assertion, AttestationPolicy, Authenticated, Challenge, DataFault, Descriptor,
    Refused, Registered, Stored, UserHandle, UserVerification, authenticate,
};
use serde_json::{Map, Value, json};

use crate::jose_keys::base64url;
use crate::webauthn_authenticator::{
    CHALLENGE, Data, MODEL, Registration, answer, attested, client_data, handle, party, registered,
};
use crate::webauthn_keys::Pair;

/// An assertion in pieces, and what it is verified with.
struct Case {
    pair: Pair,
    credential: Registered,
    owner: UserHandle,
    client_data: Map<String, Value>,
    data: Data,
    id: Vec<u8>,
    handle: Option<Vec<u8>>,
    allow: Vec<Descriptor>,
    user_verification: UserVerification,
    /// One bit of the signature.
    spoiled: bool,
}

impl Case {
    fn of(pair: Pair) -> Self {
        let registration = Registration::of(&pair);
        let credential = registered(&registration.unattested(), &AttestationPolicy::None).unwrap();
        Self {
            id: credential.credential_id.clone(),
            credential,
            pair,
            owner: handle(),
            client_data: client_data("webauthn.get"),
            data: Data {
                rp_id: "example.com",
                flags: 5,
                count: 0,
                tail: Vec::new(),
            },
            handle: Some(handle().as_bytes().to_vec()),
            allow: Vec::new(),
            user_verification: UserVerification::Required,
            spoiled: false,
        }
    }

    fn response(&self) -> Vec<u8> {
        let client_data = Value::Object(self.client_data.clone()).to_string();
        let data = self.data.written();
        let hash = digest(&SHA256, client_data.as_bytes());
        let mut signature = self.pair.sign(&[&data, hash.as_ref()].concat());
        if self.spoiled {
            *signature.last_mut().unwrap() ^= 1;
        }
        let response = json!({
            "clientDataJSON": base64url(client_data.as_bytes()),
            "authenticatorData": base64url(&data),
            "signature": base64url(&signature),
            "userHandle": self.handle.as_ref().map(|handle| base64url(handle)),
        });
        answer(&self.id, &response)
    }

    fn verified(&self) -> Result<Authenticated, Refused> {
        let assertion = Assertion::read(&self.response())?;
        assert_eq!(assertion.credential_id(), self.id);
        let stored = Stored {
            credential_id: &self.credential.credential_id,
            public_key: &self.credential.public_key,
            algorithm: self.credential.algorithm,
            sign_count: self.credential.sign_count,
            backup_eligible: self.credential.backup_eligible,
            user_handle: &self.owner,
        };
        let expect = authenticate::Expect {
            party: &party(),
            challenge: &Challenge::new(CHALLENGE),
            allow: &self.allow,
            user_verification: self.user_verification,
        };
        assertion.verify(&stored, &expect)
    }
}

fn refused(spoil: impl FnOnce(&mut Case)) -> Refused {
    let mut case = Case::of(Pair::p256());
    spoil(&mut case);
    case.verified().unwrap_err()
}

fn allowed(id: &[u8]) -> Descriptor {
    let transports = Vec::new();
    Descriptor {
        id: id.to_vec(),
        transports,
    }
}

#[test]
fn a_credential_of_each_algorithm_authenticates() {
    for (_, pair) in Pair::each() {
        let mut case = Case::of(pair);
        let found = case.verified().unwrap();
        assert_eq!((found.user_verified, found.backup_state), (true, false));
        assert_eq!((found.sign_count, found.user_handle), (0, Some(handle())));
        case.spoiled = true;
        assert_eq!(case.verified(), Err(Refused::Signature));
    }
}

#[test]
fn a_second_factor_needs_no_handle_and_a_passkey_does() {
    let mut case = Case::of(Pair::p256());
    for handle in [None, Some(Vec::new())] {
        case.handle = handle;
        case.allow.clear();
        assert_eq!(case.verified(), Err(Refused::UserHandleMissing));
        case.allow = vec![allowed(b"other"), allowed(&case.id)];
        assert_eq!(case.verified().unwrap().user_handle, None);
    }
    case.handle = Some(vec![1; 32]);
    assert_eq!(case.verified(), Err(Refused::UserHandle));
    case.allow.clear();
    assert_eq!(case.verified(), Err(Refused::UserHandle));
}

#[test]
fn the_credential_is_the_one_that_was_asked_for() {
    assert_eq!(
        refused(|case| case.allow = vec![allowed(b"other")]),
        Refused::NotAskedFor
    );
    assert_eq!(
        refused(|case| case.id = b"other".to_vec()),
        Refused::OtherCredential
    );
}

#[test]
fn what_the_browser_says_is_refused() {
    let said = |name: &str, value: Value| {
        refused(|case| drop(case.client_data.insert(name.to_owned(), value)))
    };
    assert_eq!(said("type", json!("webauthn.create")), Refused::Type);
    let other = base64url(&[0x5b; 32]);
    assert_eq!(said("challenge", json!(other)), Refused::Challenge);
    assert_eq!(
        said("origin", json!("https://example.com")),
        Refused::Origin
    );
    assert_eq!(said("crossOrigin", json!(true)), Refused::CrossOrigin);
    assert_eq!(
        said("topOrigin", json!("https://id.example.com")),
        Refused::TopOrigin
    );
}

#[test]
fn what_the_authenticator_says_is_refused() {
    assert_eq!(
        refused(|case| case.data.rp_id = "example.org"),
        Refused::RpId
    );
    assert_eq!(refused(|case| case.data.flags = 4), Refused::UserNotPresent);
    assert_eq!(
        refused(|case| case.data.flags = 1),
        Refused::UserNotVerified
    );
    assert_eq!(refused(|case| case.data.flags = 0x15), Refused::BackupState);
    assert_eq!(
        refused(|case| case.data.tail = vec![0]),
        DataFault::Trailing.into()
    );
    let credential = refused(|case| {
        case.data.flags = 0x45;
        case.data.tail = attested(MODEL, b"id", &case.credential.public_key);
    });
    assert_eq!(credential, DataFault::Credential.into());
    let mut preferred = Case::of(Pair::p256());
    preferred.user_verification = UserVerification::Preferred;
    preferred.data.flags = 1;
    assert!(!preferred.verified().unwrap().user_verified);
}

#[test]
fn eligibility_for_backup_does_not_change() {
    assert_eq!(
        refused(|case| case.data.flags = 0x0d),
        Refused::BackupEligibility
    );
    assert_eq!(
        refused(|case| case.credential.backup_eligible = true),
        Refused::BackupEligibility
    );
    let mut case = Case::of(Pair::p256());
    case.credential.backup_eligible = true;
    for (flags, state) in [(0x0d, false), (0x1d, true)] {
        case.data.flags = flags;
        assert_eq!(case.verified().unwrap().backup_state, state);
    }
}

#[test]
fn a_counter_grows_or_is_not_used() {
    let mut case = Case::of(Pair::p256());
    let mut verified = |stored, said| {
        case.credential.sign_count = stored;
        case.data.count = said;
        case.verified().map(|found| found.sign_count)
    };
    for (stored, said) in [(0, 0), (0, 1), (1, 2), (7, u32::MAX)] {
        assert_eq!(verified(stored, said), Ok(said));
    }
    for (stored, said) in [(1, 1), (2, 1), (1, 0), (u32::MAX, 0), (u32::MAX, u32::MAX)] {
        assert_eq!(verified(stored, said), Err(Refused::PossibleClone));
    }
    // A wrong signature is no sign of a copy.
    let forged = refused(|case| {
        case.credential.sign_count = 9;
        case.spoiled = true;
    });
    assert_eq!(forged, Refused::Signature);
}

#[test]
fn the_key_is_the_stored_one_with_its_algorithm() {
    let other = registered(
        &Registration::of(&Pair::p256()).unattested(),
        &AttestationPolicy::None,
    );
    let other = other.unwrap().public_key;
    assert_eq!(
        refused(|case| case.credential.public_key = other),
        Refused::Signature
    );
    for algorithm in [Algorithm::EdDsa, Algorithm::Es384, Algorithm::Rs256] {
        let confused = refused(|case| case.credential.algorithm = algorithm);
        assert_eq!(confused, Refused::StoredKey);
    }
    assert_eq!(
        refused(|case| case.credential.public_key.push(0)),
        Refused::StoredKey
    );
    assert_eq!(
        refused(|case| case.credential.public_key.clear()),
        Refused::StoredKey
    );
}
