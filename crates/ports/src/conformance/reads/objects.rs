use std::collections::BTreeMap;

use model::event::{
    MembersObserved, NameLost, ObjectObserved, ObjectVanished, ObservationFinished, SubjectErased,
};
use model::{
    Completeness, Digest, Event, Kind, Personal, Record, RemoteId, RunId, Shadow, SubjectId,
    TargetName, Version,
};

use super::tell;
use crate::conformance::samples::{at, slack, subject};
use crate::store::{LostName, ObservationRow, Store};

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

fn id(remote: &str) -> RemoteId {
    RemoteId::from(remote)
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
        .shadows(
            &slack(),
            account,
            &[id("z"), id("no"), id("n\0"), id("u1"), id("z")],
        )
        .await
        .unwrap();
    some.sort_by(|a, b| a.record.remote.cmp(&b.record.remote));
    assert_eq!(
        some,
        [all[1].clone(), all[3].clone()],
        "once each, unknown ones left out"
    );

    let asked = [id("z"), id("no"), id("n\0"), id("u1"), id("z")];
    let unread = store.unread(&slack(), account, &asked).await.unwrap();
    let mut read: Vec<Record> = unread.iter().map(|u| u.read().unwrap()).collect();
    read.sort_by(|a, b| a.remote.cmp(&b.remote));
    let same = some.iter().map(|shadow| &shadow.record);
    assert!(read.iter().eq(same), "what is written is what is read");
    assert!(unread.iter().all(|u| u.read().unwrap().remote == u.remote));

    listed(store, &all).await;
    usable(store).await;
    moved(store, &as_read(&others[0])).await;
}

/// Accounts that may be used are counted as they were seen last: no groups, and no other target's.
async fn usable(store: &dyn Store) {
    let jira = TargetName::from("jira");
    let count = async |target: &TargetName| store.usable(target).await.unwrap();
    assert_eq!((count(&slack()).await, count(&jira).await), (5, 1));
    let mut closed = seen(&slack(), Kind::Account, "z", "Nz");
    let opened = closed.clone();
    if let Personal::Known(record) = &mut closed.personal {
        record.active = false;
    }
    tell(store, vec![Event::ObjectObserved(closed)]).await;
    assert_eq!((count(&slack()).await, count(&jira).await), (4, 1));
    let asked = [id("z"), id("no"), id("n\0"), id("u1"), id("ü3"), id("u1")];
    let of = async |target: &TargetName, asked: &[_]| {
        let mut found = store.usable_of(target, asked).await.unwrap();
        found.sort();
        found
    };
    assert_eq!(of(&slack(), &asked).await, [id("u1"), id("ü3")]);
    assert_eq!(of(&jira, &asked).await, [id("u1")]);
    assert_eq!(of(&jira, &[]).await, []);
    tell(store, vec![Event::ObjectObserved(opened)]).await;
    let gone = ObjectVanished {
        target: jira.clone(),
        kind: Kind::Account,
        remote: id("u1"),
    };
    tell(store, vec![Event::ObjectVanished(gone)]).await;
    assert_eq!((count(&slack()).await, count(&jira).await), (5, 0));
    assert_eq!(count(&"nowhere".into()).await, 0);
    let there = seen(&jira, Kind::Account, "u1", "Nu1");
    tell(store, vec![Event::ObjectObserved(there)]).await;
}

async fn listed(store: &dyn Store, all: &[Shadow]) {
    let account = Kind::Account;
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
}

async fn moved(store: &dyn Store, elsewhere: &Shadow) {
    let account = Kind::Account;
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
        store
            .shadow(&TargetName::from("jira"), account, &id("u1"))
            .await,
        Ok(Some(elsewhere.clone()))
    );
}

/// A name that was lost is known by when and by whom last, in its own target; when the person is
/// erased, only when is left.
pub async fn lost_names(store: &dyn Store) {
    let name = |text: &str| Digest::of(text.as_bytes());
    let lost = |text: &str, of: Option<SubjectId>| {
        Event::NameLost(NameLost {
            target: slack(),
            name: name(text),
            subject: of,
        })
    };
    let read = async |text: &str| store.lost_name(&slack(), name(text)).await.unwrap();
    let (kim, lou) = (Some(subject(1)), Some(subject(2)));
    let first = tell(store, vec![lost("kim", kim), lost("lou", lou)])
        .await
        .at;
    let at = first;
    assert_eq!(read("kim").await, Some(LostName { at, of: kim }));
    assert_eq!(read("lou").await, Some(LostName { at, of: lou }));
    assert_eq!(read("max").await, None);
    let jira = TargetName::from("jira");
    assert_eq!(store.lost_name(&jira, name("kim")).await, Ok(None));

    let at = tell(store, vec![lost("lou", kim), lost("max", kim)])
        .await
        .at;
    assert_eq!(
        read("lou").await,
        Some(LostName { at, of: kim }),
        "the last"
    );
    let at = tell(store, vec![lost("max", None)]).await.at;
    assert_eq!(read("max").await, Some(LostName { at, of: None }));

    let erased = SubjectErased {
        subject: subject(1),
        reason: "asked".to_owned(),
    };
    let (at, of) = (first, None);
    tell(store, vec![Event::SubjectErased(erased)]).await;
    assert_eq!(read("kim").await, Some(LostName { at, of }), "still kept");
    assert_eq!(read("lou").await.map(|lost| lost.of), Some(None));
}

/// The last run over a target and kind is the last in the log.
pub async fn runs(store: &dyn Store) {
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
        certificate_ends: Some(at(9)),
        clock_ahead_s: None,
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

fn ids(names: &[&str]) -> Vec<RemoteId> {
    names.iter().copied().map(RemoteId::from).collect()
}

fn change(target: &str, group: &str, added: &[&str], removed: &[&str]) -> Event {
    Event::MembersObserved(MembersObserved {
        target: TargetName::from(target),
        group: RemoteId::from(group),
        added: ids(added),
        removed: ids(removed),
    })
}

async fn members(store: &dyn Store, target: &str, group: &str) -> Vec<RemoteId> {
    let found = store.members(&TargetName::from(target), &id(group)).await;
    found.unwrap()
}

async fn groups(store: &dyn Store, target: &str, member: &str) -> Vec<RemoteId> {
    let found = store
        .member_of(&TargetName::from(target), &id(member))
        .await;
    found.unwrap()
}

/// Memberships follow what was seen, from both ends.
pub async fn memberships(store: &dyn Store) {
    let group = seen(&slack(), Kind::Group, "g1", "Staff");
    let events = vec![
        Event::ObjectObserved(group.clone()),
        change("slack", "g1", &["u2", "u1", "u/3"], &[]),
        change("slack", "g0", &["u1"], &[]),
        change("jira", "g1", &["u1"], &[]),
    ];
    tell(store, events).await;
    let all = ids(&["u/3", "u1", "u2"]);
    assert_eq!(members(store, "slack", "g1").await, all);
    assert_eq!(members(store, "slack", "g9").await, []);
    assert_eq!(groups(store, "slack", "u1").await, ids(&["g0", "g1"]));
    assert_eq!(groups(store, "jira", "u2").await, []);
    let several = ids(&["u2", "u9", "u1", "u2"]);
    let found = store.memberships_of(&slack(), &several).await;
    let pair = |member: &str, group: &str| (id(member), id(group));
    let wanted = vec![pair("u1", "g0"), pair("u1", "g1"), pair("u2", "g1")];
    assert_eq!(found, Ok(wanted), "each once, of this target only");
    assert_eq!(store.memberships_of(&slack(), &[]).await, Ok(vec![]));

    let read = store.shadow(&slack(), Kind::Group, &id("g1")).await;
    let members_of_one = read.unwrap().unwrap().record.members;
    assert_eq!(members_of_one, Some(all), "filled in for one");
    let page = store.shadows_page(&slack(), Kind::Group, None, 9).await;
    assert_eq!(page, Ok(vec![as_read(&group)]), "and not for many");

    tell(store, vec![change("slack", "g1", &["u4"], &["u1", "u/3"])]).await;
    assert_eq!(members(store, "slack", "g1").await, ids(&["u2", "u4"]));
    assert_eq!(members(store, "jira", "g1").await, ids(&["u1"]));

    let gone = ObjectVanished {
        target: slack(),
        kind: Kind::Group,
        remote: id("g1"),
    };
    tell(store, vec![Event::ObjectVanished(gone)]).await;
    assert_eq!(members(store, "slack", "g1").await, [], "the group is gone");
    assert_eq!(groups(store, "slack", "u1").await, ids(&["g0"]));
    assert_eq!(members(store, "jira", "g1").await, ids(&["u1"]));
}
