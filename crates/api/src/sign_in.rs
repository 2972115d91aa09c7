//! People signing in: passes for them, and secrets for what they sign in to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Makes a temporary access pass, with which somebody enrols what they sign in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuePass {
    /// How long it counts: 1 to 4320 (72 hours).
    pub minutes: u32,
    /// Check, and make none.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// A pass that was made. It is shown this once and is not stored.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct IssuedPass {
    /// Its id. Empty on a dry run.
    pub pass: String,
    /// For whom.
    pub subject: String,
    /// Under which name they sign in.
    pub login: String,
    /// What they type. Empty on a dry run.
    pub secret: String,
    /// Until when it counts.
    pub expires: String,
    /// Where they sign in; empty where nobody can, because the node's `public_url` is not one that
    /// browsers and relying parties could trust.
    pub url: String,
}

// Written by hand: the secret must not reach a log through debug output.
impl std::fmt::Debug for IssuedPass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuedPass")
            .field("pass", &self.pass)
            .field("subject", &self.subject)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Makes the secret of a relying party, in the place of any before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeClientSecret {
    /// Check, and make none.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// The secret of a relying party. It is shown this once; what is stored is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MadeClientSecret {
    /// The name of the relying party's document.
    pub relying_party: String,
    /// As whom it authenticates (`client_id`).
    pub client_id: String,
    /// The secret (`client_secret`). Empty on a dry run.
    pub secret: String,
}

impl std::fmt::Debug for MadeClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeClientSecret")
            .field("relying_party", &self.relying_party)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_holds_no_secret() {
        let pass = IssuedPass {
            pass: "pas_1".into(),
            subject: "sub_1".into(),
            login: "ann@acme.example".into(),
            secret: "hunter2".into(),
            expires: "2027-01-01T00:00:00Z".into(),
            url: "https://id.acme.example/".into(),
        };
        let secret = MadeClientSecret {
            relying_party: "wiki".into(),
            client_id: "wiki".into(),
            secret: "hunter2".into(),
        };
        let told = format!("{pass:?} {secret:?}");
        assert!(
            !told.contains("hunter2") && !told.contains("ann@"),
            "{told}"
        );
    }

    #[test]
    fn unknown_fields_are_refused() {
        let text = r#"{"minutes":5,"reason":"x","dryrun":true}"#;
        assert!(serde_json::from_str::<IssuePass>(text).is_err());
    }
}
