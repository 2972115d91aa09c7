use model::event::{PlanDrafted, StepChanged, WaveJudged, WaveReleased};
use model::plan::{About, PlanStatus, StepRef, StepStatus};
use model::{Address, Change, Event, PlanId, Verdict};

use super::tell;
use super::work::{about, changed, proposed};
use crate::conformance::samples::{drafted, plan_id, slack, step_changed, subject, wave_id};
use crate::store::{Store, WaveDecision, WaveRow, WaveStatus};

fn draft(n: u8, wave: u8, change: Change) -> Event {
    let draft: PlanDrafted = drafted(n, wave, about(n), change);
    Event::PlanDrafted(draft)
}

/// A wave of two plans.
async fn two_plans(store: &dyn Store) {
    let drafts = [1, 2].map(|n| draft(n, 0, Change::Joiner));
    tell(store, drafts.to_vec()).await;
    tell(store, vec![proposed(0)]).await;
}

async fn wave(store: &dyn Store) -> WaveRow {
    let found = store.wave(wave_id(0)).await.unwrap();
    found.expect("the wave was proposed")
}

/// Every decision about a wave is kept, with the rows that it is about.
pub async fn decided_by_rows(store: &dyn Store) {
    two_plans(store).await;
    assert_eq!(store.decisions_on(wave_id(0)).await, Ok(vec![]));
    let mut expected = Vec::new();
    for (by, released, plans) in [("ben", true, vec![plan_id(1)]), ("eve", false, vec![])] {
        let decided = WaveReleased {
            wave: wave_id(0),
            released,
            plans: plans.clone(),
            by: by.to_owned(),
            reason: "checked".to_owned(),
        };
        let told = tell(store, vec![Event::WaveReleased(decided)]).await;
        expected.push(WaveDecision {
            seq: told.last,
            at: told.at,
            by: by.to_owned(),
            reason: "checked".to_owned(),
            released,
            plans,
        });
    }
    let row = wave(store).await;
    assert_eq!(row.decided_at, Some(expected[1].at), "the last one");
    assert_eq!(row.decided, Some(("eve".to_owned(), "checked".to_owned())));
    assert_eq!(store.decisions_on(wave_id(0)).await, Ok(expected));
    assert_eq!(store.decisions_on(wave_id(9)).await, Ok(vec![]));
}

/// A wave is judged and decided, its plans move on, and it closes with the last of them.
pub async fn verdicts(store: &dyn Store) {
    two_plans(store).await;
    assert_eq!(wave(store).await.status(), WaveStatus::Held, "not judged");

    let verdict = Verdict::Ask {
        because: vec!["7 of 10".to_owned()],
    };
    let judged = WaveJudged {
        wave: wave_id(0),
        verdict: verdict.clone(),
    };
    let decided = WaveReleased {
        wave: wave_id(0),
        released: true,
        plans: vec![plan_id(1)],
        by: "ben".to_owned(),
        reason: "checked".to_owned(),
    };
    let events = vec![
        Event::WaveJudged(judged),
        Event::WaveReleased(decided),
        changed(1, PlanStatus::Released),
    ];
    let at = tell(store, events).await.at;
    let row = wave(store).await;
    assert_eq!(row.decided_at, Some(at));
    assert_eq!(row.verdict, Some(verdict));
    assert_eq!(row.decided, Some(("ben".to_owned(), "checked".to_owned())));
    let standing = [(PlanStatus::Waiting, 1), (PlanStatus::Released, 1)];
    assert_eq!(row.plans, standing);
    assert_eq!(row.status(), WaveStatus::Running);

    let closed = vec![
        changed(1, PlanStatus::Applied),
        changed(2, PlanStatus::Stale),
    ];
    tell(store, closed).await;
    let row = wave(store).await;
    let standing = [(PlanStatus::Applied, 1), (PlanStatus::Stale, 1)];
    assert_eq!(row.plans, standing);
    assert_eq!(row.status(), WaveStatus::Closed);
    assert_eq!(store.released_plans(0, 9).await, Ok(vec![]));
    let open = store.open_plans_about(&[about(1), about(2)]).await;
    assert_eq!(open, Ok(vec![]));
    assert_eq!(
        store.open_plans(None, 9).await,
        Ok(vec![]),
        "all are closed"
    );
    let plan = store.plan(plan_id(2)).await.unwrap().unwrap();
    assert_eq!(plan.status, PlanStatus::Stale);
    assert_eq!(plan.detail, "now stale");
}

/// A step stands as its last event says; an intent is open until something follows it.
pub async fn steps(store: &dyn Store) {
    two_plans(store).await;
    let account = |n| Address::account(&slack(), subject(n));
    let step = |n, no| StepRef {
        plan: plan_id(n),
        no,
    };
    let sent = StepChanged {
        outcome: None,
        ..step_changed(1, 0, account(1), StepStatus::Sent)
    };
    let other = step_changed(2, 1, account(2), StepStatus::Sent);
    tell(store, vec![Event::StepChanged(other)]).await;
    let told = tell(store, vec![Event::StepChanged(sent.clone())]).await;
    let oldest_first = vec![step(2, 1), step(1, 0)];
    assert_eq!(store.open_intents(9).await, Ok(oldest_first));
    assert_eq!(store.open_intents(1).await, Ok(vec![step(2, 1)]));
    let row = store.step(step(1, 0)).await.unwrap().unwrap();
    assert_eq!(row.status, StepStatus::Sent);
    assert_eq!((row.last, row.at), (Some(sent), Some(told.at)));

    let answered = step_changed(1, 0, account(1), StepStatus::Answered);
    tell(store, vec![Event::StepChanged(answered.clone())]).await;
    assert_eq!(store.open_intents(9).await, Ok(vec![step(2, 1)]));
    let plan = store.plan(plan_id(1)).await.unwrap().unwrap();
    let stand: Vec<_> = plan.steps.into_iter().map(|s| (s.status, s.last)).collect();
    let expected = [
        (StepStatus::Answered, Some(answered)),
        (StepStatus::Pending, None),
    ];
    assert_eq!(stand, expected);
}

/// Released plans come in the order of work: leavers first, then by age.
pub async fn order(store: &dyn Store) {
    let changes = [
        Change::Undo,
        Change::Drift,
        Change::Rule,
        Change::Mover,
        Change::Rehire,
        Change::Joiner,
        Change::MissingRow,
        Change::Deletion,
        Change::Leaver,
        Change::Leaver,
    ];
    let mut expected = Vec::new();
    // The ids fall while the plans are drafted, so that age and id disagree.
    for (n, change) in (1..=10u8).rev().zip(changes) {
        tell(store, vec![draft(n, n % 2, change)]).await;
        expected.push((change, 10 - n, plan_id(n)));
    }
    tell(store, vec![proposed(0), proposed(1)]).await;
    let none = store.released_plans(0, 9).await;
    assert_eq!(none, Ok(vec![]), "waiting is not released");

    let released = (1..=10).map(|n| changed(n, PlanStatus::Released));
    tell(store, released.collect()).await;
    expected.sort_unstable_by_key(|(change, age, _)| (*change, *age));
    let expected: Vec<PlanId> = expected.into_iter().map(|(_, _, plan)| plan).collect();
    for (skip, limit, part) in [
        (0, 0, &expected[..]),
        (0, 3, &expected[..3]),
        (3, 4, &expected[3..7]),
        (99, 4, &[]),
    ] {
        let found = store.released_plans(skip, limit).await;
        assert_eq!(found, Ok(part.to_vec()), "{limit} after {skip}");
    }

    // Oldest first whatever the order of work.
    let all: Vec<About> = (1..=10).map(about).collect();
    let open = store.open_plans_about(&all).await.unwrap();
    let ids: Vec<_> = open.iter().map(|plan| plan.id).collect();
    assert_eq!(ids, (1..=10).rev().map(plan_id).collect::<Vec<_>>());
}
