//! `PasswordDirectory`: a directory that knows passwords which have not been moved here yet.

use schemars::JsonSchema;
use serde::Deserialize;

/// A directory that knows passwords which have not been moved here yet. At most one document of this kind.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordDirectorySpec {
    /// Whose passwords it is asked about: whoever is in one of these groups of people; everybody's if not given.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Where it is, and how it is searched.
    pub ldap: LdapSpec,
}

/// A server that speaks LDAP.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LdapSpec {
    /// Its name, which its certificate has to have.
    pub host: String,
    /// Its port; 636 if not given, and 389 with `starttls`.
    #[serde(default)]
    #[schemars(range(min = 1, max = 65535))]
    pub port: Option<u16>,
    /// How the connection is encrypted; `ldaps` if not given.
    #[serde(default)]
    pub tls: LdapTls,
    /// Who signed its certificate, in PEM; the authorities that the system trusts if not given.
    #[serde(default)]
    pub authorities: Option<String>,
    /// It may be on a private or loopback address.
    #[serde(default)]
    pub allow_private: bool,
    /// The account by which it is searched.
    pub account: LdapAccountSpec,
    /// Below which name people are searched for.
    pub base: String,
    /// The attribute that holds the name that people sign in under here.
    pub attribute: String,
    /// The object class that their entries have; whichever if not given.
    #[serde(default)]
    pub object_class: Option<String>,
}

/// The account by which a directory is searched.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LdapAccountSpec {
    /// Its name.
    pub dn: String,
    /// The name of its password; never the password itself.
    pub secret: String,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LdapTls {
    #[default]
    Ldaps,
    Starttls,
}
