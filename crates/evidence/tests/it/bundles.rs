//! Tampering with a bundle, byte by byte.

use evidence::bundle::{Writer, verify};
use evidence::{Envelope, SignedCheckpoint};
use proptest::prelude::*;

use crate::logs::{Signer, TENANT, chain, content};

fn bundle(log: &[Envelope], checkpoints: Vec<SignedCheckpoint>) -> Vec<u8> {
    let mut writer = Writer::begin(Vec::new(), TENANT, checkpoints).unwrap();
    for record in log {
        writer.record(record).unwrap();
    }
    writer.finish().unwrap()
}

/// Whether the bundle is believed.
fn believed(bytes: &[u8]) -> bool {
    verify(bytes, TENANT, &Signer::new(1).public_key(), Vec::new()).is_ok_and(|r| r.is_sound())
}

proptest! {
    #[test]
    fn a_bundle_verifies_and_no_bit_of_it_may_change(
        contents in proptest::collection::vec(content(), 1..5),
        at: prop::sample::Index, bit in 0..8u8, cut: prop::sample::Index,
    ) {
        let log = chain(&contents);
        let signed = Signer::new(1).sign(TENANT, &log[log.len() - 1]);
        let bytes = bundle(&log, vec![signed]);
        prop_assert!(believed(&bytes));
        let mut flipped = bytes.clone();
        // The last byte is the end of the last line; without it the line is the same.
        let at = at.index(bytes.len() - 1);
        flipped[at] ^= 1 << bit;
        prop_assert!(!believed(&flipped), "byte {at}");
        // A cut bundle lacks what its checkpoint names.
        prop_assert!(!believed(&bytes[..cut.index(bytes.len() - 1)]));
    }
}

#[test]
fn what_is_no_bundle_says_why() {
    let key = Signer::new(1).public_key();
    for text in [
        "",
        "{}\n",
        "not json\n",
        "{\"format\":\"x\",\"tenant\":\"acme\",\"checkpoints\":[]}\n",
    ] {
        let error = verify(text.as_bytes(), TENANT, &key, Vec::new()).unwrap_err();
        assert!(
            error.to_string().starts_with("this is not a ledger bundle"),
            "{error}"
        );
    }
    let other = bundle(&[], Vec::new());
    let error = verify(&other[..], "globex", &key, Vec::new()).unwrap_err();
    assert!(error.to_string().contains("acme"), "{error}");
}
