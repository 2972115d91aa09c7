//! What a provider vouches for: the answer of its token endpoint, and the ID token in it (OpenID Connect Core 1.0
//! §3.1.3.3, §3.1.3.7).

use std::collections::BTreeSet;
use std::time::Duration;

use model::{Secret, Timestamp};
use serde_json::Value;

use super::Refused;
use crate::jose::jwt::{self, Audience, Claims, Expect, Life};
use crate::jose::{Jwks, MAX_TOKEN, Typ};
use crate::json::{Limits, parse_object};
use crate::oauth::Object;

/// How much an answer with tokens may hold.
const ANSWER: Limits = Limits {
    bytes: 256 << 10,
    depth: 4,
    text: 64 << 10,
    array: 64,
    fields: 64,
    values: 256,
};
/// By how many seconds clocks may differ.
const LEEWAY_S: u8 = 60;
/// An ID token is for now: so many seconds after it was made it is not.
const AGE_S: u32 = 600;
/// What ID tokens of the code flow with a nonce have (Core §2, §3.1.3.7).
const REQUIRED: &[&str] = &["iss", "sub", "aud", "exp", "iat", "nonce"];
/// The longest `sub`, in bytes (Core §2).
const LONGEST_SUB: usize = 255;
/// The most words of `amr` that are looked at.
const MOST_AMR: usize = 32;

/// What a code became.
#[derive(Debug, Clone)]
pub struct Exchanged {
    /// The ID token, as it came.
    pub id_token: Secret,
    /// With which more is told of the person; only one that whoever holds it may use.
    pub access_token: Option<Secret>,
}

/// The tokens of an answer of the token endpoint.
///
/// # Errors
/// When the answer is no JSON object within the limits, or has no ID token.
pub fn exchanged(status: u16, body: &[u8]) -> Result<Exchanged, Refused> {
    if status != 200 {
        // What it says stands in no log: it may repeat what was sent.
        return Err(Refused(format!("its token endpoint answered {status}")));
    }
    let answer = parse_object(body, &ANSWER)
        .map_err(|_| Refused::new("the answer of its token endpoint cannot be read"))?;
    let token = |name| match answer.get(name) {
        Some(Value::String(token)) if token.len() <= MAX_TOKEN => Some(Secret::new(token.as_str())),
        _ => None,
    };
    let kind = answer.get("token_type").and_then(Value::as_str);
    let bearer = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
    let missing = || Refused::new("the answer of its token endpoint has no ID token");
    Ok(Exchanged {
        id_token: token("id_token").ok_or_else(missing)?,
        access_token: token("access_token").filter(|_| bearer),
    })
}

/// What an ID token must be.
#[derive(Clone, Copy)]
pub struct Expected<'a> {
    /// Who made it, to the letter.
    pub issuer: &'a str,
    /// Whom it is for: us.
    pub client_id: &'a str,
    /// What was sent along.
    pub nonce: &'a str,
    /// The person proved who they are at or after this; `None`: whenever.
    pub since: Option<Timestamp>,
    /// Now.
    pub now: Timestamp,
}

/// An ID token that is what was expected.
#[derive(Clone, PartialEq)]
pub struct IdToken {
    /// What the provider calls the person.
    pub sub: String,
    /// When they proved who they are; never later than now.
    pub auth_time: Timestamp,
    /// How, in the provider's words (RFC 8176); empty where it does not say.
    pub amr: BTreeSet<String>,
    /// How strongly, in the provider's words.
    pub acr: Option<String>,
    claims: Claims,
    /// What its userinfo endpoint told beside.
    more: Object,
}

impl IdToken {
    /// Verifies an ID token with the provider's keys, each of the one algorithm that was agreed.
    ///
    /// # Errors
    /// When the verifier of tokens refuses it; when it is of another sign-in (`nonce`), of another client (`azp`),
    /// does not say when the person proved who they are, or says that it was before it had to be; and when one of
    /// its claims has another shape than it must have.
    pub fn verify(token: &Secret, keys: &Jwks, expected: &Expected<'_>) -> Result<Self, Refused> {
        let us = [expected.client_id];
        let expect = Expect {
            typ: Typ::Plain,
            issuer: Some(expected.issuer),
            audience: Audience::AnyOf(&us),
            life: Life::EndsAndAges(AGE_S),
            required: REQUIRED,
            now: expected.now,
            leeway_s: LEEWAY_S,
        };
        let claims = jwt::verify(token.expose(), keys, &expect)
            .map_err(|error| Refused(error.to_string()))?;
        if claims.rest.get("nonce").and_then(Value::as_str) != Some(expected.nonce) {
            return Err(Refused::new("its ID token is of another sign-in (`nonce`)"));
        }
        is_for_us(&claims, expected.client_id)?;
        let sub = claims.sub.clone().unwrap_or_default();
        if sub.len() > LONGEST_SUB || !sub.is_ascii() {
            return Err(Refused::new("`sub` of its ID token is no name (Core 2)"));
        }
        Ok(Self {
            auth_time: auth_time(&claims, expected)?,
            amr: amr(&claims)?,
            acr: text(&claims, "acr")?,
            sub,
            claims,
            more: Object::new(),
        })
    }

    /// What another provider vouches for that gives out no tokens: `told` is what it says of the person.
    #[must_use]
    pub fn of(sub: String, auth_time: Timestamp, acr: Option<String>, told: Object) -> Self {
        Self {
            sub,
            auth_time,
            amr: BTreeSet::new(),
            acr,
            claims: Claims::default(),
            more: told,
        }
    }

    /// Takes in what the userinfo endpoint tells of the person (Core §5.3.2).
    ///
    /// # Errors
    /// When that is no JSON object within the limits, or is about somebody else.
    pub fn adds(&mut self, userinfo: &[u8]) -> Result<(), Refused> {
        let told = parse_object(userinfo, &ANSWER)
            .map_err(|_| Refused::new("the answer of its userinfo endpoint cannot be read"))?;
        if told.get("sub").and_then(Value::as_str) != Some(&*self.sub) {
            return Err(Refused::new(
                "its userinfo endpoint tells of somebody else than the ID token (`sub`)",
            ));
        }
        self.more = told;
        Ok(())
    }

    /// What it says of the person under this name: a text, or a whole number as one.
    #[must_use]
    pub fn says(&self, claim: &str) -> Option<String> {
        match claim {
            "sub" => Some(self.sub.clone()),
            claim => match self
                .claims
                .rest
                .get(claim)
                .or_else(|| self.more.get(claim))?
            {
                Value::String(text) if !text.is_empty() => Some(text.clone()),
                Value::Number(number) if number.is_u64() => Some(number.to_string()),
                _ => None,
            },
        }
    }

    /// Whether it says that the person's mail address is not theirs for sure.
    #[must_use]
    pub fn doubts_email(&self) -> bool {
        let told = [&self.claims.rest, &self.more];
        let mut verified = told.iter().filter_map(|told| told.get("email_verified"));
        verified.any(|verified| verified != &Value::Bool(true))
    }
}

/// Core §3.1.3.7, steps 3 to 5: a token that is for others as well says that it was given to us.
fn is_for_us(claims: &Claims, client_id: &str) -> Result<(), Refused> {
    let azp = text(claims, "azp")?;
    match azp.as_deref() {
        Some(azp) if azp == client_id => Ok(()),
        None if claims.aud.len() == 1 => Ok(()),
        _ => Err(Refused::new(
            "its ID token was given to another client (`azp`)",
        )),
    }
}

fn auth_time(claims: &Claims, expected: &Expected<'_>) -> Result<Timestamp, Refused> {
    let seconds = claims.rest.get("auth_time").and_then(Value::as_i64);
    let Some(micros) = seconds.and_then(|seconds| seconds.checked_mul(1_000_000)) else {
        return Err(Refused::new(
            "its ID token does not say when the person proved who they are (`auth_time`), though that was asked",
        ));
    };
    let at = Timestamp::from_micros(micros);
    let leeway = Duration::from_secs(LEEWAY_S.into());
    if at > expected.now.plus(leeway) {
        return Err(Refused::new(
            "`auth_time` of its ID token is later than now",
        ));
    }
    if expected.since.is_some_and(|since| at.plus(leeway) < since) {
        return Err(Refused::new(
            "the person did not prove anew who they are, though that was asked (`auth_time`)",
        ));
    }
    Ok(at.min(expected.now))
}

fn amr(claims: &Claims) -> Result<BTreeSet<String>, Refused> {
    let wrong = || Refused::new("`amr` of its ID token is no list of words");
    let words = match claims.rest.get("amr") {
        None | Some(Value::Null) => return Ok(BTreeSet::new()),
        Some(Value::Array(words)) if words.len() <= MOST_AMR => words,
        Some(_) => return Err(wrong()),
    };
    let word = |word: &Value| word.as_str().map(str::to_owned).ok_or_else(wrong);
    words.iter().map(word).collect()
}

fn text(claims: &Claims, name: &'static str) -> Result<Option<String>, Refused> {
    match claims.rest.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refused(format!("`{name}` of its ID token is no text"))),
    }
}
