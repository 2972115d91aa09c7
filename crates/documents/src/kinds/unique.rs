//! A unique user name of an `App`.

use rules::Mapping;

use crate::kinds::app::{mapping, text_only};
use crate::report::{self, Reporter};
use crate::tenant::{Tenant, UniqueName};
use crate::wire::{AccountSpec, UniqueSpec};
use crate::yaml::Part;

/// The attribute that may be unique.
pub(super) const USER_NAME: &str = "userName";

/// The most forms of a name.
const MOST_FORMS: usize = 10;
/// The most names that are reserved in one app.
const MOST_RESERVED: usize = 1_000;
/// The most bytes of one.
const MAX_RESERVED: usize = 200;

/// Checks a unique name that stands at `path`, as the attribute `name`.
pub(super) fn unique(
    name: &str,
    spec: &UniqueSpec,
    path: &[Part<'_>],
    account: &AccountSpec,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<UniqueName> {
    if name != USER_NAME {
        let problem = "only `userName` can be unique: nothing else is looked up in every account";
        let fix = "write one expression";
        reporter.at(report::UNSUPPORTED, path, problem, fix);
    }
    if let Some(index) = account.matching.iter().position(|m| m == name) {
        let path = [Part::Key("spec"), Part::Key("account"), Part::Key("match")];
        let path = [path[0], path[1], path[2], Part::Index(index)];
        let problem = "a name that gives way to others proves nobody's account";
        let fix = "match by an attribute that only one person has, such as an employee number";
        reporter.at(report::VALUE, &path, problem, fix);
    }
    let forms = forms(spec, path, tenant, reporter);
    let reserved = reserved(spec, path, reporter);
    Some(UniqueName {
        forms: forms?,
        number: spec.number,
        reserved,
        quarantine_days: spec.quarantine_days,
    })
}

fn forms(
    spec: &UniqueSpec,
    path: &[Part<'_>],
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Vec<Mapping>> {
    let path = [path, &[Part::Key("unique")]].concat();
    let count = spec.unique.len();
    if count == 0 || count > MOST_FORMS {
        let problem = format!("a name has 1 to {MOST_FORMS} forms, not {count}");
        let fix = "write the best form first";
        reporter.at(report::VALUE, &path, problem, fix);
        return None;
    }
    let mut forms = Vec::new();
    for (index, source) in spec.unique.iter().enumerate() {
        let path = [&path[..], &[Part::Index(index)]].concat();
        if let Some(form) = mapping(source, tenant, &path, reporter) {
            text_only(&form, "a name", &path, reporter);
            forms.push(form);
        }
    }
    (forms.len() == count).then_some(forms)
}

fn reserved(
    spec: &UniqueSpec,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> std::collections::BTreeSet<String> {
    let path = [path, &[Part::Key("reserved")]].concat();
    let count = spec.reserved.len();
    if count > MOST_RESERVED {
        let problem = format!("at most {MOST_RESERVED} names can be reserved, not {count}");
        reporter.at(report::VALUE, &path, problem, "");
    }
    for (index, name) in spec.reserved.iter().enumerate() {
        let odd = name.is_empty() || name.len() > MAX_RESERVED || name.trim() != name;
        if odd || name.chars().any(char::is_control) {
            let path = [&path[..], &[Part::Index(index)]].concat();
            reporter.at(report::VALUE, &path, "this is no name", "remove it");
        }
    }
    let names = spec.reserved.iter();
    names.map(|name| name.to_ascii_lowercase()).collect()
}
