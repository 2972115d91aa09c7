//! What the server says of itself, and the keys that it publishes.

use serde_json::Value;

use crate::stage::Stage;
use crate::verdict::{Outcome, Verdict, expect, there};
use crate::wire::Request;
use crate::world::ISSUER;

const DISCOVERY: &str = "OIDC Discovery §3";

/// The document, read anew.
fn document(stage: &Stage<'_>) -> Verdict<Value> {
    let place = format!("{ISSUER}/.well-known/openid-configuration");
    let answer = stage.wire.ask(Request::get(&place))?;
    expect(
        answer.status == 200,
        "OIDC Discovery §4.2",
        "status 200",
        answer.status,
    )?;
    let media = answer.media();
    expect(
        media == "application/json",
        "OIDC Discovery §4.2",
        "JSON",
        media,
    )?;
    let document = answer.json()?;
    let issuer = &document["issuer"];
    expect(
        issuer == ISSUER,
        "OIDC Discovery §4.3",
        "the issuer of its own address",
        issuer,
    )?;
    for (name, value) in document.as_object().into_iter().flatten() {
        let is_place = name.ends_with("_endpoint") || name == "jwks_uri";
        let secure = !is_place
            || value
                .as_str()
                .is_some_and(|url| url.starts_with("https://"));
        expect(secure, DISCOVERY, &format!("{name} with https"), value)?;
    }
    Ok(document)
}

fn list(document: &Value, name: &str) -> Verdict<Vec<String>> {
    let list = document[name].as_array();
    let texts = list.and_then(|list| {
        list.iter()
            .map(|one| one.as_str().map(str::to_owned))
            .collect()
    });
    there(texts, DISCOVERY, &format!("{name} as a list of texts"))
}

fn has(document: &Value, name: &str, wanted: &str) -> Verdict<()> {
    let list = list(document, name)?;
    let found = list.iter().any(|one| one == wanted);
    expect(
        found,
        DISCOVERY,
        &format!("{name} with {wanted}"),
        list.join(" "),
    )
}

pub fn provider(stage: &Stage<'_>) -> Verdict {
    let document = document(stage)?;
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
    ] {
        let place = document[name].as_str();
        there(place, DISCOVERY, name)?;
    }
    has(&document, "response_types_supported", "code")?;
    has(&document, "id_token_signing_alg_values_supported", "RS256")?;
    has(&document, "scopes_supported", "openid")?;
    has(&document, "grant_types_supported", "authorization_code")?;
    has(&document, "claims_supported", "sub")?;
    has(&document, "code_challenge_methods_supported", "S256")?;
    has(&document, "response_modes_supported", "query")?;
    has(&document, "response_modes_supported", "form_post")?;
    for method in ["client_secret_basic", "client_secret_post"] {
        has(&document, "token_endpoint_auth_methods_supported", method)?;
    }
    let subjects = list(&document, "subject_types_supported")?;
    let known = |one: &String| one == "public" || one == "pairwise";
    let sound = !subjects.is_empty() && subjects.iter().all(known);
    expect(
        sound,
        DISCOVERY,
        "subject types that there are",
        subjects.join(" "),
    )?;
    let scope = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    for one in list(&document, "scopes_supported")? {
        let sound = !one.is_empty() && one.bytes().all(scope);
        expect(
            sound,
            "RFC 6749 §3.3",
            "scopes of the characters that they may have",
            one,
        )?;
    }
    for one in list(&document, "ui_locales_supported")? {
        let plain =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
        let sound = one.split('-').all(plain);
        expect(sound, "RFC 5646 §2.1", "languages as they are named", one)?;
    }
    for name in [
        "request_parameter_supported",
        "request_uri_parameter_supported",
        "claims_parameter_supported",
        "authorization_response_iss_parameter_supported",
    ] {
        let value = &document[name];
        expect(
            value.is_boolean(),
            DISCOVERY,
            &format!("{name} as true or false"),
            value,
        )?;
    }
    keys(stage, &document)?;
    Ok(Outcome::Passed)
}

/// Published keys: each with its own name, and no half that is private.
fn keys(stage: &Stage<'_>, document: &Value) -> Verdict<()> {
    const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    let place = document["jwks_uri"].as_str().unwrap_or_default();
    let answer = stage.wire.ask(Request::get(place))?;
    expect(
        answer.status == 200,
        DISCOVERY,
        "keys with status 200",
        answer.status,
    )?;
    let keys = answer.json()?;
    let keys = there(keys["keys"].as_array(), "RFC 7517 §5", "a list of keys")?;
    expect(!keys.is_empty(), "RFC 7517 §5", "at least one key", "none")?;
    let mut names = Vec::new();
    for key in keys {
        let parts: &[&str] = match key["kty"].as_str() {
            Some("RSA") => &["n", "e"],
            Some("EC") => &["crv", "x", "y"],
            Some("OKP") => &["crv", "x"],
            _ => &["a kind of key that there is"],
        };
        let whole = parts.iter().all(|part| key[*part].is_string());
        expect(
            whole,
            "RFC 7518 §6",
            "keys with their parts",
            parts.join(" "),
        )?;
        let open = PRIVATE.iter().all(|part| key.get(*part).is_none());
        expect(open, "RFC 7518 §6", "public halves alone", "a private one")?;
        let name = there(key["kid"].as_str(), "OIDC Core §10.1", "a kid for each key")?;
        expect(
            !names.contains(&name),
            "RFC 7517 §4.5",
            "a kid for each key",
            name,
        )?;
        names.push(name);
    }
    Ok(())
}

pub fn logout(stage: &Stage<'_>) -> Verdict {
    let document = document(stage)?;
    let place = document["end_session_endpoint"].as_str();
    there(place, "RP-Initiated Logout §2.1", "an end_session_endpoint")?;
    Ok(Outcome::Passed)
}

pub fn front_channel(stage: &Stage<'_>) -> Verdict {
    let document = document(stage)?;
    for name in [
        "frontchannel_logout_supported",
        "frontchannel_logout_session_supported",
    ] {
        let value = &document[name];
        expect(
            value == true,
            "Front-Channel Logout §3",
            &format!("{name}: true"),
            value,
        )?;
    }
    logout(stage)
}

pub fn back_channel(stage: &Stage<'_>) -> Verdict {
    let document = document(stage)?;
    for name in [
        "backchannel_logout_supported",
        "backchannel_logout_session_supported",
    ] {
        let value = &document[name];
        expect(
            value == true,
            "Back-Channel Logout §2.1",
            &format!("{name}: true"),
            value,
        )?;
    }
    logout(stage)
}
