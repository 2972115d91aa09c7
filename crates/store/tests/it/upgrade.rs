//! Stores of every release that was ever shipped open in this one.
//!
//! `tests/fixtures/schema-<n>.sql` is an SQLite store of schema `n` as text, and
//! `schema-<n>.dump` a backup of the same store. Both were made by
//! `cargo test -p store --test it -- --ignored make_the_fixture`, which writes those of the
//! present schema and replaces nothing: whoever raises `SCHEMA` makes the new pair with the last
//! commit before, keeps the old ones, and adds the new schema to [`KEPT`].

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use model::actor::Scope;
use model::event::{PinsLifted, WritingResumed};
use model::plan::{About, PlanStatus};
use model::{Actor, Event, TargetName, Verdict};
use ports::Sealed;
use ports::conformance::cluster;
use ports::conformance::doubles::ManualClock;
use ports::conformance::samples;
use ports::store::{
    Adoption as _, Append, Documents as _, Door as _, Lease as _, Log as _, Objects as _,
    People as _, SecretRow, Secrets as _, SignIn as _, Stream, Tasks as _, Tokens as _, Work as _,
};
use rusqlite::Connection;
use rusqlite::types::ValueRef;
use store::{OpenError, PostgresOptions, StorePorts, TenureStore};

use crate::harness::{TENANT, ports};

/// The schemas of which fixtures are kept.
const KEPT: [u64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// Kinds of events in the fixture of each kept schema: every kind that schema's release knew.
const KINDS: [usize; 8] = [29, 34, 37, 43, 45, 53, 55, 55];

/// More than this is no longer small.
const MOST_BYTES: usize = 300 * 1024;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn read(schema: u64, what: &str) -> String {
    let text = std::fs::read_to_string(fixture(&format!("schema-{schema}.{what}"))).unwrap();
    assert!(text.len() <= MOST_BYTES, "{} bytes", text.len());
    text
}

fn later() -> StorePorts {
    ports(Arc::new(ManualClock::at(samples::at(3_600))), 5)
}

/// Puts the fixture's copy where a store can be opened.
fn copy(schema: u64, dir: &Path) -> PathBuf {
    let path = dir.join(format!("schema-{schema}.db"));
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(&read(schema, "sql")).unwrap();
    path
}

/// What the makers of the fixture put into it, read back through the ports.
async fn assert_whole(store: &TenureStore, kinds: usize) {
    let report = store.verify(TENANT, Vec::new()).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    assert_eq!(
        store.rebuild_differences().await.unwrap(),
        Vec::<String>::new()
    );
    let records = store.records(0, 10_000).await.unwrap();
    let found: BTreeSet<String> = records
        .iter()
        .map(|r| serde_json::to_value(&r.event).unwrap()["kind"].to_string())
        .collect();
    assert_eq!(found.len(), kinds, "{found:?}");

    let people = store.people_page(None, None, 0).await.unwrap();
    let told: Vec<(&str, String)> = people
        .iter()
        .flat_map(|p| &p.engagements)
        .map(|e| (e.key.as_str(), e.facts.display_name()))
        .collect();
    let told: Vec<(&str, &str)> = told.iter().map(|(k, n)| (*k, n.as_str())).collect();
    assert_eq!(
        told,
        [("Zerlina-1", "Zerlina Ng 1"), ("Zerlina-3", "Zerlina Ng 3")]
    );
    let first = &people[0];
    let engagement = &first.engagements[0];
    let facts = &engagement.facts;
    assert_eq!(facts.text("email"), Some("Zerlina.1@acme.example"));
    assert_eq!(facts.zone, "Europe/Zurich");
    assert!(engagement.withdrawn);

    let about = About::Subject(first.subject);
    let plans = store.plans_about(&about, 0).await.unwrap();
    assert_eq!(plans.len(), 1);
    assert_eq!(plans[0].status, PlanStatus::Waiting);
    assert_eq!(plans[0].plan.known().map(|p| p.revision), Some(1));
    assert_eq!(plans[0].steps.len(), 2);
    let waves = store.waves(Default::default()).await.unwrap();
    assert!(matches!(waves[0].verdict, Some(Verdict::Allow { .. })));
    assert_eq!(waves[0].author, "ana");

    assert_eq!(store.pins(first.subject).await.unwrap().len(), 1);
    assert_eq!(store.links_of(first.subject).await.unwrap().len(), 2);
    assert_eq!(store.deliveries(0).await.unwrap()[0].delivery.rows, 2);
    assert_eq!(store.documents().await.unwrap().unwrap().revision, 1);
    assert_eq!(
        store.stopped().await.unwrap(),
        [(Some(TargetName::from("slack")), "drill".to_owned())]
    );
    let tokens = store.tokens(0).await.unwrap();
    assert_eq!(tokens[0].scopes, [Scope::Read, Scope::Administer]);
    assert!(tokens[0].revoked.is_some());
    let secret = store.secret("slack-token").await.unwrap().unwrap();
    assert_eq!(secret.sealed.bytes, [0, 1, 255]);
    let stream = Stream::new("plan", "p");
    assert!(store.head_of(&stream).await.unwrap().is_some());

    assert_goes_on(store).await;
}

/// The next record joins the chain, and tables of later schemas are there.
async fn assert_goes_on(store: &TenureStore) {
    let (seq, _) = store.head().await.unwrap();
    let facts = Event::FactsAccepted(samples::accepted(3));
    let decided = Event::AccountDecided(samples::decided(9, model::event::Holder::Shared));
    let task = Event::TaskOpened(model::event::TaskOpened {
        task: samples::task(3),
    });
    // What came before was kept from the schema on that knew of it; what is new is kept from now on.
    let spent = |n: &[u8]| ports::store::OneTime {
        value: model::Digest::of(n),
        ..proof()
    };
    for first in [true, false] {
        let at = samples::at(3_600);
        assert_eq!(store.spend(spent(b"new"), at, at).await, Ok(first));
    }
    let done = store
        .append(Append::of(Actor::system(), vec![facts, decided, task]))
        .await
        .unwrap();
    let page = store.decided_accounts(&samples::slack(), None, 0).await;
    let found = page.unwrap().iter().any(|d| d.decided.remote.0 == "u9");
    assert!(found, "tables of later schemas are there");
    let task = store.task(samples::task(3).id).await.unwrap();
    assert!(task.is_some(), "tables of later schemas are there");
    assert_eq!(done.first, seq + 1);
    let report = store.verify(TENANT, Vec::new()).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
}

#[tokio::test]
async fn a_store_of_every_release_opens_whole() {
    let dir = tempfile::tempdir().unwrap();
    for (schema, kinds) in KEPT.into_iter().zip(KINDS) {
        let path = copy(schema, dir.path());
        let store = TenureStore::open_sqlite(&path, later()).unwrap();
        assert_whole(&store, kinds).await;
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_every_release_restores_into_either() {
    let dir = tempfile::tempdir().unwrap();
    for (schema, kinds) in KEPT.into_iter().zip(KINDS) {
        let dump = read(schema, "dump");
        let path = dir.path().join(format!("restored-{schema}.db"));
        TenureStore::restore_sqlite(&path, &later(), dump.as_bytes()).unwrap();
        let store = TenureStore::open_sqlite(&path, later()).unwrap();
        assert_whole(&store, kinds).await;
        store.close().await;
        let Some(cluster) = cluster::shared() else {
            continue;
        };
        let (url, options) = (cluster.database(), PostgresOptions::default());
        TenureStore::restore_postgres(&url, options, &later(), dump.as_bytes())
            .await
            .unwrap();
        let store = TenureStore::open_postgres(&url, options, later())
            .await
            .unwrap();
        assert_whole(&store, kinds).await;
    }
}

#[tokio::test]
async fn a_store_of_the_next_schema_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let known = *KEPT.last().unwrap();
    let path = copy(known, dir.path());
    let sql = format!(
        "UPDATE meta SET value = '{}' WHERE name = 'schema'; CREATE TABLE invented (x TEXT)",
        known + 1
    );
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(&sql).unwrap();
    let before = text_of(&conn);
    let refused = TenureStore::open_sqlite(&path, later()).err();
    let found = known + 1;
    assert_eq!(refused, Some(OpenError::Newer { found, known }));
    assert_eq!(text_of(&conn), before);
    let dump = read(known, "dump").replacen(
        &format!("\"schema\":{known}"),
        &format!("\"schema\":{found}"),
        1,
    );
    let path = dir.path().join("restored.db");
    let refused = TenureStore::restore_sqlite(&path, &later(), dump.as_bytes()).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains(&format!("it has schema {found}")),
        "{refused}"
    );
}

/// Whoever changes a table must raise the schema: stores that are out there have the old one.
#[test]
fn tables_do_not_change_under_a_kept_schema() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new.db");
    TenureStore::open_inline(Some(&path), later()).unwrap();
    let conn = Connection::open(&path).unwrap();
    let schema: u64 = conn
        .query_row("SELECT value FROM meta WHERE name = 'schema'", [], |row| {
            row.get::<_, String>(0)
        })
        .unwrap()
        .parse()
        .unwrap();
    assert!(
        KEPT.contains(&schema),
        "make the fixture of schema {schema}"
    );
    let old = Connection::open_in_memory().unwrap();
    old.execute_batch(&read(schema, "sql")).unwrap();
    assert_eq!(tables(&conn), tables(&old), "raise SCHEMA and migrate");
}

fn tables(conn: &Connection) -> Vec<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type DESC, name";
    let mut statement = conn.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// A database as the statements that make it again.
fn text_of(conn: &Connection) -> String {
    let mut out = String::from("BEGIN;\n");
    for sql in tables(conn) {
        writeln!(out, "{sql};").unwrap();
    }
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut names = conn.prepare(names).unwrap();
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for name in names {
        let mut rows = conn.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let width = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> = (0..width)
                .map(|i| literal(row.get_ref(i).unwrap()))
                .collect();
            writeln!(out, "INSERT INTO \"{name}\" VALUES ({});", cells.join(", ")).unwrap();
        }
    }
    out.push_str("COMMIT;\n");
    out
}

fn literal(cell: ValueRef<'_>) -> String {
    match cell {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) => {
            format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''"))
        }
        ValueRef::Blob(bytes) => {
            bytes.iter().fold("X'".to_owned(), |mut out, byte| {
                write!(out, "{byte:02x}").unwrap();
                out
            }) + "'"
        }
    }
}

/// Three people of whom the second is erased, an event of every kind, and something in every
/// operational table. The same on every run.
async fn fill(store: &TenureStore) {
    let ana = || Actor::named("ana");
    for n in 1..=3 {
        let append = Append::of(ana(), samples::about_person(n));
        store.append(append).await.unwrap();
    }
    let mut takers = samples::takers(2);
    // Of what takes away, the first person's pins and the stop of all targets would not be told
    // apart from what was never there.
    takers.retain(|event| !matches!(event, Event::PinsLifted(_) | Event::WritingResumed(_)));
    let mut nobody = samples::about_nobody();
    nobody.push(Event::WritingStopped(model::event::WritingStopped {
        target: Some(samples::slack()),
        reason: "drill".to_owned(),
    }));
    nobody.push(Event::WritingResumed(WritingResumed {
        target: None,
        reason: "over".to_owned(),
    }));
    nobody.push(Event::PinsLifted(PinsLifted {
        subject: samples::subject(3),
        wave: samples::wave_id(0),
    }));
    nobody.extend(takers);
    let spent = ports::store::OneTime {
        space: "code",
        value: model::Digest::of(b"spent"),
    };
    let append = Append::of(ana(), nobody)
        .consuming(spent)
        .bumping(Stream::new("plan", "p"));
    store.append(append).await.unwrap();
    store
        .acquire("target/slack", "a", std::time::Duration::from_secs(600))
        .await
        .unwrap()
        .unwrap();
    let secret = SecretRow {
        name: "slack-token".to_owned(),
        app: "slack".to_owned(),
        host: "slack.example".to_owned(),
        sealed: Sealed {
            key: "k1".to_owned(),
            bytes: vec![0, 1, 255],
        },
        at: samples::at(3),
        expires: Some(samples::at(90)),
    };
    store.put_secret(secret).await.unwrap();
    assert!(
        store
            .spend(proof(), samples::at(90), samples::at(3))
            .await
            .unwrap()
    );
    let device = ports::store::DeviceRow {
        id: model::AuthorizationId::from_bits(7),
        code: model::Digest::of(b"code"),
        until: samples::at(600),
        asked: "{}".to_owned(),
    };
    store.put_device(device, samples::at(3)).await.unwrap();
}

/// What a client proved itself with.
fn proof() -> ports::store::OneTime {
    ports::store::OneTime {
        space: "proof",
        value: model::Digest::of(b"proof"),
    }
}

#[tokio::test]
#[ignore = "writes the fixtures of the present schema; see the head of this file"]
async fn make_the_fixture() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let clock = Arc::new(ManualClock::at(samples::at(0)));
    let store = TenureStore::open_inline(Some(&path), ports(clock, 11)).unwrap();
    fill(&store).await;
    let (dump, _) = store.backup(Vec::new()).await.unwrap();
    store.close().await;
    let conn = Connection::open(&path).unwrap();
    let schema: String = conn
        .query_row("SELECT value FROM meta WHERE name = 'schema'", [], |row| {
            row.get(0)
        })
        .unwrap();
    for (what, bytes) in [("sql", text_of(&conn).into_bytes()), ("dump", dump)] {
        use std::io::Write as _;
        let path = fixture(&format!("schema-{schema}.{what}"));
        let mut file = std::fs::File::create_new(&path).expect("a kept fixture is not replaced");
        file.write_all(&bytes).unwrap();
    }
}
