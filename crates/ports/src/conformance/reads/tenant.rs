use model::actor::Scope;
use model::event::{
    DeliveryReceived, Document, DocumentsAccepted, FindingClosed, TokenIssued, TokenRevoked,
    WritingResumed, WritingStopped,
};
use model::{Address, Completeness, DeliveryId, Diagnostic, Digest, Event, TargetName, TokenId};

use super::tell;
use crate::conformance::samples::{at, finding, slack, subject};
use crate::keyring::Sealed;
use crate::store::{DeliveryRow, DocumentsRow, FindingRow, SecretName, SecretRow, Store, TokenRow};

/// Documents are read by revision, and the last one by default.
pub async fn documents(store: &dyn Store) {
    assert_eq!(store.documents().await, Ok(None));
    let revision = |revision: u64, text: &str| DocumentsAccepted {
        revision,
        author: "ana".to_owned(),
        documents: vec![Document {
            kind: "Guard".to_owned(),
            name: "main".to_owned(),
            text: text.to_owned(),
        }],
    };
    let read = |e: &DocumentsAccepted, at| DocumentsRow {
        revision: e.revision,
        author: e.author.clone(),
        at,
        documents: e.documents.clone(),
    };
    let (one, ten) = (revision(9, "share: 5%\n# é\t\"\\"), revision(10, ""));
    let first = tell(store, vec![Event::DocumentsAccepted(one.clone())])
        .await
        .at;
    assert_eq!(store.documents().await, Ok(Some(read(&one, first))));
    let second = tell(store, vec![Event::DocumentsAccepted(ten.clone())])
        .await
        .at;
    assert_eq!(
        store.documents().await,
        Ok(Some(read(&ten, second))),
        "10 comes after 9"
    );
    assert_eq!(store.documents_at(9).await, Ok(Some(read(&one, first))));
    assert_eq!(store.documents_at(8).await, Ok(None));
    assert_eq!(store.documents_at(u64::MAX).await, Ok(None));
}

/// Deliveries, newest first.
pub async fn deliveries(store: &dyn Store) {
    let received = |n: u128| DeliveryReceived {
        delivery: DeliveryId::from_bits(n),
        source: "hr".to_owned(),
        author: "ana".to_owned(),
        digest: Digest::of(&[1]),
        completeness: Completeness::Full,
        refused: n == 2,
        rows: 10,
        changed: 3,
        missing: 1,
        diagnostics: vec![Diagnostic {
            code: "TNR-CSV-0003".to_owned(),
            place: "hr.csv".to_owned(),
            line: 3,
            column: 0,
            field: "email".to_owned(),
            problem: "is empty".to_owned(),
            fix: String::new(),
        }],
    };
    let mut rows = Vec::new();
    for n in [3, 2, 1] {
        let told = tell(store, vec![Event::DeliveryReceived(received(n))]).await;
        rows.insert(
            0,
            DeliveryRow {
                seq: told.last,
                at: told.at,
                delivery: received(n),
            },
        );
    }
    assert_eq!(
        store.deliveries(0).await,
        Ok(rows.clone()),
        "by age, not by id"
    );
    assert_eq!(store.deliveries(2).await, Ok(rows[..2].to_vec()));
    assert_eq!(
        store.delivery(DeliveryId::from_bits(2)).await,
        Ok(Some(rows[1].clone()))
    );
    assert_eq!(store.delivery(DeliveryId::from_bits(9)).await, Ok(None));
}

/// Stops are set and lifted one by one.
pub async fn stops(store: &dyn Store) {
    let stop = |target: Option<TargetName>, reason: &str| {
        Event::WritingStopped(WritingStopped {
            target,
            reason: reason.to_owned(),
        })
    };
    let resume = |target: Option<TargetName>| {
        Event::WritingResumed(WritingResumed {
            target,
            reason: "over".to_owned(),
        })
    };
    assert_eq!(store.stopped().await, Ok(vec![]));
    tell(
        store,
        vec![
            stop(Some(slack()), "drill"),
            stop(None, "fire"),
            stop(None, "flood"),
        ],
    )
    .await;
    let both = vec![
        (None, "flood".to_owned()),
        (Some(slack()), "drill".to_owned()),
    ];
    assert_eq!(store.stopped().await, Ok(both));
    tell(store, vec![resume(None)]).await;
    assert_eq!(
        store.stopped().await,
        Ok(vec![(Some(slack()), "drill".to_owned())])
    );
    tell(store, vec![resume(Some(slack()))]).await;
    assert_eq!(store.stopped().await, Ok(vec![]));
}

/// Open findings, oldest first, and the one of a condition.
pub async fn findings(store: &dyn Store) {
    let account = Address::account(&slack(), subject(1));
    let cases = [
        finding(5, None, None),
        finding(4, Some(subject(1)), None),
        finding(3, None, Some(account.clone())),
        finding(2, Some(subject(1)), Some(account.clone())),
    ];
    let mut rows = Vec::new();
    for opened in cases {
        let at = tell(store, vec![Event::FindingOpened(opened.clone())])
            .await
            .at;
        rows.push(FindingRow {
            opened,
            at,
            closed: None,
        });
    }
    assert_eq!(store.open_findings(0).await, Ok(rows.clone()));
    assert_eq!(store.open_findings(1).await, Ok(rows[..1].to_vec()));
    for row in &rows {
        let f = &row.opened.finding;
        let same = store
            .open_finding(&f.fingerprint, f.subject, f.address.as_ref())
            .await;
        assert_eq!(
            same,
            Ok(Some(row.clone())),
            "none and some are different concerns"
        );
    }
    let fingerprint = &rows[0].opened.finding.fingerprint;
    assert_eq!(
        store
            .open_finding(fingerprint, Some(subject(2)), None)
            .await,
        Ok(None)
    );
    assert_eq!(store.open_finding("other", None, None).await, Ok(None));

    let closed = FindingClosed {
        id: rows[0].opened.id,
        reason: "gone".to_owned(),
    };
    tell(store, vec![Event::FindingClosed(closed)]).await;
    assert_eq!(store.open_finding(fingerprint, None, None).await, Ok(None));
    assert_eq!(store.open_findings(0).await, Ok(rows[1..].to_vec()));
}

/// Tokens by secret, and how many live ones have a scope.
pub async fn tokens(store: &dyn Store) {
    let issue = |n: u8, scopes: &[Scope], expires| TokenIssued {
        token: TokenId::from_bits(u128::from(100 - n)),
        principal: "ana".to_owned(),
        secret: Digest::of(&[n]),
        scopes: scopes.to_vec(),
        expires: at(expires),
        networks: vec!["10.0.0.0/8".to_owned()],
    };
    let row = |e: &TokenIssued, issued, revoked| TokenRow {
        token: e.token,
        principal: e.principal.clone(),
        scopes: e.scopes.clone(),
        issued,
        expires: e.expires,
        networks: e.networks.clone(),
        revoked,
    };
    let both = issue(1, &[Scope::Apply, Scope::Read], 10);
    let read = issue(2, &[Scope::Read], 20);
    let none = issue(3, &[], 30);
    let mut rows = Vec::new();
    for token in [&both, &read, &none] {
        let at = tell(store, vec![Event::TokenIssued(token.clone())])
            .await
            .at;
        rows.insert(0, row(token, at, None));
    }
    assert_eq!(store.tokens(0).await, Ok(rows.clone()), "newest first");
    assert_eq!(store.tokens(1).await, Ok(rows[..1].to_vec()));
    assert_eq!(
        store.token_by_secret(Digest::of(&[1])).await,
        Ok(Some(rows[2].clone()))
    );
    assert_eq!(store.token_by_secret(Digest::of(&[9])).await, Ok(None));

    let live = |scope, now| async move { store.live_tokens_with(scope, at(now)).await.unwrap() };
    assert_eq!(live(Scope::Read, 9).await, 2);
    assert_eq!(
        live(Scope::Read, 10).await,
        1,
        "a token is over at the instant it ends"
    );
    assert_eq!(live(Scope::Apply, 9).await, 1);
    assert_eq!(live(Scope::Administer, 9).await, 0);
    let lost = TokenRevoked {
        token: read.token,
        reason: "lost".to_owned(),
    };
    let when = tell(store, vec![Event::TokenRevoked(lost)]).await.at;
    assert_eq!(live(Scope::Read, 9).await, 1);
    let revoked = TokenRow {
        revoked: Some((when, "lost".to_owned())),
        ..rows[1].clone()
    };
    assert_eq!(
        store.token_by_secret(Digest::of(&[2])).await,
        Ok(Some(revoked))
    );
}

/// Secrets are kept as sealed, and replaced whole.
pub async fn secrets(store: &dyn Store) {
    let secret = |name: &str, bytes: &[u8]| SecretRow {
        name: name.to_owned(),
        app: "slack".to_owned(),
        host: "slack.example:443".to_owned(),
        sealed: Sealed {
            key: "k1".to_owned(),
            bytes: bytes.to_vec(),
        },
        at: at(1),
        expires: None,
    };
    assert_eq!(store.secret_names().await, Ok(vec![]));
    let (b, a) = (secret("b", &[0, 255]), secret("a", b""));
    let b = SecretRow {
        expires: Some(at(90)),
        ..b
    };
    store.put_secret(b.clone()).await.unwrap();
    store.put_secret(a.clone()).await.unwrap();
    let told = |row: &SecretRow| SecretName {
        name: row.name.clone(),
        app: row.app.clone(),
        host: row.host.clone(),
        expires: row.expires,
    };
    assert_eq!(store.secret_names().await, Ok(vec![told(&a), told(&b)]));
    assert_eq!(store.secret("a").await, Ok(Some(a)));
    assert_eq!(store.secret("b").await, Ok(Some(b)));
    assert_eq!(store.secret("c").await, Ok(None));
    let moved = SecretRow {
        app: "jira".to_owned(),
        host: "jira.example".to_owned(),
        sealed: Sealed {
            key: "k2".to_owned(),
            bytes: vec![7; 3],
        },
        at: at(2),
        ..secret("b", &[])
    };
    store.put_secret(moved.clone()).await.unwrap();
    // The end was that of the one before.
    assert_eq!(store.secret("b").await, Ok(Some(moved.clone())));
    assert_eq!(store.secret_names().await.unwrap()[1], told(&moved));
    // What is dropped is gone, and so is its end.
    let ending = SecretRow {
        expires: Some(at(91)),
        ..secret("d", &[1])
    };
    store.put_secret(ending).await.unwrap();
    for _ in 0..2 {
        store.drop_secret("d").await.unwrap();
        assert_eq!(store.secret("d").await, Ok(None));
        assert_eq!(store.secret_names().await.unwrap().len(), 2);
    }
    store.put_secret(secret("d", &[1])).await.unwrap();
    assert_eq!(store.secret("d").await, Ok(Some(secret("d", &[1]))));
    store.drop_secret("d").await.unwrap();
    // Nothing of a secret goes through the log.
    let told = tell(store, vec![Event::FindingOpened(finding(1, None, None))]).await;
    assert_eq!(told.first, 1);
}
