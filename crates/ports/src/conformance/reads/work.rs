use model::event::{PlanChanged, PlanDrafted, StepChanged, WaveJudged, WaveProposed, WaveReleased};
use model::plan::{About, PlanStatus, StepRef, StepStatus};
use model::{Actor, Address, Cause, Change, Event, Input, Personal, PlanId, Verdict};

use super::tell;
use crate::conformance::samples::{drafted, plan_id, slack, step_changed, subject, wave_id};
use crate::store::{Append, PlanRow, StepRow, Store, Stream, WaveFilter, WaveRow, WaveStatus};

fn proposed(wave: u8) -> Event {
    Event::WaveProposed(WaveProposed {
        wave: wave_id(wave),
        cause: Cause {
            input: Input::Documents(3),
            change: Change::Rule,
        },
        author: "ana".to_owned(),
        plans: 1,
        removals: 4,
        steps: 7,
    })
}

fn changed(n: u8, status: PlanStatus) -> Event {
    let detail = format!("now {}", status.as_str());
    Event::PlanChanged(PlanChanged {
        plan: plan_id(n),
        status,
        detail,
    })
}

fn about(n: u8) -> About {
    About::Subject(subject(n))
}

/// What a draft must read back as, once its wave is proposed.
fn as_read(e: &PlanDrafted, head: Option<u64>) -> PlanRow {
    let steps = e.steps.iter().map(|step| StepRow {
        no: step.no,
        address: step.address.clone(),
        verb: step.verb.clone(),
        after: step.after.clone(),
        status: StepStatus::Pending,
        last: None,
        at: None,
    });
    PlanRow {
        id: e.plan,
        wave: e.wave,
        about: e.about.clone(),
        change: e.change,
        status: PlanStatus::Waiting,
        detail: String::new(),
        head,
        plan: e.personal.clone(),
        steps: steps.collect(),
    }
}

/// A plan is nowhere to be seen until its wave is proposed, and then everywhere.
pub async fn draft(store: &dyn Store) {
    let ours = drafted(1, 0, about(1), Change::Joiner);
    let apps = drafted(2, 0, About::Target(slack()), Change::Rule);
    let append = Append::of(Actor::system(), vec![Event::PlanDrafted(ours.clone())])
        .bumping(Stream::new("plan", ours.plan));
    let head = store.append(append).await.unwrap().last;
    tell(
        store,
        vec![
            Event::PlanDrafted(apps.clone()),
            changed(2, PlanStatus::Released),
        ],
    )
    .await;

    let step = StepRef {
        plan: ours.plan,
        no: 1,
    };
    assert_eq!(store.wave(wave_id(0)).await, Ok(None));
    assert_eq!(store.waves(WaveFilter::default()).await, Ok(vec![]));
    assert_eq!(store.plan(ours.plan).await, Ok(None));
    assert_eq!(store.plans_of(wave_id(0), None, 9).await, Ok(vec![]));
    assert_eq!(store.open_plans_about(&[about(1)]).await, Ok(vec![]));
    assert_eq!(store.plans_about(&about(1), 9).await, Ok(vec![]));
    assert_eq!(store.released_plans(0, 9).await, Ok(vec![]));
    assert_eq!(store.step(step).await, Ok(None));

    let at = tell(store, vec![proposed(0)]).await.at;
    let mine = as_read(&ours, Some(head));
    assert!(matches!(mine.plan, Personal::Known(_)));
    let released = PlanRow {
        status: PlanStatus::Released,
        detail: "now released".to_owned(),
        ..as_read(&apps, None)
    };
    assert_eq!(store.plan(ours.plan).await, Ok(Some(mine.clone())));
    assert_eq!(store.plan(apps.plan).await, Ok(Some(released.clone())));
    assert_eq!(store.plan(plan_id(9)).await, Ok(None));
    let both = vec![mine.clone(), released.clone()];
    assert_eq!(store.plans_of(wave_id(0), None, 9).await, Ok(both.clone()));
    let wanted = [About::Target(slack()), about(1), about(2), about(1)];
    assert_eq!(store.open_plans_about(&wanted).await, Ok(both));
    assert_eq!(store.open_plans_about(&[]).await, Ok(vec![]));
    assert_eq!(
        store.plans_about(&About::Target(slack()), 9).await,
        Ok(vec![released])
    );
    assert_eq!(store.released_plans(0, 9).await, Ok(vec![apps.plan]));
    assert_eq!(store.step(step).await, Ok(Some(mine.steps[1].clone())));
    assert_eq!(store.step(StepRef { no: 2, ..step }).await, Ok(None));
    let wave = WaveRow {
        wave: wave_id(0),
        cause: Cause {
            input: Input::Documents(3),
            change: Change::Rule,
        },
        author: "ana".to_owned(),
        at,
        verdict: None,
        decided: None,
        steps: 7,
        removals: 4,
        plans: vec![(PlanStatus::Waiting, 1), (PlanStatus::Released, 1)],
    };
    assert_eq!(store.wave(wave_id(0)).await, Ok(Some(wave)));
}

/// A wave is judged and decided, and its plans and steps move on.
pub async fn progress(store: &dyn Store) {
    let account = |n| Address::account(&slack(), subject(n));
    let drafts = [1, 2].map(|n| Event::PlanDrafted(drafted(n, 0, about(n), Change::Joiner)));
    tell(store, drafts.to_vec()).await;
    tell(store, vec![proposed(0)]).await;
    assert_eq!(status(store).await, WaveStatus::Held, "not judged yet");

    let verdict = Verdict::Ask {
        because: vec!["7 of 10".to_owned()],
    };
    let judged = WaveJudged {
        wave: wave_id(0),
        verdict: verdict.clone(),
    };
    tell(store, vec![Event::WaveJudged(judged)]).await;
    let decided = WaveReleased {
        wave: wave_id(0),
        released: true,
        plans: vec![plan_id(1)],
        by: "ben".to_owned(),
        reason: "checked".to_owned(),
    };
    tell(
        store,
        vec![
            Event::WaveReleased(decided),
            changed(1, PlanStatus::Released),
        ],
    )
    .await;
    let wave = store.wave(wave_id(0)).await.unwrap().unwrap();
    assert_eq!(wave.verdict, Some(verdict));
    assert_eq!(wave.decided, Some(("ben".to_owned(), "checked".to_owned())));
    assert_eq!(
        wave.plans,
        [(PlanStatus::Waiting, 1), (PlanStatus::Released, 1)]
    );
    assert_eq!(wave.status(), WaveStatus::Running);

    let (first, second) = (
        StepRef {
            plan: plan_id(1),
            no: 0,
        },
        StepRef {
            plan: plan_id(2),
            no: 1,
        },
    );
    let sent = StepChanged {
        outcome: None,
        ..step_changed(1, 0, account(1), StepStatus::Sent)
    };
    tell(
        store,
        vec![Event::StepChanged(step_changed(
            2,
            1,
            account(2),
            StepStatus::Sent,
        ))],
    )
    .await;
    let at = tell(store, vec![Event::StepChanged(sent.clone())]).await.at;
    assert_eq!(
        store.open_intents(9).await,
        Ok(vec![second, first]),
        "oldest first"
    );
    assert_eq!(store.open_intents(1).await, Ok(vec![second]));
    let step = store.step(first).await.unwrap().unwrap();
    assert_eq!(
        (step.status, step.last, step.at),
        (StepStatus::Sent, Some(sent), Some(at))
    );

    let answered = step_changed(1, 0, account(1), StepStatus::Answered);
    tell(store, vec![Event::StepChanged(answered.clone())]).await;
    assert_eq!(store.open_intents(9).await, Ok(vec![second]));
    let plan = store.plan(plan_id(1)).await.unwrap().unwrap();
    let steps: Vec<_> = plan
        .steps
        .iter()
        .map(|step| (step.status, step.last.clone()))
        .collect();
    assert_eq!(
        steps,
        [
            (StepStatus::Answered, Some(answered)),
            (StepStatus::Pending, None)
        ]
    );

    tell(
        store,
        vec![
            changed(1, PlanStatus::Applied),
            changed(2, PlanStatus::Stale),
        ],
    )
    .await;
    assert_eq!(status(store).await, WaveStatus::Closed);
    assert_eq!(store.released_plans(0, 9).await, Ok(vec![]));
    assert_eq!(
        store.open_plans_about(&[about(1), about(2)]).await,
        Ok(vec![])
    );
    let closed = store.plan(plan_id(2)).await.unwrap().unwrap();
    assert_eq!(
        (closed.status, closed.detail.as_str()),
        (PlanStatus::Stale, "now stale")
    );
}

async fn status(store: &dyn Store) -> WaveStatus {
    store.wave(wave_id(0)).await.unwrap().unwrap().status()
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
        Change::Leaver,
        Change::Leaver,
        Change::Joiner,
    ];
    let mut expected = Vec::new();
    // The ids fall while the plans are drafted, so that age and id disagree.
    for (n, change) in (1..=10u8).rev().zip(changes) {
        let wave = n % 2;
        tell(
            store,
            vec![Event::PlanDrafted(drafted(n, wave, about(n), change))],
        )
        .await;
        expected.push((change, 10 - n, plan_id(n)));
    }
    tell(store, vec![proposed(0), proposed(1)]).await;
    assert_eq!(
        store.released_plans(0, 9).await,
        Ok(vec![]),
        "waiting is not released"
    );
    tell(
        store,
        (1..=10).map(|n| changed(n, PlanStatus::Released)).collect(),
    )
    .await;
    expected.sort_unstable_by_key(|(change, age, _)| (*change, *age));
    let expected: Vec<PlanId> = expected.into_iter().map(|(_, _, plan)| plan).collect();
    assert_eq!(store.released_plans(0, 0).await, Ok(expected.clone()));
    assert_eq!(store.released_plans(0, 3).await, Ok(expected[..3].to_vec()));
    assert_eq!(
        store.released_plans(3, 4).await,
        Ok(expected[3..7].to_vec())
    );
    assert_eq!(store.released_plans(99, 4).await, Ok(vec![]));

    // Oldest first whatever the order of work.
    let all: Vec<_> = (1..=10).map(about).collect();
    let open = store.open_plans_about(&all).await.unwrap();
    let ids: Vec<_> = open.iter().map(|plan| plan.id).collect();
    assert_eq!(ids, (1..=10).rev().map(plan_id).collect::<Vec<_>>());
}

/// Waves and plans are paged and filtered.
pub async fn pages(store: &dyn Store) {
    for wave in [3, 1, 2] {
        for n in [0, 2, 1] {
            let draft = drafted(wave * 10 + n, wave, about(1), Change::Mover);
            tell(store, vec![Event::PlanDrafted(draft)]).await;
        }
        tell(store, vec![proposed(wave)]).await;
    }
    let ids = |plans: Vec<PlanRow>| plans.into_iter().map(|plan| plan.id).collect::<Vec<_>>();
    let page = store.plans_of(wave_id(1), None, 2).await.unwrap();
    assert_eq!(ids(page), [plan_id(10), plan_id(11)], "by id");
    let page = store
        .plans_of(wave_id(1), Some(plan_id(11)), 2)
        .await
        .unwrap();
    assert_eq!(ids(page), [plan_id(12)], "and of this wave only");
    let last = store.plans_about(&about(1), 4).await.unwrap();
    assert_eq!(ids(last), [21, 22, 20, 11].map(plan_id), "newest first");

    let waves = |open, limit| async move {
        let found = store.waves(WaveFilter { open, limit }).await.unwrap();
        found.into_iter().map(|wave| wave.wave).collect::<Vec<_>>()
    };
    assert_eq!(
        waves(false, 0).await,
        [2, 1, 3].map(wave_id),
        "newest first"
    );
    assert_eq!(waves(true, 2).await, [2, 1].map(wave_id));
    let refused = [10, 11, 12, 20, 21].map(|n| changed(n, PlanStatus::Refused));
    tell(store, refused.to_vec()).await;
    assert_eq!(
        waves(true, 0).await,
        [2, 3].map(wave_id),
        "one open plan keeps a wave open"
    );
    assert_eq!(waves(false, 1).await, [wave_id(2)]);
    let two = store.wave(wave_id(2)).await.unwrap().unwrap();
    assert_eq!(
        two.plans,
        [(PlanStatus::Waiting, 1), (PlanStatus::Refused, 2)]
    );
}
