//! What makes a public key the key that it is.

use aws_lc_rs::digest::{SHA256, digest};

use super::base64url;

/// What a JWK says of it, each member in its one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// RFC 7518 §6.2.
    Ec {
        crv: &'static str,
        x: String,
        y: String,
    },
    /// RFC 8037 §2.
    Ed25519 { x: String },
    /// RFC 7518 §6.3.
    Rsa { n: String, e: String },
}

impl Shape {
    /// The members that make it this key, in the order of their names (RFC 7638 §3.2).
    pub(super) fn members(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Ec { crv, x, y } => vec![("crv", crv), ("kty", "EC"), ("x", x), ("y", y)],
            Self::Ed25519 { x } => vec![("crv", "Ed25519"), ("kty", "OKP"), ("x", x)],
            Self::Rsa { n, e } => vec![("e", e), ("kty", "RSA"), ("n", n)],
        }
    }

    /// RFC 7638 §3.
    pub(super) fn thumbprint(&self) -> String {
        // None of the values has a character that JSON would escape.
        let members: Vec<String> = self
            .members()
            .iter()
            .map(|(name, value)| format!("\"{name}\":\"{value}\""))
            .collect();
        let text = format!("{{{}}}", members.join(","));
        base64url::encode(digest(&SHA256, text.as_bytes()))
    }
}

/// Whether it is one of the points of order 1, 2, 4 or 8, in any spelling, or a number that is not below
/// the field's prime (RFC 8032 §5.1.3). With such a "key" a signature of nobody verifies.
pub(crate) fn has_small_order(x: &[u8]) -> bool {
    /// The two ordinates of the points of order 8, as they are written, without the sign.
    const OF_ORDER_8: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let mut y = x.to_vec();
    if let Some(last) = y.last_mut() {
        *last &= 0x7f;
    }
    let [first, middle @ .., last] = y.as_slice() else {
        return true;
    };
    let tiny = *first <= 1 && *last == 0 && middle.iter().all(|byte| *byte == 0);
    // p − 1 and everything from p on; p ends in 0xed.
    let top = *first >= 0xec && *last == 0x7f && middle.iter().all(|byte| *byte == 0xff);
    tiny || top || OF_ORDER_8.iter().any(|point| y == point)
}
