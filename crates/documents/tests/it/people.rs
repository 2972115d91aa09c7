//! People who are not in HR: how they are read, kept, and what is said of them when they are wrong.

use documents::{PEOPLE, load, stored};
use model::Value;

use super::{APP, MAPPING_TEST, RULE, SOURCE, told};

const PERSON: &str = r#"
kind: Person
metadata: {name: auditor, description: Eva of the auditors}
spec:
  sponsor: "1"
  reason: the audit of 2026
  zone: Europe/Berlin
  starts: 2026-03-02
  ends: 2026-06-30
  attributes: {email: eva@audit.example, given_name: Eva, grade: 3}
"#;

fn seal(text: &str) -> String {
    format!("sealed {}", text.len())
}

#[test]
fn a_person_has_facts_like_those_of_a_source_and_a_sponsor() {
    let tenant = load(&[("hr", SOURCE), ("people", PERSON)]).unwrap();
    let person = &tenant.people["auditor"];
    assert_eq!(person.facts.text("email"), Some("eva@audit.example"));
    assert_eq!(person.facts.attributes["grade"], model::Value::Int(3));
    assert_eq!(
        person.facts.ends.unwrap().to_string(),
        "2026-07-01T00:00:00"
    );
    assert_eq!(person.until, "2026-06-30T22:00:00Z".parse().unwrap());
    assert_eq!(
        (person.sponsor.source.as_str(), person.sponsor.key.as_str()),
        ("hr", "1")
    );
    assert_eq!(person.withheld, None);
}

#[test]
fn a_person_is_kept_without_what_is_personal_and_reads_as_before() {
    let files = [
        ("hr".to_owned(), SOURCE.to_owned()),
        ("people".to_owned(), PERSON.to_owned()),
    ];
    let kept = stored(&files, &seal);
    assert_eq!(kept[0], files[0]);
    let text = &kept[1].1;
    for personal in ["eva", "Eva", "grade", "email"] {
        assert!(!text.contains(personal), "{text}");
    }
    let before = load(&files).unwrap();
    let after = load(&kept).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"));
    let (before, after) = (&before.people["auditor"], &after.people["auditor"]);
    assert!(after.facts.attributes.is_empty());
    assert!(
        after
            .withheld
            .as_ref()
            .is_some_and(|w| w.starts_with("sealed "))
    );
    assert_eq!(
        (
            &before.sponsor,
            &before.reason,
            before.until,
            before.facts.starts
        ),
        (
            &after.sponsor,
            &after.reason,
            after.until,
            after.facts.starts
        )
    );
    assert_eq!(stored(&kept, &seal), kept, "kept again, it is the same");
    let other = PERSON.replace("eva@", "eva.evers@");
    let other = stored(&[("people".to_owned(), other)], &seal);
    assert_ne!(other[0].1, *text, "a change of what is withheld is noticed");
}

#[test]
fn a_grant_may_be_for_somebody_whom_a_document_names() {
    let grant = format!(
        "kind: Grant\nmetadata: {{name: audit}}\nspec: {{person: {{source: {PEOPLE}, key: \
         auditor}}, app: wiki, owner: \"1\", reason: audit, until: 2026-06-30T00:00:00Z}}\n"
    );
    let files = [
        ("hr", SOURCE),
        ("app", APP),
        ("people", PERSON),
        ("grant", &grant),
    ];
    assert_eq!(load(&files).unwrap().grants["audit"].person.source, PEOPLE);
    // No Source can be called as those people's source is.
    let source = SOURCE.replace("name: hr", "name: Person");
    let said = told(&[("a", source.as_str())]);
    assert!(said.contains("`Person` is no name"), "{said}");
}

#[test]
fn what_is_wrong_with_a_person_is_said_at_its_place() {
    for (from, to, wanted) in [
        (
            "sponsor: \"1\"",
            "sponsor: {source: Person, key: auditor}",
            "people:5:12 spec.sponsor: nobody is their own sponsor",
        ),
        (
            "Europe/Berlin",
            "Europe/Berlino",
            "people:7:9 spec.zone: `Europe/Berlino` is no zone",
        ),
        ("  ends: 2026-06-30\n", "", "spec: `ends` is missing"),
        (
            "2026-06-30",
            "2026-03-01",
            "people:9:9 spec.ends: their last day ends before",
        ),
        (
            "2026-06-30",
            "June",
            "people:9:9 spec.ends: `June` is no day or minute",
        ),
        (
            "email:",
            "mail:",
            "spec.attributes.mail: no source declares `mail`",
        ),
        (
            "grade: 3",
            "grade: high",
            "spec.attributes.grade: `grade` is int, but this is text",
        ),
        (
            "grade: 3",
            "department: \" \"",
            "`department` is empty or too long",
        ),
        (
            "  attributes:",
            "  withheld: x\n  attributes:",
            "written, and withheld at once",
        ),
        (
            "{email: eva@audit.example, given_name: Eva, grade: 3}",
            "{}",
            "nothing is said of this person",
        ),
    ] {
        assert!(PERSON.contains(from), "{from}");
        let person = PERSON.replace(from, to);
        let said = told(&[("hr", SOURCE), ("people", &person)]);
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
    let both = format!("{SOURCE}---{PERSON}");
    let said = told(&[("both", both.as_str())]);
    assert!(
        said.contains("both:16:7 kind: a person stands in one file with other"),
        "{said}"
    );
}

#[test]
fn who_is_above_a_person_is_stated_in_tests_alone() {
    let source = SOURCE.replace(
        "    nickname:",
        "    manager: {column: Boss}\n    nickname:",
    );
    let stated = "grade: 3, manager_chain: [\"7\"]";
    let person = PERSON.replace("grade: 3", stated);
    let said = told(&[("hr", &source), ("people", &person)]);
    assert!(
        said.contains("is stated only in tests; write `manager`"),
        "{said}"
    );
    let test = MAPPING_TEST.replace("grade: 7", "manager_chain: [\"7\", \"1\"]");
    let files = [("hr", source.as_str()), ("wiki", APP), ("test", &test)];
    let tenant = load(&files).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let above = Value::List(vec!["7".to_owned(), "1".to_owned()]);
    let facts = &tenant.mapping_tests["account"].facts;
    assert_eq!(facts.attributes["manager_chain"], above);
    // Nobody's own past tells who was above them.
    let kept = RULE.replace("  grants:", "  grace_days: 30\n  grants:");
    let when = RULE.lines().find(|line| line.contains("when:")).unwrap();
    let kept = kept.replace(when, "  when: \"'7' in person.manager_chain\"");
    let said = told(&[("hr", &source), ("wiki", APP), ("rule", &kept)]);
    assert!(
        said.contains("spec.grace_days: who was above somebody"),
        "{said}"
    );
    // A source that would state it is refused, and so is one whose people say who manages them.
    let declared = source.replace("    manager:", "    manager_chain:");
    let said = told(&[("hr", &declared)]);
    assert!(said.contains("`manager_chain` is reserved"), "{said}");
    let own = source.replace("{column: Boss}", "{column: Boss, self_editable: true}");
    let rule = RULE.replace(
        "person.department == \"Engineering\"",
        "'\"7\" in person.manager_chain'",
    );
    let said = told(&[("hr", &own), ("wiki", APP), ("rule", &rule)]);
    assert!(
        said.contains("`person.manager_chain` can be changed by the people"),
        "{said}"
    );
}
