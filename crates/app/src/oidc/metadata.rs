//! What this provider can do, for clients that configure themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use protocol::jose::Algorithm;
use protocol::oauth::claims::PHR;
use protocol::oauth::dpop::ALGORITHMS;
use protocol::oauth::metadata::{Endpoints, Provider, SubjectType};
use protocol::oauth::token::AuthMethod;
use protocol::oauth::{GrantType, Issuer, Object, request_object};
use serde_json::Value;

use super::paths;
use crate::tenant::Loaded;
use crate::{App, AppError};

/// In which languages pages are (BCP 47).
const LOCALES: [&str; 5] = ["en", "de", "es", "fr", "ja"];

/// What tokens and answers are signed with, by what the client's document says.
const SIGNING: [Algorithm; 4] = [
    Algorithm::Es256,
    Algorithm::EdDsa,
    Algorithm::Rs256,
    Algorithm::Ps256,
];

/// How clients come to tokens, whatever documents say; not every client by all of them.
const GRANTS: [GrantType; 4] = [
    GrantType::AuthorizationCode,
    GrantType::RefreshToken,
    GrantType::ClientCredentials,
    GrantType::DeviceCode,
];

/// How clients prove who they are: the last two where they may present certificates.
const METHODS: [AuthMethod; 6] = [
    AuthMethod::ClientSecretBasic,
    AuthMethod::ClientSecretPost,
    AuthMethod::PrivateKeyJwt,
    AuthMethod::None,
    AuthMethod::TlsClientAuth,
    AuthMethod::SelfSignedTlsClientAuth,
];

impl App {
    /// The discovery document (OpenID Connect Discovery 1.0 §3, RFC 8414 §2), as it is sent.
    ///
    /// # Errors
    /// When the store does not answer, or nobody signs in here.
    pub async fn metadata(&self) -> Result<Arc<str>, AppError> {
        let issuer = self.issuer()?;
        let loaded = self.loaded().await?;
        let text = loaded.discovery.get_or_init(|| {
            let document = described((issuer, self.mutual.as_ref()), &loaded);
            let document = Value::Object(document);
            document.to_string().into()
        });
        Ok(Arc::clone(text))
    }
}

/// What this provider can do, with these documents in force.
fn described((issuer, mutual): (&Issuer, Option<&Issuer>), loaded: &Loaded) -> Object {
    let parties = loaded.tenant.relying_parties.values();
    let mut scopes = BTreeSet::from(["openid", "profile", "email"]);
    let mut claims = BTreeSet::from([
        "sub",
        "iss",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "acr",
        "amr",
        "nonce",
        "sid",
    ]);
    let mut grants = GRANTS.to_vec();
    for oidc in parties.filter_map(documents::RelyingParty::oidc) {
        if oidc.exchange.is_some() && !grants.contains(&GrantType::TokenExchange) {
            grants.push(GrantType::TokenExchange);
        }
        scopes.extend(oidc.scopes.iter().map(String::as_str));
        claims.extend(oidc.claims.keys().map(String::as_str));
    }
    let (scopes, claims): (Vec<_>, Vec<_>) =
        (scopes.into_iter().collect(), claims.into_iter().collect());
    let provider = Provider {
        issuer,
        endpoints: Endpoints {
            authorization: paths::AUTHORIZE,
            token: paths::TOKEN,
            jwks: paths::JWKS,
            userinfo: Some(paths::USERINFO),
            revocation: Some(paths::REVOKE),
            introspection: Some(paths::INTROSPECT),
            device: Some(paths::DEVICE),
            pushed: Some(paths::PUSHED),
            registration: (!loaded.tenant.client_registrations.is_empty())
                .then_some(paths::REGISTER),
            end_session: Some(paths::LOGOUT),
        },
        scopes: &scopes,
        claims: &claims,
        grants: &grants,
        auth_methods: match mutual {
            Some(_) => &METHODS,
            None => &METHODS[..4],
        },
        assertion_algorithms: &Algorithm::ALL,
        id_token_algorithms: &SIGNING,
        userinfo_algorithms: &SIGNING,
        request_algorithms: &request_object::ALGORITHMS,
        proof_algorithms: &ALGORITHMS,
        subject_types: &[SubjectType::Public, SubjectType::Pairwise],
        acr_values: &["any-factor", "multi-factor", PHR],
        ui_locales: &LOCALES,
        claims_parameter: true,
        pushed_only: false,
        backchannel_logout: true,
        frontchannel_logout: true,
        mutual,
        documentation: None,
    };
    provider.to_json()
}
