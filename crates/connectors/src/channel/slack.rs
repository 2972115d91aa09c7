//! Incoming webhooks of Slack, and of what takes the same requests (Mattermost, Rocket.Chat).
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>

use std::time::Duration;

use async_trait::async_trait;
use model::Secret;
use model::notice::Answer;
use ports::{Channel, Letter};
use reqwest::Url;
use serde_json::json;

use super::{ANSWER, post, words};
use crate::http::Client;

/// A channel of a chat. The URL is the secret: whoever knows it may post there.
pub struct Slack {
    client: Client,
    url: Url,
}

impl Slack {
    /// A channel behind this URL, if it is at this host (with the port where it is not the usual
    /// one).
    ///
    /// # Errors
    /// A text without the URL.
    pub fn new(secret: &Secret, host: &str, allow_private: bool) -> Result<Self, String> {
        let client = Client::new(allow_private, ANSWER).map_err(|e| e.to_string())?;
        let url = client
            .check_url(secret.expose())
            .map_err(|_| "its secret is no https URL".to_owned())?;
        let name = url.host_str().unwrap_or_default();
        let at = match url.port() {
            Some(port) => format!("{name}:{port}"),
            None => name.to_owned(),
        };
        if at != host {
            return Err(format!("the URL in its secret is not at `{host}`"));
        }
        Ok(Self { client, url })
    }
}

/// <https://docs.slack.dev/messaging/formatting-message-text#escaping>
fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;");
    text.replace('<', "&lt;").replace('>', "&gt;")
}

#[async_trait]
impl Channel for Slack {
    async fn tell(&self, letter: &Letter, deadline: Duration) -> Answer {
        let subject = escaped(&words::subject(letter));
        let text = format!("*{subject}*\n{}", escaped(&words::text(letter)));
        let body = json!({ "text": text }).to_string().into_bytes();
        post(&self.client, &self.url, Vec::new(), body, deadline).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_url_is_only_used_at_its_host_and_never_told() {
        let url = "https://hooks.slack.com/services/T0/B0/s3cret";
        assert!(Slack::new(&Secret::new(url), "hooks.slack.com", false).is_ok());
        for (url, host) in [
            (url, "hooks.slack.example"),
            (url, "hooks.slack.com:8443"),
            (
                "http://hooks.slack.com/services/T0/B0/s3cret",
                "hooks.slack.com",
            ),
            ("s3cret", "hooks.slack.com"),
        ] {
            let refused = Slack::new(&Secret::new(url), host, false).err().unwrap();
            assert!(!refused.contains("s3cret"), "{refused}");
        }
    }

    #[test]
    fn what_means_something_in_a_message_is_escaped() {
        assert_eq!(escaped("<!channel> a & b"), "&lt;!channel&gt; a &amp; b");
    }
}
