#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use model::{Change, DeliveryId, Digest, Engagement, EngagementId};

use super::*;
use crate::assign::{Terminated, assign};
use crate::fixtures::{address, facts, instant, subject, target};
use crate::identity::{Identity, identity};
use crate::resolve::resolve;
use crate::rulebook::{AppRules, GroupRules, Mode, OnLeave};

const UNTIL: &str = "2026-06-30T22:00:00Z";

fn named(source: &str, key: &str) -> WorkerRef {
    WorkerRef {
        source: source.to_owned(),
        key: key.to_owned(),
    }
}

fn grant(name: &str, until: &str) -> PersonalGrant {
    PersonalGrant {
        name: name.to_owned(),
        gives: Entitlement {
            target: target(),
            group: Some("admins".to_owned()),
        },
        owner: named("hr", "boss"),
        reason: "the audit".to_owned(),
        until: instant(until),
    }
}

fn book(grants: Vec<PersonalGrant>) -> RuleBook {
    let group = GroupRules {
        attributes: Attributes::new(),
    };
    let app = AppRules {
        mode: Mode::Enforce,
        matching: vec!["userName".to_owned()],
        attributes: BTreeMap::new(),
        clears: BTreeSet::new(),
        manager: None,
        groups: BTreeMap::from([("admins".to_owned(), group)]),
        joiner: None,
        leave: OnLeave::Keep,
        delete_after_days: None,
        manual: Vec::new(),
        seats: None,
        unique: None,
    };
    let duties = grants.iter().map(|grant| Duty {
        of: format!("grant/{}", grant.name),
        until: grant.until,
        asks: false,
    });
    RuleBook {
        apps: BTreeMap::from([(target(), app)]),
        beside: Beside {
            duties: BTreeMap::from([(named("hr", "boss"), duties.collect())]),
            grants: BTreeMap::from([(named("contractors", "c7"), grants)]),
            ..Beside::default()
        },
        ..RuleBook::default()
    }
}

/// Somebody of two engagements, of which `c7` is not the main one.
fn person(ends: Option<&str>) -> Identity {
    let of = |id, source: &str, key: &str| {
        let mut facts = facts(&[("email", "ann@acme.example")]);
        facts.ends = ends.map(|day| day.parse().unwrap());
        Engagement {
            id: EngagementId::from_bits(id),
            source: source.to_owned(),
            key: key.to_owned(),
            facts: std::sync::Arc::new(facts),
            digest: Digest::default(),
            withdrawn: false,
            delivery: DeliveryId::from_bits(1),
            change: Change::Joiner,
        }
    };
    let both = [of(1, "a", "w1"), of(2, "contractors", "c7")];
    identity(&both, &BTreeMap::new(), instant(UNTIL)).unwrap()
}

fn membership() -> Address {
    Address::grant(&target(), subject(), "admins")
}

fn wanted(who: &Identity, book: &RuleBook, now: &str, terminated_by: Option<&str>) -> Desired {
    let at = instant(now);
    let terminated = terminated_by.map(|by| Terminated { by, at });
    let worker = Worker::new(subject(), who, terminated);
    let now = instant(now);
    let (assignments, undecided) = assign(worker, book, &BTreeMap::new(), now);
    assert_eq!(undecided, []);
    let (mut desired, conflicts) = resolve(assignments.clone(), now);
    assert_eq!(conflicts, []);
    tell_what_ran_out(worker, book, now, &mut desired);
    desired
}

fn said<'d>(desired: &'d Desired, at: &Address) -> Vec<(&'d str, &'d str)> {
    let because = &desired[at].because;
    because
        .iter()
        .map(|r| (r.by.as_str(), r.text.as_str()))
        .collect()
}

#[test]
fn a_grant_gives_account_and_group_by_any_name_of_the_person_until_its_instant() {
    let (who, book) = (person(None), book(vec![grant("audit", UNTIL)]));
    let given = wanted(&who, &book, "2026-06-30T21:59:59Z", None);
    for at in [address(), membership()] {
        assert!(
            matches!(given[&at].wanted, Wanted::Present { active: true, .. }),
            "{at}"
        );
    }
    assert_eq!(
        said(&given, &membership()),
        [("grant/audit", "until 2026-06-30T22:00:00Z: the audit")]
    );
    let over = wanted(&who, &book, UNTIL, None);
    assert_eq!(over[&membership()].wanted, Wanted::Absent);
    assert!(matches!(
        over[&address()].wanted,
        Wanted::IfPresent { active: false, .. }
    ));
    assert_eq!(
        said(&over, &membership()),
        [
            ("grant/audit", "ran out at 2026-06-30T22:00:00Z"),
            ("lifecycle/withdrawn", "no rule gives this any more")
        ]
    );
}

#[test]
fn of_two_grants_the_later_end_counts_and_the_earlier_one_says_nothing() {
    let grants = vec![grant("short", UNTIL), grant("long", "2026-12-31T00:00:00Z")];
    let (who, book) = (person(None), book(grants));
    let given = wanted(&who, &book, UNTIL, None);
    assert_eq!(
        said(&given, &membership()),
        [("grant/long", "until 2026-12-31T00:00:00Z: the audit")]
    );
    let ends = |now| book.beside.next_end(&who.names, instant(now));
    assert_eq!(ends("2026-06-30T21:59:59Z"), Some(instant(UNTIL)));
    assert_eq!(ends(UNTIL), Some(instant("2026-12-31T00:00:00Z")));
    assert_eq!(ends("2026-12-31T00:00:00Z"), None);
}

#[test]
fn whoever_has_left_or_was_terminated_is_given_nothing() {
    let (who, book) = (
        person(Some("2026-05-31")),
        book(vec![grant("audit", UNTIL)]),
    );
    let before = wanted(&who, &book, "2026-05-30T12:00:00Z", None);
    assert!(before.contains_key(&membership()));
    let after = wanted(&who, &book, "2026-06-01T12:00:00Z", None);
    assert!(!after.contains_key(&membership()), "and so it is revoked");
    let out = wanted(&who, &book, "2026-05-30T12:00:00Z", Some("legal"));
    for desired in [after, out] {
        assert!(matches!(
            desired[&address()].wanted,
            Wanted::IfPresent { active: false, .. }
        ));
    }
}

#[test]
fn an_owner_is_due_when_somebody_has_to_look_and_not_when_a_grant_ends_by_itself() {
    let mut book = book(vec![grant("audit", UNTIL)]);
    let boss = [named("hr", "boss")];
    let ends = |book: &RuleBook| book.beside.next_end(&boss, instant("2026-01-01T00:00:00Z"));
    assert_eq!(ends(&book), None);
    let duties = book.beside.duties.get_mut(&boss[0]).unwrap();
    duties.push(Duty {
        of: "service/backup".to_owned(),
        until: instant(UNTIL),
        asks: true,
    });
    assert_eq!(ends(&book), Some(instant(UNTIL)));
}

#[test]
fn nobody_answers_for_what_an_owner_owned_who_has_left_and_what_is_over_needs_nobody() {
    let book = book(vec![grant("audit", UNTIL)]);
    let mut boss = person(Some("2026-05-31"));
    boss.names = vec![named("hr", "boss")];
    let unanswered = |terminated_by: Option<&str>, now| {
        let at = instant(now);
        let terminated = terminated_by.map(|by| Terminated { by, at });
        let worker = Worker::new(subject(), &boss, terminated);
        let duties = book.beside.unanswered(worker, instant(now));
        duties.iter().map(|d| d.of.clone()).collect::<Vec<_>>()
    };
    assert!(unanswered(None, "2026-05-30T12:00:00Z").is_empty());
    assert_eq!(
        unanswered(Some("legal"), "2026-05-30T12:00:00Z"),
        ["grant/audit"]
    );
    assert_eq!(unanswered(None, "2026-06-01T12:00:00Z"), ["grant/audit"]);
    assert!(unanswered(None, UNTIL).is_empty());
}
