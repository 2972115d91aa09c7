//! The public key of a credential, as a COSE key (RFC 9052 §7, RFC 9053; WebAuthn L3 §5.8.5, §6.5.1.1).

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, VerificationAlgorithm,
};

use super::cbor::{self, CborFault, Map, Value};
use crate::jose::shape::has_small_order;
use crate::jose::{KeyError, rsa};

/// An algorithm by which a credential signs (IANA "COSE Algorithms").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519 under the name EdDSA.
    EdDsa,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// RSA, PKCS #1 v1.5, with SHA-256.
    Rs256,
}

impl Algorithm {
    /// Every one, in the order in which they are offered: what most authenticators have first, and RSA, which
    /// only old TPMs need, last.
    pub const ALL: [Self; 4] = [Self::Es256, Self::EdDsa, Self::Es384, Self::Rs256];

    /// Its number on the wire.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::Es256 => -7,
            Self::EdDsa => -8,
            Self::Es384 => -35,
            Self::Rs256 => -257,
        }
    }

    /// The one with this number.
    #[must_use]
    pub fn numbered(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.number() == number)
    }

    /// How its signatures are verified. ECDSA signatures are in DER (WebAuthn L3 §6.5.5).
    fn verifies_by(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::Es256 => &ECDSA_P256_SHA256_ASN1,
            Self::EdDsa => &ED25519,
            Self::Es384 => &ECDSA_P384_SHA384_ASN1,
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        }
    }
}

/// Why a credential's key is refused. Holds nothing of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoseFault {
    /// It is no CBOR, or no map.
    #[error("it cannot be read: {0}")]
    Cbor(#[from] CborFault),
    /// A parameter is not there, has the wrong type, or is one more than those of its type
    /// (WebAuthn L3 §6.5.1.1 allows no optional ones).
    #[error("its parameters are not exactly those of its type")]
    Parameters,
    /// Its `alg` is none that is offered.
    #[error("its algorithm is none that is offered")]
    Algorithm,
    /// Its `kty` or `crv` is not the one of its `alg`.
    #[error("its type or curve is not that of its algorithm")]
    Mismatch,
    /// A coordinate has not the length of its curve.
    #[error("a coordinate has not the length of its curve")]
    Length,
    /// The point does not lie on its curve.
    #[error("it is no point of its curve")]
    NotOnCurve,
    /// An Ed25519 key for which anybody can sign.
    #[error("it is a point of small order, for which anybody can sign")]
    SmallOrder,
    /// It is no RSA key that may be used: too small, too large, or one that can be broken.
    #[error("{0}")]
    Rsa(#[from] KeyError),
}

/// A key that verifies, by one algorithm.
#[derive(Clone)]
pub(super) struct VerifyingKey {
    algorithm: Algorithm,
    parsed: ParsedPublicKey,
}

/// The key of a credential, and the point of it that U2F signs over.
#[derive(Debug, Clone)]
pub(super) struct CredentialKey {
    pub(super) key: VerifyingKey,
    /// For a key on P-256 or P-384: uncompressed, as in SEC 1 §2.3.3.
    pub(super) point: Option<Vec<u8>>,
}

impl VerifyingKey {
    /// The key of a certificate: a `SubjectPublicKeyInfo` in DER (RFC 5280 §4.1.2.7). `None` when it is none
    /// for that algorithm. The library compares the curve.
    pub(super) fn of_certificate(algorithm: Algorithm, info: &[u8]) -> Option<Self> {
        let parsed = ParsedPublicKey::new(algorithm.verifies_by(), info).ok()?;
        Some(Self { algorithm, parsed })
    }

    pub(super) const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl CredentialKey {
    /// Reads a key behind which nothing follows.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, CoseFault> {
        Self::of(&cbor::whole(bytes)?)
    }

    /// The key that this value is. The algorithm is what the key says; type, curve and lengths have to be
    /// those of the algorithm, and nothing else may be there.
    pub(super) fn of(value: &Value<'_>) -> Result<Self, CoseFault> {
        const KTY: i64 = 1;
        const ALG: i64 = 3;
        let map = value.as_map().ok_or(CoseFault::Parameters)?;
        let algorithm = Algorithm::numbered(int(map, ALG)?).ok_or(CoseFault::Algorithm)?;
        // OKP, EC2, RSA (RFC 9053 §7, RFC 8230 §4), and how many parameters each has.
        let (kty, parameters) = match algorithm {
            Algorithm::EdDsa => (1, 4),
            Algorithm::Es256 | Algorithm::Es384 => (2, 5),
            Algorithm::Rs256 => (3, 4),
        };
        if int(map, KTY)? != kty {
            return Err(CoseFault::Mismatch);
        }
        if map.len() != parameters {
            return Err(CoseFault::Parameters);
        }
        let (parsed, point) = match algorithm {
            Algorithm::Es256 => ec(map, algorithm, 1, 32)?,
            Algorithm::Es384 => ec(map, algorithm, 2, 48)?,
            Algorithm::EdDsa => (ed25519(map)?, None),
            Algorithm::Rs256 => (rsa_key(map)?, None),
        };
        let key = VerifyingKey { algorithm, parsed };
        Ok(Self { key, point })
    }
}

/// RFC 9053 §7.1.1. A `y` that is a sign bit only is refused: WebAuthn L3 §5.8.5 forbids compressed points.
fn ec(
    map: &Map<'_>,
    algorithm: Algorithm,
    curve: i64,
    length: usize,
) -> Result<(ParsedPublicKey, Option<Vec<u8>>), CoseFault> {
    on_curve(map, curve)?;
    let mut point = vec![4];
    for number in [-2, -3] {
        let coordinate = bytes(map, number)?;
        if coordinate.len() != length {
            return Err(CoseFault::Length);
        }
        point.extend_from_slice(coordinate);
    }
    let parsed = ParsedPublicKey::new(algorithm.verifies_by(), &point);
    let parsed = parsed.map_err(|_| CoseFault::NotOnCurve)?;
    Ok((parsed, Some(point)))
}

/// RFC 9053 §7.2.
fn ed25519(map: &Map<'_>) -> Result<ParsedPublicKey, CoseFault> {
    on_curve(map, 6)?;
    let x = bytes(map, -2)?;
    if x.len() != 32 {
        return Err(CoseFault::Length);
    }
    if has_small_order(x) {
        return Err(CoseFault::SmallOrder);
    }
    ParsedPublicKey::new(&ED25519, x).map_err(|_| CoseFault::NotOnCurve)
}

/// RFC 8230 §4.
fn rsa_key(map: &Map<'_>) -> Result<ParsedPublicKey, CoseFault> {
    let (n, e) = (bytes(map, -1)?, bytes(map, -2)?);
    rsa::check(n, e)?;
    let parsed = RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
    parsed.map_err(|_| CoseFault::Rsa(KeyError::RsaBroken))
}

fn on_curve(map: &Map<'_>, curve: i64) -> Result<(), CoseFault> {
    if int(map, -1)? == curve {
        Ok(())
    } else {
        Err(CoseFault::Mismatch)
    }
}

fn int(map: &Map<'_>, number: i64) -> Result<i64, CoseFault> {
    let value = map.numbered(number).and_then(Value::as_int);
    value.ok_or(CoseFault::Parameters)
}

fn bytes<'a>(map: &Map<'a>, number: i64) -> Result<&'a [u8], CoseFault> {
    let value = map.numbered(number).and_then(Value::as_bytes);
    value.ok_or(CoseFault::Parameters)
}
