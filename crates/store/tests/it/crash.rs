//! Nothing acknowledged is lost: not when the process is killed, nor when the power fails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ports::clock::draw;
use ports::conformance::cluster::REQUIRE;
use ports::conformance::doubles::{ManualClock, SeededEntropy};
use ports::conformance::samples;
use ports::conformance::store::Harness as _;
use ports::store::Log as _;
use store::TenureStore;

use crate::child::{self, ACKS};
use crate::disk::{Disk, Image};
use crate::harness::{Kind, Stores, TENANT, ports};

fn open_file(path: &Path) -> TenureStore {
    let ports = ports(Arc::new(ManualClock::at(samples::at(0))), 99);
    TenureStore::open_inline(Some(path), ports).unwrap()
}

/// Everything acknowledged is there, the chain holds, and the tables say what the log says.
async fn assert_whole(store: &TenureStore, acked: &BTreeSet<u64>) {
    let report = store.verify(TENANT, Vec::new()).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.problems);
    let last = acked.last().copied().unwrap_or(0);
    assert!(
        report.head.0 >= last,
        "{last} was acknowledged; the log ends at {}",
        report.head.0
    );
    assert_eq!(report.head.0 % 2, 0, "half of an append of two events");
    assert_eq!(
        store.rebuild_differences().await.unwrap(),
        Vec::<String>::new()
    );
}

fn random(entropy: &SeededEntropy, below: u64) -> u64 {
    u64::from_le_bytes(draw::<8>(entropy)) % below.max(1)
}

async fn killed_again_and_again(stores: &Stores) {
    drop(stores.fresh().await);
    let place = stores.place();
    let entropy = SeededEntropy::new(4);
    let mut acked = BTreeSet::new();
    for round in 0..6 {
        let mut writer = child::spawn(&place, round, 1_000_000, &[]);
        for _ in 0..=random(&entropy, 120) {
            assert!(
                acked.insert(writer.acked().expect("it writes")),
                "a number was given twice"
            );
        }
        for seq in writer.kill() {
            assert!(acked.insert(seq), "a number was given twice");
        }
    }
    let store = stores.another(&place).await;
    assert_whole(&store, &acked).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_sqlite_writer_loses_nothing_acknowledged() {
    killed_again_and_again(&Stores::new(Kind::File)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_postgres_writer_loses_nothing_acknowledged() {
    if let Some(stores) = Stores::postgres() {
        killed_again_and_again(&stores).await;
    }
}

/// Two processes on one PostgreSQL: one log, and each contested value has one winner.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_share_one_postgres() {
    let Some(stores) = Stores::postgres() else {
        return;
    };
    let first = stores.fresh().await;
    let (one, two) = (
        child::spawn(&stores.place(), 1, 200, &[]),
        child::spawn(&stores.place(), 2, 200, &[]),
    );
    let mut acked = BTreeSet::new();
    for mut writer in [one, two] {
        while let Some(seq) = writer.acked() {
            assert!(acked.insert(seq), "a number was given twice");
        }
        assert!(writer.child.wait().unwrap().success());
    }
    // 200 each, of which every tenth is spent by one of the two only.
    assert_eq!(acked.len(), 380);
    assert_whole(&first, &acked).await;
    assert_eq!(first.head().await.unwrap().0, 760);
    let who: BTreeSet<String> = first
        .records(0, 10_000)
        .await
        .unwrap()
        .into_iter()
        .map(|r| r.actor.principal)
        .collect();
    assert_eq!(who.len(), 2, "both wrote");
}

/// The shim that records writes and syncs, compiled with the C compiler that the build needs
/// anyway.
fn shim(dir: &Path) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/disk.c");
    let library = dir.join("disk.so");
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status();
    if cfg!(target_os = "linux") && compiled.is_ok_and(|status| status.success()) {
        return Some(library);
    }
    assert!(
        std::env::var(REQUIRE).as_deref() != Ok("1"),
        "the disk recorder does not compile"
    );
    eprintln!("skipped: the disk recorder needs Linux and a C compiler");
    None
}

/// What the child wrote, synced and acknowledged, in order.
fn recorded(dir: &Path, appends: u64) -> Option<Disk> {
    let library = shim(dir)?;
    let log = dir.join("disk.log");
    let env = [
        ("LD_PRELOAD", library.as_path()),
        ("TENURE_DISK", &dir.join("disk-")),
        ("TENURE_DISK_LOG", &log),
        (ACKS, &dir.join("disk-acks")),
    ];
    let place = dir.join("disk-store.db");
    let mut writer = child::spawn(&place.to_string_lossy(), 5, appends, &env);
    while writer.acked().is_some() {}
    assert!(writer.child.wait().unwrap().success());
    Some(Disk::read(&std::fs::read(log).unwrap()))
}

/// The power fails at random moments. Of what was not synced by then, any part may have reached
/// the disk: whole sectors, in any order.
#[tokio::test]
async fn a_power_failure_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = recorded(dir.path(), 700) else {
        return;
    };
    let entropy = SeededEntropy::new(6);
    let mut lost_writes = 0;
    for _ in 0..60 {
        let moment = random(&entropy, disk.len() as u64 + 1) as usize;
        let Image {
            files,
            acks,
            dropped,
        } = disk.after_power_failure(moment, &entropy);
        lost_writes += dropped;
        let place = dir.path().join("after");
        std::fs::create_dir_all(&place).unwrap();
        for (name, bytes) in &files {
            std::fs::write(place.join(name), bytes).unwrap();
        }
        if files.iter().any(|(name, _)| name == "disk-store.db") {
            let store = open_file(&place.join("disk-store.db"));
            assert_whole(&store, &acks).await;
        } else {
            assert!(acks.is_empty());
        }
        std::fs::remove_dir_all(&place).unwrap();
    }
    assert!(
        lost_writes > 100,
        "only {lost_writes} sectors were lost: this shows nothing"
    );
}

/// A file of which acknowledged bytes are missing is noticed: the test above can fail.
#[tokio::test]
async fn a_disk_that_lies_about_syncs_is_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let Some(disk) = recorded(dir.path(), 40) else {
        return;
    };
    let disk = disk.without_syncs();
    let entropy = SeededEntropy::new(7);
    let mut noticed = false;
    for _ in 0..20 {
        let Image { files, acks, .. } = disk.after_power_failure(disk.len(), &entropy);
        let place = dir.path().join("after");
        std::fs::create_dir_all(&place).unwrap();
        for (name, bytes) in &files {
            std::fs::write(place.join(name), bytes).unwrap();
        }
        let ports = ports(Arc::new(ManualClock::at(samples::at(0))), 99);
        noticed |= match TenureStore::open_inline(Some(&place.join("disk-store.db")), ports) {
            Err(_) => true,
            Ok(store) => match store.verify(TENANT, Vec::new()).await {
                Err(_) => true,
                Ok(report) => !report.is_sound() || report.head.0 < *acks.last().unwrap(),
            },
        };
        std::fs::remove_dir_all(&place).unwrap();
    }
    assert!(noticed);
}
