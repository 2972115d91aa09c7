//! From files to a checked tenant.

use std::collections::BTreeSet;

use model::{Diagnostic, TargetName};
use rules::closest;

use crate::kinds::{self, Directory};
use crate::report::{self, Report, Reporter};
use crate::schema::{self, Kind};
use crate::tenant::Tenant;
use crate::wire::alarm::{AlarmSpec, ChannelSpec};
use crate::wire::beside::{
    HoldSpec, PeopleGroupSpec, PersonSpec, PersonalGrantSpec, ServiceAccountSpec,
};
use crate::wire::client_registration::ClientRegistrationSpec;
use crate::wire::drill::DrillSpec;
use crate::wire::expectation::{LifecycleTestSpec, MappingTestSpec};
use crate::wire::identity_provider::IdentityProviderSpec;
use crate::wire::password_directory::PasswordDirectorySpec;
use crate::wire::relying_party::RelyingPartySpec;
use crate::wire::saml_metadata::SamlMetadataSpec;
use crate::wire::sign_on::SignOnPolicySpec;
use crate::wire::{AppSpec, Document, GuardSpec, RuleSpec, SourceSpec};
use crate::yaml::{self, MAX_BYTES, MAX_DOCUMENTS, Node, Part};

mod between;
mod groups;
mod sign_on;

/// What running all lifecycle tests may cost, in expressions; a few seconds.
const MAX_EFFORT: usize = 1_000_000;

/// Reads and checks a tenant's documents: `(path, text)` of each file, in any order. A file may
/// hold several documents.
///
/// # Errors
/// Everything that is wrong, sorted by file and place.
pub fn load<P: AsRef<str>, T: AsRef<str>>(files: &[(P, T)]) -> Result<Tenant, Vec<Diagnostic>> {
    let mut files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_ref(), text.as_ref()))
        .collect();
    files.sort_unstable();
    let mut diagnostics = Vec::new();
    let mut found = Vec::new();
    for (path, text) in files {
        read(path, text, &mut found, &mut diagnostics);
    }
    if found.len() > MAX_DOCUMENTS {
        let problem = format!(
            "{} documents; at most {MAX_DOCUMENTS} are allowed",
            found.len()
        );
        let mut report = Report::new("");
        report.at(
            report::LIMIT,
            yaml::Place::default(),
            &[],
            problem,
            "join rules that are alike",
        );
        return Err(report.diagnostics);
    }
    let mut documents: Vec<Read<'_>> = Vec::new();
    for (path, text, node) in &found {
        documents.extend(decode(path, text, node, &mut diagnostics));
    }
    let tenant = compile(&documents, &mut diagnostics);
    if diagnostics.is_empty() {
        return Ok(tenant);
    }
    diagnostics.sort_by(|a, b| key(a).cmp(&key(b)));
    diagnostics.dedup();
    Err(diagnostics)
}

fn key(d: &Diagnostic) -> (&str, u64, u64, &str, &str, &str) {
    (&d.place, d.line, d.column, &d.code, &d.field, &d.problem)
}

fn read<'f>(
    path: &'f str,
    text: &'f str,
    found: &mut Vec<(&'f str, &'f str, Node)>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut report = Report::new(path);
    if text.len() > MAX_BYTES {
        let problem = format!("the file has {} bytes; {MAX_BYTES} are allowed", text.len());
        report.at(
            report::LIMIT,
            yaml::Place::default(),
            &[],
            problem,
            "split it",
        );
    } else {
        match yaml::parse(text) {
            Ok(nodes) => found.extend(nodes.into_iter().map(|node| (path, text, node))),
            Err(unsound) => {
                report.at(
                    report::SYNTAX,
                    unsound.place,
                    &[],
                    unsound.problem,
                    unsound.fix,
                );
            }
        }
    }
    diagnostics.append(&mut report.diagnostics);
}

/// A document of known kind and sound name. `spec` is `None` when its shape is wrong; its name
/// still counts, so that references to it are not reported too.
struct Read<'d> {
    path: &'d str,
    text: &'d str,
    node: &'d Node,
    kind: Kind,
    name: String,
    spec: Option<Spec>,
}

enum Spec {
    Source(Box<SourceSpec>),
    App(Box<AppSpec>),
    Rule(RuleSpec),
    Group(PeopleGroupSpec),
    Grant(PersonalGrantSpec),
    Hold(HoldSpec),
    Person(Box<PersonSpec>),
    ServiceAccount(ServiceAccountSpec),
    Guard(GuardSpec),
    Channel(Box<ChannelSpec>),
    Alarm(AlarmSpec),
    Drill(Box<DrillSpec>),
    RelyingParty(Box<RelyingPartySpec>),
    ClientRegistration(Box<ClientRegistrationSpec>),
    SamlMetadata(Box<SamlMetadataSpec>),
    IdentityProvider(Box<IdentityProviderSpec>),
    PasswordDirectory(Box<PasswordDirectorySpec>),
    SignOnPolicy(Box<SignOnPolicySpec>),
    MappingTest(MappingTestSpec),
    LifecycleTest(LifecycleTestSpec),
}

fn decode<'d>(
    path: &'d str,
    text: &'d str,
    node: &'d Node,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Read<'d>> {
    let mut report = Report::new(path);
    let word = node.get("kind").and_then(Node::text);
    let Some(kind) = Kind::ALL
        .into_iter()
        .find(|kind| word == Some(kind.as_str()))
    else {
        let names = Kind::ALL.map(Kind::as_str);
        let (problem, fix) = match word {
            Some(word) => {
                let meant = closest(word, names);
                let fix = meant.map(|meant| format!("did you mean `{meant}`?"));
                (format!("unknown kind `{word:.80}`"), fix)
            }
            None => ("the document does not say what it is".to_owned(), None),
        };
        let fix = fix.unwrap_or_else(|| format!("write `kind:` and one of {}", names.join(", ")));
        let place = node.get("kind").unwrap_or(node).place;
        report.at(report::KIND, place, &[Part::Key("kind")], problem, fix);
        diagnostics.append(&mut report.diagnostics);
        return None;
    };
    schema::check(kind, node, &mut report);
    let shaped = report.diagnostics.is_empty();
    let name = node
        .get("metadata")
        .and_then(|metadata| metadata.get("name"));
    let name = name.and_then(Node::text).unwrap_or_default().to_owned();
    let path_to_name = [Part::Key("metadata"), Part::Key("name")];
    if shaped && let Some(problem) = kinds::bad_name(&name) {
        let place = node.at(&path_to_name).unwrap_or(node).place;
        report.at(report::NAME, place, &path_to_name, problem, kinds::NAME_FIX);
    }
    let spec = if shaped {
        typed(kind, node, &mut report)
    } else {
        None
    };
    diagnostics.append(&mut report.diagnostics);
    Some(Read {
        path,
        text,
        node,
        kind,
        name,
        spec,
    })
}

fn typed(kind: Kind, node: &Node, report: &mut Report<'_>) -> Option<Spec> {
    fn spec<S: serde::de::DeserializeOwned>(json: serde_json::Value) -> Result<S, String> {
        serde_json::from_value::<Document<S>>(json)
            .map(|document| document.spec)
            .map_err(|error| error.to_string())
    }
    let json = node.to_json();
    let read = match kind {
        Kind::Source => spec(json).map(|spec| Spec::Source(Box::new(spec))),
        Kind::App => spec(json).map(|spec| Spec::App(Box::new(spec))),
        Kind::BirthrightRule => spec(json).map(Spec::Rule),
        Kind::Group => spec(json).map(Spec::Group),
        Kind::Grant => spec(json).map(Spec::Grant),
        Kind::Guard => spec(json).map(Spec::Guard),
        Kind::Hold => spec(json).map(Spec::Hold),
        Kind::Person => spec(json).map(|spec| Spec::Person(Box::new(spec))),
        Kind::ServiceAccount => spec(json).map(Spec::ServiceAccount),
        Kind::Channel => spec(json).map(|spec| Spec::Channel(Box::new(spec))),
        Kind::Alarm => spec(json).map(Spec::Alarm),
        Kind::Drill => spec(json).map(|spec| Spec::Drill(Box::new(spec))),
        Kind::RelyingParty => spec(json).map(|spec| Spec::RelyingParty(Box::new(spec))),
        Kind::ClientRegistration => spec(json).map(|spec| Spec::ClientRegistration(Box::new(spec))),
        Kind::SamlMetadata => spec(json).map(|spec| Spec::SamlMetadata(Box::new(spec))),
        Kind::IdentityProvider => spec(json).map(|spec| Spec::IdentityProvider(Box::new(spec))),
        Kind::PasswordDirectory => spec(json).map(|spec| Spec::PasswordDirectory(Box::new(spec))),
        Kind::SignOnPolicy => spec(json).map(|spec| Spec::SignOnPolicy(Box::new(spec))),
        Kind::MappingTest => spec(json).map(Spec::MappingTest),
        Kind::LifecycleTest => spec(json).map(Spec::LifecycleTest),
    };
    // The schema comes from the same types, so what passes it decodes, but for numbers that no
    // schema bounds.
    read.map_err(|error| report.at(report::VALUE, node.place, &[], error, ""))
        .ok()
}

fn compile(documents: &[Read<'_>], diagnostics: &mut Vec<Diagnostic>) -> Tenant {
    between::duplicates(documents, diagnostics);
    between::mixed(documents, diagnostics);
    let mut tenant = Tenant::default();
    sources(documents, &mut tenant, diagnostics);
    // Without all sources the attributes are not known, and every expression would seem wrong.
    let attributes_known = documents
        .iter()
        .all(|d| d.kind != Kind::Source || d.spec.is_some());
    let directory = directory(documents);
    if attributes_known {
        groups::groups(documents, &mut tenant, &directory, diagnostics);
    }
    for document in documents {
        with(document, diagnostics, |reporter| match &document.spec {
            Some(Spec::App(spec)) if attributes_known => {
                if let Some(app) = kinds::app(&document.name, spec, &tenant, reporter) {
                    tenant.apps.insert(app.name.clone(), app);
                }
            }
            Some(Spec::Rule(spec)) if attributes_known => {
                if let Some(rule) = kinds::rule(&document.name, spec, &tenant, &directory, reporter)
                {
                    tenant.rules.insert(document.name.clone(), rule);
                }
            }
            Some(Spec::Grant(spec)) => {
                if let Some(grant) = kinds::grant(&document.name, spec, &directory, reporter) {
                    tenant.grants.insert(document.name.clone(), grant);
                }
            }
            Some(Spec::Hold(spec)) => {
                if let Some(hold) = kinds::hold(&document.name, spec, &directory, reporter) {
                    tenant.holds.insert(document.name.clone(), hold);
                }
            }
            Some(Spec::Person(spec)) if attributes_known => {
                let name = &document.name;
                if let Some(person) = kinds::person(name, spec, &tenant, &directory, reporter) {
                    tenant.people.insert(name.clone(), person);
                }
            }
            Some(Spec::ServiceAccount(spec)) => {
                let accounts = &mut tenant.service_accounts;
                kinds::service_account(&document.name, spec, &directory, accounts, reporter);
            }
            Some(Spec::Guard(spec)) => tenant.guard = kinds::guard(spec, &directory, reporter),
            _ => {}
        });
    }
    if attributes_known {
        watches(documents, &mut tenant, &directory, diagnostics);
        sign_on::sign_on(documents, &mut tenant, &directory, diagnostics);
        expectations(documents, &mut tenant, &directory, diagnostics);
    }
    tenant
}

/// How people are told, and drills. What is told of a source, and whether an app can follow a drill,
/// depends on what these say of themselves.
fn watches(
    documents: &[Read<'_>],
    tenant: &mut Tenant,
    directory: &Directory,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for document in documents {
        let name = &document.name;
        with(document, diagnostics, |reporter| match &document.spec {
            Some(Spec::Channel(spec)) => {
                let channel = kinds::channel(name, spec, reporter);
                tenant.channels.insert(name.clone(), channel);
            }
            Some(Spec::Alarm(spec)) => {
                let (sources, others) = (&tenant.sources, &tenant.alarms);
                let alarm = kinds::alarm(name, spec, directory, sources, others, reporter);
                tenant.alarms.insert(name.clone(), alarm);
            }
            Some(Spec::Drill(spec)) => {
                if let Some(drill) = kinds::drill(name, spec, tenant, directory, reporter) {
                    tenant.drills.insert(name.clone(), drill);
                }
            }
            _ => {}
        });
    }
}

/// Sources are read first: they say which attributes there are.
fn sources(documents: &[Read<'_>], tenant: &mut Tenant, diagnostics: &mut Vec<Diagnostic>) {
    for document in documents {
        let Some(Spec::Source(spec)) = &document.spec else {
            continue;
        };
        with(document, diagnostics, |reporter| {
            let source = kinds::source(&document.name, spec, tenant, reporter);
            tenant.sources.insert(document.name.clone(), source);
        });
    }
}

/// Tests are read last: they speak of what the other documents declare.
fn expectations(
    documents: &[Read<'_>],
    tenant: &mut Tenant,
    directory: &Directory,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for document in documents {
        with(document, diagnostics, |reporter| match &document.spec {
            Some(Spec::MappingTest(spec)) => {
                let name = &document.name;
                if let Some(test) = kinds::mapping_test(name, spec, tenant, directory, reporter) {
                    tenant.mapping_tests.insert(name.clone(), test);
                }
            }
            Some(Spec::LifecycleTest(spec)) => {
                let name = &document.name;
                if let Some(test) = kinds::lifecycle_test(name, spec, tenant, directory, reporter) {
                    tenant.lifecycle_tests.insert(name.clone(), test);
                }
            }
            _ => {}
        });
    }
    let mappings = tenant.apps.values().map(|app| app.account.attributes.len());
    let expressions = tenant.rules.len() + mappings.sum::<usize>();
    let moments = tenant.lifecycle_tests.values().map(|t| t.moments.len());
    let effort = expressions.saturating_mul(moments.sum());
    if effort > MAX_EFFORT {
        let problem = format!(
            "the tests' moments times the expressions are {effort}; at most {MAX_EFFORT} are allowed"
        );
        let mut report = Report::new("");
        let place = yaml::Place::default();
        report.at(
            report::LIMIT,
            place,
            &[],
            problem,
            "remove moments of LifecycleTests",
        );
        diagnostics.append(&mut report.diagnostics);
    }
}

fn with<'d>(
    document: &Read<'d>,
    diagnostics: &mut Vec<Diagnostic>,
    work: impl FnOnce(&mut Reporter<'d, 'd>),
) {
    let report = Report::new(document.path);
    let mut reporter = Reporter {
        document: document.node,
        text: document.text,
        report,
    };
    work(&mut reporter);
    diagnostics.append(&mut reporter.report.diagnostics);
}

/// The apps, groups, sources and rules that documents may refer to; `None` for the groups of an app that could
/// not be read.
fn directory(documents: &[Read<'_>]) -> Directory {
    let apps = documents
        .iter()
        .filter(|document| document.kind == Kind::App)
        .map(|document| {
            let groups = match &document.spec {
                Some(Spec::App(spec)) => Some(spec.groups.keys().cloned().collect()),
                _ => None,
            };
            (TargetName(document.name.clone()), groups)
        });
    let named = |kind| -> BTreeSet<String> {
        let of_kind = documents.iter().filter(move |d| d.kind == kind);
        of_kind.map(|d| d.name.clone()).collect()
    };
    Directory {
        apps: apps.collect(),
        sources: named(Kind::Source),
        rules: named(Kind::BirthrightRule),
        channels: named(Kind::Channel),
        relying_parties: &named(Kind::RelyingParty) | &named(Kind::ClientRegistration),
        identity_providers: named(Kind::IdentityProvider),
    }
}
