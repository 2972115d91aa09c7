//! Access tokens that resource servers verify themselves (RFC 9068).

use model::Timestamp;
use serde_json::{Value, json};

use super::{ClaimsError, Login, begun, put};
use crate::oauth::{Bound, Issuer, Object, Resource, Scopes, seconds};

/// What a client may do, at some resource servers.
#[derive(Debug, Clone, Copy)]
pub struct AccessToken<'a> {
    /// Who says so.
    pub issuer: &'a Issuer,
    /// For whom the client acts; for itself, the client (RFC 9068 §2.2).
    pub subject: &'a str,
    /// Where it may. At least one.
    pub audience: &'a [Resource],
    /// Who may.
    pub client_id: &'a str,
    /// Now.
    pub issued_at: Timestamp,
    /// From when on the token is no longer taken.
    pub expires_at: Timestamp,
    /// What this token is called; no other is called so.
    pub jti: &'a str,
    /// What it may.
    pub scopes: &'a Scopes,
    /// When and how the person has logged in. `None` for a client that acts for itself.
    pub login: Option<Login<'a>>,
    /// Whose holder alone may use it (`cnf`, RFC 9449 §6.1, RFC 8705 §3.1).
    pub bound: Option<&'a Bound>,
    /// Who acts for the subject, where that is not the client to whom they signed in (`act`, RFC 8693 §4.1).
    pub actor: Option<&'a str>,
    /// Further claims: `groups`, `roles`, `entitlements` (RFC 9068 §2.2.3.1).
    pub added: &'a Object,
}

impl AccessToken<'_> {
    /// Its type (RFC 9068 §2.1), so that no ID token is taken for one.
    pub const TYP: &'static str = "at+jwt";

    /// The claims.
    ///
    /// # Errors
    /// [`ClaimsError`]: when it is for nobody, or a further claim has the name of one of its own.
    pub fn claims(&self) -> Result<Object, ClaimsError> {
        const OWN: [&str; 11] = [
            "iss",
            "sub",
            "aud",
            "client_id",
            "iat",
            "nbf",
            "exp",
            "jti",
            "scope",
            "cnf",
            "act",
        ];
        let own: Vec<&'static str> = OWN.into_iter().chain(Login::NAMES).collect();
        let mut claims = begun(self.added, &own)?;
        let audience: Value = match self.audience {
            [] => return Err(ClaimsError::NoAudience),
            [only] => only.as_str().into(),
            several => json!(several.iter().map(Resource::as_str).collect::<Vec<_>>()),
        };
        put(&mut claims, "iss", Some(self.issuer.as_str()));
        put(&mut claims, "sub", Some(self.subject));
        put(&mut claims, "aud", Some(audience));
        put(&mut claims, "client_id", Some(self.client_id));
        put(&mut claims, "iat", Some(seconds(self.issued_at)));
        put(&mut claims, "exp", Some(seconds(self.expires_at)));
        put(&mut claims, "jti", Some(self.jti));
        let scope = (!self.scopes.is_empty()).then(|| self.scopes.to_string());
        put(&mut claims, "scope", scope);
        let cnf = self.bound.map(Bound::cnf);
        put(&mut claims, "cnf", cnf);
        let act = self.actor.map(|actor| json!({ "sub": actor }));
        put(&mut claims, "act", act);
        if let Some(login) = &self.login {
            login.tell(&mut claims);
        }
        Ok(claims)
    }
}
