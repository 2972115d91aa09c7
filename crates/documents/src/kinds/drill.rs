//! `Drill`.

use std::collections::{BTreeMap, BTreeSet};

use model::time::Time;
use model::{TargetName, Value};
use rules::MANAGER_CHAIN;

use crate::kinds::{Directory, worker};
use crate::report::{self, Reporter};
use crate::tenant::{Drill, Mode, Schedule, Tenant};
use crate::wire::drill::DrillSpec;
use crate::wire::expectation::ValueSpec;
use crate::yaml::Part;

const SPEC: Part<'static> = Part::Key("spec");
/// Minutes that a phase may take where the document does not say.
const WITHIN_MINUTES: u32 = 60;

/// Apps are checked before: what they can do decides whether they can follow.
pub(crate) fn drill(
    name: &str,
    spec: &DrillSpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Drill> {
    let zone = worker::known_zone(&spec.zone, &[SPEC, Part::Key("zone")], reporter);
    let joins = attributes("joins", &spec.joins, tenant, reporter);
    let moves = attributes("moves", &spec.moves, tenant, reporter);
    if spec.joins.is_empty() {
        let problem = "nothing is said of whoever joins";
        let fix = "write the attributes that the rules and apps look at";
        let path = [SPEC, Part::Key("joins")];
        reporter.at(report::VALUE, &path, problem, fix);
    }
    let same = |(name, value): (&String, &Value)| joins.get(name) == Some(value);
    if !moves.is_empty() && moves.iter().all(same) {
        let problem = "they move to where they are";
        let fix = "write another value of an attribute that an app is given, or leave it out";
        let path = [SPEC, Part::Key("moves")];
        reporter.at(report::VALUE, &path, problem, fix);
    }
    let apps = apps(&spec.apps, tenant, directory, reporter);
    let schedule = schedule(spec, reporter)?;
    zone.then(|| Drill {
        name: name.to_owned(),
        zone: spec.zone.clone(),
        joins,
        moves,
        apps,
        schedule,
        within_minutes: spec.within_minutes.unwrap_or(WITHIN_MINUTES),
    })
}

fn attributes(
    key: &'static str,
    given: &BTreeMap<String, ValueSpec>,
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeMap<String, Value> {
    let path = [SPEC, Part::Key(key)];
    let found = worker::attributes(given, &path, tenant, reporter);
    if found.contains_key(MANAGER_CHAIN) {
        let path = [SPEC, Part::Key(key), Part::Key(MANAGER_CHAIN)];
        let problem = "who is above somebody follows from `manager`, and is stated only in tests";
        reporter.at(report::VALUE, &path, problem, "write `manager`");
    }
    found
}

/// Apps that can show by themselves what became of a word.
fn apps(
    names: &[String],
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeSet<TargetName> {
    let mut apps = BTreeSet::new();
    for (index, name) in names.iter().enumerate() {
        let path = [SPEC, Part::Key("apps"), Part::Index(index)];
        directory.app(name, &path, reporter);
        let target = TargetName::from(name.as_str());
        if let Some(app) = tenant.apps.get(&target) {
            let (problem, fix) = if app.handoff().is_some() {
                (
                    format!("`{name}` is kept by its own people: nothing is read back there"),
                    "leave it out",
                )
            } else if app.mode == Mode::Observe {
                (
                    format!("nothing is written to `{name}`: its mode is `observe`"),
                    "leave it out, or let Tenure write there",
                )
            } else {
                (String::new(), "")
            };
            if !problem.is_empty() {
                reporter.at(report::VALUE, &path, problem, fix);
            }
        }
        if !apps.insert(target) {
            let problem = format!("`{name}` stands here twice");
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
    }
    apps
}

/// Both, or neither. `None` when what is written is wrong.
fn schedule(spec: &DrillSpec, reporter: &mut Reporter<'_, '_>) -> Option<Option<Schedule>> {
    let (key, problem, fix) = match (spec.every_days, &spec.at) {
        (None, None) => return Some(None),
        (Some(every_days), Some(text)) => {
            // The reader understands more spellings than are meant here.
            let sound = text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit() || b == b':');
            if let Some(at) = text.parse::<Time>().ok().filter(|_| sound) {
                return Some(Some(Schedule { every_days, at }));
            }
            let problem = format!("`{text:.80}` is no time of day");
            ("at", problem, "write it as in \"03:30\", in quotes")
        }
        (Some(_), None) => (
            "every_days",
            "it does not say at what time it begins".to_owned(),
            "write `at` too",
        ),
        (None, Some(_)) => (
            "at",
            "it does not say on which days it begins".to_owned(),
            "write `every_days` too",
        ),
    };
    reporter.at(report::VALUE, &[SPEC, Part::Key(key)], problem, fix);
    None
}
