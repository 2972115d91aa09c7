#![allow(clippy::unwrap_used)]
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadBuf};

use super::syslog::NotTaken;
use super::*;

/// What the other side does when it is read from: before our end, and after it.
#[derive(Clone, Copy)]
enum Other {
    Waits,
    Ends,
    EndsBare,
    Speaks,
    Breaks,
}

/// A connection whose other side does as it is told.
struct Told {
    before: Other,
    after: Other,
    ended: bool,
    broken: bool,
}

impl Wire for Told {
    fn is_broken(&self) -> bool {
        self.broken
    }
}

impl AsyncRead for Told {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Error>> {
        let does = if self.ended { self.after } else { self.before };
        match does {
            Other::Waits => Poll::Pending,
            Other::Ends => Poll::Ready(Ok(())),
            Other::EndsBare => Poll::Ready(Err(ErrorKind::UnexpectedEof.into())),
            Other::Breaks => Poll::Ready(Err(ErrorKind::ConnectionReset.into())),
            Other::Speaks => {
                buffer.put_slice(b"2");
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Told {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        Poll::Ready(Ok(bytes.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.ended = true;
        Poll::Ready(Ok(()))
    }
}

async fn sent(before: Other, after: Other, broken: bool) -> Result<(), NotTaken> {
    let ended = false;
    let told = Told {
        before,
        after,
        ended,
        broken,
    };
    syslog::send(Box::new(told), &[b"<14>1 -".to_vec()]).await
}

#[tokio::test]
async fn only_an_end_after_ours_says_that_a_batch_was_taken() {
    assert!(sent(Other::Waits, Other::Ends, false).await.is_ok());
    for (before, after, broken) in [
        (Other::Ends, Other::Ends, false),
        (Other::Breaks, Other::Ends, false),
        (Other::Speaks, Other::Ends, false),
        (Other::Waits, Other::Breaks, false),
        (Other::Waits, Other::Speaks, false),
        (Other::Waits, Other::Ends, true),
    ] {
        let sent = sent(before, after, broken).await;
        assert!(matches!(sent, Err(NotTaken::Broke(_))));
    }
}

#[tokio::test]
async fn an_end_that_anybody_could_make_is_none() {
    let mut forwarder = Forwarder::new(Speaks::Syslog, "localhost", 1, None).unwrap();
    let mut passing = Vec::new();
    for _ in 0..3 {
        let bare = sent(Other::Waits, Other::EndsBare, false).await;
        let handed = forwarder.judge(bare, 1);
        assert_eq!(handed.taken, 0);
        passing.push(handed.trouble.unwrap().passing);
    }
    // It would be sent again for ever.
    assert_eq!(passing, [true, true, false]);
    let good = sent(Other::Waits, Other::Ends, false).await;
    assert_eq!(forwarder.judge(good, 1).taken, 1);
    let bare = sent(Other::Waits, Other::EndsBare, false).await;
    assert!(forwarder.judge(bare, 1).trouble.unwrap().passing);
}

#[test]
fn in_the_clear_only_this_host_is_spoken_to() {
    let refused = |ip: &str, plain| refusal(ip.parse().unwrap(), plain).is_some();
    for ip in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        assert!(!refused(ip, true), "{ip}");
        assert!(!refused(ip, false), "{ip}");
    }
    for ip in ["10.0.0.1", "192.0.2.1", "fd00::1", "8.8.8.8"] {
        assert!(refused(ip, true), "{ip}");
        assert!(!refused(ip, false), "{ip}");
    }
    assert!(refused("169.254.169.254", false), "metadata is no receiver");
}

/// A receiver that acknowledges each message; messages have no line feed in them.
async fn relp_receiver() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut wire, _) = listener.accept().await.unwrap();
        // The offer has two line feeds of its own.
        let (mut number, mut lines, mut part) = (0, 0, [0; 4_096]);
        while let Ok(read @ 1..) = wire.read(&mut part).await {
            lines += part[..read].iter().filter(|byte| **byte == b'\n').count();
            while number + 2 < lines {
                number += 1;
                let taken = format!("{number} rsp 6 200 OK\n");
                wire.write_all(taken.as_bytes()).await.unwrap();
            }
        }
    });
    port
}

#[tokio::test]
async fn no_more_than_a_window_is_under_way_before_it_can_be_remembered() {
    let port = relp_receiver().await;
    let mut forwarder = Forwarder::new(Speaks::Relp, "127.0.0.1", port, None).unwrap();
    let messages = vec![b"<14>1 -".to_vec(); 500];
    let mut rest = &messages[..];
    let mut windows = 0;
    while !rest.is_empty() {
        let handed = forwarder.hand_on(rest).await;
        assert!(
            handed.trouble.is_none(),
            "{:?}",
            handed.trouble.map(|t| t.what)
        );
        assert!((1..=32).contains(&handed.taken), "{}", handed.taken);
        rest = &rest[handed.taken..];
        windows += 1;
    }
    assert_eq!(windows, 500_usize.div_ceil(32));
}
