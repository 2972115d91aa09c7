//! `ClientRegistration`: that clients may register themselves, and as what.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::relying_party::{AccessTokenSpec, GrantType, Require};

/// That clients may register themselves (OpenID Connect Dynamic Client Registration 1.0, RFC 7591), each with a token
/// that an administrator has made; and the most that they get.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientRegistrationSpec {
    /// Whoever is in one of these groups of people may sign in to them.
    pub groups: Vec<String>,
    /// At most so many of them are there at once; 20 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 200))]
    pub clients: Option<u16>,
    /// So many days each of them counts after it has registered, or has changed what it is; 90 if not given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 365))]
    pub days: Option<u16>,
    /// Where answers may go: to web addresses alone if not given.
    #[serde(default)]
    pub redirects: Option<Vec<RedirectKind>>,
    /// The hosts that web addresses may have, and no others; any if not given.
    #[serde(default)]
    pub hosts: Option<Vec<String>>,
    /// The most that they get as clients of OpenID Connect.
    pub oidc: RegisteredOidcSpec,
}

/// To `https` addresses (`web`), to an app on the device of the person by a loopback address (`loopback`), or by a
/// scheme of the app's own (`private-use`).
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RedirectKind {
    Web,
    Loopback,
    PrivateUse,
}

/// The most that clients get which register themselves.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisteredOidcSpec {
    /// What they may exchange for tokens; `authorization_code` alone if not given.
    #[serde(default)]
    pub grants: Option<Vec<GrantType>>,
    /// What they may ask for; `openid`, `profile` and `email` if not given.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// What each of them has to do that others may do: `pushed`, and `dpop` or `certificate`.
    #[serde(default)]
    pub require: Vec<Require>,
    /// What their access tokens look like, and how long they hold.
    #[serde(default)]
    pub access_token: AccessTokenSpec,
    /// So many days a refresh token of theirs holds; 30 if not given. Only with the grant `refresh_token`.
    #[serde(default)]
    #[schemars(range(min = 1, max = 365))]
    pub refresh_days: Option<u16>,
    /// Claim → the expression that gives it, for each of them.
    #[serde(default)]
    pub claims: BTreeMap<String, String>,
}
