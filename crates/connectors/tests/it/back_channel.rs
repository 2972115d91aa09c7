//! Logout tokens go where documents may send them, once, and nothing more is believed of an answer than
//! its status.

use std::time::{Duration, Instant};

use connectors::BackChannelLogout;
use model::Secret;
use ports::{BackChannel as _, LogoutAnswer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const TOKEN: &str = "eyJ0.hunter2.c2ln";
const DEADLINE: Duration = Duration::from_secs(5);

async fn tells(uri: &str, allow_private: bool, deadline: Duration) -> LogoutAnswer {
    let way = BackChannelLogout::new(allow_private).unwrap();
    let answer = way.tell(uri, &Secret::new(TOKEN), deadline).await;
    let said = format!("{answer:?}");
    assert!(!said.contains("hunter2") && !said.contains("q=1"), "{said}");
    answer
}

/// A relying party that answers one request so; and what it was sent.
async fn answers(answer: &'static str) -> (LogoutAnswer, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/out?q=1", listener.local_addr().unwrap());
    let party = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut sent, mut part) = (String::new(), [0; 4096]);
        while !sent.contains(TOKEN) {
            let read = stream.read(&mut part).await.unwrap();
            assert!(read > 0, "cut off after {sent}");
            sent.push_str(&String::from_utf8_lossy(&part[..read]));
        }
        // Whoever asked may hang up once it knows the status.
        let _ = stream.write_all(answer.as_bytes()).await;
        let again = tokio::time::timeout(Duration::from_millis(300), listener.accept()).await;
        assert!(again.is_err(), "it came again");
        sent
    });
    let answer = tells(&uri, true, DEADLINE).await;
    (answer, party.await.unwrap())
}

/// §2.5 and §2.8: a form is posted, and the status says how it ended.
#[tokio::test]
async fn a_status_says_how_it_ended() {
    let (taken, sent) = answers("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(taken, LogoutAnswer::Taken);
    assert!(sent.starts_with("POST /out?q=1 HTTP/1.1\r\n"), "{sent}");
    let sent = sent.to_ascii_lowercase();
    assert!(
        sent.contains("content-type: application/x-www-form-urlencoded\r\n"),
        "{sent}"
    );
    assert!(
        sent.ends_with("\r\n\r\nlogout_token=eyj0.hunter2.c2ln"),
        "{sent}"
    );
    assert!(
        !sent.contains("authorization:") && !sent.contains("cookie:"),
        "{sent}"
    );
    let (taken, _) = answers("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(taken, LogoutAnswer::Taken);
    let bad = "HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\n{\"a\":\"b\"}";
    assert_eq!(answers(bad).await.0, LogoutAnswer::Refused);
    let busy = "HTTP/1.1 503 Busy\r\nretry-after: 90\r\ncontent-length: 0\r\n\r\n";
    let waits = LogoutAnswer::Failed {
        detail: "answered 503".to_owned(),
        wait: Some(Duration::from_secs(90)),
    };
    assert_eq!(answers(busy).await.0, waits);
}

/// An answer that never ends is known by its status, and one that points elsewhere is not followed.
#[tokio::test]
async fn nothing_else_of_an_answer_is_read_or_followed() {
    let endless = "HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\nx";
    assert_eq!(answers(endless).await.0, LogoutAnswer::Taken);
    let elsewhere =
        "HTTP/1.1 307 Elsewhere\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n";
    let failed = LogoutAnswer::Failed {
        detail: "answered 307".to_owned(),
        wait: None,
    };
    assert_eq!(answers(elsewhere).await.0, failed);
}

#[tokio::test]
async fn one_that_does_not_answer_is_left_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/out?q=1", listener.local_addr().unwrap());
    let began = Instant::now();
    let answer = tells(&uri, true, Duration::from_millis(300)).await;
    assert!(matches!(answer, LogoutAnswer::Lost { .. }), "{answer:?}");
    assert!(began.elapsed() < Duration::from_secs(2));
    drop(listener);
    let answer = tells(&uri, true, DEADLINE).await;
    assert!(
        matches!(answer, LogoutAnswer::Failed { .. }),
        "nobody is there: {answer:?}"
    );
}

/// O13: an address that a document names reaches nothing private unless the document says so, whatever its
/// name resolves to; and never a metadata service.
#[tokio::test]
async fn o13_a_logout_token_reaches_nothing_private_that_its_document_does_not_allow() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in [
        "127.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "10.0.0.7",
        "[fd12::1]",
    ] {
        let answer = tells(&format!("https://{host}:{port}/?q=1"), false, DEADLINE).await;
        let LogoutAnswer::Failed { detail, .. } = &answer else {
            panic!("{host}: {answer:?}");
        };
        assert!(detail.contains("private or reserved"), "{host}: {detail}");
    }
    for uri in [
        "http://127.0.0.1/?q=1",
        "http://wiki.acme.example/?q=1",
        "https://ana:hunter2@wiki.acme.example/?q=1",
        "file:///etc/passwd?q=1",
        "wiki?q=1",
    ] {
        let answer = tells(uri, false, DEADLINE).await;
        let LogoutAnswer::Failed { detail, .. } = &answer else {
            panic!("{uri}: {answer:?}");
        };
        assert_eq!(detail, "its address is none that we go to");
    }
    for allow in [false, true] {
        for host in [
            "169.254.169.254",
            "[fd00:ec2::254]",
            "[::ffff:169.254.169.254]",
        ] {
            let answer = tells(&format!("https://{host}/?q=1"), allow, DEADLINE).await;
            let LogoutAnswer::Failed { detail, .. } = &answer else {
                panic!("{host}: {answer:?}");
            };
            assert!(detail.contains("private or reserved"), "{host}: {detail}");
        }
    }
    let came = tokio::time::timeout(Duration::from_millis(100), listener.accept()).await;
    assert!(came.is_err(), "somebody came");
}
