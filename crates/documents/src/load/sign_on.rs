//! What people sign in to, and with what. Read after the groups of people and the apps that these name.

use std::collections::BTreeMap;

use model::Diagnostic;

use super::{Read, Spec, with};
use crate::kinds::{self, Directory};
use crate::report;
use crate::schema::Kind;
use crate::tenant::Tenant;
use crate::wire::relying_party::{ClientSpec, IssuedSpec, JwkSpec, RelyingPartySpec};
use crate::yaml::Part;

pub(super) fn sign_on(
    documents: &[Read<'_>],
    tenant: &mut Tenant,
    directory: &Directory,
    diagnostics: &mut Vec<Diagnostic>,
) {
    // Read first: some relying parties demand that it is there.
    for document in documents {
        if let Some(Spec::SamlMetadata(spec)) = &document.spec {
            with(document, diagnostics, |reporter| {
                tenant.saml_metadata = Some(kinds::saml_metadata(spec, reporter));
            });
        }
    }
    for document in documents {
        let name = &document.name;
        with(document, diagnostics, |reporter| match &document.spec {
            Some(Spec::RelyingParty(spec)) => {
                let party = kinds::relying_party(name, spec, tenant, directory, reporter);
                let named = party.map(|party| (name.clone(), party));
                tenant.relying_parties.extend(named);
            }
            Some(Spec::ClientRegistration(spec)) => {
                let allowed = kinds::client_registration(name, spec, tenant, reporter);
                let named = allowed.map(|allowed| (name.clone(), allowed));
                tenant.client_registrations.extend(named);
            }
            Some(Spec::IdentityProvider(spec)) => {
                let provider = kinds::identity_provider(name, spec, directory, reporter);
                let named = provider.map(|provider| (name.clone(), provider));
                tenant.identity_providers.extend(named);
            }
            Some(Spec::PasswordDirectory(spec)) => {
                let directory = kinds::password_directory(name, spec, tenant, reporter);
                tenant.password_directory = Some(directory);
            }
            Some(Spec::SignOnPolicy(spec)) => {
                tenant.sign_on = kinds::sign_on(name, spec, tenant, directory, reporter);
            }
            _ => {}
        });
    }
    alike(documents, diagnostics);
    same_name(documents, diagnostics);
    same_issuer(documents, diagnostics);
}

/// Reports a registration that has the name of a relying party: rules name both alike.
fn same_name(documents: &[Read<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let of_kind = |kind| documents.iter().filter(move |d| d.kind == kind);
    for document in of_kind(Kind::ClientRegistration) {
        if of_kind(Kind::RelyingParty).any(|party| party.name == document.name) {
            with(document, diagnostics, |reporter| {
                let problem = format!("there is a RelyingParty `{:.80}`", document.name);
                let fix = "rename one of them: rules of the sign-on policy name both";
                let path = ["metadata", "name"].map(Part::Key);
                reporter.at(report::DUPLICATE, &path, problem, fix);
            });
        }
    }
}

/// Reports two identity providers of one issuer: a link names the issuer, so with two documents nobody could say
/// by which of them it was made.
fn same_issuer(documents: &[Read<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let mut issuers: BTreeMap<&str, &str> = BTreeMap::new();
    for document in documents {
        let Some(Spec::IdentityProvider(spec)) = &document.spec else {
            continue;
        };
        let (oidc, saml) = (spec.oidc.as_ref(), spec.saml.as_ref());
        let issuer = oidc.map(|oidc| (oidc.issuer.as_str(), ["spec", "oidc", "issuer"]));
        let entity = saml.map(|saml| (saml.entity_id.as_str(), ["spec", "saml", "entity_id"]));
        let Some((issuer, path)) = issuer.or(entity) else {
            continue;
        };
        let name = document.name.as_str();
        let first = *issuers.entry(issuer).or_insert(name);
        if first != name {
            with(document, diagnostics, |reporter| {
                let problem = format!("the IdentityProvider `{first}` has the same issuer");
                let fix = "write one document of it";
                let path = path.map(Part::Key);
                reporter.at(report::DUPLICATE, &path, problem, fix);
            });
        }
    }
}

/// Reports two relying parties that cannot be told apart: of one `client_id` or `entity_id`, or with one
/// secret, with which each could pass for the other.
fn alike(documents: &[Read<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    let mut secrets: BTreeMap<&str, &str> = BTreeMap::new();
    let mut keys = Vec::new();
    let (mut certificates, mut issued) = (Vec::new(), Vec::new());
    for document in documents {
        let Some(Spec::RelyingParty(spec)) = &document.spec else {
            continue;
        };
        let name = document.name.as_str();
        // Of two documents with one name it is said that they have it, and no more.
        let other = |first: &str| (first != name).then(|| first.to_owned());
        if let Some((id, key, place)) = id_of(name, spec)
            && let Some(first) = other(ids.entry(id).or_insert(name))
        {
            with(document, diagnostics, |reporter| {
                let problem = format!("the RelyingParty `{first}` has the {key} `{id:.80}` too");
                let fix = format!("give each {} `{key}` of its own", article(key));
                reporter.at(report::DUPLICATE, &place, problem, fix);
            });
        }
        let client = match spec.oidc.as_ref().map(|oidc| &oidc.client) {
            Some(ClientSpec::Secret(client)) => client,
            Some(ClientSpec::Keys(client)) => {
                keys.extend(client.keys.iter().enumerate().map(|key| (document, key)));
                continue;
            }
            Some(ClientSpec::Certificates(client)) => {
                let own = client.certificates.iter().enumerate();
                certificates.extend(own.map(|one| (document, one)));
                continue;
            }
            Some(ClientSpec::Issued(client)) => {
                issued.push((document, &client.issued_certificate));
                continue;
            }
            Some(ClientSpec::Public(_)) | None => continue,
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
    same_keys(&keys, diagnostics);
    same_certificates(&certificates, diagnostics);
    same_subjects(&issued, diagnostics);
}

/// Reports a certificate that two relying parties have: whoever holds its key could pass for both.
fn same_certificates(all: &[(&Read<'_>, (usize, &String))], diagnostics: &mut Vec<Diagnostic>) {
    for (at, (document, (place, certificate))) in all.iter().enumerate() {
        let Ok(known) = kinds::pem(certificate) else {
            continue;
        };
        let twin = |(other, (_, before)): &&(&Read<'_>, (usize, &String))| {
            other.name != document.name && kinds::pem(before).is_ok_and(|before| before == known)
        };
        if let Some((first, _)) = all[..at].iter().find(twin) {
            with(document, diagnostics, |reporter| {
                let problem = format!("the RelyingParty `{}` has the same certificate", first.name);
                let fix = "give each its own: with this one each could pass for the other";
                let path = ["spec", "oidc", "client", "certificates"].map(Part::Key);
                let path = [&path[..], &[Part::Index(*place)]].concat();
                reporter.at(report::DUPLICATE, &path, problem, fix);
            });
        }
    }
}

/// Reports two relying parties to which one certificate is issued, by the same name and by somebody whom both trust.
fn same_subjects(all: &[(&Read<'_>, &IssuedSpec)], diagnostics: &mut Vec<Diagnostic>) {
    let names = |spec: &IssuedSpec| {
        [
            spec.subject_dn.clone(),
            spec.san_dns.clone(),
            spec.san_uri.clone(),
            spec.san_ip.clone(),
            spec.san_email.clone(),
        ]
    };
    let trusts = |spec: &IssuedSpec| -> Vec<String> {
        let all = spec.issued_by.iter();
        all.filter_map(|pem| kinds::pem(pem).ok()).collect()
    };
    for (at, (document, spec)) in all.iter().enumerate() {
        let trusted = trusts(spec);
        let twin = |(other, before): &&(&Read<'_>, &IssuedSpec)| {
            let both = trusts(before).iter().any(|one| trusted.contains(one));
            other.name != document.name && names(before) == names(spec) && both
        };
        if let Some((first, _)) = all[..at].iter().find(twin) {
            with(document, diagnostics, |reporter| {
                let problem = format!("the RelyingParty `{}` has the same certificate", first.name);
                let fix = "have one issued to each: with this one each could pass for the other";
                let path = ["spec", "oidc", "client", "issued_certificate"].map(Part::Key);
                reporter.at(report::DUPLICATE, &path, problem, fix);
            });
        }
    }
}

/// Reports a key that two relying parties have: whoever holds its private half could pass for both.
fn same_keys(keys: &[(&Read<'_>, (usize, &JwkSpec))], diagnostics: &mut Vec<Diagnostic>) {
    for (at, (document, (place, key))) in keys.iter().enumerate() {
        let twin = |(other, (_, before)): &&(&Read<'_>, (usize, &JwkSpec))| {
            other.name != document.name && kinds::same_key(before, key)
        };
        if let Some((first, _)) = keys[..at].iter().find(twin) {
            with(document, diagnostics, |reporter| {
                let problem = format!("the RelyingParty `{}` has the same key", first.name);
                let fix = "give each its own: with this one each could pass for the other";
                let path = ["spec", "oidc", "client", "keys"].map(Part::Key);
                let path = [&path[..], &[Part::Index(*place)]].concat();
                reporter.at(report::DUPLICATE, &path, problem, fix);
            });
        }
    }
}

/// What one calls itself, by which key, and where that stands. The record of what was given names it, so it is
/// one for all protocols.
fn id_of<'d>(
    name: &'d str,
    spec: &'d RelyingPartySpec,
) -> Option<(&'d str, &'static str, Vec<Part<'static>>)> {
    if let Some(saml) = &spec.saml {
        let place = ["spec", "saml", "entity_id"].map(Part::Key);
        return Some((&saml.entity_id, "entity_id", place.to_vec()));
    }
    let id = kinds::client_id(name, spec)?;
    let written = spec.oidc.as_ref()?.client_id.is_some();
    let place = match written {
        true => ["spec", "oidc", "client_id"].map(Part::Key).to_vec(),
        false => ["metadata", "name"].map(Part::Key).to_vec(),
    };
    Some((id, "client_id", place))
}

fn article(key: &str) -> &'static str {
    if key == "entity_id" { "an" } else { "a" }
}
