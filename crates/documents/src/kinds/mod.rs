//! From the spec of each kind to its checked form.

mod alarm;
mod app;
mod beside;
mod client_registration;
mod drill;
pub(crate) mod group;
mod guard;
mod handoff;
mod identity_provider;
mod lifecycle_test;
mod lingering;
mod manual;
mod mapping_test;
mod missing;
mod password_directory;
mod person;
mod relying_party;
mod rule;
mod saml_metadata;
mod sign_on;
mod source;
mod unique;
mod upstream_saml;
mod worker;

use std::collections::{BTreeMap, BTreeSet};

use model::TargetName;
use rules::closest;

pub use alarm::is_mail_address;
pub(crate) use alarm::{alarm, channel};
pub(crate) use app::app;
pub(crate) use beside::{grant, hold, instant, service_account};
pub(crate) use client_registration::client_registration;
pub use client_registration::registered;
pub(crate) use drill::drill;
pub(crate) use guard::guard;
pub(crate) use identity_provider::identity_provider;
pub(crate) use lifecycle_test::lifecycle_test;
pub(crate) use mapping_test::mapping_test;
pub(crate) use password_directory::password_directory;
pub(crate) use person::person;
pub use relying_party::PERSONAL_SCOPES;
pub(crate) use relying_party::{client_id, pem, relying_party, same_key};
pub(crate) use rule::rule;
pub(crate) use saml_metadata::saml_metadata;
pub(crate) use sign_on::sign_on;
pub(crate) use source::source;

use crate::report::{self, Reporter};
use crate::yaml::Part;

pub(crate) const NAME_FIX: &str =
    "begin with a letter or digit; use lower-case letters, digits and `-`, at most 63";

/// What is wrong with a name, if anything.
pub(crate) fn bad_name(name: &str) -> Option<String> {
    let sound = !name.is_empty()
        && name.len() <= 63
        && !name.starts_with('-')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (!sound).then(|| format!("`{name:.80}` is no name"))
}

/// Whoever pastes the secret itself where its name belongs must not see it repeated in an error.
pub(crate) fn secret_name(name: &str, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    if bad_name(name).is_some() {
        let fix = "name it as you did with `tenure secret set`; the value never stands in a file";
        reporter.at(report::NAME, path, "this is no name of a secret", fix);
    }
}

/// The apps, groups, rules and relying parties that documents may refer to.
pub(crate) struct Directory {
    /// App → our names of its groups; `None` when the app's document could not be read.
    pub apps: BTreeMap<TargetName, Option<BTreeSet<String>>>,
    /// The sources, also those that could not be read.
    pub sources: BTreeSet<String>,
    /// The rules, also those that could not be read.
    pub rules: BTreeSet<String>,
    /// The channels, also those that could not be read.
    pub channels: BTreeSet<String>,
    /// The relying parties and the registrations of clients, also those that could not be read.
    pub relying_parties: BTreeSet<String>,
    /// The identity providers, also those that could not be read.
    pub identity_providers: BTreeSet<String>,
}

impl Directory {
    /// Reports an app, or a group of it, that no document declares; they are named by the fields
    /// `app` and `group` at the path.
    pub fn check(
        &self,
        app: &str,
        group: Option<&str>,
        path: &[Part<'_>],
        reporter: &mut Reporter<'_, '_>,
    ) {
        self.app(app, &[path, &[Part::Key("app")]].concat(), reporter);
        if let Some(group) = group {
            let path = [path, &[Part::Key("group")]].concat();
            self.group(app, group, &path, reporter);
        }
    }

    /// Reports an app that no document declares.
    pub fn app(&self, app: &str, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
        if !self.apps.contains_key(&TargetName::from(app)) {
            let names = self.apps.keys().map(TargetName::as_str).collect();
            let problem = format!("there is no app `{app:.80}`");
            reporter.at(report::REFERENCE, path, problem, meant(app, names, "app"));
        }
    }

    /// Reports a channel that no document declares.
    pub fn channel(&self, channel: &str, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
        if !self.channels.contains(channel) {
            let names = self.channels.iter().map(String::as_str).collect();
            let problem = format!("there is no channel `{channel:.80}`");
            let fix = meant(channel, names, "channel");
            reporter.at(report::REFERENCE, path, problem, fix);
        }
    }

    /// Reports a relying party that no document declares.
    pub fn relying_party(&self, name: &str, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
        if !self.relying_parties.contains(name) {
            let names = self.relying_parties.iter().map(String::as_str).collect();
            let problem = format!("there is no relying party `{name:.80}`");
            let fix = meant(name, names, "RelyingParty document");
            reporter.at(report::REFERENCE, path, problem, fix);
        }
    }

    /// Reports an identity provider that no document declares.
    pub fn identity_provider(
        &self,
        name: &str,
        path: &[Part<'_>],
        reporter: &mut Reporter<'_, '_>,
    ) {
        if !self.identity_providers.contains(name) {
            let names = self.identity_providers.iter().map(String::as_str).collect();
            let problem = format!("there is no identity provider `{name:.80}`");
            let fix = meant(name, names, "IdentityProvider document");
            reporter.at(report::REFERENCE, path, problem, fix);
        }
    }

    /// Reports a group that the app's document does not declare.
    pub fn group(
        &self,
        app: &str,
        group: &str,
        path: &[Part<'_>],
        reporter: &mut Reporter<'_, '_>,
    ) {
        let Some(Some(groups)) = self.apps.get(&TargetName::from(app)) else {
            return;
        };
        if !groups.contains(group) {
            let names = groups.iter().map(String::as_str).collect();
            let problem = format!("the app `{app}` has no group `{group:.80}`");
            let fix = meant(group, names, "group");
            reporter.at(report::REFERENCE, path, problem, fix);
        }
    }
}

/// What to do about a word that nothing is called.
fn meant(word: &str, names: Vec<&str>, what: &str) -> String {
    match closest(word, names.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if names.is_empty() => format!("there are no {what}s yet"),
        None => format!("known {what}s: {}", names.join(", ")),
    }
}
