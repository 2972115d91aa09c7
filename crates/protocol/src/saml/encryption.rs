//! Assertions that only the service provider can read (XML Encryption 1.1; SAML Core §6).
//!
//! AES-GCM with a key for this one time, which is encrypted with RSA-OAEP for the service provider. CBC, which
//! can be changed unseen, and PKCS #1 v1.5, which can be asked until it tells, have no name here. Nothing is
//! decrypted: whoever sends us something encrypts it on its way.

use std::fmt;

use aws_lc_rs::aead::{self, AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use x509_parser::public_key::PublicKey as Public;

use super::EntityId;
use super::signature::{CertificateError, check_rsa, decode, read};
use super::xml::{Node, Space, Unwritable};

/// The chance that one encryption takes: a key and a nonce.
pub const CHANCE: usize = 32 + 12;
/// The length of a nonce (XML Encryption 1.1 §5.2.4).
const NONCE: usize = 12;

/// The algorithm of what is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Cipher {
    /// AES-256-GCM.
    #[default]
    Aes256Gcm,
    /// AES-128-GCM.
    Aes128Gcm,
}

/// The algorithm of the key of what is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Transport {
    /// RSA-OAEP with SHA-1, which everybody speaks. Of the digest, no more is demanded there than SHA-1 has.
    #[default]
    OaepSha1,
    /// RSA-OAEP with SHA-256.
    OaepSha256,
}

impl Transport {
    /// Every one, the first being liked best.
    pub const ALL: [Self; 2] = [Self::OaepSha256, Self::OaepSha1];
    /// The digest of [`Transport::OaepSha256`].
    pub(super) const SHA256: &'static str = "http://www.w3.org/2001/04/xmlenc#sha256";
    /// Its mask (XML Encryption 1.1 §5.5.2).
    pub(super) const MASK: &'static str = "http://www.w3.org/2009/xmlenc11#mgf1sha256";

    /// Its name on the wire (XML Encryption 1.1 §5.5.2).
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::OaepSha1 => "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
            Self::OaepSha256 => "http://www.w3.org/2009/xmlenc11#rsa-oaep",
        }
    }
}

impl Cipher {
    /// Every one, the first being liked best.
    pub const ALL: [Self; 2] = [Self::Aes256Gcm, Self::Aes128Gcm];

    /// Its name on the wire (XML Encryption 1.1 §5.2.4).
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Aes256Gcm => "http://www.w3.org/2009/xmlenc11#aes256-gcm",
            Self::Aes128Gcm => "http://www.w3.org/2009/xmlenc11#aes128-gcm",
        }
    }

    /// The one with exactly this name.
    #[must_use]
    pub fn named(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.uri() == uri)
    }

    const fn key_length(self) -> usize {
        match self {
            Self::Aes256Gcm => 32,
            Self::Aes128Gcm => 16,
        }
    }

    fn algorithm(self) -> &'static aead::Algorithm {
        match self {
            Self::Aes256Gcm => &AES_256_GCM,
            Self::Aes128Gcm => &AES_128_GCM,
        }
    }
}

/// A key that is encrypted for, out of a certificate.
#[derive(Clone)]
pub struct EncryptionKey {
    certificate: Vec<u8>,
    public: PublicEncryptingKey,
    /// By what it is encrypted for it.
    pub cipher: Cipher,
    /// By what the key of that is.
    pub transport: Transport,
}

impl EncryptionKey {
    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`CertificateError`]: also when its key is none of RSA.
    pub fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let certificate = read(der)?;
        let info = certificate.public_key();
        match info.parsed() {
            Ok(Public::RSA(key)) => check_rsa(key.modulus, key.exponent)?,
            _ => return Err(CertificateError::UnknownKey),
        }
        let public = PublicEncryptingKey::from_der(info.raw);
        Ok(Self {
            certificate: der.to_vec(),
            public: public.map_err(|_| CertificateError::UnknownKey)?,
            cipher: Cipher::default(),
            transport: Transport::default(),
        })
    }

    /// Reads a certificate as metadata has it: base64, with white space in it.
    ///
    /// # Errors
    /// As [`EncryptionKey::from_der`].
    pub fn from_base64(text: &str) -> Result<Self, CertificateError> {
        Self::from_der(&decode(text)?)
    }

    /// The certificate, in DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

impl PartialEq for EncryptionKey {
    fn eq(&self, other: &Self) -> bool {
        let mine = (&self.certificate, self.cipher, self.transport);
        mine == (&other.certificate, other.cipher, other.transport)
    }
}

impl Eq for EncryptionKey {}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey")
            .field("cipher", &self.cipher)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

/// Why something was not encrypted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SealError {
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    #[error("the cryptographic library did not encrypt: give another certificate of the service")]
    Failed,
}

/// An assertion, encrypted for a service provider (SAML Core §2.3.4).
pub(super) fn sealed(
    assertion: &Node,
    key: &EncryptionKey,
    recipient: &EntityId,
    chance: &[u8; CHANCE],
) -> Result<Node, SealError> {
    let failed = |_| SealError::Failed;
    let (once, nonce) = chance.split_at(CHANCE - NONCE);
    let once = &once[..key.cipher.key_length()];
    let mut text = assertion.write()?.into_bytes();
    let unbound = UnboundKey::new(key.cipher.algorithm(), once).map_err(failed)?;
    let given = Nonce::try_assume_unique_for_key(nonce).map_err(failed)?;
    LessSafeKey::new(unbound)
        .seal_in_place_append_tag(given, Aad::empty(), &mut text)
        .map_err(failed)?;
    // The nonce, what is encrypted, and the tag, in one (XML Encryption 1.1 §5.2.4).
    let value = [nonce, &text].concat();
    let part = |local| Node::new(Space::Encryption, local);
    let cipher_data = |bytes: &[u8]| {
        part("CipherData").holding([part("CipherValue").text(STANDARD.encode(bytes))])
    };
    let info = |inner| Node::new(Space::Signature, "KeyInfo").holding([inner]);
    let certificate = STANDARD.encode(&key.certificate);
    let shown = Node::new(Space::Signature, "X509Data").holding([Node::new(
        Space::Signature,
        "X509Certificate",
    )
    .text(certificate)]);
    let encrypted_key = part("EncryptedKey")
        .with("Recipient", recipient.as_str())
        .holding([
            transport(key.transport),
            info(shown),
            cipher_data(&transported(once, key)?),
        ]);
    let data = part("EncryptedData")
        .with("Type", "http://www.w3.org/2001/04/xmlenc#Element")
        .holding([
            part("EncryptionMethod").with("Algorithm", key.cipher.uri()),
            info(encrypted_key),
            cipher_data(&value),
        ]);
    Ok(Node::new(Space::Assertion, "EncryptedAssertion").holding([data]))
}

fn transported(once: &[u8], key: &EncryptionKey) -> Result<Vec<u8>, SealError> {
    let algorithm = match key.transport {
        Transport::OaepSha1 => &OAEP_SHA1_MGF1SHA1,
        Transport::OaepSha256 => &OAEP_SHA256_MGF1SHA256,
    };
    let public = OaepPublicEncryptingKey::new(key.public.clone()).map_err(|_| SealError::Failed)?;
    let mut out = vec![0; public.ciphertext_size()];
    let written = public.encrypt(algorithm, once, &mut out, None);
    Ok(written.map_err(|_| SealError::Failed)?.to_vec())
}

/// How the key is encrypted (XML Encryption 1.1 §5.5.2).
fn transport(transport: Transport) -> Node {
    let digest = |uri| Node::new(Space::Signature, "DigestMethod").with("Algorithm", uri);
    let method = Node::new(Space::Encryption, "EncryptionMethod");
    let method = method.with("Algorithm", transport.uri());
    match transport {
        Transport::OaepSha1 => method.holding([digest("http://www.w3.org/2000/09/xmldsig#sha1")]),
        Transport::OaepSha256 => {
            let mask = Node::new(Space::Encryption11, "MGF").with("Algorithm", Transport::MASK);
            method.holding([digest(Transport::SHA256), mask])
        }
    }
}
