//! Tokens and secrets.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Makes a token. Its scopes may not exceed those of the token that asks for it, and it may not
/// outlive that token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueToken {
    /// The person or workload it speaks for.
    pub principal: String,
    /// What it may do: `read`, `plan`, `approve`, `apply`, `administer`.
    pub scopes: Vec<String>,
    /// When it ends (RFC 3339).
    pub expires: String,
    /// The networks (CIDR) it may be used from; anywhere where empty.
    #[serde(default)]
    pub networks: Vec<String>,
    /// Check, and make none.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// A token that was made. The secret is shown this once and is not stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedToken {
    /// The token's name. Empty on a dry run.
    pub token: String,
    /// The token itself, for `Authorization: Bearer`. Empty on a dry run.
    pub secret: String,
    /// When it ends.
    pub expires: String,
}

// Written by hand: the secret must not reach a log through debug output.
impl std::fmt::Debug for IssuedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedToken")
            .field("token", &self.token)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// A token in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenSummary {
    /// Its name.
    pub token: String,
    /// For whom it speaks.
    pub principal: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub issued: String,
    /// When it ends.
    pub expires: String,
    /// From where it may be used; anywhere where empty.
    pub networks: Vec<String>,
    /// When it was revoked; empty where it was not.
    pub revoked: String,
}

/// Ends a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeToken {
    /// Say what would be; change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// Sets or replaces a secret. It is bound to one app and one host and is never sent elsewhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutSecret {
    /// The app it may be used for.
    pub app: String,
    /// The host, with port where it is not the usual one, that it may be sent to.
    pub host: String,
    /// The secret.
    pub value: String,
    /// When it ends, where that is known: a day, or an instant in UTC. People are told of it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Check, and store nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

impl std::fmt::Debug for PutSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PutSecret")
            .field("app", &self.app)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

/// The name of a stored secret. Its value cannot be read through the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretName {
    /// The name, as documents refer to it.
    pub name: String,
    /// The app it is bound to, or `channel/` and a channel.
    pub app: String,
    /// The host (and port, where it is not the usual one) it may be sent to.
    pub host: String,
    /// When it ends; empty where that was not said.
    pub expires: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_holds_no_secret() {
        let issued = IssuedToken {
            token: "tok_1".into(),
            secret: "hunter2".into(),
            expires: "2027-01-01T00:00:00Z".into(),
        };
        let put = PutSecret {
            app: "wiki".into(),
            host: "wiki.example".into(),
            value: "hunter2".into(),
            expires: None,
            dry_run: false,
            reason: "r".into(),
        };
        assert!(!format!("{issued:?} {put:?}").contains("hunter2"));
    }

    #[test]
    fn unknown_fields_are_refused() {
        let text = r#"{"reason":"x","dryrun":true}"#;
        assert!(serde_json::from_str::<RevokeToken>(text).is_err());
    }
}
