//! `MappingTest`.

use std::collections::BTreeMap;

use model::TargetName;
use rules::{Mapping, Type, closest};

use crate::kinds::unique::USER_NAME;
use crate::kinds::{Directory, worker};
use crate::report::{self, Reporter};
use crate::tenant::{Account, ExpectedValue, MANAGER, MappingTest, Tenant};
use crate::wire::expectation::{MappingExpectSpec, MappingTestSpec};
use crate::yaml::Part;

const SPEC: Part<'static> = Part::Key("spec");
const EXPECT: [Part<'static>; 2] = [SPEC, Part::Key("expect")];

pub(crate) fn mapping_test(
    name: &str,
    spec: &MappingTestSpec,
    tenant: &Tenant,
    directory: &Directory,
    reporter: &mut Reporter<'_, '_>,
) -> Option<MappingTest> {
    directory.check(&spec.app, None, &[SPEC], reporter);
    let path = [SPEC, Part::Key("person")];
    let facts = worker::facts(&spec.person, &path, tenant, reporter);
    // Nothing can be said about the mappings of an app that is wrong itself.
    let app = tenant.apps.get(&TargetName::from(spec.app.as_str()))?;
    let expect = expected(&spec.expect, &app.account, reporter);
    if expect.is_empty() && spec.expect.manager.is_none() {
        let fix = "write `attributes:`, `missing:`, `cleared:`, `errors:` or `manager:`";
        reporter.at(report::VALUE, &EXPECT, "the test expects nothing", fix);
    }
    if spec.expect.manager.is_some() && app.account.manager.is_none() {
        let path = [EXPECT[0], EXPECT[1], Part::Key("manager")];
        let problem = format!("the app `{}` has no expression for the manager", spec.app);
        reporter.at(report::REFERENCE, &path, problem, "remove it");
    }
    Some(MappingTest {
        name: name.to_owned(),
        app: app.name.clone(),
        key: spec.person.worker_key.clone(),
        facts: facts?,
        expect,
        manager: spec.expect.manager.clone(),
    })
}

fn expected(
    spec: &MappingExpectSpec,
    account: &Account,
    reporter: &mut Reporter<'_, '_>,
) -> BTreeMap<String, ExpectedValue> {
    let mut all = BTreeMap::new();
    for (name, given) in &spec.attributes {
        let path = [
            EXPECT[0],
            EXPECT[1],
            Part::Key("attributes"),
            Part::Key(name),
        ];
        let value = worker::value(given);
        let of = worker::type_of(&value);
        if let Some(gives) = known(name, account, &path, reporter)
            && gives != of
        {
            let problem = format!("`{name:.80}` is {gives}, but this is {of}");
            reporter.at(report::TYPE, &path, problem, "");
        }
        add(&mut all, name, ExpectedValue::Value(value), &path, reporter);
    }
    let lists = [
        ("missing", &spec.missing, ExpectedValue::Missing),
        ("cleared", &spec.cleared, ExpectedValue::Cleared),
    ];
    for (list, names, expected) in lists {
        for (index, name) in names.iter().enumerate() {
            let path = [EXPECT[0], EXPECT[1], Part::Key(list), Part::Index(index)];
            known(name, account, &path, reporter);
            add(&mut all, name, expected.clone(), &path, reporter);
        }
    }
    for (name, part) in &spec.errors {
        let path = [EXPECT[0], EXPECT[1], Part::Key("errors"), Part::Key(name)];
        known(name, account, &path, reporter);
        let expected = ExpectedValue::Error(part.clone());
        add(&mut all, name, expected, &path, reporter);
    }
    all
}

/// The type of an attribute that the app maps. Of a unique name a test sees the first form: what
/// the person is called where nobody else is.
fn known(
    name: &str,
    account: &Account,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) -> Option<Type> {
    let mappings = &account.attributes;
    let unique = account.unique.iter().map(|_| USER_NAME);
    let others = unique.chain(account.manager.iter().map(|_| MANAGER));
    if others.clone().any(|other| other == name) {
        return Some(Type::Text);
    }
    let found = mappings.get(name).map(Mapping::gives);
    if found.is_none() {
        let names = mappings.keys().map(String::as_str).chain(others);
        let fix = match closest(name, names) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "name an attribute that the app maps".to_owned(),
        };
        let problem = format!("the app maps no attribute `{name:.80}`");
        reporter.at(report::REFERENCE, path, problem, fix);
    }
    found
}

fn add(
    all: &mut BTreeMap<String, ExpectedValue>,
    name: &str,
    expected: ExpectedValue,
    path: &[Part<'_>],
    reporter: &mut Reporter<'_, '_>,
) {
    if all.insert(name.to_owned(), expected).is_some() {
        let problem = format!("two things are expected of `{name:.80}`");
        reporter.at(report::DUPLICATE, path, problem, "keep one of them");
    }
}
