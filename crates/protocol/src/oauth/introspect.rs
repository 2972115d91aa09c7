//! Asking about a token (RFC 7662). Only clients and resource servers that have proven who they are may.

use model::{Secret, Timestamp};
use serde_json::json;

use super::field::Field;
use super::token::TOKEN;
use super::{Bound, Issuer, OAuthError, Object, Params, Resource, Scopes, seconds};

const HINT: Field = Field::visible("token_type_hint", 128);

/// The token that is asked about, or revoked. A hint of its type is held to its form and not used: what
/// a token is, it says itself (RFC 7009 §2.1).
pub(super) fn token(params: &Params) -> Result<Secret, OAuthError> {
    params.once()?;
    params.text(&HINT)?;
    params.required(&TOKEN).map(Secret::new)
}

/// A question about a token.
#[derive(Debug, Clone)]
pub struct IntrospectionRequest {
    /// The token, of whatever kind.
    pub token: Secret,
}

impl IntrospectionRequest {
    /// Reads a question, from the body of a POST.
    ///
    /// # Errors
    /// `invalid_request`: when there is no token, it is longer than any, or a parameter is there twice.
    pub fn parse(params: &Params) -> Result<Self, OAuthError> {
        let token = token(params)?;
        Ok(Self { token })
    }
}

/// A token that is good now.
#[derive(Debug, Clone, Copy)]
pub struct ActiveToken<'a> {
    /// Who made it.
    pub issuer: &'a Issuer,
    /// For whom the client acts.
    pub subject: &'a str,
    /// Who may.
    pub client_id: &'a str,
    /// Where.
    pub audience: &'a [Resource],
    /// What.
    pub scopes: &'a Scopes,
    /// When it was made.
    pub issued_at: Timestamp,
    /// From when on it is no longer good.
    pub expires_at: Timestamp,
    /// What it is called.
    pub jti: &'a str,
    /// Whether it is an access token; nothing is told of the type of others.
    pub is_access: bool,
    /// Whose holder alone may use it (RFC 9449 §6.2, RFC 8705 §3.2).
    pub bound: Option<&'a Bound>,
    /// Who acts for the subject (`act`, RFC 8693 §4.1).
    pub actor: Option<&'a str>,
}

/// The answer about a token. One that has ended, is revoked, was never made, or is none of the asker's
/// business is told in the same words: `{"active":false}` (§2.2).
///
/// A token is the business of the client that it was made for, and of the resource servers that it is for:
/// `asker` is the client that asks, `serves` what it stands for.
#[must_use]
pub fn answer(token: Option<&ActiveToken<'_>>, asker: &str, serves: &[Resource]) -> Object {
    let concerns = |token: &&ActiveToken<'_>| {
        token.client_id == asker || token.audience.iter().any(|one| serves.contains(one))
    };
    let mut answer = Object::new();
    let Some(token) = token.filter(concerns) else {
        answer.insert("active".to_owned(), false.into());
        return answer;
    };
    let audience: Vec<&str> = token.audience.iter().map(Resource::as_str).collect();
    let mut put = |name: &str, value| drop(answer.insert(name.to_owned(), value));
    put("active", json!(true));
    put("iss", json!(token.issuer.as_str()));
    put("sub", json!(token.subject));
    put("client_id", json!(token.client_id));
    put("iat", json!(seconds(token.issued_at)));
    put("exp", json!(seconds(token.expires_at)));
    put("jti", json!(token.jti));
    if !audience.is_empty() {
        put("aud", json!(audience));
    }
    if !token.scopes.is_empty() {
        put("scope", json!(token.scopes.to_string()));
    }
    if let Some(bound) = token.bound {
        put("cnf", bound.cnf());
    }
    if let Some(actor) = token.actor {
        put("act", json!({ "sub": actor }));
    }
    if token.is_access {
        put("token_type", json!(Bound::token_type(token.bound)));
    }
    answer
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// Attack O14: introspection for another audience.
    #[test]
    fn a_token_is_told_of_to_those_whom_it_concerns() {
        let resource = |text| Resource::new(text).unwrap();
        let token = ActiveToken {
            issuer: &Issuer::new("https://id.example").unwrap(),
            subject: "s",
            client_id: "c",
            audience: &[resource("https://api.example")],
            scopes: &Scopes::parse("read").unwrap(),
            issued_at: Timestamp::from_micros(1_000_000),
            expires_at: Timestamp::from_micros(61_500_000),
            jti: "j",
            is_access: true,
            bound: None,
            actor: None,
        };
        let want = json!({"active": true, "iss": "https://id.example", "sub": "s", "client_id": "c",
            "aud": ["https://api.example"], "scope": "read", "iat": 1, "exp": 61, "jti": "j",
            "token_type": "Bearer"});
        let serves = [resource("https://api.example")];
        assert_eq!(json!(answer(Some(&token), "rs", &serves)), want);
        assert_eq!(json!(answer(Some(&token), "c", &[])), want);
        for (bound, cnf, kind) in [
            (Bound::Key("t".into()), json!({"jkt": "t"}), "DPoP"),
            (
                Bound::Certificate("t".into()),
                json!({"x5t#S256": "t"}),
                "Bearer",
            ),
        ] {
            let bound = Some(&bound);
            let told = answer(Some(&ActiveToken { bound, ..token }), "c", &[]);
            assert_eq!(told["cnf"], cnf);
            assert_eq!(told["token_type"], kind);
        }
        let other = [resource("https://api.example/")];
        for inactive in [
            answer(Some(&token), "rs", &other),
            answer(Some(&token), "rs", &[]),
            answer(None, "c", &serves),
        ] {
            assert_eq!(json!(inactive), json!({"active": false}));
        }
    }

    #[test]
    fn a_question_has_a_token() {
        let read = |text: &str| {
            let params = Params::query(text.as_bytes()).unwrap();
            IntrospectionRequest::parse(&params).is_ok()
        };
        assert!(read("token=t"));
        assert!(read("token=t&token_type_hint=whatever&x=y"));
        assert!(!read("token_type_hint=access_token"));
        assert!(!read("token="));
        assert!(!read("token=t&token=t"));
        assert!(!read("token=t&token_type_hint=%0A"));
    }
}
