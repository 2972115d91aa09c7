#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use model::facts::Leave;
use model::time::Date;
use model::{Change, DeliveryId, Digest, Value};
use proptest::prelude::*;

use super::*;
use crate::fixtures::{facts, instant};

fn now() -> Timestamp {
    instant("2026-11-23T08:30:00Z")
}

fn day(text: &str) -> Option<model::time::DateTime> {
    Some(text.parse::<Date>().unwrap().at(0, 0, 0, 0))
}

fn engagement(id: u128, source: &str, attributes: &[(&str, &str)]) -> Engagement {
    Engagement {
        id: EngagementId::from_bits(id),
        source: source.to_owned(),
        key: format!("k{id}"),
        facts: Arc::new(facts(attributes)),
        digest: Digest::default(),
        withdrawn: false,
        delivery: DeliveryId::from_bits(1),
        change: Change::Joiner,
    }
}

fn ended(mut engagement: Engagement) -> Engagement {
    Arc::make_mut(&mut engagement.facts).ends = day("2026-11-01");
    engagement
}

fn upcoming(mut engagement: Engagement) -> Engagement {
    Arc::make_mut(&mut engagement.facts).starts = day("2026-12-01");
    engagement
}

fn missing(mut engagement: Engagement) -> Engagement {
    engagement.withdrawn = true;
    engagement
}

fn sources() -> Sources {
    let rank = |order, engages, attributes: &[(&str, u32)]| SourceRank {
        order,
        engages,
        attributes: attributes
            .iter()
            .map(|(k, v)| ((*k).to_owned(), *v))
            .collect(),
        by_hand: BTreeMap::new(),
    };
    Sources::from([
        ("hr".to_owned(), rank(10, true, &[])),
        ("contractors".to_owned(), rank(20, true, &[])),
        (
            "phones".to_owned(),
            rank(50, false, &[("phone", 1), ("department", 90)]),
        ),
    ])
}

fn of(engagements: &[Engagement]) -> Identity {
    identity(engagements, &sources(), now()).unwrap()
}

#[test]
fn one_engagement_is_the_person_as_they_were_told() {
    let only = engagement(1, "hr", &[("department", "Sales")]);
    for one in [
        only.clone(),
        ended(only.clone()),
        upcoming(only.clone()),
        missing(only.clone()),
    ] {
        let found = of(std::slice::from_ref(&one));
        assert_eq!(found.facts, one.facts);
        assert_eq!(found.withdrawn, one.withdrawn);
        assert_eq!(found.jobs, []);
    }
    assert_eq!(identity(&[], &sources(), now()), None);
}

#[test]
fn who_is_engaged_anywhere_has_not_left() {
    let contract = engagement(1, "contractors", &[("department", "IT")]);
    let job = engagement(2, "hr", &[("department", "Sales")]);
    let standing = |all: &[Engagement]| of(all).facts.standing(now()).unwrap();

    let found = of(&[ended(contract.clone()), job.clone()]);
    assert_eq!(found.key, "k2", "contractor, now employee");
    let found = of(&[missing(contract.clone()), job.clone()]);
    assert!(!found.withdrawn, "one of two is missing");
    assert_eq!(
        standing(&[ended(contract.clone()), ended(job.clone())]),
        Standing::Ended
    );
    assert_eq!(
        standing(&[ended(contract.clone()), upcoming(job.clone())]),
        Standing::Ended,
        "between two jobs they have left"
    );
    let found = of(&[missing(contract.clone()), ended(job.clone())]);
    assert!(found.withdrawn, "whether they left is only implied");
    let found = of(&[missing(upcoming(contract)), upcoming(job)]);
    assert_eq!((found.key.as_str(), found.withdrawn), ("k2", false));
}

#[test]
fn the_source_that_counts_more_is_the_main_one_and_each_job_counts() {
    let contract = engagement(1, "contractors", &[("department", "IT"), ("site", "Ulm")]);
    let job = engagement(2, "hr", &[("department", "Sales")]);
    let both = [contract, job];
    let found = of(&both);
    let from = provenance(&both, &sources(), now());
    assert_eq!((found.source.as_str(), found.key.as_str()), ("hr", "k2"));
    assert_eq!(found.facts.text("department"), Some("Sales"));
    assert_eq!(found.facts.text("site"), Some("Ulm"), "nobody else says");
    assert_eq!(from["site"].source, "contractors");
    let jobs: Vec<_> = found
        .jobs
        .iter()
        .map(|j| {
            (
                j.key.as_str(),
                j.facts.text("department"),
                j.facts.text("site"),
            )
        })
        .collect();
    assert_eq!(
        jobs,
        [("k2", Some("Sales"), None), ("k1", Some("IT"), Some("Ulm"))],
        "no job has what only another one has"
    );
}

#[test]
fn a_source_that_engages_nobody_adds_and_takes_nobody_away() {
    let job = engagement(2, "hr", &[("department", "Sales"), ("phone", "1")]);
    let entry = engagement(3, "phones", &[("department", "?"), ("phone", "2")]);
    let both = [job.clone(), entry.clone()];
    let found = of(&both);
    let from = provenance(&both, &sources(), now());
    assert_eq!(found.facts.text("department"), Some("Sales"));
    assert_eq!(
        found.facts.text("phone"),
        Some("2"),
        "it counts most for it"
    );
    assert_eq!(from["phone"].key, "k3");
    assert_eq!(found.jobs, [], "one job");

    let found = of(&[ended(job.clone()), entry.clone()]);
    assert_eq!(found.facts.standing(now()), Ok(Standing::Ended));
    let found = of(&[job, missing(entry)]);
    assert_eq!(found.facts.text("phone"), Some("1"));
    assert!(!found.withdrawn);
}

#[test]
fn a_zone_that_nobody_knows_is_told_and_not_passed_over() {
    let mut odd = ended(engagement(1, "contractors", &[]));
    Arc::make_mut(&mut odd.facts).zone = "Mars/Olympus".to_owned();
    let found = of(&[engagement(2, "hr", &[]), odd]);
    assert!(found.facts.standing(now()).is_err());
}

fn any_engagement() -> impl Strategy<Value = Engagement> {
    let source = prop::sample::select(vec!["hr", "contractors", "phones", "gone"]);
    let value = prop::sample::select(vec!["a", "b", "c"]);
    (1..9u128, source, value, 0..4u8).prop_map(|(id, source, value, how)| {
        let engagement = engagement(id, source, &[("department", value), ("phone", value)]);
        match how {
            0 => ended(engagement),
            1 => upcoming(engagement),
            2 => missing(engagement),
            _ => engagement,
        }
    })
}

#[test]
fn whoever_is_at_work_in_one_of_two_engagements_is_at_work() {
    let leave = Leave {
        from: day("2026-11-01").unwrap(),
        to: day("2027-02-01"),
    };
    let away = |mut e: Engagement| {
        Arc::make_mut(&mut e.facts).leave = Some(leave);
        e
    };
    let one = || engagement(1, "hr", &[("title", "CEO")]);
    let other = || engagement(2, "contractors", &[]);
    let standing = |all: &[Engagement]| {
        let found = identity(all, &sources(), now()).unwrap();
        (found.facts.standing(now()).unwrap(), found.jobs.len())
    };
    assert_eq!(standing(&[away(one())]), (Standing::OnLeave, 0));
    assert_eq!(standing(&[away(one()), other()]), (Standing::Active, 2));
    assert_eq!(standing(&[one(), away(other())]), (Standing::Active, 2));
    assert_eq!(
        standing(&[away(one()), away(other())]),
        (Standing::OnLeave, 2)
    );
    // What is announced is not forgotten over another engagement.
    let mut soon = one();
    Arc::make_mut(&mut soon.facts).leave = Some(Leave {
        from: day("2026-12-24").unwrap(),
        ..leave
    });
    let found = identity(&[soon, other()], &sources(), now()).unwrap();
    assert_eq!(found.facts.leave.map(|l| l.from), day("2026-12-24"));
}

proptest! {
    /// The order in which engagements are told does not matter.
    #[test]
    fn law_identity_is_order_free(
        mut all in prop::collection::vec(any_engagement(), 1..6),
        seed in any::<u64>(),
    ) {
        all.sort_by_key(|e| e.id);
        all.dedup_by_key(|e| e.id);
        let before = identity(&all, &sources(), now());
        let n = all.len();
        all.rotate_left(usize::try_from(seed % n as u64).unwrap());
        all.reverse();
        prop_assert_eq!(identity(&all, &sources(), now()), before);
    }

    /// Every value comes from where it is said to come from.
    #[test]
    fn law_every_value_has_its_source(all in prop::collection::vec(any_engagement(), 1..6)) {
        let mut all = all;
        all.sort_by_key(|e| e.id);
        all.dedup_by_key(|e| e.id);
        let found = of(&all);
        let origins = provenance(&all, &sources(), now());
        for (name, value) in &found.facts.attributes {
            let from = &origins[name];
            let told = all.iter().find(|e| e.key == from.key && e.source == from.source);
            let told: Option<&Value> = told.and_then(|e| e.facts.attributes.get(name));
            prop_assert_eq!(told, Some(value));
        }
    }
}

#[test]
fn whoever_is_listed_under_any_name_is_listed_in_every_job_and_nobody_else_is() {
    let mut sources = sources();
    let rank = sources.get_mut("contractors").unwrap();
    let listed = |groups: &[&str]| groups.iter().map(|g| (*g).to_owned()).collect();
    rank.by_hand = BTreeMap::from([
        ("k2".to_owned(), listed(&["on-call", "auditors"])),
        ("k3".to_owned(), listed(&["others"])),
    ]);
    let jobs = [
        engagement(1, "hr", &[("department", "Sales")]),
        engagement(2, "contractors", &[]),
    ];
    let found = identity(&jobs, &sources, now()).unwrap();
    let groups = Value::List(vec!["auditors".to_owned(), "on-call".to_owned()]);
    let of_jobs = found.jobs.iter().map(|job| &job.facts);
    for facts in of_jobs.chain([&found.facts]) {
        assert_eq!(facts.attributes.get(BY_HAND), Some(&groups));
    }
    assert_eq!(found.jobs.len(), 2);
    // The same key in another source is somebody else.
    let other = [engagement(2, "hr", &[])];
    let found = identity(&other, &sources, now()).unwrap();
    assert_eq!(found.facts.attributes.get(BY_HAND), None);
}
