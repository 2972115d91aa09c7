//! Access tokens that a client exchanges for others.

use std::collections::{BTreeMap, BTreeSet};

use super::oidc::{PERSONAL_SCOPES, at, wrong_scope};
use super::{SPEC, address};
use crate::kinds::Directory;
use crate::report::{self, Reporter};
use crate::tenant::{Exchange, OidcClient};
use crate::wire::relying_party::{OidcSpec, RelyingPartySpec};
use crate::yaml::Part;

/// The most of what is listed.
const MOST: usize = 20;

fn place(key: &'static str) -> Vec<Part<'static>> {
    [&at("exchange")[..], &[Part::Key(key)]].concat()
}

pub(super) fn exchange(
    spec: &OidcSpec,
    client: &OidcClient,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Exchange> {
    let given = spec.exchange.as_ref()?;
    if *client == OidcClient::Public {
        let problem = "whoever finds a token could exchange it as a public client";
        let fix = "remove it, or give the client a secret or keys";
        reporter.at(report::VALUE, &at("exchange"), problem, fix);
    }
    for (key, count) in [
        ("from", given.from.len()),
        ("audiences", given.audiences.len()),
    ] {
        if !(1..=MOST).contains(&count) {
            let problem = format!("{count} entries");
            let fix = format!("write 1 to {MOST}");
            reporter.at(report::VALUE, &place(key), problem, fix);
        }
    }
    let mut audiences = BTreeMap::new();
    for (audience, scopes) in &given.audiences {
        let path = [&place("audiences")[..], &[Part::Key(audience)]].concat();
        if let Err((problem, _)) = address::audience(audience) {
            let fix = "write an absolute URI without a fragment: https://api.acme.example";
            reporter.at(report::URL, &path, problem, fix);
        }
        audiences.insert(audience.clone(), scopes_of(scopes, &path, reporter));
    }
    Some(Exchange {
        from: given.from.iter().cloned().collect(),
        audiences,
    })
}

fn scopes_of(
    given: &[String],
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<String> {
    if !(1..=MOST).contains(&given.len()) {
        let problem = format!("{} scopes", given.len());
        let fix = format!("write 1 to {MOST}");
        reporter.at(report::VALUE, path, problem, fix);
    }
    for (index, scope) in given.iter().enumerate() {
        let path = [path, &[Part::Index(index)]].concat();
        if let Some((problem, fix)) = wrong_scope(scope) {
            reporter.at(report::VALUE, &path, problem, fix);
        } else if PERSONAL_SCOPES.contains(&scope.as_str()) {
            let problem = format!("`{scope}` means something here alone");
            let fix = "write a scope of the API's own";
            reporter.at(report::VALUE, &path, problem, fix);
        }
    }
    given.iter().cloned().collect()
}

/// Reports relying parties whose tokens are named and that no document declares.
pub(super) fn known(
    spec: &RelyingPartySpec,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) {
    let given = spec.oidc.as_ref().and_then(|oidc| oidc.exchange.as_ref());
    let from = given.map(|given| given.from.as_slice()).unwrap_or_default();
    for (index, name) in from.iter().enumerate() {
        let path = ["oidc", "exchange", "from"].map(Part::Key);
        let path = [&[SPEC][..], &path[..], &[Part::Index(index)]].concat();
        directory.relying_party(name, &path, reporter);
    }
}
