//! What every target adapter must do: list to the end, tell what it does not know, do nothing
//! twice, and give no secret away.

mod members;

use std::collections::BTreeSet;
use std::time::Duration;

use model::{Attributes, Completeness, Kind, Outcome, Record, RemoteId, Value, Version};

use crate::target::{Match, Operation, Target, TargetError};

pub use members::members_come_and_go;

/// How long one operation may take in these suites.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// A target under test, and what can be done to it from behind. The suites run against one
/// target after another, each beginning empty or with objects of others in it.
pub trait Bench: Send + Sync {
    /// The adapter.
    fn target(&self) -> &dyn Target;
    /// Attributes of an account; two numbers never share a name.
    fn account(&self, number: usize) -> Attributes;
    /// Attributes of a group; two numbers never share a name.
    fn group(&self, number: usize) -> Attributes;
    /// The path of the attribute that names objects of this kind.
    fn naming(&self, kind: Kind) -> &str;
    /// An attribute of accounts that can be changed and cleared.
    fn changeable(&self) -> &str;
    /// The secret that must not show.
    fn secret(&self) -> &str;
    /// Whether the target stores our key, so that objects are found by it.
    fn stores_external(&self) -> bool {
        true
    }
    /// What a listing of this target can be at best.
    fn best_listing(&self) -> Completeness {
        Completeness::Full
    }
    /// The next write is carried out and its answer lost.
    fn lose_next_answer(&self) {}
    /// The next request is answered with "wait", as a number of seconds or as a date. False
    /// where this cannot be arranged.
    fn be_busy_once(&self, _wait: Duration, _as_date: bool) -> bool {
        false
    }
    /// Does what was handed over to people, as they would, lists the target anew, and gives their
    /// answer.
    fn by_hand(&self, operation: &Operation) -> Outcome {
        panic!("nobody does by hand: {operation:?}")
    }
    /// Changes the object in the target without the adapter. False where that is impossible.
    fn meddle(&self, _kind: Kind, _remote: &RemoteId) -> bool {
        false
    }
}

/// Runs every suite. `from` numbers the objects, so that it can run again on the same target.
pub async fn all(bench: &dyn Bench, from: usize) {
    probe_answers(bench).await;
    listing_reaches_the_end(bench, from).await;
    creating_twice_makes_one(bench, from + 100).await;
    lost_answer_is_unknown_and_then_found(bench, from + 110).await;
    changes_are_read_back(bench, from + 120).await;
    disabling_and_enabling(bench, from + 130).await;
    members_come_and_go(bench, from + 140).await;
    search_is_checked(bench, from + 150).await;
    stale_precondition_changes_nothing(bench, from + 160).await;
    busy_is_passed_on(bench, from + 170).await;
    what_is_gone_is_gone(bench, from + 180).await;
    limits_are_declared(bench, from + 190).await;
}

fn quiet(bench: &dyn Bench, text: &str) {
    assert!(!text.contains(bench.secret()), "a secret shows in: {text}");
}

async fn apply(bench: &dyn Bench, operation: &Operation) -> Outcome {
    let answer = bench.target().apply(operation, DEADLINE).await;
    quiet(bench, &format!("{answer:?}"));
    match answer.outcome {
        Outcome::Handed => bench.by_hand(operation),
        outcome => outcome,
    }
}

/// The kinds of object that the target has, with a number of its own for each.
fn kinds(bench: &dyn Bench, from: usize) -> Vec<(Kind, usize)> {
    let all = [(Kind::Account, from), (Kind::Group, from + 1)];
    let kinds = &bench.target().capabilities().kinds;
    all.into_iter()
        .filter(|(kind, _)| kinds.contains(kind))
        .collect()
}

fn create(bench: &dyn Bench, kind: Kind, number: usize) -> Operation {
    let attributes = match kind {
        Kind::Account => bench.account(number),
        Kind::Group | Kind::Grant => bench.group(number),
    };
    Operation::Create {
        kind,
        external: format!("key-{number}"),
        active: true,
        attributes,
    }
}

async fn made(bench: &dyn Bench, kind: Kind, number: usize) -> RemoteId {
    match apply(bench, &create(bench, kind, number)).await {
        Outcome::Done {
            remote: Some(remote),
            ..
        } => remote,
        other => panic!("creating number {number}: {other:?}"),
    }
}

async fn read(bench: &dyn Bench, kind: Kind, remote: &RemoteId) -> Record {
    let record = bench.target().read(kind, remote).await.unwrap();
    record.unwrap_or_else(|| panic!("{remote} is there"))
}

fn done(outcome: &Outcome) {
    assert!(
        matches!(outcome, Outcome::Done { .. } | Outcome::AlreadyDone { .. }),
        "{outcome:?}"
    );
}

async fn list(bench: &dyn Bench, kind: Kind) -> (Vec<Record>, Completeness, String) {
    let (mut records, mut cursor) = (Vec::new(), None);
    for _ in 0..10_000 {
        let page = bench.target().list(kind, cursor.as_ref()).await.unwrap();
        records.extend(page.records);
        match page.next {
            Some(next) => {
                assert_eq!(
                    page.completeness,
                    Completeness::Partial,
                    "only the end may say more"
                );
                cursor = Some(next);
            }
            None => return (records, page.completeness, page.detail),
        }
    }
    panic!("the listing does not end")
}

/// The target answers, and accepts the credential.
pub async fn probe_answers(bench: &dyn Bench) {
    let probe = bench.target().probe().await.unwrap();
    quiet(bench, &format!("{probe:?}"));
}

/// A listing ends, names every object once, and says how far it may be believed.
pub async fn listing_reaches_the_end(bench: &dyn Bench, from: usize) {
    let mut ids = BTreeSet::new();
    for number in from..from + 25 {
        ids.insert(made(bench, Kind::Account, number).await);
    }
    let (records, completeness, detail) = list(bench, Kind::Account).await;
    assert_eq!(completeness, bench.best_listing(), "{detail}");
    let listed: BTreeSet<_> = records.iter().map(|record| record.remote.clone()).collect();
    assert_eq!(listed.len(), records.len(), "no object twice");
    assert!(ids.is_subset(&listed), "every object is listed");
    for record in records.iter().filter(|record| ids.contains(&record.remote)) {
        let again = read(bench, Kind::Account, &record.remote).await;
        assert_eq!(again, *record, "listing and reading agree");
    }
}

/// A creation that is sent again finds its object.
pub async fn creating_twice_makes_one(bench: &dyn Bench, from: usize) {
    for (kind, number) in kinds(bench, from) {
        let first = made(bench, kind, number).await;
        let again = apply(bench, &create(bench, kind, number)).await;
        // Who keeps no key of ours cannot tell our object from another's, and makes no second one.
        let refused = matches!(again, Outcome::Refused { .. }) && !bench.stores_external();
        let remote = Some(first);
        assert!(
            refused || again == Outcome::AlreadyDone { remote },
            "{again:?}"
        );
    }
    // Somebody else's object is never taken over, only refused.
    let foreign = made(bench, Kind::Account, from + 2).await;
    let mut attributes = bench.account(from + 2);
    attributes.insert(bench.changeable().to_owned(), Value::from("another one"));
    let external = "another key".to_owned();
    let kind = Kind::Account;
    let other = Operation::Create {
        kind,
        external,
        active: true,
        attributes,
    };
    let before = read(bench, Kind::Account, &foreign).await;
    let outcome = apply(bench, &other).await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    assert_eq!(read(bench, Kind::Account, &foreign).await, before);
}

/// A change whose answer is lost is neither done nor undone, until it is read back.
pub async fn lost_answer_is_unknown_and_then_found(bench: &dyn Bench, from: usize) {
    let operation = create(bench, Kind::Account, from);
    bench.lose_next_answer();
    let outcome = apply(bench, &operation).await;
    if matches!(outcome, Outcome::Done { .. }) {
        return; // this bench cannot lose answers
    }
    assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    let by = if bench.stores_external() {
        Match::External(format!("key-{from}"))
    } else {
        let attributes = bench.account(from);
        let name = attributes[bench.naming(Kind::Account)]
            .as_text()
            .unwrap()
            .to_owned();
        Match::Name(name)
    };
    let found = bench.target().find(Kind::Account, &by).await.unwrap();
    assert_eq!(found.len(), 1, "it was done");
    let again = apply(bench, &operation).await;
    assert_eq!(
        again,
        Outcome::AlreadyDone {
            remote: Some(found[0].remote.clone())
        }
    );
}

/// What was written is what is read, and the id stays.
pub async fn changes_are_read_back(bench: &dyn Bench, from: usize) {
    let remote = made(bench, Kind::Account, from).await;
    let wanted = bench.account(from);
    let write_only = &bench.target().capabilities().write_only;
    let before = read(bench, Kind::Account, &remote).await;
    for (path, value) in wanted.iter().filter(|(path, _)| !write_only.contains(path)) {
        assert_eq!(
            before.attributes.get(path),
            Some(value),
            "{path} after creation"
        );
    }
    let path = bench.changeable().to_owned();
    let update = |set: Attributes, unset: Vec<String>| Operation::Update {
        kind: Kind::Account,
        remote: remote.clone(),
        set,
        unset,
        expect: None,
    };
    // Every attribute once, so that each form of path is exercised.
    let mut set: Attributes = bench.account(from + 1);
    set.insert(path.clone(), Value::from("changed"));
    done(&apply(bench, &update(set.clone(), Vec::new())).await);
    let after = read(bench, Kind::Account, &remote).await;
    assert_eq!(after.remote, remote, "the id is stable");
    for (path, value) in set.iter().filter(|(path, _)| !write_only.contains(path)) {
        assert_eq!(
            after.attributes.get(path),
            Some(value),
            "{path} after the change"
        );
    }
    done(&apply(bench, &update(Attributes::new(), vec![path.clone()])).await);
    let cleared = read(bench, Kind::Account, &remote).await;
    assert_eq!(cleared.attributes.get(&path), None, "{path} after clearing");
    let back = Attributes::from([(path.clone(), Value::from("back"))]);
    done(&apply(bench, &update(back, Vec::new())).await);
    let back = read(bench, Kind::Account, &remote).await;
    assert_eq!(back.attributes.get(&path), Some(&Value::from("back")));
}

/// Accounts are disabled and enabled, and can be created disabled.
pub async fn disabling_and_enabling(bench: &dyn Bench, from: usize) {
    let attributes = bench.account(from);
    let external = format!("key-{from}");
    let kind = Kind::Account;
    let create = Operation::Create {
        kind,
        external,
        active: false,
        attributes,
    };
    let Outcome::Done {
        remote: Some(remote),
        ..
    } = apply(bench, &create).await
    else {
        panic!("created")
    };
    assert!(!read(bench, Kind::Account, &remote).await.active);
    for active in [true, false, false, true] {
        let operation = Operation::SetActive {
            remote: remote.clone(),
            active,
        };
        done(&apply(bench, &operation).await);
        assert_eq!(read(bench, Kind::Account, &remote).await.active, active);
    }
}

/// A search gives what matches, and an empty answer when nothing does.
pub async fn search_is_checked(bench: &dyn Bench, from: usize) {
    for (kind, number) in kinds(bench, from) {
        let remote = made(bench, kind, number).await;
        let attributes = match kind {
            Kind::Account => bench.account(number),
            Kind::Group | Kind::Grant => bench.group(number),
        };
        let name = attributes[bench.naming(kind)].as_text().unwrap().to_owned();
        let found = bench.target().find(kind, &Match::Name(name)).await.unwrap();
        assert_eq!(
            found.iter().map(|r| &r.remote).collect::<Vec<_>>(),
            [&remote]
        );
        let nobody = Match::Name("nobody \"at\\ all".to_owned());
        assert_eq!(bench.target().find(kind, &nobody).await.unwrap(), []);
        if bench.stores_external() {
            let by = Match::External(format!("key-{number}"));
            let found = bench.target().find(kind, &by).await.unwrap();
            assert_eq!(
                found.iter().map(|r| &r.remote).collect::<Vec<_>>(),
                [&remote]
            );
            let by = Match::External("no such key".to_owned());
            assert_eq!(bench.target().find(kind, &by).await.unwrap(), []);
        }
    }
}

/// Where versions are declared, a change that expects another one does nothing.
pub async fn stale_precondition_changes_nothing(bench: &dyn Bench, from: usize) {
    let remote = made(bench, Kind::Account, from).await;
    let before = read(bench, Kind::Account, &remote).await;
    if !bench.target().capabilities().versions {
        assert_eq!(before.version, None, "versions are not declared");
        return;
    }
    let expect = before.version.clone();
    assert!(expect.is_some(), "versions are declared");
    let update = |expect: Option<Version>| Operation::Update {
        kind: Kind::Account,
        remote: remote.clone(),
        set: Attributes::from([(bench.changeable().to_owned(), Value::from("too late"))]),
        unset: Vec::new(),
        expect,
    };
    if !bench.meddle(Kind::Account, &remote) {
        return;
    }
    let meddled = read(bench, Kind::Account, &remote).await;
    assert_ne!(meddled.version, expect, "every change has its version");
    let outcome = apply(bench, &update(expect)).await;
    assert!(matches!(outcome, Outcome::Stale { .. }), "{outcome:?}");
    assert_eq!(read(bench, Kind::Account, &remote).await, meddled);
    done(&apply(bench, &update(meddled.version)).await);
}

/// "Wait" is passed on with its time, in both forms, for reads and writes.
pub async fn busy_is_passed_on(bench: &dyn Bench, from: usize) {
    let remote = made(bench, Kind::Account, from).await;
    for as_date in [false, true] {
        let wait = Duration::from_secs(17);
        if !bench.be_busy_once(wait, as_date) {
            return;
        }
        match bench.target().read(Kind::Account, &remote).await {
            Err(TargetError::Busy { wait: said, .. }) => assert_eq!(said, wait),
            other => panic!("{other:?}"),
        }
        assert!(bench.be_busy_once(wait, as_date));
        let operation = Operation::SetActive {
            remote: remote.clone(),
            active: false,
        };
        match apply(bench, &operation).await {
            Outcome::Later {
                wait_ms,
                whole_target: true,
                ..
            } => assert_eq!(wait_ms, 17_000),
            other => panic!("{other:?}"),
        }
        assert!(
            read(bench, Kind::Account, &remote).await.active,
            "it was not done"
        );
    }
}

/// Absence is told as absence, and deleting twice is deleting once.
pub async fn what_is_gone_is_gone(bench: &dyn Bench, from: usize) {
    let nothing = RemoteId::from("no-such-id");
    assert_eq!(bench.target().read(Kind::Account, &nothing).await, Ok(None));
    let outcome = apply(
        bench,
        &Operation::SetActive {
            remote: nothing,
            active: false,
        },
    )
    .await;
    assert!(matches!(outcome, Outcome::Stale { .. }), "{outcome:?}");
    for (kind, number) in kinds(bench, from) {
        let remote = made(bench, kind, number).await;
        let delete = Operation::Delete {
            kind,
            remote: remote.clone(),
        };
        let outcome = apply(bench, &delete).await;
        if kind == Kind::Account && !bench.target().capabilities().delete {
            assert!(
                matches!(outcome, Outcome::Refused { .. }),
                "not declared: {outcome:?}"
            );
            continue;
        }
        assert!(matches!(outcome, Outcome::Done { .. }), "{outcome:?}");
        assert_eq!(bench.target().read(kind, &remote).await, Ok(None));
        let again = apply(bench, &delete).await;
        assert!(matches!(again, Outcome::AlreadyDone { .. }), "{again:?}");
    }
}

/// Declared limits are kept by the adapter itself; values that were not resolved are refused.
pub async fn limits_are_declared(bench: &dyn Bench, from: usize) {
    let most = bench.target().capabilities().members_per_request;
    let group = match kinds(bench, from).len() {
        2 => made(bench, Kind::Group, from).await,
        _ => RemoteId::from("a group"),
    };
    let add = (0..=most).map(|n| RemoteId(format!("m{n}"))).collect();
    let outcome = apply(
        bench,
        &Operation::Members {
            group,
            add,
            remove: Vec::new(),
        },
    )
    .await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
    let mut attributes = bench.account(from + 1);
    let subject = model::SubjectId::from_bits(7);
    attributes.insert(bench.changeable().to_owned(), Value::Subject { subject });
    let kind = Kind::Account;
    let external = format!("key-{}", from + 1);
    let outcome = apply(
        bench,
        &Operation::Create {
            kind,
            external,
            active: true,
            attributes,
        },
    )
    .await;
    assert!(matches!(outcome, Outcome::Refused { .. }), "{outcome:?}");
}
