//! What we sign.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::VerifyingKey;
use super::algorithm::Digest;
use super::verify::ENVELOPED;
use super::{CertificateError, SignatureAlgorithm};
use crate::jose::{self, Algorithm, SigningKey};
use crate::saml::xml::{Limits, Node, Prefixes, Space, Tree, Unwritable, XmlError, canonical};

/// What of a private key and its certificate does not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// SAML does not sign with a key of this kind.
    #[error("SAML is not signed with {0}: use a key for RS256 or ES256")]
    Algorithm(Algorithm),
    /// The certificate is refused.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The certificate is for another key.
    #[error("the certificate is for another key: give the one that was made for this key")]
    OtherKey,
    /// The name is empty or too long, or the certificate would end before it begins.
    #[error(
        "the certificate has no name of at most 64 bytes, or ends before it begins: give others"
    )]
    Name,
    /// The cryptographic library failed.
    #[error(
        "the cryptographic library failed: try again, and look at the host if it does so again"
    )]
    Failed,
}

/// A private key with the certificate by which others know it.
pub struct Credential {
    key: SigningKey,
    public: VerifyingKey,
    algorithm: SignatureAlgorithm,
}

/// Why something was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::saml) enum SignError {
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
    #[error(transparent)]
    Xml(#[from] XmlError),
    #[error(transparent)]
    Key(#[from] jose::SignError),
}

impl Credential {
    /// Puts a key and its certificate in DER together.
    ///
    /// # Errors
    /// [`CredentialError`]: when SAML is not signed with such a key, or the certificate is not its own.
    pub fn new(key: SigningKey, certificate: &[u8]) -> Result<Self, CredentialError> {
        let algorithm = match key.public().algorithm() {
            Algorithm::Rs256 => SignatureAlgorithm::RsaSha256,
            Algorithm::Es256 => SignatureAlgorithm::EcdsaSha256,
            other => return Err(CredentialError::Algorithm(other)),
        };
        let public = VerifyingKey::from_der(certificate)?;
        // A signature shows it for every kind of key, and would be refused by everybody otherwise.
        // In the form of an element: a key that is held elsewhere signs nothing else for SAML.
        let trial = b"<is-this-certificate-of-this-key/>";
        let signature = key
            .signature(trial)
            .map_err(|_| CredentialError::OtherKey)?;
        if !public.verifies(algorithm, trial, &signature) {
            return Err(CredentialError::OtherKey);
        }
        Ok(Self {
            key,
            public,
            algorithm,
        })
    }

    /// The algorithm by which it signs.
    #[must_use]
    pub const fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    /// Its public half, to be published.
    #[must_use]
    pub const fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// Its signature over bytes: of a query.
    pub(in crate::saml) fn signature(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        Ok(self.key.signature(message)?)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// An element with its signature in it, at that place: behind the issuer of a message or assertion (SAML Core
/// §2.3.3, §3.2.1), before everything else of metadata.
pub(in crate::saml) fn signed(
    node: Node,
    place: usize,
    credential: &Credential,
) -> Result<Node, SignError> {
    let digest = Digest::Sha256;
    let id = node.attribute("ID").unwrap_or_default();
    let digested = digest.of(&canonical_form(&node)?);
    let part = |local| Node::new(Space::Signature, local);
    let method = |local, uri: &str| part(local).with("Algorithm", uri);
    let exclusive = Space::Canonical.uri();
    let transforms = part("Transforms").holding([
        method("Transform", ENVELOPED),
        method("Transform", exclusive),
    ]);
    let reference = part("Reference").with("URI", format!("#{id}")).holding([
        transforms,
        method("DigestMethod", digest.uri()),
        part("DigestValue").text(STANDARD.encode(digested)),
    ]);
    let info = part("SignedInfo").holding([
        method("CanonicalizationMethod", exclusive),
        method("SignatureMethod", credential.algorithm.uri()),
        reference,
    ]);
    let value = credential.signature(&canonical_form(&info)?)?;
    let certificate = STANDARD.encode(credential.public.certificate());
    let signature = part("Signature").holding([
        info,
        part("SignatureValue").text(STANDARD.encode(value)),
        part("KeyInfo")
            .holding([part("X509Data").holding([part("X509Certificate").text(certificate)])]),
    ]);
    Ok(node.holding_at(place, signature))
}

/// The canonical form, by the way that everything that is verified takes.
fn canonical_form(node: &Node) -> Result<Vec<u8>, SignError> {
    let text = node.write()?;
    let tree = Tree::read(&text, &Limits::METADATA)?;
    Ok(canonical(tree.root(), None, &Prefixes::default())?)
}
