//! Proofs of the key to which tokens are bound (DPoP).

use serde_json::{Value, json};

use crate::fapi::{Flow, refused, uri};
use crate::signer::{Changes, EcKey, proof};
use crate::stage::Stage;
use crate::token::{self, now};
use crate::told;
use crate::verdict::{Failed, Outcome, Verdict, expect};

const PROOF: &str = "RFC 9449 §4.3";
/// What is said of a proof, or of a code that is bound to another key.
const REFUSED: &[&str] = &["invalid_dpop_proof", "invalid_grant", "invalid_request"];

/// A flow whose proofs, at the token endpoint and at userinfo, are changed and good.
fn good(stage: &Stage<'_>, changes: impl Fn() -> Verdict<Vec<(&'static str, Value)>>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let form = flow.redeems(&flow.new_code()?);
    let proof = flow.proves("token_endpoint", &changes()?)?;
    let answer = flow.sends(
        "token_endpoint",
        form,
        Some(flow.asserts(&[])?),
        Some(proof),
    )?;
    let tokens = token::tokens(stage, flow.asked.party, &answer, flow.asked.get("nonce"))?;
    told::person(
        &flow.userinfo("DPoP", &tokens.access, &changes()?)?,
        &tokens,
    )?;
    Ok(Outcome::Passed)
}

pub fn with_nbf_and_exp(stage: &Stage<'_>) -> Verdict {
    good(stage, || {
        let now = now()?;
        Ok(vec![("nbf", json!(now)), ("exp", json!(now + 60))])
    })
}

pub fn ten_seconds_before(stage: &Stage<'_>) -> Verdict {
    good(stage, || Ok(vec![("iat", json!(now()? - 10))]))
}

pub fn ten_seconds_after(stage: &Stage<'_>) -> Verdict {
    good(stage, || Ok(vec![("iat", json!(now()? + 10))]))
}

/// A request that is pushed with a proof of the flow's key.
fn pushes_with_proof(flow: &Flow<'_, '_>) -> Verdict<crate::wire::Answer> {
    let proof = flow.proves("pushed_authorization_request_endpoint", &[])?;
    flow.pushes_as(flow.asserts(&[])?, Some(proof))
}

fn another() -> Verdict<EcKey> {
    EcKey::new().map_err(Failed::silent)
}

pub fn other_jkt_than_proof(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?.with("dpop_jkt", &another()?.thumbprint());
    refused(&pushes_with_proof(&flow)?, "RFC 9449 §10.1", REFUSED)?;
    Ok(Outcome::Passed)
}

/// The code of a request that was pushed so is exchanged with another key.
fn with_other_key(mut flow: Flow<'_, '_>, uri: &str) -> Verdict {
    let code = flow.code(&mut flow.stage.browser(), uri)?;
    flow.key = another()?;
    refused(&flow.token(flow.redeems(&code))?, "RFC 9449 §10", REFUSED)?;
    Ok(Outcome::Passed)
}

pub fn other_key_than_pushed(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let uri = uri(&pushes_with_proof(&flow)?)?;
    with_other_key(flow, &uri)
}

fn named<'s, 'w>(stage: &'s Stage<'w>) -> Verdict<Flow<'s, 'w>> {
    let flow = Flow::of(stage, 0)?;
    let thumbprint = flow.key.thumbprint();
    Ok(flow.with("dpop_jkt", &thumbprint))
}

pub fn other_key_than_named(stage: &Stage<'_>) -> Verdict {
    let flow = named(stage)?;
    let uri = uri(&flow.pushes()?)?;
    with_other_key(flow, &uri)
}

pub fn bound_when_pushed(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let uri = uri(&pushes_with_proof(&flow)?)?;
    let code = flow.code(&mut stage.browser(), &uri)?;
    flow.exchanges(&code)?;
    Ok(Outcome::Passed)
}

pub fn bound_by_name(stage: &Stage<'_>) -> Verdict {
    named(stage)?.whole()?;
    Ok(Outcome::Passed)
}

pub fn no_proof(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let form = flow.redeems(&flow.new_code()?);
    let answer = flow.sends("token_endpoint", form, Some(flow.asserts(&[])?), None)?;
    refused(&answer, "FAPI 2.0 §5.3.2.1", REFUSED)?;
    Ok(Outcome::Passed)
}

/// A token that is good, with proofs none of which is.
pub fn wrong_ones(stage: &Stage<'_>) -> Verdict {
    let flow = Flow::of(stage, 0)?;
    let access = flow.whole()?.access;
    let good = made(&flow, &access, &[])?;
    let answer = flow.userinfo_with("DPoP", &access, Some(good.clone()))?;
    expect(
        answer.status == 200,
        PROOF,
        "a good proof taken",
        answer.status,
    )?;
    let cut = good.get(..good.len() - 2).unwrap_or_default();
    let mut wrong = vec![
        ("none", None),
        ("the same again", Some(good.clone())),
        ("that was changed", Some(format!("{cut}A"))),
    ];
    let claims = changed(&flow, &access)?.into_iter();
    let headers = misheaded(&flow, &access)?.into_iter();
    wrong.extend(
        claims
            .chain(headers)
            .map(|(what, proof)| (what, Some(proof))),
    );
    for (what, proof) in wrong {
        let answer = flow.userinfo_with("DPoP", &access, proof)?;
        let refused = matches!(answer.status, 400 | 401);
        expect(refused, PROOF, &format!("no proof {what}"), answer.status)?;
    }
    Ok(Outcome::Passed)
}

/// A proof of the flow's key for userinfo and this token, with changes.
fn made(flow: &Flow<'_, '_>, access: &str, changes: Changes<'_>) -> Verdict<String> {
    let place = flow.stage.endpoint("userinfo_endpoint")?;
    let made = flow
        .key
        .proves(("GET", &place), Some(access), now()?, changes);
    made.map_err(Failed::silent)
}

/// Proofs that say something wrong, or nothing.
fn changed(flow: &Flow<'_, '_>, access: &str) -> Verdict<Vec<(&'static str, String)>> {
    let now = now()?;
    let wrong = [
        ("for another method", ("htm", json!("POST"))),
        (
            "for another place",
            ("htu", json!("https://other.example/")),
        ),
        ("for another token", ("ath", json!("AAAA"))),
        ("for no token", ("ath", Value::Null)),
        ("without a name", ("jti", Value::Null)),
        ("without a time", ("iat", Value::Null)),
        ("of long ago", ("iat", json!(now - 300))),
        ("of a time to come", ("iat", json!(now + 300))),
    ];
    let proofs = wrong.into_iter();
    proofs
        .map(|(what, change)| Ok((what, made(flow, access, &[change])?)))
        .collect()
}

/// Proofs that say everything right, under a header or by a key that is wrong.
fn misheaded(flow: &Flow<'_, '_>, access: &str) -> Verdict<Vec<(&'static str, String)>> {
    let place = flow.stage.endpoint("userinfo_endpoint")?;
    let now = now()?;
    let jwk = flow.key.jwk();
    let mut private = jwk.clone();
    private["d"] = json!("AA");
    let stranger = another()?.proves(("GET", &place), Some(access), now, &[]);
    let mut proofs = vec![("of another key", stranger.map_err(Failed::silent)?)];
    for (what, header) in [
        (
            "of another type",
            json!({"alg": "ES256", "typ": "JWT", "jwk": jwk}),
        ),
        ("without a key", json!({"alg": "ES256", "typ": "dpop+jwt"})),
        (
            "with a private key",
            json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": private}),
        ),
        (
            "that is unsigned",
            json!({"alg": "none", "typ": "dpop+jwt", "jwk": jwk}),
        ),
    ] {
        let claims = proof(("GET", &place), Some(access), now, &[]).map_err(Failed::silent)?;
        let signed = flow.key.signs(&header, &claims);
        proofs.push((what, signed.map_err(Failed::silent)?));
    }
    Ok(proofs)
}
