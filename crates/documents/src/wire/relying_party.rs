//! `RelyingParty`: something that people sign in to.

mod certificates;
mod keys;
mod saml;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::ClientAuth;

pub(crate) use certificates::{CertificatesClientSpec, IssuedClientSpec, IssuedSpec};
pub(crate) use keys::{Curve, JwkSpec, KeyAlg, KeyType, KeyUse, KeysClientSpec};
pub(crate) use saml::{
    AcsSpec, EncryptSpec, KeyTransport, MetadataSpec, NameIdFormat, SamlBinding, SamlCipher,
    SamlProfile, SamlSigns, SamlSpec, SigningKeySpec, SigningKeyWord, SloSpec, SoapLogoutSpec,
    SubjectIdReq, SubjectIdSpec,
};

/// Something that people sign in to.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RelyingPartySpec {
    /// What people see it called; its name if not given.
    #[serde(default)]
    pub title: Option<String>,
    /// Whoever has a usable account in this app by the rules may sign in; either this or `groups`.
    #[serde(default)]
    pub app: Option<String>,
    /// Whoever is in one of these groups of people may sign in; either this or `app`.
    #[serde(default)]
    pub groups: Option<Vec<String>>,
    /// Where it begins a sign-in itself, when people come from somewhere else.
    #[serde(default)]
    pub start_url: Option<String>,
    /// What it is as a client of OpenID Connect; either this or `saml`.
    #[serde(default)]
    pub oidc: Option<OidcSpec>,
    /// What it is as a service provider of SAML 2.0; either this or `oidc`.
    #[serde(default)]
    pub saml: Option<SamlSpec>,
}

/// A client of OpenID Connect.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OidcSpec {
    /// What it calls itself; the document's name if not given. Unique among all relying parties.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Where browsers bring the answer: exactly these addresses, and no others.
    pub redirect_uris: Vec<String>,
    /// Where browsers may go after people have signed out.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it is told that a session has ended.
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
    /// Where the browser in which somebody signs out opens it in a frame, so that it ends its own session there.
    #[serde(default)]
    pub frontchannel_logout_uri: Option<String>,
    /// Where it begins a sign-in that is asked for somewhere else, and is told by whom; in place of `start_url`.
    #[serde(default)]
    pub initiate_login_uri: Option<String>,
    /// `backchannel_logout_uri` may be on a private or loopback address, and `http` is allowed there.
    #[serde(default)]
    pub allow_private: bool,
    /// How it proves who it is: `public`, `{secret: NAME}`, `{keys: […]}`, `{issued_certificate: …}`, `{certificates: […]}`.
    pub client: ClientSpec,
    /// A profile that it is held to as a whole: `fapi2`, the FAPI 2.0 Security Profile.
    #[serde(default)]
    pub profile: Option<OidcProfile>,
    /// What it has to do that others may do.
    #[serde(default)]
    pub require: Vec<Require>,
    /// What it exchanges for tokens; `authorization_code` alone if not given.
    #[serde(default)]
    pub grants: Option<Vec<GrantType>>,
    /// What it may ask for; `openid`, `profile` and `email` if not given.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// What people are called there: the same as elsewhere (`public`, if not given), or something that
    /// nobody else is told (`pairwise`).
    #[serde(default)]
    pub subject: SubjectType,
    /// What ID tokens are signed with; `ES256` if not given.
    #[serde(default)]
    pub id_token_alg: SigningAlg,
    /// What answers of userinfo are signed with; they are plain JSON if not given.
    #[serde(default)]
    pub userinfo_alg: Option<SigningAlg>,
    /// What access tokens look like, and how long they hold.
    #[serde(default)]
    pub access_token: AccessTokenSpec,
    /// So many days a refresh token holds; 30 if not given. Only with the grant `refresh_token`.
    #[serde(default)]
    #[schemars(range(min = 1, max = 365))]
    pub refresh_days: Option<u16>,
    /// Claim → the expression that gives it. Where that gives no value, the claim is left out.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
    /// That it exchanges access tokens which it was sent for others that are for somebody else; it does not if not given.
    #[serde(default)]
    pub exchange: Option<ExchangeSpec>,
}

/// That a client exchanges access tokens (RFC 8693).
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeSpec {
    /// The relying parties to which people signed in whose tokens it may exchange.
    pub from: Vec<String>,
    /// The API that a token may be for, an absolute URI → what it may there, of what the token before it may.
    pub audiences: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum ClientSpec {
    /// It cannot keep a secret: it runs in a browser or on people's devices.
    Public(PublicClient),
    /// It proves who it is by a secret.
    Secret(SecretClientSpec),
    /// It proves who it is by what it signs.
    Keys(KeysClientSpec),
    /// It proves who it is by a certificate that somebody issues to it.
    Issued(IssuedClientSpec),
    /// It proves who it is by a certificate of its own.
    Certificates(CertificatesClientSpec),
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PublicClient {
    Public,
}

/// A client that proves who it is by a secret.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretClientSpec {
    /// The name of the secret; never the secret itself.
    pub secret: String,
    /// Where the client's credentials go: the header (`basic`, if not given) or the body.
    #[serde(default)]
    pub method: ClientAuth,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OidcProfile {
    /// To push its requests, to prove who it is by keys or a certificate and what its tokens are bound to, and to sign with
    /// nothing older than PS256, ES256 and EdDSA.
    Fapi2,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Require {
    /// To push its authorization requests before it sends people here.
    Pushed,
    /// To prove for each token which key it holds, to which the token is bound (DPoP).
    Dpop,
    /// To come with a client certificate for each token, to which the token is bound (mutual TLS).
    Certificate,
    /// To sign its authorization requests with one of its keys.
    Signed,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum GrantType {
    AuthorizationCode,
    RefreshToken,
    ClientCredentials,
    DeviceCode,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SubjectType {
    #[default]
    Public,
    Pairwise,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
pub(crate) enum SigningAlg {
    #[default]
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "EdDSA")]
    EdDsa,
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "PS256")]
    Ps256,
}

/// What access tokens look like, and how long they hold.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessTokenSpec {
    /// Whether whoever is given one can read it (`jwt`, if not given) or has to ask (`opaque`).
    #[serde(default)]
    pub format: TokenFormat,
    /// What signs one that can be read; `ES256` if not given.
    #[serde(default)]
    pub alg: SigningAlg,
    /// So many minutes it holds; 10 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 60))]
    pub minutes: Option<u8>,
    /// The API that it is for, an absolute URI.
    #[serde(default)]
    pub audience: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TokenFormat {
    #[default]
    Jwt,
    Opaque,
}
