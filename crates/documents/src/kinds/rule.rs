//! `BirthrightRule`.

use std::collections::BTreeSet;

use model::TargetName;

use crate::kinds::Directory;
use crate::report::{self, Reporter};
use crate::tenant::{Grant, Rule, Tenant};
use crate::wire::RuleSpec;
use crate::yaml::Part;

pub(crate) fn rule(
    name: &str,
    spec: &RuleSpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Rule> {
    let when_path = [Part::Key("spec"), Part::Key("when")];
    let grants_path = [Part::Key("spec"), Part::Key("grants")];
    if spec.grants.is_empty() {
        reporter.at(
            report::VALUE,
            &grants_path,
            "the rule gives nothing",
            "name an app",
        );
    }
    let mut grants = BTreeSet::new();
    for (index, grant) in spec.grants.iter().enumerate() {
        let path = [grants_path[0], grants_path[1], Part::Index(index)];
        directory.check(&grant.app, grant.group.as_deref(), &path, reporter);
        let app = TargetName(grant.app.clone());
        if !grants.insert(Grant {
            app,
            group: grant.group.clone(),
        }) {
            reporter.at(
                report::DUPLICATE,
                &path,
                "this is granted twice",
                "remove one of them",
            );
        }
    }
    let when = match rules::compile_condition(&spec.when, &tenant.schema) {
        Ok(when) => when,
        Err(errors) => {
            reporter.expression(&when_path, &errors);
            return None;
        }
    };
    for attribute in when.attributes() {
        if tenant.self_editable.contains(attribute) {
            let problem = format!(
                "`person.{attribute}` can be changed by the people themselves, so nothing may be \
                 granted because of it"
            );
            let fix = "use an attribute that only HR sets";
            reporter.at(report::SELF_EDITABLE, &when_path, problem, fix);
        }
    }
    if spec.grace_days.is_some() && when.attributes().contains(&rules::MANAGER_CHAIN) {
        // What follows from other people's facts is not told by one's own past.
        reporter.at(
            report::VALUE,
            &[Part::Key("spec"), Part::Key("grace_days")],
            "who was above somebody before a move is not kept, so a rule that asks for \
             `person.manager_chain` cannot let them keep anything because it held before",
            "leave `grace_days` out, or ask for something else",
        );
    }
    Some(Rule {
        name: name.to_owned(),
        when,
        grants: grants.into_iter().collect(),
        grace_days: spec.grace_days,
    })
}
