//! What a client says of itself, held to the document that allows it.

use documents::{ClientRegistration, OidcClient, RedirectKind, RelyingParty, Require};
use model::Diagnostic;
use model::registration::RegisteredClient;
use protocol::oauth::registration::Metadata;
use protocol::oauth::token::AuthMethod;
use protocol::oauth::{ApplicationType, ErrorCode, GrantType, OAuthError, RegisteredRedirect};
use serde_json::{Value, json};

use crate::oidc::assertion::unusable_keys;

/// A registered client as a relying party: what it asked for, and no more than the document allows today.
///
/// # Errors
/// In the words of RFC 7591 §3.2.2.
pub(super) fn party(
    allowed: &ClientRegistration,
    client: &RegisteredClient,
) -> Result<RelyingParty, OAuthError> {
    let metadata = Metadata::of(&client.metadata)?;
    let mut uris = metadata.redirect_uris.clone();
    // What the document has taken back since counts no longer; what is registered now is refused before.
    uris.retain(|uri| allowed.takes(uri));
    made(
        allowed,
        client,
        &Metadata {
            redirect_uris: uris,
            ..metadata
        },
    )
}

/// The same for one that asks now: what is more than the document allows is refused, and nothing is left out.
///
/// # Errors
/// In the words of RFC 7591 §3.2.2.
pub(super) fn asked(
    allowed: &ClientRegistration,
    client: &RegisteredClient,
    metadata: &Metadata,
) -> Result<(), OAuthError> {
    let wrong = |member, problem| OAuthError::of(ErrorCode::InvalidClientMetadata, member, problem);
    let may: Vec<GrantType> = allowed
        .oidc
        .grants
        .iter()
        .map(|grant| named(*grant))
        .collect();
    if metadata
        .grant_types
        .iter()
        .any(|grant| !may.contains(grant))
    {
        let problem = "has one that the document does not allow";
        return Err(wrong("grant_types", problem));
    }
    let public = metadata.auth_method == AuthMethod::None;
    if public && metadata.grant_types.contains(&GrantType::ClientCredentials) {
        let problem = "has client_credentials, and the client has none";
        return Err(wrong("grant_types", problem));
    }
    let scopes = metadata.scope.iter().flat_map(|scopes| scopes.iter());
    if scopes
        .into_iter()
        .any(|scope| !allowed.oidc.scopes.contains(scope))
    {
        return Err(wrong("scope", "has one that the document does not allow"));
    }
    let redirect =
        |problem| OAuthError::of(ErrorCode::InvalidRedirectUri, "redirect_uris", problem);
    for uri in &metadata.redirect_uris {
        if RegisteredRedirect::new(uri, ApplicationType::Native).is_err() {
            let problem = "has one that is no absolute URI in its plain form, or has a fragment";
            return Err(redirect(problem));
        }
        // OpenID Connect Dynamic Client Registration 1.0 §2.
        let web = metadata.application_type == ApplicationType::Web;
        if web && RedirectKind::of(uri) != RedirectKind::Web {
            let problem = "has one that is not https, which a web client has: register as native";
            return Err(redirect(problem));
        }
    }
    let party = made(allowed, client, metadata)?;
    if !unusable_keys(&party).is_empty() {
        return Err(wrong(
            "jwks",
            "has a key that nobody could verify anything by",
        ));
    }
    let require = party.oidc().map(|oidc| &oidc.require);
    let both = [Require::Dpop, Require::Certificate];
    if require.is_some_and(|require| both.iter().all(|one| require.contains(one))) {
        let problem = "goes against the document, which has tokens bound in the other way";
        return Err(wrong("dpop_bound_access_tokens", problem));
    }
    Ok(())
}

fn made(
    allowed: &ClientRegistration,
    client: &RegisteredClient,
    metadata: &Metadata,
) -> Result<RelyingParty, OAuthError> {
    let id = client.id.to_string();
    let (title, spec) = (title(metadata), spec(allowed, metadata));
    let stands = (client.turn, client.ends);
    documents::registered(allowed, (&id, title), stands, spec).map_err(|wrong| refusal(&wrong))
}

/// What people see it called: its own word, with where their answer goes beside, which is not.
fn title(metadata: &Metadata) -> String {
    let uri = metadata.redirect_uris.first().map_or("", String::as_str);
    let host = RegisteredRedirect::new(uri, ApplicationType::Native);
    let place = host.ok().and_then(|uri| uri.host());
    let place = place.unwrap_or_else(|| uri.split(':').next().unwrap_or_default().to_owned());
    match &metadata.client_name {
        Some(name) => format!("{name} ({place})"),
        None => place,
    }
}

/// In the shape of `spec.oidc` of a `RelyingParty` document.
fn spec(allowed: &ClientRegistration, metadata: &Metadata) -> Value {
    let client = match metadata.auth_method {
        AuthMethod::PrivateKeyJwt => json!({"keys": metadata.keys}),
        AuthMethod::ClientSecretPost => json!({"secret": "registered", "method": "post"}),
        AuthMethod::None => json!("public"),
        // The last two are refused when the metadata are read.
        AuthMethod::ClientSecretBasic
        | AuthMethod::ClientSecretJwt
        | AuthMethod::TlsClientAuth
        | AuthMethod::SelfSignedTlsClientAuth => {
            json!({"secret": "registered", "method": "basic"})
        }
    };
    let refreshes = metadata.grant_types.contains(&GrantType::RefreshToken);
    let scopes: Vec<String> = match &metadata.scope {
        Some(scopes) => scopes.iter().map(str::to_owned).collect(),
        None => {
            let all = allowed.oidc.scopes.iter();
            all.filter(|scope| refreshes || *scope != "offline_access")
                .cloned()
                .collect()
        }
    };
    let grants = metadata.grant_types.iter().map(|grant| match grant {
        GrantType::AuthorizationCode => "authorization_code",
        GrantType::RefreshToken => "refresh_token",
        GrantType::ClientCredentials => "client_credentials",
        GrantType::DeviceCode => "device_code",
        // No document gives it to clients that register themselves, and this is no grant of one.
        GrantType::TokenExchange => "token_exchange",
    });
    let grants: Vec<_> = grants.collect();
    let require = [
        (metadata.pushed, "pushed"),
        (metadata.dpop, "dpop"),
        (metadata.certificate, "certificate"),
        (metadata.signed, "signed"),
    ];
    let require: Vec<_> = require
        .iter()
        .filter(|(asked, _)| *asked)
        .map(|(_, word)| word)
        .collect();
    json!({
        "redirect_uris": metadata.redirect_uris,
        "post_logout_redirect_uris": metadata.post_logout_redirect_uris,
        "backchannel_logout_uri": metadata.backchannel_logout_uri,
        "frontchannel_logout_uri": metadata.frontchannel_logout_uri,
        "initiate_login_uri": metadata.initiate_login_uri,
        "client": client,
        "grants": grants,
        "scopes": scopes,
        "require": require,
        "subject": if metadata.is_pairwise { "pairwise" } else { "public" },
        "id_token_alg": metadata.id_token_alg.name(),
        "userinfo_alg": metadata.userinfo_alg.map(|alg| alg.name()),
    })
}

/// What is wrong with a document, as a client is told it. Nothing that it sent is repeated.
fn refusal(wrong: &[Diagnostic]) -> OAuthError {
    const MEMBERS: [(&str, &str); 9] = [
        ("redirect_uris", "redirect_uris"),
        ("post_logout_redirect_uris", "post_logout_redirect_uris"),
        ("backchannel_logout_uri", "backchannel_logout_uri"),
        ("frontchannel_logout_uri", "frontchannel_logout_uri"),
        ("initiate_login_uri", "initiate_login_uri"),
        ("client", "jwks"),
        ("grants", "grant_types"),
        ("scopes", "scope"),
        ("require", "require_signed_request_object"),
    ];
    let field = wrong.first().map_or("", |first| first.field.as_str());
    let field = field.strip_prefix("spec.oidc.").unwrap_or_default();
    let field = field.split(['.', '[']).next().unwrap_or_default();
    let member = MEMBERS.iter().find(|(known, _)| *known == field);
    let problem = "cannot be had: it is not sound, or more than the document allows";
    match member {
        Some(("redirect_uris", member)) => {
            OAuthError::of(ErrorCode::InvalidRedirectUri, member, problem)
        }
        Some((_, member)) => OAuthError::of(ErrorCode::InvalidClientMetadata, member, problem),
        None => {
            let problem = "what the client says of itself cannot be read: see RFC 7591 2";
            OAuthError::new(ErrorCode::InvalidClientMetadata, problem)
        }
    }
}

const fn named(grant: documents::GrantType) -> GrantType {
    match grant {
        documents::GrantType::AuthorizationCode => GrantType::AuthorizationCode,
        documents::GrantType::RefreshToken => GrantType::RefreshToken,
        documents::GrantType::ClientCredentials => GrantType::ClientCredentials,
        documents::GrantType::DeviceCode => GrantType::DeviceCode,
        documents::GrantType::TokenExchange => GrantType::TokenExchange,
    }
}

/// Whether it proves who it is by a secret of ours.
pub(super) fn keeps_secret(party: &RelyingParty) -> bool {
    let client = party.oidc().map(|oidc| &oidc.client);
    matches!(client, Some(OidcClient::Secret { .. }))
}
