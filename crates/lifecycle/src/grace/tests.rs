#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Change, DeliveryId, Digest};
use rules::{Schema, Type, compile_condition};

use super::*;
use crate::assign::assign;
use crate::fixtures::{address, facts, instant, subject, target};
use crate::rulebook::{AppRules, Entitlement, Mode, OnLeave};

const MOVED: &str = "2026-03-10T09:00:00Z";
const END: &str = "2026-03-24T09:00:00Z";

fn book(when: &str) -> RuleBook {
    let schema = Schema {
        attributes: BTreeMap::from([("department".to_owned(), Type::Text)]),
        ..Schema::default()
    };
    let rule = BirthrightRule {
        name: "engineers".to_owned(),
        when: compile_condition(when, &schema).unwrap(),
        grants: vec![Entitlement {
            target: target(),
            group: Some("eng".to_owned()),
        }],
        grace_days: Some(14),
    };
    let app = AppRules {
        mode: Mode::Enforce,
        matching: Vec::new(),
        attributes: BTreeMap::new(),
        clears: std::collections::BTreeSet::new(),
        unique: None,
        manager: None,
        groups: BTreeMap::new(),
        joiner: None,
        leave: OnLeave::Keep,
        delete_after_days: None,
        manual: Vec::new(),
        seats: None,
    };
    RuleBook {
        revision: 1,
        rules: vec![rule],
        apps: BTreeMap::from([(target(), app)]),
        ..RuleBook::default()
    }
}

fn engineers() -> RuleBook {
    book("person.department == 'Engineering'")
}

fn works(id: u128, department: &str) -> Engagement {
    Engagement {
        id: EngagementId::from_bits(id),
        source: "hr".to_owned(),
        key: format!("w{id}"),
        facts: Arc::new(facts(&[("department", department)])),
        digest: Digest::default(),
        withdrawn: false,
        delivery: DeliveryId::from_bits(1),
        change: Change::Joiner,
    }
}

fn ended(mut engagement: Engagement, day: &str) -> Engagement {
    Arc::make_mut(&mut engagement.facts).ends = Some(format!("{day}T00:00:00").parse().unwrap());
    engagement
}

fn withdrawn(mut engagement: Engagement) -> Engagement {
    engagement.withdrawn = true;
    engagement
}

/// What was told until each instant.
fn told(past: &[(&str, &[Engagement])]) -> History {
    let mut from = instant("2020-01-01T00:00:00Z");
    let mut history = History::default();
    for (until, engagements) in past {
        let until = instant(until);
        history.past.push(Past {
            from,
            until,
            engagements: engagements.to_vec(),
        });
        from = until;
    }
    history
}

/// When the move was and until when what it took is kept.
fn kept(
    book: &RuleBook,
    history: &History,
    engagements: &[Engagement],
    now: &str,
) -> Vec<(String, String)> {
    let now = instant(now);
    let found = graces((subject(), engagements), history, book, now, now);
    let both = |grace: &Grace<'_>| (grace.moved.to_string(), grace.until.to_string());
    found.iter().map(both).collect()
}

fn once() -> Vec<(String, String)> {
    vec![(MOVED.to_owned(), END.to_owned())]
}

#[test]
fn what_a_move_takes_is_kept_for_so_many_days_and_not_longer() {
    let (book, now) = (engineers(), [works(1, "Sales")]);
    let history = told(&[(MOVED, &[works(1, "Engineering")])]);
    assert_eq!(kept(&book, &history, &now, MOVED), once());
    assert_eq!(kept(&book, &history, &now, "2026-03-24T08:59:59Z"), once());
    assert_eq!(kept(&book, &history, &now, END), []);
    // It is found again afterwards, for the name of the cause.
    let since = instant(MOVED);
    let over = graces((subject(), &now), &history, &book, since, instant(END));
    assert_eq!(over.len(), 1);

    // More word that has nothing to do with it changes nothing, and back is back.
    let later = "2026-03-12T09:00:00Z";
    let more = told(&[
        (MOVED, &[works(1, "Engineering")]),
        (later, &[works(1, "Legal")]),
    ]);
    assert_eq!(kept(&book, &more, &now, later), once());
    assert_eq!(kept(&book, &more, &[works(1, "Engineering")], later), []);
    // The last move counts.
    let again = told(&[
        (MOVED, &[works(1, "Engineering")]),
        ("2026-03-11T09:00:00Z", &[works(1, "Sales")]),
        (later, &[works(1, "Engineering")]),
    ]);
    assert_eq!(kept(&book, &again, &now, later)[0].0, later);
}

#[test]
fn a_change_of_rules_is_no_move() {
    let history = told(&[(MOVED, &[works(1, "Engineering")])]);
    let other = book("person.department == 'Legal'");
    assert_eq!(kept(&other, &history, &[works(1, "Sales")], MOVED), []);
    // A rule that has no grace, or that has no answer now, keeps nothing.
    let mut hard = engineers();
    hard.rules[0].grace_days = None;
    assert_eq!(kept(&hard, &history, &[works(1, "Sales")], MOVED), []);
    let mut unknown = works(1, "Sales");
    Arc::make_mut(&mut unknown.facts).attributes.clear();
    assert_eq!(kept(&engineers(), &history, &[unknown], MOVED), []);
}

#[test]
fn whoever_leaves_is_terminated_or_loses_that_job_keeps_nothing() {
    let book = engineers();
    let was = works(1, "Engineering");
    let (now, later) = ([works(1, "Sales")], "2026-03-15T09:00:00Z");
    let history = told(&[(MOVED, std::slice::from_ref(&was))]);
    let left = [ended(works(1, "Sales"), "2026-03-14")];
    assert_eq!(kept(&book, &history, &left, later), []);
    assert_eq!(kept(&book, &history, &left, MOVED), once(), "until then");
    let missing = [withdrawn(works(1, "Sales"))];
    assert_eq!(kept(&book, &history, &missing, later), []);

    // Out and back in between: what they had is gone, and does not come back.
    for out in [
        ended(works(1, "Sales"), "2026-03-11"),
        withdrawn(works(1, "Sales")),
    ] {
        let history = told(&[(MOVED, std::slice::from_ref(&was)), (later, &[out])]);
        assert_eq!(kept(&book, &history, &now, later), []);
    }
    let mut history = history;
    history.terminations = vec![instant("2026-03-12T09:00:00Z")];
    assert_eq!(kept(&book, &history, &now, later), []);
    history.terminations = vec![instant("2026-03-01T09:00:00Z")];
    assert_eq!(kept(&book, &history, &now, later), once(), "long before");

    // The job for which they had it has ended, another goes on.
    let both = [works(1, "Engineering"), works(2, "Sales")];
    let history = told(&[(MOVED, &both)]);
    let one = [ended(was, "2026-03-01"), works(2, "Sales")];
    assert_eq!(kept(&book, &history, &one, later), []);
    let moved = [works(1, "Legal"), works(2, "Sales")];
    assert_eq!(kept(&book, &history, &moved, later), once());
}

#[test]
fn only_what_is_theirs_and_nothing_else_gives_is_kept() {
    let book = engineers();
    let engagements = [works(1, "Sales")];
    let now = instant(MOVED);
    let who = identity(&engagements, &book.sources, now).unwrap();
    let worker = Worker::new(subject(), &who, None);
    let history = told(&[(MOVED, &[works(1, "Engineering")])]);
    let found = graces((subject(), &engagements), &history, &book, now, now);
    let membership = Address::grant(&target(), subject(), "eng");
    let both = BTreeSet::from([address(), membership.clone()]);
    let (given, _) = assign(worker, &book, &BTreeMap::new(), now);
    assert_eq!(given, []);
    assert!(may_keep(worker, &book, &both));
    assert!(!may_keep(worker, &book, &BTreeSet::new()));

    let all = keep(worker, &found, &given, &both, now);
    let at: Vec<_> = all.iter().map(|a| &a.about).collect();
    assert_eq!(at, [&address(), &membership]);
    assert_eq!(
        all[0].because.text,
        format!("kept until {END} because of a move on {MOVED}")
    );
    assert_eq!(all[0].until, Some(instant(END)));
    assert_eq!(keep(worker, &found, &given, &BTreeSet::new(), now), []);
    // The account is given by something else: only the membership is kept.
    let other = crate::fixtures::wish(
        Rank::Birthright,
        "rule/everyone",
        Want::Present {
            active: true,
            attributes: Attributes::new(),
        },
    );
    let rest = keep(worker, &found, &[other], &both, now);
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].about, membership);
    assert_eq!(keep(worker, &found, &given, &both, instant(END)), []);
}
