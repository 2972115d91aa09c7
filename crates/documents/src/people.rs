//! How documents are kept: people without their attributes, everything else as it is written.
//!
//! The log keeps documents for good and unsealed. What a document says of a person goes into the
//! log as their facts do, sealed under their own key; what is kept of the document is what is not
//! personal, and a digest that tells whether the rest has changed.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::schema::Kind;
use crate::wire::Document;
use crate::wire::beside::{PersonSpec, WorkerRefSpec};
use crate::yaml::{self, Node};

/// Files as they are to be kept, of documents that were checked. `seal` gives a digest of a text
/// under a key that nobody else has.
#[must_use]
pub fn stored(files: &[(String, String)], seal: &dyn Fn(&str) -> String) -> Vec<(String, String)> {
    let kept = files.iter().map(|(path, text)| {
        let nodes = yaml::parse(text).unwrap_or_default();
        let is_person =
            |node: &Node| node.get("kind").and_then(Node::text) == Some(Kind::Person.as_str());
        // People stand in files of their own; a file that holds any is never kept as it is.
        let text = match nodes.iter().any(is_person) {
            true => people(&nodes, seal),
            false => text.clone(),
        };
        (path.clone(), text)
    });
    kept.collect()
}

fn people(nodes: &[Node], seal: &dyn Fn(&str) -> String) -> String {
    let mut out = String::from("# As it is kept: what is said of people is withheld.\n");
    for node in nodes {
        let name = node.get("metadata").and_then(|m| m.get("name"));
        let name = name.and_then(Node::text).unwrap_or_default();
        if let Ok(document) = serde_json::from_value::<Document<PersonSpec>>(node.to_json()) {
            one(name, &document.spec, seal, &mut out);
        }
    }
    out
}

/// One document, in the spelling of JSON where a value could be read as something else.
fn one(name: &str, spec: &PersonSpec, seal: &dyn Fn(&str) -> String, out: &mut String) {
    let said = serde_json::to_string(&(name, &spec.attributes)).unwrap_or_default();
    let withheld = match &spec.withheld {
        Some(withheld) => withheld.clone(),
        None => seal(&said),
    };
    let sponsor = match &spec.sponsor {
        WorkerRefSpec::Key(key) => quoted(key),
        WorkerRefSpec::Of(of) => {
            format!(
                "{{source: {}, key: {}}}",
                quoted(&of.source),
                quoted(&of.key)
            )
        }
    };
    let mut line = |field: &str, value: &str| {
        // Writing to a text does not fail.
        let _ = writeln!(out, "{field}: {value}");
    };
    line("---\nkind", Kind::Person.as_str());
    line("metadata", &format!("{{name: {}}}", quoted(name)));
    line("spec", "");
    line("  sponsor", &sponsor);
    line("  reason", &quoted(&spec.reason));
    line("  zone", &quoted(&spec.zone));
    if let Some(starts) = &spec.starts {
        line("  starts", &quoted(starts));
    }
    line("  ends", &quoted(&spec.ends));
    line("  withheld", &quoted(&withheld));
}

fn quoted(text: &str) -> String {
    Json::String(text.to_owned()).to_string()
}
