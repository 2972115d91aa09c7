//! Assertions of who a client is that do not count.

use serde_json::{Value, json};

use crate::fapi::{Flow, refused, uri};
use crate::signer::Changes;
use crate::stage::Stage;
use crate::token::now;
use crate::verdict::{Failed, Outcome, Verdict};
use crate::world::ISSUER;

const ASSERTION: &str = "RFC 7523 §3";
const INVALID: &[&str] = &["invalid_client"];

/// The answer to a good code with this assertion, or with none.
fn with(flow: &Flow<'_, '_>, assertion: Option<String>) -> Verdict {
    let form = flow.redeems(&flow.new_code()?);
    let proof = flow.proves("token_endpoint", &[])?;
    let answer = flow.sends("token_endpoint", form, assertion, Some(proof))?;
    refused(&answer, ASSERTION, INVALID)?;
    Ok(Outcome::Passed)
}

fn changed(stage: &Stage<'_>, changes: Changes<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let assertion = flow.asserts(changes)?;
    with(&flow, Some(assertion))
}

pub fn rs256(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let claims = || {
        flow.client
            .claims(ISSUER, now()?, &[])
            .map_err(Failed::silent)
    };
    let signed = |alg: &str| -> Verdict<String> {
        let made = flow.client.rsa.signs(alg, "rsa", &claims()?);
        made.map_err(Failed::silent)
    };
    // The same key by the algorithm that it is registered for: that it counts shows why the other one does not.
    uri(&flow.pushes_as(signed("PS256")?, None)?)?;
    with(&flow, Some(signed("RS256")?))
}

pub fn none(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let mut form = flow.redeems(&flow.new_code()?);
    form.push(("client_id".to_owned(), flow.client.id.to_owned()));
    let proof = flow.proves("token_endpoint", &[])?;
    let answer = flow.sends("token_endpoint", form, None, Some(proof))?;
    refused(&answer, ASSERTION, &["invalid_client", "invalid_request"])?;
    Ok(Outcome::Passed)
}

/// The name of another client beside an assertion is no name of this one.
pub fn other_client_id(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let mut form = flow.redeems(&flow.new_code()?);
    let other = stage.world.signers[1].id;
    form.push(("client_id".to_owned(), other.to_owned()));
    let answer = flow.token(form)?;
    let errors = ["invalid_client", "invalid_request", "invalid_grant"];
    refused(&answer, "RFC 7521 §4.2", &errors)?;
    Ok(Outcome::Passed)
}

pub fn ended(stage: &Stage<'_>) -> Verdict {
    let then = now()? - 300;
    changed(stage, &[("exp", json!(then)), ("iat", json!(then - 60))])
}

pub fn for_another(stage: &Stage<'_>) -> Verdict {
    changed(stage, &[("aud", json!("https://other.example"))])
}

pub fn about_nobody(stage: &Stage<'_>) -> Verdict {
    changed(stage, &[("sub", Value::Null)])
}

/// What the endpoint for pushed requests says to an assertion.
fn pushed(stage: &Stage<'_>, changes: Changes<'_>, counts: bool) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let answer = flow.pushes_as(flow.asserts(changes)?, None)?;
    match counts {
        true => drop(uri(&answer)?),
        false => refused(&answer, "FAPI 2.0 §5.3.2.1", INVALID)?,
    }
    Ok(Outcome::Passed)
}

pub fn soon(stage: &Stage<'_>) -> Verdict {
    pushed(stage, &[("nbf", json!(now()? + 8))], true)
}

pub fn later(stage: &Stage<'_>) -> Verdict {
    let then = now()? + 65;
    pushed(
        stage,
        &[("nbf", json!(then)), ("exp", json!(then + 60))],
        false,
    )
}

pub fn for_a_list(stage: &Stage<'_>) -> Verdict {
    pushed(stage, &[("aud", json!([ISSUER]))], false)
}

pub fn for_the_endpoint(stage: &Stage<'_>) -> Verdict {
    let place = stage.endpoint("pushed_authorization_request_endpoint")?;
    pushed(stage, &[("aud", json!(place))], false)
}

pub fn for_the_token_endpoint(stage: &Stage<'_>) -> Verdict {
    let place = stage.endpoint("token_endpoint")?;
    pushed(stage, &[("aud", json!(place))], false)
}
