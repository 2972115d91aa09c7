//! Requests that have to succeed, each with something more or less in it; and answers that are refusals.

use crate::browser::Landed;
use crate::exchange::Tokens;
use crate::request::Asked;
use crate::stage::{Stage, landed_at};
use crate::token;
use crate::told;
use crate::verdict::{Failed, Outcome, Verdict, expect, there};
use crate::world::WITH_DEVICES;

/// The whole flow with this request, and what is told of the person at its end.
fn succeeds(stage: &Stage<'_>, asked: &Asked<'_>) -> Verdict<Tokens> {
    let tokens = stage.flow(&mut stage.browser(), asked)?;
    told::person(&stage.userinfo(&tokens.access)?, &tokens)?;
    Ok(tokens)
}

pub fn server(stage: &Stage<'_>) -> Verdict {
    succeeds(stage, &stage.asks("basic")?)?;
    Ok(Outcome::Passed)
}

/// A request with one parameter more, which may be ignored and must do no harm.
pub fn asking(stage: &Stage<'_>, name: &str, value: &str) -> Verdict {
    succeeds(stage, &stage.asks("basic")?.with(name, value))?;
    Ok(Outcome::Passed)
}

pub fn client_secret_post(stage: &Stage<'_>) -> Verdict {
    succeeds(stage, &stage.asks("post")?)?;
    Ok(Outcome::Passed)
}

/// Every request here has a challenge; this one looks at what a verifier is held to as well.
pub fn pkce(stage: &Stage<'_>) -> Verdict {
    let asked = stage.asks("basic")?;
    let mut browser = stage.browser();
    succeeds(stage, &asked)?;
    let landed = stage.goes_and_signs_in(&mut browser, &asked, stage.ana())?;
    let code = stage.code(&asked, landed)?;
    let mut other = asked.clone();
    other.verifier = "x".repeat(43);
    told::refused(&stage.brings(&other, &code)?, "invalid_grant")?;
    stage.redeems(&asked, &code)?;
    Ok(Outcome::Passed)
}

pub fn without_nonce(stage: &Stage<'_>) -> Verdict {
    succeeds(stage, &stage.asks("basic")?.without("nonce"))?;
    Ok(Outcome::Passed)
}

/// The suite runs this one only where clients register themselves, and leaves the algorithm out. Here it is
/// the document that says RS256.
pub fn idtoken_signature(stage: &Stage<'_>) -> Verdict {
    let tokens = succeeds(stage, &stage.asks("rs256")?)?;
    let signed = token::signed(stage, &tokens.id_token, "OIDC Core §10.1")?;
    let kid = signed.header["kid"].as_str().map(str::to_owned);
    there(
        kid,
        "OIDC Core §10.1",
        "a kid, as there is more than one key",
    )?;
    Ok(Outcome::Passed)
}

pub fn idtoken_unsigned(stage: &Stage<'_>) -> Verdict {
    let taken = &stage.world.metadata["id_token_signing_alg_values_supported"];
    let mut names = taken.as_array().into_iter().flatten();
    expect(
        names.all(|name| name != "none"),
        "OIDC Core §2",
        "no unsigned ID tokens: documents cannot ask for them",
        taken,
    )?;
    let why = "id_token_signing_alg_values_supported has no `none`";
    Ok(Outcome::Skipped(why.to_owned()))
}

/// Whoever signs in here proves two things: a password, and a code of a device.
pub fn acr_values(stage: &Stage<'_>) -> Verdict {
    let taken = stage.world.metadata["acr_values_supported"].as_array();
    let taken: Vec<&str> = taken
        .into_iter()
        .flatten()
        .filter_map(|acr| acr.as_str())
        .collect();
    let asked = stage.asks("strong")?.with("acr_values", &taken.join(" "));
    let person = &stage.world.people[WITH_DEVICES[usize::from(stage.form_post)]];
    let mut browser = stage.browser();
    let landed = stage.goes_and_signs_in(&mut browser, &asked, person)?;
    let code = stage.code(&asked, landed)?;
    let tokens = stage.redeems(&asked, &code)?;
    let acr = tokens.claims["acr"].as_str().unwrap_or("none");
    if !taken.contains(&acr) {
        stage.warn(format!(
            "acr is {acr}, which was not asked for (OIDC Core §3.1.2.1)"
        ));
    }
    // What the suite cannot know: what was proved is told as it was.
    let proved = &tokens.claims["amr"];
    let both = proved.as_array().is_some_and(|amr| {
        ["pwd", "otp", "mfa"]
            .iter()
            .all(|name| amr.iter().any(|one| one == name))
    });
    expect(both, "RFC 8176 §2", "amr with pwd, otp and mfa", proved)?;
    expect(
        acr == "multi-factor",
        "OIDC Core §2",
        "acr multi-factor",
        acr,
    )?;
    Ok(Outcome::Passed)
}

/// A request that comes as a form (OpenID Connect Core §3.1.2.1 wants both methods).
pub fn by_post(stage: &Stage<'_>) -> Verdict {
    let asked = stage.asks("basic")?;
    let mut browser = stage.browser();
    let landed = browser.post(&stage.endpoint("authorization_endpoint")?, asked.form())?;
    let landed = stage.is_asked(&mut browser, landed, stage.ana())?;
    let code = stage.code(&asked, landed)?;
    stage.redeems(&asked, &code)?;
    Ok(Outcome::Passed)
}

pub fn response_type_missing(stage: &Stage<'_>) -> Verdict {
    let asked = stage.asks("basic")?.without("response_type");
    let landed = stage.goes(&mut stage.browser(), &asked)?;
    let error = match &landed {
        // A page that says so is good as well.
        Landed::Page(page) if page.status == 400 => return Ok(Outcome::Passed),
        Landed::Page(_) => {
            return Err(Failed {
                clause: "RFC 6749 §3.1.1",
                expected: "an error".to_owned(),
                came: landed_at(&landed),
            });
        }
        Landed::Away(_) => stage.error(&asked, landed)?,
    };
    let known = ["invalid_request", "unsupported_response_type"].contains(&error.as_str());
    expect(
        known,
        "RFC 6749 §3.1.1",
        "invalid_request or unsupported_response_type",
        error,
    )?;
    Ok(Outcome::Passed)
}
