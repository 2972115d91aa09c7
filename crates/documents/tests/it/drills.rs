//! Drills: how they are read, and what is said of them when they are wrong.

use documents::load;
use model::time::Time;
use model::{TargetName, Value};

use super::{APP, RULE, SOURCE, told};

const DRILL: &str = r#"
kind: Drill
metadata: {name: nightly}
spec:
  zone: Europe/Berlin
  joins: {given_name: Dora, email: drill@acme.example, department: Sales}
  moves: {department: Engineering}
  apps: [wiki]
  every_days: 7
  at: "03:30"
  within_minutes: 30
"#;

fn app() -> String {
    APP.replace("mode: observe", "mode: enforce")
}

#[test]
fn a_drill_is_typed_and_says_when_it_begins() {
    let tenant = load(&[("hr", SOURCE), ("app", &app()), ("drill", DRILL)]).unwrap();
    let drill = &tenant.drills["nightly"];
    assert_eq!(drill.joins["email"], Value::from("drill@acme.example"));
    assert_eq!(drill.moves["department"], Value::from("Engineering"));
    assert!(drill.apps.contains(&TargetName::from("wiki")));
    let schedule = drill.schedule.unwrap();
    assert_eq!(schedule.every_days, 7);
    assert_eq!(schedule.at, Time::constant(3, 30, 0, 0));
    assert_eq!(drill.within_minutes, 30);

    let least =
        "kind: Drill\nmetadata: {name: d}\nspec:\n  zone: UTC\n  joins: {email: d@a.example}\n";
    let tenant = load(&[("hr", SOURCE), ("drill", least)]).unwrap();
    let drill = &tenant.drills["d"];
    assert!(drill.moves.is_empty() && drill.apps.is_empty() && drill.schedule.is_none());
    assert_eq!(drill.within_minutes, 60);
}

#[test]
fn what_is_wrong_with_a_drill_is_told_where_it_stands() {
    let app = app();
    for (from, to, wanted) in [
        (
            "department: Sales",
            "departement: Sales",
            "drill:6:69 spec.joins.departement: no source declares `departement`; did you mean \
             `department`? [TNR-DOC-0010]",
        ),
        (
            "moves: {department: Engineering}",
            "moves: {department: Sales}",
            "drill:7:10 spec.moves: they move to where they are; write another value of an attribute \
             that an app is given, or leave it out [TNR-DOC-0007]",
        ),
        (
            "apps: [wiki]",
            "apps: [wiky]",
            "drill:8:10 spec.apps[0]: there is no app `wiky`; did you mean `wiki`? [TNR-DOC-0010]",
        ),
        (
            "apps: [wiki]",
            "apps: [wiki, wiki]",
            "drill:8:16 spec.apps[1]: `wiki` stands here twice; remove one of them [TNR-DOC-0009]",
        ),
        (
            "at: \"03:30\"",
            "at: 3 am",
            "drill:10:7 spec.at: `3 am` is no time of day; write it as in \"03:30\", in quotes \
             [TNR-DOC-0007]",
        ),
        (
            "  at: \"03:30\"\n",
            "",
            "drill:9:15 spec.every_days: it does not say at what time it begins; write `at` too \
             [TNR-DOC-0007]",
        ),
        (
            "  every_days: 7\n",
            "",
            "drill:9:7 spec.at: it does not say on which days it begins; write `every_days` too \
             [TNR-DOC-0007]",
        ),
        (
            "zone: Europe/Berlin",
            "zone: Mars/Olympus",
            "drill:5:9 spec.zone: `Mars/Olympus` is no zone of the IANA database; write it as in \
             `Europe/Berlin` [TNR-DOC-0015]",
        ),
        (
            "within_minutes: 30",
            "within_minutes: 0",
            "drill:11:19 spec.within_minutes: 0 is out of range; write a number from 1 to 10080 \
             [TNR-DOC-0007]",
        ),
        (
            "within_minutes: 30",
            "within_minute: 30",
            "drill:11:3 spec.within_minute: unknown field `within_minute`; did you mean `within_minutes`? \
             [TNR-DOC-0004]",
        ),
    ] {
        let text = DRILL.replace(from, to);
        assert_ne!(text, DRILL, "{from}");
        let found = told(&[("hr", SOURCE), ("app", &app), ("drill", &text)]);
        assert_eq!(found, wanted);
    }
}

/// What nobody writes to, and what nobody can read back, cannot follow.
#[test]
fn an_app_that_cannot_follow_is_refused() {
    let observed = [
        ("hr", SOURCE),
        ("app", APP),
        ("rule", RULE),
        ("drill", DRILL),
    ];
    let found = told(&observed);
    assert!(
        found.contains("nothing is written to `wiki`: its mode is `observe`"),
        "{found}"
    );
}
