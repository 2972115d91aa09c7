//! The suites of `ports::conformance::reads` on every kind of store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ports::conformance::reads;

macro_rules! on_every_store {
    ($($suite:ident),* $(,)?) => {
        mod inline {
            $(
                #[tokio::test]
                async fn $suite() {
                    let store = crate::stores::inline();
                    super::reads::$suite(&store).await;
                }
            )*
        }

        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $suite() {
                    let (store, _dir) = crate::stores::file();
                    super::reads::$suite(&store).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $suite() {
                    let Some(store) = crate::stores::postgres(stringify!($suite)).await else {
                        return;
                    };
                    super::reads::$suite(&store).await;
                }
            )*
        }
    };
}

ports::read_suites!(on_every_store);
