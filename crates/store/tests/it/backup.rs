//! Backups, from and into either database.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use model::canonical::Digest;
use model::event::SubjectErased;
use model::{Actor, Event};
use ports::Sealed;
use ports::clock::draw;
use ports::conformance::cluster;
use ports::conformance::doubles::{ManualClock, SeededEntropy};
use ports::conformance::samples;
use ports::conformance::store::{Harness as _, call};
use ports::store::{
    Append, AppendError, Door as _, Lease as _, Log as _, OneTime, SecretRow, Secrets as _, Stream,
};
use store::{BackupError, PostgresOptions, StorePorts, TenureStore};

use crate::harness::{Kind, Stores, TENANT, ports};

fn fresh_ports() -> StorePorts {
    ports(Arc::new(ManualClock::at(samples::at(9))), 77)
}

fn spent() -> OneTime {
    OneTime {
        space: "code",
        value: Digest::of(b"spent"),
    }
}

fn secret() -> SecretRow {
    SecretRow {
        name: "slack-token".to_owned(),
        app: "slack".to_owned(),
        host: "slack.example".to_owned(),
        sealed: Sealed {
            key: "k1".to_owned(),
            bytes: vec![0, 1, 255],
        },
        at: samples::at(3),
        expires: Some(samples::at(90)),
    }
}

/// A store with something in every table.
async fn filled(stores: &Stores) -> TenureStore {
    let store = stores.fresh().await;
    for n in 1..=3 {
        let mut events = samples::about_person(n);
        events.retain(|event| !matches!(event, Event::SubjectErased(_)));
        store
            .append(Append::of(Actor::named("ana"), events))
            .await
            .unwrap();
    }
    let erased = SubjectErased {
        subject: samples::subject(2),
        reason: "request".to_owned(),
    };
    let erase = Append::of(Actor::system(), vec![Event::SubjectErased(erased)]);
    store.append(erase).await.unwrap();
    let last = Append::of(Actor::system(), samples::about_nobody());
    store
        .append(last.consuming(spent()).bumping(Stream::new("plan", "p")))
        .await
        .unwrap();
    store
        .acquire("target/slack", "a", Duration::from_secs(600))
        .await
        .unwrap()
        .unwrap();
    store.put_secret(secret()).await.unwrap();
    store
}

async fn assert_restored(from: &TenureStore, restored: &TenureStore) {
    let report = restored.verify(TENANT, Vec::new()).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!(restored.head().await.unwrap(), from.head().await.unwrap());
    let records = from.records(0, 10_000).await.unwrap();
    assert_eq!(restored.records(0, 10_000).await.unwrap(), records);
    assert_eq!(
        restored.rebuild_differences().await.unwrap(),
        Vec::<String>::new()
    );
    let plan = Stream::new("plan", "p");
    assert_eq!(
        restored.head_of(&plan).await.unwrap(),
        from.head_of(&plan).await.unwrap()
    );
    assert_eq!(
        restored.secret("slack-token").await.unwrap(),
        Some(secret())
    );
    let again = Append::of(Actor::system(), vec![call(1)]).consuming(spent());
    assert_eq!(
        restored.append(again).await,
        Err(AppendError::AlreadyUsed("code"))
    );
    let fence = restored
        .acquire("target/slack", "b", Duration::from_secs(9))
        .await
        .unwrap();
    assert!(
        fence.unwrap().fence > 1,
        "nobody holds it, and its fence goes on"
    );
    restored
        .append(Append::of(Actor::system(), vec![call(2)]))
        .await
        .unwrap();
}

async fn into_both(stores: &Stores) {
    let store = filled(stores).await;
    let (dump, backup) = store.backup(Vec::new()).await.unwrap();
    assert_eq!((backup.seq, backup.hash), store.head().await.unwrap());
    let text = String::from_utf8(dump.clone()).unwrap();
    assert!(
        !text.contains(samples::PERSONAL),
        "personal data is in it as ciphertext only"
    );
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("restored.db");
    let restored = TenureStore::restore_sqlite(&path, &fresh_ports(), &dump[..]).unwrap();
    assert_eq!(restored, backup);
    let opened = TenureStore::open_sqlite(&path, fresh_ports()).unwrap();
    assert_restored(&store, &opened).await;
    opened.close().await;
    let twice = TenureStore::restore_sqlite(&path, &fresh_ports(), &dump[..]);
    assert!(
        matches!(twice, Err(BackupError::NotEmpty(n)) if n > backup.seq),
        "{twice:?}"
    );
    let Some(cluster) = cluster::shared() else {
        return;
    };
    let (url, options) = (cluster.database(), PostgresOptions::default());
    let ports = fresh_ports();
    let restored = TenureStore::restore_postgres(&url, options, &ports, &dump[..])
        .await
        .unwrap();
    assert_eq!(restored, backup);
    let opened = TenureStore::open_postgres(&url, options, fresh_ports())
        .await
        .unwrap();
    assert_restored(&store, &opened).await;
    let twice = TenureStore::restore_postgres(&url, options, &ports, &dump[..]).await;
    assert!(matches!(twice, Err(BackupError::NotEmpty(_))), "{twice:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_sqlite_into_either() {
    into_both(&Stores::new(Kind::File)).await;
    into_both(&Stores::new(Kind::Memory)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_postgres_into_either() {
    if let Some(stores) = Stores::postgres() {
        into_both(&stores).await;
    }
}

async fn while_written_to(stores: &Stores) {
    let store = stores.fresh().await;
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let mut tasks = Vec::new();
    for n in 0..4u8 {
        let (store, stop) = (store.clone(), Arc::clone(&stop));
        tasks.push(tokio::spawn(async move {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let event = Event::FactsAccepted(samples::accepted(n + 1));
                store
                    .append(Append::of(Actor::system(), vec![event]))
                    .await
                    .unwrap();
            }
        }));
    }
    let dir = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for n in 0..8 {
        let (dump, backup) = store.backup(Vec::new()).await.unwrap();
        let path = dir.path().join(format!("{n}.db"));
        // Restoring verifies the chain up to the head that the header names.
        let restored = TenureStore::restore_sqlite(&path, &fresh_ports(), &dump[..]).unwrap();
        assert_eq!(restored, backup);
        assert!(backup.seq >= seen);
        seen = backup.seq;
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    assert!(store.head().await.unwrap().0 > 0, "others wrote meanwhile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_of_one_instant() {
    while_written_to(&Stores::new(Kind::File)).await;
    if let Some(stores) = Stores::postgres() {
        while_written_to(&stores).await;
    }
}

#[tokio::test]
async fn a_changed_backup_is_refused_whole() {
    let stores = Stores::new(Kind::File);
    let (dump, backup) = filled(&stores).await.backup(Vec::new()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("restored.db");
    let refused = |bytes: &[u8], what: &str| {
        let answer = TenureStore::restore_sqlite(&path, &fresh_ports(), bytes);
        assert!(answer.is_err(), "{what}");
    };
    let entropy = SeededEntropy::new(8);
    let random = |below: usize| (u64::from_le_bytes(draw::<8>(&entropy)) % below as u64) as usize;
    for _ in 0..60 {
        let mut changed = dump.clone();
        let at = random(dump.len() - 1);
        changed[at] ^= 1 << random(8);
        refused(&changed, &format!("byte {at}"));
        refused(&dump[..random(dump.len() - 1)], "cut short");
    }
    let mut longer = dump.clone();
    longer.extend(b"[]\n");
    refused(&longer, "something follows");
    refused(b"", "empty");
    let newer =
        String::from_utf8(dump.clone())
            .unwrap()
            .replacen("\"schema\":8", "\"schema\":9", 1);
    refused(newer.as_bytes(), "newer");
    // All of that left nothing behind.
    assert_eq!(
        TenureStore::restore_sqlite(&path, &fresh_ports(), &dump[..]).unwrap(),
        backup
    );
    assert!(Path::new(&path).exists());
}
