//! Private keys: made, read, and signed with.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::pkcs8::Document;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::RSAPublicKey;

use super::{Algorithm, KeyError, PublicKey};

/// A private key with one algorithm, read once. It is called after its thumbprint (RFC 7638).
pub struct SigningKey {
    public: PublicKey,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
}

/// A private key as it is stored: PKCS #8 (RFC 5208) in DER. Not printed; overwritten when it goes.
pub struct Pkcs8(Der);

enum Der {
    Document(Document),
    Buffer(Pkcs8V1Der<'static>),
}

/// Why a key does not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The algorithm is one that is verified only.
    #[error("nothing is signed with {0} here: use ES256, EdDSA, RS256 or PS256")]
    VerifiedOnly(Algorithm),
    /// The bytes are no private key for this algorithm.
    #[error("the private key is none for {0}: give PKCS #8 in DER, of the type of the algorithm")]
    Unreadable(Algorithm),
    /// The key is one whose public half would be refused.
    #[error("the private key is refused: {0}")]
    Refused(#[from] KeyError),
    /// The cryptographic library failed.
    #[error(
        "the cryptographic library failed: try again, and look at the host if it does so again"
    )]
    Failed,
    /// What is to be signed has no JSON, or the token would be longer than any that is verified.
    #[error("the token would have more than {most} bytes: put less into it", most = super::MAX_TOKEN)]
    TooLong,
}

impl Pkcs8 {
    /// The bytes, for the one place that seals them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        match &self.0 {
            Der::Document(document) => document.as_ref(),
            Der::Buffer(buffer) => buffer.as_ref(),
        }
    }
}

impl fmt::Debug for Pkcs8 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pkcs8(..)")
    }
}

impl SigningKey {
    /// Makes a key. An RSA key has 2,048 bits.
    ///
    /// # Errors
    /// [`SignError::VerifiedOnly`], and when there is no chance to be had.
    pub fn generate(algorithm: Algorithm) -> Result<(Self, Pkcs8), SignError> {
        let failed = |_| SignError::Failed;
        let (pair, der) = match algorithm {
            Algorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
                let pair = pair.map_err(failed)?;
                let der = pair.to_pkcs8v1().map_err(failed)?;
                (Pair::Ec(pair), Der::Document(der))
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().map_err(failed)?;
                let der = pair.to_pkcs8().map_err(failed)?;
                (Pair::Ed25519(pair), Der::Document(der))
            }
            Algorithm::Rs256 | Algorithm::Ps256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
                let der = pair.as_der().map_err(failed)?;
                (Pair::rsa(pair, algorithm), Der::Buffer(der))
            }
            Algorithm::Es384 => return Err(SignError::VerifiedOnly(algorithm)),
        };
        Ok((Self::of(algorithm, pair)?, Pkcs8(der)))
    }

    /// Reads a private key from PKCS #8 in DER, unencrypted (RFC 5208, RFC 5958).
    ///
    /// # Errors
    /// When it is no key for this algorithm, or its public half would be refused ([`KeyError`]).
    pub fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, SignError> {
        let pair = match algorithm {
            Algorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Pair::Ec)
            }
            // Without the public half beside it, which PKCS #8 has only in its second version.
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Pair::Ed25519),
            Algorithm::Rs256 | Algorithm::Ps256 => {
                RsaKeyPair::from_pkcs8(der).map(|pair| Pair::rsa(pair, algorithm))
            }
            Algorithm::Es384 => return Err(SignError::VerifiedOnly(algorithm)),
        };
        let pair = pair.map_err(|_| SignError::Unreadable(algorithm))?;
        Self::of(algorithm, pair)
    }

    fn of(algorithm: Algorithm, pair: Pair) -> Result<Self, SignError> {
        let public = match &pair {
            Pair::Ec(pair) => PublicKey::of_p256(pair.public_key().as_ref())?,
            Pair::Ed25519(pair) => PublicKey::of_ed25519(pair.public_key().as_ref())?,
            Pair::Rsa(pair, _) => {
                let (_, key) = RSAPublicKey::from_der(pair.public_key().as_ref())
                    .map_err(|_| SignError::Unreadable(algorithm))?;
                // DER writes a zero in front of a number whose first bit is set.
                let bare = |number| <[u8]>::strip_prefix(number, &[0]).unwrap_or(number);
                PublicKey::of_rsa(algorithm, bare(key.modulus), bare(key.exponent))?
            }
        };
        Ok(Self { public, pair })
    }

    /// Its public half, to be published.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Its public half as `SubjectPublicKeyInfo` in DER (RFC 5280 §4.1.2.7), for a certificate.
    pub(crate) fn public_key_info(&self) -> Result<Vec<u8>, SignError> {
        let der = match &self.pair {
            Pair::Ec(pair) => pair.public_key().as_der(),
            Pair::Ed25519(pair) => pair.public_key().as_der(),
            Pair::Rsa(pair, _) => pair.public_key().as_der(),
        };
        let der: PublicKeyX509Der<'_> = der.map_err(|_| SignError::Failed)?;
        Ok(der.as_ref().to_vec())
    }

    /// Its signature over a message.
    pub(crate) fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        // The library draws its own chance, and asks for one by its signature alone.
        let chance = SystemRandom::new();
        match &self.pair {
            Pair::Ec(pair) => {
                let signature = pair.sign(&chance, message);
                Ok(signature.map_err(|_| SignError::Failed)?.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => {
                let signature = pair.try_sign(message);
                Ok(signature.map_err(|_| SignError::Failed)?.as_ref().to_vec())
            }
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &chance, message, &mut signature)
                    .map_err(|_| SignError::Failed)?;
                Ok(signature)
            }
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("public", &self.public)
            .finish_non_exhaustive()
    }
}

impl Pair {
    fn rsa(pair: RsaKeyPair, algorithm: Algorithm) -> Self {
        let encoding: &'static dyn RsaEncoding = match algorithm {
            Algorithm::Ps256 => &RSA_PSS_SHA256,
            _ => &RSA_PKCS1_SHA256,
        };
        Self::Rsa(pair, encoding)
    }
}
