#![allow(clippy::unwrap_used)]
use model::event::{PlanDrafted, StepChanged};
use model::plan::{About, StepRef};
use model::{Actor, Address, Change, Digest, Personal, SubjectId};

use super::*;
use crate::digest::Awaited;

fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from_secs(seconds))
}

fn app(name: &str) -> TargetName {
    TargetName::from(name)
}

fn who() -> SubjectId {
    SubjectId::from_bits(7)
}

/// Records in the order of time, as they are read: the newest first.
fn records(events: Vec<(u64, Event)>) -> Vec<LogRecord> {
    let record = |(n, (seconds, event)): (usize, (u64, Event))| LogRecord {
        seq: n as u64 + 1,
        at: at(seconds),
        actor: Actor::system(),
        event,
        hash: Digest::default(),
    };
    let mut all: Vec<_> = events.into_iter().enumerate().map(record).collect();
    all.reverse();
    all
}

fn drafted(plan: u128, steps: &[(&str, &str)]) -> Event {
    let step = |(no, (target, verb)): (usize, &(&str, &str))| StepHead {
        no: u16::try_from(no).unwrap(),
        address: Address::account(&app(target), who()),
        verb: (*verb).to_owned(),
        after: Vec::new(),
    };
    Event::PlanDrafted(PlanDrafted {
        plan: PlanId::from_bits(plan),
        wave: WaveId::from_bits(plan * 10),
        about: About::Subject(who()),
        change: Change::Leaver,
        steps: steps.iter().enumerate().map(step).collect(),
        personal: Personal::Erased,
    })
}

fn changed(plan: u128, no: u16, target: &str, status: StepStatus) -> Event {
    Event::StepChanged(StepChanged {
        step: StepRef {
            plan: PlanId::from_bits(plan),
            no,
        },
        address: Address::account(&app(target), who()),
        status,
        attempt: 1,
        looks: 0,
        not_before: None,
        fence: 1,
        outcome: None,
        detail: String::new(),
    })
}

fn apps(names: &[&str]) -> BTreeSet<TargetName> {
    names.iter().map(|name| app(name)).collect()
}

#[test]
fn each_app_has_the_times_of_its_own_step_and_the_last_attempt_counts() {
    use StepStatus::{Pending, Sent, Verified};
    let records = records(vec![
        (90, drafted(1, &[("chat", "update")])),
        (91, changed(1, 0, "chat", Sent)),
        (101, drafted(2, &[("chat", "disable"), ("code", "delete")])),
        (102, changed(2, 0, "chat", Sent)),
        (103, changed(2, 0, "chat", Pending)),
        (104, changed(2, 1, "code", Sent)),
        (105, changed(2, 1, "code", Verified)),
        (110, changed(2, 0, "chat", Sent)),
        (111, changed(2, 0, "chat", Verified)),
    ]);
    let traced = trace(&records, at(100), &apps(&["chat", "hall"]), &[]);
    let told: Vec<_> = traced
        .endings
        .iter()
        .map(|e| (e.app.as_str(), e.state, e.sent, e.verified))
        .collect();
    assert_eq!(
        told,
        [
            ("chat", EndState::Disabled, Some(at(110)), Some(at(111))),
            ("code", EndState::Deleted, Some(at(104)), Some(at(105))),
            ("hall", EndState::Already, None, None),
        ]
    );
    let plan = Some((PlanId::from_bits(2), WaveId::from_bits(20)));
    assert_eq!(traced.plan, plan);
}

#[test]
fn a_deletion_after_the_retention_leaves_the_times_and_the_plan_that_ended_the_access() {
    use StepStatus::{Sent, Verified};
    let records = records(vec![
        (101, drafted(1, &[("chat", "disable")])),
        (102, changed(1, 0, "chat", Sent)),
        (130, changed(1, 0, "chat", Verified)),
        (2_592_100, drafted(2, &[("chat", "delete")])),
        (2_592_101, changed(2, 0, "chat", Sent)),
        (2_592_102, changed(2, 0, "chat", Verified)),
    ]);
    let traced = trace(&records, at(100), &apps(&["chat"]), &[]);
    let ending = &traced.endings[0];
    assert_eq!(ending.state, EndState::Deleted);
    assert_eq!(ending.sent, Some(at(102)));
    assert_eq!(ending.verified, Some(at(130)));
    let plan = Some((PlanId::from_bits(1), WaveId::from_bits(10)));
    assert_eq!(traced.plan, plan);
}

#[test]
fn what_may_be_used_is_exposed_whatever_was_read_back_before() {
    use StepStatus::{Sent, Verified};
    let records = records(vec![
        (101, drafted(1, &[("chat", "disable")])),
        (102, changed(1, 0, "chat", Sent)),
        (103, changed(1, 0, "chat", Verified)),
    ]);
    let traced = trace(&records, at(100), &apps(&["chat"]), &[app("chat")]);
    assert_eq!(traced.endings[0].state, EndState::Exposed);
    assert_eq!(traced.endings[0].sent, Some(at(102)));
    assert_eq!(traced.endings[0].verified, None);
}

#[test]
fn a_plan_that_nobody_released_is_the_decision_and_one_that_acted_goes_before_it() {
    let waiting = records(vec![(101, drafted(1, &[("chat", "disable")]))]);
    let traced = trace(&waiting, at(100), &apps(&["chat"]), &[app("chat")]);
    assert_eq!(
        traced.plan.map(|(plan, _)| plan),
        Some(PlanId::from_bits(1))
    );
    let acted = records(vec![
        (101, drafted(1, &[("chat", "disable")])),
        (102, changed(1, 0, "chat", StepStatus::Sent)),
        (103, drafted(2, &[("chat", "delete")])),
    ]);
    let traced = trace(&acted, at(100), &apps(&["chat"]), &[]);
    assert_eq!(
        traced.plan.map(|(plan, _)| plan),
        Some(PlanId::from_bits(1))
    );
    // What was done before the clock began decided something else.
    let before = records(vec![
        (90, drafted(1, &[("chat", "disable")])),
        (91, changed(1, 0, "chat", StepStatus::Verified)),
    ]);
    let traced = trace(&before, at(100), &apps(&["chat"]), &[]);
    assert_eq!(
        (traced.plan, traced.endings[0].state),
        (None, EndState::Already)
    );
}

#[test]
fn records_are_read_back_to_the_plan_of_every_step() {
    let sent = |plan| changed(plan, 0, "chat", StepStatus::Sent);
    let whole = records(vec![
        (90, drafted(1, &[("chat", "disable")])),
        (101, sent(1)),
    ]);
    assert!(is_whole(&whole, at(100)));
    let without = records(vec![(90, sent(3)), (101, sent(1))]);
    assert!(!is_whole(&without, at(100)), "its plan is not there");
    let short = records(vec![
        (101, drafted(1, &[("chat", "disable")])),
        (102, sent(1)),
    ]);
    assert!(!is_whole(&short, at(100)), "there may be more since");
}

fn leaver(took: Option<u64>) -> LeaverRecord {
    LeaverRecord {
        awaited: Awaited::Leaver,
        subject: who(),
        name: String::new(),
        key: String::new(),
        at: at(100),
        zone: "UTC".to_owned(),
        start: at(100),
        due: at(200),
        decision: None,
        accounts: Vec::new(),
        done_at: took.map(|took| at(100 + took)),
        why: String::new(),
    }
}

#[test]
fn figures_are_somebodys_and_whoever_is_exposed_is_in_none() {
    let mut leavers: Vec<_> = (1..=100).map(|n| leaver(Some(n))).collect();
    leavers.push(leaver(None));
    let of = times(&leavers).unwrap();
    let seconds = [of.p50, of.p95, of.p99, of.longest].map(|d| d.as_secs());
    assert_eq!((of.done, seconds), (100, [50, 95, 99, 100]));
    let one = times(&[leaver(Some(3))]).unwrap();
    assert_eq!((one.p50, one.p99), (one.longest, one.longest));
    assert_eq!(times(&[leaver(None)]), None);
}

#[test]
fn somebodys_word_ends_an_access_and_is_told_apart_from_what_was_read_back() {
    use StepStatus::{Confirmed, Handed, Sent, Verified};
    let mut told = vec![
        (101, drafted(1, &[("plant", "disable")])),
        (102, changed(1, 0, "plant", Sent)),
        (103, changed(1, 0, "plant", Handed)),
    ];
    let open = trace(
        &records(told.clone()),
        at(100),
        &apps(&["plant"]),
        &apps(&["plant"]).into_iter().collect::<Vec<_>>(),
    );
    assert_eq!(open.endings[0].state, EndState::Exposed);
    assert_eq!(open.endings[0].ended(), None);
    told.push((150, changed(1, 0, "plant", Confirmed)));
    let said = trace(&records(told.clone()), at(100), &apps(&["plant"]), &[]);
    let ending = &said.endings[0];
    assert_eq!((ending.confirmed, ending.verified), (Some(at(150)), None));
    told.push((900, changed(1, 0, "plant", Verified)));
    let shown = trace(&records(told), at(100), &apps(&["plant"]), &[]);
    let ending = &shown.endings[0];
    assert_eq!(
        (ending.confirmed, ending.verified),
        (Some(at(150)), Some(at(900)))
    );
    assert_eq!(
        ending.ended(),
        Some(at(150)),
        "what was seen later was so before"
    );
}
