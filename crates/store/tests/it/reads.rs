//! The read side on each database. After each suite the tables must be those that a rebuild
//! from the log would make.

use ports::conformance::reads;
use ports::conformance::store::Harness as _;

use crate::harness::{Kind, Stores};

macro_rules! check {
    ($suite:ident, $stores:expr) => {{
        let stores = $stores;
        let store = stores.fresh().await;
        reads::$suite(&store).await;
        assert_eq!(stores.rebuild_differences(&store).await, [""; 0]);
    }};
}

macro_rules! on_every_store {
    ($($suite:ident),* $(,)?) => {
        $(
            mod $suite {
                use super::*;

                #[tokio::test]
                async fn inline() {
                    check!($suite, Stores::new(Kind::Memory));
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn file() {
                    check!($suite, Stores::new(Kind::File));
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    if let Some(stores) = Stores::postgres() {
                        check!($suite, stores);
                    }
                }
            }
        )*
    };
}

ports::read_suites!(on_every_store);
