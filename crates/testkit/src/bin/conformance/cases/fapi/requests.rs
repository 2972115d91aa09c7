//! Requests that are wrong, and names of requests that are used as they may not be.

use std::thread::sleep;
use std::time::Duration;

use crate::fapi::{Flow, not_let_in, refused, uri};
use crate::stage::Stage;
use crate::told::refusal;
use crate::verdict::{Outcome, Verdict, expect};
use crate::wire::Request;

const PAR: &str = "RFC 9126 §2.3";
/// What is said of a request that is no good.
const INVALID: &[&str] = &["invalid_request", "invalid_request_object"];

/// A request that is refused when it is pushed.
fn is_refused(flow: &Flow<'_, '_>, errors: &[&str]) -> Verdict {
    refused(&flow.pushes()?, PAR, errors)?;
    Ok(Outcome::Passed)
}

pub fn without_redirect_uri(stage: &Stage<'_>) -> Verdict {
    is_refused(&Flow::of(stage, 0)?.without("redirect_uri"), INVALID)
}

fn elsewhere<'s, 'w>(stage: &'s Stage<'w>) -> Verdict<Flow<'s, 'w>> {
    let flow = Flow::of(stage, 0)?;
    let other = format!("{}?foo=bar", flow.asked.party.redirect_uri());
    Ok(flow.with("redirect_uri", &other))
}

pub fn other_redirect_uri(stage: &Stage<'_>) -> Verdict {
    is_refused(
        &elsewhere(stage)?,
        &["invalid_request", "invalid_redirect_uri"],
    )
}

/// RFC 9126 §2.4 lets a server take addresses that are not registered of a client that has proved who it is.
pub fn tolerates_redirect_uri(stage: &Stage<'_>) -> Verdict {
    let answer = elsewhere(stage)?.pushes()?;
    refused(&answer, PAR, &["invalid_request", "invalid_redirect_uri"])?;
    let why = "the server takes no redirect_uri that is not registered".to_owned();
    Ok(Outcome::Skipped(why))
}

pub fn not_pushed(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let landed = stage.goes(&mut stage.browser(), &flow.asked)?;
    not_let_in(&landed, "FAPI 2.0 §5.3.2.2")?;
    Ok(Outcome::Passed)
}

/// What is said of a kind of answer that there is not.
const NO_SUCH_TYPE: &[&str] = &[
    "unsupported_response_type",
    "invalid_request",
    "unauthorized_client",
];

pub fn code_id_token(stage: &Stage<'_>) -> Verdict {
    is_refused(
        &Flow::of(stage, 0)?.with("response_type", "code id_token"),
        NO_SUCH_TYPE,
    )
}

pub fn token(stage: &Stage<'_>) -> Verdict {
    is_refused(
        &Flow::of(stage, 0)?.with("response_type", "token"),
        NO_SUCH_TYPE,
    )
}

pub fn no_challenge(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?.without("code_challenge");
    is_refused(&flow.without("code_challenge_method"), INVALID)
}

pub fn plain_challenge(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let verifier = flow.asked.verifier.clone();
    let flow = flow.with("code_challenge", &verifier);
    is_refused(&flow.with("code_challenge_method", "plain"), INVALID)
}

pub fn names_another(stage: &Stage<'_>) -> Verdict {
    let other = "urn:ietf:params:oauth:request_uri:x.y";
    is_refused(&Flow::of(stage, 0)?.with("request_uri", other), INVALID)
}

pub fn other_method(stage: &Stage<'_>) -> Verdict {
    let place = stage.endpoint("pushed_authorization_request_endpoint")?;
    for method in ["GET", "PUT"] {
        let request = Request {
            method,
            ..Request::get(&place)
        };
        let answer = stage.wire.ask(request)?;
        let refused = (400..500).contains(&answer.status);
        expect(refused, PAR, &format!("no {method}"), refusal(&answer))?;
    }
    Ok(Outcome::Passed)
}

/// A browser may bring a name again while its person has not signed in, as by a reload.
pub fn twice_before(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let uri = uri(&flow.pushes()?)?;
    let mut browser = stage.browser();
    flow.brings(&mut browser, &uri, &[])?;
    let code = flow.code(&mut browser, &uri)?;
    flow.exchanges(&code)?;
    Ok(Outcome::Passed)
}

pub fn twice(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let uri = uri(&flow.pushes()?)?;
    let mut browser = stage.browser();
    flow.code(&mut browser, &uri)?;
    let landed = flow.brings(&mut browser, &uri, &[])?;
    not_let_in(&landed, "FAPI 2.0 §5.3.2.2")?;
    Ok(Outcome::Passed)
}

pub fn expired(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let answer = flow.pushes()?;
    let uri = uri(&answer)?;
    let seconds = answer.json()?["expires_in"].as_u64().unwrap_or_default();
    sleep(Duration::from_secs(seconds + 1));
    let landed = flow.brings(&mut stage.browser(), &uri, &[])?;
    not_let_in(&landed, "RFC 9126 §2.2")?;
    Ok(Outcome::Passed)
}

pub fn of_another_client(stage: &Stage<'_>) -> Verdict {
    let uri = uri(&Flow::of(stage, 0)?.pushes()?)?;
    let other = Flow::of(stage, 1)?;
    let landed = other.brings(&mut stage.browser(), &uri, &[])?;
    not_let_in(&landed, "RFC 9126 §2.2")?;
    Ok(Outcome::Passed)
}

/// `client_id` and `request_uri`, and nothing else.
pub fn nothing_twice(stage: &Stage<'_>) -> Verdict {
    Flow::of(stage, 0)?.whole()?;
    Ok(Outcome::Passed)
}
