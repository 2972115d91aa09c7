//! An authenticator in software, with keys of its own, that also does what none should.

use aws_lc_rs::digest::{SHA256, digest};
use protocol::webauthn::{
    Aaguid, AttestationPolicy, Challenge, RelyingParty, UserHandle, UserVerification, register,
};
use serde_json::{Map, Value, json};

use crate::jose_keys::base64url;
use crate::webauthn_keys::{Cbor, Pair};

pub const ORIGIN: &str = "https://id.example.com";
pub const CHALLENGE: [u8; 32] = [0x5a; 32];
pub const MODEL: Aaguid = Aaguid([0xa1; 16]);
/// User present, user verified, attested credential data.
pub const FLAGS: u8 = 0x45;

pub fn party() -> RelyingParty {
    RelyingParty::new("example.com", "Example", &[ORIGIN]).unwrap()
}

pub fn handle() -> UserHandle {
    UserHandle::new(&[0xee; 32]).unwrap()
}

/// What is verified with where a test says nothing else.
pub fn registered(
    response: &[u8],
    attestation: &AttestationPolicy,
) -> Result<register::Registered, protocol::webauthn::Refused> {
    let expect = register::Expect {
        party: &party(),
        challenge: &Challenge::new(CHALLENGE),
        user_verification: UserVerification::Required,
        attestation,
    };
    register::verify(response, &expect)
}

/// Authenticator data in pieces.
#[derive(Clone)]
pub struct Data {
    pub rp_id: &'static str,
    pub flags: u8,
    pub count: u32,
    /// Behind the counter: credential and extensions.
    pub tail: Vec<u8>,
}

impl Data {
    pub fn written(&self) -> Vec<u8> {
        let hash = digest(&SHA256, self.rp_id.as_bytes());
        let count = self.count.to_be_bytes();
        [hash.as_ref(), &[self.flags], &count, &self.tail].concat()
    }
}

/// A credential as it stands in authenticator data.
pub fn attested(model: Aaguid, id: &[u8], key: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap().to_be_bytes();
    [&model.0[..], &length, id, key].concat()
}

/// Client data as a browser makes it.
pub fn client_data(kind: &str) -> Map<String, Value> {
    let made = json!({
        "type": kind, "challenge": base64url(&CHALLENGE), "origin": ORIGIN, "crossOrigin": false,
    });
    made.as_object().unwrap().clone()
}

/// What `toJSON()` gives.
pub fn answer(id: &[u8], response: &Value) -> Vec<u8> {
    let id = base64url(id);
    let answer = json!({
        "id": id, "rawId": id, "type": "public-key", "response": response,
        "authenticatorAttachment": "platform", "clientExtensionResults": {"credProps": {"rk": true}},
    });
    answer.to_string().into_bytes()
}

/// A registration in pieces, each of which a test may spoil before it is signed.
#[derive(Clone)]
pub struct Registration {
    pub client_data: Map<String, Value>,
    pub data: Data,
    pub id: Vec<u8>,
}

impl Registration {
    pub fn of(pair: &Pair) -> Self {
        let id = vec![0xc1; 32];
        let key = Cbor::numbered(pair.cose()).written();
        Self {
            client_data: client_data("webauthn.create"),
            data: Data {
                rp_id: "example.com",
                flags: FLAGS,
                count: 0,
                tail: attested(MODEL, &id, &key),
            },
            id,
        }
    }

    /// What a packed statement signs.
    pub fn signed(&self) -> Vec<u8> {
        [self.data.written(), self.hash()].concat()
    }

    pub fn hash(&self) -> Vec<u8> {
        let text = Value::Object(self.client_data.clone()).to_string();
        digest(&SHA256, text.as_bytes()).as_ref().to_vec()
    }

    /// The answer, with this statement.
    pub fn answer(&self, format: &'static str, statement: Cbor) -> Vec<u8> {
        let object = Cbor::named(vec![
            ("fmt", Cbor::Text(format)),
            ("attStmt", statement),
            ("authData", Cbor::Bytes(self.data.written())),
        ]);
        self.with_object(&object.written())
    }

    pub fn with_object(&self, object: &[u8]) -> Vec<u8> {
        let client_data = Value::Object(self.client_data.clone()).to_string();
        let response = json!({
            "clientDataJSON": base64url(client_data.as_bytes()),
            "attestationObject": base64url(object),
            "transports": ["internal", "hybrid", "carrier-pigeon", "hybrid"],
        });
        answer(&self.id, &response)
    }

    pub fn unattested(&self) -> Vec<u8> {
        self.answer("none", Cbor::Map(Vec::new()))
    }
}
