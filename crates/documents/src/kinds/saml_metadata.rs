//! `SamlMetadata`.

use std::collections::BTreeSet;

use super::is_mail_address;
use super::relying_party::{self, page};
use crate::report::{self, Reporter};
use crate::tenant::{Logo, SamlMetadata, TechnicalContact};
use crate::wire::saml_metadata::SamlMetadataSpec;
use crate::yaml::Part;

const SPEC: Part<'static> = Part::Key("spec");
/// The longest name, in characters: service providers show it in lists.
const MAX_NAME: usize = 80;
/// The most domains.
const MAX_SCOPES: usize = 20;

pub(crate) fn saml_metadata(
    spec: &SamlMetadataSpec,
    reporter: &mut Reporter<'_, '_>,
) -> SamlMetadata {
    for (path, text) in [
        (&[SPEC, Part::Key("display_name")][..], &spec.display_name),
        (
            &[SPEC, Part::Key("contact"), Part::Key("company")],
            &spec.contact.company,
        ),
    ] {
        let long = text.chars().count() > MAX_NAME;
        if long || text.trim().is_empty() || text.chars().any(char::is_control) {
            let fix = format!("write 1 to {MAX_NAME} characters on one line");
            reporter.at(report::VALUE, path, "this is no name", fix);
        }
    }
    let language = spec.language.as_deref().unwrap_or("en");
    if !is_language(language) {
        let path = [SPEC, Part::Key("language")];
        let fix = "write a tag of BCP 47, as in `en` or `de-AT`";
        reporter.at(report::VALUE, &path, "this is no language", fix);
    }
    for (path, url) in [
        (
            &[SPEC, Part::Key("logo"), Part::Key("url")][..],
            &spec.logo.url,
        ),
        (&[SPEC, Part::Key("error_url")], &spec.error_url),
    ] {
        if let Err((problem, fix)) = page(url) {
            reporter.at(report::URL, path, problem, fix);
        } else if !url.starts_with("https:") {
            // SDP-MD10, SDP-MD12: other people's browsers are sent there.
            let fix = "write an address that begins with https";
            reporter.at(
                report::URL,
                path,
                "the connection would not be encrypted",
                fix,
            );
        }
    }
    if !is_mail_address(&spec.contact.email) {
        let path = [SPEC, Part::Key("contact"), Part::Key("email")];
        let fix = "write an address as in `identity@acme.example`";
        reporter.at(report::VALUE, &path, "this is no address for mail", fix);
    }
    SamlMetadata {
        display_name: spec.display_name.clone(),
        language: language.to_owned(),
        logo: Logo {
            url: spec.logo.url.clone(),
            width: spec.logo.width,
            height: spec.logo.height,
        },
        error_url: spec.error_url.clone(),
        contact: TechnicalContact {
            company: spec.contact.company.clone(),
            email: spec.contact.email.clone(),
        },
        scopes: scopes(&spec.scopes, reporter),
    }
}

fn scopes(given: &[String], reporter: &mut Reporter<'_, '_>) -> BTreeSet<String> {
    let path = [SPEC, Part::Key("scopes")];
    if !(1..=MAX_SCOPES).contains(&given.len()) {
        let problem = format!("{} domains", given.len());
        let fix = format!("write 1 to {MAX_SCOPES}");
        reporter.at(report::VALUE, &path, problem, fix);
    }
    for (place, scope) in given.iter().enumerate() {
        relying_party::scope(scope, &[path[0], path[1], Part::Index(place)], reporter);
    }
    given.iter().cloned().collect()
}

/// A tag of BCP 47 as far as it is written here: a language and what narrows it.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let is_part = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && tag.len() <= 35
        && parts.all(is_part)
}
