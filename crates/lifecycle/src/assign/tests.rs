#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod retention;

use std::collections::{BTreeMap, BTreeSet};

use model::facts::Leave;
use model::task::Done;
use model::time::Date;
use model::{
    Address, Assignment, Facts, KnownTask, Personal, SubjectId, Task, TaskId, Timestamp, Value,
};
use rules::{Schema, Type, compile_condition, compile_mapping};

use super::{Terminated, Undecided, Worker, assign, wishes};
use crate::beside::Hold;
use crate::fixtures::{facts, instant, subject, target};
use crate::manual::{Manual, done_last};
use crate::resolve::{Wanted, resolve};
use crate::rulebook::{
    AppRules, BirthrightRule, Entitlement, Lead, ManualStep, Mode, OnLeave, RuleBook,
};

fn book(joiner: Option<Lead>) -> RuleBook {
    let rule = BirthrightRule {
        name: "everyone".to_owned(),
        when: compile_condition("true", &Schema::default()).unwrap(),
        grants: vec![Entitlement {
            target: target(),
            group: Some("eng".to_owned()),
        }],
        grace_days: None,
    };
    let app = AppRules {
        mode: Mode::Enforce,
        matching: Vec::new(),
        attributes: BTreeMap::new(),
        clears: BTreeSet::new(),
        manager: None,
        groups: BTreeMap::new(),
        joiner,
        leave: OnLeave::Keep,
        delete_after_days: None,
        manual: Vec::new(),
        seats: None,
        unique: None,
    };
    RuleBook {
        revision: 1,
        rules: vec![rule],
        apps: BTreeMap::from([(target(), app)]),
        ..RuleBook::default()
    }
}

/// What is wanted of the account, whether the group is given, and why the account.
fn wanted(
    book: &RuleBook,
    facts: &Facts,
    withdrawn: bool,
    now: &str,
) -> (String, bool, Vec<String>) {
    let now: Timestamp = instant(now);
    let worker = Worker {
        subject: subject(),
        key: "w1",
        names: &[],
        facts,
        withdrawn,
        announced: false,
        jobs: &[],
        terminated: None,
        manual: Manual::Known(&[]),
    };
    let (assignments, undecided) = assign(worker, book, &BTreeMap::new(), now);
    assert!(undecided.is_empty());
    let (desired, conflicts) = resolve(assignments.clone(), now);
    assert!(conflicts.is_empty(), "{conflicts:?}");
    let account = desired.get(&Address::account(&target(), subject()));
    let word = match account.map(|wish| &wish.wanted) {
        None => "nothing",
        Some(Wanted::Present { active: true, .. }) => "open",
        Some(Wanted::Present { ahead: true, .. }) => "made closed",
        Some(Wanted::Present { .. }) => "closed",
        Some(Wanted::IfPresent { active: false, .. }) => "closed if there",
        Some(Wanted::Absent) => "gone",
        Some(other) => panic!("{other:?}"),
    };
    let group = desired.contains_key(&Address::grant(&target(), subject(), "eng"));
    let because = account.map_or(Vec::new(), |wish| wish.because.clone());
    let because = because.into_iter().map(|reason| reason.by).collect();
    (word.to_owned(), group, because)
}

#[test]
fn accounts_are_made_as_many_days_before_the_first_as_the_app_says() {
    let lead = |active| Some(Lead { days: 7, active });
    let mut hire = facts(&[]);
    hire.starts = Some(Date::constant(2026, 3, 30).at(0, 0, 0, 0));
    // A week before on the wall of Berlin, where clocks go forward in between.
    let (before, then) = ("2026-03-22T22:59:59Z", "2026-03-22T23:00:00Z");
    let (last, first) = ("2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z");
    let both = ["app/chat", "lifecycle/joiner", "rule/everyone"];
    let rules = ["app/chat", "rule/everyone"];
    type Case<'a> = (Option<Lead>, bool, &'a str, (&'a str, bool, &'a [&'a str]));
    let cases: [Case<'_>; 11] = [
        (None, false, last, ("nothing", false, &[])),
        (None, false, first, ("open", true, &rules)),
        (
            lead(false),
            false,
            before,
            ("closed if there", false, &["lifecycle/joiner"]),
        ),
        (lead(false), false, then, ("made closed", true, &both)),
        (lead(false), false, last, ("made closed", true, &both)),
        (lead(false), false, first, ("open", true, &rules)),
        (
            lead(true),
            false,
            before,
            ("closed if there", false, &["lifecycle/joiner"]),
        ),
        (lead(true), false, then, ("open", true, &both)),
        // Taken back: nothing is made, and what was made is closed.
        (
            lead(true),
            true,
            then,
            ("closed if there", false, &["lifecycle/leaver"]),
        ),
        (
            lead(false),
            true,
            then,
            ("closed if there", false, &["lifecycle/leaver"]),
        ),
        (
            None,
            true,
            then,
            ("closed if there", false, &["lifecycle/leaver"]),
        ),
    ];
    for (i, (joiner, withdrawn, now, (word, group, because))) in cases.into_iter().enumerate() {
        let found = wanted(&book(joiner), &hire, withdrawn, now);
        let expected = (
            word.to_owned(),
            group,
            because.iter().map(|b| (*b).to_owned()).collect(),
        );
        assert_eq!(found, expected, "case {i}");
    }
}

#[test]
fn on_leave_an_account_is_closed_where_the_app_says_so_and_nothing_else_is_lost() {
    let mut person = facts(&[]);
    person.leave = Some(Leave {
        from: Date::constant(2026, 3, 1).at(0, 0, 0, 0),
        to: Some(Date::constant(2026, 8, 1).at(0, 0, 0, 0)),
    });
    let mut leaver = person.clone();
    leaver.ends = Some(Date::constant(2026, 4, 1).at(17, 0, 0, 0));
    let open = ("open", true, &["app/chat", "rule/everyone"][..]);
    let away = ["app/chat", "lifecycle/leave", "rule/everyone"];
    let closed = ("closed", true, &away[..]);
    let out = ("closed if there", false, &["lifecycle/leaver"][..]);
    let (within, after) = ("2026-05-01T08:00:00Z", "2026-07-31T22:00:00Z");
    let cases = [
        (&person, OnLeave::Keep, false, within, open),
        (&person, OnLeave::Disable, false, within, closed),
        (&person, OnLeave::Disable, false, after, open),
        (&leaver, OnLeave::Disable, false, within, out),
        (&leaver, OnLeave::Disable, false, after, out),
        (&person, OnLeave::Keep, true, within, out),
    ];
    for (i, (facts, leave, withdrawn, now, (word, group, because))) in cases.into_iter().enumerate()
    {
        let mut book = book(None);
        book.apps.get_mut(&target()).unwrap().leave = leave;
        let found = wanted(&book, facts, withdrawn, now);
        let expected = (
            word.to_owned(),
            group,
            because.iter().map(|b| (*b).to_owned()).collect(),
        );
        assert_eq!(found, expected, "case {i}");
    }
}

#[test]
fn where_nobody_can_tell_the_first_day_nothing_is_touched() {
    let book = book(Some(Lead {
        days: 7,
        active: false,
    }));
    let mut odd = facts(&[]);
    odd.starts = Some(Date::constant(2026, 3, 30).at(0, 0, 0, 0));
    odd.zone = "Mars/Olympus".to_owned();
    let worker = Worker {
        subject: subject(),
        key: "w1",
        names: &[],
        facts: &odd,
        withdrawn: false,
        announced: false,
        jobs: &[],
        terminated: None,
        manual: Manual::Known(&[]),
    };
    let (assignments, undecided) = assign(worker, &book, &BTreeMap::new(), Timestamp::EPOCH);
    assert_eq!(undecided.len(), 1);
    let untouched = |a: &model::Assignment| a.want == model::Want::Untouched;
    assert!(assignments.iter().all(untouched) && !assignments.is_empty());
}

/// An app that maps a title and a manager, and what becomes of each where nothing states it.
fn mapped(clears: &[&str], refuses: bool) -> RuleBook {
    let schema = Schema {
        attributes: ["title", "boss"]
            .map(|name| (name.to_owned(), Type::Text))
            .into(),
        ..Schema::default()
    };
    let mapping = |source| compile_mapping(source, &schema).unwrap();
    let title = mapping("person.title");
    let title = if refuses { title.required() } else { title };
    let mut book = book(None);
    let app = book.apps.get_mut(&target()).unwrap();
    app.attributes = BTreeMap::from([("title".to_owned(), title)]);
    app.manager = Some(("manager".to_owned(), mapping("person.boss")));
    app.clears = clears.iter().map(|path| (*path).to_owned()).collect();
    book
}

fn looks(book: &RuleBook, stated: &[(&str, &str)]) -> (Vec<Assignment>, Vec<Undecided>) {
    let facts = facts(stated);
    let worker = Worker {
        subject: subject(),
        key: "w1",
        names: &[],
        facts: &facts,
        withdrawn: false,
        announced: false,
        jobs: &[],
        terminated: None,
        manual: Manual::Known(&[]),
    };
    let managers = BTreeMap::from([("b1".to_owned(), SubjectId::from_bits(9))]);
    let told = assign(worker, book, &managers, Timestamp::EPOCH);
    let (short, undecided) = wishes(worker, book, &managers, Timestamp::EPOCH);
    let wants = |all: &[Assignment]| -> Vec<_> {
        let want = |a: &Assignment| (a.about.clone(), a.want.clone(), a.rank);
        all.iter().map(want).collect()
    };
    assert_eq!(wants(&short), wants(&told.0), "without reasons the same");
    assert_eq!(undecided, told.1);
    told
}

/// The attributes that are set and those that are emptied.
fn values(book: &RuleBook, stated: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let (assignments, undecided) = looks(book, stated);
    assert_eq!(undecided, vec![]);
    let (desired, conflicts) = resolve(assignments.clone(), Timestamp::EPOCH);
    assert_eq!(conflicts, vec![]);
    match &desired[&Address::account(&target(), subject())].wanted {
        Wanted::Present {
            attributes, unset, ..
        } => (
            attributes.keys().cloned().collect(),
            unset.iter().cloned().collect(),
        ),
        other => panic!("{other:?}"),
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn what_nothing_states_stays_or_is_emptied_as_the_mapping_says() {
    let (keep, clear) = (mapped(&[], false), mapped(&["manager", "title"], false));
    let stated = [("title", "CEO"), ("boss", "b1")];
    for book in [&keep, &clear] {
        assert_eq!(
            values(book, &stated),
            (words(&["manager", "title"]), vec![])
        );
    }
    assert_eq!(values(&keep, &[]), (vec![], vec![]));
    let emptied = words(&["manager", "title"]);
    assert_eq!(values(&clear, &[]), (vec![], emptied));
    // Whoever is named and not known is no reason to empty anything.
    let unknown = values(&clear, &[("boss", "b7")]);
    assert_eq!(unknown, (vec![], words(&["title"])));
}

#[test]
fn what_is_emptied_has_a_reason_of_its_own() {
    let (assignments, _) = looks(&mapped(&["title"], false), &[("boss", "b1")]);
    let found: Vec<&Assignment> = assignments
        .iter()
        .filter(|a| matches!(a.want, model::Want::Values { .. }))
        .collect();
    let [only] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(only.because.by, "app/chat");
    assert!(only.because.text.contains("`title`"), "{:?}", only.because);
    assert_eq!(
        only.because.facts,
        vec![("title".to_owned(), None::<Value>)]
    );
}

#[test]
fn a_refused_absence_and_a_manager_without_an_answer_leave_the_account_untouched() {
    let refused = (mapped(&[], true), &[("boss", "b1")][..], "title");
    // A comparison with something missing has no answer.
    let mut odd = mapped(&["manager"], false);
    let schema = Schema {
        attributes: [("desk".to_owned(), Type::Text)].into(),
        ..Schema::default()
    };
    let mapping = compile_mapping("person.desk == \"1\" ? \"b1\" : \"b2\"", &schema).unwrap();
    odd.apps.get_mut(&target()).unwrap().manager = Some(("manager".to_owned(), mapping));
    let unanswered = (odd, &[("title", "CEO")][..], "manager");
    for (book, stated, path) in [refused, unanswered] {
        let (assignments, undecided) = looks(&book, stated);
        let paths: Vec<&str> = undecided.iter().map(|u| u.path.as_str()).collect();
        assert_eq!(paths, [path]);
        let (desired, _) = resolve(assignments.clone(), Timestamp::EPOCH);
        let account = &desired[&Address::account(&target(), subject())];
        assert_eq!(account.wanted, Wanted::Untouched);
    }
}
