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
        let name = if document.kind == Kind::Guard {
            ""
        } else {
            document.name.as_str()
        };
        let Some(first) = seen.get(&(document.kind, name)) else {
            seen.insert((document.kind, name), document);
            continue;
        };
        let problem = if document.kind == Kind::Guard {
            format!(
                "there is already a Guard at {}:{}",
                first.path, first.node.place.line
            )
        } else {
            let (kind, line) = (document.kind.as_str(), first.node.place.line);
            format!(
                "there is already a {kind} `{name:.80}` at {}:{line}",
                first.path
            )
        };
        let path = [Part::Key("metadata"), Part::Key("name")];
        with(document, diagnostics, |reporter| {
            reporter.at(
                report::DUPLICATE,
                &path,
                problem,
                "rename or remove one of them",
            );
        });
    }
}
