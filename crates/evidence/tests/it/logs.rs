//! Random logs, and a signer.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use evidence::{Checkpoint, Envelope, SignedCheckpoint};
use model::canonical::Digest;
use model::{SubjectId, Timestamp};
use proptest::prelude::*;

pub const TENANT: &str = "acme";

/// What is random about a record.
#[derive(Debug, Clone)]
pub struct Content {
    pub after: i64,
    pub who: String,
    pub text: String,
    pub subject: Option<u128>,
    pub sealed: Option<Vec<u8>>,
}

pub fn content() -> impl Strategy<Value = Content> {
    let text = || prop_oneof!["[a-z\"\\\\]{0,6}", "\\PC{0,4}"];
    (
        0..3i64,
        text(),
        text(),
        proptest::option::of(any::<u128>()),
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..6)),
    )
        .prop_map(|(after, who, text, subject, sealed)| Content {
            after,
            who,
            text,
            subject,
            sealed,
        })
}

pub fn json(value: &serde_json::Value) -> String {
    String::from_utf8(model::canonical::bytes(value).unwrap()).unwrap()
}

/// A log of these contents.
pub fn chain(contents: &[Content]) -> Vec<Envelope> {
    let (mut prev, mut at) = (Digest::default(), 1_764_000_000_000_000);
    let mut log = Vec::new();
    for (content, seq) in contents.iter().zip(1..) {
        at += content.after;
        let record = Envelope {
            seq,
            at: Timestamp::from_micros(at),
            actor: json(&serde_json::json!({ "principal": content.who })),
            kind: "call.made/1".to_owned(),
            subject: content.subject.map(SubjectId::from_bits),
            body: json(&serde_json::json!({ "reason": content.text, "personal": null })),
            sealed: content.sealed.clone(),
            prev,
            hash: Digest::default(),
        }
        .hashed();
        prev = record.hash;
        log.push(record);
    }
    log
}

/// The tenant's signer.
pub struct Signer(Ed25519KeyPair);

impl Signer {
    pub fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    pub fn public_key(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    pub fn sign(&self, tenant: &str, record: &Envelope) -> SignedCheckpoint {
        self.sign_with(tenant, record, None)
    }

    /// As [`Signer::sign`], with the root of the tree over the log.
    pub fn sign_with(
        &self,
        tenant: &str,
        record: &Envelope,
        root: Option<Digest>,
    ) -> SignedCheckpoint {
        let checkpoint = Checkpoint {
            tenant: tenant.to_owned(),
            seq: record.seq,
            hash: record.hash,
            root,
            at: record.at,
        };
        let signature = self.0.sign(&checkpoint.signed_bytes().unwrap());
        SignedCheckpoint::new(checkpoint, signature.as_ref())
    }

    pub fn sign_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).as_ref().to_vec()
    }
}
