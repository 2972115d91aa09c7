#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use model::task::Done;
use model::time::Date;
use model::{Facts, KnownTask, Personal, Task, TaskId};

use super::{Manual, awaited, due, over};
use crate::assign::{Terminated, Worker};
use crate::fixtures::{address, facts, instant, reason, subject, target};
use crate::resolve::{Desired, Resolved, Wanted};
use crate::rulebook::{AppRules, ManualStep, Mode, OnLeave, RuleBook};

const NOW: &str = "2026-03-25T10:00:00Z";

fn step(name: &str) -> ManualStep {
    ManualStep {
        name: name.to_owned(),
        owner: "it-desk".to_owned(),
        text: "Do it.".to_owned(),
        due_days: 3,
        before_delete: false,
    }
}

fn book(steps: &[&str]) -> RuleBook {
    let app = AppRules {
        mode: Mode::Enforce,
        matching: Vec::new(),
        attributes: BTreeMap::new(),
        clears: BTreeSet::new(),
        manager: None,
        groups: BTreeMap::new(),
        joiner: None,
        leave: OnLeave::Keep,
        delete_after_days: None,
        manual: steps.iter().map(|name| step(name)).collect(),
        seats: None,
        unique: None,
    };
    RuleBook {
        apps: BTreeMap::from([(target(), app)]),
        ..RuleBook::default()
    }
}

fn known(step: &str, done: bool) -> KnownTask {
    let task = Task {
        id: TaskId::from_bits(1),
        subject: subject(),
        target: target(),
        step: step.to_owned(),
        owner: "it-desk".to_owned(),
        text: "Do it.".to_owned(),
        before_delete: false,
        opened: instant("2026-03-20T16:00:00Z"),
        due: instant("2026-03-23T23:00:00Z"),
    };
    let done = done.then(|| Done {
        by: "it".to_owned(),
        at: instant("2026-03-22T10:00:00Z"),
        reason: "IT-1".to_owned(),
        personal: Personal::Known("seen".to_owned()),
    });
    KnownTask { task, done }
}

fn wished(active: bool) -> Desired {
    let wanted = Wanted::IfPresent {
        active,
        attributes: BTreeMap::new(),
        unset: BTreeSet::new(),
    };
    let because = vec![reason("lifecycle/leaver")];
    Desired::from([(address(), Resolved { wanted, because })])
}

fn worker<'a>(facts: &'a Facts, tasks: &'a [KnownTask]) -> Worker<'a> {
    Worker {
        subject: subject(),
        key: "w1",
        names: &[],
        facts,
        withdrawn: false,
        announced: false,
        jobs: &[],
        terminated: None,
        manual: Manual::Known(tasks),
    }
}

fn left() -> Facts {
    let mut facts = facts(&[]);
    facts.ends = Some(Date::constant(2026, 3, 20).at(17, 0, 0, 0));
    facts
}

fn asked(worker: Worker<'_>, book: &RuleBook, desired: &Desired) -> Vec<String> {
    let found = awaited(worker, book, desired, instant(NOW));
    found.iter().map(|(_, step)| step.name.clone()).collect()
}

fn dropped(worker: Worker<'_>, book: &RuleBook, desired: &Desired) -> Vec<&'static str> {
    let found = over(worker, book, desired, instant(NOW));
    found.iter().map(|(_, why)| *why).collect()
}

#[test]
fn each_step_is_asked_for_once_in_a_leaving() {
    let (book, gone, here, closed) = (book(&["laptop", "keys"]), left(), facts(&[]), wished(false));
    assert_eq!(
        asked(worker(&gone, &[]), &book, &closed),
        ["laptop", "keys"]
    );
    for done in [false, true] {
        let tasks = [known("laptop", done)];
        assert_eq!(asked(worker(&gone, &tasks), &book, &closed), ["keys"]);
        assert_eq!(dropped(worker(&gone, &tasks), &book, &closed), [""; 0]);
    }
    let none: [&str; 0] = [];
    assert_eq!(asked(worker(&here, &[]), &book, &closed), none, "at work");
    assert_eq!(asked(worker(&gone, &[]), &book, &wished(true)), none);
    assert_eq!(asked(worker(&gone, &[]), &book, &Desired::new()), none);
    let mut watched = book.clone();
    watched.apps.get_mut(&target()).unwrap().mode = Mode::Observe;
    assert_eq!(asked(worker(&gone, &[]), &watched, &closed), none);
    // Whoever is terminated, and whose row is missing, has left as well.
    let by = "legal";
    let terminated = Worker {
        terminated: Some(Terminated {
            by,
            at: instant(NOW),
        }),
        ..worker(&here, &[])
    };
    let missing = Worker {
        withdrawn: true,
        ..worker(&here, &[])
    };
    for worker in [terminated, missing] {
        assert_eq!(asked(worker, &book, &closed), ["laptop", "keys"]);
    }
}

#[test]
fn a_task_counts_as_long_as_the_leaving_it_belongs_to() {
    let (asks, gone, here) = (book(&["laptop"]), left(), facts(&[]));
    let (closed, open) = (wished(false), wished(true));
    let nothing = book(&[]);
    for done in [false, true] {
        let tasks = [known("laptop", done)];
        let back = dropped(worker(&here, &tasks), &asks, &open);
        assert_eq!(back, ["they have not left"]);
        let undone = dropped(worker(&gone, &tasks), &asks, &open);
        assert_eq!(undone, ["their account is given back"]);
        let unasked = dropped(worker(&gone, &tasks), &nothing, &closed);
        // What was done stays done.
        let expected: &[&str] = if done {
            &[]
        } else {
            &["no document asks for it any more"]
        };
        assert_eq!(unasked, expected);
    }
    // Not knowing where somebody stands, nothing is dropped, and nothing asked for.
    let mut lost = left();
    lost.zone = "Mars/Olympus".to_owned();
    let tasks = [known("laptop", false)];
    assert_eq!(dropped(worker(&lost, &tasks), &asks, &open), [""; 0]);
    assert_eq!(asked(worker(&lost, &[]), &asks, &closed), [""; 0]);
}

#[test]
fn a_step_is_due_at_the_end_of_a_day_of_theirs() {
    let (gone, step) = (left(), step("laptop"));
    // The clocks of Berlin go forward in between.
    let now = instant("2026-03-26T23:30:00Z");
    let at = due(worker(&gone, &[]), &step, now);
    assert_eq!(at, instant("2026-03-30T22:00:00Z"));
    let mut lost = left();
    lost.zone = "Mars/Olympus".to_owned();
    let at = due(worker(&lost, &[]), &step, now);
    assert_eq!(at, instant("2026-03-30T00:00:00Z"), "in UTC");
}
