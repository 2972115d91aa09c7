//! A relying party as a client of OpenID Connect.

use std::collections::BTreeSet;

use model::SubjectId;
use rules::closest;

use super::{SPEC, address, claims, exchange, fapi, issued, keys, opened};
use crate::kinds;
use crate::kinds::app::check_url;
use crate::report::{self, Reporter};
use crate::tenant::{
    AccessToken, ClientAuth, GrantType, Oidc, OidcClient, OidcProfile, Require, SigningAlg,
    SubjectType, Tenant, TokenFormat,
};
use crate::wire::relying_party::{self as wire, AccessTokenSpec, ClientSpec, OidcSpec};
use crate::yaml::Part;

const OIDC: Part<'static> = Part::Key("oidc");
/// The most addresses of one list.
const MAX_ADDRESSES: usize = 50;
/// The most scopes.
const MAX_SCOPES: usize = 50;
/// Minutes that an access token holds where the document does not say.
const MINUTES: u8 = 10;
/// Days that a refresh token holds where the document does not say.
const REFRESH_DAYS: u16 = 30;
const OPENID: &str = "openid";
const OFFLINE_ACCESS: &str = "offline_access";
/// Scopes that are about a person, and mean something to us; all others are the app's own.
pub const PERSONAL_SCOPES: [&str; 5] = [OPENID, "profile", "email", OFFLINE_ACCESS, "groups"];

pub(in crate::kinds) fn oidc(
    name: &str,
    spec: &OidcSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Oidc> {
    let client_id = client_id(name, spec, reporter);
    let redirect_uris = addresses("redirect_uris", &spec.redirect_uris, 1, reporter);
    let after = &spec.post_logout_redirect_uris;
    let after = addresses("post_logout_redirect_uris", after, 0, reporter);
    backchannel(spec, reporter);
    opened::by_browsers(spec, reporter);
    let client = client(&spec.client, reporter);
    let mut grants = grants(spec, &client, reporter);
    let exchange = exchange::exchange(spec, &client, reporter);
    if exchange.is_some() {
        grants.insert(GrantType::TokenExchange);
    }
    let refreshes = grants.contains(&GrantType::RefreshToken);
    if spec.refresh_days.is_some() && !refreshes {
        let problem = "it is given no refresh tokens";
        let fix = "add `refresh_token` to `grants`, or remove this";
        reporter.at(report::VALUE, &at("refresh_days"), problem, fix);
    }
    let scopes = scopes(spec, refreshes, reporter);
    let access_token = access_token(&spec.access_token, reporter);
    let profile = spec
        .profile
        .map(|wire::OidcProfile::Fapi2| OidcProfile::Fapi2);
    let mut require = require(spec, reporter);
    if profile == Some(OidcProfile::Fapi2) {
        fapi::held_to(spec, reporter);
        require.insert(Require::Pushed);
        // FAPI 2.0 Security Profile §5.3.2.1: by mutual TLS or by DPoP.
        if !require.contains(&Require::Certificate) {
            require.insert(Require::Dpop);
        }
    }
    Some(Oidc {
        client_id,
        redirect_uris,
        post_logout_redirect_uris: after,
        backchannel_logout_uri: spec.backchannel_logout_uri.clone(),
        frontchannel_logout_uri: spec.frontchannel_logout_uri.clone(),
        initiate_login_uri: spec.initiate_login_uri.clone(),
        allow_private: spec.allow_private,
        client,
        profile,
        require,
        grants,
        scopes,
        subject: match spec.subject {
            wire::SubjectType::Public => SubjectType::Public,
            wire::SubjectType::Pairwise => SubjectType::Pairwise,
        },
        id_token_alg: signing_alg(spec.id_token_alg),
        userinfo_alg: spec.userinfo_alg.map(signing_alg),
        access_token,
        refresh_days: refreshes.then(|| spec.refresh_days.unwrap_or(REFRESH_DAYS)),
        exchange,
        claims: claims::claims(spec, tenant, reporter)?,
    })
}

pub(in crate::kinds) fn at(key: &'static str) -> [Part<'static>; 3] {
    [SPEC, OIDC, Part::Key(key)]
}

fn client_id(name: &str, spec: &OidcSpec, reporter: &mut Reporter<'_, '_>) -> String {
    let Some(id) = &spec.client_id else {
        return name.to_owned();
    };
    let possible = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
    if id.is_empty() || id.len() > 100 || !id.bytes().all(possible) {
        let problem = format!("`{id:.80}` is no client_id");
        let fix = "write 1 to 100 letters, digits, `.`, `_`, `~` or `-`, or leave it out";
        reporter.at(report::NAME, &at("client_id"), problem, fix);
    } else if id.parse::<SubjectId>().is_ok() {
        // It is the `sub` of what the client is given for itself (RFC 9700 §4.15).
        let problem = format!("`{id}` could be taken for a person");
        let fix = "write another one, or leave it out";
        reporter.at(report::NAME, &at("client_id"), problem, fix);
    }
    id.clone()
}

fn addresses(
    key: &'static str,
    given: &[String],
    least: usize,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<String> {
    if !(least..=MAX_ADDRESSES).contains(&given.len()) {
        let problem = format!("{} addresses", given.len());
        let fix = format!("write {least} to {MAX_ADDRESSES}");
        reporter.at(report::VALUE, &at(key), problem, fix);
    }
    let mut found = BTreeSet::new();
    for (index, text) in given.iter().enumerate() {
        let path = [&at(key)[..], &[Part::Index(index)]].concat();
        if let Err((problem, fix)) = address::redirect(text) {
            reporter.at(report::URL, &path, problem, fix);
        } else if !found.insert(text.clone()) {
            let problem = "this address stands here twice";
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
    }
    found
}

/// We call this one ourselves, so it is checked as the addresses of apps are; but it may have a query
/// (Back-Channel Logout 1.0 §2.2), by which some relying parties tell what they are called for.
fn backchannel(spec: &OidcSpec, reporter: &mut Reporter<'_, '_>) {
    let path = at("backchannel_logout_uri");
    match &spec.backchannel_logout_uri {
        Some(text) => match address::sound(text) {
            Ok(_) => {
                let bare = text.split('?').next().unwrap_or(text);
                check_url(bare, spec.allow_private, &path, reporter);
            }
            Err((problem, fix)) => reporter.at(report::URL, &path, problem, fix),
        },
        None if spec.allow_private => {
            let problem = "there is nothing that may be on a private address";
            let fix = "remove it, or write `backchannel_logout_uri`";
            reporter.at(report::VALUE, &at("allow_private"), problem, fix);
        }
        None => {}
    }
}

fn client(spec: &ClientSpec, reporter: &mut Reporter<'_, '_>) -> OidcClient {
    match spec {
        ClientSpec::Public(wire::PublicClient::Public) => OidcClient::Public,
        ClientSpec::Secret(spec) => {
            let path = [&at("client")[..], &[Part::Key("secret")]].concat();
            kinds::secret_name(&spec.secret, &path, reporter);
            OidcClient::Secret {
                secret: spec.secret.clone(),
                method: match spec.method {
                    crate::wire::ClientAuth::Basic => ClientAuth::Basic,
                    crate::wire::ClientAuth::Post => ClientAuth::Post,
                },
            }
        }
        ClientSpec::Keys(spec) => OidcClient::Keys {
            keys: keys::keys(&spec.keys, reporter),
        },
        ClientSpec::Issued(spec) => issued::issued(&spec.issued_certificate, reporter),
        ClientSpec::Certificates(spec) => issued::own(spec, reporter),
    }
}

fn require(spec: &OidcSpec, reporter: &mut Reporter<'_, '_>) -> BTreeSet<Require> {
    let mut found = BTreeSet::new();
    for (index, one) in spec.require.iter().enumerate() {
        let path = [&at("require")[..], &[Part::Index(index)]].concat();
        let one = match one {
            wire::Require::Pushed => Require::Pushed,
            wire::Require::Dpop => Require::Dpop,
            wire::Require::Certificate => Require::Certificate,
            wire::Require::Signed => Require::Signed,
        };
        if one == Require::Signed && !matches!(spec.client, ClientSpec::Keys(_)) {
            let problem = "a client without keys signs nothing";
            let fix = "remove it, or write `client: {keys: […]}`";
            reporter.at(report::VALUE, &path, problem, fix);
        }
        let other = match one {
            Require::Dpop => Some(Require::Certificate),
            Require::Certificate => Some(Require::Dpop),
            Require::Pushed | Require::Signed => None,
        };
        if other.is_some_and(|other| found.contains(&other)) {
            let problem = "a token is bound to a key or to a certificate, not both";
            reporter.at(report::CONFLICT, &path, problem, "remove one of them");
        }
        if !found.insert(one) {
            let problem = "this stands here twice";
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
    }
    found
}

fn grants(
    spec: &OidcSpec,
    client: &OidcClient,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<GrantType> {
    let Some(given) = &spec.grants else {
        return BTreeSet::from([GrantType::AuthorizationCode]);
    };
    let mut grants = BTreeSet::new();
    for (index, grant) in given.iter().enumerate() {
        let path = [&at("grants")[..], &[Part::Index(index)]].concat();
        let grant = match grant {
            wire::GrantType::AuthorizationCode => GrantType::AuthorizationCode,
            wire::GrantType::RefreshToken => GrantType::RefreshToken,
            wire::GrantType::ClientCredentials => GrantType::ClientCredentials,
            wire::GrantType::DeviceCode => GrantType::DeviceCode,
        };
        if grant == GrantType::ClientCredentials && *client == OidcClient::Public {
            let problem = "a public client has no credentials (RFC 6749 §4.4)";
            let fix = "remove it, or give the client a secret, keys or a certificate";
            reporter.at(report::VALUE, &path, problem, fix);
        }
        if !grants.insert(grant) {
            let problem = "this grant stands here twice";
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
    }
    if !grants.contains(&GrantType::AuthorizationCode) {
        let problem = "people sign in by `authorization_code`, which is not here";
        reporter.at(report::VALUE, &at("grants"), problem, "add it");
    }
    grants
}

fn scopes(spec: &OidcSpec, refreshes: bool, reporter: &mut Reporter<'_, '_>) -> BTreeSet<String> {
    let Some(given) = &spec.scopes else {
        return [OPENID, "profile", "email"].map(str::to_owned).into();
    };
    if given.len() > MAX_SCOPES {
        let fix = format!("write at most {MAX_SCOPES}");
        reporter.at(report::VALUE, &at("scopes"), "too many scopes", fix);
    }
    let mut scopes = BTreeSet::new();
    for (index, scope) in given.iter().enumerate() {
        let path = [&at("scopes")[..], &[Part::Index(index)]].concat();
        if let Some((problem, fix)) = wrong_scope(scope) {
            reporter.at(report::VALUE, &path, problem, fix);
        } else if scope == OFFLINE_ACCESS && !refreshes {
            let problem = "`offline_access` asks for refresh tokens, and it is given none";
            let fix = "add `refresh_token` to `grants`, or remove it";
            reporter.at(report::VALUE, &path, problem, fix);
        } else if !scopes.insert(scope.clone()) {
            let problem = format!("`{scope}` stands here twice");
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
    }
    if !scopes.contains(OPENID) {
        let problem = "nobody is signed in without `openid` (OpenID Connect Core §3.1.2.1)";
        reporter.at(report::VALUE, &at("scopes"), problem, "add it");
    }
    scopes
}

/// An own scope that is nearly one of ours is a typing error, and would silently give nothing.
pub(super) fn wrong_scope(scope: &str) -> Option<(String, String)> {
    let possible = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b":._-".contains(&b);
    if PERSONAL_SCOPES.contains(&scope) {
        return None;
    }
    if scope.is_empty() || scope.len() > 60 || !scope.bytes().all(possible) {
        let fix = "write 1 to 60 lower-case letters, digits, `:`, `.`, `_` or `-`";
        return Some((format!("`{scope:.80}` is no scope"), fix.to_owned()));
    }
    let meant = closest(scope, PERSONAL_SCOPES).filter(|_| !scope.contains([':', '.']))?;
    let fix =
        format!("did you mean `{meant}`? A scope of the app's own is one as in `api:{scope}`");
    Some((format!("`{scope}` is too much like `{meant}`"), fix))
}

pub(in crate::kinds) const fn signing_alg(alg: wire::SigningAlg) -> SigningAlg {
    match alg {
        wire::SigningAlg::Es256 => SigningAlg::Es256,
        wire::SigningAlg::EdDsa => SigningAlg::EdDsa,
        wire::SigningAlg::Rs256 => SigningAlg::Rs256,
        wire::SigningAlg::Ps256 => SigningAlg::Ps256,
    }
}

fn access_token(spec: &AccessTokenSpec, reporter: &mut Reporter<'_, '_>) -> AccessToken {
    if let Some(audience) = &spec.audience
        && let Err((problem, _)) = address::audience(audience)
    {
        let path = [&at("access_token")[..], &[Part::Key("audience")]].concat();
        let fix = "write an absolute URI without a fragment: https://api.acme.example";
        reporter.at(report::URL, &path, problem, fix);
    }
    AccessToken {
        format: match spec.format {
            wire::TokenFormat::Jwt => TokenFormat::Jwt,
            wire::TokenFormat::Opaque => TokenFormat::Opaque,
        },
        alg: signing_alg(spec.alg),
        minutes: spec.minutes.unwrap_or(MINUTES),
        audience: spec.audience.clone(),
    }
}
