//! Codes and refresh tokens in the wrong hands, too late, or again.

use std::thread::sleep;
use std::time::Duration;

use crate::fapi::{Flow, refused};
use crate::stage::Stage;
use crate::token;
use crate::verdict::{Outcome, Verdict, expect, there};

const CODE: &str = "RFC 6749 §5.2";

pub fn of_another_client(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let code = flow.new_code()?;
    let other = Flow::of(stage, 1)?;
    // Everything of the first client but who it is.
    refused(&other.token(flow.redeems(&code))?, CODE, &["invalid_grant"])?;
    Ok(Outcome::Passed)
}

pub fn reused(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let code = flow.new_code()?;
    let tokens = flow.exchanges(&code)?;
    sleep(Duration::from_secs(1));
    refused(&flow.token(flow.redeems(&code))?, CODE, &["invalid_grant"])?;
    if flow.userinfo("DPoP", &tokens.access, &[])?.status == 200 {
        stage.warn("the access token still counts after its code came twice (RFC 6749 §4.1.2)");
    }
    Ok(Outcome::Passed)
}

pub fn expired(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let code = flow.new_code()?;
    sleep(Duration::from_secs(61));
    refused(
        &flow.token(flow.redeems(&code))?,
        "FAPI 2.0 §5.3.2.1",
        &["invalid_grant"],
    )?;
    Ok(Outcome::Passed)
}

fn with_verifier(stage: &Stage<'_>, verifier: Option<&str>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let code = flow.new_code()?;
    let mut form = flow.redeems(&code);
    form.retain(|(name, _)| name != "code_verifier");
    form.extend(verifier.map(|text| ("code_verifier".to_owned(), text.to_owned())));
    let errors = ["invalid_grant", "invalid_request"];
    refused(&flow.token(form)?, "RFC 7636 §4.6", &errors)?;
    Ok(Outcome::Passed)
}

pub fn no_verifier(stage: &Stage<'_>) -> Verdict {
    with_verifier(stage, None)
}

pub fn other_verifier(stage: &Stage<'_>) -> Verdict {
    with_verifier(stage, Some(&"v".repeat(43)))
}

/// A refresh token is worth nothing without the client and its keys, and is not replaced.
pub fn refresh(stage: &Stage<'_>) -> Verdict {
    const REFRESH: &str = "FAPI 2.0 §5.3.2.1";
    let flow = Flow::of(stage, 0)?.with("scope", "openid offline_access");
    let tokens = flow.whole()?;
    let refresh = there(tokens.refresh, REFRESH, "a refresh token")?;
    let form = || {
        [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.as_str()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    };
    refused(
        &Flow::of(stage, 1)?.token(form())?,
        CODE,
        &["invalid_grant"],
    )?;
    let bare = flow.sends("token_endpoint", form(), Some(flow.asserts(&[])?), None)?;
    refused(
        &bare,
        REFRESH,
        &["invalid_dpop_proof", "invalid_request", "invalid_grant"],
    )?;
    for _ in 0..2 {
        let answer = flow.token(form())?;
        let next = token::tokens(stage, flow.asked.party, &answer, None)?;
        let same = next.refresh.is_none_or(|next| next == refresh);
        expect(
            same,
            REFRESH,
            "the same refresh token, or none",
            "another one",
        )?;
        let answer = flow.userinfo("DPoP", &next.access, &[])?;
        expect(
            answer.status == 200,
            REFRESH,
            "a new access token",
            answer.status,
        )?;
    }
    Ok(Outcome::Passed)
}
