//! Relying parties as service providers of SAML 2.0.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use rules::Mapping;

/// A service provider of SAML 2.0.
#[derive(Debug, Clone)]
pub struct Saml {
    /// `entityID`; unique among all relying parties.
    pub entity_id: String,
    /// What it is held to.
    pub profile: SamlProfile,
    /// From then on nobody is signed in to it.
    pub valid_until: Option<Timestamp>,
    /// Where its metadata stand, which are read again from time to time.
    pub metadata: Option<MetadataAt>,
    /// Where it takes responses; 1 to 50, the first being meant where none is named.
    pub acs: Vec<Acs>,
    /// What people are called there.
    pub name_id: NameIdRule,
    /// Attribute → what gives it. Where it gives [`rules::Mapped::Missing`], the attribute is left out.
    pub attributes: BTreeMap<String, Mapping>,
    /// Sets of these attributes by number, the first being meant where a request names none; without any it is given
    /// all.
    pub attribute_sets: Vec<AttributeSet>,
    /// The domain behind the `@` of its `pairwise-id`, where it is given one (SAML Subject Identifier Attributes
    /// Profile 1.0 §3.4).
    pub pairwise_id: Option<String>,
    /// What gives its `subject-id`, where it is given one (§3.3 there).
    pub subject_id: Option<SubjectIdRule>,
    /// Which of the two it demands, where it says so (§4 there); what is demanded is given.
    pub subject_id_req: Option<SubjectIdReq>,
    /// The certificates that it signs with, in base64 of DER, each of which looks like one: whether it is
    /// one is found by whoever uses it.
    pub certificates: Vec<String>,
    /// Where it takes word of logout, by way of browsers; only where there are certificates.
    pub slo: Option<Slo>,
    /// Where it is called, without a browser, when a session ends.
    pub soap_logout: Option<SoapLogout>,
    /// Requests that are not signed are refused; only where there are certificates.
    pub want_signed_requests: bool,
    /// What of a response is signed.
    pub sign: SamlSigns,
    /// Which of our keys signs for it while the next one is staged.
    pub signing_key: SamlKey,
    /// For whom its assertion is encrypted, once it is signed; `None`: it is not.
    pub encryption: Option<Encryption>,
    /// It may be sent responses that it has not asked for.
    pub idp_initiated: bool,
}

/// What a service provider is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SamlProfile {
    /// What many apps take: what is relaxed is a risk that is told ([`Saml::relaxations`]).
    Saas,
    /// Kantara's SAML V2.0 Deployment Profile for Federation Interoperability: nothing of it is relaxed.
    Saml2int,
}

/// Where the metadata of a service provider stand (SAML Metadata §4.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataAt {
    /// The address: https, or http with `allow_private`.
    pub url: String,
    /// The certificate of whoever has to have signed them, in base64 of DER, which looks like one. `None`: they change
    /// nothing.
    pub signed_by: Option<String>,
    /// It may be on a private or loopback address.
    pub allow_private: bool,
}

/// What gives a name that is the same everywhere.
#[derive(Debug, Clone)]
pub struct SubjectIdRule {
    /// What stands before the `@`.
    pub value: Mapping,
    /// The domain behind it.
    pub scope: String,
}

/// Which lasting name a service provider demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SubjectIdReq {
    /// The one that is the same everywhere.
    SubjectId,
    /// The one that nobody else is told.
    PairwiseId,
    /// Either.
    Any,
    /// Neither is to be sent.
    Unwanted,
}

/// Where responses are taken (`AssertionConsumerService`, SAML Metadata §2.4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acs {
    /// Its number; each is there once.
    pub index: u16,
    /// Its address as the document writes it: https, or http on a loopback address.
    pub url: String,
}

/// Some of the attributes (`AttributeConsumingService`, SAML Metadata §2.4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeSet {
    /// Its number; each is there once.
    pub index: u16,
    /// Names of attributes of the same document; at least one.
    pub attributes: BTreeSet<String>,
}

/// For whom an assertion is encrypted, and by what (XML Encryption 1.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encryption {
    /// A certificate in base64 of DER, which looks like one.
    pub certificate: String,
    /// What encrypts the assertion.
    pub cipher: SamlCipher,
    /// What encrypts the key of that.
    pub key_transport: KeyTransport,
}

/// What encrypts an assertion (XML Encryption 1.1 §5.2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SamlCipher {
    /// AES-256-GCM.
    Aes256Gcm,
    /// AES-128-GCM.
    Aes128Gcm,
}

/// What encrypts the key of an assertion: RSA-OAEP (XML Encryption 1.1 §5.5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyTransport {
    /// With SHA-1, of which no more is demanded there than it has.
    OaepSha1,
    /// With SHA-256.
    OaepSha256,
}

/// Where a service provider takes word of logout (`SingleLogoutService`, SAML Metadata §2.4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slo {
    /// The address, as those of [`Acs`].
    pub url: String,
    /// The address for answers, where it is another.
    pub response_url: Option<String>,
    /// In a form that a browser posts, and not in the query of an address.
    pub by_post: bool,
}

/// Where a service provider is called (SAML Bindings §3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoapLogout {
    /// The address: https, or http with `allow_private`.
    pub url: String,
    /// It may be on a private or loopback address.
    pub allow_private: bool,
}

/// What people are called at a service provider (SAML Core §8.3).
#[derive(Debug, Clone)]
pub enum NameIdRule {
    /// Something that nobody else is told, and that stays.
    Pairwise,
    /// Another one each time.
    Transient,
    /// What an expression gives, as a name of this kind.
    Given(GivenNameId, Mapping),
}

/// The kinds of names that expressions give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GivenNameId {
    /// One that stays.
    Persistent,
    /// An e-mail address.
    EmailAddress,
    /// Whatever both agreed on.
    Unspecified,
}

/// Which of our keys signs for a service provider while the next one is staged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SamlKey {
    /// The one that signs for everybody else.
    Current,
    /// The next one.
    Next,
    /// The next one for whoever is in one of these groups of people; never empty.
    NextFor(BTreeSet<String>),
}

/// What of a response is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SamlSigns {
    /// The response and the assertion in it.
    Both,
    /// The response as a whole.
    Response,
    /// The assertion alone.
    Assertion,
}
