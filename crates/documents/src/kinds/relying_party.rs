//! `RelyingParty`.

mod address;
mod claims;
mod exchange;
mod fapi;
mod held;
mod issued;
mod keys;
mod oidc;
mod opened;
mod pem;
mod saml;
mod sets;
mod stands;

pub(crate) use address::page;
pub(super) use address::sound;
pub(crate) use keys::same as same_key;
pub use oidc::PERSONAL_SCOPES;
pub(super) use oidc::signing_alg;
pub(super) use oidc::{at, oidc};
pub(crate) use pem::certificate as pem;
pub(super) use pem::certificates;
pub(super) use saml::entity_id;
pub(crate) use saml::scope;

use model::TargetName;

use crate::kinds::{Directory, group};
use crate::report::{self, Reporter};
use crate::tenant::{MaySignIn, RelyingParty, Speaks, Tenant};
use crate::wire::relying_party::RelyingPartySpec;
use crate::yaml::Part;

const SPEC: Part<'static> = Part::Key("spec");
/// The longest title, in characters: it stands on a page beside others.
const MAX_TITLE: usize = 80;

pub(crate) fn relying_party(
    name: &str,
    spec: &RelyingPartySpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<RelyingParty> {
    let title = title(name, spec.title.as_deref(), reporter);
    let who = who(spec, tenant, directory, reporter);
    if let Some(url) = &spec.start_url
        && let Err((problem, fix)) = address::page(url)
    {
        reporter.at(report::URL, &[SPEC, Part::Key("start_url")], problem, fix);
    }
    let initiated = spec.oidc.as_ref().map(|oidc| &oidc.initiate_login_uri);
    if let (Some(_), Some(Some(_))) = (&spec.start_url, initiated) {
        let problem = "people begin at `start_url` or at `initiate_login_uri`, not both";
        let path = [SPEC, Part::Key("start_url")];
        reporter.at(report::CONFLICT, &path, problem, "remove one of them");
    }
    exchange::known(spec, directory, reporter);
    let speaks = speaks(name, spec, tenant, reporter);
    Some(RelyingParty {
        name: name.to_owned(),
        title,
        who: who?,
        start_url: spec.start_url.clone(),
        speaks: speaks?,
        registered: None,
    })
}

/// What the document with this name calls itself as a client, if it is one.
pub(crate) fn client_id<'d>(name: &'d str, spec: &'d RelyingPartySpec) -> Option<&'d str> {
    let oidc = spec.oidc.as_ref()?;
    Some(oidc.client_id.as_deref().unwrap_or(name))
}

/// Exactly one protocol: of two it would have to be said for each setting which one it is of.
fn speaks(
    name: &str,
    spec: &RelyingPartySpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Speaks> {
    match (&spec.oidc, &spec.saml) {
        (Some(spec), None) => {
            let oidc = oidc::oidc(name, spec, tenant, reporter)?;
            Some(Speaks::Oidc(Box::new(oidc)))
        }
        (None, Some(spec)) => {
            let saml = saml::saml(spec, tenant, reporter)?;
            Some(Speaks::Saml(Box::new(saml)))
        }
        (None, None) => {
            let problem = "nothing says how people are signed in to it";
            let fix = "write `oidc:` for OpenID Connect, or `saml:` for SAML 2.0";
            reporter.at(report::MISSING_FIELD, &[SPEC], problem, fix);
            None
        }
        (Some(_), Some(_)) => {
            let problem = "people are signed in to it by OpenID Connect or by SAML, not both";
            let fix = "remove one of them, or write two documents";
            reporter.at(report::CONFLICT, &[SPEC, Part::Key("saml")], problem, fix);
            None
        }
    }
}

/// What people see something called.
pub(super) fn title(name: &str, title: Option<&str>, reporter: &mut Reporter<'_, '_>) -> String {
    let Some(title) = title else {
        return name.to_owned();
    };
    let long = title.chars().count() > MAX_TITLE;
    if long || title.trim().is_empty() || title.chars().any(char::is_control) {
        let fix = format!("write 1 to {MAX_TITLE} characters on one line, or leave it out");
        let path = [SPEC, Part::Key("title")];
        reporter.at(report::VALUE, &path, "this is no title", fix);
    }
    title.to_owned()
}

/// Exactly one way to say who.
fn who(
    spec: &RelyingPartySpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<MaySignIn> {
    let path = [SPEC, Part::Key("groups")];
    match (&spec.app, &spec.groups) {
        (Some(app), None) => {
            directory.app(app, &[SPEC, Part::Key("app")], reporter);
            Some(MaySignIn::App(TargetName(app.clone())))
        }
        (None, Some(groups)) => {
            if groups.is_empty() {
                reporter.at(report::VALUE, &path, "nobody may sign in", "name a group");
            }
            let groups = group::named(groups, &path, tenant, reporter);
            Some(MaySignIn::Groups(groups))
        }
        (None, None) => {
            let problem = "nothing says who may sign in";
            let fix = "write `app:` for whoever has an account there, or `groups:` of people";
            reporter.at(report::MISSING_FIELD, &[SPEC], problem, fix);
            None
        }
        (Some(_), Some(_)) => {
            let problem = "who may sign in follows from an app or from groups, not both";
            reporter.at(report::CONFLICT, &path, problem, "remove one of them");
            None
        }
    }
}
