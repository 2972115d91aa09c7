//! Tests as documents: how they are read, and what is said of those that are wrong.

use documents::{AccountState, ExpectedValue, Kind, Part, load, locate};
use model::{Timestamp, Value};

use super::{APP, LIFECYCLE_TEST, MAPPING_TEST, RULE, SOURCE, told};

fn tenant() -> documents::Tenant {
    let files = [
        ("hr", SOURCE),
        ("wiki", APP),
        ("rule", RULE),
        ("mapping", MAPPING_TEST),
        ("story", LIFECYCLE_TEST),
    ];
    load(&files).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_mapping_test_is_typed() {
    let tenant = tenant();
    let test = &tenant.mapping_tests["account"];
    assert_eq!((test.app.as_str(), test.key.as_str()), ("wiki", "1"));
    assert_eq!(test.facts.attributes["grade"], Value::Int(7));
    let expected = ExpectedValue::Value("ana@example.com".into());
    assert_eq!(test.expect["userName"], expected);
}

#[test]
fn days_are_whole_days_in_the_persons_zone_and_changes_add_up() {
    let tenant = tenant();
    let moments = &tenant.lifecycle_tests["leaver"].moments;
    let [first, second] = moments.as_slice() else {
        panic!("{moments:?}")
    };
    assert_eq!(first.at, instant("2026-03-01T13:00:00Z"), "midnight there");
    let ends = first.facts.ends.unwrap().to_string();
    assert_eq!(ends, "2026-12-19T00:00:00", "the last day counts");
    assert_eq!(first.expect[&"wiki".into()].account, AccountState::Present);
    assert_eq!(second.at, instant("2026-11-30T22:00:00Z"), "summer time");
    assert_eq!(second.facts.ends, None, "taken back");
    assert_eq!(
        second.facts.starts, first.facts.starts,
        "not named, so it stays"
    );
    assert_eq!(second.facts.text("department"), Some("Sales"));
    assert_eq!(second.facts.text("email"), Some("ana@example.com"));
}

#[test]
fn an_expectation_is_found_again_in_its_file() {
    let both = format!("{RULE}---{LIFECYCLE_TEST}");
    let files = [("hr", SOURCE), ("both", both.as_str())];
    let path = [
        Part::Key("spec"),
        Part::Key("moments"),
        Part::Index(1),
        Part::Key("expect"),
        Part::Key("wiki"),
    ];
    let found = locate(&files, (Kind::LifecycleTest, "leaver"), &path).unwrap();
    let line = both.lines().nth(usize::try_from(found.line).unwrap() - 1);
    assert!(line.unwrap().contains("disabled"), "{found:?}");
    assert_eq!(found.field, "spec.moments[1].expect.wiki");
    assert_eq!(found.file, "both");
    assert_eq!(locate(&files, (Kind::LifecycleTest, "other"), &path), None);
}

/// What is replaced, by what, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "app: wiki\n",
        "app: wki\n",
        "did you mean `wiki`? [TNR-DOC-0010]",
    ),
    (
        "grade: 7",
        "grde: 7",
        "no source declares `grde`; did you mean `grade`?",
    ),
    (
        "grade: 7",
        "grade: seven",
        "`grade` is int, but this is text",
    ),
    (
        "{userName: ana",
        "{username: ana",
        "did you mean `userName`? [TNR-DOC-0010]",
    ),
    (
        "{userName: ana@example.com}",
        "{userName: 7}",
        "`userName` is text, but this is int",
    ),
    (
        "{userName: ana@example.com}",
        "{userName: {a: b}}",
        "a map of fields cannot stand here",
    ),
    (
        "{userName: ana@example.com}",
        "{userName: x}\n    missing: [userName]",
        "two things are expected of `userName`",
    ),
    (
        "attributes: {userName: ana@example.com}",
        "missing: []",
        "the test expects nothing",
    ),
    (
        "attributes: {userName: ana@example.com}",
        "manager: \"1\"",
        "the app `wiki` has no expression for the manager",
    ),
    (
        "zone: Europe/Berlin\n    attributes",
        "zone: Berlin\n    attributes",
        "[TNR-DOC-0015]",
    ),
    (
        "zone: Australia/Melbourne",
        "zone: Melbourne",
        "[TNR-DOC-0015]",
    ),
    (
        "starts: 2026-03-02",
        "starts: 02.03.2026",
        "`02.03.2026` is no day or minute",
    ),
    (
        "starts: 2026-03-02",
        "starts: 2026-02-30",
        "`2026-02-30` is no day or minute",
    ),
    (
        "ends: 2026-12-18",
        "ends: 2026-12-18T17:00+11:00",
        "on the person's own clock",
    ),
    (
        "at: 2026-12-01T09:00",
        "at: 2026-03-02",
        "not after the one before it",
    ),
    (
        "at: 2026-12-01T09:00",
        "at: 9am",
        "story:15:11 spec.moments[1].at: `9am` is no day",
    ),
    (
        "account: disabled",
        "account: gone",
        "write one of: present disabled absent untouched",
    ),
    (
        "wiki: {account: disabled",
        "wki: {account: disabled",
        "there is no app `wki`",
    ),
    (
        "groups: [engineering]",
        "groups: [enginering]",
        "did you mean `engineering`?",
    ),
    (
        "groups: []",
        "groups: [engineering, engineering]",
        "`engineering` is listed twice",
    ),
    (
        "account: disabled, groups: []",
        "account: absent, groups: [engineering]",
        "an account that is absent is in no group",
    ),
    (
        "[rule/engineers]",
        "[rule/enginers]",
        "did you mean `rule/engineers`?",
    ),
    (
        "[rule/engineers]",
        "[engineers]",
        "`engineers` is no reason; write `rule/engineers`",
    ),
    (
        "unset: [grade]",
        "unset: [grde]",
        "story:16:57 spec.moments[1].change.unset[0]",
    ),
    (
        "ends: 2026-12-18\n",
        "ends: 2026-12-18\n    leave: {from: 2026-05-01, to: 2026-04-30T12:00}\n",
        "story:10:35 spec.person.leave.to: a leave ends before it begins",
    ),
    (
        "ends: 2026-12-18\n",
        "ends: 2026-12-18\n    leave: {to: 2026-04-30}\n",
        "`from` is missing",
    ),
    (
        "ends: never",
        "leave: none",
        "`none` is no leave; write `never`, or `{from: 2026-02-01, to: 2026-07-31}`",
    ),
    (
        "unset: [grade]",
        "unset: [department]",
        "set and unset at once",
    ),
];

#[test]
fn each_mistake_has_its_code_and_place() {
    for (from, to, said) in MISTAKES {
        let files = [
            ("hr", SOURCE),
            ("wiki", APP),
            ("rule", RULE),
            ("mapping", MAPPING_TEST),
            ("story", LIFECYCLE_TEST),
        ];
        let tests = [MAPPING_TEST, LIFECYCLE_TEST];
        assert!(
            tests.iter().any(|test| test.contains(from)),
            "{from:?} is in no test"
        );
        let changed = files.map(|(name, text)| match tests.contains(&text) {
            true => (name, text.replacen(from, to, 1)),
            false => (name, text.to_owned()),
        });
        let changed: Vec<(&str, &str)> = changed.iter().map(|(n, t)| (*n, t.as_str())).collect();
        let told = told(&changed);
        assert!(
            told.contains(said),
            "{from} → {to}\n  said: {told}\n  not:  {said}"
        );
    }
}

#[test]
fn tests_say_nothing_of_an_app_that_is_wrong_itself() {
    let app = APP.replace("person.email", "person.mail");
    let told = told(&[("hr", SOURCE), ("wiki", &app), ("mapping", MAPPING_TEST)]);
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn more_moments_than_can_be_run_are_refused() {
    let moment = |day: usize| format!("    - {{at: 2026-01-01T{:02}:{:02}}}\n", day / 60, day % 60);
    let begin = LIFECYCLE_TEST.find("    - at: 2026-03-02").unwrap();
    let many: String = (0..100).map(moment).collect();
    let text = format!(
        "{}{many}{}",
        &LIFECYCLE_TEST[..begin],
        &LIFECYCLE_TEST[begin..]
    );
    let files = [
        ("hr", SOURCE),
        ("wiki", APP),
        ("rule", RULE),
        ("story", text.as_str()),
    ];
    assert!(told(&files).contains("at most 100 moments"));
}

#[test]
fn tests_that_would_take_too_long_together_are_refused() {
    let moments: String = (0..100)
        .map(|n| format!("    - {{at: 2026-01-01T{:02}:{:02}}}\n", n / 60, n % 60))
        .collect();
    let begin = LIFECYCLE_TEST.find("    - at: 2026-03-02").unwrap();
    let first = "    - {at: 2025-12-31, expect: {wiki: {account: absent}}}\n";
    let moments = moments.rsplit_once("    - ").unwrap().0;
    let long = format!("{}{first}{moments}", &LIFECYCLE_TEST[..begin]);
    let mut files: Vec<(String, String)> = (0..510)
        .map(|n| {
            (
                format!("rule{n}"),
                RULE.replace("name: engineers", &format!("name: r{n}")),
            )
        })
        .collect();
    files.extend((0..20).map(|n| {
        (
            format!("story{n}"),
            long.replace("name: leaver", &format!("name: s{n}")),
        )
    }));
    files.extend([
        ("hr".to_owned(), SOURCE.to_owned()),
        ("wiki".to_owned(), APP.to_owned()),
    ]);
    let errors = load(&files).unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(errors[0].code, "TNR-DOC-0001");
    files.retain(|(name, _)| name != "story0");
    assert!(load(&files).is_ok());
}
