//! `SamlMetadata`: what service providers of SAML are told of us.

use schemars::JsonSchema;
use serde::Deserialize;

/// What service providers of SAML are told of us, beside addresses and keys.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SamlMetadataSpec {
    /// What people see us called.
    pub display_name: String,
    /// In which language that is (BCP 47); `en` if not given.
    #[serde(default)]
    pub language: Option<String>,
    /// The picture beside it.
    pub logo: LogoSpec,
    /// The address of a page for people whom an app could not let in.
    pub error_url: String,
    /// Who can be asked about what is technical.
    pub contact: ContactSpec,
    /// The domains of ours behind the `@` of names that we give.
    pub scopes: Vec<String>,
}

/// A picture.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogoSpec {
    /// Where it is.
    pub url: String,
    /// How wide, in pixels.
    #[schemars(range(min = 1, max = 4096))]
    pub width: u16,
    /// How high, in pixels.
    #[schemars(range(min = 1, max = 4096))]
    pub height: u16,
}

/// Who can be asked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactSpec {
    /// Of which organisation.
    pub company: String,
    /// An address for mail.
    pub email: String,
}
