//! Private keys: made, read, and signed with.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::pkcs8::Document;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::RSAPublicKey;

use super::{Algorithm, Key as _, KeyError, PublicKey, base64url};

/// Somebody else who holds a private key, and signs with it when asked. Sealed off from the rest: whoever asks
/// sees signatures and never the key.
pub trait Holder: Send + Sync {
    /// The signature over a message, in the form of its algorithm (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1); none
    /// where the holder does not answer or refuses. Blocks until then, and has an end of its own.
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>>;
}

/// A private key with one algorithm, read once. It is called after its thumbprint (RFC 7638).
pub struct SigningKey {
    public: PublicKey,
    pair: Pair,
}

enum Pair {
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Held(Arc<dyn Holder>),
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
    /// Whoever holds the key did not sign, or not with this key.
    #[error(
        "the process that holds the signing keys did not sign: look whether `tenure signer` runs"
    )]
    NotSigned,
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

    /// A key whose private half somebody else holds. What comes back from them is verified with the public half
    /// before it counts.
    #[must_use]
    pub fn held(public: PublicKey, holder: Arc<dyn Holder>) -> Self {
        let pair = Pair::Held(holder);
        Self { public, pair }
    }

    fn of(algorithm: Algorithm, pair: Pair) -> Result<Self, SignError> {
        let public = match &pair {
            // Made by `held` alone, which has the public half.
            Pair::Held(_) => return Err(SignError::Unreadable(algorithm)),
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
            Pair::Held(_) => self.held_info(),
        };
        let der: PublicKeyX509Der<'_> = der.map_err(|_| SignError::Failed)?;
        Ok(der.as_ref().to_vec())
    }

    /// The same of a key that is held elsewhere: of an RSA key, because certificates are made for no other.
    fn held_info(&self) -> Result<PublicKeyX509Der<'static>, aws_lc_rs::error::Unspecified> {
        let jwk = self.public.to_jwk();
        let member = |name: &str| {
            let text = jwk.get(name).and_then(serde_json::Value::as_str)?;
            base64url::decode(text)
        };
        let (n, e) = (member("n"), member("e"));
        let (Some(n), Some(e)) = (n, e) else {
            return Err(aws_lc_rs::error::Unspecified);
        };
        RsaPublicKeyComponents { n, e }.as_der()
    }

    /// Its signature over a message. One that is held elsewhere blocks until its holder has answered.
    ///
    /// # Errors
    /// [`SignError::Failed`], [`SignError::NotSigned`].
    pub fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
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
            Pair::Held(holder) => {
                let signature = holder.sign(message);
                let good = signature.filter(|one| self.public.verifies(message, one));
                good.ok_or(SignError::NotSigned)
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
