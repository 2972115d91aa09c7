//! Keys of others, as their certificates carry them.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey as Public;

use super::SignatureAlgorithm;
use crate::jose::{KeyError, rsa};

/// The longest certificate, in bytes.
pub const MAX_CERTIFICATE: usize = 16 << 10;

/// Why a certificate is not taken. Holds nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It is empty, or longer than any.
    #[error("the certificate is empty or longer than {most} bytes: give one X.509 certificate", most = MAX_CERTIFICATE)]
    Length,
    /// It is no base64 of a certificate.
    #[error("the certificate is not base64: give what stands between BEGIN and END CERTIFICATE")]
    Encoding,
    /// It is no X.509 certificate.
    #[error("the certificate cannot be read: give one X.509 certificate")]
    Unreadable,
    /// Its key is none by which SAML signs or encrypts here.
    #[error(
        "the certificate's key is not spoken: use one for RSA, or for P-256, P-384 or P-521 where it only signs"
    )]
    UnknownKey,
    /// Its RSA key is too small, too large, or can be broken.
    #[error("the certificate's key is refused: {0}")]
    Rsa(#[from] KeyError),
}

/// A key by which somebody signs, out of a certificate.
///
/// The certificate is no more than what the key came in (saml2int SDP-MD; Metadata IOP §2.6): who issued it
/// and whether it has ended decides nothing. It is registered, and counts until it is taken out.
#[derive(Clone)]
pub struct VerifyingKey {
    certificate: Vec<u8>,
    not_after: Option<Timestamp>,
    speaks: Vec<(SignatureAlgorithm, ParsedPublicKey)>,
}

impl VerifyingKey {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let certificate = read(der)?;
        let info = certificate.public_key();
        let possible = possible(info.parsed())?;
        let parse =
            |(name, verified): &(SignatureAlgorithm, &'static dyn VerificationAlgorithm)| {
                let parsed = ParsedPublicKey::new(*verified, info.raw);
                parsed.map(|parsed| (*name, parsed))
            };
        let speaks: Result<Vec<_>, _> = possible.iter().map(parse).collect();
        Ok(Self {
            certificate: der.to_vec(),
            not_after: crate::x509::not_after(der),
            speaks: speaks.map_err(|_| CertificateError::UnknownKey)?,
        })
    }

    /// Reads a certificate as metadata has it: base64, with white space in it (XML Signature §4.5.4).
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn from_base64(text: &str) -> Result<Self, CertificateError> {
        Self::from_der(&decode(text)?)
    }

    /// The certificate, in DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// When the certificate says that it ends, for whoever reminds people of it.
    #[must_use]
    pub const fn not_after(&self) -> Option<Timestamp> {
        self.not_after
    }

    /// Whether this is its signature over that message, by that algorithm.
    #[must_use]
    pub fn verifies(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let mut speaks = self.speaks.iter();
        let found = speaks.find(|(name, _)| *name == algorithm);
        found.is_some_and(|(_, key)| key.verify_sig(message, signature).is_ok())
    }
}

impl PartialEq for VerifyingKey {
    fn eq(&self, other: &Self) -> bool {
        self.certificate == other.certificate
    }
}

impl Eq for VerifyingKey {}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.speaks.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

/// The certificate in these bytes, behind which nothing follows.
pub(in crate::saml) fn read(der: &[u8]) -> Result<X509Certificate<'_>, CertificateError> {
    if der.is_empty() || der.len() > MAX_CERTIFICATE {
        return Err(CertificateError::Length);
    }
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(CertificateError::Unreadable),
    }
}

/// The bytes of base64 with white space in it.
pub(in crate::saml) fn decode(text: &str) -> Result<Vec<u8>, CertificateError> {
    // Its lines may take as much again.
    if text.len() > MAX_CERTIFICATE * 2 {
        return Err(CertificateError::Length);
    }
    let bare: String = text.split_ascii_whitespace().collect();
    STANDARD
        .decode(bare)
        .map_err(|_| CertificateError::Encoding)
}

/// That an RSA key may be used.
pub(in crate::saml) fn check_rsa(modulus: &[u8], exponent: &[u8]) -> Result<(), CertificateError> {
    // DER writes a zero in front of a number whose first bit is set.
    let bare = |number| <[u8]>::strip_prefix(number, &[0]).unwrap_or(number);
    Ok(rsa::check(bare(modulus), bare(exponent))?)
}

type Possible = Vec<(SignatureAlgorithm, &'static dyn VerificationAlgorithm)>;

/// What a key can be used for: an RSA key with each digest, a curve with the one of its length.
fn possible(
    key: Result<Public<'_>, x509_parser::error::X509Error>,
) -> Result<Possible, CertificateError> {
    Ok(match key.map_err(|_| CertificateError::UnknownKey)? {
        Public::RSA(key) => {
            check_rsa(key.modulus, key.exponent)?;
            vec![
                (SignatureAlgorithm::RsaSha256, &RSA_PKCS1_2048_8192_SHA256),
                (SignatureAlgorithm::RsaSha384, &RSA_PKCS1_2048_8192_SHA384),
                (SignatureAlgorithm::RsaSha512, &RSA_PKCS1_2048_8192_SHA512),
            ]
        }
        // By the length of an uncompressed point; whether it is one of the curve is found when it is parsed.
        Public::EC(point) => match point.data().len() {
            65 => vec![(SignatureAlgorithm::EcdsaSha256, &ECDSA_P256_SHA256_FIXED)],
            97 => vec![(SignatureAlgorithm::EcdsaSha384, &ECDSA_P384_SHA384_FIXED)],
            133 => vec![(SignatureAlgorithm::EcdsaSha512, &ECDSA_P521_SHA512_FIXED)],
            _ => return Err(CertificateError::UnknownKey),
        },
        _ => return Err(CertificateError::UnknownKey),
    })
}
