//! Identity providers who vouch for people: their documents, and codes that become tokens.

use std::time::Duration;

use async_trait::async_trait;
use model::Secret;
use ports::{Unreachable, Upstream};
use reqwest::{Method, Url};

use crate::http::{Answer, Client, Failure, Request};

/// The largest answer, in bytes: a set of keys with their certificates takes most of it.
const ANSWER: usize = 256 << 10;
/// The largest metadata of SAML, in bytes, as they are taken.
const METADATA: usize = 1 << 20;

/// A way to identity providers: to public addresses, or to private ones as well.
pub struct HttpUpstream {
    client: Client,
    /// What is asked for.
    accept: &'static str,
}

impl HttpUpstream {
    /// One that goes to private addresses only where `allow_private` says so, and to those of metadata
    /// services never ([`crate::http::egress`]).
    ///
    /// # Errors
    /// A text for people when TLS cannot be set up.
    pub fn new(allow_private: bool) -> Result<Self, String> {
        let client = Client::new(allow_private, ANSWER).map_err(|e| e.to_string())?;
        let accept = "application/json";
        Ok(Self { client, accept })
    }

    /// The same, to metadata of SAML.
    ///
    /// # Errors
    /// As [`HttpUpstream::new`].
    pub fn metadata(allow_private: bool) -> Result<Self, String> {
        let client = Client::new(allow_private, METADATA).map_err(|e| e.to_string())?;
        let accept = "application/samlmetadata+xml, application/xml";
        Ok(Self { client, accept })
    }

    fn url(&self, url: &str) -> Result<Url, Unreachable> {
        let url = self.client.check_url(url);
        // The error would show the address.
        url.map_err(|_| Unreachable("its address is none that we go to".to_owned()))
    }

    async fn sent(&self, request: Request<'_>) -> Result<Answer, Unreachable> {
        self.client.send(request).await.map_err(|failure| {
            let (Failure::NotSent(detail) | Failure::Lost(detail)) = failure;
            Unreachable(detail)
        })
    }
}

#[async_trait]
impl Upstream for HttpUpstream {
    async fn fetch(
        &self,
        url: &str,
        authorization: Option<&Secret>,
        deadline: Duration,
    ) -> Result<Vec<u8>, Unreachable> {
        let request = Request {
            method: Method::GET,
            url: self.url(url)?,
            headers: vec![("accept", self.accept.to_owned())],
            authorization,
            body: None,
            deadline,
        };
        match self.sent(request).await? {
            Answer {
                status: 200, body, ..
            } => Ok(body),
            Answer { status, .. } => Err(Unreachable(format!("answered {status}"))),
        }
    }

    async fn exchange(
        &self,
        url: &str,
        form: &Secret,
        authorization: Option<&Secret>,
        deadline: Duration,
    ) -> Result<(u16, Vec<u8>), Unreachable> {
        let media = "application/x-www-form-urlencoded".to_owned();
        let request = Request {
            method: Method::POST,
            url: self.url(url)?,
            headers: vec![
                ("content-type", media),
                ("accept", "application/json".to_owned()),
            ],
            authorization,
            body: Some(form.expose().as_bytes().to_vec()),
            deadline,
        };
        let answer = self.sent(request).await?;
        Ok((answer.status, answer.body))
    }
}
