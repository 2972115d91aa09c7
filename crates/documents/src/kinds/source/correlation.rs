//! How a source's workers are found among the people who are known.

use rules::closest;

use crate::report::{self, Reporter};
use crate::wire::{AttributeSpec, AttributeType, SourceSpec};
use crate::yaml::Part;

/// The most sets, and the most attributes of a set.
const MOST: usize = 8;
/// The range of precedences.
const PRECEDENCE: std::ops::RangeInclusive<u32> = 1..=1000;

/// Checks precedence and correlation.
pub(super) fn check(spec: &SourceSpec, reporter: &mut Reporter<'_, '_>) {
    let key = |name| [Part::Key("spec"), Part::Key(name)];
    if !PRECEDENCE.contains(&spec.precedence) {
        refuse_precedence(&key("precedence"), reporter);
    }
    for (name, field) in &spec.attributes {
        if field.precedence.is_some_and(|p| !PRECEDENCE.contains(&p)) {
            let path = ["spec", "attributes", name, "precedence"].map(Part::Key);
            refuse_precedence(&path, reporter);
        }
    }
    if !spec.engages && spec.correlate.is_empty() {
        let problem = "a source that engages nobody only adds to people of others, and here nobody \
                       could be found";
        let fix = "say with `correlate` by which attributes people are found";
        reporter.at(report::MISSING_FIELD, &key("engages"), problem, fix);
    }
    if spec.correlate.len() > MOST {
        let problem = format!(
            "{} sets of attributes; at most {MOST}",
            spec.correlate.len()
        );
        let fix = "keep those that tell people apart best";
        reporter.at(report::LIMIT, &key("correlate"), problem, fix);
    }
    for (at, set) in spec.correlate.iter().enumerate() {
        check_set(at, set, spec, reporter);
    }
}

fn refuse_precedence(path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    let fix = "write a number from 1 to 1000; the smaller, the more its word counts";
    reporter.at(report::VALUE, path, "this is no precedence", fix);
}

fn check_set(at: usize, set: &[String], spec: &SourceSpec, reporter: &mut Reporter<'_, '_>) {
    let path = [Part::Key("spec"), Part::Key("correlate"), Part::Index(at)];
    if set.is_empty() || set.len() > MOST {
        let fix = format!("name 1 to {MOST} attributes, all of which must be equal");
        reporter.at(report::VALUE, &path, "this set finds nobody", fix);
    }
    for (no, name) in set.iter().enumerate() {
        let path = [path[0], path[1], path[2], Part::Index(no)];
        let Some(field) = spec.attributes.get(name) else {
            let known = spec.attributes.keys().map(String::as_str);
            let fix = match closest(name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name an attribute of this source".to_owned(),
            };
            let problem = format!("this source has no attribute `{name:.80}`");
            reporter.at(report::REFERENCE, &path, problem, fix);
            continue;
        };
        check_attribute(name, field, &path, reporter);
    }
}

/// Whoever can choose the value could choose whom they are taken for.
fn check_attribute(
    name: &str,
    field: &AttributeSpec,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) {
    if field.self_editable {
        let problem = format!("people can change `{name}` themselves: nobody is found by it");
        let fix = "correlate by something that only HR can change";
        reporter.at(report::SELF_EDITABLE, path, problem, fix);
    }
    if matches!(field.of, AttributeType::List | AttributeType::Bool) {
        let problem = format!("`{name}` tells nobody apart");
        let fix = "correlate by texts, numbers or dates";
        reporter.at(report::VALUE, path, problem, fix);
    }
}
