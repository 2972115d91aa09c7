//! People signing in: what they sign in with, where they are signed in, and what relying parties
//! were given on their behalf.
//!
//! Each type is the whole state of its thing; events carry it as it stands afterwards.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::canonical::Digest;
use crate::id::{CredentialId, SessionId, SubjectId};
use crate::time::Timestamp;

/// What somebody can prove with.
///
/// A temporary access pass is not among them: it opens an enrolment, never an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// Something they know.
    Password,
    /// A one-time code from a device that they have (RFC 6238).
    Totp,
    /// One of the codes that were printed for the day on which the device is lost.
    RecoveryCode,
    /// A WebAuthn authenticator that verified its user (flag UV).
    Passkey,
    /// A WebAuthn authenticator that was touched (flag UP), and did not ask who touches it.
    SecurityKey,
    /// The word of another identity provider, which does not say how they proved who they are, or says it in words
    /// that no document explains.
    Upstream,
    /// The same, for something they know.
    UpstreamPassword,
    /// The same, for two factors of different kinds.
    UpstreamMultiFactor,
    /// The same, for what works on no page that only looks like the right one.
    UpstreamPhishingResistant,
}

impl Factor {
    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
            Self::Passkey => "passkey",
            Self::SecurityKey => "security_key",
            Self::Upstream => "upstream",
            Self::UpstreamPassword => "upstream_password",
            Self::UpstreamMultiFactor => "upstream_multi_factor",
            Self::UpstreamPhishingResistant => "upstream_phishing_resistant",
        }
    }

    /// Whether it is the word of another identity provider, whatever that says. What somebody has of it is a
    /// link, whose factor is [`Factor::Upstream`].
    #[must_use]
    pub const fn is_upstream(self) -> bool {
        match self {
            Self::Upstream
            | Self::UpstreamPassword
            | Self::UpstreamMultiFactor
            | Self::UpstreamPhishingResistant => true,
            Self::Password
            | Self::Totp
            | Self::RecoveryCode
            | Self::Passkey
            | Self::SecurityKey => false,
        }
    }
}

/// A factor that was verified, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorUse {
    /// Which.
    pub factor: Factor,
    /// When it was verified.
    pub at: Timestamp,
}

/// Something that ended, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Why, in words that name nobody.
    pub reason: String,
}

/// Something that somebody signs in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Whose.
    pub subject: SubjectId,
    /// What is proved with it. A passkey that once did not ask who touches it is still one.
    pub factor: Factor,
    /// By what an authenticator names it: SHA-256 of a passkey's credential id; of a link to another identity
    /// provider, a keyed digest of its issuer and `sub`; of others nothing.
    pub handle: Option<Digest>,
    /// Since when it is there.
    pub made: Timestamp,
    /// Since when it counts no longer.
    pub ended: Option<Ended>,
}

/// What is needed to verify a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verifier {
    /// A password's hash.
    Password {
        /// A PHC string, sealed for `credential/<id>`, as text.
        sealed: String,
    },
    /// A shared secret of one-time codes.
    Totp {
        /// Its bytes, sealed for `credential/<id>`, as text.
        sealed: String,
    },
    /// Codes of which each counts once.
    RecoveryCodes {
        /// Keyed digests of them.
        codes: Vec<Digest>,
    },
    /// Who somebody is at another identity provider.
    Upstream {
        /// The name of its document when the link was made.
        provider: String,
        /// Its issuer, to the letter.
        issuer: String,
        /// What it calls them (`sub`).
        sub: String,
    },
    /// The public half of a WebAuthn credential.
    Passkey {
        /// What its owner calls it.
        name: String,
        /// The credential id, in base64url.
        id: String,
        /// The COSE key, in base64url.
        public_key: String,
        /// The COSE number of its algorithm.
        algorithm: i64,
        /// How it was reached when it was made: `usb`, `internal`.
        transports: Vec<String>,
        /// The authenticator's model, in hexadecimal; zeros where it does not tell.
        aaguid: String,
        /// How often it says that it has signed.
        sign_count: u32,
        /// Whether it may be on several devices.
        backup_eligible: bool,
    },
}

/// A reset of what somebody signs in with, which takes two people beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// Whose.
    pub subject: SubjectId,
    /// Who asked for it: a person, by whatever token.
    pub asked_by: SubjectId,
    /// What it ends.
    pub credentials: BTreeSet<CredentialId>,
    /// So many minutes the pass counts that it makes.
    pub minutes: u32,
    /// It can be agreed to before this.
    pub ends: Timestamp,
    /// Who else agreed, and when.
    pub agreed: Option<Agreed>,
    /// Why, as whoever acted last said it.
    pub reason: String,
}

/// That another person agreed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// Who.
    pub by: SubjectId,
    /// When.
    pub at: Timestamp,
}

/// A browser in which somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who.
    pub subject: SubjectId,
    /// When they signed in.
    pub began: Timestamp,
    /// What they have proved in it, in order.
    pub factors: Vec<FactorUse>,
    /// It is over then, unless it is used before.
    pub idle_ends: Timestamp,
    /// It is over then, however it is used.
    pub ends: Timestamp,
    /// Since when and why it is over before its time.
    pub ended: Option<Ended>,
}

impl Session {
    /// Whether it counts at that time, as far as the session itself knows. Whether its owner may be
    /// signed in at all is another question, asked each time.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.idle_ends && now < self.ends
    }
}

/// What a relying party was given on behalf of somebody: one authorization code, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// On behalf of whom.
    pub subject: SubjectId,
    /// In which of their sessions.
    pub session: SessionId,
    /// The name of the relying party's document.
    pub relying_party: String,
    /// As whom it authenticates (`client_id`; by SAML its entity id).
    pub client: String,
    /// Where the code (`redirect_uri`) or the response was sent to, to the letter.
    pub redirect_uri: String,
    /// What it may ask for (`scope`).
    pub scopes: Vec<String>,
    /// RFC 7636 `code_challenge`, of the method S256. By SAML, where there is no code, a keyed digest of the name
    /// that the person was told under, to which word of logout is held; empty where none is remembered.
    pub challenge: String,
    /// What the relying party recognises its ID token by (`nonce`), or its response (`InResponseTo`).
    pub nonce: Option<String>,
    /// When the person last proved who they are (`auth_time`).
    pub auth_time: Timestamp,
    /// How (`amr`, RFC 8176).
    pub amr: Vec<String>,
    /// How strongly (`acr`).
    pub acr: String,
    /// The code counts until then.
    pub code_ends: Timestamp,
    /// When the code was exchanged.
    pub redeemed: Option<Timestamp>,
    /// How many refresh tokens it has had; the last one counts, and no other.
    pub refreshed: u32,
    /// The last refresh token counts until then; `None`: there is none.
    pub refresh_ends: Option<Timestamp>,
    /// The key, by its thumbprint (RFC 7638), whose holder alone may exchange the code (RFC 9449 §10) and, where
    /// the client is public, the refresh tokens (§5). `None`: whoever has them may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jkt: Option<String>,
    /// What it asked to be told by name, and may be.
    #[serde(default, skip_serializing_if = "AskedClaims::is_empty")]
    pub asked: AskedClaims,
    /// Since when and why nothing of it counts.
    pub ended: Option<Ended>,
}

/// Claims that a relying party asked for by name (`claims`, OpenID Connect Core 1.0 §5.5): names of its document
/// alone. What it wanted them to be was compared when it asked, and is not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedClaims {
    /// To be told in ID tokens.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub id_token: BTreeSet<String>,
    /// To be told at the UserInfo endpoint.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub userinfo: BTreeSet<String>,
}

impl AskedClaims {
    /// Whether it asked for none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.id_token.is_empty() && self.userinfo.is_empty()
    }
}

/// How far a signing key has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStage {
    /// Published, and not signed with: relying parties have time to fetch it.
    Next,
    /// Signed with.
    Current,
    /// Published, and no longer signed with: what it signed still counts.
    Past,
    /// Not published; what it signed counts no longer.
    Gone,
}

impl KeyStage {
    /// The word on the wire and in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Past => "past",
            Self::Gone => "gone",
        }
    }
}

/// A key that tokens are signed with. The private half is no part of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKey {
    /// Its name (`kid`, RFC 7638).
    pub kid: String,
    /// Its algorithm (`alg`, RFC 7518 §3.1).
    pub algorithm: String,
    /// Its public half as a JWK (RFC 7517).
    pub public: Map<String, Value>,
    /// How far it has come.
    pub stage: KeyStage,
}
