//! What documents must not be beside one another.

use std::collections::{BTreeMap, BTreeSet};

use model::Diagnostic;

use super::{Read, with};
use crate::report;
use crate::schema::Kind;
use crate::yaml::Part;

/// Reports people who stand in one file with something else. Their attributes are not kept in the
/// log as they are written, so their file is not either.
pub(super) fn mixed(documents: &[Read<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let others = documents.iter().filter(|d| d.kind != Kind::Person);
    let others: BTreeSet<&str> = others.map(|d| d.path).collect();
    let people = documents.iter().filter(|d| d.kind == Kind::Person);
    for document in people.filter(|d| others.contains(d.path)) {
        with(document, diagnostics, |reporter| {
            let problem = "a person stands in one file with other kinds of documents";
            let fix = "write people into files of their own";
            reporter.at(report::VALUE, &[Part::Key("kind")], problem, fix);
        });
    }
}

pub(super) fn duplicates(documents: &[Read<'_>], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<(Kind, &str), &Read<'_>> = BTreeMap::new();
    for document in documents {
        // Two guards would be two answers to one question, whatever they are called.
        let name = match document.kind.single() {
            true => "",
            false => document.name.as_str(),
        };
        let Some(first) = seen.get(&(document.kind, name)) else {
            seen.insert((document.kind, name), document);
            continue;
        };
        let (kind, line) = (document.kind.as_str(), first.node.place.line);
        let there = format!("at {}:{line}", first.path);
        let problem = match document.kind {
            Kind::Guard | Kind::SamlMetadata => format!("there is already a {kind} {there}"),
            Kind::SignOnPolicy => {
                let (one, other) = (&document.name, &first.name);
                format!("`{one:.80}` cannot be beside the SignOnPolicy `{other:.80}` {there}")
            }
            _ => format!("there is already a {kind} `{name:.80}` {there}"),
        };
        let fix = match document.kind {
            Kind::SignOnPolicy => {
                "write their rules into one, in the order in which they are asked"
            }
            _ => "rename or remove one of them",
        };
        let path = [Part::Key("metadata"), Part::Key("name")];
        with(document, diagnostics, |reporter| {
            reporter.at(report::DUPLICATE, &path, problem, fix);
        });
    }
}
