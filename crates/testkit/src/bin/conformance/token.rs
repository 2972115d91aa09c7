//! What a relying party checks of the answer with its tokens, and of an ID token.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::exchange::Tokens;
use crate::jws;
use crate::proof;
use crate::stage::Stage;
use crate::told::refusal;
use crate::verdict::{Failed, Verdict, expect, there};
use crate::wire::{Answer, Request};
use crate::world::{ISSUER, Party};

const ID_TOKEN: &str = "OIDC Core §3.1.3.7";
/// How far clocks may differ, in seconds.
const SKEW: i64 = 300;

/// The tokens of an answer of the token endpoint.
///
/// # Errors
/// Where the answer, or the ID token in it, is not as it has to be.
pub fn tokens(
    stage: &Stage<'_>,
    party: &Party,
    answer: &Answer,
    nonce: Option<&str>,
) -> Verdict<Tokens> {
    const ANSWER: &str = "RFC 6749 §5.1";
    expect(answer.status == 200, ANSWER, "status 200", refusal(answer))?;
    expect(
        answer.media() == "application/json",
        ANSWER,
        "JSON",
        answer.media(),
    )?;
    let kept = answer.header("cache-control").unwrap_or("none");
    expect(
        kept.contains("no-store"),
        ANSWER,
        "Cache-Control: no-store",
        kept,
    )?;
    let body = answer.json()?;
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let kind = text("token_type").unwrap_or_default();
    let wanted = if party.is_bound { "DPoP" } else { "Bearer" };
    let sound = kind.eq_ignore_ascii_case(wanted);
    expect(
        sound,
        "OIDC Core §3.1.3.3",
        &format!("the type {wanted}"),
        kind,
    )?;
    let access = there(text("access_token"), ANSWER, "an access token")?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let sound = access.len() >= 22 && access.bytes().all(plain);
    expect(
        sound,
        "RFC 6750 §2.1",
        "an access token that a header carries",
        "another",
    )?;
    let seconds = body["expires_in"].as_u64().unwrap_or_default();
    expect(
        seconds > 0,
        ANSWER,
        "expires_in as a number above 0",
        &body["expires_in"],
    )?;
    let refresh = text("refresh_token");
    let printable = |token: &String| token.bytes().all(|byte| matches!(byte, 0x20..=0x7e));
    let sound = refresh.as_ref().is_none_or(printable);
    expect(
        sound,
        "RFC 6749 appendix A.17",
        "a refresh token of printable ASCII",
        "another",
    )?;
    let id_token = there(text("id_token"), "OIDC Core §3.1.3.3", "an ID token")?;
    let claims = id_token_claims(stage, party, &id_token, nonce)?;
    if let Some(hash) = claims["at_hash"].as_str() {
        let own = proof::half(&access);
        expect(
            hash == own,
            "OIDC Core §3.1.3.8",
            "the at_hash of this access token",
            hash,
        )?;
    }
    Ok(Tokens {
        access,
        refresh,
        id_token,
        claims,
    })
}

/// The header and claims of a token that the server signed.
///
/// # Errors
/// Where none of the keys that it publishes has signed it.
pub fn signed(stage: &Stage<'_>, text: &str, clause: &'static str) -> Verdict<jws::Token> {
    let failed = |came: String| Failed {
        clause,
        expected: "a token that one of the published keys has signed".to_owned(),
        came,
    };
    let token = jws::read(text).map_err(failed)?;
    let keys = stage
        .wire
        .ask(Request::get(&stage.endpoint("jwks_uri")?))?
        .json()?;
    token.verify(&keys).map_err(failed)?;
    Ok(token)
}

fn id_token_claims(
    stage: &Stage<'_>,
    party: &Party,
    text: &str,
    nonce: Option<&str>,
) -> Verdict<Value> {
    let token = signed(stage, text, ID_TOKEN)?;
    let wanted = if party.rs256 { "RS256" } else { "ES256" };
    let alg = &token.header["alg"];
    expect(alg == wanted, ID_TOKEN, &format!("alg {wanted}"), alg)?;
    let claims = token.claims;
    addressed(&claims, party, ID_TOKEN)?;
    let exp = number(&claims, "exp", "OIDC Core §2")?;
    expect(exp > now()? - SKEW, ID_TOKEN, "an exp that is to come", exp)?;
    expect(
        claims.get("nonce").and_then(Value::as_str) == nonce,
        "OIDC Core §2",
        "the nonce of the request, and none where it had none",
        &claims["nonce"],
    )?;
    let sub = claims["sub"].as_str().unwrap_or_default();
    let sound = (1..=255).contains(&sub.len()) && sub.is_ascii();
    expect(
        sound,
        "OIDC Core §2",
        "a sub of 1 to 255 ASCII characters",
        sub,
    )?;
    let azp = claims.get("azp");
    let own = azp.is_none_or(|azp| azp == party.id);
    expect(
        own,
        ID_TOKEN,
        "no azp of another client",
        azp.unwrap_or(&Value::Null),
    )?;
    for name in ["acr", "sid"] {
        let value = claims.get(name);
        let sound = value.is_none_or(Value::is_string);
        expect(
            sound,
            "OIDC Core §2",
            &format!("{name} as a text"),
            &claims[name],
        )?;
    }
    let amr = claims
        .get("amr")
        .map(|amr| amr.as_array().map(Vec::as_slice));
    let sound = match amr {
        None => true,
        Some(list) => list.is_some_and(|list| list.iter().all(Value::is_string)),
    };
    expect(
        sound,
        "OIDC Core §2",
        "amr as a list of texts",
        &claims["amr"],
    )?;
    if claims.get("auth_time").is_some() {
        let at = number(&claims, "auth_time", "OIDC Core §2")?;
        expect(
            at <= now()? + SKEW,
            "OIDC Core §2",
            "an auth_time that has been",
            at,
        )?;
    }
    Ok(claims)
}

/// Who says it, to whom, and when.
///
/// # Errors
/// Where one of them is another, or missing.
pub fn addressed(claims: &Value, party: &Party, clause: &'static str) -> Verdict<()> {
    let iss = &claims["iss"];
    expect(iss == ISSUER, clause, "the issuer of the metadata", iss)?;
    let aud = &claims["aud"];
    let listed = aud
        .as_array()
        .is_some_and(|list| list == &[Value::from(party.id)]);
    let own = aud == party.id || listed;
    expect(own, clause, "this client, and no other, as aud", aud)?;
    let iat = number(claims, "iat", clause)?;
    let near = (now()? - iat).abs() <= SKEW;
    expect(near, clause, "an iat of now", iat)
}

/// A claim that is a number of seconds.
///
/// # Errors
/// Where it is none.
pub fn number(claims: &Value, name: &str, clause: &'static str) -> Verdict<i64> {
    let number = claims[name].as_i64();
    there(number, clause, &format!("{name} as a number of seconds"))
}

/// Seconds since 1970.
pub fn now() -> Verdict<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map(|since| since.as_secs()).unwrap_or_default();
    i64::try_from(seconds).map_err(Failed::silent)
}
