//! What is registered of a service provider.

use model::Timestamp;

use super::encryption::EncryptionKey;
use super::signature::VerifyingKey;
use super::{EntityId, Location, NameIdFormat};

/// A service provider, as its metadata or a person says (SAML Metadata §2.4.4). Everything that it sends is
/// held to this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceProvider {
    /// What it is called.
    pub entity_id: EntityId,
    /// Where it takes responses, by HTTP POST. In their order.
    pub consumers: Vec<Consumer>,
    /// Where it takes word of logout from browsers.
    pub logouts: Vec<LogoutService>,
    /// Where it takes word of logout from us, without a browser (SAML Bindings §3.2).
    pub back_channel_logout: Option<Location>,
    /// The keys that it signs with: all count, so that it can change them.
    pub signing_keys: Vec<VerifyingKey>,
    /// The keys that may be encrypted for. In their order, the first being liked best.
    pub encryption_keys: Vec<EncryptionKey>,
    /// Whether its requests are refused when they are not signed (`AuthnRequestsSigned`).
    pub signs_requests: bool,
    /// Whether it wants assertions signed, not only responses (`WantAssertionsSigned`).
    pub wants_signed_assertions: bool,
    /// The kinds of names that it takes; none listed is any.
    pub name_id_formats: Vec<NameIdFormat>,
    /// The sets of attributes that it asks for by number.
    pub attribute_services: Vec<AttributeService>,
    /// Which of the two lasting names it wants as an attribute.
    pub subject_id: Option<SubjectId>,
    /// When what is said here ends.
    pub valid_until: Option<Timestamp>,
}

/// Where a service provider takes responses (`AssertionConsumerService`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its number.
    pub index: u16,
    /// Whether it is the one that is meant when none is named.
    pub is_default: Option<bool>,
    /// Its address.
    pub location: Location,
}

/// Where a service provider takes word of logout (`SingleLogoutService`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogoutService {
    /// How it is to come there.
    pub binding: Binding,
    /// The address for requests, and for responses where no other is named.
    pub location: Location,
    /// The address for responses.
    pub response_location: Option<Location>,
}

/// A set of attributes (`AttributeConsumingService`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeService {
    /// Its number.
    pub index: u16,
    /// Whether it is the one that is meant when none is named.
    pub is_default: Option<bool>,
    /// The attributes by name, and whether the service cannot do without.
    pub attributes: Vec<(String, bool)>,
}

/// Which lasting name a service provider wants as an attribute (SAML Subject Identifier Attributes Profile 1.0
/// §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectId {
    /// `subject-id`: the same everywhere.
    General,
    /// `pairwise-id`: another one at each service provider.
    Pairwise,
    /// Either.
    Any,
    /// None: it is not to be sent.
    Unwanted,
}

impl SubjectId {
    /// The name of the attribute by which metadata says so.
    pub const REQUIREMENT: &'static str = "urn:oasis:names:tc:SAML:profiles:subject-id:req";
    /// The attribute that is the same everywhere.
    pub const GENERAL: &'static str = "urn:oasis:names:tc:SAML:attribute:subject-id";
    /// The attribute that is another one at each service provider.
    pub const PAIRWISE: &'static str = "urn:oasis:names:tc:SAML:attribute:pairwise-id";

    /// The one that metadata calls so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "subject-id" => Some(Self::General),
            "pairwise-id" => Some(Self::Pairwise),
            "any" => Some(Self::Any),
            "none" => Some(Self::Unwanted),
            _ => None,
        }
    }
}

/// How a message travels (SAML Bindings §3.4, §3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Binding {
    /// In the query of a URL that a browser is sent to.
    Redirect,
    /// In a form that a browser posts.
    Post,
}

impl Binding {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Redirect, Self::Post];

    /// Its name on the wire.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Redirect => "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect",
            Self::Post => "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
        }
    }

    /// The one with exactly this name.
    #[must_use]
    pub fn named(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.uri() == uri)
    }
}

impl ServiceProvider {
    /// A service provider of which only the name and the addresses of responses are known.
    #[must_use]
    pub const fn new(entity_id: EntityId, consumers: Vec<Consumer>) -> Self {
        Self {
            entity_id,
            consumers,
            logouts: Vec::new(),
            back_channel_logout: None,
            signing_keys: Vec::new(),
            encryption_keys: Vec::new(),
            signs_requests: false,
            wants_signed_assertions: false,
            name_id_formats: Vec::new(),
            attribute_services: Vec::new(),
            subject_id: None,
            valid_until: None,
        }
    }

    /// Where responses go when none is named: the first that says that it is the default; else the first that
    /// does not say that it is not; else the first (SAML Metadata §2.2.3).
    #[must_use]
    pub fn default_consumer(&self) -> Option<&Consumer> {
        let said = |what| {
            let mut all = self.consumers.iter();
            all.find(|one| one.is_default == what)
        };
        let found = said(Some(true)).or_else(|| said(None));
        found.or_else(|| self.consumers.first())
    }

    /// Where a request for logout, or the answer to one, goes: by redirect where it is taken, which needs no form
    /// that somebody or something has to send (saml2int).
    #[must_use]
    pub fn logout(&self) -> Option<&LogoutService> {
        let by = |binding| {
            let mut all = self.logouts.iter();
            all.find(|one| one.binding == binding)
        };
        by(Binding::Redirect).or_else(|| by(Binding::Post))
    }

    /// Whether what is registered counts at that instant.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.valid_until.is_none_or(|until| now < until)
    }
}

impl LogoutService {
    /// The address for answers.
    #[must_use]
    pub fn for_responses(&self) -> &Location {
        self.response_location.as_ref().unwrap_or(&self.location)
    }
}
