//! `Group`: a group of people.

use std::collections::BTreeSet;

use rules::PeopleGroup;

use crate::kinds::{self, Directory, beside};
use crate::report::{self, Reporter};
use crate::tenant::{ListedGroup, Tenant};
use crate::wire::beside::{PeopleGroupSpec, WorkerRefSpec};
use crate::yaml::Part;

const SPEC: Part<'static> = Part::Key("spec");

/// The most members of a list by hand: longer ones are rules that nobody wrote.
const MOST_MEMBERS: usize = 1_000;

/// How a group says who is in it.
pub(crate) enum By<'s> {
    Rule(&'s str),
    Hand(&'s [WorkerRefSpec]),
}

/// Whether a group is by rule or by hand; reports one that is both or neither.
pub(crate) fn by<'s>(spec: &'s PeopleGroupSpec, reporter: &mut Reporter<'_, '_>) -> Option<By<'s>> {
    match (&spec.when, &spec.members) {
        (Some(when), None) => {
            let others = [
                ("owner", spec.owner.is_some()),
                ("reason", spec.reason.is_some()),
            ];
            for (field, _) in others.into_iter().filter(|(_, there)| *there) {
                let problem = "a group by rule needs nobody who answers for a list";
                reporter.at(
                    report::VALUE,
                    &[SPEC, Part::Key(field)],
                    problem,
                    "remove it",
                );
            }
            Some(By::Rule(when))
        }
        (None, Some(members)) => Some(By::Hand(members)),
        (Some(_), Some(_)) => {
            let problem = "a group is by rule or by hand, not both";
            let fix = "make two groups, and a third one with `in_group(\"…\") || in_group(\"…\")`";
            reporter.at(report::VALUE, &[SPEC, Part::Key("members")], problem, fix);
            None
        }
        (None, None) => {
            let fix = "write `when:` with a condition, or `members:` with worker keys";
            reporter.at(report::MISSING_FIELD, &[SPEC], "the group says nobody", fix);
            None
        }
    }
}

/// A group by hand.
pub(crate) fn listed(
    name: &str,
    spec: &PeopleGroupSpec,
    members: &[WorkerRefSpec],
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<ListedGroup> {
    let at = |key| [SPEC, Part::Key(key)];
    if members.len() > MOST_MEMBERS {
        let count = members.len();
        let problem = format!("at most {MOST_MEMBERS} people can be listed, not {count}");
        reporter.at(report::VALUE, &at("members"), problem, "write a condition");
        return None;
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let path = [SPEC, Part::Key("members"), Part::Index(index)];
        let Some(member) = beside::worker(member, &path, directory, reporter) else {
            continue;
        };
        if !seen.insert(member.clone()) {
            let problem = "this worker is listed twice";
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
        found.push(member);
    }
    let fix = "a list by hand has an `owner:` and a `reason:`";
    let mut missing = |field| {
        let problem = format!("`{field}` is missing");
        reporter.at(report::MISSING_FIELD, &[SPEC], problem, fix);
    };
    if spec.owner.is_none() {
        missing("owner");
    }
    if spec.reason.is_none() {
        missing("reason");
    }
    let owner = spec.owner.as_ref();
    let owner = owner.and_then(|owner| beside::worker(owner, &at("owner"), directory, reporter));
    if owner.as_ref().is_some_and(|owner| seen.contains(owner)) {
        let problem = "nobody answers for their own access";
        let fix = "name somebody else as the owner, or take the owner off the list";
        reporter.at(report::VALUE, &at("owner"), problem, fix);
    }
    let reason = spec.reason.as_ref();
    let reason = reason.and_then(|text| beside::reason(text, &at("reason"), reporter));
    Some(ListedGroup {
        name: name.to_owned(),
        members: found,
        owner: owner?,
        reason: reason?,
    })
}

/// A group by rule. The groups that it asks for are in the tenant's schema already.
pub(crate) fn ruled(
    name: &str,
    when: &str,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<PeopleGroup> {
    let path = [SPEC, Part::Key("when")];
    rules::compile_group(name, when, &tenant.schema)
        .map_err(|errors| reporter.expression(&path, &errors))
        .ok()
}

/// The groups of people that a document names at `path`, and that decide what people may do. Reports
/// those that there are not, and those into which people can put themselves.
pub(crate) fn named(
    names: &[String],
    path: &[Part<'_>],
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        let path = [path, &[Part::Index(index)]].concat();
        if !found.insert(name.clone()) {
            let problem = format!("`{name:.80}` stands here twice");
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
        let Some(group) = tenant.schema.groups.get(name) else {
            let known = tenant.schema.groups.keys().map(String::as_str).collect();
            let problem = format!("there is no group of people `{name:.80}`");
            let fix = kinds::meant(name, known, "Group document");
            reporter.at(report::REFERENCE, &path, problem, fix);
            continue;
        };
        // What is wrong with a group itself is said where it stands.
        let asks = group
            .as_ref()
            .map_or_else(Vec::new, PeopleGroup::attributes);
        let own = |attribute: &&str| tenant.self_editable.contains(*attribute);
        if let Some(attribute) = asks.into_iter().find(own) {
            let problem = format!(
                "people can put themselves into `{name}`: it looks at `person.{attribute}`, which \
                 they can change"
            );
            let fix = "name a group that looks only at what HR sets";
            reporter.at(report::SELF_EDITABLE, &path, problem, fix);
        }
    }
    found
}

/// Groups that ask for one another in a circle.
pub(crate) fn circle(names: &[&str], reporter: &mut Reporter<'_, '_>) {
    let path = [SPEC, Part::Key("when")];
    let round = names.iter().chain(names.first());
    let round: Vec<&str> = round.copied().collect();
    let problem = format!(
        "these groups ask for one another in a circle: {}",
        round.join(" → ")
    );
    let fix = "say in one of them who is in it, without asking for the others";
    reporter.at(report::REFERENCE, &path, problem, fix);
}
