//! A request to the front door, read within bounds.

use app::{Door, SignInFrom, TokenCall};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Request, header};
use model::Secret;
use protocol::oauth::Params;

use super::cookies;
use super::words::Words;
use crate::body;
use crate::limits::Limits;
use crate::listener::{Peer, Presented};
use crate::problem;

/// The longest body of a form, in bytes.
const FORM: usize = 64 << 10;

/// A request, read.
pub(super) struct Visit {
    pub method: Method,
    pub headers: HeaderMap,
    /// The path, as it came.
    pub path: String,
    /// The raw query.
    pub query: String,
    pub body: Bytes,
    pub from: SignInFrom,
    pub words: Words,
    /// What was presented on the connection, where that is asked for.
    presented: Option<Presented>,
}

impl Visit {
    /// Reads a request.
    pub(super) async fn of(
        request: Request<Body>,
        peer: Peer,
        limits: &Limits,
    ) -> Result<Self, api::Problem> {
        let (parts, body) = request.into_parts();
        let query = parts.uri.query().unwrap_or_default();
        if query.len() > FORM {
            return Err(problem::query_too_long(FORM));
        }
        let query = query.to_owned();
        let takes = if matches!(parts.method, Method::POST | Method::PUT) {
            FORM
        } else {
            0
        };
        let body = body::read(body, takes, limits.body_timeout).await?;
        let agent = parts.headers.get(header::USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok());
        Ok(Self {
            words: Words::for_browser(parts.headers.get(header::ACCEPT_LANGUAGE)),
            from: SignInFrom {
                network: peer.address.ip().to_canonical(),
                agent: agent.map(str::to_owned),
            },
            presented: parts.extensions.get().cloned(),
            path: parts.uri.path().to_owned(),
            method: parts.method,
            headers: parts.headers,
            query,
            body,
        })
    }

    /// The fields of a form that one of our pages sent.
    fn form(&self) -> Option<Params> {
        Params::body(self.media(), &self.body).ok()
    }

    /// The `Content-Type`.
    pub(super) fn media(&self) -> Option<&[u8]> {
        let media = self.headers.get(header::CONTENT_TYPE);
        media.map(axum::http::HeaderValue::as_bytes)
    }

    /// Fields of a form; one that is missing is empty, and counts as nothing.
    pub(super) fn fields<const N: usize>(&self, names: [&'static str; N]) -> [Secret; N] {
        let form = self.form();
        names.map(|name| {
            let value = form.as_ref().and_then(|form| form.get(name).ok().flatten());
            Secret::new(value.unwrap_or_default())
        })
    }

    /// The request as an endpoint takes it: the query, or the body of a POST.
    pub(super) fn raw(&self) -> &[u8] {
        match self.method {
            Method::POST => &self.body,
            _ => self.query.as_bytes(),
        }
    }

    /// Every `Authorization` header, and every `DPoP` header.
    pub(super) fn proofs(&self) -> [Vec<&[u8]>; 2] {
        ["authorization", "dpop"].map(|name| {
            let all = self.headers.get_all(name).iter();
            all.map(axum::http::HeaderValue::as_bytes).collect()
        })
    }

    /// The request as an endpoint for clients takes it.
    pub(super) fn call<'a>(
        &'a self,
        authorization: &'a [&'a [u8]],
        proofs: &'a [&'a [u8]],
    ) -> TokenCall<'a> {
        TokenCall {
            authorization,
            proofs,
            content_type: self.media(),
            body: &self.body,
            door: self.door(),
        }
    }

    /// Where the request came in, and what its connection proves.
    pub(super) fn door(&self) -> Door<'_> {
        match &self.presented {
            Some(Presented(chain)) => Door::Certificates(chain),
            None => Door::Open,
        }
    }

    /// The cookie of this name.
    pub(super) fn cookie(&self, name: &str) -> Option<Secret> {
        cookies::read(&self.headers, name).map(Secret::new)
    }
}
