//! What is refused at the door of the store, and what a damaged one shows.

use std::path::Path;
use std::sync::Arc;

use model::event::SubjectErased;
use model::{Actor, Event};
use ports::conformance::cluster;
use ports::conformance::doubles::ManualClock;
use ports::conformance::samples;
use ports::conformance::store::{Harness as _, call};
use ports::store::{Append, Door as _, Log as _};
use rusqlite::Connection;
use store::{OpenError, PostgresOptions, TenureStore};

use crate::harness::{Kind, Stores, TENANT, ports};

fn open(path: &Path) -> Result<TenureStore, OpenError> {
    TenureStore::open_sqlite(path, ports(Arc::new(ManualClock::at(samples::at(0))), 1))
}

async fn filled(stores: &Stores) -> TenureStore {
    let store = stores.fresh().await;
    for n in 1..=3 {
        let append = Append::of(
            Actor::system(),
            vec![Event::FactsAccepted(samples::accepted(n))],
        );
        store.append(append).await.unwrap();
    }
    store
}

fn sqlite(place: &str, sql: &str) {
    Connection::open(place).unwrap().execute_batch(sql).unwrap();
}

async fn problems(stores: &Stores, sql: &str) -> Vec<String> {
    let store = filled(stores).await;
    store.close().await;
    sqlite(&stores.place(), sql);
    stores
        .chain_problems(&stores.another(&stores.place()).await)
        .await
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let stores = Stores::new(Kind::File);
    filled(&stores).await.close().await;
    let newer = "UPDATE meta SET value = '9' WHERE name = 'schema'";
    sqlite(&stores.place(), newer);
    let refused = open(Path::new(&stores.place())).err().unwrap();
    assert_eq!(refused, OpenError::Newer { found: 9, known: 8 });
    assert!(refused.to_string().contains("newer program"));
    let Some(cluster) = cluster::shared() else {
        return;
    };
    let url = cluster.database();
    let clock = || Arc::new(ManualClock::at(samples::at(0)));
    let options = PostgresOptions::default();
    TenureStore::open_postgres(&url, options, ports(clock(), 1))
        .await
        .unwrap()
        .close()
        .await;
    cluster.sql(
        url.rsplit('/').next().unwrap().split('?').next().unwrap(),
        newer,
    );
    let refused = TenureStore::open_postgres(&url, options, ports(clock(), 1))
        .await
        .err();
    assert_eq!(refused, Some(OpenError::Newer { found: 9, known: 8 }));
}

#[tokio::test]
async fn what_is_no_store_of_ours_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("other.db");
    sqlite(&path.to_string_lossy(), "CREATE TABLE recipes (name TEXT)");
    assert!(matches!(open(&path), Err(OpenError::Damaged(_))));
    std::fs::write(&path, [7; 5000]).unwrap();
    assert!(open(&path).is_err());
    assert!(matches!(
        open(&dir.path().join("no/where.db")),
        Err(OpenError::Unavailable(_))
    ));
    let clock = Arc::new(ManualClock::at(samples::at(0)));
    let url = "postgres://u:hunter2@host:port/db";
    let refused =
        TenureStore::open_postgres(url, PostgresOptions::default(), ports(clock, 1)).await;
    let refused = refused.err().unwrap();
    assert!(matches!(refused, OpenError::Address(_)));
    assert!(!refused.to_string().contains("hunter2"));
}

#[tokio::test]
async fn a_server_that_may_lose_writes_is_refused() {
    let Some(cluster) = cluster::shared() else {
        return;
    };
    let url = cluster.database();
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    cluster.sql(
        "postgres",
        &format!("ALTER DATABASE {name} SET synchronous_commit = off"),
    );
    let clock = || Arc::new(ManualClock::at(samples::at(0)));
    let options = PostgresOptions::default();
    let refused = TenureStore::open_postgres(&url, options, ports(clock(), 1))
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, OpenError::Unsafe { .. }), "{refused}");
    assert!(
        refused.to_string().contains("synchronous_commit"),
        "{refused}"
    );
    let options = PostgresOptions {
        unsafe_durability: true,
    };
    TenureStore::open_postgres(&url, options, ports(clock(), 1))
        .await
        .unwrap();
}

#[cfg(unix)]
#[tokio::test]
async fn a_store_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let stores = Stores::new(Kind::File);
    let store = filled(&stores).await;
    for name in ["", "-wal", "-shm"] {
        let path = format!("{}{name}", stores.place());
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{path}: {mode:o}");
    }
    drop(store);
}

#[tokio::test]
async fn tampering_with_the_tables_shows() {
    let stores = Stores::new(Kind::File);
    assert_eq!(problems(&stores, "").await, Vec::<String>::new());
    for (sql, says) in [
        (
            "UPDATE record SET at = at + 1 WHERE seq = 2",
            "record 2 was altered",
        ),
        (
            "UPDATE record SET body = replace(body, 'joiner', 'leaver') WHERE seq = 1",
            "record 1 was altered",
        ),
        (
            "UPDATE record SET sealed = x'00' WHERE seq = 3",
            "record 3 was altered",
        ),
        ("DELETE FROM record WHERE seq = 2", "record 2 is missing"),
        (
            "DELETE FROM record WHERE seq = 3",
            "the log ends with record 3",
        ),
        ("DELETE FROM record", "the log ends with record 3"),
        (
            "UPDATE record SET kind = CAST(x'fffe' AS TEXT) WHERE seq = 2",
            "record 2 cannot be read",
        ),
        (
            "UPDATE record SET subject = 'nobody' WHERE seq = 2",
            "record 2 cannot be read",
        ),
        (
            "DELETE FROM subject_key WHERE subject = (SELECT subject FROM record WHERE seq = 2)",
            "no record erases its subject",
        ),
    ] {
        let found = problems(&stores, sql).await;
        assert!(
            found.iter().any(|problem| problem.contains(says)),
            "{sql}: {found:?}"
        );
    }
}

#[tokio::test]
async fn tampering_with_a_projection_shows() {
    let stores = Stores::new(Kind::File);
    for sql in [
        "UPDATE engagement SET facts = replace(facts, 'Zerlina', 'Zelda')",
        "DELETE FROM engagement WHERE subject = (SELECT min(subject) FROM engagement)",
        "INSERT INTO stop (target, reason) VALUES ('slack', 'sneaky')",
    ] {
        let store = filled(&stores).await;
        assert_eq!(
            stores.rebuild_differences(&store).await,
            Vec::<String>::new()
        );
        store.close().await;
        sqlite(&stores.place(), sql);
        let store = stores.another(&stores.place()).await;
        let found = stores.rebuild_differences(&store).await;
        assert_eq!(found.len(), 1, "{sql}: {found:?}");
        assert!(!found[0].contains(samples::PERSONAL));
    }
}

#[tokio::test]
async fn an_exported_ledger_verifies_elsewhere() {
    let stores = Stores::new(Kind::File);
    let store = filled(&stores).await;
    let signed = store.checkpoint(TENANT).await.unwrap();
    let key = ports::KeyRing::verifying_key(
        &store::LocalKeyRing::new(
            &[7; 32],
            &[],
            Arc::new(ports::conformance::doubles::SeededEntropy::new(1)),
        )
        .unwrap(),
    );
    let bundle = store
        .export(TENANT, vec![signed.clone()], Vec::new())
        .await
        .unwrap();
    assert!(!String::from_utf8_lossy(&bundle).contains(samples::PERSONAL));
    let report = evidence::bundle::verify(&bundle[..], TENANT, &key, Vec::new()).unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!((report.records, report.fixed), (3, 3));
    // The live store against the checkpoint, after it went on, and after its tail was cut off.
    store
        .append(Append::of(Actor::system(), vec![call(1)]))
        .await
        .unwrap();
    let report = store.verify(TENANT, vec![signed.clone()]).await.unwrap();
    assert!(report.is_sound());
    assert_eq!((report.head.0, report.fixed), (4, 3));
    store.close().await;
    sqlite(
        &stores.place(),
        "DELETE FROM record WHERE seq > 2;
         UPDATE head SET seq = 2, hash = (SELECT hash FROM record WHERE seq = 2)",
    );
    let store = stores.another(&stores.place()).await;
    assert!(
        store.verify(TENANT, Vec::new()).await.unwrap().is_sound(),
        "nothing shows by itself"
    );
    let report = store.verify(TENANT, vec![signed]).await.unwrap();
    assert_eq!(report.problems.len(), 1);
    assert_eq!(report.problems[0].fault, evidence::Fault::TailRemoved);
}

/// After an erasure nothing of the person is left in the files: not in tables, not in free
/// pages, not in the WAL, and the log holds only what no key opens.
#[tokio::test]
async fn erasure_leaves_nothing_in_the_files() {
    let stores = Stores::new(Kind::File);
    let store = stores.fresh().await;
    let mut events = samples::about_person(1);
    events.retain(|event| !matches!(event, Event::SubjectErased(_)));
    for event in events {
        store
            .append(Append::of(Actor::system(), vec![event]))
            .await
            .unwrap();
    }
    let holds = || {
        ["", "-wal"].iter().any(|name| {
            let bytes = std::fs::read(format!("{}{name}", stores.place())).unwrap_or_default();
            let needle = samples::PERSONAL.as_bytes();
            let at = bytes
                .windows(needle.len())
                .position(|window| window == needle);
            if let Some(at) = at {
                let around = &bytes[at.saturating_sub(200)..(at + 100).min(bytes.len())];
                eprintln!("{name} at {at}: {}", String::from_utf8_lossy(around));
            }
            at.is_some()
        })
    };
    assert!(holds(), "projections are plain");
    let subject = samples::subject(1);
    let erased = SubjectErased {
        subject,
        reason: "request 9".to_owned(),
    };
    let append = Append::of(Actor::system(), vec![Event::SubjectErased(erased)]);
    store.append(append).await.unwrap();
    assert!(!holds());
    assert!(
        store.records_about(subject, None, 100).await.is_ok(),
        "the log still reads"
    );
}
