//! What a relying party and a person prove themselves with: chance, PKCE (RFC 7636), and the codes of a
//! device (RFC 6238).

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use aws_lc_rs::{digest, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// So many bytes of chance, in letters that stand for themselves everywhere.
///
/// # Errors
/// When the system gives none.
pub fn random(bytes: usize) -> Result<String, String> {
    let mut drawn = vec![0; bytes];
    rand::fill(&mut drawn).map_err(|_| "the system gives no chance".to_owned())?;
    Ok(URL_SAFE_NO_PAD.encode(drawn))
}

/// The challenge of a verifier (`S256`).
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()))
}

/// The left half of a hash, as `at_hash` has it for tokens that are signed with SHA-256 (OpenID Connect
/// Core §3.1.3.6).
pub fn half(token: &str) -> String {
    let hash = digest::digest(&digest::SHA256, token.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}

/// The value of `Authorization: Basic` (RFC 6749 §2.3.1; the texts need no encoding of their own).
pub fn basic(client: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{client}:{secret}")))
}

/// A signature (ES256) by a key that was made for it and that nobody knows.
///
/// # Errors
/// When the system gives no chance.
pub fn signed_by_nobody(message: &[u8]) -> Result<Vec<u8>, String> {
    let fails = |_| "no key can be made".to_owned();
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(fails)?;
    let signature = key
        .sign(&rand::SystemRandom::new(), message)
        .map_err(fails)?;
    Ok(signature.as_ref().to_vec())
}

/// The code that a device shows in a half minute, for a secret in base 32.
pub fn shown(secret: &str, step: u64) -> Option<String> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut held, mut key) = (0u32, 0, Vec::new());
    for letter in secret.bytes().filter(|byte| *byte != b' ') {
        let digit = alphabet.iter().position(|known| *known == letter)?;
        bits = (bits << 5) | u32::try_from(digit).ok()?;
        held += 5;
        if held >= 8 {
            held -= 8;
            key.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let at = usize::from(tag.last()? & 15);
    let number = u32::from_be_bytes(tag.get(at..at + 4)?.try_into().ok()?) & 0x7fff_ffff;
    Some(format!("{:06}", number % 1_000_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfcs() {
        // RFC 7636 appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(
            challenge(verifier),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
        // RFC 6238 appendix B: the last six of eight digits.
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        assert_eq!(shown(secret, 59 / 30).as_deref(), Some("287082"));
        assert_eq!(shown(secret, 1_111_111_109 / 30).as_deref(), Some("081804"));
        // OpenID Connect Core appendix A.3.
        assert_eq!(
            half("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
    }
}
