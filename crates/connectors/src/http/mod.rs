//! The one way out over HTTP: bounded, without redirects, to allowed addresses only.
//!
//! What a failure means is said here once, because a wrong answer either doubles a change or
//! loses one:
//!
//! | What happened | Class |
//! |---|---|
//! | the name does not resolve, the connection or TLS is refused | [`Failure::NotSent`] |
//! | the address is not allowed | [`Failure::NotSent`] |
//! | the deadline passed, the connection broke, the answer was cut | [`Failure::Lost`] |
//! | an answer with a status came back | [`Answer`], whatever the status |
//! | the answer is larger than the limit | [`Failure::Lost`]: it was carried out all the same |
//!
//! A request is sent once. The pool may move it to another connection only when the first one
//! was closed before a byte of it was written.

pub mod egress;
mod hearing;
pub mod oauth;
pub mod retry_after;

use std::sync::Arc;
use std::time::Duration;

use hearing::Hearing;
use model::Secret;
use ports::target::Heard;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, Url};

/// Longest wait for a connection. Shorter than any deadline, so that "never sent" stays provable.
const CONNECT: Duration = Duration::from_secs(5);

/// Why there is no answer. Texts hold no URL, header or body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Certainly not sent: trying again is safe.
    #[error("not sent: {0}")]
    NotSent(String),
    /// Sent at least in part, and the answer is not known.
    #[error("sent, but no answer: {0}")]
    Lost(String),
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, at most as long as the limit.
    pub body: Vec<u8>,
}

/// One request.
#[derive(Debug)]
pub struct Request<'a> {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Besides `User-Agent` and `Authorization`.
    pub headers: Vec<(&'static str, String)>,
    /// The `Authorization` header.
    pub authorization: Option<&'a Secret>,
    /// What to send.
    pub body: Option<Vec<u8>>,
    /// Bounds everything, from the first byte to the last.
    pub deadline: Duration,
}

/// Why a client cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The URL is none, or of another scheme.
    #[error("`{0}` is not an https URL (http is allowed to private addresses only)")]
    Url(String),
    /// TLS could not be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
}

/// A pooled HTTP client for one system.
#[derive(Debug, Clone)]
pub struct Client {
    inner: reqwest::Client,
    allow_private: bool,
    limit: usize,
    hearing: Arc<Hearing>,
}

impl Client {
    /// A client that reads at most `limit` bytes of an answer. `allow_private` as in
    /// [`egress::allowed`].
    ///
    /// # Errors
    /// When TLS cannot be set up (no trust anchors on this machine, for example).
    pub fn new(allow_private: bool, limit: usize) -> Result<Self, ClientError> {
        let inner = reqwest::Client::builder()
            .user_agent(concat!("Tenure/", env!("CARGO_PKG_VERSION")))
            // Following one would carry the credential to wherever the answer points.
            .redirect(reqwest::redirect::Policy::none())
            // A proxy from the environment would resolve names itself, past the egress rule.
            .no_proxy()
            .dns_resolver(std::sync::Arc::new(egress::Resolver { allow_private }))
            .connect_timeout(CONNECT)
            .pool_idle_timeout(Duration::from_secs(20))
            .tcp_nodelay(true)
            .tls_info(true)
            .build()
            .map_err(|e| ClientError::Setup(e.without_url().to_string()))?;
        Ok(Self {
            inner,
            allow_private,
            limit,
            hearing: Arc::default(),
        })
    }

    /// What the last answer let us know beside itself.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.hearing.last()
    }

    /// Checks a URL that requests will go to.
    ///
    /// # Errors
    /// When it is no URL, carries a user name or password, or is plain HTTP to a system that
    /// is not marked as internal.
    pub fn check_url(&self, text: &str) -> Result<Url, ClientError> {
        let wrong = || ClientError::Url(text.chars().take(120).collect());
        let url = Url::parse(text).map_err(|_| wrong())?;
        let scheme = url.scheme() == "https" || (url.scheme() == "http" && self.allow_private);
        let credentials = !url.username().is_empty() || url.password().is_some();
        if !scheme || url.host().is_none() || credentials || url.fragment().is_some() {
            return Err(wrong());
        }
        Ok(url)
    }

    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// See the table of this module.
    pub async fn send(&self, request: Request<'_>) -> Result<Answer, Failure> {
        self.bounded(request, true).await
    }

    /// Sends one request and reads status and headers only: the body of the answer is empty, and
    /// neither its length nor a cut in it makes the answer unknown.
    ///
    /// # Errors
    /// See the table of this module.
    pub async fn send_for_status(&self, request: Request<'_>) -> Result<Answer, Failure> {
        self.bounded(request, false).await
    }

    async fn bounded(&self, request: Request<'_>, whole: bool) -> Result<Answer, Failure> {
        // What stands as an address is resolved by nobody, so it is judged here.
        if let Some(address) = egress::literal(&request.url)
            && !egress::allowed(address, self.allow_private)
        {
            return Err(Failure::NotSent(egress::refusal(address)));
        }
        let deadline = request.deadline;
        let exchange = self.exchange(request, whole);
        match tokio::time::timeout(deadline, exchange).await {
            Ok(result) => result,
            Err(_) => Err(Failure::Lost(format!(
                "nothing within {} ms",
                deadline.as_millis()
            ))),
        }
    }

    async fn exchange(&self, request: Request<'_>, whole: bool) -> Result<Answer, Failure> {
        let mut builder = self.inner.request(request.method, request.url);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(authorization) = request.authorization {
            let mut value = HeaderValue::from_str(authorization.expose())
                .map_err(|_| Failure::NotSent("the credential cannot be a header".to_owned()))?;
            value.set_sensitive(true);
            builder = builder.header(reqwest::header::AUTHORIZATION, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let mut response = builder.send().await.map_err(classify)?;
        self.hearing.note(&response);
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        if !whole {
            return Ok(Answer {
                status,
                headers,
                body,
            });
        }
        while let Some(chunk) = response.chunk().await.map_err(classify)? {
            if body.len() + chunk.len() > self.limit {
                let limit = self.limit;
                return Err(Failure::Lost(format!(
                    "an answer of more than {limit} bytes"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}

/// Texts of `reqwest` name the URL, which may hold a filter with personal values: only the
/// causes below it are told.
fn classify(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    let detail: String = cause.to_string().chars().take(200).collect();
    if error.is_connect() || error.is_builder() {
        Failure::NotSent(detail)
    } else {
        Failure::Lost(detail)
    }
}

impl Answer {
    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// How long the answer asks to wait, where it does.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::parse(self.header("retry-after")?, self.header("date"))
    }
}
