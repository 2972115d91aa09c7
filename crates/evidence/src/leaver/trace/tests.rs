#![allow(clippy::unwrap_used)]
use std::time::Duration;

use model::event::{PlanDrafted, StepChanged};
use model::plan::About;
use model::{Address, Change, Personal, SubjectId};

use super::*;

fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from_secs(seconds))
}

/// Traces what was told at these seconds, record 1 first.
fn traced(events: &[(u64, Event)], start: u64) -> Traced {
    let told = |(n, (seconds, event)): (usize, &'_ (u64, Event))| {
        (n as u64 + 1, at(*seconds), event.clone())
    };
    let told: Vec<_> = events.iter().enumerate().map(told).collect();
    let told: Vec<Told<'_>> = told
        .iter()
        .map(|(seq, at, event)| Told {
            seq: *seq,
            at: *at,
            event,
        })
        .collect();
    trace(&told, at(start))
}

fn mark(seconds: u64, seq: u64) -> Option<Mark> {
    Some(Mark {
        at: at(seconds),
        seq,
    })
}

fn drafted(plan: u128, steps: &[(&str, &str)]) -> Event {
    let who = SubjectId::from_bits(7);
    let step = |(no, (target, verb)): (usize, &(&str, &str))| StepHead {
        no: u16::try_from(no).unwrap(),
        address: Address::account(&TargetName::from(*target), who),
        verb: (*verb).to_owned(),
        after: Vec::new(),
    };
    Event::PlanDrafted(PlanDrafted {
        plan: PlanId::from_bits(plan),
        wave: WaveId::from_bits(plan * 10),
        about: About::Subject(who),
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
        address: Address::account(&TargetName::from(target), SubjectId::from_bits(7)),
        status,
        attempt: 1,
        looks: 0,
        not_before: None,
        fence: 1,
        outcome: None,
        detail: String::new(),
        exchanges: Vec::new(),
    })
}

fn shut<'t>(traced: &'t Traced, app: &str) -> &'t Shut {
    &traced.shut[&TargetName::from(app)]
}

fn plan(traced: &Traced) -> Option<(PlanId, u64)> {
    traced.draft.map(|draft| (draft.plan, draft.drafted.seq))
}

#[test]
fn each_app_has_the_times_of_its_own_step_and_the_last_attempt_counts() {
    use StepStatus::{Pending, Sent, Verified};
    let traced = traced(
        &[
            (90, drafted(1, &[("chat", "update")])),
            (91, changed(1, 0, "chat", Sent)),
            (101, drafted(2, &[("chat", "disable"), ("code", "delete")])),
            (102, changed(2, 0, "chat", Sent)),
            (103, changed(2, 0, "chat", Pending)),
            (104, changed(2, 1, "code", Sent)),
            (105, changed(2, 1, "code", Verified)),
            (110, changed(2, 0, "chat", Sent)),
            (111, changed(2, 0, "chat", Verified)),
        ],
        100,
    );
    let chat = shut(&traced, "chat");
    assert_eq!((chat.sent, chat.verified), (mark(110, 8), mark(111, 9)));
    assert!(!chat.deleted);
    let code = shut(&traced, "code");
    assert_eq!((code.sent, code.verified), (mark(104, 6), mark(105, 7)));
    assert!(code.deleted);
    assert_eq!(plan(&traced), Some((PlanId::from_bits(2), 3)));
    assert!(traced.unknown.is_empty());
}

#[test]
fn a_deletion_after_the_retention_leaves_the_times_and_the_plan_that_ended_the_access() {
    use StepStatus::{Sent, Verified};
    let traced = traced(
        &[
            (101, drafted(1, &[("chat", "disable")])),
            (102, changed(1, 0, "chat", Sent)),
            (130, changed(1, 0, "chat", Verified)),
            (2_592_100, drafted(2, &[("chat", "delete")])),
            (2_592_101, changed(2, 0, "chat", Sent)),
            (2_592_102, changed(2, 0, "chat", Verified)),
        ],
        100,
    );
    let chat = shut(&traced, "chat");
    assert_eq!((chat.sent, chat.verified), (mark(102, 2), mark(130, 3)));
    assert_eq!((chat.last, chat.deleted), (mark(2_592_102, 6), true));
    assert_eq!(plan(&traced), Some((PlanId::from_bits(1), 1)));
}

#[test]
fn a_plan_that_nobody_released_is_the_decision_and_one_that_acted_goes_before_it() {
    use StepStatus::{Sent, Verified};
    let waiting = traced(&[(101, drafted(1, &[("chat", "disable")]))], 100);
    assert_eq!(plan(&waiting), Some((PlanId::from_bits(1), 1)));
    assert!(waiting.shut.is_empty());
    let acted = traced(
        &[
            (101, drafted(1, &[("chat", "disable")])),
            (102, changed(1, 0, "chat", Sent)),
            (103, drafted(2, &[("chat", "delete")])),
        ],
        100,
    );
    assert_eq!(plan(&acted), Some((PlanId::from_bits(1), 1)));
    // What was done before the clock began decided something else.
    let before = traced(
        &[
            (90, drafted(1, &[("chat", "disable")])),
            (91, changed(1, 0, "chat", Verified)),
        ],
        100,
    );
    assert_eq!((plan(&before), before.shut.len()), (None, 0));
}

#[test]
fn a_step_whose_plan_is_not_there_names_it() {
    let sent = changed(3, 0, "chat", StepStatus::Sent);
    let traced = traced(&[(101, sent)], 100);
    assert_eq!(traced.unknown, BTreeSet::from([PlanId::from_bits(3)]));
    assert!(traced.shut.is_empty());
}

#[test]
fn somebodys_word_ends_an_access_and_is_told_apart_from_what_was_read_back() {
    use StepStatus::{Confirmed, Handed, Sent, Verified};
    let mut told = vec![
        (101, drafted(1, &[("plant", "disable")])),
        (102, changed(1, 0, "plant", Sent)),
        (103, changed(1, 0, "plant", Handed)),
    ];
    let open = traced(&told, 100);
    assert_eq!(
        (shut(&open, "plant").ended(), shut(&open, "plant").last),
        (None, None)
    );
    told.push((150, changed(1, 0, "plant", Confirmed)));
    let said = traced(&told, 100);
    let plant = shut(&said, "plant");
    assert_eq!((plant.confirmed, plant.verified), (mark(150, 4), None));
    assert_eq!((plant.ended(), plant.last), (mark(150, 4), mark(150, 4)));
    told.push((900, changed(1, 0, "plant", Verified)));
    let shown = traced(&told, 100);
    let plant = shut(&shown, "plant");
    assert_eq!(
        (plant.confirmed, plant.verified),
        (mark(150, 4), mark(900, 5))
    );
    assert_eq!(
        plant.ended(),
        mark(150, 4),
        "what was seen later was so before"
    );
}

#[test]
fn a_word_about_an_earlier_attempt_does_not_date_the_last_one() {
    use StepStatus::{Confirmed, Sent, Verified};
    let again = traced(
        &[
            (101, drafted(1, &[("plant", "disable")])),
            (102, changed(1, 0, "plant", Sent)),
            (150, changed(1, 0, "plant", Confirmed)),
            // A list showed it usable: it was asked for again, and the next list showed it done.
            (200, drafted(2, &[("plant", "disable")])),
            (201, changed(2, 0, "plant", Sent)),
            (300, changed(2, 0, "plant", Verified)),
        ],
        100,
    );
    let plant = shut(&again, "plant");
    assert_eq!((plant.confirmed, plant.ended()), (None, mark(300, 6)));
}

#[test]
fn a_word_that_is_read_back_after_a_deletion_leaves_the_account_deleted() {
    use StepStatus::{Confirmed, Sent, Verified};
    let traced = traced(
        &[
            (101, drafted(1, &[("plant", "disable")])),
            (102, changed(1, 0, "plant", Sent)),
            (150, changed(1, 0, "plant", Confirmed)),
            (500, drafted(2, &[("plant", "delete")])),
            (501, changed(2, 0, "plant", Sent)),
            (550, changed(2, 0, "plant", Confirmed)),
            (600, changed(1, 0, "plant", Verified)),
            (601, changed(2, 0, "plant", Verified)),
        ],
        100,
    );
    let plant = shut(&traced, "plant");
    assert!(plant.deleted);
    assert_eq!((plant.sent, plant.confirmed), (mark(102, 2), mark(150, 3)));
    assert_eq!((plant.ended(), plant.last), (mark(150, 3), mark(601, 8)));
}
