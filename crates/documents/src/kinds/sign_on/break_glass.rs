//! `break_glass` of a `SignOnPolicy`: the accounts for the day on which a mistake keeps everybody else out.

use std::collections::BTreeSet;

use model::Occasion;
use rules::sign_on::{Demand, SignOnPolicy, SignOnRule, Strength, Then, When};

use crate::kinds::{Directory, beside};
use crate::report::{self, Reporter};
use crate::tenant::{BreakGlass, PEOPLE, Tenant};
use crate::wire::sign_on::{BreakGlassSpec, Demanded};
use crate::yaml::Part;

/// By what decisions tell of the one rule that is asked for these accounts.
const RULE: &str = "break-glass";
/// More than that are no exception any more.
const MOST: usize = 10;
/// Days after which an account has to be tried again where the document does not say.
const TEST_WITHIN: u16 = 90;

const HERE: [Part<'static>; 2] = [Part::Key("spec"), Part::Key("break_glass")];

fn at(key: &'static str) -> [Part<'static>; 3] {
    [HERE[0], HERE[1], Part::Key(key)]
}

pub(super) fn read(
    spec: &BreakGlassSpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<BreakGlass> {
    let strength = match spec.demand {
        None | Some(Demanded::PhishingResistant) => Strength::PhishingResistant,
        Some(Demanded::MultiFactor) => Strength::MultiFactor,
        Some(Demanded::AnyFactor) => {
            let problem = "one factor alone would open what nothing else guards";
            let fix = "write `phishing-resistant` or `multi-factor`";
            reporter.at(report::VALUE, &at("demand"), problem, fix);
            return None;
        }
    };
    let rule = SignOnRule {
        name: RULE.to_owned(),
        when: When::default(),
        then: Then::Demand(Demand {
            strength,
            age_s: None,
        }),
    };
    let mut relying_parties = BTreeSet::new();
    for (index, name) in spec.relying_parties.iter().enumerate() {
        let [spec, glass, list] = at("relying_parties");
        let path = [spec, glass, list, Part::Index(index)];
        directory.relying_party(name, &path, reporter);
        relying_parties.insert(name.clone());
    }
    alarmed(tenant, reporter);
    Some(BreakGlass {
        people: people(spec, tenant, directory, reporter),
        strength,
        policy: SignOnPolicy::new(vec![rule]).ok()?,
        relying_parties,
        test_within_days: spec.test_within_days.unwrap_or(TEST_WITHIN),
    })
}

fn people(
    spec: &BreakGlassSpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<model::WorkerRef> {
    let path = at("people");
    if !(1..=MOST).contains(&spec.people.len()) {
        let problem = format!("{} people", spec.people.len());
        let fix = format!("name two, so that one may fail, and at most {MOST}");
        reporter.at(report::VALUE, &path, problem, fix);
    }
    let mut people = BTreeSet::new();
    for (index, worker) in spec.people.iter().enumerate() {
        let path = [path[0], path[1], path[2], Part::Index(index)];
        let Some(worker) = beside::worker(worker, &path, directory, reporter) else {
            continue;
        };
        if worker.source == PEOPLE && !tenant.people.contains_key(&worker.key) {
            let problem = format!("there is no Person `{:.80}`", worker.key);
            reporter.at(report::REFERENCE, &path, problem, "write that document too");
        }
        if !people.insert(worker) {
            let problem = "they stand here twice: two accounts are to be two people's";
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
    }
    people
}

/// Whoever gets in whatever the rules say is not in unheard of: somebody is told, and somebody else where they
/// do not answer.
fn alarmed(tenant: &Tenant, reporter: &mut Reporter<'_, '_>) {
    let mut alarms = tenant.alarms.values();
    let alarm = alarms.find(|alarm| alarm.about.contains(&Occasion::BreakGlass));
    let (problem, fix) = match alarm {
        Some(alarm) if alarm.escalation.is_some() => return,
        Some(alarm) => (
            format!(
                "nobody else hears of it where those of `{}` do not answer",
                alarm.name
            ),
            "write `acknowledge_within_minutes` and `escalate_to` into that Alarm",
        ),
        None => (
            "nobody hears of it when one of them signs in".to_owned(),
            "write an Alarm about `break-glass`, with `escalate_to`",
        ),
    };
    reporter.at(report::REFERENCE, &HERE, problem, fix);
}
