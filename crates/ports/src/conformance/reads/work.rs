use model::event::{PlanChanged, PlanDrafted, WaveProposed};
use model::plan::{About, PlanStatus, StepRef, StepStatus};
use model::{Actor, Cause, Change, Event, Input, Personal, Timestamp};

use super::tell;
use crate::conformance::samples::{drafted, plan_id, slack, subject, wave_id};
use crate::store::{Append, PlanRow, StepRow, Store, Stream, WaveFilter, WaveRow};

pub(super) fn proposed(wave: u8) -> Event {
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

pub(super) fn changed(n: u8, status: PlanStatus) -> Event {
    let detail = format!("now {}", status.as_str());
    Event::PlanChanged(PlanChanged {
        plan: plan_id(n),
        status,
        detail,
    })
}

pub(super) fn about(n: u8) -> About {
    About::Subject(subject(n))
}

/// What a draft must read back as, once its wave is proposed.
fn as_read(e: &PlanDrafted, drafted: u64, head: Option<u64>) -> PlanRow {
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
        drafted,
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

/// What a wave of one waiting and one released plan must read back as.
fn undecided(seq: u64, at: Timestamp) -> WaveRow {
    WaveRow {
        wave: wave_id(0),
        cause: Cause {
            input: Input::Documents(3),
            change: Change::Rule,
        },
        author: "ana".to_owned(),
        seq,
        at,
        verdict: None,
        decided: None,
        decided_at: None,
        steps: 7,
        removals: 4,
        plans: vec![(PlanStatus::Waiting, 1), (PlanStatus::Released, 1)],
    }
}

/// A plan is nowhere to be seen until its wave is proposed, and then everywhere.
pub async fn draft(store: &dyn Store) {
    let ours = drafted(1, 0, about(1), Change::Joiner);
    let apps = drafted(2, 0, About::Target(slack()), Change::Rule);
    let append = Append::of(Actor::system(), vec![Event::PlanDrafted(ours.clone())])
        .bumping(Stream::new("plan", ours.plan));
    let head = store.append(append).await.unwrap().last;
    let told = tell(
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
    assert_eq!(store.open_plans(None, 9).await, Ok(vec![]));
    assert_eq!(store.plans_about(&about(1), 9).await, Ok(vec![]));
    assert_eq!(store.released_plans(0, 9).await, Ok(vec![]));
    assert_eq!(store.step(step).await, Ok(None));

    let wave = tell(store, vec![proposed(0)]).await;
    let mine = as_read(&ours, head, Some(head));
    assert!(matches!(mine.plan, Personal::Known(_)));
    let released = PlanRow {
        status: PlanStatus::Released,
        detail: "now released".to_owned(),
        ..as_read(&apps, told.first, None)
    };
    assert_eq!(store.plan(ours.plan).await, Ok(Some(mine.clone())));
    assert_eq!(store.plan(apps.plan).await, Ok(Some(released.clone())));
    assert_eq!(store.plan(plan_id(9)).await, Ok(None));
    let both = vec![mine.clone(), released.clone()];
    assert_eq!(store.plans_of(wave_id(0), None, 9).await, Ok(both.clone()));
    let wanted = [About::Target(slack()), about(1), about(2), about(1)];
    assert_eq!(store.open_plans_about(&wanted).await, Ok(both.clone()));
    assert_eq!(store.open_plans(None, 9).await, Ok(both.clone()));
    assert_eq!(store.open_plans(None, 1).await, Ok(both[..1].to_vec()));
    let after = store.open_plans(Some(both[0].id), 9).await;
    assert_eq!(after, Ok(both[1..].to_vec()));
    assert_eq!(store.open_plans_about(&[]).await, Ok(vec![]));
    assert_eq!(
        store.plans_about(&About::Target(slack()), 9).await,
        Ok(vec![released])
    );
    assert_eq!(store.released_plans(0, 9).await, Ok(vec![apps.plan]));
    assert_eq!(store.step(step).await, Ok(Some(mine.steps[1].clone())));
    assert_eq!(store.step(StepRef { no: 2, ..step }).await, Ok(None));
    assert_eq!(
        store.wave(wave_id(0)).await,
        Ok(Some(undecided(wave.last, wave.at)))
    );
}

/// Waves and plans are paged and filtered.
pub async fn pages(store: &dyn Store) {
    let mut proposals = Vec::new();
    for wave in [3, 1, 2] {
        for n in [0, 2, 1] {
            let draft = drafted(wave * 10 + n, wave, about(1), Change::Mover);
            tell(store, vec![Event::PlanDrafted(draft)]).await;
        }
        proposals.push(tell(store, vec![proposed(wave)]).await.last);
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
        let found = store
            .waves(WaveFilter {
                open,
                limit,
                ..WaveFilter::default()
            })
            .await
            .unwrap();
        found.into_iter().map(|wave| wave.wave).collect::<Vec<_>>()
    };
    assert_eq!(
        waves(false, 0).await,
        [2, 1, 3].map(wave_id),
        "newest first"
    );
    assert_eq!(waves(true, 2).await, [2, 1].map(wave_id));
    for (after, left) in [
        (proposals[0] - 1, vec![2, 1, 3]),
        (proposals[0], vec![2, 1]),
        (proposals[2], vec![]),
    ] {
        let found = store
            .waves(WaveFilter {
                proposed_after: Some(after),
                ..WaveFilter::default()
            })
            .await
            .unwrap();
        let found: Vec<_> = found.into_iter().map(|wave| wave.wave).collect();
        let left: Vec<_> = left.into_iter().map(wave_id).collect();
        assert_eq!(found, left, "proposed after record {after}");
    }
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
