//! What a server tells of itself.

use protocol::jose::Algorithm;
use protocol::oauth::metadata::{Endpoints, Provider, SubjectType};
use protocol::oauth::token::AuthMethod;
use protocol::oauth::{GrantType, Issuer};
use serde_json::json;

fn bare(issuer: &Issuer) -> Provider<'_> {
    Provider {
        issuer,
        endpoints: Endpoints {
            authorization: "authorize",
            token: "token",
            jwks: "jwks.json",
            userinfo: None,
            revocation: None,
            introspection: None,
            device: None,
            pushed: None,
            registration: None,
            end_session: None,
        },
        scopes: &["openid"],
        claims: &["sub"],
        grants: &[GrantType::AuthorizationCode],
        auth_methods: &[AuthMethod::ClientSecretBasic, AuthMethod::None],
        assertion_algorithms: &[Algorithm::Es256],
        id_token_algorithms: &[Algorithm::Rs256],
        userinfo_algorithms: &[],
        request_algorithms: &[],
        proof_algorithms: &[],
        subject_types: &[SubjectType::Public],
        acr_values: &[],
        ui_locales: &[],
        claims_parameter: false,
        pushed_only: false,
        backchannel_logout: false,
        frontchannel_logout: false,
        mutual: None,
        documentation: None,
    }
}

#[test]
fn what_is_off_is_not_told() {
    let issuer = Issuer::new("https://id.example/t").unwrap();
    let want = json!({
        "issuer": "https://id.example/t",
        "authorization_endpoint": "https://id.example/t/authorize",
        "token_endpoint": "https://id.example/t/token",
        "jwks_uri": "https://id.example/t/jwks.json",
        "scopes_supported": ["openid"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "claims_parameter_supported": false,
        "claim_types_supported": ["normal"],
        "claims_supported": ["sub"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
    });
    assert_eq!(json!(bare(&issuer).to_json()), want);
}

#[test]
fn what_is_on_is_told() {
    let issuer = Issuer::new("https://id.example").unwrap();
    let mut provider = bare(&issuer);
    provider.endpoints.introspection = Some("introspect");
    provider.endpoints.revocation = Some("/revoke");
    provider.auth_methods = &[
        AuthMethod::PrivateKeyJwt,
        AuthMethod::ClientSecretJwt,
        AuthMethod::None,
    ];
    provider.endpoints.pushed = Some("par");
    provider.proof_algorithms = &[Algorithm::Es256];
    provider.acr_values = &["phr"];
    provider.backchannel_logout = true;
    let told = provider.to_json();
    assert_eq!(told["revocation_endpoint"], "https://id.example/revoke");
    let jwts = json!(["private_key_jwt", "client_secret_jwt"]);
    assert_eq!(told["introspection_endpoint_auth_methods_supported"], jwts);
    let signed = json!(["ES256", "HS256"]);
    for endpoint in ["token", "revocation", "introspection"] {
        let name = format!("{endpoint}_endpoint_auth_signing_alg_values_supported");
        assert_eq!(told[&name], signed);
    }
    assert_eq!(
        told["pushed_authorization_request_endpoint"],
        "https://id.example/par"
    );
    assert_eq!(told["dpop_signing_alg_values_supported"], json!(["ES256"]));
    assert_eq!(told["require_pushed_authorization_requests"], false);
    assert_eq!(told["acr_values_supported"], json!(["phr"]));
    assert_eq!(told["backchannel_logout_session_supported"], true);
    assert!(!told.contains_key("userinfo_endpoint"));
}

/// RFC 8705 §5: where a certificate may be presented, and nothing of it where none may.
#[test]
fn endpoints_for_certificates_are_told_where_there_are_some() {
    let issuer = Issuer::new("https://id.example").unwrap();
    let mutual = Issuer::new("https://mtls.id.example:8744").unwrap();
    let mut provider = bare(&issuer);
    provider.endpoints.pushed = Some("/par");
    provider.mutual = Some(&mutual);
    provider.auth_methods = &[
        AuthMethod::TlsClientAuth,
        AuthMethod::SelfSignedTlsClientAuth,
    ];
    let told = provider.to_json();
    let aliases = json!({"token_endpoint": "https://mtls.id.example:8744/token",
        "pushed_authorization_request_endpoint": "https://mtls.id.example:8744/par"});
    assert_eq!(told["mtls_endpoint_aliases"], aliases);
    assert_eq!(told["tls_client_certificate_bound_access_tokens"], true);
    assert_eq!(told["token_endpoint"], "https://id.example/token");
    let methods = json!(["tls_client_auth", "self_signed_tls_client_auth"]);
    assert_eq!(told["token_endpoint_auth_methods_supported"], methods);
}
