use model::event::{ObjectLinked, ObjectUnlinked};
use model::{Address, Event, Kind, Ownership, RemoteId, TargetName};

use super::tell;
use crate::conformance::samples::{slack, subject};
use crate::store::{Link, Store};

fn linked(address: Address, remote: &str, ownership: Ownership) -> ObjectLinked {
    ObjectLinked {
        address,
        remote: RemoteId::from(remote),
        ownership,
        because: "made by a plan".to_owned(),
    }
}

fn as_read(e: &ObjectLinked) -> Link {
    Link {
        address: e.address.clone(),
        remote: e.remote.clone(),
        ownership: e.ownership,
        because: e.because.clone(),
    }
}

/// One person's account and grant, and their account elsewhere, another person's account and
/// the group.
fn cast() -> [ObjectLinked; 5] {
    let jira = TargetName::from("jira");
    let (slack, one, two) = (slack(), subject(1), subject(2));
    [
        linked(Address::account(&slack, one), "u1", Ownership::Managed),
        linked(
            Address::grant(&slack, one, "staff"),
            "g1",
            Ownership::Adopted,
        ),
        linked(Address::account(&jira, one), "u1", Ownership::Foreign),
        linked(Address::account(&slack, two), "u2", Ownership::Managed),
        linked(Address::group(&slack, "staff"), "g1", Ownership::Managed),
    ]
}

async fn tell_cast(store: &dyn Store) -> [ObjectLinked; 5] {
    let events = cast().map(Event::ObjectLinked);
    tell(store, events.to_vec()).await;
    cast()
}

async fn to(store: &dyn Store, kind: Kind, remote: &str) -> Option<Link> {
    let remote = RemoteId::from(remote);
    store.link_to(&slack(), kind, &remote).await.unwrap()
}

/// Links are found by address, subject and page.
pub async fn links(store: &dyn Store) {
    let all = tell_cast(store).await;
    let [mine, grant, there, yours, _] = &all;
    assert_eq!(store.link(&grant.address).await, Ok(Some(as_read(grant))));
    let elsewhere = Address::account(&there.address.target, subject(2));
    assert_eq!(store.link(&elsewhere).await, Ok(None));

    let mut wanted: Vec<_> = all.iter().map(|e| e.address.clone()).collect();
    wanted.push(elsewhere);
    wanted.push(mine.address.clone());
    let mut several = store.links(&wanted).await.unwrap();
    several.sort_by(|a, b| a.address.cmp(&b.address));
    let mut expected: Vec<_> = all.iter().map(as_read).collect();
    expected.sort_by(|a, b| a.address.cmp(&b.address));
    assert_eq!(several, expected, "once each, unknown ones left out");
    assert_eq!(store.links(&[]).await, Ok(vec![]));

    let by_address = vec![as_read(there), as_read(mine), as_read(grant)];
    assert_eq!(store.links_of(subject(1)).await, Ok(by_address.clone()));
    assert_eq!(store.links_of(subject(3)).await, Ok(vec![]));
    let one = [subject(1), subject(3), subject(1)];
    assert_eq!(store.links_about(&one).await, Ok(by_address.clone()));
    let mut both = by_address;
    both.push(as_read(yours));
    both.sort_by(|a, b| a.address.cmp(&b.address));
    let found = store.links_about(&[subject(2), subject(1)]).await;
    assert_eq!(found, Ok(both));
    assert_eq!(store.links_about(&[]).await, Ok(vec![]));

    let page = store.links_page(&slack(), Kind::Account, None, 1).await;
    assert_eq!(page, Ok(vec![as_read(mine)]));
    let after = Some(mine.address.key.0.as_str());
    let page = store.links_page(&slack(), Kind::Account, after, 9).await;
    assert_eq!(page, Ok(vec![as_read(yours)]));
    assert_eq!(store.linked(&slack(), Kind::Account).await, Ok(2));
    assert_eq!(store.linked(&slack(), Kind::Grant).await, Ok(1));
    assert_eq!(store.linked(&"nowhere".into(), Kind::Account).await, Ok(0));
}

/// Links are found from the remote object, and follow when they move or end.
pub async fn links_back(store: &dyn Store) {
    let [mine, grant, there, _, group] = tell_cast(store).await;
    assert_eq!(to(store, Kind::Account, "u1").await, Some(as_read(&mine)));
    let found = to(store, Kind::Group, "g1").await;
    assert_eq!(found, Some(as_read(&group)), "the group, not its grants");
    assert_eq!(to(store, Kind::Grant, "g1").await, None);
    assert_eq!(to(store, Kind::Account, "g1").await, None);

    let moved = linked(mine.address.clone(), "u7", Ownership::Adopted);
    let ended = ObjectUnlinked {
        address: grant.address,
        because: "revoked".to_owned(),
    };
    let events = vec![
        Event::ObjectLinked(moved.clone()),
        Event::ObjectUnlinked(ended),
    ];
    tell(store, events).await;
    let before = to(store, Kind::Account, "u1").await;
    assert_eq!(before, None, "an address means one object");
    assert_eq!(to(store, Kind::Account, "u7").await, Some(as_read(&moved)));
    let left = vec![as_read(&there), as_read(&moved)];
    assert_eq!(store.links_of(subject(1)).await, Ok(left));
}
