//! New, empty stores of every kind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::Timestamp;
use ports::conformance::cluster;
use ports::{Clock, Entropy};
use store::{LocalKeyRing, PostgresOptions, StorePorts, TenureStore};

struct Steps(AtomicU64);
impl Clock for Steps {
    fn now(&self) -> Timestamp {
        let n = self.0.fetch_add(1_000, Ordering::Relaxed);
        Timestamp::from_micros(1_764_000_000_000_000 + n.cast_signed())
    }
}
struct Counted(AtomicU64);
impl Entropy for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let n = self.0.fetch_add(1, Ordering::Relaxed);
            chunk.copy_from_slice(&n.to_be_bytes()[8 - chunk.len()..]);
        }
    }
}

fn ports() -> StorePorts {
    let entropy: Arc<dyn Entropy> = Arc::new(Counted(AtomicU64::new(0)));
    StorePorts {
        clock: Arc::new(Steps(AtomicU64::new(0))),
        keyring: Arc::new(LocalKeyRing::new(&[7; 32], &[], Arc::clone(&entropy)).unwrap()),
        entropy,
    }
}

pub fn inline() -> TenureStore {
    TenureStore::open_inline(None, ports()).unwrap()
}

pub fn file() -> (TenureStore, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    (
        TenureStore::open_sqlite(&dir.path().join("t.db"), ports()).unwrap(),
        dir,
    )
}

pub async fn postgres() -> Option<TenureStore> {
    let url = cluster::shared()?.database();
    Some(
        TenureStore::open_postgres(&url, PostgresOptions::default(), ports())
            .await
            .unwrap(),
    )
}
