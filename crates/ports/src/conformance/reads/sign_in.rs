//! People signing in.

use model::event::{AuthorizationChanged, SessionChanged};
use model::sign_in::{Ended, KeyStage};
use model::{Actor, Event};

use super::tell;
use crate::conformance::samples::{at, sign_in as made, subject};
use crate::store::{Append, AppendError, DeviceRow, OneTime, Store, Stream};

/// Under a name are found those who have it now; of more than two no more are named.
pub async fn logins(store: &dyn Store) {
    let name = made::login(1).login;
    assert!(store.subjects_with_login(name).await.unwrap().is_empty());
    tell(store, vec![Event::LoginChanged(made::login(1))]).await;
    assert_eq!(store.subjects_with_login(name).await.unwrap(), [subject(1)]);
    assert_eq!(store.login_of(subject(1)).await.unwrap(), Some(name));
    assert_eq!(store.login_of(subject(2)).await.unwrap(), None);
    let mut same = made::login(2);
    same.login = name;
    let mut third = made::login(3);
    third.login = name;
    let told = [same, third].map(Event::LoginChanged);
    tell(store, told.to_vec()).await;
    assert_eq!(
        store.subjects_with_login(name).await.unwrap(),
        [subject(1), subject(2)]
    );
    let mut other = made::login(1);
    other.login = made::login(9).login;
    tell(store, vec![Event::LoginChanged(other)]).await;
    assert_eq!(
        store.subjects_with_login(name).await.unwrap(),
        [subject(2), subject(3)]
    );
}

/// A credential is found with its owner and by what an authenticator calls it, ended or not.
pub async fn credentials(store: &dyn Store) {
    let mut one = made::credential(1);
    let stream = Stream::new("credential", one.credential);
    let put = |event: &_, head| {
        let events = vec![Event::CredentialChanged(Clone::clone(event))];
        store.append(Append::of(Actor::system(), events).on(stream.clone(), head))
    };
    let head = put(&one, None).await.unwrap().last;
    tell(store, vec![Event::CredentialChanged(made::credential(2))]).await;
    let found = store.credentials_of(subject(1), 0).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (
            found[0].id,
            found[0].head,
            &found[0].state,
            &found[0].verifier
        ),
        (one.credential, Some(head), &one.state, &one.personal)
    );
    let handle = one.state.handle.unwrap();
    let by_handle = store.credential_by_handle(handle).await.unwrap();
    assert_eq!(by_handle, Some(found[0].clone()));
    let by_id = store.credential(one.credential).await.unwrap();
    assert_eq!(by_id, Some(found[0].clone()));
    let nobodys = made::credential(9).credential;
    assert!(store.credential(nobodys).await.unwrap().is_none());
    let unknown = made::credential(9).state.handle.unwrap();
    assert!(store.credential_by_handle(unknown).await.unwrap().is_none());

    one.state.ended = Some(Ended {
        at: at(5),
        reason: "lost".to_owned(),
    });
    let stale = put(&one, None).await;
    assert!(
        matches!(stale, Err(AppendError::Conflict { .. })),
        "{stale:?}"
    );
    put(&one, Some(head)).await.unwrap();
    let found = store.credential_by_handle(handle).await.unwrap().unwrap();
    assert!(found.state.ended.is_some());
    // One that ended is told of, and no longer among those that count, however many ended before.
    let live = store.live_credentials(subject(1), 0).await.unwrap();
    assert!(live.is_empty());
    let mut newer = made::credential(3);
    newer.state.subject = subject(1);
    newer.state.handle = one.state.handle;
    let newer = (newer.credential, vec![Event::CredentialChanged(newer)]);
    tell(store, newer.1).await;
    let live = store.live_credentials(subject(1), 1).await.unwrap();
    assert_eq!(live.iter().map(|row| row.id).collect::<Vec<_>>(), [newer.0]);
    // What counts is found by its name before what ended, however old that is.
    let by_handle = store.credential_by_handle(handle).await.unwrap();
    assert_eq!(by_handle.map(|row| row.id), Some(newer.0));
    let all = store.credentials_of(subject(1), 0).await.unwrap();
    let ids: Vec<_> = all.iter().map(|row| row.id).collect();
    assert_eq!(ids, [newer.0, one.credential]);
    let by_id = store.credential(one.credential).await.unwrap();
    assert_eq!(by_id, Some(found));
}

/// A pass is found until it ends.
pub async fn passes(store: &dyn Store) {
    tell(store, vec![Event::PassIssued(made::pass(1))]).await;
    let found = store.passes_of(subject(1), at(599), 0).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (
            found[0].id,
            found[0].subject,
            found[0].secret,
            found[0].expires
        ),
        (
            made::pass(1).pass,
            subject(1),
            made::pass(1).secret,
            at(600)
        )
    );
    let over = store.passes_of(subject(1), at(600), 0).await.unwrap();
    assert!(over.is_empty());
    let other = store.passes_of(subject(2), at(0), 0).await.unwrap();
    assert!(other.is_empty());

    // Those of everyone are told page by page, until they end.
    let mut shorter = made::pass(2);
    shorter.expires = at(10);
    tell(store, vec![Event::PassIssued(shorter)]).await;
    let open = |now, after| async move {
        let rows = store.open_passes(at(now), after, 1).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let (one, two) = (made::pass(1).pass, made::pass(2).pass);
    assert_eq!(open(9, None).await, [one]);
    assert_eq!(open(9, Some(one)).await, [two]);
    assert_eq!(open(9, Some(two)).await, []);
    assert_eq!(open(10, Some(one)).await, []);
}

/// Sessions of a person are listed while they are open, newest first; one is found for ever.
pub async fn sessions(store: &dyn Store) {
    let first = made::session(1, 1);
    let stream = Stream::new("session", first.session);
    let event = |e: &SessionChanged| vec![Event::SessionChanged(e.clone())];
    let append = Append::of(Actor::system(), event(&first)).on(stream.clone(), None);
    let head = store.append(append).await.unwrap().last;
    tell(store, event(&made::session(1, 2))).await;
    tell(store, event(&made::session(2, 3))).await;
    let ids = |rows: Vec<crate::store::SessionRow>| -> Vec<_> {
        rows.into_iter().map(|row| row.id).collect()
    };
    let (one, two) = (first.session, made::session(1, 2).session);
    let open = store.sessions_of(subject(1), at(9), 0).await.unwrap();
    assert_eq!(ids(open), [two, one]);
    let row = store.session(one).await.unwrap().unwrap();
    assert_eq!((row.head, &row.state), (Some(head), &first.state));
    // The first is idle for an hour then, the second not yet.
    let open = store.sessions_of(subject(1), at(3_601), 0).await.unwrap();
    assert_eq!(ids(open), [two]);
    let mut ended = made::session(1, 2);
    ended.state.ended = Some(Ended {
        at: at(9),
        reason: "signed out".to_owned(),
    });
    let before = store.session(two).await.unwrap().unwrap();
    assert_eq!((before.head, before.state.ended), (None, None));
    let append = Append::of(Actor::system(), event(&made::session(2, 4)));
    let append = append.bumping(Stream::new("session", two));
    let head = store.append(append).await.unwrap().last;
    let moved = store.session(two).await.unwrap().unwrap();
    assert_eq!(moved.head, Some(head), "its stream alone was moved");
    tell(store, event(&ended)).await;
    let open = store.sessions_of(subject(1), at(9), 0).await.unwrap();
    assert_eq!(ids(open), [one]);
    let row = store.session(two).await.unwrap().unwrap();
    assert_eq!(row.state, ended.state);

    // Those of everyone are told page by page, by id.
    let three = made::session(2, 3).session;
    let open = |now, after| async move {
        let rows = store.open_sessions(at(now), after, 1).await.unwrap();
        ids(rows)
    };
    assert_eq!(open(9, None).await, [one]);
    assert_eq!(open(9, Some(one)).await, [three]);
    assert_eq!(open(9, Some(three)).await, [made::session(2, 4).session]);
    assert_eq!(open(3_601, None).await, [three], "the first is idle");
}

/// Who is told of the end of a session is found by the session, and due in turn.
pub async fn logouts(store: &dyn Store) {
    let session = |number| made::session(1, number).session;
    let end = |number, second| {
        let mut event = made::session(1, number);
        event.state.ended = Some(Ended {
            at: at(second),
            reason: "signed out".to_owned(),
        });
        event.tell = true;
        Event::SessionChanged(event)
    };
    tell(store, vec![end(1, 9), end(2, 5)]).await;
    let mut silent = made::session(1, 3);
    silent.state.ended = Some(Ended {
        at: at(1),
        reason: "signed out".to_owned(),
    });
    tell(store, vec![Event::SessionChanged(silent)]).await;
    let ended = store.ended_sessions_of(subject(1), 0).await.unwrap();
    let ids: Vec<_> = ended.into_iter().map(|row| row.id).collect();
    assert_eq!(ids, [session(3), session(2), session(1)]);
    let ended = store.ended_sessions_of(subject(2), 0).await.unwrap();
    assert!(ended.is_empty());

    let due = |second| async move {
        let rows = store.logouts_due(at(second), 0).await.unwrap();
        let of = |row: &crate::store::LogoutRow| (row.session, row.state.is_some());
        rows.iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(due(4).await, []);
    assert_eq!(due(9).await, [(session(2), false), (session(1), false)]);
    assert_eq!(store.logout(session(3)).await.unwrap(), None);
    let row = store.logout(session(1)).await.unwrap().unwrap();
    assert_eq!((row.subject, row.head, row.state), (subject(1), None, None));

    let mut told = made::logout(1, 1);
    let stream = Stream::new("logout", session(1));
    let append = Append::of(Actor::system(), vec![Event::LogoutTold(told.clone())]);
    let head = store.append(append.on(stream, None)).await.unwrap().last;
    assert_eq!(due(13).await, [(session(2), false)]);
    assert_eq!(due(14).await, [(session(2), false), (session(1), true)]);
    let row = store.logout(session(1)).await.unwrap().unwrap();
    assert_eq!(
        (row.head, row.state),
        (Some(head), Some(told.state.clone()))
    );
    told.state.parties[0].next = None;
    tell(store, vec![Event::LogoutTold(told.clone())]).await;
    assert_eq!(due(99).await, [(session(2), false)]);
    let row = store.logout(session(1)).await.unwrap().unwrap();
    assert_eq!(row.state, Some(told.state));
}

/// What was given in a session is listed, ended or not; one is found for ever.
pub async fn authorizations(store: &dyn Store) {
    let event = |e: &AuthorizationChanged| vec![Event::AuthorizationChanged(e.clone())];
    let mut one = made::authorization(1, 1);
    tell(store, event(&one)).await;
    tell(store, event(&made::authorization(1, 2))).await;
    let mut elsewhere = made::authorization(1, 3);
    elsewhere.state.session = made::session(1, 2).session;
    tell(store, event(&elsewhere)).await;
    let session = one.state.session;
    let given = store.authorizations_in(session, None, 0).await.unwrap();
    let ids: Vec<_> = given.iter().map(|row| row.id).collect();
    assert_eq!(
        ids,
        [one.authorization, made::authorization(1, 2).authorization]
    );
    assert_eq!((given[0].head, &given[0].state), (None, &one.state));

    one.state.ended = Some(Ended {
        at: at(3),
        reason: "a refresh token came twice".to_owned(),
    });
    let before = store.authorization(one.authorization).await.unwrap();
    assert_eq!(before.map(|row| row.head), Some(None));
    let stream = Stream::new("authorization", one.authorization);
    let append = Append::of(Actor::system(), event(&one)).on(stream, None);
    let head = store.append(append).await.unwrap().last;
    let given = store.authorizations_in(session, None, 0).await.unwrap();
    assert_eq!(given.len(), 2, "ended or not");
    let after = Some(one.authorization);
    let given = store.authorizations_in(session, after, 1).await.unwrap();
    let ids: Vec<_> = given.iter().map(|row| row.id).collect();
    assert_eq!(ids, [made::authorization(1, 2).authorization]);
    // Those of everyone, page by page.
    let page = |after| async move {
        let rows = store.live_authorizations(after, 1).await.unwrap();
        rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let (two, three) = (
        made::authorization(1, 2).authorization,
        elsewhere.authorization,
    );
    assert_eq!(page(None).await, [two]);
    assert_eq!(page(Some(two)).await, [three]);
    assert_eq!(page(Some(three)).await, []);
    let row = store.authorization(one.authorization).await.unwrap();
    let row = row.unwrap();
    assert_eq!((row.head, &row.state), (Some(head), &one.state));
}

/// Keys are told until they are gone.
pub async fn signing_keys(store: &dyn Store) {
    let staged = |kid, stage| Event::KeyChanged(made::key(kid, stage));
    tell(store, vec![staged("b", KeyStage::Current)]).await;
    tell(store, vec![staged("a", KeyStage::Next)]).await;
    tell(store, vec![staged("c", KeyStage::Past)]).await;
    let told = |keys: Vec<model::SigningKey>| -> Vec<_> {
        keys.into_iter().map(|key| (key.kid, key.stage)).collect()
    };
    let keys = told(store.signing_keys().await.unwrap());
    let a = ("a".to_owned(), KeyStage::Next);
    let b = ("b".to_owned(), KeyStage::Current);
    assert_eq!(
        keys,
        [a.clone(), b.clone(), ("c".to_owned(), KeyStage::Past)]
    );
    tell(store, vec![staged("c", KeyStage::Gone)]).await;
    assert_eq!(told(store.signing_keys().await.unwrap()), [a, b]);
}

/// What counts once counts once, in its own space, and whoever forgets it forgets no other. Nothing of it is
/// in the log.
pub async fn spent(store: &dyn Store) {
    let one = |space, n: u32| OneTime {
        space,
        value: model::Digest::of(&n.to_be_bytes()),
    };
    let spend = |space, n, now| store.spend(one(space, n), at(now + 60), at(now));
    assert_eq!(spend("a", 0, 1).await, Ok(true));
    assert_eq!(spend("a", 0, 2).await, Ok(false));
    assert_eq!(spend("b", 0, 2).await, Ok(true));
    // Among so many there are some that have the store forget what is over.
    for n in 1..70 {
        assert_eq!(spend("a", n, 60).await, Ok(true), "{n}");
        assert_eq!(spend("a", n, 60).await, Ok(false), "{n}");
    }
    assert_eq!(spend("a", 0, 61).await, Ok(false), "it is still remembered");
    for n in 560..600 {
        assert_eq!(spend("a", n, 119).await, Ok(true), "{n}");
    }
    assert_eq!(spend("a", 0, 119).await, Ok(true), "it was forgotten");
    assert_eq!(spend("a", 1, 119).await, Ok(false));
    let (first, second) = tokio::join!(spend("c", 0, 119), spend("c", 0, 119));
    assert_ne!(first, second, "of two at once one is first");
    assert_eq!(store.head().await.unwrap().0, 0);
}

/// A device waits until its end, is found by its code, and asks no more often than it may.
pub async fn devices(store: &dyn Store) {
    let row = |n: u128, code: &[u8], until| DeviceRow {
        id: model::AuthorizationId::from_bits(n),
        code: model::Digest::of(code),
        until: at(until),
        asked: format!("asked {n}"),
    };
    let (one, other) = (row(1, b"a", 60), row(2, b"b", 90));
    store.put_device(one.clone(), at(0)).await.unwrap();
    store.put_device(other.clone(), at(1)).await.unwrap();
    let with = |code: &'static [u8], now| store.devices_with_code(model::Digest::of(code), at(now));
    assert_eq!(with(b"a", 59).await.unwrap(), std::slice::from_ref(&one));
    assert_eq!(with(b"a", 60).await.unwrap(), []);
    assert_eq!(with(b"c", 0).await.unwrap(), []);
    let asks = |now| store.device_asks(one.id, at(now - 5), at(now));
    assert_eq!(asks(4).await, Ok(false), "it asked when it began");
    assert_eq!(asks(5).await, Ok(true));
    let (first, second) = tokio::join!(asks(10), asks(10));
    assert_ne!(first, second, "of two at once one is first");
    assert_eq!(asks(14).await, Ok(false));
    let nobody = store.device_asks(row(9, b"", 0).id, at(0), at(0)).await;
    assert_eq!(nobody, Ok(false));
    // Two by chance are both told, so that neither is taken for the other.
    store.put_device(row(3, b"b", 95), at(61)).await.unwrap();
    assert_eq!(with(b"b", 61).await.unwrap().len(), 2);
    assert_eq!(
        store.device(one.id).await,
        Ok(None),
        "it is over, and forgotten"
    );
    assert_eq!(store.device(other.id).await, Ok(Some(other)));
    assert_eq!(store.head().await.unwrap().0, 0);
}
