//! What people are called towards a service provider (SAML Core §2.2.3, §8.3).

use std::fmt;

use model::Personal;

use super::Refused;
use super::xml::{Element, Node, Space};

/// The longest name, in bytes (SAML Core §8.3.7 for persistent ones; the same for all here, but for addresses).
const LONGEST: usize = 512;

/// The kinds of names that are spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameIdFormat {
    /// Whatever both agreed on (§8.3.1).
    Unspecified,
    /// An e-mail address (§8.3.2).
    EmailAddress,
    /// A name that is nobody's elsewhere, and stays (§8.3.7).
    Persistent,
    /// A name for one session (§8.3.8).
    Transient,
}

impl NameIdFormat {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::Unspecified,
        Self::EmailAddress,
        Self::Persistent,
        Self::Transient,
    ];

    /// Its name on the wire.
    #[must_use]
    pub const fn uri(self) -> &'static str {
        match self {
            Self::Unspecified => "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
            Self::EmailAddress => "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
            Self::Persistent => "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
            Self::Transient => "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        }
    }

    /// The one with exactly this name.
    #[must_use]
    pub fn named(uri: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.uri() == uri)
    }
}

/// What somebody is called towards one service provider. The name itself is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct NameId {
    /// Its kind. One that was read may be of another kind than those that are spoken: then it is not known.
    pub format: Option<NameIdFormat>,
    /// The name.
    pub value: Personal<String>,
    /// Who gave it (`NameQualifier`).
    pub qualifier: Option<String>,
    /// For whom (`SPNameQualifier`).
    pub provider_qualifier: Option<String>,
}

impl NameId {
    /// A name of a kind, with no qualifiers.
    #[must_use]
    pub const fn new(format: NameIdFormat, value: String) -> Self {
        Self {
            format: Some(format),
            value: Personal::Known(value),
            qualifier: None,
            provider_qualifier: None,
        }
    }

    pub(super) fn read(element: Element<'_>) -> Result<Self, Refused> {
        let value = element.text()?;
        if value.is_empty() || value.len() > LONGEST {
            return Err(Refused::Malformed("NameID"));
        }
        let said = |name| -> Result<Option<String>, Refused> {
            match element.attribute(name) {
                Some(text) if text.len() > super::name::MAX_ENTITY_ID => {
                    Err(Refused::Malformed("NameID"))
                }
                text => Ok(text.map(str::to_owned)),
            }
        };
        let format = match element.attribute("Format") {
            None => Some(NameIdFormat::Unspecified),
            Some(uri) => NameIdFormat::named(uri),
        };
        Ok(Self {
            format,
            value: Personal::Known(value),
            qualifier: said("NameQualifier")?,
            provider_qualifier: said("SPNameQualifier")?,
        })
    }

    pub(super) fn write(&self) -> Node {
        let value = self.value.known().cloned().unwrap_or_default();
        Node::new(Space::Assertion, "NameID")
            .with_some("NameQualifier", self.qualifier.as_deref())
            .with_some("SPNameQualifier", self.provider_qualifier.as_deref())
            .with_some("Format", self.format.map(NameIdFormat::uri))
            .text(value)
    }
}

impl fmt::Debug for NameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameId")
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}
