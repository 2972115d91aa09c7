//! Identity providers are asked where documents may send us, within bounds, and no answer leads elsewhere.

use std::time::Duration;

use connectors::upstream::HttpUpstream;
use model::Secret;
use ports::{Unreachable, Upstream as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const DEADLINE: Duration = Duration::from_secs(5);

/// A provider that answers one request so: where it is, and what it was sent.
async fn provider(answer: String) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/at?q=hunter2", listener.local_addr().unwrap());
    let sent = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut part = vec![0; 16 << 10];
        let mut sent = String::new();
        while !sent.contains("\r\n\r\n") {
            let read = stream.read(&mut part).await.unwrap();
            sent.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        // Whoever asked may hang up before the end.
        let _ = stream.write_all(answer.as_bytes()).await;
        let again = tokio::time::timeout(Duration::from_millis(200), listener.accept()).await;
        assert!(again.is_err(), "it came again");
        sent
    });
    (uri, sent)
}

fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
}

async fn fetched(private: bool, uri: &str) -> Result<Vec<u8>, Unreachable> {
    let way = HttpUpstream::new(private).unwrap();
    let token = Secret::new("Bearer hunter2");
    let fetched = way.fetch(uri, Some(&token), DEADLINE).await;
    assert!(!format!("{fetched:?}").contains("hunter2"), "{fetched:?}");
    fetched
}

#[tokio::test]
async fn a_document_is_fetched_and_a_form_posted() {
    let (uri, sent) = provider(answer("200 OK", "{}")).await;
    assert_eq!(fetched(true, &uri).await, Ok(b"{}".to_vec()));
    let sent = sent.await.unwrap();
    assert!(sent.starts_with("GET /at?q=hunter2 HTTP/1.1"), "{sent}");
    assert!(
        sent.to_lowercase()
            .contains("authorization: bearer hunter2"),
        "{sent}"
    );
    let (uri, sent) = provider(answer("400 Bad Request", "{\"error\":\"x\"}")).await;
    let way = HttpUpstream::new(true).unwrap();
    let form = Secret::new("code=c");
    let answered = way.exchange(&uri, &form, None, DEADLINE).await.unwrap();
    assert_eq!(
        answered,
        (400, b"{\"error\":\"x\"}".to_vec()),
        "what it says is an answer"
    );
    assert!(
        sent.await
            .unwrap()
            .starts_with("POST /at?q=hunter2 HTTP/1.1")
    );
}

/// O13: nothing inside the network is fetched that the document does not allow, no redirect is followed, and nothing
/// is read without end.
#[tokio::test]
async fn o13_an_identity_provider_leads_nowhere_else() {
    let (uri, sent) = provider(answer("200 OK", "{}")).await;
    assert!(
        fetched(false, &uri).await.is_err(),
        "http, and a private address"
    );
    let secure = uri.replace("http:", "https:");
    assert!(fetched(false, &secure).await.is_err(), "a private address");
    sent.abort();
    for address in [
        "http://169.254.169.254/latest",
        "ftp://127.0.0.1/",
        "http://a@127.0.0.1/",
    ] {
        assert!(fetched(true, address).await.is_err(), "{address}");
    }
    let elsewhere = "302 Found\r\nlocation: http://169.254.169.254/";
    for (status, body) in [
        (elsewhere, String::new()),
        ("500 Oops", String::new()),
        ("200 OK", "x".repeat(300 << 10)),
    ] {
        let (uri, sent) = provider(answer(status, &body)).await;
        assert!(fetched(true, &uri).await.is_err(), "{status}");
        sent.await.unwrap();
    }
}
