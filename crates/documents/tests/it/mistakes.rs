//! What is said of documents that are wrong.

use documents::{CODES, MAX_BYTES, load};

use super::{APP, GUARD, RULE, SOURCE, told};

/// The files with one text replaced in one of them.
fn with(from: &str, to: &str) -> String {
    let files = [
        ("hr", SOURCE),
        ("wiki", APP),
        ("rule", RULE),
        ("guard", GUARD),
    ];
    let count: usize = files
        .iter()
        .map(|(_, text)| text.matches(from).count())
        .sum();
    assert!(count > 0, "{from:?} is in none of the documents");
    let changed = files.map(|(name, text)| (name, text.replacen(from, to, 1)));
    let changed: Vec<(&str, &str)> = changed.iter().map(|(n, t)| (*n, t.as_str())).collect();
    told(&changed)
}

#[test]
fn an_error_names_file_line_column_field_problem_and_fix() {
    assert_eq!(
        with("person.department ==", "person.dept =="),
        "rule:5:9 spec.when: in `person.dept`: no attribute `dept`; did you mean `department`? \
         [TNR-DOC-0011]"
    );
    assert_eq!(
        with("  grants:", "  grant:"),
        "rule:5:3 spec: `grants` is missing; What they get. [TNR-DOC-0005]\n\
         rule:6:3 spec.grant: unknown field `grant`; did you mean `grants`? [TNR-DOC-0004]"
    );
}

/// What is replaced, by what, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "      userName: person.email",
        "      userName: {value: person.email, missing: keep}",
        "userName.missing: an account is recognised by this, so it cannot go without a value; write \
         `refuse`",
    ),
    (
        "      userName: person.email",
        "      userName: person.email\n      title: {value: person.dept, missing: clear}",
        "attributes.title.value: in `person.dept`: no attribute `dept`",
    ),
    (
        "      userName: person.email",
        "      userName: person.email\n      title: {missing: clear}",
        "`value` is missing",
    ),
    (
        "      userName: person.email",
        "      userName: person.email\n      title: {value: person.department, missing: empty}",
        "write one of: keep clear refuse",
    ),
    (
        "      userName: person.email",
        "      userName: person.email\n    manager: {value: person.grade, missing: clear}",
        "a manager's worker key is text, but this is int",
    ),
    (
        "match: [userName]\n    attributes:\n      userName: person.email",
        "match: [userName]\n    attributes:\n      userName: {unique: [person.email]}",
        "spec.account.match[0]: a name that gives way to others proves nobody's account",
    ),
    (
        "match: [userName]\n    attributes:\n      userName: person.email",
        "match: [title]\n    attributes:\n      title: person.email\n      userName: person.email\n      nickName: {unique: [person.email]}",
        "only `userName` can be unique: nothing else is looked up",
    ),
    (
        "match: [userName]\n    attributes:\n      userName: person.email",
        "match: [title]\n    attributes:\n      title: person.email\n      userName: {unique: []}",
        "userName.unique: a name has 1 to 10 forms, not 0",
    ),
    (
        "match: [userName]\n    attributes:\n      userName: person.email",
        "match: [title]\n    attributes:\n      title: person.email\n      userName: {unique: [person.grade]}",
        "a name is text, but this is int",
    ),
    (
        "match: [userName]\n    attributes:\n      userName: person.email",
        "match: [title]\n    attributes:\n      title: person.email\n      userName: {unique: [person.email, person.mail]}",
        "unique[1]: in `person.mail`: no attribute `mail`",
    ),
    (
        "match: [userName]\n    attributes:\n      userName: person.email",
        "match: [title]\n    attributes:\n      title: person.email\n      userName: {unique: [person.email], quarantine_days: 0}",
        "quarantine_days: 0 is out of range",
    ),
    (
        "match: [userName]\n    attributes:\n      userName: person.email",
        "match: [title]\n    attributes:\n      title: person.email\n      userName: {unique: [person.email], reserved: [root, \" \"]}",
        "reserved[1]: this is no name",
    ),
    (
        "match: [userName]\n    attributes:\n      userName: person.email",
        "match: [title]\n    attributes:\n      title: person.email\n      userName: {unique: [person.email], numbers: true}",
        "did you mean `number`? [TNR-DOC-0004]",
    ),
    (
        "match: [userName]\n    attributes:\n      userName: person.email",
        "match: [title]\n    attributes:\n      title: person.email\n      userName: [person.email]",
        "write a text or a map of fields",
    ),
    (
        "group: engineering}\n",
        "group: enginering}\n",
        "did you mean `engineering`? [TNR-DOC-0010]",
    ),
    (
        "- {app: wiki,",
        "- {app: wki,",
        "rule:7:13 spec.grants[0].app: there is no app `wki`",
    ),
    (
        "mode: observe",
        "mode: enforced",
        "did you mean `enforce`? [TNR-DOC-0007]",
    ),
    ("mode: observe", "mode: [observe]", "[TNR-DOC-0006]"),
    (
        "mode: observe",
        "mode: observe\n  privileged: {names: [root, \" \"]}",
        "spec.privileged.names[1]: this is no name",
    ),
    (
        "kind: Guard",
        "kind: Gaurd",
        "did you mean `Guard`? [TNR-DOC-0003]",
    ),
    ("kind: Guard\n", "", "the document does not say what it is"),
    ("name: wiki}", "name: Wiki}", "`Wiki` is no name"),
    (
        "max_share_percent: 1",
        "max_share_percent: 101",
        "write a number from 0 to 100",
    ),
    (
        "max_share_percent: 1",
        "max_share_percent: 1.5",
        "no whole number",
    ),
    (
        "max_count: 3",
        "max_count: \"3\"",
        "a whole number is needed here, not a text",
    ),
    ("reason: holidays", "reason: 7", "put it in quotes"),
    ("2026-12-20T", "2027-12-20T", "ends before it begins"),
    (
        "from: 2026-12-20T00:00:00Z",
        "from: tomorrow",
        "`tomorrow` is no instant",
    ),
    (
        "userName: person.email",
        "userName: person.grade",
        "is text, but this is int",
    ),
    (
        "userName: person.email",
        "userName: person.email + 1",
        "`+` meets text and int",
    ),
    (
        "userName: person.email",
        "userName: person.nickname",
        "[TNR-DOC-0012]",
    ),
    (
        "person.department ==",
        "person.nickname ==",
        "[TNR-DOC-0012]",
    ),
    (
        "match: [userName]",
        "match: [username]",
        "did you mean `userName`?",
    ),
    ("match: [userName]", "match: []", "nothing recognises"),
    (
        "userName: person.email",
        "userName: person.email\n      urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value: \"'x'\"",
        "use `manager:` beside",
    ),
    (
        "userName: person.email",
        "userName: person.email\n      active: 'true'",
        "follows from",
    ),
    (
        "{bearer: {secret: wiki-token}}",
        "{bearer: {secret: s3cr3t+V4lue/==}}",
        "no name of a secret",
    ),
    (
        "{bearer: {secret: wiki-token}}",
        "{}",
        "write one of the fields: bearer, client_credentials",
    ),
    (
        "{bearer: {secret: wiki-token}}",
        "{basic: {secret: x}}",
        "write one of the fields",
    ),
    (
        "{bearer: {secret: wiki-token}}",
        "{bearer: {token: x}}",
        "unknown field `token`",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {disable: now, delete_after_days: 0}",
        "wiki:9:45 spec.leaver.delete_after_days: 0 is out of range; write a number from 1 to 36500",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {delete_after_days: ninety}",
        "delete_after_days: a whole number",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {manual: [{name: Laptop, owner: it, due_days: 3, text: x}]}",
        "spec.leaver.manual[0].name",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {manual: [{name: a, owner: it, due_days: 3, text: x}, \
         {name: a, owner: it, due_days: 3, text: x}]}",
        "`a` is there twice; two steps need two names",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {manual: [{name: a, owner: \" \", due_days: 3, text: x}]}",
        "spec.leaver.manual[0].owner: this says nothing",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {manual: [{name: a, owner: it, due_days: 366, text: x}]}",
        "366 is out of range; write a number from 0 to 365",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {manual: [{name: a, owner: it, due_days: 3, text: x, before: \
         disable}]}",
        "spec.leaver.manual[0].before",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {manual: [{name: a, owner: it, due_days: 3, text: x, before: \
         delete}]}",
        "the app deletes no accounts, so nothing waits for it; write `delete_after_days`, or remove",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {lingers: {sessions: forever}}",
        "spec.leaver.lingers.sessions: `forever` says not until when it lives; write how long",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {lingers: {Sessions: 12h}}",
        "`Sessions` is no name",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {lingers: {keys: {step: keys}}}",
        "the app has no manual step `keys`; name one of `leaver.manual`",
    ),
    (
        "mode: observe",
        "mode: observe\n  leaver: {delete_after: 30}",
        "unknown field `delete_after`",
    ),
    (
        "  grants:",
        "  grace_days: 0\n  grants:",
        "spec.grace_days: 0 is out of range; write a number from 1 to 365",
    ),
    (
        "mode: observe",
        "mode: observe\n  joiner: {days_before: 0}",
        "wiki:9:25 spec.joiner.days_before: 0 is out of range; write a number from 1 to 180",
    ),
    (
        "mode: observe",
        "mode: observe\n  observe_every_hours: 0",
        "spec.observe_every_hours: 0 is out of range; write a number from 1 to 168",
    ),
    (
        "mode: observe",
        "mode: observe\n  joiner: {days_before: 181}",
        "181 is out of range",
    ),
    (
        "mode: observe",
        "mode: observe\n  joiner: {active: true}",
        "`days_before` is missing",
    ),
    (
        "mode: observe",
        "mode: observe\n  leave: disabled",
        "did you mean `disable`?",
    ),
    (
        "delivery: full",
        "delivery: full\n  leave: {from: {column: F, format: iso}}",
        "hr:15:10 spec.leave: `to` is missing; The last day. Empty: nobody knows yet.",
    ),
    (
        "delivery: full",
        "delivery: full\n  engages: false\n  correlate: [[email]]\n  leave: {from: {column: F, \
         format: iso}, to: {column: T, format: iso}}",
        "a source that engages nobody tells of no leave; remove it, or say it in the source that \
         engages them [TNR-DOC-0016]",
    ),
    ("https://wiki", "http://wiki", "would not be encrypted"),
    (
        "https://wiki",
        "https://u:p@wiki",
        "credentials may not stand in a URL",
    ),
    ("/scim/v2/", "/scim?x=1", "no query"),
    ("https://wiki", "ftp://wiki", "no web address"),
    ("https://wiki.example/scim/v2/", "wiki", "this is no URL"),
    ("Europe/Berlin", "Europe/Berlim", "[TNR-DOC-0015]"),
    (
        "zone: {default: Europe/Berlin}",
        "zone: {}",
        "no zone is given",
    ),
    ("type: int", "type: date", "a date needs a format"),
    ("type: int", "type: list", "one character between"),
    (
        "type: int",
        "type: integer",
        "write one of: text bool int date list",
    ),
    (
        "type: int",
        "type: int, format: iso",
        "only dates have a format",
    ),
    ("given_name:", "Given Name:", "is no attribute name"),
    ("given_name:", "worker_key:", "is reserved"),
    ("given_name:", "zone:", "`zone` is reserved"),
    (
        "delivery: full",
        "delivery: full\n  ends: {column: E, format: iso, at: 5pm}",
        "\"17:00\"",
    ),
    (
        "delivery: full",
        "delivery: full\n  expect: {min_rows: 5, max_rows: 4}",
        "swap",
    ),
    (
        "delivery: full",
        "delivery: full\n  expect: {min_rows: -1}",
        "out of range",
    ),
    (
        "delivery: full",
        "delivery: full\n  expect: {header: [ID, Mail]}",
        "not in the header",
    ),
    (
        "delivery: full",
        "delivery: full\n  expect: {trailer: {mark: T, count_field: 1}}",
        "a later one",
    ),
    ("spec:", "sepc:", "unknown field `sepc`"),
    ("key: ID", "key: ID\n  key: ID2", "`key` is written twice"),
    ("key: ID", "key: [", "[TNR-DOC-0002]"),
    ("key: ID", "key: null", "a text is needed here, not nothing"),
];

#[test]
fn each_mistake_has_its_code_and_place() {
    for (from, to, said) in MISTAKES {
        let told = with(from, to);
        assert!(
            told.contains(said),
            "{from} → {to}\n  said: {told}\n  not:  {said}"
        );
    }
}

#[test]
fn a_pasted_secret_is_not_repeated() {
    let told = with(
        "{bearer: {secret: wiki-token}}",
        "{bearer: {secret: Hunter2Hunter2}}",
    );
    assert!(!told.contains("Hunter2"), "{told}");
}

#[test]
fn everything_is_told_at_once_and_sorted() {
    let rule = RULE
        .replace("engineering}", "x}")
        .replace("department", "dept");
    let app = APP
        .replace("observe", "now")
        .replace("person.email", "person.mail");
    let told = told(&[("z", &rule), ("a", &app), ("m", SOURCE)]);
    let lines: Vec<&str> = told.lines().collect();
    // The app's own mistake in shape hides what depends on its shape, and nothing else.
    assert_eq!(lines.len(), 2, "{told}");
    assert!(
        lines[0].starts_with("a:") && lines[1].starts_with("z:"),
        "{told}"
    );
}

#[test]
fn names_are_unique_in_a_kind_and_there_is_one_guard() {
    let second = GUARD.replace("name: guard", "name: other");
    let told = told(&[
        ("a", SOURCE),
        ("b", APP),
        ("c", RULE),
        ("d", RULE),
        ("e", GUARD),
        ("f", &second),
    ]);
    assert!(
        told.contains("there is already a BirthrightRule `engineers` at c:2"),
        "{told}"
    );
    assert!(told.contains("there is already a Guard at e:2"), "{told}");
}

#[test]
fn two_sources_must_agree_on_an_attribute() {
    let other = SOURCE
        .replace("name: hr", "name: hr2")
        .replace("type: int", "type: bool");
    assert!(told(&[("a", SOURCE), ("b", &other)]).contains("[TNR-DOC-0013]"));
}

#[test]
fn expressions_in_quotes_and_blocks_are_pointed_at() {
    for (written, place) in [
        ("when: person.dept == \"x\"", "5:9"),
        ("when: 'true || person.dept == \"x\"'", "5:18"),
        ("when: |\n    true ||\n      person.dept == \"x\"", "7:7"),
        ("when: \"true || person.dept == \\\"x\\\"\"", "5:9"),
    ] {
        let rule = RULE.replace("when: person.department == \"Engineering\"", written);
        let told = told(&[("hr", SOURCE), ("wiki", APP), ("rule", &rule)]);
        assert!(
            told.starts_with(&format!("rule:{place} ")),
            "{written}\n{told}"
        );
    }
}

#[test]
fn what_is_too_much_is_refused() {
    let large = format!("# {}\n", "x".repeat(MAX_BYTES));
    assert!(told(&[("a", &large)]).contains("[TNR-DOC-0001]"));
    let many: Vec<(String, String)> = (0..1_001)
        .map(|n| (format!("f{n}"), "kind: X\n".to_owned()))
        .collect();
    let errors = load(&many).unwrap_err();
    assert_eq!((errors.len(), errors[0].code.as_str()), (1, "TNR-DOC-0001"));
}

#[test]
fn every_code_is_explained_once() {
    let codes: std::collections::BTreeSet<_> = CODES.iter().map(|(code, _)| code.0).collect();
    assert_eq!(codes.len(), CODES.len());
}
