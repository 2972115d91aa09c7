#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;

use model::facts::Standing;
use model::{Personal, SubjectId};

use super::*;

fn at(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}

/// Learnt on this day: the team, the first and the last day.
fn told(learnt: &str, team: &str, starts: &str, ends: &str) -> Saying {
    let day = |text: &str| (!text.is_empty()).then(|| format!("{text}T00:00:00").parse().unwrap());
    let facts = Facts {
        attributes: BTreeMap::from([("team".to_owned(), team.into())]),
        starts: day(starts),
        ends: day(ends),
        zone: "UTC".to_owned(),
        leave: None,
    };
    let key = "w1".to_owned();
    let event = FactsAccepted {
        subject: SubjectId::from_bits(1),
        engagement: EngagementId::only_of(SubjectId::from_bits(1)),
        source: "hr".to_owned(),
        delivery: DeliveryId::from_bits(1),
        change: Change::Mover,
        next_change: None,
        digest: Digest::default(),
        personal: Personal::Known(WorkerFacts { key, facts }),
    };
    Saying::facts(at(learnt), &event).unwrap()
}

fn gone(learnt: &str) -> Saying {
    let event = FactsWithdrawn {
        subject: SubjectId::from_bits(1),
        engagement: EngagementId::only_of(SubjectId::from_bits(1)),
        source: "hr".to_owned(),
        delivery: DeliveryId::from_bits(2),
    };
    Saying::withdrawn(at(learnt), &event)
}

/// Team, standing and whether withdrawn, as of a day and as known on one.
fn then(sayings: &[Saying], as_of: &str, known_at: &str) -> Option<(String, Standing, bool)> {
    let (as_of, known_at) = (at(as_of), at(known_at));
    let known = sayings.iter().filter(|s| s.at <= known_at).cloned();
    let sayings = Sayings(known.collect());
    let id = EngagementId::only_of(SubjectId::from_bits(1));
    let found = sayings.at(id, as_of, as_of.min(known_at))?;
    let team = found.facts.text("team").unwrap_or_default().to_owned();
    Some((team, found.facts.standing(as_of).unwrap(), found.withdrawn))
}

fn expected(team: &str, standing: Standing) -> Option<(String, Standing, bool)> {
    Some((team.to_owned(), standing, false))
}

#[test]
fn a_backdated_last_day_counts_before_it_was_told_and_only_for_who_knew_it() {
    let sayings = [
        told("2026-01-10", "Sales", "2026-01-05", ""),
        // Told in October: the last day was in September.
        told("2026-10-20", "Sales", "2026-01-05", "2026-09-30"),
    ];
    let on = |day, known| then(&sayings, day, known);
    assert_eq!(
        on("2026-10-01", "2026-11-01"),
        expected("Sales", Standing::Ended)
    );
    assert_eq!(
        on("2026-10-01", "2026-10-01"),
        expected("Sales", Standing::Active)
    );
    assert_eq!(
        on("2026-09-01", "2026-11-01"),
        expected("Sales", Standing::Active)
    );
    assert_eq!(
        on("2026-01-01", "2026-11-01"),
        expected("Sales", Standing::Upcoming)
    );
    assert_eq!(
        on("2026-01-01", "2026-01-09"),
        None,
        "nobody had heard of them"
    );
}

#[test]
fn an_attribute_counts_from_when_it_was_learnt() {
    let sayings = [
        told("2026-01-10", "Sales", "", ""),
        told("2026-06-01", "Legal", "", ""),
        told("2026-09-01", "Legal", "", "2026-12-31"),
    ];
    let on = |day, known| then(&sayings, day, known);
    assert_eq!(
        on("2026-05-31", "2026-11-01"),
        expected("Sales", Standing::Active)
    );
    assert_eq!(
        on("2026-06-01", "2026-11-01"),
        expected("Legal", Standing::Active)
    );
    // Before anyone had heard of them: what was heard first.
    assert_eq!(
        on("2025-01-01", "2026-11-01"),
        expected("Sales", Standing::Active)
    );
    // Ahead: what is known now, at the day that was announced.
    assert_eq!(
        on("2027-01-01", "2026-11-01"),
        expected("Legal", Standing::Ended)
    );
    assert_eq!(
        on("2027-01-01", "2026-08-01"),
        expected("Legal", Standing::Active)
    );
}

#[test]
fn whoever_comes_back_under_the_same_key_worked_before() {
    let sayings = [
        told("2025-01-10", "Sales", "2025-01-05", ""),
        told("2025-11-01", "Sales", "2025-01-05", "2025-12-31"),
        told("2026-05-01", "Legal", "2026-06-01", ""),
    ];
    let on = |day| then(&sayings, day, "2026-11-01");
    assert_eq!(on("2025-06-01"), expected("Sales", Standing::Active));
    assert_eq!(on("2026-02-01"), expected("Sales", Standing::Ended));
    // Told of ahead: as it was shown that day.
    assert_eq!(on("2026-05-15"), expected("Legal", Standing::Upcoming));
    assert_eq!(on("2026-06-01"), expected("Legal", Standing::Active));
    // A first day that was only corrected takes back that they worked before.
    let corrected = [
        told("2025-01-10", "Sales", "2025-01-05", ""),
        told("2025-01-12", "Sales", "2025-03-01", ""),
    ];
    let on = |known| then(&corrected, "2025-02-01", known);
    assert_eq!(on("2025-01-11"), expected("Sales", Standing::Active));
    assert_eq!(on("2026-01-01"), expected("Sales", Standing::Upcoming));
}

#[test]
fn a_missing_row_counts_from_when_it_was_missed() {
    let sayings = [
        told("2026-01-10", "Sales", "", ""),
        gone("2026-03-01"),
        told("2026-04-01", "Sales", "", ""),
    ];
    let withdrawn = |day| then(&sayings, day, "2026-11-01").unwrap().2;
    assert!(!withdrawn("2026-02-28"));
    assert!(withdrawn("2026-03-01"));
    assert!(!withdrawn("2026-04-01"));
    let still = &sayings[..2];
    assert!(
        then(still, "2027-01-01", "2026-11-01").unwrap().2,
        "and ahead"
    );
}

/// HR writes the first day of the job, not of the company, and tells it late.
#[test]
fn a_new_job_that_is_told_late_counts_from_its_first_day_and_the_one_before_until_then() {
    let sayings = [
        told("2025-03-10", "Code", "2020-01-01", ""),
        told("2026-01-12", "Sales", "2026-01-01", ""),
    ];
    let on = |day, known| then(&sayings, day, known);
    assert_eq!(
        on("2025-12-31", "2026-11-01"),
        expected("Code", Standing::Active)
    );
    assert_eq!(
        on("2026-01-05", "2026-11-01"),
        expected("Sales", Standing::Active)
    );
    assert_eq!(
        on("2026-01-05", "2026-01-05"),
        expected("Code", Standing::Active)
    );
    assert_eq!(
        on("2019-12-31", "2026-11-01"),
        expected("Code", Standing::Upcoming)
    );
    let moved = |day| Sayings(sayings.to_vec()).first_day_moved(at(day));
    assert!(moved("2025-12-31") && !moved("2026-01-05"));
    // Nobody had told that they were at work: the day was put off.
    let put_off = [
        told("2026-02-01", "Sales", "2026-03-01", ""),
        told("2026-03-05", "Sales", "2026-03-04", ""),
    ];
    assert_eq!(
        then(&put_off, "2026-03-02", "2026-11-01"),
        expected("Sales", Standing::Upcoming)
    );
}
