//! Why metadata is refused, and what of it is passed over.

use crate::saml::signature::{CertificateError, SignatureError};
use crate::saml::xml::XmlError;
use crate::saml::{Binding, NameError};

/// Why metadata is refused. Holds nothing of it but names that SAML gives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// Its XML is refused.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// It is not signed by whom it must be.
    #[error("the metadata is not believed: {0}")]
    Signature(#[from] SignatureError),
    /// It is no metadata.
    #[error("the document is no SAML metadata: give an EntityDescriptor or an EntitiesDescriptor")]
    NotMetadata,
    /// It is of several, and nobody says which.
    #[error("the metadata is of several service providers: say the entity id of one")]
    Several,
    /// The one that is asked for is not in it, or twice.
    #[error("the metadata is not of that entity id, or has it more than once: ask for one it has")]
    NotFound,
    /// It is of no service provider of SAML 2.0.
    #[error(
        "the metadata is of no SAML 2.0 service provider, or of more than one in the same entity: get that of the app, not of an identity provider"
    )]
    NoProvider,
    /// It does not say until when it counts, and has to.
    #[error("the metadata has no validUntil: get it with one (saml2int SDP-MD03)")]
    Endless,
    /// It says that it counts for longer than is taken.
    #[error(
        "the validUntil of the metadata is too far away: get one that ends earlier, or take a longer time (saml2int SDP-MD03)"
    )]
    Far,
    /// It counts no longer.
    #[error("the metadata has ended (validUntil): get it anew from its publisher")]
    Ended,
    /// Something that must be there is not, or is not what it must be.
    #[error("`{0}` of the metadata is missing or is not what it must be: see SAML Metadata 2.4")]
    Malformed(&'static str),
    /// It has no address that responses can go to.
    #[error(
        "the metadata names no AssertionConsumerService for HTTP-POST: responses are sent so alone"
    )]
    NoConsumer,
    /// Two services have the same number.
    #[error("two of `{0}` in the metadata have the same index: give each its own")]
    SameIndex(&'static str),
    /// It has more of something than is taken.
    #[error("the metadata has more of `{0}` than are taken: get one of fewer")]
    TooMany(&'static str),
    /// A name in it is none.
    #[error("a name in the metadata is refused: {0}")]
    Name(#[from] NameError),
}

/// Something in metadata that is not spoken here, and passed over. Say it to whoever takes it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A certificate that is refused: what it signs is refused, nothing is encrypted for it.
    Certificate(CertificateError),
    /// A key without a certificate.
    BareKey,
    /// A key for which something is encrypted by algorithms that are not spoken: CBC, PKCS #1 v1.5.
    OldEncryption,
    /// A service that is taken by another binding. `None`: another one than those of [`Binding`].
    Binding(&'static str, Option<Binding>),
    /// A kind of names.
    NameIdFormat,
    /// An address to which nothing is encrypted on its way (`http`).
    Plain(&'static str),
}
