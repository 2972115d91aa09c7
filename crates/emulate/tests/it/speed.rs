//! How many small requests one provider serves. Run with `--ignored --nocapture`: the figure
//! means something only on a quiet machine.

use std::time::Instant;

use emulate::{Access, Provider, Serving, Shared, Temperament, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONNECTIONS: usize = 8;
const EACH: usize = 2_000;

async fn client(serving: std::sync::Arc<Serving>, no: usize) {
    let mut stream = TcpStream::connect(serving.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0u8; 8192];
    for n in 0..EACH {
        let body = format!(r#"{{"userName":"u{no}x{n}","externalId":"k{no}x{n}","active":true}}"#);
        let length = body.len();
        let request = format!(
            "POST /scim/v2/Users HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(buffer[..read].starts_with(b"HTTP/1.1 201"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a test"]
async fn creations_per_second() {
    let provider = Provider::new(Temperament::default(), Access::Open);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let serving = std::sync::Arc::new(serve(listener, Shared::new(provider)).unwrap());
    let began = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for no in 0..CONNECTIONS {
        clients.spawn(client(serving.clone(), no));
    }
    clients.join_all().await;
    let rate = (CONNECTIONS * EACH) as f64 / began.elapsed().as_secs_f64();
    println!("{rate:.0} creations per second over {CONNECTIONS} connections");
}
