//! `LifecycleTest`.

use std::collections::{BTreeMap, BTreeSet};

use model::{Facts, TargetName, Timestamp};
use rules::closest;

use crate::kinds::{Directory, worker};
use crate::report::{self, Reporter};
use crate::tenant::{AccountState, ExpectedAccess, LifecycleTest, Moment, Tenant};
use crate::wire::expectation::{
    AccessSpec, AccountSpec, ChangeSpec, LeaveChangeSpec, LifecycleTestSpec, MomentSpec,
};
use crate::yaml::Part;

/// The most moments of one test: a test is run whenever documents are pushed.
pub(crate) const MAX_MOMENTS: usize = 100;

const SPEC: Part<'static> = Part::Key("spec");
const MOMENTS: Part<'static> = Part::Key("moments");

pub(crate) fn lifecycle_test(
    name: &str,
    spec: &LifecycleTestSpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<LifecycleTest> {
    let expects = spec.moments.iter().any(|m| !m.expect.is_empty());
    if !expects || spec.moments.len() > MAX_MOMENTS {
        let problem = match expects {
            true => format!("a test has at most {MAX_MOMENTS} moments"),
            false => "the test expects nothing".to_owned(),
        };
        let fix = "write `moments:`, one for each time that matters, with `expect:`";
        reporter.at(report::VALUE, &[SPEC, MOMENTS], problem, fix);
    }
    let path = [SPEC, Part::Key("person")];
    let mut facts = worker::facts(&spec.person, &path, tenant, reporter)?;
    let mut withdrawn = false;
    let mut moments: Vec<Moment> = Vec::new();
    for (index, moment) in spec.moments.iter().enumerate() {
        let path = [SPEC, MOMENTS, Part::Index(index)];
        if let Some(change) = &moment.change {
            facts = changed(facts, change, &path, tenant, reporter)?;
            withdrawn = change.withdrawn.unwrap_or(withdrawn);
        }
        let expect = expected(moment, &path, tenant, directory, reporter);
        let at = instant(moment, &facts, &path, reporter)?;
        if moments.last().is_some_and(|last| last.at >= at) {
            let problem = "this moment is not after the one before it";
            let fix = "put moments in the order of time; what happens at once is one moment";
            let path = [path[0], path[1], path[2], Part::Key("at")];
            reporter.at(report::VALUE, &path, problem, fix);
        }
        moments.push(Moment {
            at,
            written: moment.at.clone(),
            facts: facts.clone(),
            withdrawn,
            expect,
        });
    }
    Some(LifecycleTest {
        name: name.to_owned(),
        key: spec.person.worker_key.clone(),
        moments,
    })
}

fn instant(
    moment: &MomentSpec,
    facts: &Facts,
    path: &[Part<'_>; 3],
    reporter: &mut Reporter<'_, '_>,
) -> Option<Timestamp> {
    let path = [path[0], path[1], path[2], Part::Key("at")];
    let civil = worker::first_minute(&moment.at, &path, reporter)?;
    Timestamp::in_zone(civil, &facts.zone)
        .map_err(|problem| reporter.at(report::VALUE, &path, problem, "name another time"))
        .ok()
}

/// The facts after a change.
fn changed(
    mut facts: Facts,
    change: &ChangeSpec,
    path: &[Part<'_>; 3],
    tenant: &Tenant,
    reporter: &mut Reporter<'_, '_>,
) -> Option<Facts> {
    let under = |key| {
        [
            path[0],
            path[1],
            path[2],
            Part::Key("change"),
            Part::Key(key),
        ]
    };
    for (index, name) in change.unset.iter().enumerate() {
        let path = [&under("unset")[..], &[Part::Index(index)]].concat();
        worker::declared(name, &path, tenant, reporter);
        if change.attributes.contains_key(name) {
            let problem = format!("`{name:.80}` is set and unset at once");
            reporter.at(report::DUPLICATE, &path, problem, "keep one of them");
        }
        facts.attributes.remove(name);
    }
    let path = under("attributes");
    let attributes = worker::attributes(&change.attributes, &path, tenant, reporter);
    facts.attributes.extend(attributes);
    if let Some(zone) = &change.zone {
        if !worker::known_zone(zone, &under("zone"), reporter) {
            return None;
        }
        facts.zone.clone_from(zone);
    }
    if let Some(text) = &change.starts {
        facts.starts = Some(worker::first_minute(text, &under("starts"), reporter)?);
    }
    match change.ends.as_deref() {
        None => {}
        Some("never") => facts.ends = None,
        Some(text) => facts.ends = Some(worker::last_minute(text, &under("ends"), reporter)?),
    }
    match &change.leave {
        None => {}
        Some(LeaveChangeSpec::Word(word)) if word == "never" => facts.leave = None,
        Some(LeaveChangeSpec::Word(word)) => {
            let problem = format!("`{word:.80}` is no leave");
            let fix = "write `never`, or `{from: 2026-02-01, to: 2026-07-31}`";
            reporter.at(report::VALUE, &under("leave"), problem, fix);
        }
        Some(LeaveChangeSpec::Dates(dates)) => {
            facts.leave = Some(worker::leave(dates, &under("leave"), reporter)?);
        }
    }
    Some(facts)
}

fn expected(
    moment: &MomentSpec,
    path: &[Part<'_>; 3],
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeMap<TargetName, ExpectedAccess> {
    let mut all = BTreeMap::new();
    for (app, access) in &moment.expect {
        let path = [&path[..], &[Part::Key("expect"), Part::Key(app)]].concat();
        directory.app(app, &path, reporter);
        let groups = access.groups.as_ref();
        let groups = groups.map(|groups| {
            let path = [&path[..], &[Part::Key("groups")]].concat();
            set(groups, &path, reporter, |group, path, reporter| {
                directory.group(app, group, path, reporter);
            })
        });
        let because = access.because.as_ref();
        let because = because.map(|because| {
            let path = [&path[..], &[Part::Key("because")]].concat();
            set(because, &path, reporter, |by, path, reporter| {
                reason(by, path, directory, reporter);
            })
        });
        impossible(access, &path, reporter);
        let expected = ExpectedAccess {
            account: match access.account {
                AccountSpec::Present => AccountState::Present,
                AccountSpec::Disabled => AccountState::Disabled,
                AccountSpec::Absent => AccountState::Absent,
                AccountSpec::Untouched => AccountState::Untouched,
            },
            groups,
            because,
        };
        if tenant.apps.contains_key(&TargetName::from(app.as_str())) {
            all.insert(TargetName(app.clone()), expected);
        }
    }
    all
}

/// No account, no groups.
fn impossible(access: &AccessSpec, path: &[Part<'_>], reporter: &mut Reporter<'_, '_>) {
    let grouped = access.groups.as_ref().is_some_and(|g| !g.is_empty());
    if grouped && matches!(access.account, AccountSpec::Absent) {
        let path = [path, &[Part::Key("groups")]].concat();
        let problem = "an account that is absent is in no group";
        reporter.at(report::VALUE, &path, problem, "write `groups: []`");
    }
}

fn set(
    words: &[String],
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
    mut check: impl FnMut(&str, &[Part<'_>], &mut Reporter<'_, '_>),
) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (index, word) in words.iter().enumerate() {
        let path = [path, &[Part::Index(index)]].concat();
        check(word, &path, reporter);
        if !all.insert(word.clone()) {
            let problem = format!("`{word:.80}` is listed twice");
            reporter.at(report::DUPLICATE, &path, problem, "remove one of them");
        }
    }
    all
}

/// Reports what can be no reason: a word of another form, or a rule that no document declares.
fn reason(by: &str, path: &[Part<'_>], directory: &Directory, reporter: &mut Reporter<'_, '_>) {
    let known = &directory.rules;
    match by.split_once('/') {
        Some(("lifecycle", word)) if !word.is_empty() => {}
        Some(("rule", name)) if known.contains(name) => {}
        Some(("rule", name)) => {
            let fix = match closest(name, known.iter().map(String::as_str)) {
                Some(meant) => format!("did you mean `rule/{meant}`?"),
                None => "name a BirthrightRule".to_owned(),
            };
            let problem = format!("there is no rule `{name:.80}`");
            reporter.at(report::REFERENCE, path, problem, fix);
        }
        _ => {
            let problem = format!("`{by:.80}` is no reason");
            let fix = match known.contains(by) {
                true => format!("write `rule/{by}`"),
                false => "write rule/NAME, lifecycle/leaver or lifecycle/withdrawn".to_owned(),
            };
            reporter.at(report::VALUE, path, problem, fix);
        }
    }
}
