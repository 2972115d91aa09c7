use std::collections::BTreeMap;

use model::event::{
    MembersObserved, ObjectLinked, ObjectObserved, ObjectUnlinked, ObjectVanished,
    ObservationFinished,
};
use model::{
    Address, Completeness, Event, Kind, Ownership, Personal, Record, RemoteId, RunId, Shadow,
    TargetName, Version,
};

use super::tell;
use crate::conformance::samples::{at, slack, subject};
use crate::store::{Link, ObservationRow, Store};

fn seen(target: &TargetName, kind: Kind, remote: &str, name: &str) -> ObjectObserved {
    let record = Record {
        kind,
        remote: RemoteId::from(remote),
        external: Some("ext".to_owned()),
        name: name.to_owned(),
        active: true,
        attributes: BTreeMap::from([("displayName".to_owned(), name.into())]),
        members: None,
        version: Some(Version::from("W/\"1\"")),
    };
    ObjectObserved {
        target: target.clone(),
        kind,
        remote: RemoteId::from(remote),
        subject: None,
        seen_at: at(4),
        personal: Personal::Known(record),
    }
}

fn as_read(e: &ObjectObserved) -> Shadow {
    Shadow {
        record: e.personal.known().expect("known").clone(),
        seen_at: e.seen_at,
    }
}

/// Objects are read as last seen, by id, page and name, within their target and kind.
pub async fn shadows(store: &dyn Store) {
    let jira = TargetName::from("jira");
    let remotes = ["u/1", "u1", "u2", "z", "ü3"];
    let ours = remotes.map(|remote| seen(&slack(), Kind::Account, remote, &format!("N{remote}")));
    let others = [
        seen(&jira, Kind::Account, "u1", "Nu1"),
        seen(&slack(), Kind::Group, "u1", "Nu1"),
    ];
    let events = ours
        .iter()
        .rev()
        .chain(&others)
        .cloned()
        .map(Event::ObjectObserved)
        .collect();
    tell(store, events).await;
    let all: Vec<_> = ours.iter().map(as_read).collect();
    let id = |remote: &str| RemoteId::from(remote);

    let account = Kind::Account;
    assert_eq!(
        store.shadow(&slack(), account, &id("u1")).await,
        Ok(Some(all[1].clone()))
    );
    assert_eq!(store.shadow(&slack(), account, &id("U1")).await, Ok(None));
    assert_eq!(
        store.shadow(&slack(), Kind::Group, &id("u2")).await,
        Ok(None)
    );
    assert_eq!(store.shadows(&slack(), account, &[]).await, Ok(vec![]));
    let mut some = store
        .shadows(&slack(), account, &[id("z"), id("no"), id("u1"), id("z")])
        .await
        .unwrap();
    some.sort_by(|a, b| a.record.remote.cmp(&b.record.remote));
    assert_eq!(
        some,
        [all[1].clone(), all[3].clone()],
        "once each, unknown ones left out"
    );

    let first = store
        .shadows_page(&slack(), account, None, 2)
        .await
        .unwrap();
    assert_eq!(first, all[..2]);
    let rest = store
        .shadows_page(&slack(), account, Some(&id("u1")), 9)
        .await
        .unwrap();
    assert_eq!(rest, all[2..], "by the bytes of the id");

    assert_eq!(
        store.shadows_named(&slack(), account, "nU1").await,
        Ok(vec![all[1].clone()])
    );
    assert_eq!(
        store.shadows_named(&slack(), account, "nÜ3").await,
        Ok(vec![]),
        "ASCII case only"
    );
    assert_eq!(
        store.shadows_named(&slack(), account, "Nü3").await,
        Ok(vec![all[4].clone()])
    );
    assert_eq!(
        store.shadows_named(&slack(), account, "N%").await,
        Ok(vec![])
    );

    let renamed = seen(&slack(), account, "u1", "Other");
    let gone = ObjectVanished {
        target: slack(),
        kind: account,
        remote: id("u2"),
    };
    tell(
        store,
        vec![
            Event::ObjectObserved(renamed.clone()),
            Event::ObjectVanished(gone),
        ],
    )
    .await;
    assert_eq!(
        store.shadow(&slack(), account, &id("u1")).await,
        Ok(Some(as_read(&renamed)))
    );
    assert_eq!(store.shadow(&slack(), account, &id("u2")).await, Ok(None));
    assert_eq!(
        store.shadows_named(&slack(), account, "nu1").await,
        Ok(vec![])
    );
    assert_eq!(
        store.shadow(&jira, account, &id("u1")).await,
        Ok(Some(as_read(&others[0])))
    );
    runs(store).await;
}

async fn runs(store: &dyn Store) {
    let run = |n: u128, detail: &str| ObservationFinished {
        run: RunId::from_bits(n),
        target: slack(),
        kind: Kind::Account,
        started: at(1),
        read: 5,
        changed: 5,
        vanished: 0,
        completeness: Completeness::Partial,
        detail: detail.to_owned(),
    };
    assert_eq!(
        store.last_observation(&slack(), Kind::Account).await,
        Ok(None)
    );
    tell(store, vec![Event::ObservationFinished(run(2, "first"))]).await;
    // The last in the log, whatever its id.
    let last = run(1, "a page failed");
    let at = tell(store, vec![Event::ObservationFinished(last.clone())])
        .await
        .at;
    let read = store.last_observation(&slack(), Kind::Account).await;
    assert_eq!(read, Ok(Some(ObservationRow { at, run: last })));
    assert_eq!(
        store.last_observation(&slack(), Kind::Group).await,
        Ok(None)
    );
}

/// Memberships follow what was seen, from both ends.
pub async fn memberships(store: &dyn Store) {
    let ids = |names: &[&str]| {
        names
            .iter()
            .copied()
            .map(RemoteId::from)
            .collect::<Vec<_>>()
    };
    let change = |target: &str, group: &str, added: &[&str], removed: &[&str]| {
        Event::MembersObserved(MembersObserved {
            target: TargetName::from(target),
            group: RemoteId::from(group),
            added: ids(added),
            removed: ids(removed),
        })
    };
    let members = |target: &'static str, group: &'static str| async move {
        store
            .members(&TargetName::from(target), &RemoteId::from(group))
            .await
            .unwrap()
    };
    let groups = |target: &'static str, member: &'static str| async move {
        store
            .member_of(&TargetName::from(target), &RemoteId::from(member))
            .await
            .unwrap()
    };
    let group = seen(&slack(), Kind::Group, "g1", "Staff");
    tell(
        store,
        vec![
            Event::ObjectObserved(group.clone()),
            change("slack", "g1", &["u2", "u1", "u/3"], &[]),
            change("slack", "g0", &["u1"], &[]),
            change("jira", "g1", &["u1"], &[]),
        ],
    )
    .await;
    assert_eq!(members("slack", "g1").await, ids(&["u/3", "u1", "u2"]));
    assert_eq!(members("slack", "g9").await, ids(&[]));
    assert_eq!(groups("slack", "u1").await, ids(&["g0", "g1"]));
    assert_eq!(groups("jira", "u2").await, ids(&[]));

    let read = store
        .shadow(&slack(), Kind::Group, &RemoteId::from("g1"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        read.record.members,
        Some(ids(&["u/3", "u1", "u2"])),
        "filled in for one"
    );
    let page = store.shadows_page(&slack(), Kind::Group, None, 9).await;
    assert_eq!(page, Ok(vec![as_read(&group)]), "and not for many");

    tell(store, vec![change("slack", "g1", &["u4"], &["u1", "u/3"])]).await;
    assert_eq!(members("slack", "g1").await, ids(&["u2", "u4"]));
    assert_eq!(members("jira", "g1").await, ids(&["u1"]));

    let gone = ObjectVanished {
        target: slack(),
        kind: Kind::Group,
        remote: RemoteId::from("g1"),
    };
    tell(store, vec![Event::ObjectVanished(gone)]).await;
    assert_eq!(
        members("slack", "g1").await,
        ids(&[]),
        "a group that is gone has no members"
    );
    assert_eq!(groups("slack", "u1").await, ids(&["g0"]));
    assert_eq!(members("jira", "g1").await, ids(&["u1"]));
}

/// Links are found from both ends, and of a subject.
pub async fn links(store: &dyn Store) {
    let jira = TargetName::from("jira");
    let linked = |address: Address, remote: &str, ownership| ObjectLinked {
        address,
        remote: RemoteId::from(remote),
        ownership,
        because: "made by a plan".to_owned(),
    };
    let read = |e: &ObjectLinked| Link {
        address: e.address.clone(),
        remote: e.remote.clone(),
        ownership: e.ownership,
        because: e.because.clone(),
    };
    let mine = linked(
        Address::account(&slack(), subject(1)),
        "u1",
        Ownership::Managed,
    );
    let grant = linked(
        Address::grant(&slack(), subject(1), "staff"),
        "g1",
        Ownership::Adopted,
    );
    let there = linked(
        Address::account(&jira, subject(1)),
        "u1",
        Ownership::Foreign,
    );
    let yours = linked(
        Address::account(&slack(), subject(2)),
        "u2",
        Ownership::Managed,
    );
    let group = linked(Address::group(&slack(), "staff"), "g1", Ownership::Managed);
    let all = [&mine, &grant, &there, &yours, &group];
    tell(
        store,
        all.into_iter().cloned().map(Event::ObjectLinked).collect(),
    )
    .await;

    assert_eq!(store.link(&grant.address).await, Ok(Some(read(&grant))));
    assert_eq!(
        store.link(&Address::account(&jira, subject(2))).await,
        Ok(None)
    );
    let wanted: Vec<_> = all.iter().map(|e| e.address.clone()).collect();
    let mut several = store
        .links(&[&wanted[..], &wanted[..1]].concat())
        .await
        .unwrap();
    several.sort_by(|a, b| a.address.cmp(&b.address));
    let mut expected: Vec<_> = all.map(read).to_vec();
    expected.sort_by(|a, b| a.address.cmp(&b.address));
    assert_eq!(several, expected);
    assert_eq!(store.links(&[]).await, Ok(vec![]));

    let of_first = store.links_of(subject(1)).await;
    assert_eq!(
        of_first,
        Ok(vec![read(&there), read(&mine), read(&grant)]),
        "by address"
    );
    let to = |kind, remote: &'static str| async move {
        store
            .link_to(&slack(), kind, &RemoteId::from(remote))
            .await
            .unwrap()
    };
    assert_eq!(to(Kind::Account, "u1").await, Some(read(&mine)));
    assert_eq!(
        to(Kind::Group, "g1").await,
        Some(read(&group)),
        "the group, not its grants"
    );
    assert_eq!(to(Kind::Grant, "g1").await, None);
    assert_eq!(to(Kind::Account, "g1").await, None);

    let page = store.links_page(&slack(), Kind::Account, None, 1).await;
    assert_eq!(page, Ok(vec![read(&mine)]));
    let key = mine.address.key.0.as_str();
    let page = store
        .links_page(&slack(), Kind::Account, Some(key), 9)
        .await;
    assert_eq!(page, Ok(vec![read(&yours)]));

    let moved = linked(mine.address.clone(), "u7", Ownership::Adopted);
    let ended = ObjectUnlinked {
        address: grant.address.clone(),
        because: "revoked".to_owned(),
    };
    tell(
        store,
        vec![
            Event::ObjectLinked(moved.clone()),
            Event::ObjectUnlinked(ended),
        ],
    )
    .await;
    assert_eq!(
        to(Kind::Account, "u1").await,
        None,
        "an address means one object"
    );
    assert_eq!(
        store.links_of(subject(1)).await,
        Ok(vec![read(&there), read(&moved)])
    );
}
