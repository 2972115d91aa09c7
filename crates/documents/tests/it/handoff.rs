//! Apps that nobody but their own people can reach.

use documents::{ACTIVE, load};
use model::source::Shape;

use super::told;

const HR: &str = "kind: Source
metadata: {name: hr}
spec:
  format: csv
  key: id
  attributes:
    email: {column: mail}
    department: {column: dept}
    roles: {column: roles, type: list, separator: '|'}
    boss: {column: boss}
  zone: {default: Europe/Berlin}
  delivery: full
";

const PLANT: &str = "kind: App
metadata: {name: plant}
spec:
  handoff:
    owner: Plant administrators
    due_days: 5
    delimiter: ';'
    extract:
      key: Account
      active: {column: State, yes: [active], no: [locked, gone]}
      attributes:
        userName: {column: Login}
        title: {column: Job}
        roles: {column: Roles, type: list, separator: '|'}
      delivery: full
  mode: enforce
  account:
    match: [userName]
    attributes: {userName: person.email, title: person.department, roles: person.roles}
";

#[test]
fn who_does_it_and_how_it_is_listed_is_read() {
    let tenant = load(&[("hr", HR), ("plant", PLANT)]).unwrap();
    let app = &tenant.apps[&"plant".into()];
    assert_eq!((app.scim(), app.observe_every_hours), (None, 168));
    let handoff = app.handoff().unwrap();
    assert_eq!(
        (handoff.owner.as_str(), handoff.due_days),
        ("Plant administrators", 5)
    );
    let extract = &handoff.extract;
    assert_eq!((extract.delimiter, extract.key.as_str()), (';', "Account"));
    assert_eq!(extract.attributes["roles"].shape, Shape::List('|'));
    assert_eq!(extract.attributes[ACTIVE].column, "State");
    assert!(extract.attributes[ACTIVE].required);
    assert!(handoff.usable.contains("active") && handoff.closed.contains("gone"));
}

/// What is replaced, by what, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "title: person.department",
        "note: person.department",
        "`note` is a column of every sheet",
    ),
    (
        "        title: {column: Job}\n",
        "",
        "`title` is not here, so nobody could read it back",
    ),
    (
        ", type: list, separator: '|'}\n      delivery",
        "}\n      delivery",
        "`roles` is list of text in the account and text here",
    ),
    (
        "separator: '|'}\n      delivery",
        "separator: ';'}\n      delivery",
        "a list needs one character between its items",
    ),
    (
        "{column: Job}",
        "{column: Job, separator: '|'}",
        "only lists have a separator",
    ),
    (
        "{column: Job}",
        "{column: Job, type: date}",
        "accounts hold no dates, only text",
    ),
    (
        "no: [locked, gone]",
        "no: [locked, active]",
        "`active` stands for both",
    ),
    (
        "no: [locked, gone]",
        "no: []",
        "both kinds of account need a word, and none is empty",
    ),
    (
        "owner: Plant administrators",
        "owner: ' '",
        "this says nothing",
    ),
    (
        "due_days: 5",
        "due_days: 0",
        "0 is out of range; write a number from 1 to 90",
    ),
    ("due_days: 5", "due_days: 91", "91 is out of range"),
    (
        "  mode: enforce",
        "  mode: enforce\n  groups: {a: {display: A}}",
        "no groups are kept by hand",
    ),
    (
        "  mode: enforce",
        "  mode: enforce\n  limits: {concurrency: 2}",
        "there are no requests to limit",
    ),
    (
        "    match: [userName]",
        "    match: [userName]\n    manager: person.boss",
        "no references to accounts are kept by hand",
    ),
    (
        "        title: {column: Job}",
        "        title: {column: Job}\n        active: {column: S}",
        "whether an account may be used is not one of its attributes",
    ),
    (
        "delivery: full\n  mode",
        "delivery: full\n      expect: {trailer: {mark: END, count_field: 1}}\n  mode",
        "the mark is the first field",
    ),
    (
        "  handoff:",
        "  scim: {url: 'https://a.example', auth: {bearer: {secret: s}}}\n  handoff:",
        "an app is reached by SCIM or by hand, not both",
    ),
];

#[test]
fn what_nobody_could_do_by_hand_or_read_back_is_refused() {
    for (from, to, said) in MISTAKES {
        let (from, to) = (*from, *to);
        assert!(PLANT.contains(from), "{from:?}");
        let told = told(&[("hr", HR), ("plant", &PLANT.replacen(from, to, 1))]);
        assert!(
            told.contains(said),
            "{from:?} → {to:?}\n  said: {told}\n  not:  {said}"
        );
    }
    let (head, rest) = PLANT.split_once("  handoff:").unwrap();
    let (_, rest) = rest.split_once("  mode:").unwrap();
    let neither = format!("{head}  mode:{rest}");
    let told = told(&[("hr", HR), ("plant", &neither)]);
    assert!(
        told.contains("nothing says how the app is reached"),
        "{told}"
    );
}
