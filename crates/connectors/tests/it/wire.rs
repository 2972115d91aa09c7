//! What the HTTP layer makes of broken, hostile and missing answers.

use std::time::Duration;

use connectors::ScimTarget;
use emulate::{Fault, Temperament};
use model::{Kind, Outcome, RemoteId, Secret};
use ports::Target;
use ports::target::{Operation, TargetError};
use protocol::scim::{ScimProfile, ScimSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::bench::{SECRET, provider, settings, target};

fn disable() -> Operation {
    Operation::SetActive {
        remote: RemoteId::from("someone"),
        active: false,
    }
}

/// A server that reads one request per connection and answers it with these bytes.
async fn raw(answer: Vec<u8>) -> (ScimTarget, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/scim/v2", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0u8; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(&answer).await;
        }
    });
    let settings = settings(base, ScimProfile::rfc());
    (
        ScimTarget::new(&settings, Secret::new(SECRET)).unwrap(),
        task,
    )
}

fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

async fn outcome(answer: Vec<u8>) -> Outcome {
    let (target, task) = raw(answer).await;
    let outcome = target
        .apply(&disable(), Duration::from_secs(5))
        .await
        .outcome;
    task.abort();
    assert!(!format!("{outcome:?}").contains(SECRET));
    outcome
}

#[tokio::test]
async fn what_each_status_means_for_a_write() {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Done { .. } => "done",
        Outcome::AlreadyDone { .. } => "already",
        Outcome::Stale { .. } => "stale",
        Outcome::Refused { .. } => "refused",
        Outcome::Later {
            whole_target: true, ..
        } => "later, all",
        Outcome::Later { .. } => "later, this",
        Outcome::Unknown { .. } => "unknown",
        Outcome::Handed | Outcome::Confirmed { .. } => "by hand",
    };
    let error = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"]}"#;
    for (status, headers, body, expected) in [
        ("204 No Content", "", "", "done"),
        ("200 OK", "", "not json", "done"),
        ("200 OK", "", r#"{"id":"someone else"}"#, "unknown"),
        ("202 Accepted", "", "", "unknown"),
        (
            "302 Found",
            "location: http://127.0.0.1:1/\r\n",
            "",
            "refused",
        ),
        (
            "308 Permanent Redirect",
            "location: http://127.0.0.1:1/\r\n",
            "",
            "refused",
        ),
        ("400 Bad Request", "", error, "refused"),
        ("401 Unauthorized", "", "", "later, all"),
        ("403 Forbidden", "", error, "refused"),
        ("404 Not Found", "", error, "stale"),
        ("404 Not Found", "", "<html>", "refused"),
        ("408 Request Timeout", "", "", "unknown"),
        ("412 Precondition Failed", "", error, "stale"),
        ("423 Locked", "", "", "later, this"),
        ("429 Too Many Requests", "", "", "later, all"),
        ("500 Internal Server Error", "", "", "unknown"),
        ("501 Not Implemented", "", "", "refused"),
        ("502 Bad Gateway", "", "", "unknown"),
        ("503 Service Unavailable", "", "", "unknown"),
        (
            "503 Service Unavailable",
            "retry-after: 7\r\n",
            "",
            "later, all",
        ),
        ("504 Gateway Timeout", "", "", "unknown"),
    ] {
        let outcome = outcome(http(status, headers, body)).await;
        assert_eq!(word(&outcome), expected, "{status}: {outcome:?}");
    }
}

#[tokio::test]
async fn broken_answers_to_a_write_are_unknown() {
    for answer in [
        Vec::new(),
        b"nonsense\r\n\r\n".to_vec(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort".to_vec(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n".to_vec(),
    ] {
        let outcome = outcome(answer).await;
        assert!(matches!(outcome, Outcome::Unknown { .. }), "{outcome:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/scim/v2", listener.local_addr().unwrap());
    drop(listener);
    let settings = settings(base, ScimProfile::rfc());
    let target = ScimTarget::new(&settings, Secret::new(SECRET)).unwrap();
    let outcome = target
        .apply(&disable(), Duration::from_secs(5))
        .await
        .outcome;
    assert!(
        matches!(
            outcome,
            Outcome::Later {
                whole_target: true,
                ..
            }
        ),
        "{outcome:?}"
    );
    let read = target.read(Kind::Account, &RemoteId::from("a")).await;
    assert!(matches!(read, Err(TargetError::Unreachable(_))), "{read:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_credential() {
    let serving = provider(Temperament::default()).await;
    let location = format!("location: {}/Users/someone\r\n", serving.base_url());
    let (target, task) = raw(http("307 Temporary Redirect", &location, "")).await;
    let read = target.read(Kind::Account, &RemoteId::from("someone")).await;
    task.abort();
    assert!(matches!(read, Err(TargetError::Refused(_))), "{read:?}");
    assert_eq!(serving.provider.lock().requests(), 0);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/scim/v2", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0u8; 4096];
        let _ = stream.read(&mut request).await;
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let _ = stream.write_all(head).await;
        let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
        let mut sent = 0usize;
        while stream.write_all(&chunk).await.is_ok() {
            sent += 0x10000;
        }
        assert!(sent < 64 << 20, "cut off long before memory ends");
    });
    let target = ScimTarget::new(&settings(base, ScimProfile::rfc()), Secret::new(SECRET)).unwrap();
    let read = target.read(Kind::Account, &RemoteId::from("a")).await;
    match read {
        Err(TargetError::Unreachable(why)) => assert!(why.contains("16777216"), "{why}"),
        other => panic!("{other:?}"),
    }
    task.await.unwrap();
}

#[tokio::test]
async fn hostile_bodies_are_refused_with_the_field_that_is_wrong() {
    let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
    let long = format!("\"{}\"", "x".repeat(70_000));
    let user = r#"{"id":"someone","userName":"a"}"#;
    for (body, field) in [
        ("{".to_owned(), "(message)"),
        (
            format!(r#"{{"totalResults":1,"Resources":[{{"id":"1","userName":{deep}}}]}}"#),
            "levels",
        ),
        (
            format!(r#"{{"totalResults":1,"Resources":[{{"id":"1","userName":{long}}}]}}"#),
            "userName",
        ),
        (
            r#"{"totalResults":1,"Resources":[{"id":1,"userName":"a"}]}"#.to_owned(),
            "Resources[0].id",
        ),
        (
            r#"{"totalResults":1,"Resources":[{"id":"1","userName":"\ud83d"}]}"#.to_owned(),
            "Resources[0].userName",
        ),
        (
            format!(r#"{{"totalResults":2,"Resources":[{user},{user}]}}"#),
            "Resources[1].id",
        ),
        (
            r#"{"totalResults":"1","Resources":[]}"#.to_owned(),
            "totalResults",
        ),
        (
            r#"{"totalResults":1,"Resources":[{"id":"1","userName":"a","title":7}]}"#.to_owned(),
            "title",
        ),
    ] {
        let serving = provider(Temperament::default()).await;
        let target = target(&serving, ScimProfile::rfc());
        let body = body.into_bytes();
        serving
            .provider
            .lock()
            .inject(Fault::Answer { status: 200, body });
        match target.list(Kind::Account, None).await {
            Err(TargetError::Malformed(why)) => assert!(why.contains(field), "{field}: {why}"),
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn private_addresses_and_plain_http_need_leave() {
    let refused = |base: &str| {
        let settings = ScimSettings::bearer(base);
        ScimTarget::new(&settings, Secret::new(SECRET)).is_err()
    };
    assert!(refused("http://scim.example/v2"), "plain HTTP");
    assert!(refused("ftp://scim.example/v2"));
    assert!(
        refused("https://user:pass@scim.example/v2"),
        "credentials in a URL"
    );
    assert!(refused("https://scim.example/v2?key=1"));
    let serving = provider(Temperament::default()).await;
    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "169.254.169.254",
    ] {
        let base = format!("https://{host}:{}/scim/v2", serving.address.port());
        let target = ScimTarget::new(&ScimSettings::bearer(base), Secret::new(SECRET)).unwrap();
        match target
            .apply(&disable(), Duration::from_secs(5))
            .await
            .outcome
        {
            Outcome::Later { detail, .. } => assert!(detail.contains("private"), "{detail}"),
            other => panic!("{host}: {other:?}"),
        }
    }
    assert_eq!(serving.provider.lock().requests(), 0);
}

/// What may be inside is not thereby one of these: they hand out the host's own credentials.
#[tokio::test]
async fn leave_for_private_addresses_is_none_for_metadata_services() {
    for host in [
        "169.254.169.254",
        "[::ffff:169.254.169.254]",
        "[fd00:ec2::254]",
    ] {
        let mut settings = ScimSettings::bearer(format!("http://{host}/scim/v2"));
        settings.allow_private = true;
        let target = ScimTarget::new(&settings, Secret::new(SECRET)).unwrap();
        match target
            .apply(&disable(), Duration::from_secs(5))
            .await
            .outcome
        {
            Outcome::Later { detail, .. } => assert!(detail.contains("reserved"), "{detail}"),
            other => panic!("{host}: {other:?}"),
        }
    }
}
