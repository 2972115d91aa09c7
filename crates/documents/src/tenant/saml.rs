//! Relying parties as service providers of SAML 2.0.

use std::collections::BTreeMap;

use rules::Mapping;

/// A service provider of SAML 2.0.
#[derive(Debug, Clone)]
pub struct Saml {
    /// `entityID`; unique among all relying parties.
    pub entity_id: String,
    /// Where it takes responses; 1 to 50, the first being meant where none is named.
    pub acs: Vec<Acs>,
    /// What people are called there.
    pub name_id: NameIdRule,
    /// Attribute → what gives it. Where it gives [`rules::Mapped::Missing`], the attribute is left out.
    pub attributes: BTreeMap<String, Mapping>,
    /// The domain behind the `@` of its `pairwise-id`, where it is given one (SAML Subject Identifier Attributes
    /// Profile 1.0 §3.4).
    pub pairwise_id: Option<String>,
    /// The certificates that it signs with, in base64 of DER, each of which looks like one: whether it is
    /// one is found by whoever uses it.
    pub certificates: Vec<String>,
    /// Where it takes word of logout, by way of browsers; only where there are certificates.
    pub slo: Option<Slo>,
    /// Requests that are not signed are refused; only where there are certificates.
    pub want_signed_requests: bool,
    /// What of a response is signed.
    pub sign: SamlSigns,
    /// For whom its assertion is encrypted, once it is signed; `None`: it is not.
    pub encryption: Option<Encryption>,
    /// It may be sent responses that it has not asked for.
    pub idp_initiated: bool,
}

/// Where responses are taken (`AssertionConsumerService`, SAML Metadata §2.4.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acs {
    /// Its number; each is there once.
    pub index: u16,
    /// Its address as the document writes it: https, or http on a loopback address.
    pub url: String,
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
