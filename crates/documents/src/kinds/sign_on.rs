//! `SignOnPolicy`.

mod break_glass;
mod recover_by_mail;
mod routes;
mod tell_people;
mod when;

use std::collections::BTreeSet;

use rules::sign_on::{Demand, MAX_RULES, SignOnPolicy, SignOnRule, Strength, Then, When};

use crate::kinds::{self, Directory, NAME_FIX, app, group};
use crate::report::{self, Reporter};
use crate::tenant::{SessionLimits, SignOn, Tenant};
use crate::wire::sign_on::{Demanded, SessionSpec, SignOnPolicySpec, SignOnRuleSpec};
use crate::yaml::Part;

const SPEC: Part<'static> = Part::Key("spec");
const RULES: [Part<'static>; 2] = [SPEC, Part::Key("rules")];
/// Minutes without being used after which a session is over where the document does not say.
const IDLE_MINUTES: u16 = 60;
/// Hours after which it is over in any case.
const HOURS: u16 = 12;

pub(crate) fn sign_on(
    name: &str,
    spec: &SignOnPolicySpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<SignOn> {
    let path = [SPEC, Part::Key("login")];
    let login = app::mapping(&spec.login, tenant, &path, reporter);
    if let Some(login) = &login {
        app::text_only(login, "what people type as their name", &path, reporter);
        let own = |attribute: &&str| tenant.self_editable.contains(*attribute);
        for attribute in login.attributes().into_iter().filter(own) {
            let problem = format!(
                "`person.{attribute}` can be changed by the people themselves, so anybody could \
                 take the name of somebody else"
            );
            let fix = "use an attribute that only HR sets";
            reporter.at(report::SELF_EDITABLE, &path, problem, fix);
        }
    }
    let session = session(&spec.session, reporter);
    let path = [SPEC, Part::Key("administrators")];
    let administrators = group::named(&spec.administrators, &path, tenant, reporter);
    let path = [SPEC, Part::Key("privileged")];
    let privileged = group::named(&spec.privileged, &path, tenant, reporter);
    let policy = policy(spec, tenant, directory, reporter);
    let routes = routes::read(&spec.routes, tenant, directory, reporter);
    let glass = spec.break_glass.as_ref();
    let glass = glass.and_then(|spec| break_glass::read(spec, tenant, directory, reporter));
    let tell = spec.tell_people.as_ref();
    let tell = tell.and_then(|spec| tell_people::read(spec, tenant, directory, reporter));
    let recover = recover_by_mail::read(spec, tenant, reporter);
    Some(SignOn {
        name: name.to_owned(),
        login: login?,
        session,
        administrators,
        privileged,
        policy: policy?,
        routes,
        break_glass: glass,
        tell_people: tell,
        recover_by_mail: recover,
    })
}

fn session(spec: &SessionSpec, reporter: &mut Reporter<'_, '_>) -> SessionLimits {
    let session = SessionLimits {
        idle_minutes: spec.idle_minutes.unwrap_or(IDLE_MINUTES),
        hours: spec.hours.unwrap_or(HOURS),
    };
    let (idle, hours) = (u32::from(session.idle_minutes), u32::from(session.hours));
    if idle > hours * 60 {
        let problem = format!("the session is over after {} minutes anyway", hours * 60);
        let fix = format!("write at most {}, or more `hours`", hours * 60);
        let path = [SPEC, Part::Key("session"), Part::Key("idle_minutes")];
        reporter.at(report::VALUE, &path, problem, fix);
    }
    session
}

fn policy(
    spec: &SignOnPolicySpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<SignOnPolicy> {
    let count = spec.rules.len();
    if !(1..=MAX_RULES).contains(&count) {
        let problem = match count {
            0 => "without a rule nobody gets in".to_owned(),
            _ => format!("{count} rules"),
        };
        let fix = format!("write 1 to {MAX_RULES} rules");
        reporter.at(report::VALUE, &RULES, problem, fix);
        return None;
    }
    let mut names = BTreeSet::new();
    // The rule after which none is asked.
    let mut last: Option<&str> = None;
    let mut rules = Vec::new();
    for (index, rule) in spec.rules.iter().enumerate() {
        let path = [RULES[0], RULES[1], Part::Index(index)];
        named(&rule.name, &mut names, &path, reporter);
        if let Some(last) = last {
            let problem = format!("this rule is never asked: `{last:.63}` holds for everybody");
            let fix = format!("move it before `{last:.63}`, or remove it");
            reporter.at(report::VALUE, &path, problem, fix);
        }
        let when = when::when(&rule.when, &path, tenant, directory, reporter);
        if when == When::default() {
            last.get_or_insert(&rule.name);
        }
        let name = rule.name.clone();
        let then = then(rule, &path, reporter);
        rules.extend(then.map(|then| SignOnRule { name, when, then }));
    }
    if !reporter.report.diagnostics.is_empty() {
        return None;
    }
    let policy = SignOnPolicy::new(rules);
    // What these rules cannot be is said above, with its place.
    policy
        .map_err(|error| reporter.at(report::VALUE, &RULES, error.to_string(), ""))
        .ok()
}

fn named<'s>(
    name: &'s str,
    names: &mut BTreeSet<&'s str>,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) {
    let path = [path, &[Part::Key("name")]].concat();
    if let Some(problem) = kinds::bad_name(name) {
        reporter.at(report::NAME, &path, problem, NAME_FIX);
    } else if !names.insert(name) {
        let problem = format!("another rule is called `{name}`");
        let fix = "call it something else: decisions tell of rules by their names";
        reporter.at(report::DUPLICATE, &path, problem, fix);
    }
}

/// Exactly one of `demand` and `deny`.
fn then(rule: &SignOnRuleSpec, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) -> Option<Then> {
    let at = |key| [path, &[Part::Key(key)]].concat();
    match (rule.demand, rule.deny) {
        (Some(demand), None) => Some(Then::Demand(Demand {
            strength: match demand {
                Demanded::AnyFactor => Strength::AnyFactor,
                Demanded::MultiFactor => Strength::MultiFactor,
                Demanded::PhishingResistant => Strength::PhishingResistant,
            },
            age_s: rule
                .within_minutes
                .map(|minutes| minutes.saturating_mul(60)),
        })),
        (None, Some(true)) => {
            if rule.within_minutes.is_some() {
                let problem = "nothing is demanded of whoever does not get in";
                reporter.at(report::VALUE, &at("within_minutes"), problem, "remove it");
            }
            Some(Then::Deny)
        }
        (_, Some(false)) => {
            let problem = "a rule does not say that somebody gets in, but with what";
            let fix = "write `deny: true`, or `demand:` alone";
            reporter.at(report::VALUE, &at("deny"), problem, fix);
            None
        }
        (Some(_), Some(true)) => {
            let problem = "a rule demands something or denies, not both";
            reporter.at(report::CONFLICT, &at("deny"), problem, "remove one of them");
            None
        }
        (None, None) => {
            let problem = "the rule says nothing";
            let fix = "write `demand:` with any-factor, multi-factor or phishing-resistant, or \
                       `deny: true`";
            reporter.at(report::MISSING_FIELD, path, problem, fix);
            None
        }
    }
}
