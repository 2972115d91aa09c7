use model::Event;
use model::event::SubjectErased;
use model::plan::About;
use model::{Address, Change, Kind, RemoteId};

use super::tell;
use crate::conformance::samples::{
    PERSONAL, about_nobody, about_person, at, drafted, sign_in, slack, subject, task, wave_id,
};
use crate::store::{Store, WaveFilter};

/// After an erasure no read tells anything of the person, and everything of everyone else.
pub async fn erasure(store: &dyn Store) {
    let other = drafted(9, 0, About::Subject(subject(2)), Change::Joiner);
    tell(store, about_person(1)).await;
    tell(store, about_person(2)).await;
    tell(store, vec![Event::PlanDrafted(other)]).await;
    tell(store, about_nobody()).await;
    let before = everything(store, 1).await;
    assert!(
        before.iter().all(|found| *found > 0),
        "the suite reads what it wrote: {before:?}"
    );
    let of_other = everything(store, 2).await;

    let erased = SubjectErased {
        subject: subject(1),
        reason: "asked".to_owned(),
    };
    tell(store, vec![Event::SubjectErased(erased.clone())]).await;
    assert_eq!(everything(store, 1).await, [0; 23]);
    assert_eq!(everything(store, 2).await, of_other);
    let found = store.people_matching(PERSONAL, 9).await.unwrap();
    assert!(found.iter().all(|person| person.subject == subject(2)));
    assert!(
        store.wave(wave_id(0)).await.unwrap().is_some(),
        "what was done to others stays"
    );
    assert!(!store.waves(WaveFilter::default()).await.unwrap().is_empty());

    // Erasing again, or someone unknown, is no error and no change.
    tell(store, vec![Event::SubjectErased(erased)]).await;
    assert_eq!(everything(store, 2).await, of_other);

    // A person who comes back later is new.
    tell(store, about_person(1)).await;
    assert!(store.person(subject(1)).await.unwrap().is_some());
}

/// How many rows each read finds of the `n`th person.
async fn everything(store: &dyn Store, n: u8) -> [usize; 23] {
    let who = subject(n);
    let account = Address::account(&slack(), who);
    let remote = RemoteId(format!("u{n}"));
    let intents = store.open_intents(0).await.unwrap();
    let plans = store.plans_about(&About::Subject(who), 0).await.unwrap();
    let own = plans.first().map(|plan| plan.id);
    let findings = store.open_findings(0).await.unwrap();
    let concerned = findings
        .iter()
        .map(|row| &row.opened.finding)
        .filter(|finding| {
            finding.subject == Some(who) || finding.address.as_ref() == Some(&account)
        });
    let is = |count: bool| usize::from(count);
    let tasks = store.open_tasks(None, None, 0).await.unwrap();
    let decisions = store.decisions_about(&[who]).await.unwrap();
    [
        is(store.person(who).await.unwrap().is_some()),
        store.people(&[who]).await.unwrap().len(),
        store.pins(who).await.unwrap().len(),
        is(store.pinned(None, 0).await.unwrap().contains(&who)),
        is(store.people_due(at(99), 0).await.unwrap().contains(&who)),
        is(store
            .shadow(&slack(), Kind::Account, &remote)
            .await
            .unwrap()
            .is_some()),
        store.links_of(who).await.unwrap().len(),
        plans.len(),
        store
            .open_plans_about(&[About::Subject(who)])
            .await
            .unwrap()
            .len(),
        intents.iter().filter(|step| Some(step.plan) == own).count(),
        concerned.count(),
        decisions.accounts.len(),
        decisions.rejected.len(),
        decisions.access.len(),
        is(store.task(task(n).id).await.unwrap().is_some()),
        tasks
            .iter()
            .filter(|known| known.task.subject == who)
            .count(),
        is(store.login_of(who).await.unwrap().is_some()),
        store.credentials_of(who, 0).await.unwrap().len(),
        store.passes_of(who, at(0), 0).await.unwrap().len(),
        store.sessions_of(who, at(0), 0).await.unwrap().len(),
        is(store
            .session(sign_in::session(n, n).session)
            .await
            .unwrap()
            .is_some()),
        logouts(store, n).await,
        is(store
            .authorization(sign_in::authorization(n, n).authorization)
            .await
            .unwrap()
            .is_some()),
    ]
}

/// How many ends of sessions of the `n`th person are known, by the session and by when they are due.
async fn logouts(store: &dyn Store, n: u8) -> usize {
    let due = store.logouts_due(at(99), 0).await.unwrap();
    let due = due.iter().filter(|row| row.subject == subject(n)).count();
    let known = store.logout(sign_in::session(n, n).session).await.unwrap();
    assert_eq!(usize::from(known.is_some()), due);
    due
}
