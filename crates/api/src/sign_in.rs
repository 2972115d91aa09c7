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

/// A session of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireSession {
    /// Its id.
    pub session: String,
    /// When they signed in.
    pub began: String,
    /// What they have proved in it, in order: `password`, `totp`, `recovery_code`, `passkey`,
    /// `security_key`.
    pub factors: Vec<String>,
    /// It is over then, unless it is used before.
    pub idle_ends: String,
    /// It is over then, however it is used.
    pub ends: String,
    /// Since when it is over before its time; empty while it is not.
    pub ended: String,
    /// Why; empty while it is not.
    pub why: String,
    /// Who was given anything in it, by name.
    pub relying_parties: Vec<WireGiven>,
}

/// What a relying party has of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireGiven {
    /// Its name.
    pub relying_party: String,
    /// Whether it knows that the session has ended: `signed_in` while it has not, `waiting`, `told`,
    /// `refused`, `given_up`, `dropped` (its document no longer says where it is told), or `not_told` (it
    /// did not want to be when the session ended).
    pub status: String,
    /// Since when it stands so; empty for one that is not told.
    pub at: String,
    /// Until then an API that verifies signatures by itself may take an access token of it, or a service
    /// provider of SAML goes on with a session of its own; empty while the session is open, and where no such
    /// token was given.
    pub exposed_until: String,
    /// How the last request to it ended; empty where there is nothing to say.
    pub detail: String,
}

/// Ends every session of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndSessions {
    /// Say how many it would be; end none.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// Sessions that were ended, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndSessionsAnswer {
    /// Whose.
    pub subject: String,
    /// How many.
    pub sessions: u64,
    /// Whether that is only what would be.
    pub dry_run: bool,
}

/// Something that somebody signs in with, or did. By what it is verified is never told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireCredential {
    /// Its id.
    pub credential: String,
    /// What is proved with it: `password`, `totp`, `recovery_code`, `passkey` or `security_key`.
    pub kind: String,
    /// What its owner calls it; empty where it has no name, or has ended.
    pub name: String,
    /// Since when it is there.
    pub made: String,
    /// Since when it counts no longer; empty while it counts.
    pub ended: String,
    /// Why; empty while it counts.
    pub why: String,
}

/// Ends a credential: nobody signs in with it any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndCredential {
    /// End its owner's sessions too, all of them.
    #[serde(default)]
    pub sessions: bool,
    /// Say what would be; change nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// A credential that was ended, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndCredentialAnswer {
    /// Its id.
    pub credential: String,
    /// Whose it is.
    pub subject: String,
    /// What is proved with it.
    pub kind: String,
    /// How many of their sessions are ended too.
    pub sessions: u64,
    /// Whether that is only what would be.
    pub dry_run: bool,
}

/// Something that people sign in to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireRelyingParty {
    /// The name of its document.
    pub name: String,
    /// What people see it called.
    pub title: String,
    /// As whom it authenticates: its `client_id`, or the entity id of a service provider of SAML.
    pub client_id: String,
    /// Who may sign in: `app NAME` (whoever has a usable account there), or `group NAME` for each group
    /// of people.
    pub who: Vec<String>,
    /// `confidential` or `public` (RFC 6749 §2.1), or `saml`.
    pub kind: String,
    /// How it proves who it is: `client_secret_basic`, `client_secret_post`, `private_key_jwt`, `tls_client_auth`,
    /// `self_signed_tls_client_auth`, or `none` for a public one; empty for one of SAML.
    #[serde(default)]
    pub method: String,
    /// Where browsers bring the answer.
    pub redirect_uris: Vec<String>,
    /// `made`, `missing` (it needs one, and has none), or `none` (it needs none).
    pub secret: String,
    /// What its document allows that can lead to harm.
    pub risks: Vec<WireRisk>,
}

/// Something that can lead to harm, and that a document allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireRisk {
    /// The field of the document that allows it, or that is missing.
    pub field: String,
    /// What it can lead to.
    pub risk: String,
    /// The clause of the profile that forbids it; empty where none does.
    pub clause: String,
}

/// A key that tokens are signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireSigningKey {
    /// Its name (`kid`); empty for one that would have to be made.
    pub kid: String,
    /// Its algorithm (`alg`).
    pub alg: String,
    /// `next` (published, not yet signed with), `current` (signed with) or `past` (published, no longer
    /// signed with).
    pub stage: String,
}

/// Takes every signing key out of use at once: what they have signed counts no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RollKeys {
    /// Say how many it would be; roll none.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// Signing keys that were rolled, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RollKeysAnswer {
    /// The names of those that are gone.
    pub gone: Vec<String>,
    /// Those that are signed with from now on; none on a dry run.
    pub keys: Vec<WireSigningKey>,
    /// Whether that is only what would be.
    pub dry_run: bool,
}

/// A turn of the signing keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WireKeyTurn {
    /// Keys are made and published; nothing is signed with them yet.
    Stage,
    /// The staged keys are signed with from now on; those before them stay published.
    Promote,
    /// Those before them are no longer published; what they signed counts no longer.
    Retire,
}

/// Turns the signing keys by one stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TurnKeys {
    /// By which.
    pub turn: WireKeyTurn,
    /// For which algorithms (`alg`) keys are staged; for all that are signed with where none is named.
    #[serde(default)]
    pub algorithms: Vec<String>,
    /// Do not wait until relying parties had a day to fetch what is published.
    #[serde(default)]
    pub early: bool,
    /// Say what it would be; turn nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why.
    pub reason: String,
}

/// Signing keys that were turned, or would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TurnKeysAnswer {
    /// Those that changed, at the stage they are at now; `gone` are no longer published.
    pub turned: Vec<WireSigningKey>,
    /// The names of the service providers of SAML that are signed for with another key from now on: who of
    /// them holds one certificate has to be given the new one.
    pub service_providers: Vec<String>,
    /// Whether that is only what would be.
    pub dry_run: bool,
}

/// What is known of a service provider of SAML while the key that it will be signed for with is staged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WireKeyAdoption {
    /// The name of its document.
    pub relying_party: String,
    /// The name of the next key (`kid`).
    pub kid: String,
    /// For whom the next key signs by its document: `nobody`, `everybody`, or groups of people.
    pub next_for: String,
    /// `nothing`, `fetched` (its metadata of ours were, since then), `declared` (whoever runs it says that it holds
    /// the key) or `confirmed` (somebody has signed in by it).
    pub evidence: String,
    /// Since when, RFC 3339; missing where nothing is known since it was declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Who said so; empty where nobody has.
    pub by: String,
}

/// How it is known that a service provider holds the next key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WireEvidence {
    /// Whoever runs it, or its own API, says so.
    Declared,
    /// Somebody has signed in by it.
    Confirmed,
}

/// Writes down that a service provider holds the next key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeKey {
    /// The name of its document.
    pub relying_party: String,
    /// How that is known.
    pub how: WireEvidence,
    /// Say what it would be; write nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Why, for instance who has signed in, and when.
    pub reason: String,
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
