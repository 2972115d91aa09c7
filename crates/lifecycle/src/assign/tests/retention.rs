//! How long the accounts of those who left are kept.

use super::*;

/// What is wanted of the account of somebody who has left, and what retention and holds say of it.
fn kept(book: &RuleBook, worker: Worker<'_>, now: &str) -> (bool, Vec<String>) {
    let now = instant(now);
    let (assignments, _) = assign(worker, book, &BTreeMap::new(), now);
    let (desired, conflicts) = resolve(assignments.clone(), now);
    assert!(conflicts.is_empty(), "{conflicts:?}");
    let wish = &desired[&Address::account(&target(), subject())];
    let told = wish.because.iter();
    let told = told.filter(|r| {
        let by = r.by.as_str();
        by.starts_with("hold/") || by.starts_with("manual/") || by == "lifecycle/retention"
    });
    let told = told.map(|r| format!("{}: {}", r.by, r.text)).collect();
    match wish.wanted {
        Wanted::Absent => (true, told),
        Wanted::IfPresent { active: false, .. } => (false, told),
        ref other => panic!("{other:?}"),
    }
}

fn retaining(days: u32) -> RuleBook {
    let mut book = book(None);
    for app in book.apps.values_mut() {
        app.delete_after_days = Some(days);
    }
    book
}

fn gone(facts: &Facts) -> Worker<'_> {
    Worker {
        subject: subject(),
        key: "w1",
        names: &[],
        facts,
        withdrawn: false,
        announced: false,
        jobs: &[],
        terminated: None,
        manual: Manual::Known(&[]),
    }
}

fn left() -> Facts {
    let mut facts = facts(&[]);
    facts.ends = Some(Date::constant(2026, 3, 20).at(17, 0, 0, 0));
    facts
}

const LAST: &str = "2026-03-30T14:59:59Z";
const OVER: &str = "2026-03-30T15:00:00Z";

#[test]
fn an_account_is_kept_disabled_for_so_many_days_after_the_last_one() {
    let (book, facts) = (retaining(10), left());
    let before = kept(&book, gone(&facts), LAST);
    // The clocks of Berlin go forward in between.
    let until = "lifecycle/retention: kept until 2026-03-30T15:00:00Z, 10 days after the last day \
                 of work, and then deleted";
    assert_eq!(before, (false, vec![until.to_owned()]));
    let (wanted, told) = kept(&book, gone(&facts), OVER);
    assert!(wanted && told[0].ends_with("and not longer"), "{told:?}");
    let silent = self::book(None);
    assert_eq!(kept(&silent, gone(&facts), OVER), (false, vec![]));
}

#[test]
fn only_a_word_that_somebody_has_left_makes_their_account_go() {
    let book = retaining(10);
    // Their row is missing: nobody said that they have left.
    let mut at_work = left();
    at_work.ends = None;
    let missing = Worker {
        withdrawn: true,
        ..gone(&at_work)
    };
    assert_eq!(
        kept(&book, missing, "2036-01-01T00:00:00Z"),
        (false, vec![])
    );
    // Whoever has left and is to come back keeps it.
    let facts = left();
    let back = Worker {
        announced: true,
        ..gone(&facts)
    };
    let (wanted, told) = kept(&book, back, OVER);
    assert!(
        !wanted && told[0].ends_with("they are to come back"),
        "{told:?}"
    );
    // A termination is a word, whatever HR says.
    let terminated = Worker {
        terminated: Some(Terminated {
            by: "legal",
            at: instant("2026-03-20T16:00:00Z"),
        }),
        ..gone(&at_work)
    };
    assert!(!kept(&book, terminated, "2026-03-30T15:59:59Z").0);
    assert!(kept(&book, terminated, "2026-03-30T16:00:00Z").0);
}

#[test]
fn a_hold_keeps_the_account_as_long_as_it_stands() {
    let (mut book, facts) = (retaining(10), left());
    let name = |key: &str| model::WorkerRef {
        source: "hr".to_owned(),
        key: key.to_owned(),
    };
    let hold = Hold {
        name: "case-7".to_owned(),
        owner: name("counsel"),
        reason: "evidence".to_owned(),
        until: instant("2026-05-01T00:00:00Z"),
    };
    book.beside.holds = BTreeMap::from([(name("w1"), vec![hold])]);
    let names = [name("w1")];
    let held = Worker {
        names: &names,
        ..gone(&facts)
    };
    let (wanted, told) = kept(&book, held, OVER);
    assert!(!wanted);
    assert_eq!(
        told[0],
        "hold/case-7: not deleted until 2026-05-01T00:00:00Z: evidence"
    );
    assert!(
        told[1].ends_with("and longer because of a hold"),
        "{told:?}"
    );
    assert!(
        kept(&book, held, "2026-05-01T00:00:00Z").0,
        "it has run out"
    );
    assert!(kept(&book, gone(&facts), OVER).0, "somebody else's");
}

#[test]
fn an_account_is_not_deleted_before_what_is_done_by_hand_is_done() {
    let (mut book, facts) = (retaining(10), left());
    let step = |name: &str, before_delete| ManualStep {
        name: name.to_owned(),
        owner: "it-desk".to_owned(),
        text: "Do it.".to_owned(),
        due_days: 3,
        before_delete,
    };
    let steps = vec![step("laptop", true), step("mail", false)];
    book.apps.get_mut(&target()).unwrap().manual = steps;
    let (wanted, told) = kept(&book, gone(&facts), OVER);
    assert!(
        !wanted && told[0].ends_with("still to be done by hand"),
        "{told:?}"
    );
    assert_eq!(
        told[1],
        "manual/laptop: not deleted before `laptop` is done, which is asked for once it is closed"
    );
    let mut known = KnownTask {
        task: Task {
            id: TaskId::from_bits(1),
            subject: subject(),
            target: target(),
            step: "laptop".to_owned(),
            owner: "it-desk".to_owned(),
            text: "Do it.".to_owned(),
            before_delete: true,
            leaving: None,
            opened: instant("2026-03-20T16:00:00Z"),
            due: instant("2026-03-23T23:00:00Z"),
        },
        done: None,
    };
    let open = [known.clone()];
    let asked = gone(&facts).having_done(Manual::Known(&open));
    let (wanted, told) = kept(&book, asked, OVER);
    assert!(!wanted, "{told:?}");
    assert_eq!(
        told[1],
        "manual/laptop: not deleted before `laptop` is done: it-desk has until 2026-03-23T23:00:00Z"
    );
    let at = instant("2026-04-02T10:00:00Z");
    known.done = Some(Done {
        by: "it".to_owned(),
        at,
        reason: "IT-1".to_owned(),
        personal: Personal::Known("seen".to_owned()),
    });
    let done = [known];
    let over = gone(&facts).having_done(Manual::Known(&done));
    assert!(kept(&book, over, OVER).0);
    assert!(!kept(&book, over, LAST).0, "and not earlier");
    let last = done_last(over, &book, &target(), instant(OVER));
    assert_eq!(last.map(|done| done.by.as_str()), Some("it"));
    let assumed = gone(&facts).having_done(Manual::Done);
    assert!(kept(&book, assumed, OVER).0, "where rules are tried out");
}
