#![allow(clippy::unwrap_used, clippy::panic)]

use super::*;
use MessageStatus::{Delivered, Dropped, GivenUp, Sending, Waiting};

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_764_000_000_000_000).plus(Duration::from_secs(seconds))
}

fn alarm() -> Alarm {
    Alarm {
        channels: vec!["chat".to_owned(), "mail".to_owned()],
        escalation: Some((Duration::from_secs(1800), vec!["pager".to_owned()])),
        repeat: None,
    }
}

fn occurrence() -> Occurrence {
    Occurrence {
        occasion: Occasion::HeldWave,
        about: "wav_1".to_owned(),
        text: "held".to_owned(),
        advice: "look".to_owned(),
    }
}

fn raised() -> Notice {
    raise(&occurrence(), &alarm(), at(0))
}

fn statuses(notice: &Notice) -> Vec<MessageStatus> {
    notice.messages.iter().map(|m| m.status).collect()
}

fn sent(notice: &Notice, now: Timestamp) -> Notice {
    match turn(notice, Some(&alarm()), true, now) {
        Turn::Send(next) => next,
        other => panic!("{other:?}"),
    }
}

fn changed(notice: &Notice, now: Timestamp) -> (Happened, Notice) {
    match turn(notice, Some(&alarm()), true, now) {
        Turn::Change(happened, next) => (happened, next),
        other => panic!("{other:?}"),
    }
}

fn delivered() -> Answer {
    Answer::Delivered {
        detail: String::new(),
    }
}

fn failure() -> Answer {
    Answer::Failed {
        detail: "answered 503".to_owned(),
        wait: None,
    }
}

#[test]
fn it_is_sent_on_each_channel_at_once_and_what_was_delivered_never_again() {
    let sending = sent(&raised(), at(0));
    assert_eq!(statuses(&sending), [Sending, Sending]);
    let answers = [(0, 1, delivered()), (1, 1, failure())];
    let after = answered(&sending, &answers, at(1));
    assert_eq!(statuses(&after), [Delivered, Waiting]);
    let rest = turn(&after, Some(&alarm()), true, at(1));
    assert_eq!(rest, Turn::Rest(Some(at(6))));
    let again = sent(&after, at(6));
    assert_eq!(statuses(&again), [Delivered, Sending]);
    assert_eq!(again.messages[1].attempts, 2);
    let done = answered(&again, &[(1, 2, delivered())], at(7));
    // Nothing is left but to wait for an answer.
    let rest = turn(&done, Some(&alarm()), true, at(7));
    assert_eq!(rest, Turn::Rest(Some(at(1800))));
}

#[test]
fn a_channel_that_never_takes_it_is_given_up_and_one_that_asks_for_a_pause_gets_it() {
    let mut notice = raised();
    let mut now = at(0);
    let mut attempts = 0;
    while statuses(&notice)[0] != GivenUp {
        let sending = sent(&notice, now);
        attempts += 1;
        let answers = [(0, attempts, failure()), (1, attempts, failure())];
        notice = answered(&sending, &answers, now);
        now = notice.messages[0].not_before.unwrap_or(now);
    }
    assert_eq!(attempts, 8);
    assert_eq!(
        now.since(at(0)),
        Duration::from_secs(5 + 15 + 30 + 60 + 120 + 300 + 600)
    );
    let (happened, escalated) = changed(&notice, now);
    assert_eq!(happened, Happened::Escalated);
    assert_eq!(
        escalated.escalated.clone().unwrap().because,
        "no channel took it"
    );
    assert_eq!(statuses(&escalated), [GivenUp, GivenUp, Waiting]);
    assert!(escalated.messages[2].escalation);

    let busy = Answer::Failed {
        detail: "answered 429".to_owned(),
        wait: Some(Duration::from_secs(90)),
    };
    let after = answered(&sent(&raised(), at(0)), &[(0, 1, busy)], at(0));
    assert_eq!(after.messages[0].not_before, Some(at(90)));
}

#[test]
fn nobody_answers_and_it_is_passed_on_once() {
    let sending = sent(&raised(), at(0));
    let told = [(0, 1, delivered()), (1, 1, delivered())];
    let told = answered(&sending, &told, at(1));
    let (happened, escalated) = changed(&told, at(1800));
    assert_eq!(happened, Happened::Escalated);
    let because = escalated.escalated.clone().unwrap().because;
    assert_eq!(because, "nobody acknowledged it within 30 minutes");
    let sending = sent(&escalated, at(1800));
    assert_eq!(statuses(&sending), [Delivered, Delivered, Sending]);
    let done = answered(&sending, &[(2, 1, delivered())], at(1801));
    assert_eq!(
        turn(&done, Some(&alarm()), true, at(9_000)),
        Turn::Rest(None)
    );
    // Without a document that says so it is passed on to nobody.
    assert_eq!(turn(&told, None, true, at(9_000)), Turn::Rest(None));
}

#[test]
fn who_answers_stops_what_was_not_sent_yet() {
    let sending = sent(&raised(), at(0));
    let half = answered(&sending, &[(0, 1, delivered()), (1, 1, failure())], at(1));
    let known = acknowledge(&half, "bo", "on it", at(3)).unwrap();
    assert_eq!(statuses(&known), [Delivered, Dropped]);
    assert_eq!(
        turn(&known, Some(&alarm()), true, at(9_000)),
        Turn::Rest(None)
    );
    assert_eq!(acknowledge(&known, "ana", "me too", at(4)), None);
    // Answered while it was under way: what is known of the attempt is told, and that was all.
    let known = acknowledge(&sending, "bo", "on it", at(1)).unwrap();
    assert_eq!(statuses(&known), [Sending, Sending]);
    let after = answered(&known, &[(0, 1, delivered()), (1, 1, failure())], at(2));
    assert_eq!(statuses(&after), [Delivered, Dropped]);
}

#[test]
fn what_is_over_is_told_to_nobody_any_more() {
    let over = turn(&raised(), Some(&alarm()), false, at(5));
    let Turn::Change(Happened::Ended, over) = over else {
        panic!("{over:?}")
    };
    assert_eq!(statuses(&over), [Dropped, Dropped]);
    assert_eq!(turn(&over, Some(&alarm()), true, at(6)), Turn::Rest(None));
    assert_eq!(acknowledge(&over, "bo", "late", at(6)), None);
}

#[test]
fn after_a_death_in_the_middle_it_is_sent_again_as_one_that_may_have_arrived() {
    let sending = sent(&raised(), at(0));
    let (happened, next) = changed(&sending, at(60));
    assert_eq!(happened, Happened::Answered);
    assert_eq!(statuses(&next), [Waiting, Waiting]);
    assert!(next.messages.iter().all(|m| m.unsure && m.attempts == 1));
    let again = sent(&next, at(65));
    assert_eq!(again.messages[0].attempts, 2);
    let id = |notice: &Notice| notice.messages[0].id(notice.id(), notice.round);
    assert_eq!(id(&again), id(&sending));
    // The dead node was only slow: what it knows of its attempt counts, and stops the repetition.
    let late = answered(&next, &[(0, 1, delivered()), (1, 1, failure())], at(61));
    assert_eq!(statuses(&late), [Delivered, Waiting]);
}

#[test]
fn a_lost_answer_counts_as_an_attempt_and_is_remembered() {
    let sending = sent(&raised(), at(0));
    let lost = Answer::Lost {
        detail: "no answer".to_owned(),
    };
    let after = answered(&sending, &[(0, 1, lost), (1, 1, delivered())], at(10));
    assert_eq!(statuses(&after), [Waiting, Delivered]);
    assert!(after.messages[0].unsure && !after.messages[1].unsure);
    let done = answered(&sent(&after, at(15)), &[(0, 2, delivered())], at(16));
    assert!(
        done.messages[0].unsure,
        "it may have come twice, and the record says so"
    );
}

#[test]
fn what_nobody_asks_for_any_more_waits_and_is_over_when_its_cause_is() {
    let half = answered(
        &sent(&raised(), at(0)),
        &[(0, 1, delivered()), (1, 1, failure())],
        at(1),
    );
    assert_eq!(turn(&half, None, true, at(9_000)), Turn::Rest(None));
    // Asked for again, it goes on where it was.
    assert_eq!(
        statuses(&sent(&half, at(1_000))),
        [Delivered, Sending],
        "nobody is told twice"
    );
    let over = turn(&half, None, false, at(9_000));
    assert!(matches!(over, Turn::Change(Happened::Ended, _)), "{over:?}");
    // What a dead node was sending is known of also then.
    let interrupted = turn(&sent(&raised(), at(0)), None, true, at(60));
    let Turn::Change(Happened::Answered, next) = interrupted else {
        panic!("{interrupted:?}")
    };
    assert_eq!(statuses(&next), [Waiting, Waiting]);
}

#[test]
fn what_was_over_and_is_so_again_is_told_again_in_a_round_of_its_own() {
    let first = raised();
    assert_eq!(again(&first, &occurrence(), &alarm(), at(5)), None);
    let Turn::Change(_, over) = turn(&first, Some(&alarm()), false, at(5)) else {
        panic!("it is over")
    };
    let behind = again(&over, &occurrence(), &alarm(), at(4));
    assert_eq!(behind, None, "a clock that is behind knows nothing newer");
    let second = again(&over, &occurrence(), &alarm(), at(6)).unwrap();
    assert_eq!((second.round, second.raised), (1, at(6)));
    assert_eq!((second.ended, second.text.as_str()), (None, "held"));
    assert_eq!(second.id(), first.id());
    let id = |notice: &Notice| notice.messages[0].id(notice.id(), notice.round);
    assert_ne!(
        id(&second),
        id(&first),
        "no receiver takes it for a repetition"
    );
}

#[test]
fn what_goes_on_is_told_again_as_often_as_the_alarm_says() {
    let repeating = Alarm {
        repeat: Some(Duration::from_secs(7_200)),
        ..alarm()
    };
    let told = |notice: &Notice, now| again(notice, &occurrence(), &repeating, now);
    let both = [(0, 1, delivered()), (1, 1, delivered())];
    let first = answered(&sent(&raised(), at(0)), &both, at(1));
    let known = acknowledge(&first, "bo", "on it", at(600)).unwrap();
    assert_eq!(again(&known, &occurrence(), &alarm(), at(99_999)), None);
    let rest = turn(&known, Some(&repeating), true, at(600));
    assert_eq!(rest, Turn::Rest(Some(at(7_800))));
    assert_eq!(told(&known, at(7_799)), None);
    let second = told(&known, at(7_800)).unwrap();
    assert_eq!(second.text, "still so: held");
    assert_eq!((second.round, &second.acknowledged), (1, &None));
    // Nobody answered at all: counted from when it was passed on. What is being sent is waited for.
    let (_, escalated) = changed(&second, at(9_700));
    assert_eq!(told(&escalated, at(16_900)), None, "the pager was not rung");
    let rung: Vec<_> = (0..3).map(|place| (place, 1, delivered())).collect();
    let rung = answered(&sent(&escalated, at(9_700)), &rung, at(9_701));
    assert_eq!(told(&rung, at(16_899)), None);
    assert_eq!(told(&rung, at(16_900)).unwrap().round, 2);
}
