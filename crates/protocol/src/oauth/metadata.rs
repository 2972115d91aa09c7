//! What this server can do, for clients that configure themselves (OpenID Connect Discovery 1.0 §3, RFC 8414
//! §2). The same document is served at both well-known paths of the [`Issuer`].
//!
//! Nothing is told that was not switched on. What may be left out and would then be believed all the same
//! (`request_uri_parameter_supported` is true by default) is told to be off.

use serde_json::{Value, json};

use super::authorize::Prompt;
use super::token::AuthMethod;
use super::{GrantType, Issuer, Object, ResponseMode};
use crate::jose::Algorithm;

/// Where the endpoints are: paths behind the issuer. `None` is not there.
#[derive(Debug, Clone, Copy)]
pub struct Endpoints<'a> {
    /// Where a person's browser is sent.
    pub authorization: &'a str,
    /// Where codes become tokens.
    pub token: &'a str,
    /// The public keys.
    pub jwks: &'a str,
    /// What is told of a person.
    pub userinfo: Option<&'a str>,
    /// Where tokens are revoked (RFC 7009).
    pub revocation: Option<&'a str>,
    /// Where tokens are asked about (RFC 7662).
    pub introspection: Option<&'a str>,
    /// Where devices without a browser ask (RFC 8628 §4).
    pub device: Option<&'a str>,
    /// Where authorization requests are pushed (RFC 9126 §5).
    pub pushed: Option<&'a str>,
    /// Where clients register themselves (RFC 7591 §3).
    pub registration: Option<&'a str>,
    /// Where a person's browser is sent to log out (RP-Initiated Logout 1.0).
    pub end_session: Option<&'a str>,
}

/// How the name of a person is made (OpenID Connect Core 1.0 §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectType {
    /// The same for all clients.
    Public,
    /// Another one for each sector ([`pairwise`](super::claims::pairwise)).
    Pairwise,
}

/// A server, as it is configured: what is on.
#[derive(Debug, Clone, Copy)]
pub struct Provider<'a> {
    /// Its name.
    pub issuer: &'a Issuer,
    /// Where it is found.
    pub endpoints: Endpoints<'a>,
    /// What can be asked for; not all of it by everybody.
    pub scopes: &'a [&'a str],
    /// Which claims are told of people.
    pub claims: &'a [&'a str],
    /// How clients come to tokens.
    pub grants: &'a [GrantType],
    /// How clients prove who they are.
    pub auth_methods: &'a [AuthMethod],
    /// What clients may sign assertions with. Told when `private_key_jwt` is on.
    pub assertion_algorithms: &'a [Algorithm],
    /// What ID tokens are signed with. OpenID Connect demands RS256 among them (Discovery 1.0 §3).
    pub id_token_algorithms: &'a [Algorithm],
    /// What answers of the UserInfo endpoint may be signed with. Told when there are some.
    pub userinfo_algorithms: &'a [Algorithm],
    /// What requests may be signed with (RFC 9101 §10.5). Told when there are some.
    pub request_algorithms: &'a [Algorithm],
    /// What proofs of possession may be signed with (RFC 9449 §5.1). Told when there are some.
    pub proof_algorithms: &'a [Algorithm],
    /// How people are named.
    pub subject_types: &'a [SubjectType],
    /// Which classes of logins there are.
    pub acr_values: &'a [&'a str],
    /// In which languages pages are (BCP 47).
    pub ui_locales: &'a [&'a str],
    /// Whether claims can be asked for by name.
    pub claims_parameter: bool,
    /// Whether every client has to push its requests.
    pub pushed_only: bool,
    /// Whether clients are told when a session ends (Back-Channel Logout 1.0), and `sid` is said.
    pub backchannel_logout: bool,
    /// Whether browsers tell clients so (Front-Channel Logout 1.0), with `iss` and `sid`.
    pub frontchannel_logout: bool,
    /// Where clients come with a certificate: what stands before the paths of the endpoints there, as an issuer is
    /// written (RFC 8705 §5). `None`: nowhere.
    pub mutual: Option<&'a Issuer>,
    /// A page for people who write clients.
    pub documentation: Option<&'a str>,
}

impl Provider<'_> {
    /// The document.
    #[must_use]
    pub fn to_json(&self) -> Object {
        let mut document = Object::new();
        let mut put = |name: &str, value: Value| drop(document.insert(name.to_owned(), value));
        self.put_endpoints(&mut put);
        self.put_clients(&mut put);
        put("issuer", json!(self.issuer.as_str()));
        put("scopes_supported", json!(self.scopes));
        // What the readers of this module take, and no more.
        put("response_types_supported", json!(["code"]));
        let modes = ResponseMode::ALL.map(ResponseMode::name);
        put("response_modes_supported", json!(modes));
        put("code_challenge_methods_supported", json!(["S256"]));
        put("prompt_values_supported", json!(Prompt::NAMES));
        put(
            "authorization_response_iss_parameter_supported",
            json!(true),
        );
        let signed = names(self.request_algorithms);
        put("request_parameter_supported", json!(!signed.is_empty()));
        if !signed.is_empty() {
            put("request_object_signing_alg_values_supported", json!(signed));
            put("require_signed_request_object", json!(false));
        }
        put("request_uri_parameter_supported", json!(false));
        put("claims_parameter_supported", json!(self.claims_parameter));
        put("claim_types_supported", json!(["normal"]));
        put("claims_supported", json!(self.claims));
        let grants = self.grants.iter().map(|grant| grant.name());
        put("grant_types_supported", grants.collect());
        let subjects = self.subject_types.iter().map(|subject| match subject {
            SubjectType::Public => "public",
            SubjectType::Pairwise => "pairwise",
        });
        put("subject_types_supported", subjects.collect());
        let signed = names(self.id_token_algorithms);
        put("id_token_signing_alg_values_supported", json!(signed));
        if !self.userinfo_algorithms.is_empty() {
            let signed = names(self.userinfo_algorithms);
            put("userinfo_signing_alg_values_supported", json!(signed));
        }
        if !self.acr_values.is_empty() {
            put("acr_values_supported", json!(self.acr_values));
        }
        if !self.ui_locales.is_empty() {
            put("ui_locales_supported", json!(self.ui_locales));
        }
        if !self.proof_algorithms.is_empty() {
            let signed = names(self.proof_algorithms);
            put("dpop_signing_alg_values_supported", json!(signed));
        }
        if self.endpoints.pushed.is_some() {
            put(
                "require_pushed_authorization_requests",
                json!(self.pushed_only),
            );
        }
        if self.backchannel_logout {
            put("backchannel_logout_supported", json!(true));
            put("backchannel_logout_session_supported", json!(true));
        }
        if self.frontchannel_logout {
            put("frontchannel_logout_supported", json!(true));
            put("frontchannel_logout_session_supported", json!(true));
        }
        if let Some(mutual) = self.mutual {
            put("mtls_endpoint_aliases", Value::Object(self.aliases(mutual)));
            put("tls_client_certificate_bound_access_tokens", json!(true));
        }
        if let Some(documentation) = self.documentation {
            put("service_documentation", json!(documentation));
        }
        document
    }

    fn put_endpoints(&self, put: &mut impl FnMut(&str, Value)) {
        let endpoints = &self.endpoints;
        for (name, path) in [
            ("authorization_endpoint", Some(endpoints.authorization)),
            ("token_endpoint", Some(endpoints.token)),
            ("jwks_uri", Some(endpoints.jwks)),
            ("userinfo_endpoint", endpoints.userinfo),
            ("revocation_endpoint", endpoints.revocation),
            ("introspection_endpoint", endpoints.introspection),
            ("device_authorization_endpoint", endpoints.device),
            ("pushed_authorization_request_endpoint", endpoints.pushed),
            ("registration_endpoint", endpoints.registration),
            ("end_session_endpoint", endpoints.end_session),
        ] {
            if let Some(path) = path {
                put(name, json!(self.issuer.endpoint(path)));
            }
        }
    }

    /// The endpoints at which a certificate may be presented, where that is.
    fn aliases(&self, mutual: &Issuer) -> Object {
        let endpoints = &self.endpoints;
        let all = [
            ("token_endpoint", Some(endpoints.token)),
            ("userinfo_endpoint", endpoints.userinfo),
            ("revocation_endpoint", endpoints.revocation),
            ("introspection_endpoint", endpoints.introspection),
            ("device_authorization_endpoint", endpoints.device),
            ("pushed_authorization_request_endpoint", endpoints.pushed),
        ];
        let there = all.into_iter().filter_map(|(name, path)| {
            let url = mutual.endpoint(path?);
            Some((name.to_owned(), json!(url)))
        });
        there.collect()
    }

    /// How clients prove who they are, at each endpoint where they do. Nobody introspects without
    /// (RFC 7662 §2.1).
    fn put_clients(&self, put: &mut impl FnMut(&str, Value)) {
        let methods = |public: bool| -> Vec<&'static str> {
            let taken = self.auth_methods.iter();
            let taken = taken.filter(|method| public || **method != AuthMethod::None);
            taken.map(|method| method.name()).collect()
        };
        let mut signed = Vec::new();
        if self.auth_methods.contains(&AuthMethod::PrivateKeyJwt) {
            signed.extend(names(self.assertion_algorithms));
        }
        if self.auth_methods.contains(&AuthMethod::ClientSecretJwt) {
            signed.push("HS256");
        }
        for (endpoint, there, public) in [
            ("token", true, true),
            ("revocation", self.endpoints.revocation.is_some(), true),
            (
                "introspection",
                self.endpoints.introspection.is_some(),
                false,
            ),
        ] {
            if !there {
                continue;
            }
            let name = format!("{endpoint}_endpoint_auth_methods_supported");
            put(&name, json!(methods(public)));
            if !signed.is_empty() {
                let name = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
                put(&name, json!(signed));
            }
        }
    }
}

fn names(algorithms: &[Algorithm]) -> Vec<&'static str> {
    algorithms.iter().map(|one| one.name()).collect()
}
