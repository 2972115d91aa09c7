//! Events about people signing in.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::Digest;
use crate::id::{
    AuthorizationId, CredentialId, PassId, RegistrationId, ResetId, SessionId, SubjectId,
};
use crate::logout::Logout;
use crate::personal::Personal;
use crate::registration::{Register, RegisteredClient, RegistrationAct};
use crate::sign_in::{Authorization, Credential, Factor, Reset, Session, SigningKey, Verifier};
use crate::time::Timestamp;

/// What somebody types as their name is another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginChanged {
    /// Who.
    pub subject: SubjectId,
    /// The keyed digest of the name, in lower case.
    pub login: Digest,
}

/// A credential is new, was used in a way that is remembered, or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialChanged {
    /// Which.
    pub credential: CredentialId,
    /// How it stands now, whole.
    pub state: Credential,
    /// What it is verified by.
    pub personal: Personal<Verifier>,
}

/// A temporary access pass was made. It was shown once and is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassIssued {
    /// The pass.
    pub pass: PassId,
    /// For whom.
    pub subject: SubjectId,
    /// The keyed digest of it.
    pub secret: Digest,
    /// Until when it counts.
    pub expires: Timestamp,
    /// How whoever made it knows that it reaches the person, in words that name nobody.
    pub reason: String,
}

/// A reset of what somebody signs in with was asked for, or agreed to: then what it does is in the same append.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetChanged {
    /// Which.
    pub reset: ResetId,
    /// How it stands now, whole.
    pub state: Reset,
}

/// A session began, went on, or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionChanged {
    /// Which.
    pub session: SessionId,
    /// How it stands now, whole.
    pub state: Session,
    /// It ended with this, and relying parties are to be told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tell: bool,
}

/// Relying parties are being told that a session has ended, or were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutTold {
    /// Which session.
    pub session: SessionId,
    /// How that stands now, whole.
    pub state: Logout,
}

/// From where an attempt came, as far as the server can tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The address, shortened: of IPv4 the first 24 bits, of IPv6 the first 48. In records from before addresses were
    /// shortened it is whole.
    pub network: String,
    /// The whole address, sealed with a key that is destroyed after a set time: the key's name, a dot, and what it
    /// sealed in base64url. `None` where whole addresses are not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole: Option<String>,
    /// What the browser says that it is, cut to 200 characters.
    pub agent: Option<String>,
}

/// Somebody proved nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInFailed {
    /// As whom; the server only tells of people whom it knows.
    pub subject: SubjectId,
    /// With what.
    pub factor: Factor,
    /// Why it counted for nothing, in words that name nobody.
    pub reason: String,
    /// From where.
    pub personal: Personal<Origin>,
}

/// How a sign-in was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInAnswer {
    /// They are in.
    Granted,
    /// They have to prove more.
    More,
    /// They are not.
    Denied,
}

/// What a decision about a sign-in followed from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignInBasis {
    /// From where.
    pub origin: Origin,
    /// The facts and each rule's match, as `rules::sign_on` tells them.
    pub decision: Value,
}

impl Eq for SignInBasis {}

/// It was decided whether somebody may sign in to a relying party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInDecided {
    /// Who.
    pub subject: SubjectId,
    /// In which session, where there is one.
    pub session: Option<SessionId>,
    /// The relying party's name.
    pub relying_party: String,
    /// The answer.
    pub answer: SignInAnswer,
    /// Why not, or what more is needed, in words that name nobody; empty where granted.
    pub reason: String,
    /// What was issued.
    pub authorization: Option<AuthorizationId>,
    /// The documents by which it was decided.
    pub revision: u64,
    /// What it followed from.
    pub personal: Personal<SignInBasis>,
}

/// A relying party was given something, or it counts no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationChanged {
    /// Which.
    pub authorization: AuthorizationId,
    /// How it stands now, whole.
    pub state: Authorization,
}

/// A client was given an access token for itself, or one for another in exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientGranted {
    /// The relying party's name.
    pub relying_party: String,
    /// Its `client_id`.
    pub client: String,
    /// The digest of the token's name (`jti`).
    pub token: Digest,
    /// What it may.
    pub scopes: Vec<String>,
    /// From when on it no longer counts.
    pub ends: Timestamp,
    /// What it was exchanged for, and ends with; `None`: it is the client's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<AuthorizationId>,
    /// For whom that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
}

/// A signing key is new, or has come further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChanged {
    /// How it stands now, whole.
    pub key: SigningKey,
    /// Why, in words that name nobody.
    pub reason: String,
}

/// What follows from the signed metadata of a service provider of SAML has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataFollowed {
    /// The relying party's name.
    pub relying_party: String,
    /// The digest of what its document said of whose metadata they are, where they stand and who signs them: what
    /// follows from others counts no longer.
    pub of: Digest,
    /// The certificates that it signs with now, in base64 of DER.
    pub certificates: Vec<String>,
    /// The certificate that is encrypted for now, in base64 of DER; `None`: the one of its document.
    pub encryption: Option<String>,
    /// Until when its metadata count; `None`: as its document says.
    pub valid_until: Option<Timestamp>,
    /// What changed, in words.
    pub reason: String,
}

/// The register of clients that register themselves has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationChanged {
    /// What was done.
    pub act: RegistrationAct,
    /// The token that was made, ended or used.
    pub access: Option<RegistrationId>,
    /// The client that it was done to, whole, as it stands now.
    pub client: Option<RegisteredClient>,
    /// The register as it stands now, whole.
    pub register: Register,
    /// Why, in words that name nobody; empty where a client did it.
    pub reason: String,
}
