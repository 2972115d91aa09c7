#![allow(clippy::unwrap_used)]
//! What was expected, and how it stands.

use std::sync::Arc;
use std::time::Duration;

use lifecycle::identity::{Sources, identity};
use model::facts::Leave;
use model::plan::{About, PlanStatus, StepStatus};
use model::time::DateTime;
use model::{
    Address, Change, DeliveryId, Digest as Hash, Engagement, EngagementId, Facts, Personal, PlanId,
    SubjectId, TargetName, Timestamp, WaveId,
};
use ports::store::{Person, PlanRow, StepRow, Termination, WaveStatus};

use super::expected::{Attempt, Case, Stand, expectation, judge};
use super::report::Awaited;
use crate::Known;

const NOW: &str = "2026-03-04T07:30:00Z";

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn who() -> SubjectId {
    SubjectId::from_bits(7)
}

/// Somebody in Melbourne (11 hours before Greenwich) of whom this was the last news.
fn known(starts: &str, ends: Option<&str>, news: Change) -> Known {
    let civil = |text: &str| -> DateTime { text.parse().unwrap() };
    let id = EngagementId::only_of(who());
    let engagement = Engagement {
        id,
        source: "hr".to_owned(),
        key: "w7".to_owned(),
        facts: Arc::new(Facts {
            attributes: std::collections::BTreeMap::new(),
            starts: Some(civil(starts)),
            ends: ends.map(civil),
            zone: "Australia/Melbourne".to_owned(),
            leave: None,
        }),
        digest: Hash::default(),
        withdrawn: news == Change::MissingRow,
        delivery: DeliveryId::from_bits(1),
        change: news,
    };
    of(vec![engagement])
}

fn of(engagements: Vec<Engagement>) -> Known {
    let identity = identity(&engagements, &Sources::new(), instant(NOW)).unwrap();
    let person = Person {
        subject: who(),
        news: engagements[0].id,
        engagements,
        next_change: None,
        termination: None,
        tasks: Vec::new(),
    };
    Known { person, identity }
}

/// What is expected of somebody: kind, instant, and when the clock began.
fn expected(known: &Known, told: Option<&str>) -> Option<(Awaited, String, String)> {
    let found = expectation(known, told.map(instant), instant(NOW))?;
    Some((found.awaited, found.at.to_string(), found.start.to_string()))
}

fn some(awaited: Awaited, at: &str, start: &str) -> Option<(Awaited, String, String)> {
    Some((awaited, at.to_owned(), start.to_owned()))
}

#[test]
fn a_last_day_counts_from_the_workers_own_clock_or_from_when_we_were_told() {
    let ends = Some("2026-03-03T17:00:00");
    let announced = known("2020-01-01T00:00:00", ends, Change::Mover);
    let at = "2026-03-03T06:00:00Z";
    let leaver = |start| some(Awaited::Leaver, at, start);
    assert_eq!(
        expected(&announced, Some("2026-02-01T00:00:00Z")),
        leaver(at)
    );
    // A correction of something else, after the last day, begins no new clock.
    assert_eq!(
        expected(&announced, Some("2026-03-04T01:00:00Z")),
        leaver(at)
    );
    let told = "2026-03-04T02:00:00Z";
    let backdated = known("2020-01-01T00:00:00", ends, Change::Leaver);
    assert_eq!(expected(&backdated, Some(told)), leaver(told));
    let coming = known(
        "2020-01-01T00:00:00",
        Some("2026-03-04T18:31:00"),
        Change::Mover,
    );
    let found = expected(&coming, Some("2026-02-01T00:00:00Z")).unwrap();
    assert_eq!(found.0, Awaited::Mover, "still at work for a minute");
}

#[test]
fn a_first_day_counts_from_the_workers_own_clock_or_from_when_we_were_told() {
    let at = "2026-03-03T13:00:00Z";
    let joiner = known("2026-03-04T00:00:00", None, Change::Joiner);
    let told = "2026-03-04T05:00:00Z";
    let first = |start| some(Awaited::Joiner, at, start);
    assert_eq!(expected(&joiner, Some("2026-02-01T00:00:00Z")), first(at));
    assert_eq!(expected(&joiner, Some(told)), first(told));
    let coming = known("2026-03-05T00:00:00", None, Change::Joiner);
    assert_eq!(
        expected(&coming, Some(told)),
        None,
        "nothing is expected yet"
    );
}

#[test]
fn a_move_a_missing_row_and_a_termination_count_from_their_word() {
    let told = "2026-03-04T02:00:00Z";
    let moved = known("2020-01-01T00:00:00", None, Change::Mover);
    assert_eq!(
        expected(&moved, Some(told)),
        some(Awaited::Mover, told, told)
    );
    let missing = known("2020-01-01T00:00:00", None, Change::MissingRow);
    assert_eq!(
        expected(&missing, Some(told)),
        some(Awaited::MissingRow, told, told)
    );
    let mut out = moved;
    let at = "2026-03-04T06:59:00Z";
    out.person.termination = Some(Termination {
        by: "bo".to_owned(),
        at: instant(at),
        reason: "badge".to_owned(),
    });
    assert_eq!(
        expected(&out, Some(told)),
        some(Awaited::Termination, at, at)
    );
}

#[test]
fn a_leave_that_began_is_a_move_at_its_instant() {
    let mut away = known("2020-01-01T00:00:00", None, Change::Mover)
        .person
        .engagements;
    let facts = Facts {
        leave: Some(Leave {
            from: "2026-03-04T00:00:00".parse().unwrap(),
            to: Some("2026-04-01T00:00:00".parse().unwrap()),
        }),
        ..(*away[0].facts).clone()
    };
    away[0].facts = Arc::new(facts);
    let at = "2026-03-03T13:00:00Z";
    let found = expected(&of(away), Some("2026-02-01T00:00:00Z"));
    assert_eq!(found, some(Awaited::Mover, at, at));
}

/// A plan of a wave that was proposed at this instant, with one step that was read back then.
fn attempt(status: PlanStatus, verb: &str, at: &str, verified: Option<&str>) -> Attempt {
    let wave = match status {
        PlanStatus::Waiting => WaveStatus::Held,
        PlanStatus::Released => WaveStatus::Running,
        _ => WaveStatus::Closed,
    };
    let step = StepRow {
        no: 0,
        address: Address::account(&TargetName::from("chat"), who()),
        verb: verb.to_owned(),
        after: Vec::new(),
        status: match (verified, status) {
            (Some(_), _) => StepStatus::Verified,
            (None, PlanStatus::Failed) => StepStatus::Failed,
            (None, _) => StepStatus::Pending,
        },
        last: None,
        at: verified.map(instant),
    };
    Attempt {
        row: PlanRow {
            id: PlanId::from_bits(1),
            drafted: 1,
            wave: WaveId::from_bits(1),
            about: About::Subject(who()),
            change: Change::Leaver,
            status,
            detail: String::new(),
            head: None,
            plan: Personal::Erased,
            steps: vec![step],
        },
        at: instant(at),
        begun: instant(at),
        wave,
        by: Some("bo".to_owned()),
    }
}

type Shut<'t> = Option<(&'t str, bool)>;

fn judged(known: &Known, told: &str, attempts: &[Attempt], exposed: bool, undone: bool) -> Stand {
    judged_when(known, told, attempts, (exposed, undone), None)
}

fn judged_when(
    known: &Known,
    told: &str,
    attempts: &[Attempt],
    (exposed, undone): (bool, bool),
    ended: Shut<'_>,
) -> Stand {
    let ended = ended.map(|(at, at_most)| (instant(at), at_most));
    let expected = expectation(known, Some(instant(told)), instant(NOW)).unwrap();
    let apps = [TargetName::from("chat")];
    let case = Case {
        attempts,
        exposed: if exposed { &apps } else { &[] },
        ended,
        undone: undone.then_some("no plan followed"),
    };
    judge(&expected, case)
}

#[test]
fn the_reason_of_an_exposed_account_is_that_of_a_plan_about_it() {
    let leaver = known(
        "2020-01-01T00:00:00",
        Some("2026-03-03T17:00:00"),
        Change::Mover,
    );
    let expected = expectation(&leaver, None, instant(NOW)).unwrap();
    let why = |attempts: &[Attempt], exposed: &[&str]| {
        let exposed: Vec<TargetName> = exposed.iter().map(|app| TargetName::from(*app)).collect();
        let case = Case {
            attempts,
            exposed: &exposed,
            ended: None,
            undone: None,
        };
        match judge(&expected, case) {
            Stand::Open { why, wave } => (why, wave),
            stand => (format!("{stand:?}"), None),
        }
    };
    let at = |app: &str, mut attempt: Attempt, wave| {
        attempt.row.steps[0].address = Address::account(&TargetName::from(app), who());
        attempt.row.wave = WaveId::from_bits(wave);
        attempt
    };
    let held = attempt(PlanStatus::Waiting, "disable", "2026-03-03T06:00:00Z", None);
    let newer = attempt(PlanStatus::Refused, "disable", "2026-03-03T07:00:00Z", None);
    let drift = attempt(PlanStatus::Waiting, "update", "2026-03-03T08:00:00Z", None);
    let plans = [
        at("wiki", drift, 3),
        at("wiki", newer, 2),
        at("chat", held, 1),
    ];
    let waits = "its wave waits for a person's word";
    let wave = Some(WaveId::from_bits(1));
    assert_eq!(why(&plans, &["chat"]), (waits.to_owned(), wave));
    let refused = "bo refused its wave";
    assert_eq!(why(&plans, &["wiki"]), (refused.to_owned(), None));
    let both = format!("chat: {waits}; wiki: {refused}");
    assert_eq!(why(&plans, &["chat", "wiki"]), (both, wave));
    assert_eq!(why(&plans, &["code"]).0, "no plan would take it away");
    // One plan: the step of the account that is told of.
    let mut failed = attempt(PlanStatus::Failed, "disable", "2026-03-03T06:00:00Z", None);
    let mut other = failed.row.steps[0].clone();
    other.address = Address::account(&TargetName::from("code"), who());
    failed.row.steps.insert(0, other);
    assert_eq!(why(&[failed], &["chat"]).0, "disable in chat failed");
}

fn is_open(stand: &Stand, word: &str) -> bool {
    matches!(stand, Stand::Open { why, .. } if why.contains(word))
}

#[test]
fn a_leaver_is_done_when_no_account_of_theirs_may_be_used_and_not_before() {
    let leaver = known(
        "2020-01-01T00:00:00",
        Some("2026-03-03T17:00:00"),
        Change::Mover,
    );
    let judged = |attempts: &[Attempt], exposed, undone| {
        judged(&leaver, "2026-02-01T00:00:00Z", attempts, exposed, undone)
    };
    let shut = "2026-03-03T06:00:07Z";
    let began = "2026-03-03T06:00:00Z";
    let done = attempt(PlanStatus::Applied, "disable", began, Some(shut));
    let gone = |ended| {
        let told = "2026-02-01T00:00:00Z";
        judged_when(
            &leaver,
            told,
            std::slice::from_ref(&done),
            (false, false),
            ended,
        )
    };
    let at = |at, at_most| Stand::Done {
        at: instant(at),
        at_most,
    };
    assert_eq!(gone(Some((shut, false))), at(shut, false));
    assert_eq!(gone(Some((shut, true))), at(shut, true), "seen shut");
    // They had nothing, or were shut out before their last day.
    assert_eq!(gone(None), at(began, false));
    let before = "2026-01-01T00:00:09Z";
    assert_eq!(gone(Some((before, false))), at(began, false));
    // Whatever plans say: an account that may be used is one too many.
    assert!(is_open(
        &judged(&[done], true, false),
        "no plan would take it away"
    ));
    let of = |status| judged(&[attempt(status, "disable", began, None)], true, false);
    assert!(is_open(&of(PlanStatus::Waiting), "a person's word"));
    assert!(is_open(&of(PlanStatus::Released), "carried out"));
    assert!(is_open(&of(PlanStatus::Failed), "disable in chat failed"));
    assert!(is_open(&of(PlanStatus::Refused), "bo refused"));
    assert!(is_open(&judged(&[], true, true), "no plan followed"));
}

#[test]
fn whoever_comes_or_moves_is_done_when_their_last_plan_is_and_nothing_is_left() {
    let told = "2026-03-04T02:00:00Z";
    let mover = known("2020-01-01T00:00:00", None, Change::Mover);
    let judged = |attempts: &[Attempt], undone| judged(&mover, told, attempts, false, undone);
    let at = |at| Stand::Done {
        at: instant(at),
        at_most: false,
    };
    assert_eq!(judged(&[], false), at(told), "nothing was to be done");
    assert!(is_open(&judged(&[], true), "no plan followed"));
    let verified = "2026-03-04T02:00:09Z";
    let now = |status| attempt(status, "update", "2026-03-04T02:00:01Z", Some(verified));
    assert_eq!(judged(&[now(PlanStatus::Applied)], false), at(verified));
    assert_eq!(judged(&[now(PlanStatus::Refused)], false), Stand::Refused);
    assert!(is_open(
        &judged(&[now(PlanStatus::Failed)], true),
        "not done"
    ));
    // What failed is wanted no more.
    assert_eq!(judged(&[now(PlanStatus::Failed)], false), at(verified));
    assert!(is_open(
        &judged(&[now(PlanStatus::Stale)], true),
        "no plan followed"
    ));
    // A plan of before the news says nothing about it, unless it is still open.
    let old = |status| attempt(status, "update", "2026-03-01T00:00:00Z", None);
    assert!(is_open(
        &judged(&[old(PlanStatus::Applied)], true),
        "no plan followed"
    ));
    assert!(is_open(
        &judged(&[old(PlanStatus::Waiting)], false),
        "a person's word"
    ));
}

#[test]
fn each_kind_has_its_clock() {
    let hours = Awaited::ALL.map(|awaited| awaited.clock().as_secs() / 3_600);
    assert_eq!(hours, [1, 4, 24, 24, 24]);
    let leaver = known(
        "2020-01-01T00:00:00",
        Some("2026-03-03T17:00:00"),
        Change::Mover,
    );
    let expected = expectation(&leaver, None, instant(NOW)).unwrap();
    assert_eq!(
        expected.due(),
        expected.start.plus(Duration::from_secs(4 * 3_600))
    );
}
