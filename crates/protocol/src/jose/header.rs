//! The header of a token (RFC 7515 §4).

use serde_json::{Map, Value};

use super::{Algorithm, JwsError, base64url, mac};
use crate::json::{Limits, parse_object};

/// The longest token, in bytes.
pub const MAX_TOKEN: usize = 32 << 10;

/// How much a header may hold. An RSA key in a proof of possession takes most of it.
const HEADER: Limits = Limits {
    bytes: 8 << 10,
    depth: 3,
    text: 4 << 10,
    array: 16,
    fields: 32,
    values: 128,
};

/// What the header of a token says. It has been compared with what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    jwk: Option<Map<String, Value>>,
}

/// What a token must say of its type (`typ`), so that none of one kind is taken for one of another
/// (RFC 8725 §3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typ<'a> {
    /// Exactly this media type, without `application/`: "at+jwt", "dpop+jwt". In any case, and with or
    /// without that prefix (RFC 7515 §4.1.9).
    Is(&'a str),
    /// "JWT", or nothing. For ID tokens, which are older than types.
    Plain,
    /// The same, or this media type. For client assertions, which got a type later.
    PlainOr(&'a str),
}

impl Header {
    /// The name of the key that the token says (`kid`).
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The type of the token, as it is written (`typ`).
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// The name of the algorithm, which is one that is spoken.
    pub(super) fn alg(&self) -> &str {
        &self.alg
    }

    /// The key that it brings.
    pub(super) const fn jwk(&self) -> Option<&Map<String, Value>> {
        self.jwk.as_ref()
    }

    /// Reads the first part of a token.
    pub(super) fn read(part: &str) -> Result<Self, JwsError> {
        let bytes = base64url::decode(part).ok_or(JwsError::HeaderEncoding)?;
        let mut members = parse_object(&bytes, &HEADER).map_err(|unreadable| {
            let problem = unreadable.problem;
            JwsError::HeaderUnreadable { problem }
        })?;
        if members.contains_key("crit") {
            return Err(JwsError::Critical);
        }
        if members.contains_key("b64") {
            return Err(JwsError::Unencoded);
        }
        for remote in ["jku", "x5u"] {
            if members.contains_key(remote) {
                return Err(JwsError::RemoteKey(remote));
            }
        }
        let jwk = match members.remove("jwk") {
            None => None,
            Some(Value::Object(jwk)) => Some(jwk),
            Some(_) => return Err(JwsError::HeaderMistyped("jwk")),
        };
        let alg = text(&mut members, "alg")?.ok_or(JwsError::NoAlgorithm)?;
        if alg.eq_ignore_ascii_case("none") {
            return Err(JwsError::Unsigned);
        }
        if Algorithm::named(&alg).is_none() && alg != mac::HS256 {
            return Err(JwsError::UnknownAlgorithm);
        }
        Ok(Self {
            alg,
            kid: text(&mut members, "kid")?,
            typ: text(&mut members, "typ")?,
            jwk,
        })
    }

    /// The first part of a token of ours.
    pub(super) fn write(alg: &str, kid: Option<&str>, typ: &str) -> String {
        let mut members = Map::new();
        members.insert("alg".to_owned(), alg.into());
        if let Some(kid) = kid {
            members.insert("kid".to_owned(), kid.into());
        }
        members.insert("typ".to_owned(), typ.into());
        base64url::encode(Value::Object(members).to_string())
    }

    /// Whether the token is of the type that is expected.
    pub(super) fn is_a(&self, expected: Typ<'_>) -> Result<(), JwsError> {
        let fits = match (expected, self.typ()) {
            (Typ::Is(expected), Some(typ)) => same_type(expected, typ),
            (Typ::Plain, Some(typ)) => same_type("JWT", typ),
            (Typ::PlainOr(newer), Some(typ)) => same_type("JWT", typ) || same_type(newer, typ),
            (Typ::Plain | Typ::PlainOr(_), None) => true,
            (Typ::Is(_), None) => false,
        };
        if fits {
            Ok(())
        } else {
            Err(JwsError::OtherType)
        }
    }
}

/// Media types are compared in any case, and `application/` may be left out where no other `/` follows.
fn same_type(expected: &str, typ: &str) -> bool {
    const PREFIX: &str = "application/";
    let (prefix, rest) = typ.split_at_checked(PREFIX.len()).unwrap_or(("", typ));
    let bare = if prefix.eq_ignore_ascii_case(PREFIX) && !rest.contains('/') {
        rest
    } else {
        typ
    };
    bare.eq_ignore_ascii_case(expected)
}

/// A text that may be there.
fn text(members: &mut Map<String, Value>, name: &'static str) -> Result<Option<String>, JwsError> {
    match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JwsError::HeaderMistyped(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_media_types() {
        for same in [
            "at+jwt",
            "AT+JWT",
            "application/at+jwt",
            "Application/At+Jwt",
        ] {
            assert!(same_type("at+jwt", same), "{same}");
        }
        for other in [
            "",
            "jwt",
            "at+jwt ",
            "text/at+jwt",
            "application/application/at+jwt",
            "application/",
            "applicationé",
            "at+jwt; charset=utf-8",
        ] {
            assert!(!same_type("at+jwt", other), "{other}");
        }
    }
}
