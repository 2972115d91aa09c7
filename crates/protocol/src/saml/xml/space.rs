//! Namespaces, each with the prefix that we write.

/// A namespace that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Of messages (SAML Core §1.2).
    Protocol,
    /// Of assertions (SAML Core §1.2).
    Assertion,
    /// Of metadata (SAML Metadata §1.1).
    Metadata,
    /// Of signatures (XML Signature §1.3).
    Signature,
    /// Of encryption (XML Encryption §1.3).
    Encryption,
    /// Of what encryption 1.1 adds (XML Encryption 1.1 §1.3).
    Encryption11,
    /// Of exclusive canonical XML (§4).
    Canonical,
    /// Of envelopes (SOAP 1.1 §4).
    Envelope,
    /// Of attributes of entities (SAML Metadata Extension for Entity Attributes 1.0 §2.1).
    EntityAttributes,
    /// Of what people see of an entity (SAML Metadata Extensions for Login and Discovery UI 1.0 §2.1).
    Ui,
    /// Of the scopes of an identity provider (Shibboleth).
    Scope,
}

impl Space {
    /// Every one.
    pub const ALL: [Self; 11] = [
        Self::Protocol,
        Self::Assertion,
        Self::Metadata,
        Self::Signature,
        Self::Encryption,
        Self::Encryption11,
        Self::Canonical,
        Self::Envelope,
        Self::EntityAttributes,
        Self::Ui,
        Self::Scope,
    ];

    /// Its name.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Protocol => "urn:oasis:names:tc:SAML:2.0:protocol",
            Self::Assertion => "urn:oasis:names:tc:SAML:2.0:assertion",
            Self::Metadata => "urn:oasis:names:tc:SAML:2.0:metadata",
            Self::Signature => "http://www.w3.org/2000/09/xmldsig#",
            Self::Encryption => "http://www.w3.org/2001/04/xmlenc#",
            Self::Encryption11 => "http://www.w3.org/2009/xmlenc11#",
            Self::Canonical => "http://www.w3.org/2001/10/xml-exc-c14n#",
            Self::Envelope => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::EntityAttributes => "urn:oasis:names:tc:SAML:metadata:attribute",
            Self::Ui => "urn:oasis:names:tc:SAML:metadata:ui",
            Self::Scope => "urn:mace:shibboleth:metadata:1.0",
        }
    }

    /// The prefix by which we write it. What others write may have any.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Protocol => "samlp",
            Self::Assertion => "saml",
            Self::Metadata => "md",
            Self::Signature => "ds",
            Self::Encryption => "xenc",
            Self::Encryption11 => "xenc11",
            Self::Canonical => "ec",
            Self::Envelope => "soap",
            Self::EntityAttributes => "mdattr",
            Self::Ui => "mdui",
            Self::Scope => "shibmd",
        }
    }
}
