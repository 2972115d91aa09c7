//! What happened, as lines for people. Sorted where the order is chance, so that an output
//! changes only when the behaviour does.

use std::collections::BTreeMap;

use model::attributes::Attributes;
use model::plan::{About, Before};
use model::{Act, Cause, Change, Diagnostic, Input, Kind, Plan, Step, TargetName};
use ports::target::Operation;

use super::names::Names;

/// This many names are listed; the others are counted.
const NAMED: usize = 8;

/// `a, b, c and 3,997 others`.
#[must_use]
pub fn list(names: &[String]) -> String {
    let shown = if names.len() <= NAMED + 1 {
        names.len()
    } else {
        3
    };
    let text = names[..shown].join(", ");
    match names.len() - shown {
        0 => text,
        more => format!("{text} and {} others", thousands(more as u64)),
    }
}

/// `4000` as `4,000`.
#[must_use]
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 person`, `2 people`.
#[must_use]
pub fn count(n: u64, one: &str, more: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { more })
}

/// Lines `what: names`, one for each `what`, names sorted, in the order of `what`.
fn grouped(found: Vec<(String, String)>) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (what, name) in found {
        groups.entry(what).or_default().push(name);
    }
    let line = |(what, mut names): (String, Vec<String>)| {
        names.sort();
        let many = names.len() > NAMED + 1;
        let number = if many {
            format!(" {}", thousands(names.len() as u64))
        } else {
            String::new()
        };
        format!("{what}{number}: {}", list(&names))
    };
    groups.into_iter().map(line).collect()
}

/// What a wave is caused by.
#[must_use]
pub fn cause(cause: &Cause, names: &Names) -> String {
    match &cause.input {
        Input::Delivery(delivery) => names.scrub(&delivery.to_string()),
        Input::Undo(wave) => format!("undo of {}", names.scrub(&wave.to_string())),
        Input::Termination(_) if cause.change == Change::Undo => {
            format!("lifted {}", names.scrub(&cause.input.to_string()))
        }
        other => names.scrub(&other.to_string()),
    }
}

/// The plans of a wave: who, and what is to be done to them.
#[must_use]
pub fn plans(plans: &[Plan], names: &Names) -> Vec<String> {
    let line = |plan: &Plan| {
        let steps: Vec<String> = plan.steps.iter().map(|s| step(s, names)).collect();
        let name = match &plan.about {
            About::Subject(subject) => names.person(*subject),
            About::Target(target) => format!("groups of {target}"),
        };
        (steps.join(", "), name)
    };
    grouped(plans.iter().map(line).collect())
}

fn step(step: &Step, names: &Names) -> String {
    let app = &step.address.target;
    let verb = step.act.verb();
    let place = match step.address.kind {
        Kind::Account => format!("{app} account"),
        Kind::Group => format!("{app} group {}", step.address.key),
        Kind::Grant => format!("{app}/{}", step.address.key.granted_group().unwrap_or("")),
    };
    if let Act::Create { active: false, .. } = &step.act {
        return format!("{verb} disabled {place}");
    }
    let Act::Update { set, unset } = &step.act else {
        return format!("{verb} {place}");
    };
    let before = |path: &String| match &step.before {
        Before::Present { attributes, .. } => attributes.get(path).map(|v| names.value(app, v)),
        Before::Absent => None,
    };
    let none = || "nothing".to_owned();
    let mut changes = Vec::new();
    for (path, value) in set {
        let from = before(path).unwrap_or_else(none);
        changes.push(format!(
            "{}: {from} → {}",
            short(path),
            names.value(app, value)
        ));
    }
    for path in unset {
        let from = before(path).unwrap_or_else(none);
        changes.push(format!("{}: {from} → nothing", short(path)));
    }
    format!("{verb} {place} ({})", changes.join("; "))
}

/// An attribute path without the long name of its schema.
fn short(path: &str) -> &str {
    match path.strip_prefix("urn:") {
        Some(rest) => rest.rsplit(':').next().unwrap_or(path),
        None => path,
    }
}

/// What was asked of an app: removals first, each kind of request in one line for each group, and
/// creations and changes with their values while they are few.
#[must_use]
pub fn requests(app: &TargetName, asked: &[Operation], names: &Names) -> Vec<String> {
    let creations = asked
        .iter()
        .filter(|o| matches!(o, Operation::Create { .. }))
        .count();
    let mut found: BTreeMap<u8, Vec<(String, String)>> = BTreeMap::new();
    for operation in asked {
        for (rank, what, name) in request(app, operation, names, creations > NAMED) {
            found
                .entry(rank)
                .or_default()
                .push((format!("{app}: {what}"), name));
        }
    }
    found.into_values().flat_map(grouped).collect()
}

fn request(
    app: &TargetName,
    operation: &Operation,
    names: &Names,
    many: bool,
) -> Vec<(u8, String, String)> {
    let object = |remote| names.object(app, remote);
    match operation {
        Operation::SetActive {
            remote,
            active: false,
        } => vec![(0, "disable".to_owned(), object(remote))],
        Operation::Delete { remote, .. } => vec![(1, "delete".to_owned(), object(remote))],
        Operation::Members { group, add, remove } => {
            let group = object(group);
            let out = remove.iter().map(|m| (2, format!("{group} −"), object(m)));
            let into = add.iter().map(|m| (6, format!("{group} +"), object(m)));
            out.chain(into).collect()
        }
        Operation::Create {
            kind,
            active,
            attributes,
            ..
        } => {
            let name = ["userName", "displayName"];
            let name = name.iter().find_map(|path| attributes.get(*path));
            let name = name.map(ToString::to_string).unwrap_or_default();
            let off = if *active { "" } else { " disabled" };
            let values = values(app, attributes, names, true);
            let name = if many || values.is_empty() {
                name
            } else {
                format!("{name} ({values})")
            };
            vec![(3, format!("create{off} {}", kind.as_str()), name)]
        }
        Operation::SetActive {
            remote,
            active: true,
        } => vec![(4, "enable".to_owned(), object(remote))],
        Operation::Update {
            remote, set, unset, ..
        } => {
            let mut changes = Vec::new();
            changes.extend((!set.is_empty()).then(|| values(app, set, names, false)));
            changes.extend(unset.iter().map(|path| format!("no {}", short(path))));
            // A new name is told beside the one that the account has after it.
            vec![(5, format!("set {}", changes.join(", ")), object(remote))]
        }
    }
}

/// `title=Sales, manager=bo@acme.example`; without the name by which the object goes, where that
/// is told beside it.
fn values(app: &TargetName, attributes: &Attributes, names: &Names, named: bool) -> String {
    let mut out: Vec<String> = Vec::new();
    for (path, value) in attributes {
        if !(named && ["displayName", "userName"].contains(&path.as_str())) {
            out.push(format!("{}={}", short(path), names.value(app, value)));
        }
    }
    out.join(", ")
}

/// What is wrong with an input, each with its place and what to do.
#[must_use]
pub fn diagnostics(found: &[Diagnostic], names: &Names) -> Vec<String> {
    const MOST: usize = 12;
    let text = |d: &Diagnostic| names.scrub(&d.to_string());
    let mut lines: Vec<String> = found
        .iter()
        .take(MOST)
        .flat_map(|d| text(d).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    if found.len() > MOST {
        lines.push(format!(
            "and {} more",
            thousands((found.len() - MOST) as u64)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn many_names_are_counted_and_few_are_listed() {
        let names = |n: usize| (0..n).map(|i| format!("p{i}")).collect::<Vec<_>>();
        assert_eq!(list(&names(2)), "p0, p1");
        assert!(list(&names(9)).ends_with("p8"));
        assert_eq!(list(&names(4003)), "p0, p1, p2 and 4,000 others");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(
            (thousands(0).as_str(), thousands(999).as_str()),
            ("0", "999")
        );
    }
}
