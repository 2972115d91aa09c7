//! Requests that are signed (RFC 9101, FAPI 2.0 Message Signing §5.3).

use serde_json::{Value, json};

use crate::fapi::{Flow, refused, uri};
use crate::signer::{Changes, EcKey};
use crate::stage::Stage;
use crate::token::now;
use crate::verdict::{Failed, Outcome, Verdict};
use crate::world::ISSUER;

const OBJECT: &str = "RFC 9101 §6";
const INVALID: &[&str] = &["invalid_request_object", "invalid_request"];

/// A request with changes of what is around it, which is refused.
fn without(stage: &Stage<'_>, changes: Changes<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let object = flow.object(changes)?;
    is_refused(&flow, object)
}

fn is_refused(flow: &Flow<'_, '_>, object: String) -> Verdict {
    refused(&flow.pushes_object(object)?, OBJECT, INVALID)?;
    Ok(Outcome::Passed)
}

/// One with changes that counts.
fn with(stage: &Stage<'_>, changes: Changes<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let uri = uri(&flow.pushes_object(flow.object(changes)?)?)?;
    let code = flow.code(&mut stage.browser(), &uri)?;
    flow.exchanges(&code)?;
    Ok(Outcome::Passed)
}

pub fn for_several(stage: &Stage<'_>) -> Verdict {
    with(stage, &[("aud", json!([ISSUER, "https://other.example"]))])
}

pub fn soon(stage: &Stage<'_>) -> Verdict {
    with(stage, &[("nbf", json!(now()? + 8))])
}

pub fn without_end(stage: &Stage<'_>) -> Verdict {
    without(stage, &[("exp", Value::Null)])
}

pub fn without_beginning(stage: &Stage<'_>) -> Verdict {
    without(stage, &[("nbf", Value::Null)])
}

pub fn ended(stage: &Stage<'_>) -> Verdict {
    let then = now()? - 60;
    without(stage, &[("nbf", json!(then - 60)), ("exp", json!(then))])
}

pub fn for_another(stage: &Stage<'_>) -> Verdict {
    without(stage, &[("aud", json!("https://other.example"))])
}

pub fn too_long(stage: &Stage<'_>) -> Verdict {
    without(stage, &[("exp", json!(now()? + 70 * 60))])
}

pub fn too_old(stage: &Stage<'_>) -> Verdict {
    without(stage, &[("nbf", json!(now()? - 70 * 60))])
}

pub fn names_another(stage: &Stage<'_>) -> Verdict {
    let other = "urn:ietf:params:oauth:request_uri:x.y";
    without(stage, &[("request_uri", json!(other))])
}

/// By the key that is registered for PS256: that this counts shows why the other one does not.
pub fn rs256(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let signed = |alg: &str| -> Verdict<String> {
        let made = flow.client.rsa.signs(alg, "rsa", &flow.claims(&[])?);
        made.map_err(Failed::silent)
    };
    uri(&flow.pushes_object(signed("PS256")?)?)?;
    is_refused(&flow, signed("RS256")?)
}

pub fn unsigned(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let object = flow.object(&[])?;
    let claims = object.split('.').nth(1).unwrap_or_default();
    is_refused(&flow, format!("eyJhbGciOiJub25lIn0.{claims}."))
}

pub fn changed(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let mut object = flow.object(&[])?;
    let last = object.rfind('.').unwrap_or_default() + 1;
    let other = if object.get(last..=last) == Some("A") {
        "B"
    } else {
        "A"
    };
    object.replace_range(last..=last, other);
    is_refused(&flow, object)
}

pub fn of_another_key(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let header = json!({"alg": "ES256", "kid": "ec", "typ": "oauth-authz-req+jwt"});
    let stranger = EcKey::new().map_err(Failed::silent)?;
    let object = stranger.signs(&header, &flow.claims(&[])?);
    is_refused(&flow, object.map_err(Failed::silent)?)
}

pub fn none(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let form = flow.asked.form().to_vec();
    let endpoint = "pushed_authorization_request_endpoint";
    let answer = flow.sends(endpoint, form, Some(flow.asserts(&[])?), None)?;
    refused(&answer, "RFC 9101 §10.5", INVALID)?;
    Ok(Outcome::Passed)
}
