//! `IdentityProvider`: somewhere else where people prove who they are.

use schemars::JsonSchema;
use serde::Deserialize;

use super::relying_party::{SamlBinding, SecretClientSpec, SigningAlg};

/// Somewhere else where people prove who they are. Who does, the `routes` of the `SignOnPolicy` say.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IdentityProviderSpec {
    /// What people see it called; its name if not given.
    #[serde(default)]
    pub title: Option<String>,
    /// What it is as a provider of OpenID Connect, and what we are to it; exactly one of this and `saml`.
    #[serde(default)]
    pub oidc: Option<UpstreamOidcSpec>,
    /// What it is as an identity provider of SAML 2.0.
    #[serde(default)]
    pub saml: Option<UpstreamSamlSpec>,
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

/// An identity provider of SAML 2.0. It knows us by our public URL with `/saml2/from/NAME` behind it, where our
/// metadata stand.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpstreamSamlSpec {
    /// What it calls itself, to the letter: its assertions say so.
    pub entity_id: String,
    /// Where it takes requests: `url`, and `binding` (`redirect` or `post`).
    pub sso: SsoSpec,
    /// Its certificates in PEM: what it says is held to their keys, of which each counts.
    pub certificates: Vec<String>,
    /// The attribute by which somebody is known for ever; their persistent name if not given.
    #[serde(default)]
    pub subject: Option<String>,
}

/// Where an identity provider takes requests.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SsoSpec {
    /// The address.
    pub url: String,
    /// How requests come there; `redirect` if not given.
    #[serde(default)]
    pub binding: SamlBinding,
}

/// By what somebody is found, the first time.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkSpec {
    /// The claim of the ID token, or the attribute of the assertion, that names them.
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
    /// This is `acr`; of SAML, the class (`AuthnContextClassRef`).
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
