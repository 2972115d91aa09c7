//! The claims of a token (RFC 7519 §4).

use std::fmt;

use model::Timestamp;
use serde_json::{Map, Value};

use super::JwtError;
use crate::jose::MAX_TOKEN;
use crate::json::{Limits, parse_object};

/// How much the claims of one token may hold.
const CLAIMS: Limits = Limits {
    bytes: MAX_TOKEN,
    depth: 16,
    text: 16 << 10,
    array: 2_048,
    fields: 256,
    values: 8_192,
};
/// The last second that is a date: 9999-12-31T23:59:59Z. What lies behind it was counted in something else.
const LAST: u64 = 253_402_300_799;

/// What a token claims. It is printed by names alone: what is claimed is about a person.
#[derive(Clone, PartialEq, Default)]
pub struct Claims {
    /// Who made it.
    pub iss: Option<String>,
    /// Whom it is about.
    pub sub: Option<String>,
    /// Whom it is for; none is the claim not being there.
    pub aud: Vec<String>,
    /// Whether that is written as a list, were it a list of one.
    pub aud_is_list: bool,
    /// From when on it is no longer good.
    pub exp: Option<Timestamp>,
    /// Before when it is not yet good.
    pub nbf: Option<Timestamp>,
    /// When it was made.
    pub iat: Option<Timestamp>,
    /// What this one is called.
    pub jti: Option<String>,
    /// Everything else.
    pub rest: Map<String, Value>,
}

impl Claims {
    /// Reads claims, and holds them to nothing but their types.
    ///
    /// # Errors
    /// [`JwtError`]: when it is no JSON object, has a member twice at any depth, exceeds a limit, or a
    /// registered claim has another type than RFC 7519 §4.1 gives it.
    pub fn read(payload: &[u8]) -> Result<Self, JwtError> {
        let mut rest = parse_object(payload, &CLAIMS).map_err(|unreadable| {
            let problem = unreadable.problem;
            JwtError::Unreadable { problem }
        })?;
        let aud_is_list = matches!(rest.get("aud"), Some(Value::Array(_)));
        Ok(Self {
            aud_is_list,
            iss: text(&mut rest, "iss")?,
            sub: text(&mut rest, "sub")?,
            aud: audience(&mut rest)?,
            exp: date(&mut rest, "exp")?,
            nbf: date(&mut rest, "nbf")?,
            iat: date(&mut rest, "iat")?,
            jti: text(&mut rest, "jti")?,
            rest,
        })
    }

    /// Whether it claims something under that name, and that is not `null`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        match name {
            "iss" => self.iss.is_some(),
            "sub" => self.sub.is_some(),
            "aud" => !self.aud.is_empty(),
            "exp" => self.exp.is_some(),
            "nbf" => self.nbf.is_some(),
            "iat" => self.iat.is_some(),
            "jti" => self.jti.is_some(),
            name => self.rest.get(name).is_some_and(|value| !value.is_null()),
        }
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registered = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
        let names = registered.into_iter().filter(|name| self.has(name));
        let names = names.chain(self.rest.keys().map(String::as_str));
        f.write_str("Claims")?;
        f.debug_set().entries(names).finish()
    }
}

/// A text that is not empty.
fn text(claims: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, JwtError> {
    match claims.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
        Some(_) => Err(JwtError::Mistyped(name)),
    }
}

/// One text, or a list of texts (RFC 7519 §4.1.3).
fn audience(claims: &mut Map<String, Value>) -> Result<Vec<String>, JwtError> {
    let wrong = JwtError::Mistyped("aud");
    let listed = match claims.remove("aud") {
        None => return Ok(Vec::new()),
        Some(Value::Array(listed)) if !listed.is_empty() => listed,
        Some(single @ Value::String(_)) => vec![single],
        Some(_) => return Err(wrong),
    };
    let mut audience = Vec::with_capacity(listed.len());
    for one in listed {
        match one {
            Value::String(one) if !one.is_empty() => audience.push(one),
            _ => return Err(wrong),
        }
    }
    Ok(audience)
}

/// Seconds since 1970, whole or not (`NumericDate`, RFC 7519 §2).
fn date(
    claims: &mut Map<String, Value>,
    name: &'static str,
) -> Result<Option<Timestamp>, JwtError> {
    const MICROS: f64 = 1e6;
    let wrong = Err(JwtError::NoDate(name));
    let number = match claims.remove(name) {
        None => return Ok(None),
        Some(Value::Number(number)) => number,
        Some(_) => return wrong,
    };
    if let Some(seconds) = number.as_u64() {
        let whole = i64::try_from(seconds).ok().filter(|_| seconds <= LAST);
        let micros = whole.and_then(|seconds| seconds.checked_mul(1_000_000));
        return micros.map_or(wrong, |micros| Ok(Some(Timestamp::from_micros(micros))));
    }
    match number.as_f64() {
        Some(seconds) if (0.0..=LAST as f64).contains(&seconds) => {
            // Within the bounds it fits; what is finer than a microsecond is cut off.
            let micros = (seconds * MICROS) as i64;
            Ok(Some(Timestamp::from_micros(micros)))
        }
        _ => wrong,
    }
}
