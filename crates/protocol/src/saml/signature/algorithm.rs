//! The algorithms that are spoken.

use aws_lc_rs::digest;

use super::SignatureError;

/// An algorithm by which a message is signed (RFC 9231 §2.3; saml2int SDP-ALG01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignatureAlgorithm {
    /// RSA, PKCS #1 v1.5, with SHA-256.
    RsaSha256,
    /// RSA, PKCS #1 v1.5, with SHA-384. Verified, never signed with.
    RsaSha384,
    /// RSA, PKCS #1 v1.5, with SHA-512. Verified, never signed with.
    RsaSha512,
    /// ECDSA on P-256 with SHA-256.
    EcdsaSha256,
    /// ECDSA on P-384 with SHA-384. Verified, never signed with.
    EcdsaSha384,
    /// ECDSA on P-521 with SHA-512. Verified, never signed with.
    EcdsaSha512,
}

impl SignatureAlgorithm {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::RsaSha256,
        Self::RsaSha384,
        Self::RsaSha512,
        Self::EcdsaSha256,
        Self::EcdsaSha384,
        Self::EcdsaSha512,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::RsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
            Self::RsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
            Self::EcdsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            Self::EcdsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
            Self::EcdsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
        }
    }

    /// The one with exactly this name.
    ///
    /// # Errors
    /// [`SignatureError::Algorithm`].
    pub fn named(uri: &str) -> Result<Self, SignatureError> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|known| known.uri() == uri);
        found.ok_or(SignatureError::Algorithm)
    }
}

/// An algorithm by which what is signed is digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    pub(super) const fn uri(self) -> &'static str {
        match self {
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
            Self::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        }
    }

    pub(super) fn named(uri: &str) -> Result<Self, SignatureError> {
        let mut all = [Self::Sha256, Self::Sha384, Self::Sha512].into_iter();
        let found = all.find(|known| known.uri() == uri);
        found.ok_or(SignatureError::Algorithm)
    }

    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }
}
