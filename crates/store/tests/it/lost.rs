//! The answer to a commit is lost on its way: the commit may have happened or not, and the store
//! says neither.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use model::Actor;
use ports::conformance::cluster;
use ports::conformance::doubles::ManualClock;
use ports::conformance::samples;
use ports::conformance::store::call;
use ports::store::{Append, AppendError, Door as _, Log as _};
use store::{PostgresOptions, TenureStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{TENANT, ports};

/// What the wire does with the next commit.
const PASS: u8 = 0;
const CUT_BEFORE: u8 = 1;
const CUT_AFTER: u8 = 2;

/// A wire to the server that can be cut at a commit. Answers its port.
async fn wire(server: String, cut: Arc<AtomicU8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(carry(client, server, Arc::clone(&cut)));
        }
    });
    port
}

async fn carry(mut client: TcpStream, mut server: TcpStream, cut: Arc<AtomicU8>) {
    let (mut up, mut down) = (vec![0; 65536], vec![0; 65536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(size @ 1..) = read else { return };
                let commits = up[..size].windows(7).any(|window| window == b"COMMIT\0");
                let cut = if commits { cut.swap(PASS, Ordering::SeqCst) } else { PASS };
                if cut == CUT_BEFORE {
                    return;
                }
                server.write_all(&up[..size]).await.unwrap();
                if cut == CUT_AFTER {
                    drop(client);
                    // Only the answer is lost: the server is heard out until it has committed.
                    let mut said = Vec::new();
                    while !said.windows(7).any(|window| window == b"COMMIT\0") {
                        assert!(server.read_buf(&mut said).await.unwrap() > 0, "no commit");
                    }
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(size @ 1..) = read else { return };
                if client.write_all(&down[..size]).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn open(url: &str) -> TenureStore {
    let clock = Arc::new(ManualClock::at(samples::at(0)));
    TenureStore::open_postgres(url, PostgresOptions::default(), ports(clock, 1))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_neither_yes_nor_no() {
    let Some(cluster) = cluster::shared() else {
        return;
    };
    let url = cluster.database();
    let address = url.split('@').nth(1).unwrap().split('/').next().unwrap();
    let cut = Arc::new(AtomicU8::new(PASS));
    let port = wire(address.to_owned(), Arc::clone(&cut)).await;
    let far = open(&url.replace(address, &format!("127.0.0.1:{port}"))).await;
    let near = open(&url).await;
    let append = |store: &TenureStore, n| {
        let store = store.clone();
        async move {
            store
                .append(Append::of(Actor::system(), vec![call(n)]))
                .await
        }
    };
    assert_eq!(append(&far, 1).await.unwrap().last, 1);
    for (how, happens) in [(CUT_BEFORE, false), (CUT_AFTER, true)] {
        let before = near.head().await.unwrap().0;
        cut.store(how, Ordering::SeqCst);
        let answer = append(&far, 2).await;
        assert!(
            matches!(answer, Err(AppendError::Broken(_))),
            "{how}: {answer:?}"
        );
        // This append waits for the head lock, and with it for the end of the other.
        let next = append(&near, 3).await.unwrap().last;
        assert_eq!(next, before + 1 + u64::from(happens), "{how}");
        // The store connects anew by itself.
        assert_eq!(append(&far, 4).await.unwrap().last, next + 1);
    }
    assert!(far.verify(TENANT, Vec::new()).await.unwrap().is_sound());
}
