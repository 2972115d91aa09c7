//! What people are told of, and what they may have to be told of.

use model::event::{
    DeliveryReceived, PlanDrafted, SourceHeard, TokenIssued, TokenRevoked, WaveJudged, WaveReleased,
};
use model::plan::PlanStatus;
use model::{Actor, Change, Completeness, DeliveryId, Digest, Event, Scope, TokenId, Verdict};

use super::tell;
use super::work::{about, changed, proposed};
use crate::conformance::samples::{at, drafted, noticed, plan_id, wave_id};
use crate::store::{Append, AppendError, Store, Stream};

/// A notice goes in whole, each change under its stream, and comes out open until it is over.
pub async fn notices(store: &dyn Store) {
    assert!(store.open_notices(0).await.unwrap().is_empty());
    let mut first = noticed(1);
    let stream = Stream::new("notice", first.notice);
    let put = |event: &model::event::NoticeChanged, head| {
        let events = vec![Event::NoticeChanged(event.clone())];
        store.append(Append::of(Actor::system(), events).on(stream.clone(), head))
    };
    let head = put(&first, None).await.unwrap().last;
    tell(store, vec![Event::NoticeChanged(noticed(2))]).await;
    // Of two nodes that raise the same thing one is first.
    let second = put(&first, None).await;
    assert!(
        matches!(second, Err(AppendError::Conflict { .. })),
        "{second:?}"
    );

    let row = store.notice(first.notice).await.unwrap().unwrap();
    assert_eq!((row.head, &row.state), (Some(head), &first.state));
    let open = store.open_notices(0).await.unwrap();
    assert_eq!(
        open.iter().map(|n| n.id).collect::<Vec<_>>(),
        [first.notice, noticed(2).notice]
    );
    assert_eq!(open[1].head, None);
    assert_eq!(store.open_notices(1).await.unwrap(), open[..1]);

    first.state.ended = Some(at(9));
    put(&first, Some(head)).await.unwrap();
    let open = store.open_notices(0).await.unwrap();
    assert_eq!(
        open.iter().map(|n| n.id).collect::<Vec<_>>(),
        [noticed(2).notice]
    );
    let all = store.notices(0).await.unwrap();
    assert_eq!(
        all.iter().map(|n| n.id).collect::<Vec<_>>(),
        [first.notice, noticed(2).notice]
    );
    assert_eq!(all[0].state.ended, Some(at(9)));
    assert_eq!(store.notice(noticed(3).notice).await.unwrap(), None);
}

fn judged(wave: u8, verdict: Verdict) -> Event {
    let wave = wave_id(wave);
    Event::WaveJudged(WaveJudged { wave, verdict })
}

fn draft(n: u8, wave: u8, change: Change) -> Event {
    let draft: PlanDrafted = drafted(n, wave, about(n), change);
    Event::PlanDrafted(draft)
}

/// Waves about which nobody has decided, while anything of them is open.
pub async fn undecided(store: &dyn Store) {
    let ask = || Verdict::Ask {
        because: vec!["7 of 10".to_owned()],
    };
    let waves = async || {
        let rows = store.undecided_waves(0).await.unwrap();
        rows.into_iter().map(|row| row.wave).collect::<Vec<_>>()
    };
    for n in [0, 1, 2] {
        tell(store, vec![draft(n, n, Change::Leaver)]).await;
    }
    assert!(waves().await.is_empty(), "not proposed");
    tell(store, vec![proposed(1), judged(1, ask())]).await;
    tell(store, vec![proposed(0), judged(0, ask()), proposed(2)]).await;
    assert_eq!(waves().await, [wave_id(1), wave_id(0)], "one is not judged");
    let row = &store.undecided_waves(1).await.unwrap()[0];
    assert_eq!((&row.verdict, row.cause.change), (&ask(), Change::Rule));

    let decided = WaveReleased {
        wave: wave_id(1),
        released: true,
        plans: vec![plan_id(1)],
        by: "ben".to_owned(),
        reason: "checked".to_owned(),
    };
    tell(store, vec![Event::WaveReleased(decided)]).await;
    assert_eq!(waves().await, [wave_id(0)], "somebody decided");
    tell(store, vec![changed(0, PlanStatus::Superseded)]).await;
    assert!(waves().await.is_empty(), "nothing of it is open");
}

/// Plans for leavers that are not closed, by wave, from a while on.
pub async fn late(store: &dyn Store) {
    let events = vec![
        draft(0, 0, Change::Leaver),
        draft(1, 0, Change::Leaver),
        draft(2, 1, Change::Joiner),
        draft(3, 2, Change::MissingRow),
        draft(4, 3, Change::Termination),
    ];
    tell(store, events).await;
    let waves = [0, 1, 2, 3].map(proposed).to_vec();
    let committed = tell(store, waves).await;
    let early = store.open_leavers(at(-1), 0).await.unwrap();
    assert!(early.is_empty(), "{early:?}");
    let found = async || {
        let rows = store.open_leavers(committed.at, 0).await.unwrap();
        rows.into_iter()
            .map(|row| (row.wave, row.plans))
            .collect::<Vec<_>>()
    };
    assert_eq!(found().await, [(wave_id(0), 2), (wave_id(3), 1)]);
    tell(store, vec![changed(0, PlanStatus::Released)]).await;
    assert_eq!(found().await[0], (wave_id(0), 2), "not closed");
    tell(
        store,
        vec![
            changed(0, PlanStatus::Applied),
            changed(4, PlanStatus::Applied),
        ],
    )
    .await;
    assert_eq!(found().await, [(wave_id(0), 1)]);
}

/// When a source was heard of last, and which tokens end soon.
pub async fn heard(store: &dyn Store) {
    let delivery = |n: u128, refused| {
        Event::DeliveryReceived(DeliveryReceived {
            delivery: DeliveryId::from_bits(n),
            source: "hr".to_owned(),
            author: "ana".to_owned(),
            digest: Digest::of(b"file"),
            completeness: Completeness::Full,
            refused,
            rows: 2,
            changed: 2,
            missing: 0,
            diagnostics: Vec::new(),
        })
    };
    assert_eq!(store.last_heard("hr").await.unwrap(), None);
    let first = tell(store, vec![delivery(1, false)]).await;
    tell(store, vec![delivery(2, true)]).await;
    let told = Some((DeliveryId::from_bits(1), first.at));
    assert_eq!(
        store.last_heard("hr").await.unwrap(),
        told,
        "the second was refused"
    );
    let again = SourceHeard {
        source: "hr".to_owned(),
        delivery: DeliveryId::from_bits(9),
    };
    let second = tell(store, vec![Event::SourceHeard(again)]).await;
    let told = Some((DeliveryId::from_bits(9), second.at));
    assert_eq!(store.last_heard("hr").await.unwrap(), told);
    assert_eq!(store.last_heard("crm").await.unwrap(), None);

    let issued = |n: u8, expires| {
        Event::TokenIssued(TokenIssued {
            token: TokenId::from_bits(n.into()),
            principal: "ana".to_owned(),
            secret: Digest::of(&[n]),
            scopes: vec![Scope::Read],
            expires: at(expires),
            networks: vec![],
        })
    };
    let revoked = Event::TokenRevoked(TokenRevoked {
        token: TokenId::from_bits(3),
        reason: "lost".to_owned(),
    });
    let tokens = vec![
        issued(1, 300),
        issued(2, 200),
        issued(3, 250),
        issued(4, 900),
        revoked,
    ];
    tell(store, tokens).await;
    let ending = async |from, to| {
        let rows = store.ending_tokens(at(from), at(to), 0).await.unwrap();
        rows.into_iter().map(|row| row.token).collect::<Vec<_>>()
    };
    let token = TokenId::from_bits;
    assert_eq!(ending(0, 300).await, [token(2), token(1)]);
    assert!(ending(200, 249).await.is_empty(), "one is revoked");
}
