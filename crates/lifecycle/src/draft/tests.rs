#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::fixtures::{address, reason, subject, target};
use crate::resolve::{Resolved, Wanted};
use crate::rulebook::AppRules;
use model::{Change, Input, Value};

fn book(mode: Mode) -> RuleBook {
    let app = AppRules {
        mode,
        matching: vec!["userName".to_owned()],
        attributes: BTreeMap::new(),
        clears: BTreeSet::new(),
        unique: None,
        manager: None,
        groups: BTreeMap::new(),
        joiner: None,
        leave: crate::rulebook::OnLeave::Keep,
        delete_after_days: None,
        manual: Vec::new(),
        seats: None,
    };
    RuleBook {
        revision: 3,
        rules: Vec::new(),
        apps: BTreeMap::from([(target(), app)]),
        sources: BTreeMap::new(),
        ..RuleBook::default()
    }
}

fn object(active: bool, attributes: &[(&str, &str)]) -> Object {
    Object {
        remote: RemoteId::from("r1"),
        active,
        attributes: attributes
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).into()))
            .collect(),
    }
}

fn ours(object: Object) -> Seen {
    Seen::Present {
        object: Some(object),
        ownership: Some(Ownership::Managed),
    }
}

/// One of ours that could not be read.
fn dark() -> Seen {
    Seen::Present {
        object: None,
        ownership: Some(Ownership::Managed),
    }
}

fn present(attributes: &[(&str, &str)]) -> Wanted {
    Wanted::Present {
        active: true,
        ahead: false,
        attributes: attributes
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).into()))
            .collect(),
        unset: Default::default(),
    }
}

fn left() -> Wanted {
    Wanted::IfPresent {
        active: false,
        attributes: Attributes::new(),
        unset: Default::default(),
    }
}

fn grant() -> Address {
    Address::grant(&target(), subject(), "eng")
}

fn draft_of(mode: Mode, wishes: Vec<(Address, Wanted)>, seen: Vec<(Address, Seen)>) -> Draft {
    draft_beside(mode, wishes, seen, BTreeSet::new())
}

/// As [`draft_of`], with accounts of others that rules give them.
fn draft_beside(
    mode: Mode,
    wishes: Vec<(Address, Wanted)>,
    seen: Vec<(Address, Seen)>,
    coming: BTreeSet<(TargetName, SubjectId)>,
) -> Draft {
    let desired = wishes
        .into_iter()
        .map(|(a, wanted)| {
            (
                a,
                Resolved {
                    wanted,
                    because: vec![reason("rule/a")],
                },
            )
        })
        .collect();
    let observed = Observed {
        seen: seen.into_iter().collect(),
        references: BTreeMap::new(),
        coming,
        proofs: BTreeMap::new(),
    };
    let cause = Cause {
        input: Input::Clock,
        change: Change::Joiner,
    };
    let about = About::Subject(subject());
    let draft = draft(
        &about,
        &desired,
        &observed,
        &book(mode),
        &cause,
        Digest::default(),
    );
    if let Some(plan) = &draft.plan {
        assert_eq!(
            crate::check::check(plan),
            vec![],
            "every drafted plan is sound"
        );
    }
    draft
}

fn verbs(draft: &Draft) -> Vec<&'static str> {
    draft
        .plan
        .iter()
        .flat_map(|p| p.steps.iter().map(|s| s.act.verb()))
        .collect()
}

#[test]
fn a_table_of_accounts() {
    let seen_ok = ours(object(true, &[("title", "CEO")]));
    let one = Seen::Candidates(vec![object(false, &[("title", "CTO")])]);
    let two = Seen::Candidates(vec![object(true, &[]), object(true, &[])]);
    type Case = (&'static str, Option<Wanted>, Seen, Vec<&'static str>, usize);
    let table: Vec<Case> = vec![
        (
            "equal",
            Some(present(&[("title", "CEO")])),
            seen_ok.clone(),
            vec![],
            0,
        ),
        (
            "differs",
            Some(present(&[("title", "CTO")])),
            seen_ok.clone(),
            vec!["update"],
            0,
        ),
        (
            "new",
            Some(present(&[("title", "CEO")])),
            Seen::Absent,
            vec!["create"],
            0,
        ),
        ("unproven", Some(present(&[])), Seen::Unknown, vec![], 1),
        ("unreadable", Some(present(&[])), dark(), vec![], 1),
        (
            "adopts",
            Some(present(&[("title", "CEO")])),
            one.clone(),
            vec!["adopt", "update", "enable"],
            0,
        ),
        ("ambiguous", Some(present(&[])), two, vec![], 1),
        ("leaves", Some(left()), seen_ok.clone(), vec!["disable"], 0),
        ("leaves unread", Some(left()), dark(), vec!["disable"], 0),
        (
            "left already",
            Some(left()),
            ours(object(false, &[])),
            vec![],
            0,
        ),
        ("never had one", Some(left()), one, vec![], 0),
        ("nobody wants it", None, seen_ok.clone(), vec!["disable"], 0),
        (
            "untouched",
            Some(Wanted::Untouched),
            seen_ok.clone(),
            vec![],
            0,
        ),
    ];
    for (name, wish, seen, expected, obstacles) in table {
        let wishes = wish.into_iter().map(|w| (address(), w)).collect();
        let draft = draft_of(Mode::Enforce, wishes, vec![(address(), seen)]);
        assert_eq!(verbs(&draft), expected, "{name}");
        assert_eq!(draft.obstacles.len(), obstacles, "{name}");
    }
}

#[test]
fn a_table_of_grants() {
    let member = |ownership| Seen::Present {
        object: None,
        ownership,
    };
    let managed = Some(Ownership::Managed);
    let table: Vec<(&str, Option<Wanted>, Seen, Vec<&str>)> = vec![
        ("gives", Some(present(&[])), Seen::Absent, vec!["grant"]),
        ("has", Some(present(&[])), member(managed), vec![]),
        (
            "foreign becomes ours",
            Some(present(&[])),
            member(None),
            vec!["adopt"],
        ),
        ("takes", None, member(managed), vec!["revoke"]),
        ("foreign stays", None, member(None), vec![]),
        ("nothing", None, Seen::Absent, vec![]),
        ("unknown stays", None, Seen::Unknown, vec![]),
        ("held", Some(Wanted::Untouched), member(managed), vec![]),
    ];
    for (name, wish, seen, expected) in table {
        let wishes = wish.into_iter().map(|w| (grant(), w)).collect();
        let account = Seen::Present {
            object: Some(object(true, &[])),
            ownership: managed,
        };
        let mut wishes: Vec<_> = wishes;
        wishes.push((address(), Wanted::Untouched));
        let draft = draft_of(
            Mode::Enforce,
            wishes,
            vec![(grant(), seen), (address(), account)],
        );
        assert_eq!(verbs(&draft), expected, "{name}");
    }
    let wishes = vec![(grant(), present(&[])), (address(), present(&[]))];
    let two = Seen::Candidates(vec![object(true, &[]), object(true, &[])]);
    let seen = vec![(grant(), Seen::Absent), (address(), two)];
    let draft = draft_of(Mode::Enforce, wishes, seen);
    assert_eq!(
        draft.plan, None,
        "no membership of an account that cannot be chosen"
    );
    assert_eq!(draft.obstacles.len(), 1);
}

#[test]
fn a_grant_waits_for_the_account_that_its_plan_makes() {
    let wishes = vec![(grant(), present(&[])), (address(), present(&[]))];
    let seen = vec![(grant(), Seen::Unknown), (address(), Seen::Absent)];
    let draft = draft_of(Mode::Enforce, wishes, seen);
    assert_eq!(verbs(&draft), ["create", "grant"]);
    assert_eq!(draft.plan.unwrap().steps[1].after, vec![0]);
}

#[test]
fn a_membership_is_taken_over_after_its_account() {
    let wishes = vec![(grant(), present(&[])), (address(), present(&[]))];
    let member = Seen::Present {
        object: None,
        ownership: None,
    };
    let account = Seen::Candidates(vec![object(true, &[])]);
    let draft = draft_of(
        Mode::Enforce,
        wishes,
        vec![(grant(), member), (address(), account)],
    );
    assert_eq!(verbs(&draft), ["adopt", "adopt"]);
    assert_eq!(draft.plan.unwrap().steps[1].after, vec![0]);
}

#[test]
fn what_is_made_ahead_is_made_closed_and_takes_nothing_over() {
    let closed = |ahead| Wanted::Present {
        active: false,
        ahead,
        attributes: Attributes::new(),
        unset: Default::default(),
    };
    let group = || (grant(), present(&[]));
    let member = Seen::Present {
        object: None,
        ownership: None,
    };
    let made = |wanted, account: Seen, grant_seen: Seen| {
        let wishes = vec![(address(), wanted), group()];
        let seen = vec![(address(), account), (grant(), grant_seen)];
        draft_of(Mode::Enforce, wishes, seen)
    };
    let draft = made(closed(true), Seen::Absent, Seen::Absent);
    assert_eq!(verbs(&draft), ["create", "grant"]);
    let steps = draft.plan.unwrap().steps;
    assert!(matches!(steps[0].act, Act::Create { active: false, .. }));

    // Disabled for another reason: nothing is made.
    let draft = made(closed(false), Seen::Absent, Seen::Absent);
    assert_eq!(verbs(&draft), Vec::<&str>::new());

    // Someone uses an account that matches: it waits for the first day, with its memberships.
    let candidate = Seen::Candidates(vec![object(true, &[])]);
    let draft = made(closed(true), candidate, member);
    assert_eq!(verbs(&draft), Vec::<&str>::new());
    assert_eq!(draft.obstacles, vec![]);

    let ours_already = ours(object(false, &[]));
    let draft = made(closed(true), ours_already, Seen::Absent);
    assert_eq!(verbs(&draft), ["grant"]);
}

#[test]
fn observing_writes_nothing() {
    let wishes = vec![(address(), present(&[]))];
    let draft = draft_of(Mode::Observe, wishes, vec![(address(), Seen::Absent)]);
    assert_eq!(draft.plan, None);
}

#[test]
fn a_manager_without_an_account_is_waited_for_last_where_rules_give_them_one() {
    let boss = SubjectId::from_bits(9);
    let mut wanted = present(&[("title", "Seller")]);
    if let Wanted::Present { attributes, .. } = &mut wanted {
        attributes.insert("manager".to_owned(), Value::Subject { subject: boss });
    }
    let closed = ours(object(false, &[("title", "Clerk"), ("manager", "r0")]));
    let draft_with = |coming| {
        let wishes = vec![(address(), wanted.clone())];
        let seen = vec![(address(), closed.clone())];
        draft_beside(Mode::Enforce, wishes, seen, coming)
    };
    let alone = draft_with(BTreeSet::new());
    assert_eq!(verbs(&alone), ["update", "enable"], "no difference");
    let draft = draft_with(BTreeSet::from([(target(), boss)]));
    assert_eq!(verbs(&draft), ["update", "enable", "update"]);
    let last = &draft.plan.as_ref().unwrap().steps[2];
    let set = Attributes::from([("manager".to_owned(), Value::Subject { subject: boss })]);
    let unset = Vec::new();
    assert_eq!(last.act, Act::Update { set, unset });
    let was = Attributes::from([("manager".to_owned(), "r0".into())]);
    let before = Before::Present {
        active: false,
        attributes: was,
    };
    assert_eq!((&last.before, &last.after), (&before, &vec![1]));
    let elsewhere = draft_with(BTreeSet::from([("code".into(), boss)]));
    assert_eq!(verbs(&elsewhere), ["update", "enable"]);
}

#[test]
fn what_is_to_be_deleted_is_closed_first() {
    let theirs = Seen::Candidates(vec![object(true, &[])]);
    let table = [
        ("open", ours(object(true, &[])), vec!["disable"], 0),
        ("unread", dark(), vec!["disable"], 0),
        ("theirs by a decision", theirs, vec!["adopt", "disable"], 0),
        ("in no listing", ours(object(false, &[])), vec![], 1),
        ("gone", Seen::Absent, vec![], 0),
        ("unknown", Seen::Unknown, vec![], 0),
    ];
    for (name, seen, expected, obstacles) in table {
        let wishes = vec![(address(), Wanted::Absent)];
        let draft = draft_of(Mode::Enforce, wishes, vec![(address(), seen)]);
        assert_eq!(verbs(&draft), expected, "{name}");
        assert_eq!(draft.obstacles.len(), obstacles, "{name}");
    }
}

/// The steps about two accounts of one person who has left long ago, and the codes in the way.
fn of_two(
    one: (Object, Option<Ownership>, Option<Proof>),
    other: Object,
) -> (Vec<String>, Vec<&'static str>) {
    let second = TargetName::from("wiki");
    let mut book = book(Mode::Enforce);
    book.apps
        .insert(second.clone(), book.apps[&target()].clone());
    let elsewhere = Address::account(&second, subject());
    let wish = || Resolved {
        wanted: Wanted::Absent,
        because: vec![reason("lifecycle/retention")],
    };
    let desired = [(address(), wish()), (elsewhere.clone(), wish())].into();
    let (object, ownership, proof) = one;
    let seen = Seen::Present {
        object: Some(object),
        ownership,
    };
    let mut proofs = BTreeMap::from([(elsewhere.clone(), Proof::Disabled)]);
    proofs.extend(proof.map(|proof| (address(), proof)));
    let observed = Observed {
        seen: [(address(), seen), (elsewhere, ours(other))].into(),
        proofs,
        ..Observed::default()
    };
    let cause = Cause {
        input: Input::Clock,
        change: Change::Deletion,
    };
    let about = About::Subject(subject());
    let draft = draft(
        &about,
        &desired,
        &observed,
        &book,
        &cause,
        Digest::default(),
    );
    let steps = draft.plan.map(|plan| {
        assert_eq!(crate::check::check(&plan), vec![]);
        plan.steps
    });
    let told = |step: &Step| format!("{} {}", step.act.verb(), step.address.target);
    (
        steps.iter().flatten().map(told).collect(),
        draft.obstacles.iter().map(|o| o.code).collect(),
    )
}

#[test]
fn only_what_is_ours_and_proven_closed_is_deleted() {
    let closed = || object(false, &[]);
    let (managed, foreign) = (Some(Ownership::Managed), Some(Ownership::Foreign));
    let disabled = Some(Proof::Disabled);
    let both = of_two((closed(), managed, disabled), closed());
    assert_eq!(both.0, ["delete chat", "delete wiki"]);
    for (ownership, proof, code) in [
        (managed, Some(Proof::Unlisted), UNLISTED),
        (managed, None, UNLISTED),
        (managed, Some(Proof::Workload), "TNR-PLAN-0010"),
        (foreign, disabled, "TNR-PLAN-0010"),
        (None, disabled, "TNR-PLAN-0010"),
    ] {
        let (steps, codes) = of_two((closed(), ownership, proof), closed());
        assert_eq!(steps, ["delete wiki"], "{proof:?}");
        assert_eq!(codes, [code]);
    }
}

#[test]
fn a_deletion_is_never_in_one_plan_with_anything_else() {
    let (managed, disabled) = (Some(Ownership::Managed), Some(Proof::Disabled));
    let open = object(true, &[]);
    let steps = of_two((object(false, &[]), managed, disabled), open.clone()).0;
    assert_eq!(steps, ["disable wiki"], "what must not wait goes first");
    let steps = of_two((open, managed, disabled), object(false, &[])).0;
    assert_eq!(steps, ["disable chat"]);
}
