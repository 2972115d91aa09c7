use model::event::{AccessDecided, AccountDecided, Holder, MatchRejected, Stated};
use model::{Address, Event, RemoteId, TargetName};

use super::tell;
use crate::conformance::samples::{at, decided, slack, subject};
use crate::store::Store;

fn person(n: u8) -> Holder {
    Holder::Person {
        subject: subject(n),
    }
}

fn not_same(account: u8, n: u8) -> MatchRejected {
    MatchRejected {
        target: slack(),
        remote: RemoteId(format!("u{account}")),
        subject: subject(n),
        by: "ana".to_owned(),
        reason: "another of this name".to_owned(),
    }
}

fn access(n: u8, stated: Stated) -> AccessDecided {
    AccessDecided {
        address: Address::grant(&slack(), subject(n), "staff"),
        stated,
        by: "ana".to_owned(),
        reason: "CHG-7".to_owned(),
    }
}

async fn accounts(store: &dyn Store, after: Option<&str>, limit: u32) -> Vec<AccountDecided> {
    let after = after.map(RemoteId::from);
    let target = slack();
    let page = store.decided_accounts(&target, after.as_ref(), limit);
    page.await.unwrap().into_iter().map(|d| d.decided).collect()
}

/// Decisions are found by account, by page and by person; the last one counts, until it is taken
/// back.
pub async fn decisions(store: &dyn Store) {
    let elsewhere = AccountDecided {
        target: TargetName::from("jira"),
        ..decided(1, Holder::Shared)
    };
    let keep = Stated::Keep {
        owner: "sales".to_owned(),
        until: Some(at(60)),
    };
    let told = tell(
        store,
        vec![
            Event::AccountDecided(decided(1, person(1))),
            Event::AccountDecided(decided(2, Holder::Orphan)),
            Event::AccountDecided(elsewhere),
            Event::MatchRejected(not_same(2, 1)),
            Event::MatchRejected(not_same(2, 3)),
            Event::AccessDecided(access(1, keep.clone())),
        ],
    )
    .await;
    let one = RemoteId::from("u1");
    let found = store
        .decided_account(&slack(), &one)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.at, &found.decided),
        (told.at, &decided(1, person(1)))
    );
    let unknown = RemoteId::from("u9");
    assert_eq!(store.decided_account(&slack(), &unknown).await, Ok(None));
    let both = [decided(1, person(1)), decided(2, Holder::Orphan)];
    assert_eq!(accounts(store, None, 9).await, both);
    assert_eq!(accounts(store, Some("u1"), 9).await, both[1..]);
    assert_eq!(accounts(store, None, 1).await, both[..1]);

    let two = [subject(3), subject(1), subject(1), subject(8)];
    let about = store.decisions_about(&two).await.unwrap();
    assert_eq!(about.accounts.len(), 1);
    let pairs: Vec<_> = about.rejected.into_iter().map(|r| r.rejected).collect();
    assert_eq!(pairs, [not_same(2, 1), not_same(2, 3)]);
    assert_eq!(about.access[0].decided, access(1, keep));
    let nobody = store.decisions_about(&[]).await.unwrap();
    assert_eq!(nobody, Default::default());

    // The account turns out to be theirs after all; the access is rejected, then left open.
    let after_all = vec![
        Event::AccountDecided(decided(2, person(3))),
        Event::AccountDecided(decided(1, Holder::Undecided)),
        Event::AccessDecided(access(1, Stated::Reject)),
    ];
    tell(store, after_all).await;
    let about = store.decisions_about(&[subject(3)]).await.unwrap();
    assert_eq!(about.rejected, [], "no longer not theirs");
    assert_eq!(about.accounts[0].decided, decided(2, person(3)));
    let about = store.decisions_about(&[subject(1)]).await.unwrap();
    assert_eq!((about.accounts.len(), about.rejected.len()), (0, 1));
    assert_eq!(about.access[0].decided.stated, Stated::Reject);
    tell(
        store,
        vec![Event::AccessDecided(access(1, Stated::Undecided))],
    )
    .await;
    let about = store.decisions_about(&[subject(1)]).await.unwrap();
    assert_eq!(about.access, []);
}
