//! What people sign in to, and with what. Read after the groups of people and the apps that these name.

use std::collections::BTreeMap;

use model::Diagnostic;

use super::{Read, Spec, with};
use crate::kinds::{self, Directory};
use crate::report;
use crate::tenant::Tenant;
use crate::wire::relying_party::{ClientSpec, RelyingPartySpec};
use crate::yaml::Part;

pub(super) fn sign_on(
    documents: &[Read<'_>],
    tenant: &mut Tenant,
    directory: &Directory,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for document in documents {
        let name = &document.name;
        with(document, diagnostics, |reporter| match &document.spec {
            Some(Spec::RelyingParty(spec)) => {
                let party = kinds::relying_party(name, spec, tenant, directory, reporter);
                let named = party.map(|party| (name.clone(), party));
                tenant.relying_parties.extend(named);
            }
            Some(Spec::SignOnPolicy(spec)) => {
                tenant.sign_on = kinds::sign_on(name, spec, tenant, directory, reporter);
            }
            _ => {}
        });
    }
    alike(documents, diagnostics);
}

/// Reports two relying parties that cannot be told apart: of one `client_id`, or with one secret, with
/// which each could pass for the other.
fn alike(documents: &[Read<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    let mut secrets: BTreeMap<&str, &str> = BTreeMap::new();
    for document in documents {
        let Some(Spec::RelyingParty(spec)) = &document.spec else {
            continue;
        };
        let name = document.name.as_str();
        // Of two documents with one name it is said that they have it, and no more.
        let other = |first: &str| (first != name).then(|| first.to_owned());
        let id = kinds::client_id(name, spec);
        if let Some(first) = other(ids.entry(id).or_insert(name)) {
            with(document, diagnostics, |reporter| {
                let problem =
                    format!("the RelyingParty `{first}` has the client_id `{id:.80}` too");
                let fix = "give each a `client_id` of its own";
                reporter.at(report::DUPLICATE, &place_of_id(spec), problem, fix);
            });
        }
        let ClientSpec::Secret(client) = &spec.oidc.client else {
            continue;
        };
        if let Some(first) = other(secrets.entry(&client.secret).or_insert(name)) {
            with(document, diagnostics, |reporter| {
                // What stands there may be the secret itself, so it is not repeated.
                let problem = format!("the RelyingParty `{first}` has the same secret");
                let fix = "give each its own: with this one each could pass for the other";
                let path = ["spec", "oidc", "client", "secret"].map(Part::Key);
                reporter.at(report::DUPLICATE, &path, problem, fix);
            });
        }
    }
}

fn place_of_id(spec: &RelyingPartySpec) -> Vec<Part<'static>> {
    match spec.oidc.client_id {
        Some(_) => ["spec", "oidc", "client_id"].map(Part::Key).to_vec(),
        None => ["metadata", "name"].map(Part::Key).to_vec(),
    }
}
