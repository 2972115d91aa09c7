//! Talking to a server.

pub mod context;

use std::time::Duration;

use api::{Page, Problem};
use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::{Exit, Failure};
use context::Access;

/// A connection to one server.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: model::Secret,
}

/// The longest answer that is read.
const ANSWER: usize = 256 << 20;

impl Client {
    /// For the server and token of `access`.
    pub fn new(access: Access) -> Result<Self, Failure> {
        let loopback = access.url.host_str().is_some_and(|host| {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            host == "localhost"
                || host
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|ip| ip.is_loopback())
        });
        if access.url.scheme() != "https" && !loopback {
            return Err(Failure::new(
                "TNR-CLI-0012",
                "the token would travel in the clear",
                "use https://, or http:// on this host only",
            ));
        }
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(1000))
            .user_agent(concat!("tenure/", env!("CARGO_PKG_VERSION")));
        if loopback {
            builder = builder.no_proxy();
        }
        if let Some(path) = &access.ca {
            let pem = std::fs::read(path).map_err(|e| Failure::file("the CA", path, &e))?;
            let ca = reqwest::Certificate::from_pem(&pem).map_err(|e| unreachable(&e))?;
            builder = builder.add_root_certificate(ca);
        }
        let http = builder.build().map_err(|e| unreachable(&e))?;
        Ok(Self {
            http,
            base: access.url,
            token: access.token,
        })
    }

    /// The server's host.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// Reads a thing.
    pub async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        self.send(self.request(Method::GET, path, query)?).await
    }

    /// Does something.
    pub async fn post<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &B,
    ) -> Result<T, Failure> {
        self.send(self.request(Method::POST, path, &[])?.json(body))
            .await
    }

    /// Replaces something.
    pub async fn put<B: Serialize, T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &B,
    ) -> Result<T, Failure> {
        self.send(self.request(Method::PUT, path, &[])?.json(body))
            .await
    }

    /// Delivers a file.
    pub async fn deliver<T: DeserializeOwned>(
        &self,
        query: &[(&str, &str)],
        bytes: Vec<u8>,
    ) -> Result<T, Failure> {
        let request = self.request(Method::POST, &["deliveries"], query)?;
        self.send(request.header("content-type", "text/csv").body(bytes))
            .await
    }

    /// Reads a listing to its end.
    pub async fn all<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        let mut after = String::new();
        loop {
            let mut query = query.to_vec();
            query.push(("limit", "1000"));
            if !after.is_empty() {
                query.push(("after", &after));
            }
            let page: Page<T> = self.get(path, &query).await?;
            rows.extend(page.items);
            match page.next {
                // A cursor that stands still would be read for ever.
                Some(next) if next != after => after = next,
                _ => return Ok(rows),
            }
        }
    }

    fn request(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<reqwest::RequestBuilder, Failure> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Failure::usage("the server's URL has no host", "write https://…"))?
            .pop_if_empty()
            .extend(["api", "v1"])
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(self
            .http
            .request(method, url)
            .bearer_auth(self.token.expose()))
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, Failure> {
        let mut answer = request.send().await.map_err(|e| unreachable(&e))?;
        let status = answer.status();
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| unreachable(&e))? {
            if body.len() + chunk.len() > ANSWER {
                return Err(not_ours(&format!(
                    "the answer is longer than {ANSWER} bytes"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|e| not_ours(&e.to_string()));
        }
        match serde_json::from_slice::<Problem>(&body) {
            Ok(problem) => Err(problem.into()),
            Err(_) => Err(not_ours(&format!("it says {status}"))),
        }
    }
}

fn unreachable(error: &reqwest::Error) -> Failure {
    use std::error::Error as _;
    // The URL holds no secret, but may hold a person's name.
    let mut why = String::new();
    let mut cause: Option<&dyn std::error::Error> = error.source();
    while let Some(error) = cause {
        why = error.to_string();
        cause = error.source();
    }
    let what = if error.is_timeout() {
        "did not answer in time"
    } else {
        "cannot be reached"
    };
    Failure {
        exit: Exit::Unreachable,
        passing: true,
        ..Failure::new(
            "TNR-CLI-0013",
            format!("the server {what}: {why}"),
            "check that `tenure serve` runs and that the context's URL is right",
        )
    }
}

fn not_ours(why: &str) -> Failure {
    Failure::new(
        "TNR-CLI-0014",
        format!("the answer is not one of a Tenure server of this version: {why}"),
        "check the context's URL and that client and server have the same version",
    )
}
