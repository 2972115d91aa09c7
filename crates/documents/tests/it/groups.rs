//! `Group` documents: groups of people for `in_group`.

use documents::load;
use model::WorkerRef;

use super::{APP, LIFECYCLE_TEST, RULE, SOURCE, told};

const RULED: &str = r#"
kind: Group
metadata: {name: builders}
spec:
  when: person.department == "Engineering" || in_group("on-call")
"#;

const LISTED: &str = r#"
kind: Group
metadata: {name: on-call}
spec:
  members: ["7", {source: hr, key: "8"}, {source: Person, key: eve}]
  owner: "9"
  reason: who carries the telephone
"#;

fn asking(when: &str) -> String {
    RULE.replace("person.department == \"Engineering\"", when)
}

#[test]
fn groups_are_compiled_in_whatever_order_they_stand() {
    let rule = asking("in_group(\"builders\")");
    for files in [
        [("a", RULED), ("b", LISTED), ("c", &rule)],
        [("a", rule.as_str()), ("b", RULED), ("c", LISTED)],
    ] {
        let mut files = files.to_vec();
        files.extend([("hr", SOURCE), ("wiki", APP)]);
        let tenant = load(&files).unwrap_or_else(|errors| panic!("{errors:#?}"));
        assert_eq!(tenant.rules["engineers"].when.attributes(), ["department"]);
        let named = |source: &str, key: &str| WorkerRef {
            source: source.to_owned(),
            key: key.to_owned(),
        };
        let listed = &tenant.listed["on-call"];
        let members = [named("hr", "7"), named("hr", "8"), named("Person", "eve")];
        assert_eq!(listed.members, members);
        assert_eq!(listed.owner, named("hr", "9"));
        assert_eq!(tenant.schema.groups.len(), 2);
    }
}

#[test]
fn a_circle_is_named_at_each_of_its_groups_and_nowhere_else() {
    let group = |name: &str, when: &str| {
        format!("kind: Group\nmetadata: {{name: {name}}}\nspec:\n  when: {when}\n")
    };
    let files = [
        ("a", group("a", "in_group(\"b\")")),
        ("b", group("b", "in_group(\"c\") || person.grade > 1")),
        ("c", group("c", "in_group(\"a\")")),
        ("d", group("d", "in_group(\"a\")")),
        ("e", group("e", "in_group(\"e\")")),
        ("rule", asking("in_group(\"d\")")),
        ("hr", SOURCE.to_owned()),
        ("wiki", APP.to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(n, t)| (*n, t.as_str())).collect();
    let said = told(&files);
    let circle = |at: &str, names: &str| {
        format!(
            "{at}:4:9 spec.when: these groups ask for one another in a circle: {names}; say in one of \
             them who is in it, without asking for the others [TNR-DOC-0010]"
        )
    };
    let expected = [
        circle("a", "a → b → c → a"),
        circle("b", "b → c → a → b"),
        circle("c", "c → a → b → c"),
        circle("e", "e → e"),
    ];
    assert_eq!(said, expected.join("\n"));
}

/// What is replaced, by what, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "in_group(\"on-call\")",
        "in_group(\"oncall\")",
        "no group `oncall`; did you mean `on-call`? [TNR-DOC-0011]",
    ),
    (
        "  owner: \"9\"\n",
        "",
        "`owner` is missing; a list by hand has an `owner:` and a `reason:`",
    ),
    (
        "owner: \"9\"",
        "owner: \"8\"",
        "spec.owner: nobody answers for their own access",
    ),
    (
        "reason: who carries the telephone",
        "reason: \"\"",
        "this is no reason",
    ),
    (
        "members: [\"7\",",
        "members: [\"8\",",
        "spec.members[1]: this worker is listed twice",
    ),
    (
        "{source: hr, key: \"8\"}",
        "{source: sap, key: \"8\"}",
        "there is no source `sap`",
    ),
    (
        "owner: \"9\"",
        "when: person.grade > 1\n  owner: \"9\"",
        "a group is by rule or by hand, not both",
    ),
    (
        "when: person.department == \"Engineering\" || in_group(\"on-call\")",
        "reason: none",
        "the group says nobody; write `when:`",
    ),
    (
        "|| in_group(\"on-call\")",
        "|| in_group(\"on-call\")\n  owner: \"9\"",
        "a group by rule needs nobody who answers for a list",
    ),
    (
        "person.department ==",
        "person.nickname ==",
        "rule:5:9 spec.when: `person.nickname` can be changed by the people themselves",
    ),
];

#[test]
fn each_mistake_has_its_message() {
    let rule = asking("in_group(\"builders\")");
    for (from, to, said) in MISTAKES {
        let files = [
            ("hr", SOURCE),
            ("wiki", APP),
            ("ruled", RULED),
            ("listed", LISTED),
            ("rule", &rule),
        ];
        let count: usize = files
            .iter()
            .map(|(_, text)| text.matches(from).count())
            .sum();
        assert!(count > 0, "{from:?} is in none of the documents");
        let changed = files.map(|(name, text)| (name, text.replacen(from, to, 1)));
        let changed: Vec<(&str, &str)> = changed.iter().map(|(n, t)| (*n, t.as_str())).collect();
        let found = told(&changed);
        assert!(found.contains(said), "{said}\nnot in\n{found}");
    }
}

#[test]
fn a_test_says_in_which_lists_its_person_is() {
    let with = |groups: &str| {
        LIFECYCLE_TEST.replacen(
            "    ends: 2026-12-18\n",
            &format!("    ends: 2026-12-18\n    in_groups: [{groups}]\n"),
            1,
        )
    };
    let story = with("on-call");
    let all = |story: &str| {
        let files = [SOURCE, APP, RULE, RULED, LISTED, story];
        let names = ["hr", "wiki", "rule", "ruled", "listed", "story"];
        let files: Vec<(&str, &str)> = names.into_iter().zip(files).collect();
        match load(&files) {
            Ok(tenant) => Ok(tenant),
            Err(_) => Err(told(&files)),
        }
    };
    let tenant = all(&story).unwrap();
    let facts = &tenant.lifecycle_tests["leaver"].moments[0].facts;
    let listed = model::Value::List(vec!["on-call".to_owned()]);
    assert_eq!(facts.attributes[rules::BY_HAND], listed);
    let said = all(&with("builders")).unwrap_err();
    assert!(said.contains("`builders` is a group by rule"), "{said}");
    let said = all(&with("oncall")).unwrap_err();
    assert!(said.contains("did you mean `on-call`?"), "{said}");
}
