//! Groups of people, each after those that it asks for.

use std::collections::{BTreeMap, BTreeSet};

use model::Diagnostic;
use rules::PeopleGroup;

use super::{Read, Spec, with};
use crate::kinds::Directory;
use crate::kinds::group::{self, By};
use crate::schema::Kind;
use crate::tenant::Tenant;

/// A group by rule that is not compiled yet.
struct Waiting<'d> {
    document: &'d Read<'d>,
    when: &'d str,
    /// The groups by rule that it asks for.
    asks: BTreeSet<String>,
}

/// Adds every group to the tenant's schema; those that are wrong as declared only.
pub(super) fn groups(
    documents: &[Read<'_>],
    tenant: &mut Tenant,
    directory: &Directory,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut waiting: BTreeMap<&str, Waiting<'_>> = BTreeMap::new();
    for document in documents.iter().filter(|d| d.kind == Kind::Group) {
        let name = document.name.as_str();
        tenant.schema.groups.insert(name.to_owned(), None);
        let Some(Spec::Group(spec)) = &document.spec else {
            continue;
        };
        with(document, diagnostics, |reporter| {
            match group::by(spec, reporter) {
                Some(By::Rule(when)) => {
                    let asks = rules::groups_in(when).into_iter().collect();
                    waiting.insert(
                        name,
                        Waiting {
                            document,
                            when,
                            asks,
                        },
                    );
                }
                Some(By::Hand(members)) => {
                    if let Some(listed) = group::listed(name, spec, members, directory, reporter) {
                        let group = PeopleGroup::by_hand(name);
                        tenant.schema.groups.insert(name.to_owned(), Some(group));
                        tenant.listed.insert(name.to_owned(), listed);
                    }
                }
                None => {}
            }
        });
    }
    let ruled: BTreeSet<String> = waiting.keys().map(|name| (*name).to_owned()).collect();
    for group in waiting.values_mut() {
        group.asks.retain(|name| ruled.contains(name));
    }
    in_order(&mut waiting, tenant, diagnostics);
    circles(&waiting, diagnostics);
}

/// Compiles those whose groups are compiled, until none is left or each waits for another.
fn in_order(
    waiting: &mut BTreeMap<&str, Waiting<'_>>,
    tenant: &mut Tenant,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let mut asked_by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, group) in &*waiting {
        for asked in &group.asks {
            asked_by
                .entry(asked.clone())
                .or_default()
                .push((*name).to_owned());
        }
    }
    let free = waiting.iter().filter(|(_, group)| group.asks.is_empty());
    let mut ready: Vec<String> = free.map(|(name, _)| (*name).to_owned()).collect();
    while let Some(name) = ready.pop() {
        let Some(group) = waiting.remove(name.as_str()) else {
            continue;
        };
        with(group.document, diagnostics, |reporter| {
            let compiled = group::ruled(&name, group.when, tenant, reporter);
            tenant.schema.groups.insert(name.clone(), compiled);
        });
        for other in asked_by.remove(&name).unwrap_or_default() {
            if let Some(group) = waiting.get_mut(other.as_str()) {
                group.asks.remove(&name);
                if group.asks.is_empty() {
                    ready.push(other);
                }
            }
        }
    }
}

/// Reports each circle once at each group in it. Whoever only asks for a group in a circle is not
/// to blame.
fn circles(waiting: &BTreeMap<&str, Waiting<'_>>, diagnostics: &mut Vec<Diagnostic>) {
    let mut walked: BTreeSet<&str> = BTreeSet::new();
    for start in waiting.keys() {
        let mut way: Vec<&str> = Vec::new();
        let mut at = *start;
        // Everyone who is left waits for somebody who is left, so this ends where it has been.
        while walked.insert(at) {
            way.push(at);
            let next = waiting.get(at).and_then(|group| group.asks.first());
            let Some((next, _)) = next.and_then(|n| waiting.get_key_value(n.as_str())) else {
                break;
            };
            at = next;
        }
        let Some(begin) = way.iter().position(|name| *name == at) else {
            continue;
        };
        let round = &way[begin..];
        for (index, name) in round.iter().enumerate() {
            let mut own = round.to_vec();
            own.rotate_left(index);
            if let Some(group) = waiting.get(name) {
                with(group.document, diagnostics, |reporter| {
                    group::circle(&own, reporter)
                });
            }
        }
    }
}
