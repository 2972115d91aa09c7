//! Single claims that a client asks for (`claims`, OpenID Connect Core 1.0 §5.5).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::json::{Limits, parse_object};
use crate::oauth::field::{Alphabet, Field};
use crate::oauth::{OAuthError, Object, Params};

const NAME: &str = "claims";
const CLAIMS: Field = Field::of(NAME, LIMITS.bytes, Alphabet::Any);
/// How much a client may ask for.
const LIMITS: Limits = Limits {
    bytes: 8 << 10,
    depth: 5,
    text: 1_024,
    array: 32,
    fields: 64,
    values: 512,
};

/// Which claims a client asks for, by name, and where it wants them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClaimsRequest {
    /// In the ID token.
    pub id_token: BTreeMap<String, ClaimWish>,
    /// From the UserInfo endpoint.
    pub userinfo: BTreeMap<String, ClaimWish>,
}

/// How a claim is asked for. The default is `null`: as it is, if it is there (§5.5.1).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ClaimWish {
    /// Whether what the client does depends on it.
    pub essential: bool,
    /// What it should be, the first being liked best. Empty: whatever it is.
    pub values: Vec<Value>,
}

impl ClaimWish {
    /// Whether a claim of this value is what is asked for.
    #[must_use]
    pub fn is_met(&self, value: &Value) -> bool {
        self.values.is_empty() || self.has(value)
    }

    fn has(&self, value: &Value) -> bool {
        self.values.contains(value)
    }
}

impl ClaimsRequest {
    /// Reads a request for claims. Members that are not understood are ignored, as §5.5 demands.
    ///
    /// # Errors
    /// `invalid_request`: when it is no JSON object, has a member twice, exceeds a limit, or `essential`,
    /// `value` or `values` is not what it must be.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let problem = "is no JSON object within bounds: see OpenID Connect Core 5.5";
        let wrong = OAuthError::invalid(NAME, problem);
        let mut asked = parse_object(text.as_bytes(), &LIMITS).map_err(|_| wrong)?;
        Ok(Self {
            id_token: wishes(asked.remove("id_token"))?,
            userinfo: wishes(asked.remove("userinfo"))?,
        })
    }

    /// The classes of which the login has to reach one (`acr` as essential, with values, §5.5.1.1): a class
    /// that is no text is one that nobody reaches. `None`: whichever it reaches.
    #[must_use]
    pub fn demanded_acr(&self) -> Option<Vec<&str>> {
        let wish = self.id_token.get("acr")?;
        let demands = wish.essential && !wish.values.is_empty();
        demands.then(|| wish.values.iter().filter_map(Value::as_str).collect())
    }

    /// The classes that are liked, whether or not one has to be reached.
    pub fn liked_acr(&self) -> impl Iterator<Item = &str> {
        let wish = self.id_token.get("acr").into_iter();
        wish.flat_map(|wish| wish.values.iter().filter_map(Value::as_str))
    }

    /// Whether the request is about this person, by the name that the client has for them (`sub` with a
    /// value, §5.5.1): where it is about another one, nothing is told of this one.
    #[must_use]
    pub fn is_about(&self, subject: &str) -> bool {
        let wishes = [self.id_token.get("sub"), self.userinfo.get("sub")];
        let about = |wish: &ClaimWish| wish.values.is_empty() || wish.has(&subject.into());
        wishes.into_iter().flatten().all(about)
    }

    pub(super) fn asked(params: &Params) -> Result<Self, OAuthError> {
        let text = params.text(&CLAIMS)?;
        text.map_or_else(|| Ok(Self::default()), Self::parse)
    }
}

fn wishes(asked: Option<Value>) -> Result<BTreeMap<String, ClaimWish>, OAuthError> {
    let asked = match asked {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(asked)) => asked,
        Some(_) => {
            let problem = "has an id_token or userinfo that is no object: send one";
            return Err(OAuthError::invalid(NAME, problem));
        }
    };
    let wishes = asked.into_iter().map(|(name, wish)| match wish {
        Value::Null => Ok((name, ClaimWish::default())),
        Value::Object(wish) => Ok((name, self::wish(wish)?)),
        _ => {
            let problem = "asks for a claim with neither null nor an object: send one of them";
            Err(OAuthError::invalid(NAME, problem))
        }
    });
    wishes.collect()
}

fn wish(mut asked: Object) -> Result<ClaimWish, OAuthError> {
    let refused = |problem| Err(OAuthError::invalid(NAME, problem));
    let essential = match asked.remove("essential") {
        None => false,
        Some(Value::Bool(essential)) => essential,
        Some(_) => return refused("has an essential that is no boolean: send true or false"),
    };
    let values = match (asked.remove("value"), asked.remove("values")) {
        (None, None) => Vec::new(),
        (Some(value), None) if !value.is_null() => vec![value],
        (None, Some(Value::Array(values))) if !values.is_empty() => values,
        _ => return refused("has a value or values that cannot be read: send one of the two"),
    };
    Ok(ClaimWish { essential, values })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn claims_are_asked_for_by_name() {
        let text = r#"{"userinfo":{"given_name":{"essential":true},"email":null,"x":{"y":1}},
            "id_token":{"auth_time":{"essential":true},"acr":{"values":["phrh","phr"]},"sub":{"value":"s"}},"z":1}"#;
        let asked = ClaimsRequest::parse(text).unwrap();
        assert!(asked.userinfo["given_name"].essential);
        assert_eq!(asked.userinfo["email"], ClaimWish::default());
        assert_eq!(asked.userinfo["x"], ClaimWish::default());
        assert_eq!(asked.id_token["acr"].values, ["phrh", "phr"]);
        assert_eq!(asked.id_token["sub"].values, ["s"]);
        assert_eq!(ClaimsRequest::parse("{}"), Ok(ClaimsRequest::default()));
    }

    #[test]
    fn a_class_is_demanded_where_it_is_essential() {
        let read = |acr: &str| {
            ClaimsRequest::parse(&format!(r#"{{"id_token":{{"acr":{acr}}}}}"#)).unwrap()
        };
        let demanded = |acr: &str| read(acr).demanded_acr().map(|all| all.join(" "));
        assert_eq!(
            demanded(r#"{"essential":true,"values":["phrh","phr"]}"#).as_deref(),
            Some("phrh phr")
        );
        assert_eq!(
            demanded(r#"{"essential":true,"value":1}"#).as_deref(),
            Some("")
        );
        for free in ["null", r#"{"essential":true}"#, r#"{"values":["phr"]}"#] {
            assert_eq!(demanded(free), None, "{free}");
        }
        assert_eq!(
            read(r#"{"values":["phr"]}"#)
                .liked_acr()
                .collect::<Vec<_>>(),
            ["phr"]
        );
        let elsewhere =
            ClaimsRequest::parse(r#"{"userinfo":{"acr":{"essential":true,"value":"phr"}}}"#);
        assert_eq!(elsewhere.unwrap().demanded_acr(), None);
    }

    #[test]
    fn a_request_may_be_about_one_person() {
        for (text, about) in [
            ("{}", true),
            (r#"{"id_token":{"sub":null}}"#, true),
            (r#"{"id_token":{"sub":{"value":"ana"}}}"#, true),
            (r#"{"userinfo":{"sub":{"values":["bo","ana"]}}}"#, true),
            (r#"{"userinfo":{"sub":{"value":"bo"}}}"#, false),
            (
                r#"{"id_token":{"sub":{"value":"ana"}},"userinfo":{"sub":{"value":"bo"}}}"#,
                false,
            ),
            (r#"{"id_token":{"sub":{"value":["ana"]}}}"#, false),
        ] {
            assert_eq!(
                ClaimsRequest::parse(text).unwrap().is_about("ana"),
                about,
                "{text}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let deep = "{\"userinfo\":".repeat(6) + "1" + &"}".repeat(6);
        let long = format!("{{\"x\":\"{}\"}}", "y".repeat(1_025));
        for wrong in [
            "",
            "[]",
            "null",
            "{",
            "{}{}",
            r#"{"id_token":1}"#,
            r#"{"id_token":{"acr":"phr"}}"#,
            r#"{"id_token":{"acr":{"essential":"yes"}}}"#,
            r#"{"id_token":{"acr":{"value":"a","values":["b"]}}}"#,
            r#"{"id_token":{"acr":{"values":"a"}}}"#,
            r#"{"id_token":{"acr":{"values":[]}}}"#,
            r#"{"id_token":{},"id_token":{"acr":null}}"#,
            &deep,
            &long,
        ] {
            assert!(ClaimsRequest::parse(wrong).is_err(), "{wrong}");
        }
    }
}
