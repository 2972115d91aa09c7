//! Signed webhooks, after Standard Webhooks 1.0
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
//!
//! The signature covers `id.timestamp.body` with HMAC-SHA256 under a key of 24 to 64 bytes. The id
//! stays for every attempt, the timestamp is that of the attempt.

use std::time::Duration;

use async_trait::async_trait;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Secret;
use model::notice::Answer;
use ports::{Channel, Letter};
use reqwest::Url;
use serde_json::{Value, json};

use super::{ANSWER, post};
use crate::http::Client;

/// A system that takes signed requests.
pub struct Webhook {
    client: Client,
    url: Url,
    key: hmac::Key,
}

impl Webhook {
    /// A system at this URL that knows this secret, `whsec_` and 24 to 64 bytes in base64.
    ///
    /// # Errors
    /// A text without the secret.
    pub fn new(url: &str, secret: &Secret, allow_private: bool) -> Result<Self, String> {
        let client = Client::new(allow_private, ANSWER).map_err(|e| e.to_string())?;
        let url = client.check_url(url).map_err(|e| e.to_string())?;
        let key = key(secret)?;
        Ok(Self { client, url, key })
    }
}

fn key(secret: &Secret) -> Result<hmac::Key, String> {
    let bytes = secret.expose().strip_prefix("whsec_");
    let bytes = bytes.and_then(|text| STANDARD.decode(text).ok());
    match bytes {
        Some(bytes) if (24..=64).contains(&bytes.len()) => {
            Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
        }
        _ => Err("its secret is not `whsec_` and 24 to 64 bytes in base64".to_owned()),
    }
}

fn signature(key: &hmac::Key, id: &str, seconds: i64, body: &str) -> String {
    let tag = hmac::sign(key, format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag.as_ref()))
}

fn body(letter: &Letter) -> Value {
    let kind = letter
        .occasion
        .map_or("tenure.test".to_owned(), |occasion| {
            format!("tenure.notice.{}", occasion.as_str().replace('-', "_"))
        });
    json!({
        "type": kind,
        "timestamp": letter.raised.to_string(),
        "data": {
            "notice": letter.notice.map(|id| id.to_string()),
            "about": letter.about,
            "text": letter.text,
            "advice": letter.advice,
            "escalated": letter.escalated,
        },
    })
}

#[async_trait]
impl Channel for Webhook {
    async fn tell(&self, letter: &Letter, deadline: Duration) -> Answer {
        let body = body(letter).to_string();
        let seconds = letter.sent.as_micros().div_euclid(1_000_000);
        let headers = vec![
            ("webhook-id", letter.id.clone()),
            ("webhook-timestamp", seconds.to_string()),
            (
                "webhook-signature",
                signature(&self.key, &letter.id, seconds, &body),
            ),
        ];
        post(
            &self.client,
            &self.url,
            headers,
            body.into_bytes(),
            deadline,
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::channel::words::tests::letter;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// The example that the reference libraries of Standard Webhooks test with.
    #[test]
    fn a_signature_is_that_of_the_reference_libraries() {
        let key = key(&Secret::new(SECRET)).unwrap();
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
        let signed = signature(&key, id, 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_of_another_form_signs_nothing_and_is_not_told() {
        for secret in [
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_hunter2",
            "whsec_",
            "whsec_c2hvcnQ=",
        ] {
            let refused = key(&Secret::new(secret)).unwrap_err();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }

    #[test]
    fn the_body_is_the_same_for_every_attempt() {
        let first = letter();
        let second = Letter {
            again: true,
            sent: first.sent.plus(Duration::from_secs(60)),
            ..first.clone()
        };
        assert_eq!(body(&first), body(&second));
        assert_eq!(body(&first)["type"], "tenure.notice.held_wave");
    }
}
