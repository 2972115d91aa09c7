//! Certificates of our own: what our public keys are handed out in (RFC 5280).
//!
//! Nobody issues them but ourselves, and nobody who reads SAML asks who has (Metadata IOP §2.6): they are an
//! envelope, with a name and an end that people see.

use model::Timestamp;

use super::CredentialError;
use crate::jose::{Algorithm, SigningKey};
use crate::saml::instant;

/// The longest name, in bytes (`ub-common-name`, RFC 5280 appendix A.1).
const LONGEST_NAME: usize = 64;

const INTEGER: u8 = 0x02;
const BITS: u8 = 0x03;
const OCTETS: u8 = 0x04;
const NULL: [u8; 2] = [0x05, 0];
const OBJECT: u8 = 0x06;
const TEXT: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// 2.5.4.3, `commonName`.
const COMMON_NAME: [u8; 3] = [0x55, 4, 3];
/// 2.5.29.15, `keyUsage`: to sign.
const KEY_USAGE: [u8; 3] = [0x55, 0x1d, 15];
/// 2.5.29.19, `basicConstraints`: of no authority.
const CONSTRAINTS: [u8; 3] = [0x55, 0x1d, 19];
/// 1.2.840.113549.1.1.11, `sha256WithRSAEncryption`.
const RSA_SHA256: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];
/// 1.2.840.10045.4.3.2, `ecdsa-with-SHA256`.
const ECDSA_SHA256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

/// A certificate for a key, signed by it: in DER. `name` is what people see, `serial` is chance.
///
/// # Errors
/// [`CredentialError`]: when SAML is not signed with such a key, or the name is empty or longer than 64 bytes.
pub fn self_signed(
    key: &SigningKey,
    name: &str,
    (from, until): (Timestamp, Timestamp),
    mut serial: [u8; 16],
) -> Result<Vec<u8>, CredentialError> {
    let algorithm = match key.public().algorithm() {
        Algorithm::Rs256 => der(SEQUENCE, &[&der(OBJECT, &[&RSA_SHA256]), &NULL]),
        Algorithm::Es256 => der(SEQUENCE, &[&der(OBJECT, &[&ECDSA_SHA256])]),
        other => return Err(CredentialError::Algorithm(other)),
    };
    if name.is_empty() || name.len() > LONGEST_NAME || until <= from {
        return Err(CredentialError::Name);
    }
    // It is positive, and of one length (RFC 5280 §4.1.2.2).
    serial[0] = serial[0] & 0x7f | 0x40;
    let attribute = der(
        SEQUENCE,
        &[
            &der(OBJECT, &[&COMMON_NAME]),
            &der(TEXT, &[name.as_bytes()]),
        ],
    );
    let who = der(SEQUENCE, &[&der(SET, &[&attribute])]);
    let info = key.public_key_info().map_err(|_| CredentialError::Failed)?;
    let extensions = der(
        SEQUENCE,
        &[
            &extension(&CONSTRAINTS, &der(SEQUENCE, &[])),
            &extension(&KEY_USAGE, &der(BITS, &[&[7, 0x80]])),
        ],
    );
    let body = der(
        SEQUENCE,
        &[
            // Version 3.
            &der(0xa0, &[&der(INTEGER, &[&[2]])]),
            &der(INTEGER, &[&serial]),
            &algorithm,
            &who,
            &der(SEQUENCE, &[&time(from), &time(until)]),
            &who,
            &info,
            &der(0xa3, &[&extensions]),
        ],
    );
    let signature = key.signature(&body).map_err(|_| CredentialError::Failed)?;
    let signature = match key.public().algorithm() {
        Algorithm::Es256 => {
            let (r, s) = signature.split_at(signature.len() / 2);
            der(SEQUENCE, &[&natural(r), &natural(s)])
        }
        _ => signature,
    };
    Ok(der(
        SEQUENCE,
        &[&body, &algorithm, &der(BITS, &[&[0], &signature])],
    ))
}

/// A critical extension (RFC 5280 §4.2).
fn extension(id: &[u8], value: &[u8]) -> Vec<u8> {
    let critical = [0x01, 1, 0xff];
    der(
        SEQUENCE,
        &[&der(OBJECT, &[id]), &critical, &der(OCTETS, &[value])],
    )
}

/// An instant, in the form of its year (RFC 5280 §4.1.2.5).
fn time(at: Timestamp) -> Vec<u8> {
    let digits: String = instant::write(at)
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let text = format!("{digits}Z");
    match text.get(2..) {
        Some(short) if text.starts_with("19") || ("2000".."2050").contains(&&digits[..4]) => {
            der(UTC_TIME, &[short.as_bytes()])
        }
        _ => der(TIME, &[text.as_bytes()]),
    }
}

/// A number that is not negative, in its shortest form.
fn natural(bytes: &[u8]) -> Vec<u8> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bare = bytes.get(zeros..).unwrap_or_default();
    let sign: &[u8] = match bare.first() {
        Some(first) if *first < 0x80 => &[],
        _ => &[0],
    };
    der(INTEGER, &[sign, bare])
}

/// A value of that tag, of these parts.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let bare = length.iter().position(|byte| *byte != 0);
    let bare = length
        .get(bare.unwrap_or(length.len() - 1)..)
        .unwrap_or_default();
    let mut out = vec![tag];
    if content.len() >= 0x80 {
        // At most eight bytes.
        out.push(0x80 | u8::try_from(bare.len()).unwrap_or(0x7f));
    }
    out.extend_from_slice(bare);
    out.extend(content);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::super::{Credential, key};
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_certificate_of_our_own_is_one() {
        let (from, until) = (at("2026-01-02T03:04:05Z"), at("2051-02-03T04:05:06Z"));
        for algorithm in [Algorithm::Rs256, Algorithm::Es256] {
            let (signer, _) = SigningKey::generate(algorithm).unwrap();
            let made = self_signed(&signer, "id.example", (from, until), [0xff; 16]).unwrap();
            let read = key::read(&made).unwrap();
            assert_eq!(read.subject().to_string(), "CN=id.example");
            assert_eq!(read.subject(), read.issuer());
            assert_eq!(
                read.validity().not_before.timestamp(),
                from.as_micros() / 1_000_000
            );
            assert_eq!(crate::x509::not_after(&made), Some(until));
            assert!(!read.is_ca());
            assert_eq!(read.raw_serial()[0], 0x7f);
            let credential = Credential::new(signer, &made).unwrap();
            assert_eq!(credential.public().certificate(), made);
            // Its own key is the one that has signed it: x509-parser verifies nothing here, so by hand.
            let signature = read.signature_value.data.to_vec();
            if algorithm == Algorithm::Rs256 {
                let by = credential.algorithm();
                assert!(credential.public().verifies(
                    by,
                    read.tbs_certificate.as_ref(),
                    &signature
                ));
            }
        }
    }

    #[test]
    fn a_certificate_is_for_its_own_key() {
        let (from, until) = (at("2026-01-02T03:04:05Z"), at("2026-02-03T04:05:06Z"));
        let make = |algorithm| SigningKey::generate(algorithm).unwrap().0;
        let (mine, other) = (make(Algorithm::Es256), make(Algorithm::Es256));
        let made = self_signed(&other, "x", (from, until), [1; 16]).unwrap();
        let refused = Credential::new(mine, &made).err();
        assert_eq!(refused, Some(CredentialError::OtherKey));
        let ed = make(Algorithm::EdDsa);
        let refused = self_signed(&ed, "x", (from, until), [1; 16]);
        assert_eq!(refused, Err(CredentialError::Algorithm(Algorithm::EdDsa)));
        for (name, from, until) in [("", from, until), ("x", until, from)] {
            let refused = self_signed(&other, name, (from, until), [1; 16]);
            assert_eq!(refused, Err(CredentialError::Name));
        }
    }

    #[test]
    fn numbers_are_short_and_positive() {
        assert_eq!(natural(&[0, 0, 1]), [INTEGER, 1, 1]);
        assert_eq!(natural(&[0, 0x80]), [INTEGER, 2, 0, 0x80]);
        assert_eq!(natural(&[0, 0]), [INTEGER, 1, 0]);
        assert_eq!(der(TEXT, &[&[7; 0x7f]])[..2], [TEXT, 0x7f]);
        assert_eq!(der(TEXT, &[&[7; 0x80]])[..3], [TEXT, 0x81, 0x80]);
        assert_eq!(der(TEXT, &[&[7; 0x123]])[..4], [TEXT, 0x82, 1, 0x23]);
        assert_eq!(der(TEXT, &[]), [TEXT, 0]);
    }
}
