//! Keys for the tests of tokens, and tokens that no signer of ours would make.

use std::sync::OnceLock;

use aws_lc_rs::signature::Ed25519KeyPair;
use protocol::jose::{Algorithm, Jwks, SigningKey};

/// The algorithms that are signed with.
pub const SIGNED_WITH: [Algorithm; 4] = [
    Algorithm::Es256,
    Algorithm::EdDsa,
    Algorithm::Rs256,
    Algorithm::Ps256,
];

/// A key and its PKCS #8, made once for each algorithm: RSA takes its time.
pub fn key(algorithm: Algorithm) -> &'static (SigningKey, Vec<u8>) {
    static KEYS: OnceLock<Vec<(SigningKey, Vec<u8>)>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let made = SIGNED_WITH.map(|algorithm| {
            let (key, der) = SigningKey::generate(algorithm).unwrap();
            (key, der.expose().to_vec())
        });
        made.into()
    });
    let at = SIGNED_WITH.iter().position(|one| *one == algorithm);
    &keys[at.unwrap()]
}

/// The public halves of some keys.
pub fn set(algorithms: &[Algorithm]) -> Jwks {
    let keys = algorithms.iter().map(|one| key(*one).0.public().clone());
    Jwks::new(keys.collect()).unwrap()
}

/// A token with this header, signed well with the Ed25519 key.
pub fn forged(header: &str, payload: &[u8]) -> String {
    let header = base64url(header.as_bytes());
    closed(&format!("{header}.{}", base64url(payload)))
}

/// A token with these first two parts, signed well with the Ed25519 key.
pub fn closed(input: &str) -> String {
    let pair = Ed25519KeyPair::from_pkcs8(&key(Algorithm::EdDsa).1).unwrap();
    let signature = pair.sign(input.as_bytes());
    format!("{input}.{}", base64url(signature.as_ref()))
}

/// Written once more, so that a fault in the product's own is seen.
pub fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for at in 0..=chunk.len() {
            let digit = (bits >> (18 - 6 * at)) & 63;
            text.push(char::from(ALPHABET[digit as usize]));
        }
    }
    text
}

pub fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.map(byte).collect()
}
