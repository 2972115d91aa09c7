//! `IdentityProvider`: somewhere else where people prove who they are.

use schemars::JsonSchema;
use serde::Deserialize;

use super::relying_party::{SecretClientSpec, SigningAlg};

/// Somewhere else where people prove who they are. Who does, the `routes` of the `SignOnPolicy` say.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityProviderSpec {
    /// What people see it called; its name if not given.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is as a provider of OpenID Connect, and what we are to it.
    pub oidc: UpstreamOidcSpec,
    /// By what somebody of theirs is found among the people here, the first time that they come.
    pub link: LinkSpec,
    /// What its word counts as: the first that fits. Where none does, it is one factor of an unknown kind.
    #[serde(default)]
    pub counts: Vec<CountsSpec>,
}

/// A provider of OpenID Connect.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpstreamOidcSpec {
    /// What it calls itself, to the letter: its ID tokens say so. Its metadata are found under it.
    pub issuer: String,
    /// What it calls us (`client_id`).
    pub client_id: String,
    /// How we prove who we are: `{secret: NAME}`.
    pub client: SecretClientSpec,
    /// What is asked for beside `openid`.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What its ID tokens are signed with; `RS256` if not given.
    #[serde(default)]
    pub id_token_alg: Option<SigningAlg>,
    /// It may be on a private or loopback address, and `http` is allowed on a loopback address.
    #[serde(default)]
    pub allow_private: bool,
}

/// By what somebody is found, the first time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkSpec {
    /// The claim of the ID token that names them.
    pub claim: String,
    /// The source in which that is their worker key; if not given, it is the name that they sign in under here.
    #[serde(default)]
    pub source: Option<String>,
    /// The mail domains that the provider gives out addresses of. Needed where the claim is a mail address.
    #[serde(default)]
    pub email_domains: Vec<String>,
}

/// What one word of the provider counts as.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CountsSpec {
    /// All of these stand in `amr` (RFC 8176).
    #[serde(default)]
    pub amr: Vec<String>,
    /// This is `acr`.
    #[serde(default)]
    pub acr: Option<String>,
    /// What that is here.
    #[serde(rename = "as")]
    pub counts_as: CountsAs,
}

/// Something they know, two factors of different kinds, or two that work on no page which only looks like the
/// right one.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CountsAs {
    Password,
    MultiFactor,
    PhishingResistant,
}
