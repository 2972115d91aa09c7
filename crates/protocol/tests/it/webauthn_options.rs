//! What browsers are asked, in JSON, member for member.

use protocol::webauthn::{
    AttestationPolicy, Challenge, CreationOptions, Descriptor, RequestOptions, Transport,
    UserVerification,
};
use serde_json::json;

use crate::webauthn_authenticator::{CHALLENGE, MODEL, handle, party};

fn known() -> Vec<Descriptor> {
    vec![Descriptor {
        id: vec![1, 2, 3],
        transports: vec![Transport::Usb, Transport::SmartCard],
    }]
}

#[test]
fn creation_options_are_those_of_level_3() {
    let options = CreationOptions {
        party: &party(),
        challenge: &Challenge::new(CHALLENGE),
        user_handle: &handle(),
        user_name: "ann",
        display_name: "Ann Archer",
        exclude: &known(),
        user_verification: UserVerification::Required,
        attestation: &AttestationPolicy::Models(vec![MODEL]),
        timeout_ms: 300_000,
    };
    let expected = json!({
        "rp": {"id": "example.com", "name": "Example"},
        "user": {
            "id": "7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u4",
            "name": "ann", "displayName": "Ann Archer",
        },
        "challenge": "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo",
        "pubKeyCredParams": [
            {"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -8},
            {"type": "public-key", "alg": -35}, {"type": "public-key", "alg": -257},
        ],
        "timeout": 300_000,
        "excludeCredentials": [
            {"type": "public-key", "id": "AQID", "transports": ["usb", "smart-card"]},
        ],
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
        },
        "attestation": "direct",
    });
    assert_eq!(options.to_json(), expected);
    for policy in [AttestationPolicy::None, AttestationPolicy::Any] {
        let options = CreationOptions {
            attestation: &policy,
            ..options
        };
        assert_eq!(options.to_json()["attestation"], "none");
    }
}

#[test]
fn request_options_are_those_of_level_3() {
    let options = RequestOptions {
        party: &party(),
        challenge: &Challenge::new(CHALLENGE),
        allow: &[],
        user_verification: UserVerification::Preferred,
        timeout_ms: 60_000,
    };
    let expected = json!({
        "rpId": "example.com",
        "challenge": "WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlo",
        "timeout": 60_000,
        "allowCredentials": [],
        "userVerification": "preferred",
    });
    assert_eq!(options.to_json(), expected);
    let options = RequestOptions {
        allow: &known(),
        ..options
    };
    assert_eq!(options.to_json()["allowCredentials"][0]["id"], "AQID");
}
