#![allow(clippy::unwrap_used, clippy::panic)]

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::channel::words::tests::letter;

const DEADLINE: Duration = Duration::from_secs(20);

/// A server that answers each line with the next of its replies, and tells what it was told. An
/// empty reply hangs up.
async fn server(replies: &'static [&'static str]) -> (u16, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, tell) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        let mut text = false;
        for reply in replies {
            if reply.is_empty() {
                return;
            }
            write.write_all(reply.as_bytes()).await.unwrap();
            while let Ok(Some(line)) = lines.next_line().await {
                text |= line == "DATA";
                let more = text && line != "." && line != "DATA";
                text &= line != ".";
                told.send(line).unwrap();
                if !more {
                    break;
                }
            }
        }
    });
    (port, tell)
}

fn mailbox() -> Mailbox {
    Mailbox {
        from: "tenure@acme.example".to_owned(),
        to: vec!["a@acme.example".to_owned(), "b@acme.example".to_owned()],
    }
}

fn smtp(port: u16, encryption: Encryption, login: Option<Login>) -> Smtp {
    Smtp::new("127.0.0.1", port, encryption, mailbox(), login, true).unwrap()
}

async fn said(replies: &'static [&'static str]) -> (Answer, Vec<String>) {
    let (port, mut tell) = server(replies).await;
    let answer = smtp(port, Encryption::None, None)
        .tell(&letter(), DEADLINE)
        .await;
    let mut told = Vec::new();
    while let Ok(line) = tell.try_recv() {
        told.push(line);
    }
    (answer, told)
}

fn failed(answer: &Answer) -> &str {
    match answer {
        Answer::Failed { detail, wait: None } => detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mail_is_handed_in_once() {
    let (answer, told) = said(&[
        "220 mail\r\n",
        "250-mail\r\n250 SIZE 1000\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "550 5.1.1 no b@acme.example here\r\n",
        "354 go\r\n",
        "250 taken\r\n",
        "221 bye\r\n",
    ])
    .await;
    let detail = "1 of 2 receivers are not taken: 550 5.1.1".to_owned();
    assert_eq!(answer, Answer::Delivered { detail });
    let commands = [
        "EHLO [127.0.0.1]",
        "MAIL FROM:<tenure@acme.example>",
        "RCPT TO:<a@acme.example>",
        "RCPT TO:<b@acme.example>",
        "DATA",
    ];
    assert_eq!(told[..5], commands);
    assert!(told.contains(&"Message-ID: <ntc_1-1-oncall@acme.example>".to_owned()));
    assert_eq!(told.iter().filter(|line| *line == ".").count(), 1);
}

/// A server that takes the mail and then says nothing has it all the same.
#[tokio::test]
async fn how_the_dialogue_ends_does_not_matter() {
    let (answer, told) = said(&[
        "220 mail\r\n",
        "250 mail\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "354 go\r\n",
        "250 taken\r\n",
        "",
    ])
    .await;
    let detail = String::new();
    assert_eq!(answer, Answer::Delivered { detail });
    assert_eq!(told.last().map(String::as_str), Some("QUIT"));
}

#[tokio::test]
async fn until_the_text_is_sent_everything_is_a_failure() {
    for (replies, detail) in [
        (&["421 4.3.2 not now\r\n"][..], "421 4.3.2 to greeting"),
        (
            &["220 mail\r\n", "250 mail\r\n", "530 5.7.0 log in\r\n"],
            "530 5.7.0 to MAIL FROM",
        ),
        (
            &[
                "220 mail\r\n",
                "250 mail\r\n",
                "250 ok\r\n",
                "451 4.7.1 later\r\n",
                "550 no\r\n",
            ],
            "no receiver is taken: 451 4.7.1, 550",
        ),
        (&["220 mail\r\n", "250 mail\r\n", ""], "the server hung up"),
    ] {
        let (answer, _) = said(replies).await;
        assert_eq!(failed(&answer), detail);
    }
    // Refused after the text is as certain as before it.
    let (answer, _) = said(&[
        "220 mail\r\n",
        "250 mail\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "354 go\r\n",
        "552 5.3.4 too large\r\n",
    ])
    .await;
    assert_eq!(failed(&answer), "552 5.3.4 to the mail");
}

#[tokio::test]
async fn a_reply_that_is_lost_after_the_text_is_not_known() {
    let (answer, told) = said(&[
        "220 mail\r\n",
        "250 mail\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "250 ok\r\n",
        "354 go\r\n",
        "",
    ])
    .await;
    assert!(matches!(answer, Answer::Lost { .. }), "{answer:?}");
    assert!(told.contains(&".".to_owned()));
}

#[tokio::test]
async fn nothing_is_said_in_the_open_that_should_be_encrypted() {
    let login = || {
        Some(Login {
            user: "tenure".to_owned(),
            password: Secret::new("s3cret"),
        })
    };
    let open = Smtp::new(
        "mail.example",
        25,
        Encryption::None,
        mailbox(),
        login(),
        true,
    );
    assert!(open.is_err(), "a password in the open");
    let open = Smtp::new("mail.example", 25, Encryption::None, mailbox(), None, false);
    assert!(open.is_err(), "over the internet in the open");
    // Somebody in the middle takes the offer away.
    let (port, mut tell) = server(&["220 mail\r\n", "250-mail\r\n250 AUTH PLAIN\r\n"]).await;
    let stripped = smtp(port, Encryption::Starttls, login());
    let answer = stripped.tell(&letter(), DEADLINE).await;
    assert_eq!(failed(&answer), "the server offers no STARTTLS");
    assert_eq!(tell.recv().await.unwrap(), "EHLO [127.0.0.1]");
    assert!(tell.recv().await.is_none());
}

#[tokio::test]
async fn a_server_inside_needs_leave_and_one_that_is_away_is_a_failure() {
    let inside = Smtp::new(
        "127.0.0.1",
        25,
        Encryption::Implicit,
        mailbox(),
        None,
        false,
    );
    let answer = inside.unwrap().tell(&letter(), DEADLINE).await;
    assert!(
        failed(&answer).contains("private or reserved"),
        "{answer:?}"
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let answer = smtp(port, Encryption::None, None)
        .tell(&letter(), DEADLINE)
        .await;
    assert!(failed(&answer).contains("no connection"), "{answer:?}");
    // One that takes the connection and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let silent = smtp(port, Encryption::None, None);
    let answer = silent.tell(&letter(), Duration::from_millis(300)).await;
    assert_eq!(failed(&answer), "nothing within 300 ms");
}
