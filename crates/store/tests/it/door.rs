//! The write side on each database.

use ports::conformance::store as suite;

use crate::harness::{Kind, Stores};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_file() {
    suite::run(&Stores::new(Kind::File)).await;
}

#[tokio::test]
async fn sqlite_inline() {
    suite::run(&Stores::new(Kind::Inline)).await;
}

#[tokio::test]
async fn sqlite_in_memory() {
    suite::run(&Stores::new(Kind::Memory)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    if let Some(stores) = Stores::postgres() {
        suite::run(&stores).await;
    }
}
