//! Answers of the front door.

use std::future::Future;
use std::pin::Pin;

use app::{AppError, ErrorKind};
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use protocol::oauth::{ErrorCode, OAuthError, Object};

use super::Front;
use super::show::notice;
use super::words::Words;
use crate::answer;

/// An answer that is on its way.
pub(super) type Answered = Pin<Box<dyn Future<Output = Result<Response<Body>, AppError>> + Send>>;

/// What pages may load and where their forms may go. A form that answers a relying party goes to it, so
/// `form-action` is set by that page alone. Browsers hold what the party answers with to it as well, and
/// many send people on to another of their hosts: so any `https` address may follow.
const PAGE: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                    base-uri 'none'; frame-ancestors 'none'";

/// For a page that nobody can say more of.
const NOTHING: &str = "default-src 'none'; form-action 'none'; frame-ancestors 'none'";

/// Where the form of a page may go, and nowhere else.
#[derive(Clone)]
pub(super) struct FormAction(pub HeaderValue);

/// What a page may show in frames, and nothing else.
#[derive(Clone)]
pub(super) struct Frames(pub HeaderValue);

/// An address as a policy names it: without its query, and without what ends a word there (CSP 3 §2.3.1). A
/// host in brackets it cannot name, so there its scheme has to do: those are loopback addresses.
pub(super) fn csp_source(address: &str) -> String {
    let place = address.split(['?', '#']).next().unwrap_or_default();
    if let Some((scheme, rest)) = place.split_once("://")
        && rest.starts_with('[')
    {
        return format!("{scheme}:");
    }
    place.replace(';', "%3B").replace(',', "%2C")
}

/// A page.
pub(super) fn page(status: u16, html: String) -> Response<Body> {
    answer::raw(status, "text/html; charset=utf-8", html)
}

/// A JSON answer with these headers beside.
pub(super) fn json(
    status: u16,
    body: &Object,
    headers: &[(&'static str, String)],
) -> Response<Body> {
    let text = serde_json::to_vec(body).unwrap_or_default();
    let mut response = answer::raw(status, "application/json", text);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(*name, value);
        }
    }
    response
}

/// The browser goes there: with 303, so that it does not send on what it sent us (RFC 9700 §4.12).
pub(super) fn see_other(location: &str) -> Response<Body> {
    let mut response = answer::raw(303, "text/plain", "");
    if let Ok(value) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

/// Something that is the same for everybody.
pub(super) fn file(media: &'static str, text: &'static str) -> Answered {
    let mut response = answer::raw(200, media, text);
    let while_it_is = HeaderValue::from_static("public, max-age=3600");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, while_it_is);
    Box::pin(std::future::ready(Ok(response)))
}

/// What a program is told when something went wrong, in the words of RFC 6749 §4.1.2.1.
pub(super) fn unavailable(error: &AppError, id: &str) -> Response<Body> {
    let (status, code) = match error.kind() {
        ErrorKind::Missing => (404, ErrorCode::ServerError),
        ErrorKind::Busy(_) => (503, ErrorCode::TemporarilyUnavailable),
        _ => (500, ErrorCode::ServerError),
    };
    logged(status, error, id);
    let problem =
        "the server cannot answer: try again later, and name the request's id if it stays so";
    json(status, &OAuthError::new(code, problem).to_json(), &[])
}

fn logged(status: u16, error: &AppError, id: &str) {
    if status == 500 {
        tracing::error!(request.id = id, error.code = error.code(), error = %error, "sign_in.failed");
    }
}

/// A page that says what went wrong; what it was stands in the log under the request's id.
pub(super) fn failed(front: &Front, words: Words, error: &AppError, id: &str) -> Response<Body> {
    let (status, title, text) = match error.kind() {
        ErrorKind::Missing => (404, "off", "off-text"),
        ErrorKind::Busy(_) => (503, "busy", "busy"),
        _ => (500, "bad-request", "bad-request-text"),
    };
    logged(status, error, id);
    let code = format!("{} {id}", error.code());
    notice(
        front,
        words,
        status,
        (words.get(title), words.get(text)),
        Some(code),
        false,
    )
}

/// Headers of every answer: as the admin API's, but that a page may load what is ours.
pub(super) fn harden(response: &mut Response<Body>, id: &str, tls: bool) {
    let kept = response.headers().get(header::CACHE_CONTROL).cloned();
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|media| media.as_bytes().starts_with(b"text/html"));
    answer::harden(response, id, tls);
    let form = response.extensions_mut().remove::<FormAction>();
    let frames = response.extensions_mut().remove::<Frames>();
    let headers = response.headers_mut();
    if is_page {
        let policy = match (form, frames) {
            (Some(FormAction(place)), _) => {
                let place = place.to_str().unwrap_or("'none'");
                HeaderValue::from_str(&format!("{PAGE}; form-action {place} https:"))
            }
            (None, Some(Frames(places))) => {
                let places = places.to_str().unwrap_or("'none'");
                HeaderValue::from_str(&format!("{PAGE}; frame-src {places}"))
            }
            (None, None) => Ok(HeaderValue::from_static(PAGE)),
        };
        let policy = policy.unwrap_or(HeaderValue::from_static(NOTHING));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(kept) = kept {
        headers.insert(header::CACHE_CONTROL, kept);
    }
}
