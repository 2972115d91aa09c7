//! Flows that have to go through, and what the server says of itself.

use serde_json::Value;

use crate::browser::Landed;
use crate::exchange::Tokens;
use crate::fapi::{Flow, uri};
use crate::stage::{Stage, landed_at};
use crate::told::{self, refusal};
use crate::verdict::{Failed, Outcome, Verdict, expect, there};

const FAPI: &str = "FAPI 2.0 §5.3.2.1";

/// What the metadata have to promise a client of this profile.
pub fn discovery(stage: &Stage<'_>) -> Verdict {
    let metadata = &stage.world.metadata;
    let place = metadata["pushed_authorization_request_endpoint"].as_str();
    there(
        place,
        "RFC 9126 §5",
        "a pushed_authorization_request_endpoint",
    )?;
    for (name, one) in [
        ("token_endpoint_auth_methods_supported", "private_key_jwt"),
        ("token_endpoint_auth_signing_alg_values_supported", "ES256"),
        ("token_endpoint_auth_signing_alg_values_supported", "PS256"),
        ("dpop_signing_alg_values_supported", "ES256"),
        ("id_token_signing_alg_values_supported", "ES256"),
        ("code_challenge_methods_supported", "S256"),
        ("response_types_supported", "code"),
        ("grant_types_supported", "authorization_code"),
    ] {
        let list = metadata[name].as_array();
        let has = list.is_some_and(|list| list.iter().any(|value| value == one));
        expect(has, FAPI, &format!("{name} with {one}"), &metadata[name])?;
    }
    let iss = &metadata["authorization_response_iss_parameter_supported"];
    expect(iss == true, FAPI, "iss in authorization responses", iss)?;
    Ok(Outcome::Passed)
}

/// Tokens that are bound, and worth nothing to whoever merely has them.
pub fn flow(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let tokens = flow.whole()?;
    is_let_in(&flow, &tokens)?;
    for scheme in ["Bearer", "DPoP"] {
        let answer = flow.userinfo_with(scheme, &tokens.access, None)?;
        let refused = answer.status == 401;
        expect(
            refused,
            "RFC 9449 §7.1",
            "status 401 without a proof",
            answer.status,
        )?;
    }
    Ok(Outcome::Passed)
}

/// Somebody says no on the page that asks who they are: the client is told so, and given nothing.
pub fn rejected(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let uri = uri(&flow.pushes()?)?;
    let mut browser = stage.browser();
    let landed = flow.brings(&mut browser, &uri, &[])?;
    let came = landed_at(&landed);
    let Landed::Page(page) = landed else {
        return Err(Failed {
            clause: "RFC 6749 §4.1.1",
            expected: "a page that asks".to_owned(),
            came,
        });
    };
    let landed = browser.submit(&page, "/sign-in/no", &[])?;
    let error = stage.error(&flow.asked, landed)?;
    let denied = error == "access_denied";
    expect(denied, "RFC 6749 §4.1.2.1", "access_denied", error)?;
    Ok(Outcome::Passed)
}

/// Userinfo takes the token with a proof.
fn is_let_in(flow: &Flow<'_, '_>, tokens: &Tokens) -> Verdict<Value> {
    told::person(&flow.userinfo("DPoP", &tokens.access, &[])?, tokens)
}

/// The whole flow, and what userinfo says.
fn goes(flow: &Flow<'_, '_>) -> Verdict {
    let tokens = flow.whole()?;
    is_let_in(flow, &tokens)?;
    Ok(Outcome::Passed)
}

pub fn without_state(stage: &Stage<'_>) -> Verdict {
    goes(&Flow::of(stage, 0)?.without("state"))
}

pub fn without_nonce(stage: &Stage<'_>) -> Verdict {
    goes(&Flow::of(stage, 0)?.without("nonce"))
}

pub fn nonce_of_64(stage: &Stage<'_>) -> Verdict {
    let nonce = crate::proof::random(48).map_err(Failed::silent)?;
    expect(
        nonce.len() == 64,
        "this module",
        "64 characters",
        nonce.len(),
    )?;
    goes(&Flow::of(stage, 0)?.with("nonce", &nonce))
}

pub fn other_order(stage: &Stage<'_>) -> Verdict {
    goes(&Flow::of(stage, 0)?.with("scope", "email openid"))
}

/// Claims that are asked for by name are told where they were asked for.
pub fn claims(stage: &Stage<'_>) -> Verdict {
    let wish = r#"{"id_token":{"email":{"essential":true}},"userinfo":{"email":null}}"#;
    let flow = Flow::of(stage, 0)?.with("claims", wish);
    let tokens = flow.whole()?;
    let said = is_let_in(&flow, &tokens)?;
    for (place, claims) in [("the ID token", &tokens.claims), ("userinfo", &said)] {
        let told = claims["email"].is_string();
        expect(
            told,
            "OIDC Core §5.5",
            &format!("email in {place}"),
            &claims["email"],
        )?;
    }
    Ok(Outcome::Passed)
}

pub fn scheme_in_any_case(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let tokens = flow.whole()?;
    for scheme in ["DPoP", "dpop", "DPOP", "dPoP"] {
        let answer = flow.userinfo(scheme, &tokens.access, &[])?;
        expect(
            answer.status == 200,
            "RFC 9110 §11.1",
            &format!("{scheme} as the name of the scheme"),
            refusal(&answer),
        )?;
    }
    Ok(Outcome::Passed)
}

/// What stands beside the name of a pushed request is not looked at (RFC 9126 §4).
fn beside(flow: &Flow<'_, '_>, beside: &[(&str, &str)]) -> Verdict {
    let uri = uri(&flow.pushes()?)?;
    let code = flow.code_beside(&mut flow.stage.browser(), &uri, beside)?;
    let tokens = flow.exchanges(&code)?;
    is_let_in(flow, &tokens)?;
    Ok(Outcome::Passed)
}

pub fn nonce_beside(stage: &Stage<'_>) -> Verdict {
    beside(&Flow::of(stage, 0)?, &[("nonce", "another")])
}

pub fn state_beside(stage: &Stage<'_>) -> Verdict {
    beside(&Flow::of(stage, 0)?, &[("state", "another")])
}

pub fn state_outside_alone(stage: &Stage<'_>) -> Verdict {
    beside(
        &Flow::of(stage, 0)?.without("state"),
        &[("state", "another")],
    )
}

/// 384 characters may be too many, and are then refused: they come back whole, or not at all.
fn long(stage: &Stage<'_>, name: &str) -> Verdict {
    let value = crate::proof::random(288).map_err(Failed::silent)?;
    let flow = Flow::of(stage, 0)?.with(name, &value);
    let answer = flow.pushes()?;
    if answer.status == 400 {
        return Ok(Outcome::Skipped(format!(
            "the server takes no {name} of 384 characters"
        )));
    }
    let code = flow.code(&mut stage.browser(), &uri(&answer)?)?;
    flow.exchanges(&code)?;
    Ok(Outcome::Passed)
}

pub fn long_nonce(stage: &Stage<'_>) -> Verdict {
    long(stage, "nonce")
}

pub fn long_state(stage: &Stage<'_>) -> Verdict {
    long(stage, "state")
}
