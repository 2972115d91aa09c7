//! What service providers of SAML are told of us.

use std::collections::BTreeSet;

/// What stands in our own metadata for people to see, and for service providers to hold names to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamlMetadata {
    /// What people see us called (`mdui:DisplayName`), 1 to 80 characters.
    pub display_name: String,
    /// In which language that is (BCP 47).
    pub language: String,
    /// The picture beside it.
    pub logo: Logo,
    /// A page for whoever could not get in somewhere (`errorURL`): https.
    pub error_url: String,
    /// Who can be asked about what is technical.
    pub contact: TechnicalContact,
    /// The domains behind the `@` of names that we give; at least one.
    pub scopes: BTreeSet<String>,
}

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// Where it is: https.
    pub url: String,
    /// How wide, in pixels; 1 to 4096.
    pub width: u16,
    /// How high, in pixels; 1 to 4096.
    pub height: u16,
}

/// Who can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TechnicalContact {
    /// Of which organisation.
    pub company: String,
    /// An address for mail.
    pub email: String,
}
