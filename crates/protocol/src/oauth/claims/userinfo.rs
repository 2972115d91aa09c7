//! What is told of a person (OpenID Connect Core 1.0 §5.1, §5.3, §5.4).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::oauth::{Issuer, Object, Scopes};

/// The type of an answer that is signed (§5.3.2), so that it is taken for no other token (RFC 8725 §3.11).
pub const TYP: &str = "userinfo+jwt";

/// Which claims a scope is for (§5.4). `groups` is no standard, but what everybody calls it.
pub const SCOPED: [(&str, &[&str]); 5] = [
    (
        "profile",
        &[
            "name",
            "family_name",
            "given_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
    ("groups", &["groups"]),
];

/// What may be told to one client of one person.
#[derive(Debug, Clone, Copy)]
pub struct UserInfo<'a> {
    /// The person, by the same name as in this client's ID tokens (§5.3.2).
    pub subject: &'a str,
    /// What was granted: the claims of these scopes are told.
    pub granted: &'a Scopes,
    /// What was asked for by name ([`ClaimsRequest`](crate::oauth::authorize::ClaimsRequest)).
    pub asked: &'a BTreeSet<String>,
    /// What the client may ask for at all: a claim that is asked for by name is told when one of these
    /// scopes is for it. Otherwise `claims` would be a way around them.
    pub allowed: &'a Scopes,
}

impl UserInfo<'_> {
    /// The claims of a person, whose attributes are named as claims are. What is not there, is `null`, or
    /// is an empty text, is left out (§5.3.2).
    #[must_use]
    pub fn claims(&self, attributes: &Object) -> Object {
        let mut claims = Object::new();
        for (scope, names) in SCOPED {
            for name in names {
                let asked = self.asked.contains(*name) && self.allowed.has(scope);
                let told = attributes.get(*name).filter(|value| says(value));
                if let Some(value) = told.filter(|_| asked || self.granted.has(scope)) {
                    claims.insert((*name).to_owned(), value.clone());
                }
            }
        }
        // Behind the rest, and not from the attributes: the one claim that must be right.
        claims.insert("sub".to_owned(), self.subject.into());
        claims
    }
}

/// The scope that a claim is for, if it is one of [`SCOPED`].
#[must_use]
pub fn scope_of(name: &str) -> Option<&'static str> {
    let mut all = SCOPED.iter();
    let found = all.find(|(_, names)| names.contains(&name));
    found.map(|(scope, _)| *scope)
}

/// Claims of an answer that is signed: who says so, and to whom (§5.3.2).
#[must_use]
pub fn addressed(mut claims: Object, issuer: &Issuer, client_id: &str) -> Object {
    claims.insert("iss".to_owned(), issuer.as_str().into());
    claims.insert("aud".to_owned(), client_id.into());
    claims
}

fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use serde_json::json;

    use super::*;

    fn told(granted: &str, asked: &[&str], allowed: &str) -> String {
        let attributes = json!({"sub": "other", "name": "Ann", "email": "a@b.example", "nickname": "",
            "email_verified": true, "groups": [], "phone_number": null, "salary": 1});
        let info = UserInfo {
            subject: "s",
            granted: &Scopes::parse(granted).unwrap(),
            asked: &asked.iter().map(|name| (*name).to_owned()).collect(),
            allowed: &Scopes::parse(allowed).unwrap(),
        };
        let claims = info.claims(attributes.as_object().unwrap());
        assert_eq!(claims["sub"], "s");
        let names: Vec<&str> = claims.keys().map(String::as_str).collect();
        names.join(" ")
    }

    #[test]
    fn a_scope_tells_its_own_claims_and_no_others() {
        assert_eq!(told("openid", &[], "openid profile"), "sub");
        assert_eq!(told("openid profile phone", &[], "openid"), "name sub");
        assert_eq!(
            told("email groups", &[], "openid"),
            "email email_verified groups sub"
        );
    }

    #[test]
    fn a_claim_by_name_is_no_way_around_the_scopes() {
        assert_eq!(
            told("openid", &["name", "email"], "openid profile"),
            "name sub"
        );
        assert_eq!(told("openid", &["salary", "sub"], "openid salary"), "sub");
    }
}
