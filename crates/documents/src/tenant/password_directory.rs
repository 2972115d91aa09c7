//! A directory that knows passwords which have not been moved here yet.

use std::collections::BTreeSet;

/// A directory, and whose passwords it is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordDirectory {
    /// `metadata.name`.
    pub name: String,
    /// Whoever is in one of these groups of people; empty: everybody.
    pub groups: BTreeSet<String>,
    /// Its name, which its certificate has to have.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The connection is encrypted after one question in the clear (StartTLS); otherwise from its first byte on.
    pub starttls: bool,
    /// Who signed its certificate, in PEM; the authorities that the system trusts if not given.
    pub authorities: Option<String>,
    /// It may be on a private or loopback address.
    pub allow_private: bool,
    /// The account by which it is searched; never empty.
    pub account: String,
    /// The name of the secret that is its password.
    pub secret: String,
    /// Below which name people are searched for.
    pub base: String,
    /// The attribute that holds the name that people sign in under here.
    pub attribute: String,
    /// The object class that their entries have.
    pub object_class: Option<String>,
}

impl PasswordDirectory {
    /// Where its secret is sent, as secrets are bound to places.
    #[must_use]
    pub fn place(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}
