//! What documents say of one person or account beside the rules: `Grant`, `Hold`, `ServiceAccount`.

use model::{TargetName, Timestamp, WorkerRef};

use crate::kinds::Directory;
use crate::report::{self, Reporter};
use crate::tenant::{Grant, Hold, PEOPLE, PersonalGrant, ServiceAccount, ServiceAccounts};
use crate::wire::beside::{HoldSpec, PersonalGrantSpec, ServiceAccountSpec, WorkerRefSpec};
use crate::yaml::Part;

/// The longest reason, in characters: it is shown beside every step that it causes.
const MAX_REASON: usize = 500;
/// The longest worker key or name of an account, in characters.
const MAX_KEY: usize = 200;

pub(crate) fn grant(
    name: &str,
    spec: &PersonalGrantSpec,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<PersonalGrant> {
    let at = |key| [Part::Key("spec"), Part::Key(key)];
    directory.check(
        &spec.app,
        spec.group.as_deref(),
        &[Part::Key("spec")],
        reporter,
    );
    let person = worker(&spec.person, &at("person"), directory, reporter);
    let owner = worker(&spec.owner, &at("owner"), directory, reporter);
    let reason = reason(&spec.reason, &at("reason"), reporter);
    let until = instant(&spec.until, &at("until"), reporter);
    let (person, owner) = (person?, owner?);
    if person == owner {
        let problem = "nobody answers for their own access";
        let fix = "name somebody else as the owner";
        reporter.at(report::VALUE, &at("owner"), problem, fix);
    }
    Some(PersonalGrant {
        name: name.to_owned(),
        person,
        gives: Grant {
            app: TargetName(spec.app.clone()),
            group: spec.group.clone(),
        },
        owner,
        reason: reason?,
        until: until?,
    })
}

pub(crate) fn hold(
    name: &str,
    spec: &HoldSpec,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Hold> {
    let at = |key| [Part::Key("spec"), Part::Key(key)];
    let person = worker(&spec.person, &at("person"), directory, reporter);
    let owner = worker(&spec.owner, &at("owner"), directory, reporter);
    let reason = reason(&spec.reason, &at("reason"), reporter);
    let until = instant(&spec.until, &at("until"), reporter);
    let (person, owner) = (person?, owner?);
    if person == owner {
        let problem = "nobody answers for what they left behind themselves";
        let fix = "name somebody else as the owner";
        reporter.at(report::VALUE, &at("owner"), problem, fix);
    }
    Some(Hold {
        name: name.to_owned(),
        person,
        owner,
        reason: reason?,
        until: until?,
    })
}

pub(crate) fn service_account(
    name: &str,
    spec: &ServiceAccountSpec,
    directory: &Directory,
    accounts: &mut ServiceAccounts,
    reporter: &mut Reporter<'_, '_>,
) {
    let at = |key| [Part::Key("spec"), Part::Key(key)];
    directory.check(&spec.app, None, &[Part::Key("spec")], reporter);
    let owner = worker(&spec.owner, &at("owner"), directory, reporter);
    let reason = reason(&spec.reason, &at("reason"), reporter);
    let expires = instant(&spec.expires, &at("expires"), reporter);
    let account = &spec.account;
    if !is_sound(account) {
        let problem = format!("`{account:.80}` is no name of an account");
        let fix = format!("write its `userName`: 1 to {MAX_KEY} characters, no outer space");
        reporter.at(report::VALUE, &at("account"), problem, fix);
        return;
    }
    let (Some(owner), Some(reason), Some(expires)) = (owner, reason, expires) else {
        return;
    };
    let taken = accounts.add(ServiceAccount {
        name: name.to_owned(),
        app: TargetName(spec.app.clone()),
        account: account.clone(),
        owner,
        reason,
        expires,
    });
    if let Some(other) = taken {
        let problem = format!("`{}` is about this account already", other.name);
        let fix = "remove one of them";
        reporter.at(report::DUPLICATE, &at("account"), problem, fix);
    }
}

/// Whether this can be a worker key or an account's name.
fn is_sound(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && text.chars().count() <= MAX_KEY
}

/// Whom a document names. A key alone is enough while there is one source; with several it would
/// be somebody else as soon as another of them uses the same key.
pub(super) fn worker(
    spec: &WorkerRefSpec,
    path: &[Part<'_>],
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<WorkerRef> {
    let sources = &directory.sources;
    let names = || sources.iter().cloned().collect::<Vec<_>>().join(", ");
    let (source, key, at_key) = match spec {
        WorkerRefSpec::Key(key) => {
            let mut all = sources.iter();
            match (all.next(), all.next()) {
                (Some(only), None) => (only.clone(), key, path.to_vec()),
                (None, _) => {
                    let fix = "write the Source that tells of them first";
                    reporter.at(report::REFERENCE, path, "no source tells of people", fix);
                    return None;
                }
                (Some(one), Some(_)) => {
                    let problem = "there are several sources, and this does not say in which";
                    let fix = format!(
                        "write {{source: {one}, key: {key:?}}}; known sources: {}",
                        names()
                    );
                    reporter.at(report::REFERENCE, path, problem, fix);
                    return None;
                }
            }
        }
        WorkerRefSpec::Of(of) => {
            // People whom documents name may come and go like those of a source.
            if of.source != PEOPLE && !sources.contains(&of.source) {
                let at = [path, &[Part::Key("source")]].concat();
                let problem = format!("there is no source `{:.80}`", of.source);
                let fix = format!("known sources: {}", names());
                reporter.at(report::REFERENCE, &at, problem, fix);
                return None;
            }
            let at_key = [path, &[Part::Key("key")]].concat();
            (of.source.clone(), &of.key, at_key)
        }
    };
    if !is_sound(key) {
        let problem = format!("`{key:.80}` is no worker key");
        let fix = format!("write it as the source does: 1 to {MAX_KEY} characters, no outer space");
        reporter.at(report::VALUE, &at_key, problem, fix);
        return None;
    }
    let key = key.clone();
    Some(WorkerRef { source, key })
}

pub(super) fn reason(
    text: &str,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Option<String> {
    let sound = !text.trim().is_empty() && text.chars().count() <= MAX_REASON;
    if !sound {
        let fix = format!("say why in 1 to {MAX_REASON} characters");
        reporter.at(report::VALUE, path, "this is no reason", fix);
    }
    sound.then(|| text.trim().to_owned())
}

/// An instant as documents write it.
pub(crate) fn instant(
    text: &str,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Option<Timestamp> {
    let read = text.parse::<Timestamp>().ok();
    if read.is_none() {
        let problem = format!("`{text:.80}` is no instant");
        let fix = "write it as in RFC 3339: 2026-06-30T17:00:00Z or 2026-06-30T17:00:00+02:00";
        reporter.at(report::VALUE, path, problem, fix);
    }
    read
}
