//! Request objects (OpenID Connect Core §6), which a server may refuse, and must not overlook.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::browser::Landed;
use crate::request::Asked;
use crate::stage::{Stage, landed_at};
use crate::verdict::{Failed, Outcome, Verdict, expect};

/// What stands outside of a request object as well. The suite has no challenge; here it is outside, so that a
/// server that overlooks the object would go on.
const OUTSIDE: [&str; 6] = [
    "client_id",
    "response_type",
    "scope",
    "redirect_uri",
    "code_challenge",
    "code_challenge_method",
];

/// An unsigned request object of a request, and the request that remains beside it.
fn packed<'w>(asked: &Asked<'w>, name: &str, make: impl Fn(String) -> String) -> Asked<'w> {
    let mut claims = Map::new();
    let mut outside = asked.clone();
    for (key, value) in asked.form() {
        claims.insert(key.clone(), Value::from(value.as_str()));
        if !OUTSIDE.contains(&key.as_str()) {
            outside.drop(key);
        }
    }
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = Value::Object(claims).to_string();
    let object = format!("{}.{}.", part("{\"alg\":\"none\"}"), part(&claims));
    outside.with(name, &make(object))
}

/// Whether the metadata say that unsigned ones are not taken.
fn takes_signed_alone(stage: &Stage<'_>) -> Option<Outcome> {
    let name = "request_object_signing_alg_values_supported";
    let taken = stage.world.metadata[name].as_array()?;
    let why = format!("{name} has no `none`");
    (!taken.iter().any(|alg| alg == "none")).then_some(Outcome::Skipped(why))
}

/// The error that says that they are not spoken. The state was inside, so it is not looked for.
fn unspoken(landed: &Landed, error: &str) -> Verdict {
    let came = landed_at(landed);
    let refused = match landed {
        Landed::Away(delivery) => delivery.get("error") == Some(error),
        Landed::Page(_) => false,
    };
    expect(
        refused,
        "OIDC Core §3.1.2.6",
        &format!("{error}, where request objects are not spoken"),
        came,
    )?;
    Ok(Outcome::Skipped(format!("the server answers {error}")))
}

pub fn request(stage: &Stage<'_>) -> Verdict {
    if let Some(skipped) = takes_signed_alone(stage) {
        return Ok(skipped);
    }
    let asked = packed(&stage.asks("basic")?, "request", |object| object);
    let landed = stage.goes(&mut stage.browser(), &asked)?;
    unspoken(&landed, "request_not_supported")
}

pub fn request_uri(stage: &Stage<'_>) -> Verdict {
    if let Some(skipped) = takes_signed_alone(stage) {
        return Ok(skipped);
    }
    let elsewhere = |_| "https://basic.rp.example/request.jwt".to_owned();
    let asked = packed(&stage.asks("basic")?, "request_uri", elsewhere);
    let landed = stage.goes(&mut stage.browser(), &asked)?;
    unspoken(&landed, "request_uri_not_supported")
}

/// Two redirect URIs, of which the one outside is not registered: whoever does not read the one inside must
/// not fall back on what is registered.
pub fn redirect_uri(stage: &Stage<'_>) -> Verdict {
    if let Some(skipped) = takes_signed_alone(stage) {
        return Ok(skipped);
    }
    let asked = packed(&stage.asks("basic")?, "request", |object| object);
    let bad = "https://basic.rp.example/another";
    let landed = stage.goes(&mut stage.browser(), &asked.with("redirect_uri", bad))?;
    match &landed {
        Landed::Page(page) if page.status == 400 => Ok(Outcome::Passed),
        _ => Err(Failed {
            clause: "RFC 6749 §3.1.2.4",
            expected: "a page that shows that the redirect URI is not registered".to_owned(),
            came: landed_at(&landed),
        }),
    }
}
