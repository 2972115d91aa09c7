//! Keys of an authenticator in software, its CBOR and its certificates, right and wrong.
//!
//! CBOR and DER are written here once more, so that a fault in the product's own is seen.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use protocol::webauthn::Aaguid;

/// CBOR to be written, right or wrong.
#[derive(Clone)]
pub enum Cbor {
    Int(i64),
    Bytes(Vec<u8>),
    Text(&'static str),
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

impl Cbor {
    pub fn written(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Int(number @ 0..) => head(&mut out, 0, number.unsigned_abs()),
            Self::Int(number) => head(&mut out, 1, (-1 - number).unsigned_abs()),
            Self::Bytes(bytes) => {
                head(&mut out, 2, bytes.len() as u64);
                out.extend(bytes);
            }
            Self::Text(text) => {
                head(&mut out, 3, text.len() as u64);
                out.extend(text.bytes());
            }
            Self::Array(values) => {
                head(&mut out, 4, values.len() as u64);
                values.iter().for_each(|value| out.extend(value.written()));
            }
            Self::Map(entries) => {
                head(&mut out, 5, entries.len() as u64);
                for (key, value) in entries {
                    out.extend(key.written());
                    out.extend(value.written());
                }
            }
        }
        out
    }

    pub fn named(entries: Vec<(&'static str, Self)>) -> Self {
        Self::Map(
            entries
                .into_iter()
                .map(|(name, value)| (Self::Text(name), value))
                .collect(),
        )
    }

    pub fn numbered(entries: Vec<(i64, Self)>) -> Self {
        let entries = entries.into_iter();
        Self::Map(
            entries
                .map(|(number, value)| (Self::Int(number), value))
                .collect(),
        )
    }
}

fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let bytes = argument.to_be_bytes();
    let (low, width) = match argument {
        0..=23 => (bytes[7], 0),
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out.push(major << 5 | low);
    out.extend(&bytes[8 - width..]);
}

/// A private key of one algorithm.
pub enum Pair {
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(Box<RsaKeyPair>),
}

impl Pair {
    pub fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    /// One of each, with its number.
    pub fn each() -> [(i64, Self); 4] {
        let p384 = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_ASN1_SIGNING).unwrap();
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        [
            (-7, Self::p256()),
            (-35, Self::P384(p384)),
            (-8, Self::Ed25519(Ed25519KeyPair::generate().unwrap())),
            (-257, Self::Rsa(Box::new(rsa))),
        ]
    }

    /// Its parameters as a COSE key.
    pub fn cose(&self) -> Vec<(i64, Cbor)> {
        let ec = |pair: &EcdsaKeyPair, alg, crv| {
            let point = pair.public_key().as_ref().to_vec();
            let (x, y) = point[1..].split_at(point.len() / 2);
            let (x, y) = (Cbor::Bytes(x.to_vec()), Cbor::Bytes(y.to_vec()));
            vec![
                (1, Cbor::Int(2)),
                (3, Cbor::Int(alg)),
                (-1, Cbor::Int(crv)),
                (-2, x),
                (-3, y),
            ]
        };
        match self {
            Self::P256(pair) => ec(pair, -7, 1),
            Self::P384(pair) => ec(pair, -35, 2),
            Self::Ed25519(pair) => {
                let x = Cbor::Bytes(pair.public_key().as_ref().to_vec());
                vec![
                    (1, Cbor::Int(1)),
                    (3, Cbor::Int(-8)),
                    (-1, Cbor::Int(6)),
                    (-2, x),
                ]
            }
            Self::Rsa(pair) => {
                // PKCS #1: SEQUENCE { INTEGER n (with a zero in front), INTEGER 65537 }.
                let der = pair.public_key().as_ref();
                let (n, e) = (der[9..9 + 256].to_vec(), der[der.len() - 3..].to_vec());
                let (n, e) = (Cbor::Bytes(n), Cbor::Bytes(e));
                vec![(1, Cbor::Int(3)), (3, Cbor::Int(-257)), (-1, n), (-2, e)]
            }
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let chance = SystemRandom::new();
        match self {
            Self::P256(pair) | Self::P384(pair) => {
                pair.sign(&chance, message).unwrap().as_ref().to_vec()
            }
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &chance, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }

    /// Its `SubjectPublicKeyInfo`.
    fn info(&self) -> Vec<u8> {
        match self {
            Self::P256(pair) | Self::P384(pair) => {
                pair.public_key().as_der().unwrap().as_ref().to_vec()
            }
            Self::Ed25519(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
        }
    }
}

/// A certificate for this key, signed by nobody. `unit` is the OU, `extensions` are already written.
pub fn certificate(pair: &Pair, unit: &str, extensions: &[Vec<u8>]) -> Vec<u8> {
    let attribute = |last: u8, tag: u8, text: &str| {
        let pair = [der(6, &[0x55, 4, last]), der(tag, text.as_bytes())].concat();
        der(0x31, &der(0x30, &pair))
    };
    let subject = [
        attribute(6, 0x13, "DE"),
        attribute(10, 0x0c, "Maker"),
        attribute(11, 0x0c, unit),
        attribute(3, 0x0c, "Model"),
    ];
    let subject = der(0x30, &subject.concat());
    let ecdsa = der(0x30, &der(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]));
    let dates = [der(0x17, b"240101000000Z"), der(0x17, b"480101000000Z")].concat();
    let to_be_signed = [
        der(0xa0, &der(2, &[2])),
        der(2, &[7]),
        ecdsa.clone(),
        subject.clone(),
        der(0x30, &dates),
        subject,
        pair.info(),
        der(0xa3, &der(0x30, &extensions.concat())),
    ];
    let signature = der(3, &[0, 1, 2, 3]);
    der(
        0x30,
        &[der(0x30, &to_be_signed.concat()), ecdsa, signature].concat(),
    )
}

/// Basic constraints, critical.
pub fn constraints(authority: bool) -> Vec<u8> {
    let flag: &[u8] = if authority { &[1, 1, 0xff] } else { &[] };
    let value = der(4, &der(0x30, flag));
    der(
        0x30,
        &[&der(6, &[0x55, 0x1d, 0x13])[..], &[1, 1, 0xff], &value].concat(),
    )
}

/// id-fido-gen-ce-aaguid.
pub fn model(aaguid: Aaguid, critical: bool) -> Vec<u8> {
    let name = der(6, &[0x2b, 6, 1, 4, 1, 0x82, 0xe5, 0x1c, 1, 1, 4]);
    let flag: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    let value = der(4, &der(4, &aaguid.0));
    der(0x30, &[&name[..], flag, &value].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length.iter().position(|byte| *byte != 0).unwrap_or(7);
    let mut out = vec![tag];
    if content.len() < 128 {
        out.push(length[7]);
    } else {
        out.push(0x80 | u8::try_from(8 - significant).unwrap());
        out.extend(&length[significant..]);
    }
    out.extend(content);
    out
}
