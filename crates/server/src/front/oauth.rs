//! Endpoints that relying parties call themselves.

use std::sync::Arc;

use app::{Given, UserCall, UserTold};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use protocol::oauth::Object;
use protocol::oauth::token::NO_STORE;

use super::Front;
use super::reply::{Answered, json};
use super::visit::Visit;
use crate::answer;

pub(super) fn token(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let [authorization, proofs] = visit.proofs();
        Ok(given(
            front.app.token(visit.call(&authorization, &proofs)).await?,
        ))
    })
}

pub(super) fn push(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let [authorization, proofs] = visit.proofs();
        let pushed = front.app.push(visit.call(&authorization, &proofs)).await?;
        let created = matches!(pushed, Given::Body(_));
        let mut response = given(pushed);
        if created {
            *response.status_mut() = StatusCode::CREATED;
        }
        Ok(response)
    })
}

pub(super) fn device(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let [authorization, proofs] = visit.proofs();
        let call = visit.call(&authorization, &proofs);
        Ok(given(front.app.device(call, visit.from.network).await?))
    })
}

pub(super) fn introspect(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let [authorization, proofs] = visit.proofs();
        Ok(given(
            front
                .app
                .introspect(visit.call(&authorization, &proofs))
                .await?,
        ))
    })
}

pub(super) fn revoke(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let [authorization, proofs] = visit.proofs();
        let revoked = front
            .app
            .revoke(visit.call(&authorization, &proofs))
            .await?;
        Ok(match revoked {
            Given::Body(_) => answer::raw(200, "application/json", ""),
            refused @ Given::Refused(_) => given(refused),
        })
    })
}

pub(super) fn userinfo(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let [authorization, proofs] = visit.proofs();
        let call = UserCall {
            method: visit.method.as_str(),
            authorization: &authorization,
            proofs: &proofs,
            content_type: visit.media(),
            body: &visit.body,
            door: visit.door(),
        };
        Ok(match front.app.userinfo(call).await? {
            UserTold::Claims(claims) => json(200, &claims, &[]),
            UserTold::Signed(token) => {
                answer::raw(200, "application/jwt", token.expose().to_owned())
            }
            UserTold::Refused(status, challenge) => {
                json(status, &Object::new(), &[("www-authenticate", challenge)])
            }
        })
    })
}

/// How long clients may keep what is published here: a key that is new is published before it signs.
const KEPT: &str = "public, max-age=300";

pub(super) fn jwks(front: Arc<Front>, _: Visit) -> Answered {
    Box::pin(async move { Ok(kept(&front.app.jwks().await?)) })
}

pub(super) fn metadata(front: Arc<Front>, _: Visit) -> Answered {
    Box::pin(async move { Ok(kept(&front.app.metadata().await?)) })
}

/// JSON that clients may keep for a while.
fn kept(text: &str) -> Response<Body> {
    let mut response = answer::raw(200, "application/json", text.to_owned());
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(KEPT));
    response
}

/// An answer with tokens, or a refusal (RFC 6749 §5).
fn given(given: Given) -> Response<Body> {
    let mut headers: Vec<_> = NO_STORE
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .map(|(name, value)| (lower(name), value))
        .collect();
    match given {
        Given::Body(body) => json(200, &body, &headers),
        Given::Refused(refusal) => {
            if let Some(challenge) = refusal.www_authenticate() {
                headers.push(("www-authenticate", challenge.to_owned()));
            }
            json(refusal.status(), &refusal.to_json(), &headers)
        }
    }
}

fn lower(name: &'static str) -> &'static str {
    match name {
        "Cache-Control" => "cache-control",
        _ => "pragma",
    }
}
