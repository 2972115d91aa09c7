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

/// More of an answer is not read: it is not looked at.
const ANSWER: usize = 16 * 1024;

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
    match client.send(request).await {
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
