#![allow(clippy::unwrap_used, clippy::panic)]

use model::{DeliveryId, SubjectId};

use super::*;
use crate::fixtures::instant;

fn at(seconds: u64) -> Timestamp {
    instant("2026-03-02T02:30:00Z").plus(Duration::from_secs(seconds))
}

fn app(name: &str) -> TargetName {
    TargetName::from(name)
}

fn begun(phase: Phase, word: Timestamp) -> DrillPhase {
    DrillPhase {
        phase,
        word,
        delivery: DeliveryId::from_bits(1),
        apps: BTreeMap::new(),
        ended: None,
        why: String::new(),
    }
}

fn run(phase: Phase) -> DrillRun {
    DrillRun {
        drill: "nightly".to_owned(),
        number: 1,
        by: "system".to_owned(),
        reason: "its schedule".to_owned(),
        subject: SubjectId::from_bits(1),
        apps: vec![app("chat"), app("wiki")],
        moves: true,
        within_minutes: 10,
        begun: at(0),
        phases: vec![begun(phase, at(0))],
        ended: None,
    }
}

fn looks(chat: Look, wiki: Look) -> BTreeMap<TargetName, Look> {
    BTreeMap::from([(app("chat"), chat), (app("wiki"), wiki)])
}

const WAITING: Look = Look::Waiting {
    held: false,
    why: String::new(),
};

fn seen(seconds: u64) -> Look {
    Look::Seen(at(seconds))
}

/// The phase that ended, and what follows.
fn end(turn: Turn) -> (DrillPhase, Option<Phase>) {
    match turn {
        Turn::Next(run, next) => (run.phases.last().unwrap().clone(), Some(next)),
        Turn::End(run) => {
            assert!(run.ended.is_some());
            (run.phases.last().unwrap().clone(), None)
        }
        other => panic!("it goes on: {other:?}"),
    }
}

#[test]
fn a_phase_goes_on_until_every_app_is_known_and_keeps_what_is() {
    let start = run(Phase::Joiner);
    let none = turn(&start, &BTreeMap::new(), at(1));
    assert_eq!(none, Turn::Rest(at(600)));
    let Turn::Change(half) = turn(&start, &looks(seen(2), WAITING), at(3)) else {
        panic!()
    };
    assert_eq!(
        half.phases[0].took(&app("chat")),
        Some(Duration::from_secs(2))
    );
    // What was seen once does not become otherwise.
    let later = turn(
        &half,
        &looks(Look::Failed("gone".to_owned()), WAITING),
        at(4),
    );
    assert_eq!(later, Turn::Rest(at(600)));
    let (joiner, next) = end(turn(&half, &looks(WAITING, seen(5)), at(6)));
    assert_eq!(joiner.ended, Some((at(6), DrillOutcome::Passed)));
    assert_eq!(next, Some(Phase::Mover));
}

#[test]
fn whatever_fails_the_person_leaves() {
    let failed = Look::Failed("refused".to_owned());
    for phase in [Phase::Joiner, Phase::Mover] {
        let (ended, next) = end(turn(&run(phase), &looks(seen(1), failed.clone()), at(2)));
        assert_eq!(ended.ended.unwrap().1, DrillOutcome::Failed);
        assert_eq!(ended.apps[&app("wiki")].why, "refused");
        assert_eq!(next, Some(Phase::Leaver), "{phase:?}");
    }
    let mut stays = run(Phase::Joiner);
    stays.moves = false;
    let (_, next) = end(turn(&stays, &looks(seen(1), seen(1)), at(2)));
    assert_eq!(next, Some(Phase::Leaver), "they do not move");
    let (leaver, next) = end(turn(&run(Phase::Leaver), &looks(seen(1), failed), at(2)));
    assert_eq!(
        (leaver.ended.unwrap().1, next),
        (DrillOutcome::Failed, None)
    );
}

#[test]
fn what_is_not_seen_in_time_is_late_or_held_and_not_before() {
    let held = Look::Waiting {
        held: true,
        why: "writing is stopped: a repair".to_owned(),
    };
    let start = run(Phase::Joiner);
    let all = looks(seen(1), WAITING);
    assert!(matches!(turn(&start, &all, at(599)), Turn::Change(_)));
    let (late, next) = end(turn(&start, &all, at(600)));
    assert_eq!(late.apps[&app("wiki")].how, How::Late);
    assert_eq!(
        (late.ended.unwrap().1, next),
        (DrillOutcome::Failed, Some(Phase::Leaver))
    );
    let (waited, next) = end(turn(&start, &looks(seen(1), held.clone()), at(600)));
    let wiki = &waited.apps[&app("wiki")];
    assert_eq!(
        (wiki.how, wiki.why.as_str()),
        (How::Held, "writing is stopped: a repair")
    );
    assert_eq!(
        (waited.ended.unwrap().1, next),
        (DrillOutcome::Held, Some(Phase::Leaver))
    );
    // One that failed counts more than one that a person holds.
    let (both, _) = end(turn(&start, &looks(WAITING, held), at(600)));
    assert_eq!(both.ended.unwrap().1, DrillOutcome::Failed);
}

#[test]
fn a_phase_in_which_nothing_was_tried_has_not_passed_unless_they_leave() {
    let nothing = looks(Look::Unchanged, Look::Unchanged);
    for (phase, outcome) in [
        (Phase::Joiner, DrillOutcome::Failed),
        (Phase::Mover, DrillOutcome::Failed),
        (Phase::Leaver, DrillOutcome::Passed),
    ] {
        let (ended, _) = end(turn(&run(phase), &nothing, at(2)));
        assert_eq!(ended.ended.unwrap().1, outcome, "{phase:?}");
        assert_eq!(ended.why.is_empty(), outcome == DrillOutcome::Passed);
    }
    let (mover, _) = end(turn(
        &run(Phase::Mover),
        &looks(seen(1), Look::Unchanged),
        at(2),
    ));
    assert_eq!(mover.ended.unwrap().1, DrillOutcome::Passed);
}

#[test]
fn a_run_ends_as_its_worst_phase_and_says_which_was_the_first_in_trouble() {
    let mut run = run(Phase::Joiner);
    run.phases[0].ended = Some((at(1), DrillOutcome::Held));
    run.phases.push(begun(Phase::Leaver, at(1)));
    run.phases[1].ended = Some((at(2), DrillOutcome::Failed));
    assert_eq!(run.outcome(), None, "it goes on");
    run.ended = Some(at(2));
    assert_eq!(run.outcome(), Some(DrillOutcome::Failed));
    assert_eq!(run.trouble().map(|(p, _)| p.phase), Some(Phase::Joiner));
}

#[test]
fn it_is_due_at_its_time_on_the_wall_so_many_days_later() {
    let half_past_two = Time::constant(2, 30, 0, 0);
    let next = |last: Option<&str>, since, every| {
        let last = last.map(instant);
        let due = due(
            last,
            instant(since),
            (every, half_past_two),
            "Europe/Berlin",
        );
        due.unwrap().to_string()
    };
    let since = "2026-03-01T12:00:00Z";
    assert_eq!(
        next(None, since, 7),
        "2026-03-02T01:30:00Z",
        "the next time"
    );
    assert_eq!(
        next(None, "2026-03-01T01:00:00Z", 7),
        "2026-03-01T01:30:00Z"
    );
    let last = Some("2026-03-02T15:00:00Z");
    assert_eq!(next(last, since, 1), "2026-03-03T01:30:00Z");
    // On the day on which clocks jump over it, it is an hour late and not a day.
    let last = Some("2026-03-28T01:30:00Z");
    assert_eq!(next(last, since, 1), "2026-03-29T01:30:00Z");
    let zone = due(None, instant(since), (1, half_past_two), "Mars/Olympus");
    assert!(zone.is_err());
}

#[test]
fn times_are_of_what_was_seen_alone() {
    let of = |seconds: &[u64]| -> Vec<DrillRun> {
        let of_one = |seconds: &u64| {
            let all = looks(seen(*seconds), Look::Failed(String::new()));
            let (phase, _) = end(turn(&run(Phase::Joiner), &all, at(500)));
            let mut run = run(Phase::Joiner);
            run.phases = vec![phase];
            run
        };
        seconds.iter().map(of_one).collect()
    };
    let runs = of(&[9, 1, 5, 300]);
    let found = times(&runs);
    assert_eq!(found.len(), 1, "what failed took no time");
    let chat = app("chat");
    let chat = found[&(Phase::Joiner, &chat)];
    let secs = Duration::from_secs;
    assert_eq!((chat.seen, chat.p50, chat.max), (4, secs(5), secs(300)));
    let runs = of(&[7]);
    let alone = times(&runs);
    assert_eq!(alone.values().next().map(|t| t.p50), Some(secs(7)));
}
