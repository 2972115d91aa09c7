//! Sets of attributes that a service provider asks for by number.

use super::saml::at;
use crate::report::{self, Reporter};
use crate::tenant::AttributeSet;
use crate::wire::relying_party::SamlSpec;
use crate::yaml::Part;

/// The most sets.
const MOST: usize = 20;

pub(super) fn sets(spec: &SamlSpec, reporter: &mut Reporter<'_, '_>) -> Vec<AttributeSet> {
    let path = at("attribute_sets");
    if spec.attribute_sets.len() > MOST {
        let fix = format!("write at most {MOST}");
        reporter.at(report::VALUE, &path, "too many sets", fix);
    }
    let mut found: Vec<AttributeSet> = Vec::new();
    for (place, set) in spec.attribute_sets.iter().enumerate() {
        let own = [&path[..], &[Part::Index(place)]].concat();
        if found.iter().any(|other| other.index == set.index) {
            let problem = format!("two sets have the number {}", set.index);
            let fix = "give each the number of its metadata";
            reporter.at(report::DUPLICATE, &own, problem, fix);
        }
        let names = [&own[..], &[Part::Key("attributes")]].concat();
        if set.attributes.is_empty() {
            let fix = "name attributes of this document, or remove the set";
            reporter.at(report::VALUE, &names, "there is nothing in this set", fix);
        }
        for (n, name) in set.attributes.iter().enumerate() {
            if !spec.attributes.contains_key(name) {
                let problem = format!("`{name:.80}` is none of the `attributes`");
                let fix = "write what gives it there, or correct the name";
                let one = [&names[..], &[Part::Index(n)]].concat();
                reporter.at(report::REFERENCE, &one, problem, fix);
            }
        }
        found.push(AttributeSet {
            index: set.index,
            attributes: set.attributes.iter().cloned().collect(),
        });
    }
    found
}
