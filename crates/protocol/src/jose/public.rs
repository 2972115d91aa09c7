//! Public keys: from a JWK, and to one.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
};
use serde_json::{Map, Value};

use super::jwk::{self, KeyError, Members};
use super::shape::{Shape, has_small_order};
use super::{Algorithm, Key, base64url, rsa, sealed};

/// A key that verifies what its private half signed, by one algorithm that was fixed when it was
/// registered.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    kid: Option<String>,
    shape: Shape,
    parsed: ParsedPublicKey,
}

impl PublicKey {
    /// Reads a JWK (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2). Members that are not known are passed over.
    ///
    /// Its algorithm is the one that is `registered` beside it, or the `alg` in it, or the only one that a
    /// key of its curve can have; what is said twice must be the same.
    ///
    /// # Errors
    /// [`KeyError`]: when it is no public key for verifying, is spelled in another than the one way, does
    /// not lie on its curve, can be broken, or leaves its algorithm open.
    pub fn from_jwk(bytes: &[u8], registered: Option<Algorithm>) -> Result<Self, KeyError> {
        Self::from_members(&jwk::read(bytes)?, registered)
    }

    /// The same, of members that were read before.
    pub(super) fn from_members(
        members: &Map<String, Value>,
        registered: Option<Algorithm>,
    ) -> Result<Self, KeyError> {
        let members = Members(members);
        members.is_public()?;
        members.is_for_verifying()?;
        let kid = members.kid()?.map(str::to_owned);
        let crv = members.optional("crv")?;
        let possible: &[Algorithm] = match members.text("kty")? {
            "EC" => match crv.ok_or(KeyError::Missing("crv"))? {
                "P-256" => &[Algorithm::Es256],
                "P-384" => &[Algorithm::Es384],
                _ => return Err(KeyError::UnknownCurve),
            },
            "OKP" => match crv.ok_or(KeyError::Missing("crv"))? {
                "Ed25519" => &[Algorithm::EdDsa],
                _ => return Err(KeyError::UnknownCurve),
            },
            "RSA" => &[Algorithm::Rs256, Algorithm::Ps256],
            _ => return Err(KeyError::UnknownType),
        };
        let algorithm = settle(members.optional("alg")?, registered, possible)?;
        let (shape, parsed) = match algorithm {
            Algorithm::Es256 => ec(members, algorithm, "P-256", 32)?,
            Algorithm::Es384 => ec(members, algorithm, "P-384", 48)?,
            Algorithm::EdDsa => ed25519(&members.bytes("x")?)?,
            Algorithm::Rs256 | Algorithm::Ps256 => {
                of_rsa(algorithm, &members.bytes("n")?, &members.bytes("e")?)?
            }
        };
        Ok(Self {
            algorithm,
            kid,
            shape,
            parsed,
        })
    }

    /// The public half of a key of ours, named by its thumbprint. `point` is the uncompressed point of a
    /// P-256 key (SEC 1 §2.3.3).
    pub(super) fn of_p256(point: &[u8]) -> Result<Self, KeyError> {
        let (x, y) = match point {
            [4, rest @ ..] if rest.len() == 64 => rest.split_at(32),
            _ => return Err(KeyError::Length("x")),
        };
        let parsed = parse(Algorithm::Es256, point)?;
        let (x, y) = (base64url::encode(x), base64url::encode(y));
        let crv = "P-256";
        Ok(Self::ours(
            Algorithm::Es256,
            Shape::Ec { crv, x, y },
            parsed,
        ))
    }

    /// The same, of an Ed25519 key.
    pub(super) fn of_ed25519(x: &[u8]) -> Result<Self, KeyError> {
        let (shape, parsed) = ed25519(x)?;
        Ok(Self::ours(Algorithm::EdDsa, shape, parsed))
    }

    /// The same, of an RSA key, for one of the algorithms of RSA.
    pub(super) fn of_rsa(algorithm: Algorithm, n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let (shape, parsed) = of_rsa(algorithm, n, e)?;
        Ok(Self::ours(algorithm, shape, parsed))
    }

    fn ours(algorithm: Algorithm, shape: Shape, parsed: ParsedPublicKey) -> Self {
        let kid = Some(shape.thumbprint());
        Self {
            algorithm,
            kid,
            shape,
            parsed,
        }
    }

    /// The one algorithm that it is for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its thumbprint with SHA-256, as base64url (RFC 7638 §3, RFC 8037 §2): the same for the same key,
    /// whatever it is called and used for.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        self.shape.thumbprint()
    }

    /// Its JWK, to be published: `kty` and its members, `alg`, `use` and, where it has a name, `kid`.
    #[must_use]
    pub fn to_jwk(&self) -> Map<String, Value> {
        let mut members: Map<String, Value> = self
            .shape
            .members()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect();
        members.insert("alg".to_owned(), self.algorithm.name().into());
        members.insert("use".to_owned(), "sig".into());
        if let Some(kid) = &self.kid {
            members.insert("kid".to_owned(), kid.as_str().into());
        }
        members
    }
}

impl sealed::Sealed for PublicKey {}

impl Key for PublicKey {
    fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    fn alg(&self) -> &'static str {
        self.algorithm.name()
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        let mine = (self.algorithm, &self.kid, &self.shape);
        mine == (other.algorithm, &other.kid, &other.shape)
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// The one algorithm of a key.
fn settle(
    named: Option<&str>,
    registered: Option<Algorithm>,
    possible: &[Algorithm],
) -> Result<Algorithm, KeyError> {
    if let Some(name) = named {
        let named = Algorithm::named(name).ok_or(KeyError::UnknownAlgorithm)?;
        return match registered {
            _ if !possible.contains(&named) => Err(KeyError::WrongAlgorithm),
            Some(registered) if registered != named => Err(KeyError::OtherAlgorithm),
            _ => Ok(named),
        };
    }
    match (registered, possible) {
        (Some(registered), _) if possible.contains(&registered) => Ok(registered),
        (Some(_), _) => Err(KeyError::OtherAlgorithm),
        (None, [only]) => Ok(*only),
        (None, _) => Err(KeyError::AlgorithmMissing),
    }
}

fn ec(
    members: Members<'_>,
    algorithm: Algorithm,
    crv: &'static str,
    length: usize,
) -> Result<(Shape, ParsedPublicKey), KeyError> {
    let mut point = vec![4];
    for name in ["x", "y"] {
        let coordinate = members.bytes(name)?;
        if coordinate.len() != length {
            return Err(KeyError::Length(name));
        }
        point.extend_from_slice(&coordinate);
    }
    // This is where the point is looked for on its curve.
    let parsed = parse(algorithm, &point)?;
    let (x, y) = (members.text("x")?.to_owned(), members.text("y")?.to_owned());
    Ok((Shape::Ec { crv, x, y }, parsed))
}

fn ed25519(x: &[u8]) -> Result<(Shape, ParsedPublicKey), KeyError> {
    if x.len() != 32 {
        return Err(KeyError::Length("x"));
    }
    if has_small_order(x) {
        return Err(KeyError::SmallOrder);
    }
    let parsed = parse(Algorithm::EdDsa, x)?;
    let x = base64url::encode(x);
    Ok((Shape::Ed25519 { x }, parsed))
}

fn of_rsa(algorithm: Algorithm, n: &[u8], e: &[u8]) -> Result<(Shape, ParsedPublicKey), KeyError> {
    rsa::check(n, e)?;
    let parameters = match algorithm {
        Algorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
        _ => &RSA_PKCS1_2048_8192_SHA256,
    };
    let parsed = RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters);
    let parsed = parsed.map_err(|_| KeyError::RsaBroken)?;
    let (n, e) = (base64url::encode(n), base64url::encode(e));
    Ok((Shape::Rsa { n, e }, parsed))
}

fn parse(algorithm: Algorithm, point: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    let parsed = match algorithm {
        Algorithm::Es256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point),
        Algorithm::Es384 => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point),
        _ => ParsedPublicKey::new(&ED25519, point),
    };
    parsed.map_err(|_| KeyError::NotOnCurve)
}
