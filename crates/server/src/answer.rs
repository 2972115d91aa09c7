//! Turning problems and replies into HTTP answers, with the headers that every answer carries.

use api::Problem;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

/// An HTTP answer that is a problem (RFC 9457). `base` is the public URL.
#[must_use]
pub fn problem(mut problem: Problem, base: &str, request: &str) -> Response<Body> {
    problem.kind = format!("{base}/codes/{}", problem.code);
    request.clone_into(&mut problem.request);
    // Plain data: it always has a JSON form.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut answer = raw(problem.status, "application/problem+json", body);
    if let Some(seconds) = problem.retry_after {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    if problem.status == 401 {
        let challenge = HeaderValue::from_static("Bearer realm=\"tenure\"");
        answer
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    answer
}

/// An answer of this type.
#[must_use]
pub fn raw(status: u16, media: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut answer = Response::new(body.into());
    *answer.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    answer
}

/// Adds what every answer carries: nothing is cached, sniffed, framed or run.
pub fn harden(answer: &mut Response<Body>, request: &str, tls: bool) {
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if tls {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if let Ok(value) = HeaderValue::from_str(request) {
        headers.insert("x-request-id", value);
    }
}
