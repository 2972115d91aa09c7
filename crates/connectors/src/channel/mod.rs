//! Channels: mail, signed webhooks, and Slack's incoming webhooks.
//!
//! | | how a receiver tells a repetition | what a lost answer means |
//! |---|---|---|
//! | [`Smtp`] | `Message-ID` | the mail was begun, and the server did not say that it took it |
//! | [`Webhook`] | `webhook-id` | the request was begun, and no answer came |
//! | [`Slack`] | only by the words "perhaps again" in it | the same |

mod slack;
mod smtp;
mod webhook;
mod words;

use std::time::Duration;

use model::notice::Answer;
use reqwest::{Method, Url};

use crate::http::{Client, Failure, Request};

pub use slack::Slack;
pub use smtp::{Encryption, Login, Mailbox, Smtp};
pub use webhook::Webhook;

/// Nothing of an answer's body is read: status and headers say how it ended.
const ANSWER: usize = 0;

/// Posts JSON once, and says how that ended.
async fn post(
    client: &Client,
    url: &Url,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    deadline: Duration,
) -> Answer {
    let mut all = vec![("content-type", "application/json".to_owned())];
    all.extend(headers);
    let request = Request {
        method: Method::POST,
        url: url.clone(),
        headers: all,
        authorization: None,
        body: Some(body),
        deadline,
    };
    match client.send_for_status(request).await {
        Ok(answer) if (200..300).contains(&answer.status) => Answer::Delivered {
            detail: String::new(),
        },
        Ok(answer) => Answer::Failed {
            detail: format!("answered {}", answer.status),
            wait: answer.retry_after(),
        },
        Err(Failure::NotSent(detail)) => Answer::Failed { detail, wait: None },
        Err(Failure::Lost(detail)) => Answer::Lost { detail },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_long_answer_is_known_by_its_status() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).await.unwrap();
            let long = "x".repeat(20_000);
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 20000\r\n\r\n{long}");
            // Whoever asked may hang up once it knows the status.
            let _ = stream.write_all(answer.as_bytes()).await;
        });
        let client = Client::new(true, ANSWER).unwrap();
        let url = client.check_url(&format!("http://{at}/")).unwrap();
        let deadline = Duration::from_secs(5);
        let answer = post(&client, &url, Vec::new(), b"{}".to_vec(), deadline).await;
        server.await.unwrap();
        assert!(matches!(answer, Answer::Delivered { .. }), "{answer:?}");
    }
}
