//! Where clients register themselves, and ask about themselves (RFC 7591, RFC 7592).

use std::sync::Arc;

use app::{RegistrationAnswer, RegistrationCall, paths};
use protocol::oauth::Object;

use super::Front;
use super::reply::{Answered, json};
use super::visit::Visit;
use crate::answer;

/// Every answer has a secret in it, or says why there is none.
const KEPT: (&str, &str) = ("cache-control", "no-store");

pub(super) fn register(front: Arc<Front>, visit: Visit) -> Answered {
    Box::pin(async move {
        let [authorization, _] = visit.proofs();
        let behind = visit.path.strip_prefix(paths::REGISTER);
        let call = RegistrationCall {
            method: visit.method.as_str(),
            client: behind.and_then(|rest| rest.strip_prefix('/')),
            authorization: &authorization,
            content_type: visit.media(),
            body: &visit.body,
        };
        let headers = [(KEPT.0, KEPT.1.to_owned())];
        let told = |status, body: &Object| json(status, body, &headers);
        Ok(match front.app.registration(call).await? {
            RegistrationAnswer::Made(body) => told(201, &body),
            RegistrationAnswer::Told(body) => told(200, &body),
            RegistrationAnswer::Gone => answer::raw(204, "text/plain", ""),
            RegistrationAnswer::Refused(status, error, None) => told(status, &error.to_json()),
            RegistrationAnswer::Refused(status, error, Some(challenge)) => {
                let [kept] = headers;
                let headers = [kept, ("www-authenticate", challenge)];
                json(status, &error.to_json(), &headers)
            }
        })
    })
}
