//! The page that tells apps by frames that somebody has signed out (OpenID Connect Front-Channel Logout 1.0).
//!
//! A frame shows another origin's page on ours, so it gets nothing but that: it runs in a sandbox that may not leave
//! it, and the page loads frames of exactly these addresses.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response};

use super::reply::{Frames, csp_source, page};
use super::show::text;
use super::words::Words;

#[derive(Template)]
#[template(path = "framed.html")]
struct FramedPage<'a> {
    words: Words,
    tenant: &'a str,
    frames: &'a [String],
    location: Option<&'a str>,
}

/// The page. `location`: where the browser goes then, an address of a relying party's document.
pub(super) fn framed(
    words: Words,
    tenant: &str,
    frames: &[String],
    location: Option<&str>,
) -> Response<Body> {
    let html = text(&FramedPage {
        words,
        tenant,
        frames,
        location,
    });
    let mut response = page(200, html);
    let places: Vec<String> = frames.iter().map(|frame| csp_source(frame)).collect();
    // Without it the policy lets no frame be loaded.
    if let Ok(places) = HeaderValue::from_str(&places.join(" ")) {
        response.extensions_mut().insert(Frames(places));
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::body::to_bytes;

    use super::super::reply::harden;
    use super::*;

    /// Each frame may be loaded and nothing else, and no address becomes a part of the page or of its policy.
    #[tokio::test]
    async fn a_page_loads_the_frames_of_those_apps_alone() {
        let frames = [
            "https://a.example/out?iss=x&sid=1".to_owned(),
            "https://b.example/out;script-src,*?\"><script>alert(1)</script>".to_owned(),
        ];
        let bye = "https://a.example/bye?state=\"><script>";
        let mut response = framed(Words::for_browser(None), "acme", &frames, Some(bye));
        harden(&mut response, "req_1", true);
        let (parts, body) = response.into_parts();
        let html = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
        assert_eq!(html.matches("<iframe src=").count(), 2, "{html}");
        assert_eq!(html.matches("<script").count(), 0, "{html}");
        assert!(
            html.contains("https://a.example/out?iss=x&#38;sid=1")
                || html.contains("iss=x&amp;sid=1")
        );
        assert_eq!(
            html.matches("sandbox=\"allow-same-origin allow-scripts\"")
                .count(),
            2
        );
        let policy = parts.headers["content-security-policy"].to_str().unwrap();
        let places = "; frame-src https://a.example/out https://b.example/out%3Bscript-src%2C*";
        assert!(policy.ends_with(places), "{policy}");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(parts.headers["referrer-policy"], "no-referrer");
    }
}
