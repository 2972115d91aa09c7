//! What tokens and the UserInfo endpoint say: claims to be signed by [`jose::jwt`](crate::jose::jwt).
//!
//! Nothing here decides whether somebody may have them.

mod access_token;
mod id_token;
mod login;
mod pairwise;
mod userinfo;

pub use access_token::AccessToken;
pub use id_token::{IdToken, at_hash};
pub use login::{Amr, Login, PHR, PHRH, acr_satisfies};
pub use pairwise::{Sector, SectorError, pairwise};
pub use userinfo::{SCOPED, TYP as USERINFO_TYP, UserInfo, addressed, scope_of};

use serde_json::Value;

use super::Object;

/// Why claims cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsError {
    /// One that is added has the name of one that the token has by itself.
    #[error("`{0}` is a claim that the token has by itself: map the attribute to another name")]
    Taken(&'static str),
    /// An access token is for nobody.
    #[error("the access token is for nobody: name a resource (RFC 9068 3)")]
    NoAudience,
}

/// Claims, beginning with those that are added, none of which has one of these names.
fn begun(added: &Object, own: &[&'static str]) -> Result<Object, ClaimsError> {
    match own.iter().find(|name| added.contains_key(**name)) {
        Some(name) => Err(ClaimsError::Taken(name)),
        None => Ok(added.clone()),
    }
}

fn put(claims: &mut Object, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        claims.insert(name.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use model::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::jose::Algorithm;
    use crate::oauth::{Issuer, Resource, Scopes};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000 + 999_999)
    }

    fn added(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    const LOGIN: Login<'static> = Login {
        auth_time: Timestamp::from_micros(90_000_000),
        acr: Some(PHRH),
        amr: &[Amr::Hwk, Amr::User, Amr::Mfa],
        sid: Some("1"),
    };

    #[test]
    fn an_id_token_says_who_logged_in_when_and_how() {
        let issuer = Issuer::new("https://id.example").unwrap();
        let more = added(json!({"email": "a@b.example"}));
        let token = IdToken {
            issuer: &issuer,
            subject: "s",
            client_id: "c",
            issued_at: at(100),
            expires_at: at(400),
            login: LOGIN,
            nonce: Some("n"),
            at_hash: None,
            session_expiry: Some(at(9_000)),
            added: &more,
        };
        let want = json!({"iss": "https://id.example", "sub": "s", "aud": "c", "iat": 100, "exp": 400,
            "auth_time": 90, "acr": "phrh", "amr": ["hwk", "user", "mfa"], "sid": "1", "nonce": "n",
            "session_expiry": 9000, "email": "a@b.example"});
        assert_eq!(json!(token.claims().unwrap()), want);
        for taken in [
            "iss", "sub", "aud", "exp", "nonce", "acr", "amr", "azp", "nbf", "sid",
        ] {
            let more = added(json!({ taken: "x" }));
            let token = IdToken {
                added: &more,
                ..token
            };
            assert_eq!(token.claims(), Err(ClaimsError::Taken(taken)));
        }
    }

    #[test]
    fn an_access_token_is_for_somebody() {
        let resources = [
            Resource::new("https://a.example").unwrap(),
            Resource::new("https://b.example").unwrap(),
        ];
        let (none, more) = (Object::new(), added(json!({"groups": ["g"]})));
        let mut token = AccessToken {
            issuer: &Issuer::new("https://id.example").unwrap(),
            subject: "c",
            audience: &resources[..1],
            client_id: "c",
            issued_at: at(100),
            expires_at: at(400),
            jti: "j",
            scopes: &Scopes::default(),
            login: None,
            bound: None,
            actor: None,
            added: &none,
        };
        let want = json!({"iss": "https://id.example", "sub": "c", "aud": "https://a.example",
            "client_id": "c", "iat": 100, "exp": 400, "jti": "j"});
        assert_eq!(json!(token.claims().unwrap()), want);
        let scopes = Scopes::parse("b a").unwrap();
        (token.audience, token.scopes) = (&resources, &scopes);
        (token.login, token.added) = (Some(LOGIN), &more);
        let told = token.claims().unwrap();
        assert_eq!(
            told["aud"],
            json!(["https://a.example", "https://b.example"])
        );
        assert_eq!(told["scope"], "a b");
        assert_eq!(told["auth_time"], 90);
        assert_eq!(told["groups"], json!(["g"]));
        assert!(!told.contains_key("cnf"));
        let bound = crate::oauth::Bound::Key("thumb".to_owned());
        token.bound = Some(&bound);
        assert_eq!(token.claims().unwrap()["cnf"], json!({"jkt": "thumb"}));
        for required in crate::jose::jwt::ACCESS_TOKEN {
            assert!(told.contains_key(*required), "{required}");
        }
        token.audience = &[];
        assert_eq!(token.claims(), Err(ClaimsError::NoAudience));
    }

    /// OpenID Connect Core 1.0, appendix A.3.
    #[test]
    fn the_hash_of_an_access_token() {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        let hash = at_hash(token, Algorithm::Rs256);
        assert_eq!(hash, "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(at_hash(token, Algorithm::EdDsa).len(), 43);
        assert_eq!(at_hash(token, Algorithm::Es384).len(), 32);
    }

    #[test]
    fn a_stronger_login_is_enough() {
        assert!(acr_satisfies(PHRH, PHR) && acr_satisfies(PHR, PHR));
        assert!(!acr_satisfies(PHR, PHRH) && !acr_satisfies("other", PHR));
    }
}
