//! Endpoints of the identity provider of SAML.

use std::sync::Arc;

use app::LoggedOut;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, header};
use model::Secret;
use protocol::saml::Received;

use super::Front;
use super::cookies::Cookie;
use super::held::Held;
use super::left::logged_out;
use super::reply::Answered;
use super::show::{answered, form, is_back, set};
use super::visit::Visit;
use crate::answer;

/// By what a form of our own is told from one of a service provider.
const OWN: &str = "own";

/// A request of a service provider, by way of a browser.
///
/// A form of another site brings no cookies along (`SameSite=Lax`), so whoever is signed in would seem not to
/// be. It is sent once more by a page of ours, which does.
pub(super) fn sso(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let is_held = held.session.is_some();
        if let Some(page) = once_more(&visit, is_held, app::paths::SAML_SSO) {
            return Ok(page);
        }
        let posted = visit.method == Method::POST;
        let answer = front
            .app
            .saml_sso(visit.raw(), posted, held.asker(&visit))
            .await?;
        Ok(answered(&front, &visit, &held, answer))
    })
}

/// Word of logout of a service provider, or its answer to ours, by way of a browser.
pub(super) fn slo(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let tour = visit.cookie(Cookie::Tour.name(front.secure));
        let posted = visit.method == Method::POST;
        let [response] = visit.fields(["SAMLResponse"]);
        let mut query = visit.query.split('&');
        let answers = match posted {
            true => !response.expose().is_empty(),
            false => query.any(|one| one.starts_with("SAMLResponse=")),
        };
        let is_held = match answers {
            true => tour.is_some(),
            false => held.session.is_some(),
        };
        if let Some(page) = once_more(&visit, is_held, app::paths::SAML_SLO) {
            return Ok(page);
        }
        let (app, raw) = (&front.app, visit.raw());
        let tour = tour.as_ref().map(Secret::expose);
        let told = if !posted && visit.query == app::paths::SAML_NEXT {
            app.saml_goes_on(tour).await?
        } else if answers {
            app.saml_slo_answer(raw, posted, tour).await?
        } else {
            app.saml_slo(raw, posted, held.asker(&visit)).await?
        };
        let goes_on = matches!(
            told,
            LoggedOut::Toured { .. } | LoggedOut::FramedFirst(..) | LoggedOut::Refused(_)
        );
        let had = tour.is_some();
        let mut response = logged_out(&front, &visit, told);
        if had && !goes_on {
            set(&mut response, Cookie::Tour.set(front.secure, ""));
        }
        Ok(response)
    })
}

/// The page that sends a form of another site once more, where it came without the cookie that it is about.
fn once_more(visit: &Visit, is_held: bool, to: &str) -> Option<Response<Body>> {
    let [own, request, response, state] =
        visit.fields([OWN, "SAMLRequest", "SAMLResponse", "RelayState"]);
    let (name, message) = match response.expose().is_empty() {
        true => ("SAMLRequest", request),
        false => ("SAMLResponse", response),
    };
    let first = visit.method == Method::POST && !is_held && own.expose().is_empty();
    // What is no message is refused at once: nothing else of it is sent on.
    let again = first && Received::post(visit.raw()).is_ok();
    again.then(|| {
        let fields = [
            (name, message.expose().to_owned()),
            ("RelayState", state.expose().to_owned()),
            (OWN, "1".to_owned()),
        ];
        form(visit.words, to, &fields, "'self'")
    })
}

/// Somebody starts from their own page.
pub(super) fn start(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        let name = visit.query.strip_prefix("app=").unwrap_or_default();
        let answer = front.app.saml_start(name, held.asker(&visit)).await?;
        Ok(answered(&front, &visit, &held, answer))
    })
}

/// Somebody comes back from an identity provider of SAML.
pub(super) fn come_back(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let held = Held::of(&front, &visit);
        if let Some(page) = once_more(&visit, held.trip.is_some(), &visit.path) {
            return Ok(page);
        }
        let path = visit.path.trim_end_matches(app::paths::ACS);
        let name = path.trim_end_matches('/').rsplit('/').next();
        let (name, trip) = (name.unwrap_or_default(), held.trip.as_ref());
        let answer = front
            .app
            .come_back_by_saml(name, visit.raw(), trip, held.asker(&visit));
        let mut response = answered(&front, &visit, &held, answer.await?);
        is_back(&front, &mut response);
        Ok(response)
    })
}

/// What an identity provider of SAML is told of us.
pub(super) fn from(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let name = visit.path.rsplit('/').next().unwrap_or_default();
        Ok(match front.app.upstream_metadata(name).await? {
            Some(text) => published(text),
            None => answer::raw(404, "text/plain", String::new()),
        })
    })
}

fn published(text: String) -> Response<Body> {
    let mut response = answer::raw(200, "application/samlmetadata+xml", text);
    response.headers_mut().insert(header::CACHE_CONTROL, KEPT);
    response
}

/// How long service providers may keep our metadata before they look again.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// What everybody is told; with `app=NAME`, what that service provider is.
pub(super) fn metadata(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let text = match visit.query.strip_prefix("app=") {
            None => front.app.saml_metadata().await?,
            Some(name) => match front.app.saml_metadata_for(name).await? {
                Some(text) => text,
                None => return Ok(answer::raw(404, "text/plain", String::new())),
            },
        };
        Ok(published(text))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::body::to_bytes;
    use axum::http::HeaderMap;

    use super::super::reply::{csp_source, harden};
    use super::super::words::Words;
    use super::*;

    async fn shown(action: &str, state: &str) -> (HeaderMap, String) {
        let words = Words::for_browser(None);
        let fields = [("RelayState", state.to_owned())];
        let mut response = form(words, action, &fields, &csp_source(action));
        harden(&mut response, "req_1", true);
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        (parts.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    fn policy(headers: &HeaderMap) -> &str {
        headers["content-security-policy"].to_str().unwrap()
    }

    /// S17: nothing that a service provider sends along ends the attribute in which it stands, and the form goes
    /// to one address.
    #[tokio::test]
    async fn s17_a_page_that_posts_is_escaped_and_goes_to_one_place() {
        let evil = "\"><script>alert(1)</script><form action='https://evil.example'>";
        let acs = "https://sp.example/acs?tenant=\"x;script-src,1";
        let (headers, html) = shown(acs, evil).await;
        assert_eq!(html.matches("<script").count(), 1, "{html}");
        assert_eq!(html.matches("<form").count(), 1, "{html}");
        assert!(!html.contains("=\"x") && !html.contains("\">\">"), "{html}");
        let said = policy(&headers);
        assert!(
            said.ends_with("; form-action https://sp.example/acs https:"),
            "{said}"
        );
        assert!(said.contains("default-src 'none'") && said.contains("script-src 'self'"));

        let (headers, _) = shown("https://sp.example/a;script-src,b", "").await;
        let said = policy(&headers);
        assert!(
            said.ends_with("; form-action https://sp.example/a%3Bscript-src%2Cb https:"),
            "{said}"
        );
        assert_eq!(
            said.matches("script-src").count(),
            2,
            "one is a part of the address: {said}"
        );
    }
}
