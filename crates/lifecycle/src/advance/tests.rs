#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::fixtures::{address, reason, subject, target};
use model::Plan;
use model::canonical::Digest;
use model::plan::Before;
use model::{
    About, Act, Address, Attributes, Cause, Change, Exchange, Input as CauseInput, RemoteId,
};

fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros(millis * 1000)
}

/// Create an account, then grant it a group.
fn joiner() -> Progress {
    let step = |no, address: Address, act, after| Step {
        no,
        address,
        act,
        before: Before::Absent,
        after,
        because: vec![reason("rule/a")],
    };
    let plan = Plan {
        about: About::Subject(subject()),
        cause: Cause {
            input: CauseInput::Clock,
            change: Change::Joiner,
        },
        revision: 1,
        zones: model::time::zones().to_owned(),
        base: vec![(address(), Digest::default())],
        steps: vec![
            step(
                0,
                address(),
                Act::Create {
                    attributes: Attributes::new(),
                    active: true,
                },
                vec![],
            ),
            step(
                1,
                Address::grant(&target(), subject(), "eng"),
                Act::Grant,
                vec![0],
            ),
        ],
        salt: Digest::default(),
    };
    Progress {
        id: plan.id().unwrap(),
        plan,
        steps: vec![StepState::pending(); 2],
        closed: None,
        stale: false,
    }
}

fn held() -> BTreeMap<TargetName, u64> {
    BTreeMap::from([(target(), 1)])
}

fn done() -> Answer {
    let outcome = Outcome::Done {
        remote: Some(RemoteId::from("r1")),
        version: None,
    };
    outcome.into()
}

fn statuses(events: &[Event]) -> Vec<(u16, StepStatus)> {
    events
        .iter()
        .filter_map(|e| match e {
            Event::StepChanged(c) => Some((c.step.no, c.status)),
            _ => None,
        })
        .collect()
}

fn go(progress: &mut Progress, input: Input, millis: i64) -> (Vec<(u16, StepStatus)>, Vec<Effect>) {
    let (events, effects) = advance(progress, input, &held(), at(millis));
    (statuses(&events), effects)
}

#[test]
fn the_straight_way() {
    let mut p = joiner();
    assert_eq!(
        go(&mut p, Input::Look, 0),
        (vec![(0, StepStatus::Sent)], vec![Effect::Send(0)]),
        "the intent comes with the order to send, and nothing of step 1"
    );
    assert_eq!(
        go(&mut p, Input::Answered(0, done()), 1),
        (vec![(0, StepStatus::Answered)], vec![Effect::Read(0)]),
        "an answer is not success"
    );
    assert_eq!(
        go(&mut p, Input::Read(0, ReadBack::Equal), 2),
        (
            vec![(0, StepStatus::Verified), (1, StepStatus::Sent)],
            vec![Effect::Send(1)]
        )
    );
    go(&mut p, Input::Answered(1, done()), 3);
    let (_, effects) = go(&mut p, Input::Read(1, ReadBack::Equal), 4);
    assert_eq!(effects, vec![]);
    assert_eq!(p.closed, Some(PlanStatus::Applied));
    assert_eq!(
        go(&mut p, Input::Look, 5),
        (vec![], vec![]),
        "a closed plan does nothing"
    );
}

/// Killed after it, an attempt's requests are known; and none is told twice.
#[test]
fn the_requests_of_an_attempt_stand_in_the_first_record_after_it() {
    let mut p = joiner();
    let asked = Exchange {
        method: "POST".to_owned(),
        path: "/scim/v2/Users".to_owned(),
        status: Some(503),
    };
    let answer = Answer {
        outcome: Outcome::Later {
            wait_ms: 1_000,
            detail: "HTTP 503".to_owned(),
            whole_target: false,
        },
        exchanges: vec![asked.clone()],
    };
    let mut told = Vec::new();
    for input in [
        Input::Look,
        Input::Answered(0, answer),
        Input::Look,
        Input::Answered(0, done()),
        Input::Read(0, ReadBack::Equal),
    ] {
        let now = at(2_000 * i64::try_from(told.len()).unwrap_or_default());
        let (events, _) = advance(&mut p, input, &held(), now);
        told.extend(events.into_iter().filter_map(|e| match e {
            Event::StepChanged(c) if c.step.no == 0 => Some((c.status, c.exchanges)),
            _ => None,
        }));
    }
    assert_eq!(
        told,
        [
            (StepStatus::Sent, vec![]),
            (StepStatus::Pending, vec![asked]),
            (StepStatus::Sent, vec![]),
            (StepStatus::Answered, vec![]),
            (StepStatus::Verified, vec![]),
        ]
    );
}

#[test]
fn a_lost_answer_is_read_back_before_it_is_sent_again() {
    let mut p = joiner();
    go(&mut p, Input::Look, 0);
    let lost = Outcome::Unknown {
        detail: "timeout".to_owned(),
    };
    let (_, effects) = go(&mut p, Input::Answered(0, lost.clone().into()), 1);
    assert_eq!(effects, vec![Effect::Read(0)]);
    // It had not arrived: again, after a pause.
    let absent = ReadBack::Different {
        detail: "absent".to_owned(),
    };
    let (events, effects) = go(&mut p, Input::Read(0, absent), 2);
    assert_eq!(events, vec![(0, StepStatus::Pending)]);
    assert_eq!(effects, vec![Effect::Wait(at(502))]);
    let (_, effects) = go(&mut p, Input::Look, 502);
    assert_eq!(effects, vec![Effect::Send(0)]);
    // This time it had arrived: no third attempt.
    go(&mut p, Input::Answered(0, lost.into()), 503);
    let (events, _) = go(&mut p, Input::Read(0, ReadBack::Equal), 504);
    assert_eq!(events[0], (0, StepStatus::Verified));
    assert_eq!(p.steps[0].attempt, 2);
}

#[test]
fn after_a_crash_an_intent_is_read_back_first() {
    let mut p = joiner();
    p.steps[0].status = StepStatus::Sent;
    p.steps[0].attempt = 1;
    let (events, effects) = go(&mut p, Input::Look, 0);
    assert_eq!(events, vec![(0, StepStatus::Answered)]);
    assert_eq!(effects, vec![Effect::Read(0)], "never Send");
}

#[test]
fn a_target_that_says_done_and_does_nothing_fails_in_the_end() {
    let mut p = joiner();
    let mut now = 0;
    let mut sends = 0;
    let mut inputs = vec![Input::Look];
    for _ in 0..1000 {
        let Some(input) = inputs.pop() else { break };
        let (_, effects) = go(&mut p, input, now);
        for effect in effects {
            match effect {
                Effect::Send(no) => {
                    sends += 1;
                    inputs.push(Input::Answered(no, done()));
                }
                Effect::Read(no) => {
                    let detail = "absent".to_owned();
                    inputs.push(Input::Read(no, ReadBack::Different { detail }));
                }
                Effect::Wait(until) => {
                    now = until.as_micros() / 1000;
                    inputs.push(Input::Look);
                }
                Effect::Report(no) => assert_eq!(no, 0),
            }
        }
    }
    assert_eq!(p.closed, Some(PlanStatus::Failed));
    assert_eq!(sends, MAX_ATTEMPTS);
    assert_eq!(
        p.steps[1].status,
        StepStatus::Skipped,
        "what depends on it is not begun"
    );
}

#[test]
fn a_busy_target_costs_no_attempt_and_a_refusal_is_final() {
    let mut p = joiner();
    for round in 0..50 {
        let now = round * 10_000;
        let (_, effects) = go(&mut p, Input::Look, now);
        assert_eq!(effects, vec![Effect::Send(0)], "round {round}");
        let later = Outcome::Later {
            wait_ms: 5_000,
            detail: "429".to_owned(),
            whole_target: true,
        };
        let (_, effects) = go(&mut p, Input::Answered(0, later.into()), now);
        assert_eq!(effects, vec![Effect::Wait(at(now + 5_000))]);
    }
    assert_eq!(p.steps[0].attempt, 0);
    go(&mut p, Input::Look, 600_000);
    let refused = Outcome::Refused {
        code: "SCIM-400".to_owned(),
        detail: "no".to_owned(),
    };
    let (events, effects) = go(&mut p, Input::Answered(0, refused.into()), 600_001);
    assert_eq!(
        events,
        vec![(0, StepStatus::Failed), (1, StepStatus::Skipped)]
    );
    assert_eq!(effects, vec![Effect::Report(0)]);
    assert_eq!(p.closed, Some(PlanStatus::Failed));
}

#[test]
fn nothing_is_sent_without_the_lease() {
    let mut p = joiner();
    let (events, effects) = advance(&mut p, Input::Look, &BTreeMap::new(), at(0));
    assert_eq!((events, effects), (vec![], vec![]));
    // Nor is another node's intent taken for an interrupted one.
    p.steps[0].status = StepStatus::Sent;
    p.steps[0].attempt = 1;
    let (events, effects) = advance(&mut p, Input::Look, &BTreeMap::new(), at(0));
    assert_eq!((events, effects), (vec![], vec![]));
}

#[test]
fn a_moved_world_makes_the_plan_stale_and_sends_nothing_more() {
    let mut p = joiner();
    let (_, effects) = go(
        &mut p,
        Input::Moved("the account has changed".to_owned()),
        0,
    );
    assert_eq!(effects, vec![]);
    assert_eq!(p.closed, Some(PlanStatus::Stale));
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone, Copy)]
    enum Say {
        Done,
        Unknown,
        Later,
        Busy,
        Refused,
        Stale,
        Equal,
        Different,
        Gone,
        Unreadable,
        Crash,
    }

    fn any_say() -> impl Strategy<Value = Say> {
        use Say::*;
        prop::sample::select(vec![
            Done, Unknown, Later, Busy, Refused, Stale, Equal, Different, Gone, Unreadable, Crash,
        ])
    }

    fn outcome(say: Say) -> Outcome {
        let detail = String::new();
        match say {
            Say::Unknown => Outcome::Unknown { detail },
            Say::Later => Outcome::Later {
                wait_ms: 10,
                detail,
                whole_target: false,
            },
            Say::Busy => Outcome::Later {
                wait_ms: 10,
                detail,
                whole_target: true,
            },
            Say::Refused => Outcome::Refused {
                code: String::new(),
                detail,
            },
            Say::Stale => Outcome::Stale { detail },
            _ => done().outcome,
        }
    }

    fn found(say: Say) -> ReadBack {
        let detail = String::new();
        match say {
            Say::Different => ReadBack::Different { detail },
            Say::Gone => ReadBack::Gone {
                detail: "the object is gone".to_owned(),
            },
            Say::Unreadable => ReadBack::Unreadable {
                wait: Duration::from_millis(10),
                detail,
            },
            _ => ReadBack::Equal,
        }
    }

    proptest! {
        /// Whatever a target says and whenever the process dies: nothing is sent without a
        /// recorded intent, nothing is sent twice without a read in between unless the target
        /// itself said that it did not do it, and step 1 is never sent before step 0 is verified.
        #[test]
        fn intents_reads_and_order(says in prop::collection::vec(any_say(), 1..120)) {
            let mut p = joiner();
            let mut stored = vec![StepState::pending(); 2];
            let mut now = 0;
            let mut queue = vec![Input::Look];
            let mut in_doubt = [false; 2];
            for say in says {
                if matches!(say, Say::Crash) {
                    p.steps = stored.iter().cloned().map(|mut s| { s.busy = false; s.looks = 0; s }).collect();
                    queue = vec![Input::Look];
                }
                let input = queue.pop().unwrap_or(Input::Look);
                let (events, effects) = advance(&mut p, input, &held(), at(now));
                for event in &events {
                    if let Event::StepChanged(c) = event {
                        stored[usize::from(c.step.no)] = StepState::stored(c);
                    }
                }
                for effect in effects {
                    match effect {
                        Effect::Send(no) => {
                            let i = usize::from(no);
                            prop_assert_eq!(stored[i].status, StepStatus::Sent, "no intent");
                            prop_assert!(!in_doubt[i], "sent again without a look");
                            if no == 1 {
                                prop_assert_eq!(stored[0].status, StepStatus::Verified);
                            }
                            in_doubt[i] = true;
                            let o = outcome(say);
                            if matches!(o, Outcome::Later { .. } | Outcome::Refused { .. } | Outcome::Stale { .. }) {
                                in_doubt[i] = false;
                            }
                            queue.push(Input::Answered(no, o.into()));
                        }
                        Effect::Read(no) => {
                            let f = found(say);
                            if !matches!(f, ReadBack::Unreadable { .. }) {
                                in_doubt[usize::from(no)] = false;
                            }
                            queue.push(Input::Read(no, f));
                        }
                        Effect::Wait(until) => now = until.as_micros() / 1000 + 1,
                        Effect::Report(_) => {}
                    }
                }
                prop_assert!(p.steps.iter().all(|s| s.attempt <= MAX_ATTEMPTS));
            }
        }
    }
}

#[test]
fn what_was_handed_to_somebody_is_looked_at_and_never_sent_again() {
    let mut p = joiner();
    go(&mut p, Input::Look, 0);
    let (events, effects) = go(&mut p, Input::Answered(0, Outcome::Handed.into()), 1);
    assert_eq!(events, vec![(0, StepStatus::Handed)]);
    assert_eq!(effects, vec![Effect::Wait(at(300_001))]);
    let mut now = 300_001;
    for _ in 0..1_000 {
        let (events, effects) = go(&mut p, Input::Look, now);
        assert_eq!((events, effects), (vec![], vec![Effect::Read(0)]));
        let (events, effects) = go(&mut p, Input::Read(0, ReadBack::Unanswered), now);
        now += 300_000;
        assert_eq!((events, effects), (vec![], vec![Effect::Wait(at(now))]));
    }
    assert_eq!(p.steps[0].attempt, 1);
    // Their word lets what comes after it begin, and is not what was read back.
    go(&mut p, Input::Look, now);
    let (events, _) = go(&mut p, Input::Read(0, ReadBack::Said), now);
    assert_eq!(
        events,
        vec![(0, StepStatus::Confirmed), (1, StepStatus::Sent)]
    );
    go(&mut p, Input::Answered(1, done()), now);
    go(&mut p, Input::Read(1, ReadBack::Equal), now);
    assert_eq!(p.closed, Some(PlanStatus::Applied));
}

#[test]
fn what_somebody_declined_failed_and_what_nobody_wants_any_more_is_let_go() {
    let mut p = joiner();
    go(&mut p, Input::Look, 0);
    go(&mut p, Input::Answered(0, Outcome::Handed.into()), 1);
    let declined = ReadBack::Declined {
        code: "HANDOFF-REFUSED".to_owned(),
        detail: "no".to_owned(),
    };
    let (events, effects) = go(&mut p, Input::Read(0, declined), 2);
    assert_eq!(
        events,
        vec![(0, StepStatus::Failed), (1, StepStatus::Skipped)]
    );
    assert_eq!(effects, vec![Effect::Report(0)]);
    assert_eq!(p.closed, Some(PlanStatus::Failed));

    let mut p = joiner();
    go(&mut p, Input::Look, 0);
    go(&mut p, Input::Answered(0, Outcome::Handed.into()), 1);
    let detail = "nobody wants it".to_owned();
    go(&mut p, Input::Read(0, ReadBack::Gone { detail }), 2);
    assert_eq!(p.closed, Some(PlanStatus::Stale));
    assert_eq!(
        p.steps[0].outcome,
        Some(Outcome::Handed),
        "what was out is remembered"
    );
}
