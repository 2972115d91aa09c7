//! From the spec of each kind to its checked form.

mod app;
mod guard;
mod rule;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use model::TargetName;
use rules::closest;

pub(crate) use app::app;
pub(crate) use guard::guard;
pub(crate) use rule::rule;
pub(crate) use source::source;

use crate::report::{self, Reporter};
use crate::yaml::Part;

pub(crate) const NAME_FIX: &str =
    "begin with a letter or digit; use lower-case letters, digits and `-`, at most 63";

/// What is wrong with a name, if anything.
pub(crate) fn bad_name(name: &str) -> Option<String> {
    let sound = !name.is_empty()
        && name.len() <= 63
        && !name.starts_with('-')
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (!sound).then(|| format!("`{name:.80}` is no name"))
}

/// The apps and groups that documents may refer to.
pub(crate) struct Directory {
    /// App → our names of its groups; `None` when the app's document could not be read.
    pub apps: BTreeMap<TargetName, Option<BTreeSet<String>>>,
}

impl Directory {
    /// Reports an app, or a group of it, that no document declares.
    pub fn check(
        &self,
        app: &str,
        group: Option<&str>,
        path: &[Part<'_>],
        reporter: &mut Reporter<'_, '_>,
    ) {
        let meant = |word: &str, names: Vec<&str>, what: &str| match closest(word, names.clone()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if names.is_empty() => format!("there are no {what}s yet"),
            None => format!("known {what}s: {}", names.join(", ")),
        };
        let Some(groups) = self.apps.get(&TargetName::from(app)) else {
            let names = self.apps.keys().map(TargetName::as_str).collect();
            let path = [path, &[Part::Key("app")]].concat();
            let problem = format!("there is no app `{app:.80}`");
            return reporter.at(report::REFERENCE, &path, problem, meant(app, names, "app"));
        };
        let (Some(group), Some(groups)) = (group, groups) else {
            return;
        };
        if !groups.contains(group) {
            let names = groups.iter().map(String::as_str).collect();
            let path = [path, &[Part::Key("group")]].concat();
            let problem = format!("the app `{app}` has no group `{group:.80}`");
            reporter.at(
                report::REFERENCE,
                &path,
                problem,
                meant(group, names, "group"),
            );
        }
    }
}
