//! What a relying party is told of a person, and what it is refused.

use serde_json::Value;

use crate::exchange::Tokens;
use crate::verdict::{Verdict, expect};
use crate::wire::Answer;

/// What is told of the person, of whom the ID token is.
///
/// # Errors
/// Where it is refused, or of somebody else.
pub fn person(answer: &Answer, tokens: &Tokens) -> Verdict<Value> {
    expect(
        answer.status == 200,
        "OIDC Core §5.3.2",
        "status 200",
        refusal(answer),
    )?;
    let media = answer.media();
    expect(
        media == "application/json",
        "OIDC Core §5.3.2",
        "JSON",
        media,
    )?;
    let claims = answer.json()?;
    let same = claims["sub"] == tokens.claims["sub"];
    expect(
        same,
        "OIDC Core §5.3.2",
        "the sub of the ID token",
        &claims["sub"],
    )?;
    types(&claims)?;
    Ok(claims)
}

/// Claims of OpenID Connect Core §5.1 have its types; one without a value is left out (§5.3.2).
fn types(claims: &Value) -> Verdict<()> {
    const TYPES: &str = "OIDC Core §5.1";
    for (name, value) in claims.as_object().into_iter().flatten() {
        let sound = match name.as_str() {
            "email_verified" | "phone_number_verified" => value.is_boolean(),
            "updated_at" => value.as_i64().is_some_and(|at| at > 0),
            "address" => value.is_object(),
            "birthdate" => value
                .as_str()
                .is_some_and(|day| day.len() == 10 || day.len() == 4),
            "sub" | "name" | "given_name" | "family_name" | "middle_name" | "nickname"
            | "preferred_username" | "profile" | "picture" | "website" | "email" | "gender"
            | "zoneinfo" | "locale" | "phone_number" => {
                value.as_str().is_some_and(|text| !text.is_empty())
            }
            _ => !value.is_null(),
        };
        expect(sound, TYPES, &format!("{name} of its type"), value)?;
    }
    Ok(())
}

/// A refusal of the token endpoint (RFC 6749 §5.2).
///
/// # Errors
/// Where it is none, or another one.
pub fn refused(answer: &Answer, error: &str) -> Verdict<()> {
    const REFUSAL: &str = "RFC 6749 §5.2";
    expect(
        answer.status == 400,
        "OIDC Core §3.1.3.4",
        "status 400",
        refusal(answer),
    )?;
    let media = answer.media();
    expect(
        media == "application/json",
        "OIDC Core §3.1.3.4",
        "JSON",
        media,
    )?;
    let body = answer.json()?;
    expect(
        body["error"] == error,
        REFUSAL,
        &format!("the error {error}"),
        &body["error"],
    )?;
    let description = body["error_description"].as_str().unwrap_or_default();
    let sound = |byte: u8| matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\';
    expect(
        description.bytes().all(sound),
        REFUSAL,
        "an error_description of the characters that it may have",
        description,
    )
}

/// A status, and the error beside it.
pub fn refusal(answer: &Answer) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    let error = body["error"].as_str().unwrap_or("no error");
    format!("status {}, {error}", answer.status)
}
