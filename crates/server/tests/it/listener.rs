//! Sockets: TLS with renewal, limits, and a stop that cuts nothing off.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use server::{Bound, Limits, Metrics, Reloaded, ServerError, Tls, TlsFiles};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::double::{Double, limits, router};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

struct Running {
    address: SocketAddr,
    rooms: Arc<Double>,
    stop: watch::Sender<bool>,
    metrics: Arc<Metrics>,
    served: tokio::task::JoinHandle<usize>,
}

async fn start(tls: Option<Arc<Tls>>, limits: Limits) -> Running {
    start_for(tls, limits, &[]).await
}

async fn start_for(tls: Option<Arc<Tls>>, limits: Limits, networks: &[&str]) -> Running {
    let rooms = Double::new();
    let router = router(&rooms, limits.clone());
    let any = ["127.0.0.1:0".parse().unwrap()];
    let bound = Bound::bind(&any, tls, Arc::new(limits)).await.unwrap();
    let networks = networks.iter().map(|network| network.parse().unwrap());
    let bound = bound.only_from(networks.collect());
    let address = bound.addresses()[0];
    let (stop, stopped) = watch::channel(false);
    let metrics = Arc::new(Metrics::new(std::iter::empty()));
    let served = tokio::spawn(bound.serve(router, Arc::clone(&metrics), stopped));
    Running {
        address,
        rooms,
        stop,
        metrics,
        served,
    }
}

async fn read_all(mut stream: impl tokio::io::AsyncRead + Unpin) -> String {
    let mut text = Vec::new();
    // A connection that is reset ends the text as well as one that is closed.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn plain_http_is_for_loopback_only() {
    let limits = Arc::new(limits());
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let address = [address.parse().unwrap()];
        let refused = Bound::bind(&address, None, Arc::clone(&limits))
            .await
            .err()
            .unwrap();
        assert!(matches!(refused, ServerError::PlainOutside(_)), "{refused}");
        assert!(refused.to_string().contains("tls.certificate"));
    }
    assert!(matches!(
        Bound::bind(&[], None, limits).await,
        Err(ServerError::NoAddress)
    ));
}

#[tokio::test]
async fn it_answers_then_stops_without_cutting_off_a_call() {
    let running = start(None, limits()).await;
    let mut plain = TcpStream::connect(running.address).await.unwrap();
    plain.write_all(LIVE).await.unwrap();
    assert!(read_all(plain).await.starts_with("HTTP/1.1 200 OK"));

    let mut slow = TcpStream::connect(running.address).await.unwrap();
    let head = "POST /v1/slow HTTP/1.1\r\nhost: x\r\nauthorization: Bearer tnr_ana_plan\r\n\
                content-type: text/csv\r\ncontent-length: 2\r\n\r\na\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    // An idle connection must not keep the server from stopping.
    let idle = TcpStream::connect(running.address).await.unwrap();
    while running.metrics.connections.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    running.stop.send(true).unwrap();
    running.rooms.gate.add_permits(1);
    let answer = read_all(slow).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert_eq!(
        running.served.await.unwrap(),
        0,
        "no connection was cut off"
    );
    assert!(TcpStream::connect(running.address).await.is_err());
    drop(idle);
}

/// Nothing is read from an address outside the networks, whatever it would send.
#[tokio::test]
async fn who_comes_from_elsewhere_is_not_talked_to() {
    for (networks, answered) in [
        (&["10.0.0.0/8", "127.0.0.0/8"][..], true),
        (&["10.0.0.0/8", "::/0"], false),
    ] {
        let running = start_for(None, limits(), networks).await;
        let mut plain = TcpStream::connect(running.address).await.unwrap();
        // It may be closed before this is sent.
        let _ = plain.write_all(LIVE).await;
        let answer = read_all(plain).await;
        assert_eq!(answer.starts_with("HTTP/1.1 200 OK"), answered, "{answer}");
        assert_eq!(answer.is_empty(), !answered);
        let refused = running.metrics.refused_connections.load(Ordering::SeqCst);
        assert_eq!(refused, u64::from(!answered));
    }
}

#[tokio::test]
async fn a_stop_is_bounded() {
    let limits = Limits {
        stop_timeout: Duration::from_millis(20),
        ..limits()
    };
    let running = start(None, limits).await;
    let mut slow = TcpStream::connect(running.address).await.unwrap();
    let head = "POST /v1/slow HTTP/1.1\r\nhost: x\r\nauthorization: Bearer tnr_ana_plan\r\n\
                content-type: text/csv\r\ncontent-length: 5\r\n\r\n";
    slow.write_all(head.as_bytes()).await.unwrap();
    while running.metrics.connections.load(Ordering::SeqCst) < 1 {
        tokio::task::yield_now().await;
    }
    running.stop.send(true).unwrap();
    assert_eq!(
        running.served.await.unwrap(),
        1,
        "one was cut off, and it is told"
    );
}

#[tokio::test]
async fn heads_bodies_and_silence_are_bounded() {
    let limits = Limits {
        head: 8 << 10,
        head_timeout: Duration::from_millis(50),
        body_timeout: Duration::from_millis(50),
        ..limits()
    };
    let running = start(None, limits).await;
    let talk = |text: String| async move {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        let _ = stream.write_all(text.as_bytes()).await;
        read_all(stream).await
    };
    let long = format!(
        "GET / HTTP/1.1\r\nhost: x\r\na: {}\r\n\r\n",
        "x".repeat(20 << 10)
    );
    assert!(talk(long).await.starts_with("HTTP/1.1 431"));
    let many = format!(
        "GET / HTTP/1.1\r\nhost: x\r\n{}\r\n",
        "a: b\r\n".repeat(100)
    );
    assert!(talk(many).await.starts_with("HTTP/1.1 431"));
    // Each of these ends because the server ends it.
    assert_eq!(talk(String::new()).await, "", "silence");
    assert_eq!(
        talk("GET / HTTP/1.1\r\nhost:".to_owned()).await,
        "",
        "a head that never ends"
    );
    let head = "POST /v1/things/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                authorization: Bearer tnr_ana_administer\r\ncontent-type: application/json\r\n";
    let stuck = talk(format!("{head}content-length: 9\r\n\r\n{{")).await;
    assert!(stuck.starts_with("HTTP/1.1 408"), "{stuck}");
    let declared = talk(format!("{head}content-length: 99999\r\n\r\n")).await;
    assert!(declared.starts_with("HTTP/1.1 413"), "{declared}");
    let chunks = format!(
        "3E8\r\n{}\r\n3E8\r\n{}\r\n",
        "x".repeat(1000),
        "x".repeat(1000)
    );
    let chunked = talk(format!(
        "{head}transfer-encoding: chunked\r\n\r\n{chunks}0\r\n\r\n"
    ))
    .await;
    assert!(chunked.starts_with("HTTP/1.1 413"), "{chunked}");
}

#[tokio::test]
async fn connections_of_one_address_are_bounded() {
    let running = start(
        None,
        Limits {
            connections_per_address: 2,
            ..limits()
        },
    )
    .await;
    let first = TcpStream::connect(running.address).await.unwrap();
    let _second = TcpStream::connect(running.address).await.unwrap();
    while running.metrics.connections.load(Ordering::SeqCst) < 2 {
        tokio::task::yield_now().await;
    }
    let third = TcpStream::connect(running.address).await.unwrap();
    assert_eq!(read_all(third).await, "");
    assert_eq!(
        running.metrics.refused_connections.load(Ordering::SeqCst),
        1
    );
    drop(first);
    while running.metrics.connections.load(Ordering::SeqCst) > 1 {
        tokio::task::yield_now().await;
    }
    let mut fourth = TcpStream::connect(running.address).await.unwrap();
    fourth.write_all(LIVE).await.unwrap();
    assert!(read_all(fourth).await.starts_with("HTTP/1.1 200"));
}

/// Connects with TLS and tells which certificate is served and which protocol was agreed.
async fn greet(address: SocketAddr, trust: &str, alpn: &[u8]) -> Result<Vec<u8>, String> {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(fixture(trust)).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![alpn.to_vec()];
    let stream = TcpStream::connect(address)
        .await
        .map_err(|e| e.to_string())?;
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|e| e.to_string())?;
    let agreed = stream
        .get_ref()
        .1
        .alpn_protocol()
        .unwrap_or_default()
        .to_vec();
    if agreed == b"http/1.1" {
        stream.write_all(LIVE).await.map_err(|e| e.to_string())?;
        assert!(read_all(stream).await.starts_with("HTTP/1.1 200 OK"));
    }
    Ok(agreed)
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_bad_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let files = TlsFiles {
        certificate: dir.path().join("c.pem"),
        key: dir.path().join("k.pem"),
    };
    let put = |certificate: &str, key: &str| {
        std::fs::copy(fixture(certificate), &files.certificate).unwrap();
        std::fs::copy(fixture(key), &files.key).unwrap();
    };
    put("old.pem", "old.key.pem");
    let tls = Arc::new(Tls::load(files.clone()).unwrap());
    let ends = tls.certificate_ends().map(|at| at.to_string());
    assert_eq!(ends.as_deref(), Some("2126-10-30T16:27:57Z"));
    let running = start(Some(Arc::clone(&tls)), limits()).await;
    assert_eq!(
        greet(running.address, "old.pem", b"http/1.1")
            .await
            .unwrap(),
        b"http/1.1"
    );
    assert_eq!(
        greet(running.address, "old.pem", b"h2").await.unwrap(),
        b"h2"
    );
    assert!(matches!(tls.reload(), Ok(Reloaded::Same)));

    put("new.pem", "old.key.pem");
    let error = tls.reload().unwrap_err().to_string();
    assert!(error.contains("k.pem"), "{error}");
    assert!(
        matches!(tls.reload(), Ok(Reloaded::Same)),
        "it is told once"
    );
    std::fs::write(&files.certificate, "no certificate").unwrap();
    assert!(tls.reload().unwrap_err().to_string().contains("c.pem"));
    std::fs::remove_file(&files.key).unwrap();
    assert!(tls.reload().is_err());
    assert_eq!(
        greet(running.address, "old.pem", b"http/1.1")
            .await
            .unwrap(),
        b"http/1.1"
    );

    put("new.pem", "new.key.pem");
    assert!(matches!(tls.reload(), Ok(Reloaded::Changed)));
    assert_eq!(
        greet(running.address, "new.pem", b"http/1.1")
            .await
            .unwrap(),
        b"http/1.1"
    );
    assert!(
        greet(running.address, "old.pem", b"http/1.1")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_signal_has_the_certificate_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let files = TlsFiles {
        certificate: dir.path().join("c.pem"),
        key: dir.path().join("k.pem"),
    };
    std::fs::copy(fixture("old.pem"), &files.certificate).unwrap();
    std::fs::copy(fixture("old.key.pem"), &files.key).unwrap();
    let tls = Arc::new(Tls::load(files.clone()).unwrap());
    let before = tls.current();
    let (poke, poked) = watch::channel(0);
    let watching = tokio::spawn({
        let tls = Arc::clone(&tls);
        async move { tls.watch(Duration::from_secs(3600), poked).await }
    });
    std::fs::copy(fixture("new.pem"), &files.certificate).unwrap();
    std::fs::copy(fixture("new.key.pem"), &files.key).unwrap();
    poke.send(1).unwrap();
    while Arc::ptr_eq(&before, &tls.current()) {
        tokio::task::yield_now().await;
    }
    drop(poke);
    watching.await.unwrap();
}
