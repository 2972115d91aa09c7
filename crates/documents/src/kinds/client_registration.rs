//! `ClientRegistration`, and what a client makes of it that registers itself.
//!
//! A client is held to what a `RelyingParty` document is held to, by the same readers.

use std::collections::{BTreeMap, BTreeSet};

use model::Diagnostic;
use serde_json::Value;

use super::group;
use super::relying_party::{at, oidc};
use crate::report::{self, Report, Reporter};
use crate::tenant::{
    ClientRegistration, GrantType, MaySignIn, Oidc, OidcClient, RedirectKind, Registered,
    RelyingParty, Speaks, Tenant,
};
use crate::wire::client_registration::{self as wire, ClientRegistrationSpec};
use crate::wire::relying_party::{
    AccessTokenSpec, ClientSpec, OidcSpec, SecretClientSpec, SigningAlg, SubjectType,
};
use crate::yaml::{self, Part};

/// Clients at once where the document does not say.
const CLIENTS: u16 = 20;
/// Days that a client counts where the document does not say.
const DAYS: u16 = 90;
/// The most hosts.
const MAX_HOSTS: usize = 100;
/// Stands for where the answers of a client go that is not there yet.
const NOBODY: &str = "https://client.invalid/";

pub(crate) fn client_registration(
    name: &str,
    spec: &ClientRegistrationSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<ClientRegistration> {
    let path = [Part::Key("spec"), Part::Key("groups")];
    if spec.groups.is_empty() {
        reporter.at(report::VALUE, &path, "nobody may sign in", "name a group");
    }
    let groups = group::named(&spec.groups, &path, tenant, reporter);
    let redirects = redirects(spec, reporter);
    let hosts = spec
        .hosts
        .as_ref()
        .map(|hosts| self::hosts(hosts, reporter));
    let most = OidcSpec {
        redirect_uris: vec![NOBODY.to_owned()],
        client: ClientSpec::Secret(SecretClientSpec {
            secret: "none".to_owned(),
            method: crate::wire::ClientAuth::Basic,
        }),
        require: spec.oidc.require.clone(),
        grants: spec.oidc.grants.clone(),
        scopes: spec.oidc.scopes.clone(),
        access_token: spec.oidc.access_token.clone(),
        refresh_days: spec.oidc.refresh_days,
        claims: spec.oidc.claims.clone(),
        ..empty()
    };
    let oidc = oidc(name, &most, tenant, reporter)?;
    Some(ClientRegistration {
        name: name.to_owned(),
        who: MaySignIn::Groups(groups),
        clients: spec.clients.unwrap_or(CLIENTS),
        days: spec.days.unwrap_or(DAYS),
        redirects,
        hosts,
        oidc: Box::new(oidc),
    })
}

/// A client of which nothing is said.
fn empty() -> OidcSpec {
    OidcSpec {
        client_id: None,
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        backchannel_logout_uri: None,
        frontchannel_logout_uri: None,
        initiate_login_uri: None,
        allow_private: false,
        client: ClientSpec::Public(crate::wire::relying_party::PublicClient::Public),
        profile: None,
        require: Vec::new(),
        grants: None,
        scopes: None,
        subject: SubjectType::Public,
        id_token_alg: SigningAlg::Es256,
        userinfo_alg: None,
        access_token: AccessTokenSpec::default(),
        refresh_days: None,
        claims: BTreeMap::new(),
        exchange: None,
    }
}

fn redirects(
    spec: &ClientRegistrationSpec,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<RedirectKind> {
    let Some(given) = &spec.redirects else {
        return BTreeSet::from([RedirectKind::Web]);
    };
    if given.is_empty() {
        let path = [Part::Key("spec"), Part::Key("redirects")];
        let fix = "name one of web, loopback and private-use, or leave it out";
        reporter.at(report::VALUE, &path, "answers may go nowhere", fix);
    }
    let kinds = given.iter().map(|kind| match kind {
        wire::RedirectKind::Web => RedirectKind::Web,
        wire::RedirectKind::Loopback => RedirectKind::Loopback,
        wire::RedirectKind::PrivateUse => RedirectKind::PrivateUse,
    });
    kinds.collect()
}

fn hosts(given: &[String], reporter: &mut Reporter<'_, '_>) -> BTreeSet<String> {
    let path = [Part::Key("spec"), Part::Key("hosts")];
    if !(1..=MAX_HOSTS).contains(&given.len()) {
        let problem = format!("{} hosts", given.len());
        let fix = format!("write 1 to {MAX_HOSTS}, or leave it out");
        reporter.at(report::VALUE, &path, problem, fix);
    }
    for (index, host) in given.iter().enumerate() {
        let url = url::Url::parse(&format!("https://{host}/"));
        let is_host = !host.contains('*')
            && url.is_ok_and(|url| url.host_str() == Some(host) && url.port().is_none());
        if !is_host {
            let path = [&path[..], &[Part::Index(index)]].concat();
            let fix =
                "write it as browsers do, in lower case and without a port: apps.acme.example";
            reporter.at(report::VALUE, &path, "this is no host", fix);
        }
    }
    given.iter().cloned().collect()
}

/// A client that registers itself, as a relying party: what it asks for, and no more than the document allows.
///
/// `asked` is of the shape of `spec.oidc` of a `RelyingParty` document, in which `client` says how it proves who it is.
///
/// # Errors
/// What is wrong with it, with the fields of such a document.
pub fn registered(
    allowed: &ClientRegistration,
    (client_id, title): (&str, String),
    (turn, ends): (u32, model::Timestamp),
    asked: Value,
) -> Result<RelyingParty, Vec<Diagnostic>> {
    let nodes = yaml::parse("{}").unwrap_or_default();
    let mut report = Report::new("registration");
    let spec: OidcSpec = match serde_json::from_value(asked) {
        Ok(spec) => spec,
        // Its words may hold what was sent.
        Err(_) => {
            let place = yaml::Place::default();
            report.at(
                report::VALUE,
                place,
                &[Part::Key("spec")],
                "cannot be read",
                "",
            );
            return Err(report.diagnostics);
        }
    };
    let Some(document) = nodes.first() else {
        return Err(report.diagnostics);
    };
    let mut reporter = Reporter {
        document,
        text: "{}",
        report,
    };
    let found = oidc(client_id, &spec, &Tenant::default(), &mut reporter);
    // Where answers go, and whatever else a browser or we ourselves would open.
    for (field, uris) in [
        ("redirect_uris", spec.redirect_uris.as_slice()),
        ("post_logout_redirect_uris", &spec.post_logout_redirect_uris),
        (
            "backchannel_logout_uri",
            spec.backchannel_logout_uri.as_slice(),
        ),
        (
            "frontchannel_logout_uri",
            spec.frontchannel_logout_uri.as_slice(),
        ),
        ("initiate_login_uri", spec.initiate_login_uri.as_slice()),
    ] {
        for (index, _) in uris
            .iter()
            .enumerate()
            .filter(|(_, uri)| !allowed.takes(uri))
        {
            let path = [&at(field)[..], &[Part::Index(index)]].concat();
            let problem = "the document does not allow this address";
            reporter.at(report::VALUE, &path, problem, "register another one");
        }
    }
    match found {
        Some(found) if reporter.report.diagnostics.is_empty() => Ok(RelyingParty {
            name: client_id.to_owned(),
            title,
            who: allowed.who.clone(),
            start_url: None,
            speaks: Speaks::Oidc(Box::new(within(&allowed.oidc, found, client_id))),
            registered: Some(Registered {
                by: allowed.name.clone(),
                turn,
                ends,
            }),
        }),
        _ => Err(reporter.report.diagnostics),
    }
}

/// What both say. What a document has taken back since is not there, whatever was registered.
fn within(most: &Oidc, asked: Oidc, client_id: &str) -> Oidc {
    let grants: BTreeSet<GrantType> = &most.grants & &asked.grants;
    let refreshes = grants.contains(&GrantType::RefreshToken);
    Oidc {
        client_id: client_id.to_owned(),
        client: match asked.client {
            OidcClient::Secret { method, .. } => OidcClient::Secret {
                secret: String::new(),
                method,
            },
            other => other,
        },
        profile: None,
        exchange: None,
        require: &most.require | &asked.require,
        refresh_days: most.refresh_days.filter(|_| refreshes),
        scopes: &most.scopes & &asked.scopes,
        grants,
        access_token: most.access_token.clone(),
        claims: most.claims.clone(),
        ..asked
    }
}
